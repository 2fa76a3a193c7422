//! Whether a release is known, its first day, and the days that its report looks at.

use std::collections::BTreeSet;

use lake::Micros;

use crate::days::Window;
use crate::error::{Error, Result};
use crate::facts::feedback::Feedback;
use crate::facts::origin::Origins;
use crate::facts::records::{self, Mark};
use crate::facts::{self, Question};
use crate::versions;

/// A report looks at no more days than these, up to the last whole one.
const WINDOW_DAYS_MAX: i32 = 90;

/// Releases that are named where one is not known.
const NAMED_MAX: usize = 10;

/// Where the report of a release begins.
#[derive(Debug)]
pub(super) struct Start {
    /// The release's first day, and what says so; `None` of one that is not out.
    pub(super) first_day: Option<(i32, &'static str)>,
    /// The days that are looked at.
    pub(super) window: Window,
}

impl Start {
    /// Of a release that was seen, recorded or marked.
    ///
    /// # Errors
    /// [`Error::UnknownRelease`] of any other, and when files cannot be read.
    pub(super) fn of(moment: &Question<'_>, release: &str) -> Result<Self> {
        let as_of = moment.as_of;
        let (origins, feedback) = (Origins::load(moment)?, Feedback::load(moment)?);
        let first_seen = facts::first_seen(&origins, &feedback);
        let notes = records::release_notes(moment)?;
        let marks = records::marks(moment)?;
        let recorded = |version: &str| notes.get(version).and_then(|note| note.released_at);
        let seen = first_seen.contains_key(release);
        if !seen && !notes.contains_key(release) && !marks.contains_key(release) {
            let known = versions::oldest_first(&first_seen, recorded);
            let known_names: BTreeSet<&String> = known.iter().collect();
            let unseen = notes.keys().chain(marks.keys());
            let unseen: BTreeSet<&String> =
                unseen.filter(|name| !known_names.contains(name)).collect();
            let names: Vec<&String> = known.iter().chain(unseen).collect();
            return Err(Error::UnknownRelease {
                release: release.to_owned(),
                app: moment.settings.app.clone(),
                known: named(&names),
            });
        }
        let marked = marks.get(release).into_iter().flatten();
        let marked = marked
            .filter(|mark| mark.goes_out())
            .map(|mark: &Mark| mark.at);
        let by_record = recorded(release).filter(|at| *at <= as_of);
        let first_at = by_record
            .map(|at| (at, "record"))
            .or_else(|| marked.min().map(|at| (at, "mark")))
            .or_else(|| Some((*first_seen.get(release)?, "first_seen")));
        let day = |at: Micros| moment.days.day_of(at);
        let first_day = first_at.map(|(at, by)| (day(at), by));
        Ok(Self {
            window: window(first_day.map(|(day, _)| day), day(moment.known_until())),
            first_day,
        })
    }
}

/// From the first day to the last whole one; `open` is the first day that is not over. A release that
/// came on that day has it alone, and so has one that is not out.
fn window(first_day: Option<i32>, open: i32) -> Window {
    let first = first_day.unwrap_or(open).min(open);
    let last = open.saturating_sub(1).max(first);
    let first = first.max(last.saturating_sub(WINDOW_DAYS_MAX - 1));
    Window {
        first,
        length: last.saturating_sub(first).saturating_add(1),
    }
}

/// The newest of the releases that there are.
fn named(names: &[&String]) -> String {
    if names.is_empty() {
        return "no release is; send `release` with events or feedback, or write a record by `shipwake \
                release add`"
            .to_owned();
    }
    let newest = names.iter().rev().take(NAMED_MAX);
    let newest: Vec<String> = newest.map(|name| format!("{name:?}")).collect();
    let more = match names.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("known are {}{more}", newest.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_ends_with_the_last_whole_day_and_is_never_empty() {
        let days = |first, open| {
            let window = window(first, open);
            (window.first, window.end())
        };
        assert_eq!(days(Some(100), 110), (100, 110));
        assert_eq!(days(Some(100), 101), (100, 101));
        assert_eq!(days(Some(100), 100), (100, 101), "it came today");
        assert_eq!(days(None, 100), (100, 101), "it is not out");
        assert_eq!(days(Some(100), 400), (310, 400), "the last 90 days");
    }

    #[test]
    fn the_newest_releases_are_named() {
        let names: Vec<String> = (1..=12).map(|n| format!("1.{n}\n")).collect();
        let told = named(&names.iter().collect::<Vec<_>>());
        assert!(
            told.starts_with("known are \"1.12\\n\", \"1.11\\n\""),
            "{told}"
        );
        assert!(told.ends_with("\"1.3\\n\" and 2 more"), "{told}");
        assert!(named(&[]).contains("release add"));
    }
}
