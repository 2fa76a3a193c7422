//! The weekly report of each app: made once for each week that is over, kept in the archive of the data
//! folder, and handed to those who are to have it.

use std::collections::{BTreeMap, BTreeSet};

use analysis::period;
use async_trait::async_trait;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use lake::Micros;
use serde::{Deserialize, Serialize};

use super::memory::Memory;
use super::settings::ScheduleSettings;
use super::timetable::Timetable;
use crate::child::Children;
use crate::commands::report::Made;
use crate::deliver::{Archive, Recipient, Sends};
use crate::words::Words;

/// After which time what failed is made again.
const AGAIN_AFTER: Micros = 10 * 60 * 1_000_000;
/// For how long it is remembered that a report was made.
const KEPT_FOR: Micros = 400 * 24 * 3_600 * 1_000_000;

/// What is remembered of weekly reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct WeeklyMemory {
    /// When the last run began.
    pub(crate) ran_at: Option<Micros>,
    /// When something failed that is to be made again.
    pub(crate) failed_at: Option<Micros>,
    /// By app and week, when a report was made.
    reports: BTreeMap<String, Archived>,
    /// By app, whether nothing came in in the week of its last report.
    was_empty: BTreeMap<String, bool>,
}

/// A report in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Archived {
    folder: String,
    made_at: Micros,
}

/// Makes the report of the last week of an app.
#[async_trait]
pub(crate) trait Makes {
    /// # Errors
    /// When it cannot be made.
    async fn make(&mut self, app: &str) -> anyhow::Result<Made>;
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
        let week_start = serde_json::to_value(settings.week_start)?;
        Ok(Self {
            children,
            as_of: jiff::Timestamp::from_microsecond(now)?.to_string(),
            zone: settings.zone.clone(),
            week_start: week_start.as_str().unwrap_or_default().to_owned(),
        })
    }

    /// The apps that ever sent anything.
    pub(super) async fn apps(&self) -> anyhow::Result<Vec<String>> {
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

#[async_trait]
impl Makes for Maker {
    async fn make(&mut self, app: &str) -> anyhow::Result<Made> {
        let report = Words::of(&["report", "weekly"])
            .with("app", app)
            .with("as-of", &self.as_of)
            .with("zone", &self.zone)
            .with("week-start", &self.week_start)
            .with("out", "-");
        self.children.answer(report).await
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
        let planned = self.timetable.next(memory.ran_at, now);
        let again = memory.failed_at.map(|at| at.saturating_add(AGAIN_AFTER));
        planned.into_iter().chain(again).min()
    }

    /// Makes the report of the last week for each app that has none yet, and has it go to the
    /// recipients. An app in which nothing came in for two weeks is not told of again.
    ///
    /// # Errors
    /// With the first report that could not be made; the others were.
    pub(crate) async fn run(
        &self,
        memory: &mut Memory,
        (now, apps, recipients): (Micros, &[String], &[Recipient]),
        by: &mut (dyn Makes + Send),
    ) -> anyhow::Result<()> {
        let archive = Archive::of(memory.folder());
        let week = period::last_complete_week(now, &self.zone, self.week_start)?;
        let mut failed = None;
        for app in apps {
            let name = format!("{app}/{}", week.first_day);
            if memory.weekly.reports.contains_key(&name) {
                continue;
            }
            let made = by.make(app).await.and_then(|made| {
                let folder = made.folder.clone();
                Ok((folder, archive.put(made)?.is_empty))
            });
            match made {
                Ok((folder, is_empty)) => {
                    let was_empty = memory.weekly.was_empty.insert(app.clone(), is_empty);
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
        memory.weekly.failed_at = failed.is_some().then_some(now);
        let reports = &mut memory.weekly.reports;
        reports.retain(|_, report| now - report.made_at < KEPT_FOR);
        failed.map_or(Ok(()), Err)
    }
}

/// Tries what is due by an instant, and keeps how each try ended before the next.
pub(crate) async fn deliver(
    memory: &mut Memory,
    (now, due_by): (Micros, Micros),
    by: &mut (dyn Sends + Send),
) -> anyhow::Result<()> {
    for (name, delivery) in memory.deliveries.due(due_by) {
        match by.send(&name, &delivery).await {
            Some(sent) => {
                if let Err(error) = &sent {
                    tracing::warn!(
                        delivery = name,
                        error = format!("{error:#}"),
                        "not delivered"
                    );
                }
                let ended = sent.map_err(|error| format!("{error:#}"));
                memory.deliveries.tried(&name, now, ended);
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

    /// A report of the last week of an app, empty where the app is called so.
    fn made(app: &str, now: Micros) -> Made {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let week = period::last_complete_week(now, &zone, Weekday::Monday).unwrap();
        let message = json!({
            "subject": "s", "text": "t", "html": "h", "chat": "c", "is_empty": app == "silent",
        });
        let made = json!({
            "folder": format!("weekly-{app}-{}", week.first_day), "sentences": [],
            "message": message, "files": [{"name": "a.html", "text": "page"}],
        });
        serde_json::from_value(made).unwrap()
    }

    /// Makes reports as of an instant; those of `broken` fail.
    struct At(Micros);

    #[async_trait]
    impl Makes for At {
        async fn make(&mut self, app: &str) -> anyhow::Result<Made> {
            match app {
                "broken" => Err(anyhow::anyhow!("out of memory")),
                _ => Ok(made(app, self.0)),
            }
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
        let apps = ["shop".to_owned(), "silent".to_owned()];
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
                memory.weekly.ran_at = Some(now);
                let given = (now, &apps[..], &recipients[..]);
                job.run(&mut memory, given, &mut At(now)).await.unwrap();
            }
            deliver(&mut memory, (now, now), &mut Hand(now, sent))
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
        let given = (now, &["shop".to_owned()][..], &to(&["ada"])[..]);
        mondays()
            .run(&mut memory, given, &mut At(now))
            .await
            .unwrap();
        // The process ends before it can keep that it was taken.
        assert_eq!(memory.deliveries.due(now).len(), 1);
        let mut again = Memory::read(folder.path()).unwrap();
        mondays()
            .run(&mut again, given, &mut At(now))
            .await
            .unwrap();
        let mut sent = Sent::new();
        for _ in 0..3 {
            deliver(&mut again, (now, now), &mut Hand(now, &mut sent))
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
        let apps = ["broken".to_owned(), "shop".to_owned()];
        let given = (now, &apps[..], &to(&["ada"])[..]);
        memory.weekly.ran_at = Some(now);
        let error = mondays()
            .run(&mut memory, given, &mut At(now))
            .await
            .unwrap_err();
        assert!(
            format!("{error:#}").contains("broken: out of memory"),
            "{error:#}"
        );
        assert_eq!(memory.deliveries.due(now).len(), 1);
        let next = mondays().next(&memory.weekly, now + 1);
        assert_eq!(next, Some(now + AGAIN_AFTER));
    }
}
