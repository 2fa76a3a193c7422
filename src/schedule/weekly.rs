//! The weekly report of each app: made once for each week that is over, kept in the archive of the data
//! folder, and handed to those who are to have it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use analysis::period::{self, Period};
use async_trait::async_trait;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use lake::{Clock, Micros};
use serde::{Deserialize, Serialize};

use super::memory::Memory;
use super::settings::ScheduleSettings;
use super::timetable::Timetable;
use crate::child::Children;
use crate::commands::report::Made;
use crate::deliver::{Archive, Recipient, Sends, next_try};
use crate::words::Words;

const MINUTE: u64 = 60;
/// After which times what failed is made again; after the last of them the next week is waited for.
const WAITS: [Duration; 7] = [
    Duration::from_secs(10 * MINUTE),
    Duration::from_secs(30 * MINUTE),
    Duration::from_secs(60 * MINUTE),
    Duration::from_secs(3 * 60 * MINUTE),
    Duration::from_secs(6 * 60 * MINUTE),
    Duration::from_secs(12 * 60 * MINUTE),
    Duration::from_secs(24 * 60 * MINUTE),
];
/// Longest round of deliveries: whoever waits behind them is not kept longer than this and one try.
const ROUND_MAX: Micros = 60 * 1_000_000;
/// For how long it is remembered that a report was made.
const KEPT_FOR: Micros = 400 * 24 * 3_600 * 1_000_000;

/// What is remembered of weekly reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct WeeklyMemory {
    /// When the last run began.
    pub(crate) ran_at: Option<Micros>,
    /// Since when there is a schedule: what was before it was not missed.
    pub(crate) since: Option<Micros>,
    /// What did not end well yet.
    failed: Option<Failed>,
    /// By app and week, when a report was made.
    reports: BTreeMap<String, Archived>,
    /// By app, whether nothing came in in the week of its last report.
    was_empty: BTreeMap<String, bool>,
}

/// A run that is to be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Failed {
    /// The instant whose last week is meant.
    of: Micros,
    tries: u32,
    next_at: Micros,
}

/// A report in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Archived {
    folder: String,
    made_at: Micros,
}

/// Makes the report of a week of an app.
#[async_trait]
pub(crate) trait Makes {
    /// # Errors
    /// When it cannot be made.
    async fn make(&mut self, app: &str, week: &Period) -> anyhow::Result<Made>;

    /// The apps that ever sent anything.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn apps(&mut self) -> anyhow::Result<Vec<String>>;
}

/// Makes weekly reports in processes of their own.
pub(super) struct Maker {
    children: Children,
    as_of: String,
    zone: String,
    week_start: String,
}

impl Maker {
    /// Reports as of an instant.
    pub(super) fn of(
        children: Children,
        settings: &ScheduleSettings,
        now: Micros,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            children,
            as_of: jiff::Timestamp::from_microsecond(now)?.to_string(),
            zone: settings.zone.clone(),
            week_start: settings.week_start_word()?,
        })
    }
}

#[async_trait]
impl Makes for Maker {
    async fn make(&mut self, app: &str, week: &Period) -> anyhow::Result<Made> {
        let report = Words::of(&["report", "weekly"])
            .with("app", app)
            .with("as-of", &self.as_of)
            .with("zone", &self.zone)
            .with("week", &week.first_day.to_string())
            .with("week-start", &self.week_start)
            .with("out", "-");
        self.children.answer(report).await
    }

    async fn apps(&mut self) -> anyhow::Result<Vec<String>> {
        #[derive(Deserialize)]
        struct Status {
            ledger: Vec<Line>,
        }
        #[derive(Deserialize)]
        struct Line {
            app: String,
            stored: i64,
        }
        let mut asked = Words::of(&["lake", "status"]);
        asked.options.push("--json".to_owned());
        let status: Status = self.children.answer(asked).await?;
        let lines = status.ledger.into_iter().filter(|line| line.stored > 0);
        let apps: BTreeSet<String> = lines.map(|line| line.app).collect();
        Ok(apps.into_iter().collect())
    }
}

/// The job.
#[derive(Debug, Clone)]
pub(crate) struct Weekly {
    pub(crate) timetable: Timetable,
    pub(crate) zone: TimeZone,
    pub(crate) week_start: Weekday,
}

impl Weekly {
    /// When to run next.
    pub(crate) fn next(&self, memory: &WeeklyMemory, now: Micros) -> Option<Micros> {
        let last = memory.ran_at.or(memory.since);
        let planned = self.timetable.next(last, now);
        let again = memory.failed.map(|failed| failed.next_at);
        planned.into_iter().chain(again).min()
    }

