//! What cannot wait for the weekly report: feedback that tells of lost data, a hole in security, an
//! app that does not start, or money; and themes that rise on a release that is watched. Told at the
//! next look, each once to each.
//!
//! What users wrote is kept nowhere here: a notice is made when it is sent, and a thing that was told
//! is remembered by its hash alone, so that a person who is erased is not found in it. What nobody
//! takes is tried again with the next look, for as long as it is news.

use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::PI;

use analysis::findings::{FeedbackList, FeedbackPiece, ReleaseTheme, ReleaseThemes};
use anyhow::bail;
use jiff::{SignedDuration, Timestamp};
use lake::{Ledger, Micros, Snapshot};
use serde::{Deserialize, Serialize};

use super::memory::Memory;
use crate::child::Children;
use crate::deliver::{Courier, Recipient, hash};
use crate::words::Words;

/// For how long feedback is news.
const NEWS_FOR: Micros = 48 * 3_600 * 1_000_000;
/// For how long it is remembered what was told.
const KEPT_FOR: Micros = 400 * 24 * 3_600 * 1_000_000;
/// Chance that anything is told of a release whose themes are as they were before, over all looks.
const ALPHA: f64 = 0.05;
/// Fewest texts on a release before its themes are looked at.
const TEXTS_MIN: u64 = 20;

/// What is remembered of what was told at once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct UrgentMemory {
    /// Since when anybody is told: what was given before was not missed.
    since: Option<Micros>,
    /// The version of the feedback that all were told of.
    version: Option<u64>,
    /// By the hash of what was told and to whom, when.
    told: BTreeMap<String, Micros>,
    /// Looks at the themes of releases, by app and release.
    themes: BTreeMap<String, Looks>,
}

/// Looks at the themes of a release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Looks {
    looks: u32,
    /// People who wrote something, at the last look.
    texts: u64,
    /// The hashes of themes that were sure at a look: told until all were.
    sure: BTreeSet<String>,
}

impl Looks {
    /// Takes in which themes are sure to rise. They stay so until a newer release takes the place of
    /// this one: whoever could not be told at once is told later.
    fn judge(&mut self, found: &ReleaseThemes) {
        let Some(rate) = self.look(found.unmatched.n) else {
            return;
        };
        let is_sure = |theme: &&ReleaseTheme| {
            matches!(theme.standing.as_str(), "new" | "rising")
                && theme.q.is_some_and(|q| q <= rate)
        };
        let sure = found.themes.iter().filter(is_sure);
        self.sure.extend(sure.map(|theme| hash(&theme.theme_id)));
    }

    /// Takes a look at a release of which so many people wrote; says the false discovery rate up to
    /// which a theme is told, or nothing where too little came in since the last look.
    ///
    /// A look is worth one where half as many again wrote; look k spends 6/(πk)² of [`ALPHA`], which
    /// sums to it over any number of looks (union bound).
    fn look(&mut self, texts: u64) -> Option<f64> {
        let grown = self.texts.saturating_add(self.texts / 2);
        if texts < TEXTS_MIN.max(grown) {
            return None;
        }
        self.texts = texts;
        self.looks = self.looks.saturating_add(1);
        Some(ALPHA * 6.0 / (PI * f64::from(self.looks)).powi(2))
    }
}

/// One look.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) now: Micros,
    pub(super) zone: String,
    /// The version of the feedback.
    pub(super) version: u64,
    /// By app, the releases that are watched.
    pub(super) releases: BTreeMap<String, Vec<String>>,
    pub(super) apps: BTreeSet<String>,
}

impl Look {
    /// Whether the release that looks are remembered of is watched still.
    fn is_watched(&self, name: &str) -> bool {
        let watched = self.releases.iter();
        let mut names = watched.flat_map(|(app, releases)| {
            releases
                .iter()
                .map(move |release| format!("{app}/{release}"))
        });
        names.any(|watched| watched == name)
    }
}

/// The apps that ever sent anything.
pub(super) async fn apps(snapshot: Snapshot) -> anyhow::Result<BTreeSet<String>> {
    let read = tokio::task::spawn_blocking(move || Ledger::read(&snapshot));
    let ledger = read.await??;
    Ok(ledger
        .counters()
        .map(|(counter, _)| counter.app.clone())
        .collect())
}

/// Something to tell, and by what names it is remembered.
struct Notice {
    things: Vec<String>,
    message: reports::Message,
}