    /// Notes that a run begins, and says the instant whose last week is meant: a run that did not end
    /// well is made again for its own week. Until it ends well it is one that did not.
    fn begin(&self, memory: &mut WeeklyMemory, now: Micros) -> Micros {
        let last = memory.ran_at.or(memory.since);
        let planned = last.and_then(|last| self.timetable.after(last));
        let is_planned = planned.is_some_and(|at| at <= now);
        let before = memory.failed.filter(|_| !is_planned);
        let (of, tries) = before.map_or((now, 0), |failed| (failed.of, failed.tries));
        memory.ran_at = Some(now);
        let tries = tries.saturating_add(1);
        let next_at = next_try(&WAITS, tries, now);
        memory.failed = next_at.map(|next_at| Failed { of, tries, next_at });
        of
    }

    /// Makes the report of the last week for each app that has none yet, and has it go to the
    /// recipients. An app in which nothing came in for two weeks is not told of again.
    ///
    /// # Errors
    /// With the first report that could not be made; the others were.
    pub(crate) async fn run(
        &self,
        memory: &mut Memory,
        (now, recipients): (Micros, &[Recipient]),
        by: &mut (dyn Makes + Send),
    ) -> anyhow::Result<()> {
        let of = self.begin(&mut memory.weekly, now);
        memory.keep()?;
        let archive = Archive::of(memory.folder());
        let week = period::last_complete_week(of, &self.zone, self.week_start)?;
        let mut failed = None;
        for app in by.apps().await? {
            let name = format!("{app}/{}", week.first_day);
            if memory.weekly.reports.contains_key(&name) {
                continue;
            }
            let made = match by.make(&app, &week).await {
                Ok(made) => put(&archive, made).await,
                Err(error) => Err(error),
            };
            match made {
                Ok((folder, is_empty)) => {
                    let was_empty = memory.weekly.was_empty.insert(app, is_empty);
                    if !(is_empty && was_empty == Some(true)) {
                        memory.deliveries.queue(&folder, recipients, now);
                    }
                    let archived = Archived {
                        folder,
                        made_at: now,
                    };
                    memory.weekly.reports.insert(name, archived);
                    memory.keep()?;
                }
                Err(error) => {
                    let error = error.context(format!("the weekly report of {app}"));
                    failed = failed.or(Some(error));
                }
            }
        }
        if failed.is_none() {
            memory.weekly.failed = None;
        }
        memory.weekly.forget_old(&archive, now);
        memory.keep()?;
        failed.map_or(Ok(()), Err)
    }
}

impl WeeklyMemory {
    /// Removes reports from the archive that were made long ago.
    fn forget_old(&mut self, archive: &Archive, now: Micros) {
        self.reports.retain(|_, report| {
            let is_kept = now.saturating_sub(report.made_at) < KEPT_FOR;
            if !is_kept && let Err(error) = archive.remove(&report.folder) {
                tracing::warn!(report = report.folder, %error, "not removed from the archive");
            }
            is_kept
        });
    }
}

/// Puts a report into the archive; says its folder, and whether nothing came in.
async fn put(archive: &Archive, made: Made) -> anyhow::Result<(String, bool)> {
    let (archive, folder) = (archive.clone(), made.folder.clone());
    let message = tokio::task::spawn_blocking(move || archive.put(made)).await??;
    Ok((folder, message.is_empty))
}

/// Tries what is due by an instant, and keeps how each try ended before the next. A round ends after a
/// minute, and after a try that failed nothing else goes the same way in it: others wait for their turn.
pub(crate) async fn deliver(
    memory: &mut Memory,
    (clock, due_by): (&dyn Clock, Micros),
    by: &mut (dyn Sends + Send),
) -> anyhow::Result<()> {
    let began = clock.now();
    let mut closed = BTreeSet::new();
    for (name, delivery) in memory.deliveries.due(due_by) {
        if clock.now().saturating_sub(began) > ROUND_MAX {
            break;
        }
        if closed.contains(&delivery.channel) {
            continue;
        }
        match by.send(&name, &delivery).await {
            Some(sent) => {
                if let Err(error) = &sent {
                    let error = format!("{error:#}");
                    tracing::warn!(delivery = name, error, "not delivered");
                    closed.insert(delivery.channel);
                }
                let ended = sent.map_err(|error| format!("{error:#}"));
                memory.deliveries.tried(&name, clock.now(), ended);
            }
            None => memory.deliveries.give_up(&name, "not asked for any more"),
        }
        memory.keep()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::{Timestamp, ToSpan as _, Zoned};
    use lake::FixedClock;
    use serde_json::json;

    use super::*;
    use crate::deliver::Delivery;

    /// Whom it went to, which report, and when.
    type Sent = Vec<(String, String, Micros)>;

    fn at(text: &str) -> Micros {
        lake::parse_instant(text).unwrap()
    }

    fn berlin(at: Micros) -> Zoned {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        Timestamp::from_microsecond(at).unwrap().to_zoned(zone)
    }

    fn mondays() -> Weekly {
        Weekly {
            timetable: Timetable::parse(("weekly", "0 8 * * 1"), "Europe/Berlin").unwrap(),
            zone: TimeZone::get("Europe/Berlin").unwrap(),
            week_start: Weekday::Monday,
        }
    }

    fn to(names: &[&str]) -> Vec<Recipient> {
        let mail = |name: &&str| Recipient::Mail(format!("{name}@example.com"));
        names.iter().map(mail).collect()
    }

    /// A report of a week of an app, empty where the app is called so.
    fn made(app: &str, week: &Period) -> Made {
        let message = json!({
            "subject": "s", "text": "t", "html": "h", "chat": "c", "is_empty": app == "silent",
        });
        let made = json!({
            "folder": format!("weekly-{app}-{}", week.first_day), "sentences": [],
            "message": message, "files": [{"name": "a.html", "text": "page"}],
        });
        serde_json::from_value(made).unwrap()
    }

    /// Makes reports of apps; those of `broken` fail.
    struct Apps(&'static [&'static str]);

    #[async_trait]
    impl Makes for Apps {
        async fn make(&mut self, app: &str, week: &Period) -> anyhow::Result<Made> {
            match app {
                "broken" => Err(anyhow::anyhow!("out of memory")),
                _ => Ok(made(app, week)),
            }
        }

        async fn apps(&mut self) -> anyhow::Result<Vec<String>> {
            Ok(self.0.iter().map(|&app| app.to_owned()).collect())
        }
    }

    /// Takes what is sent, but each eleventh at its first try.
    struct Hand<'a>(Micros, &'a mut Sent);

    #[async_trait]
    impl Sends for Hand<'_> {
        async fn send(&mut self, _: &str, one: &Delivery) -> Option<anyhow::Result<()>> {
            let Self(now, sent) = self;
            if one.tries == 0 && (sent.len() + 1).is_multiple_of(11) {
                sent.push((String::new(), String::new(), *now));
                return Some(Err(anyhow::anyhow!("busy")));
            }
            sent.push((one.recipient.clone(), one.report.clone(), *now));
            Some(Ok(()))
        }
    }

    /// What a service does from one instant to another; the first try of each eleventh delivery fails.
    async fn live(folder: &Path, (from, end): (Micros, Micros), sent: &mut Sent) {
        let (job, recipients) = (mondays(), to(&["ada", "bob"]));
        let mut memory = Memory::read(folder).unwrap();
        let mut now = from;
        loop {
            let planned = job.next(&memory.weekly, now).unwrap();
            let next = memory
                .deliveries
                .next()
                .map_or(planned, |at| at.min(planned));
            now = next.max(now);
            if now >= end {
                return;
            }
            if planned <= now {
                let given = (now, &recipients[..]);
                let mut apps = Apps(&["shop", "silent"]);
                job.run(&mut memory, given, &mut apps).await.unwrap();
            }
            deliver(&mut memory, (&FixedClock(now), now), &mut Hand(now, sent))
                .await
                .unwrap();
        }
    }

    /// The Monday mornings of a year, and the ends of the outages over which one was missed.
    fn expected(from: Micros, end: Micros, outages: &[(Micros, Micros)]) -> Vec<Micros> {
        let mut monday = berlin(from).date();
        while monday.weekday() != Weekday::Monday {
            monday = monday.tomorrow().unwrap();
        }
        let mut times = Vec::new();
        loop {
            let zone = TimeZone::get("Europe/Berlin").unwrap();
            let morning = monday.at(8, 0, 0, 0).to_zoned(zone).unwrap();
            let morning = morning.timestamp().as_microsecond();
            if morning >= end {
                break;
            }
            let out = outages
                .iter()
                .find(|(down, up)| (*down..*up).contains(&morning));
            times.push(out.map_or(morning, |(_, up)| *up));
            monday = monday.checked_add(7.days()).unwrap();
        }
        times.dedup();
        times
    }

    #[tokio::test]
    async fn through_a_year_each_report_goes_once_to_each_at_the_local_hour() {
        let folder = tempfile::tempdir().unwrap();
        let (from, end) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
        // Over the change of the clock in spring, over three Mondays, and over no Monday.
        let outages = [
            (at("2026-03-30T05:30:00Z"), at("2026-03-30T13:00:00Z")),
            (at("2026-07-01T00:00:00Z"), at("2026-07-21T10:00:00Z")),
            (at("2026-10-24T00:00:00Z"), at("2026-10-25T23:00:00Z")),
        ];
        let mut sent = Sent::new();
        let mut up = from;
        for (down, again) in outages.iter().copied().chain([(end, end)]) {
            live(folder.path(), (up, down), &mut sent).await;
            up = again;
        }
        let expected = expected(from, end, &outages);
        assert_eq!(expected.len(), 50);
        let late = 60_000_000;
        for who in ["ada@example.com", "bob@example.com"] {
            let of = |app: &str| -> Vec<&(String, String, Micros)> {
                let is_it = |one: &&(String, String, Micros)| one.0 == who && one.1.contains(app);
                sent.iter().filter(is_it).collect()
            };
            let got = of("shop");
            let reports: BTreeSet<&String> = got.iter().map(|one| &one.1).collect();
            assert_eq!((got.len(), reports.len()), (50, 50), "each once");
            for (one, due) in got.iter().zip(&expected) {
                assert!(
                    one.2 == *due || one.2 == due + late,
                    "{} at {}",
                    one.1,
                    berlin(one.2)
                );
            }
            assert_eq!(of("silent").len(), 1, "silence is told once");
        }
        let hours: Vec<i8> = expected.iter().map(|at| berlin(*at).hour()).collect();
        assert_eq!(hours.iter().filter(|hour| **hour == 8).count(), 48);
        let refused = sent.iter().filter(|one| one.0.is_empty()).count();
        assert!(refused > 5, "{refused} tries were refused");
    }

    #[tokio::test]
    async fn what_was_sent_but_not_kept_is_sent_once_more_at_most() {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = Memory::read(folder.path()).unwrap();
        let now = at("2026-05-04T06:00:00Z");
        let (recipients, mut shop) = (to(&["ada"]), Apps(&["shop"]));
        let given = (now, &recipients[..]);
        mondays().run(&mut memory, given, &mut shop).await.unwrap();
        // The process ends before it can keep that it was taken.
        assert_eq!(memory.deliveries.due(now).len(), 1);
        let mut again = Memory::read(folder.path()).unwrap();
        mondays().run(&mut again, given, &mut shop).await.unwrap();
        let mut sent = Sent::new();
        for _ in 0..3 {
            deliver(
                &mut again,
                (&FixedClock(now), now),
                &mut Hand(now, &mut sent),
            )
            .await
            .unwrap();
        }
        assert_eq!(sent.len(), 1);
        let page = folder.path().join("reports/weekly-shop-2026-04-27/a.html");
        assert_eq!(std::fs::read_to_string(page).unwrap(), "page");
    }

    #[tokio::test]
    async fn what_failed_is_made_again_soon_and_the_others_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = Memory::read(folder.path()).unwrap();
        let now = at("2026-05-04T06:00:00Z");
        let (recipients, mut shop) = (to(&["ada"]), Apps(&["broken", "shop"]));
        let given = (now, &recipients[..]);
        let error = mondays()
            .run(&mut memory, given, &mut shop)
            .await
            .unwrap_err();
        assert!(
            format!("{error:#}").contains("broken: out of memory"),
            "{error:#}"
        );
        assert_eq!(memory.deliveries.due(now).len(), 1);
        let mut at = mondays().next(&memory.weekly, now + 1).unwrap();
        assert_eq!(at, now + 10 * 60_000_000);
        // Each time the week that failed, whichever is over by then, and not for ever.
        let mut weeks = BTreeSet::new();
        let mut tries = 1;
        while at < now + 7 * 24 * 3_600_000_000 {
            let given = (at, &recipients[..]);
            drop(mondays().run(&mut memory, given, &mut shop).await);
            weeks.extend(memory.weekly.reports.keys().cloned());
            at = mondays().next(&memory.weekly, at + 1).unwrap();
            tries += 1;
        }
        assert_eq!(weeks, BTreeSet::from(["shop/2026-04-27".to_owned()]));
        assert_eq!((tries, at), (8, now + 7 * 24 * 3_600_000_000));
    }

    #[tokio::test]
    async fn the_first_week_is_not_lost_to_a_service_that_was_down() {
        let scheduled = WeeklyMemory {
            since: Some(at("2026-05-03T12:00:00Z")),
            ..WeeklyMemory::default()
        };
        let up_again = at("2026-05-04T10:00:00Z");
        assert_eq!(mondays().next(&scheduled, up_again), Some(up_again));
        let never = mondays().next(&WeeklyMemory::default(), up_again);
        assert_eq!(never, Some(at("2026-05-11T06:00:00Z")));
    }
}