/// Tells what is news to those who were not told.
///
/// # Errors
/// With the first thing that could not be found out or told; the rest was.
pub(super) async fn tell(
    memory: &mut Memory,
    look: &Look,
    (children, courier): (&Children, &Courier),
    recipients: &[Recipient],
) -> anyhow::Result<()> {
    let since = *memory.urgent.since.get_or_insert(look.now);
    if memory.urgent.version == Some(look.version) {
        return Ok(());
    }
    let mut failed = None;
    for app in &look.apps {
        let pieces = critical(app, look, since, children).await;
        let themes = rising(app, look, &mut memory.urgent, children).await;
        for notices in [pieces, themes] {
            let notices = match notices {
                Ok(notices) => notices,
                Err(error) => {
                    failed = failed.or(Some(error));
                    continue;
                }
            };
            for to in recipients {
                let told = notices
                    .tell(&mut memory.urgent, look.now, (courier, to))
                    .await;
                failed = failed.or(told.err());
                memory.keep()?;
            }
        }
    }
    if failed.is_none() {
        memory.urgent.version = Some(look.version);
    }
    let now = look.now;
    memory.urgent.themes.retain(|name, _| look.is_watched(name));
    memory
        .urgent
        .told
        .retain(|_, at| now.saturating_sub(*at) < KEPT_FOR);
    memory.keep()?;
    failed.map_or(Ok(()), Err)
}

/// What may be told of an app.
enum Notices {
    Pieces(String, Vec<FeedbackPiece>),
    Themes(String, Vec<(String, ReleaseTheme)>),
}

impl Notices {
    /// What somebody was not told yet; `None` where there is nothing.
    ///
    /// # Errors
    /// When a message can't be rendered.
    fn for_one(&self, memory: &UrgentMemory, to: &str) -> anyhow::Result<Option<Notice>> {
        let is_new = |thing: &String| !memory.told.contains_key(thing);
        let (things, message) = match self {
            Self::Pieces(app, pieces) => {
                let named = |piece: &FeedbackPiece| hash(&format!("{to}/{app}/{}", piece.event_id));
                let new: Vec<&FeedbackPiece> =
                    pieces.iter().filter(|one| is_new(&named(one))).collect();
                let things = new.iter().map(|piece| named(piece)).collect::<Vec<_>>();
                (things, reports::critical_message(app, &new)?)
            }
            Self::Themes(app, themes) => {
                let named = |(release, theme): &(String, ReleaseTheme)| {
                    hash(&format!("{to}/{app}/{release}/{}", theme.theme_id))
                };
                let new: Vec<&(String, ReleaseTheme)> =
                    themes.iter().filter(|one| is_new(&named(one))).collect();
                let things = new.iter().map(|theme| named(theme)).collect::<Vec<_>>();
                (things, reports::rising_message(app, &new)?)
            }
        };
        let notice = Notice { things, message };
        Ok(Some(notice).filter(|notice| !notice.things.is_empty()))
    }

    async fn tell(
        &self,
        memory: &mut UrgentMemory,
        now: Micros,
        (courier, to): (&Courier, &Recipient),
    ) -> anyhow::Result<()> {
        let (channel, recipient) = to.name();
        let name = format!("{channel}/{recipient}");
        let Some(notice) = self.for_one(memory, &name)? else {
            return Ok(());
        };
        courier
            .notice(to, &notice.things.concat(), &notice.message)
            .await?;
        memory
            .told
            .extend(notice.things.into_iter().map(|thing| (thing, now)));
        Ok(())
    }
}

/// Critical feedback that is news.
async fn critical(
    app: &str,
    look: &Look,
    since: Micros,
    children: &Children,
) -> anyhow::Result<Notices> {
    let now = Timestamp::from_microsecond(look.now)?;
    let first = now.saturating_sub(SignedDuration::from_micros(NEWS_FOR))?;
    let zone = jiff::tz::TimeZone::get(&look.zone)?;
    let list = Words::of(&["feedback", "list"])
        .with("app", app)
        .with("zone", &look.zone)
        .with("as-of", &now.to_string())
        .with("from", &first.to_zoned(zone).date().to_string())
        .flag("critical");
    let found: FeedbackList = children.ask(list).await?;
    Ok(Notices::Pieces(
        app.to_owned(),
        news(found.pieces, since, look.now),
    ))
}

/// The pieces that were given since somebody is told, and not long ago.
fn news(pieces: Vec<FeedbackPiece>, since: Micros, now: Micros) -> Vec<FeedbackPiece> {
    let from = since.max(now.saturating_sub(NEWS_FOR));
    let is_news = |piece: &FeedbackPiece| {
        lake::parse_instant(&piece.given_at).is_ok_and(|at| (from..=now).contains(&at))
    };
    pieces.into_iter().filter(is_news).collect()
}

/// Themes that rise on the releases of an app that are watched.
async fn rising(
    app: &str,
    look: &Look,
    memory: &mut UrgentMemory,
    children: &Children,
) -> anyhow::Result<Notices> {
    let mut rising = Vec::new();
    let as_of = Timestamp::from_microsecond(look.now)?.to_string();
    for release in look.releases.get(app).into_iter().flatten() {
        let themes = Words::of(&["feedback", "themes"])
            .with("app", app)
            .with("zone", &look.zone)
            .with("as-of", &as_of)
            .with("format", "json")
            .on(release);
        let ended = children.run(themes).await?;
        match ended.code {
            Some(0) => {}
            // Nobody wrote anything about it yet.
            Some(1) => continue,
            _ => bail!("the themes of a release of {app}: {}", ended.stderr.trim()),
        }
        let found: ReleaseThemes = serde_json::from_slice(&ended.stdout)?;
        let looks = memory.themes.entry(format!("{app}/{release}")).or_default();
        looks.judge(&found);
        let known = &looks.sure;
        let sure = found.themes.into_iter();
        let sure = sure.filter(|theme| known.contains(&hash(&theme.theme_id)));
        rising.extend(sure.map(|theme| (release.clone(), theme)));
    }
    Ok(Notices::Themes(app.to_owned(), rising))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Micros = 3_600 * 1_000_000;

    #[test]
    fn looks_at_themes_spend_no_more_than_is_there_however_many_there_are() {
        let mut looks = Looks::default();
        assert_eq!(looks.look(19), None);
        assert_eq!(looks.look(20), Some(ALPHA * 6.0 / (PI * PI)));
        assert_eq!(looks.look(29), None);
        let mut spent = ALPHA * 6.0 / (PI * PI);
        let mut texts = 30;
        for _ in 0..80 {
            spent += looks.look(texts).unwrap();
            texts += texts / 2 + 1;
        }
        assert!(spent < ALPHA && spent > 0.98 * ALPHA, "{spent}");
    }

    fn piece(id: &str, at: Micros) -> FeedbackPiece {
        let given_at = Timestamp::from_microsecond(at).unwrap().to_string();
        serde_json::from_value(serde_json::json!({
            "event_id": id, "given_at": given_at, "release": "2.0", "kind": "bug_report",
            "stars": null, "label": "bug_report", "label_source": "words", "actionable": 0.9,
            "language": null, "tone": null, "tone_source": null, "critical": ["data_loss"],
            "alike": 1, "votes": 0, "text": "all my notes are gone", "due_at": given_at,
            "answered_at": null, "is_overdue": false,
        }))
        .unwrap()
    }

    #[test]
    fn a_theme_that_was_sure_once_is_told_later_to_whoever_could_not_be_told() {
        let theme = |id: &str, q: f64| {
            serde_json::json!({
                "theme_id": id, "name": id, "phrases": [], "standing": "rising",
                "share": {"value": 0.2, "low": 0.1, "high": 0.3, "n": 40}, "share_before": {"n": 0},
                "share_unknown": {"n": 0}, "change": null, "z": 4.0, "q": q, "low_users": 3,
                "high_users": 0, "quotes": [],
            })
        };
        let found = |n: u64, themes: Vec<serde_json::Value>| -> ReleaseThemes {
            serde_json::from_value(serde_json::json!({
                "scope": {"app": "shop", "environment": "production", "zone": "UTC", "from": "",
                    "to": "", "first_day": "", "last_day": "", "iso_week": null, "complete": true,
                    "as_of": "", "data_through": null, "table_versions": []},
                "release": "2.0", "against": [], "themes": themes, "tested": 2,
                "unmatched": {"n": n},
            }))
            .unwrap()
        };
        let mut looks = Looks::default();
        looks.judge(&found(40, vec![theme("sync", 0.001), theme("maybe", 0.04)]));
        assert_eq!(
            looks.sure,
            BTreeSet::from([hash("sync")]),
            "0.04 is more than a first look has"
        );
        looks.judge(&found(41, vec![theme("sync", 0.2)]));
        assert!(looks.sure.contains(&hash("sync")));
        looks.judge(&found(80, vec![theme("late", 0.009)]));
        assert!(
            !looks.sure.contains(&hash("late")),
            "a second look has a quarter of the first"
        );
    }

    #[test]
    fn each_is_told_once_to_each_and_old_reports_to_nobody() {
        let (since, now) = (100 * HOUR, 160 * HOUR);
        let pieces = vec![
            piece("before", 99 * HOUR),
            piece("old", 111 * HOUR),
            piece("new", 159 * HOUR),
        ];
        let news = news(pieces, since, now);
        let ids: Vec<&str> = news.iter().map(|one| one.event_id.as_str()).collect();
        assert_eq!(ids, ["new"]);
        let notices = Notices::Pieces("shop".to_owned(), news);
        let mut memory = UrgentMemory::default();
        let notice = notices.for_one(&memory, "mail/a").unwrap().unwrap();
        assert!(notice.message.text.contains("all my notes are gone"));
        let things = notice.things.into_iter().map(|thing| (thing, now));
        memory.told.extend(things);
        assert!(notices.for_one(&memory, "mail/a").unwrap().is_none());
        assert!(notices.for_one(&memory, "mail/b").unwrap().is_some());
        let kept = serde_json::to_string(&memory).unwrap();
        assert!(!kept.contains("notes") && !kept.contains("new"));
    }
}
