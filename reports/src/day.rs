//! Days and instants as people read them. What can't be read as one is shown as it stands.

use analysis::findings::Scope;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// `28 Sep`.
pub(crate) fn short(day: &str) -> String {
    parse(day).map_or_else(
        || day.to_owned(),
        |date| date.strftime("%-d %b").to_string(),
    )
}

/// `28 Sep 2026`.
pub(crate) fn long(day: &str) -> String {
    parse(day).map_or_else(
        || day.to_owned(),
        |date| date.strftime("%-d %b %Y").to_string(),
    )
}

/// `Mon 28 Sep – Sun 4 Oct 2026`.
pub(crate) fn range(first: &str, last: &str) -> String {
    match (parse(first), parse(last)) {
        (Some(from), Some(to)) if from.year() == to.year() => {
            format!(
                "{} – {}",
                from.strftime("%a %-d %b"),
                to.strftime("%a %-d %b %Y")
            )
        }
        (Some(from), Some(to)) => {
            format!(
                "{} – {}",
                from.strftime("%a %-d %b %Y"),
                to.strftime("%a %-d %b %Y")
            )
        }
        _ => format!("{first} – {last}"),
    }
}

/// `5 Oct 2026 05:58 UTC`.
pub(crate) fn instant(at: &str) -> String {
    match at.parse::<Timestamp>() {
        Ok(stamp) => stamp
            .to_zoned(TimeZone::UTC)
            .strftime("%-d %b %Y %H:%M UTC")
            .to_string(),
        Err(_) => at.to_owned(),
    }
}

/// How a window is called in file names: its ISO week, else its first day, and its last unless it is a
/// week.
pub(crate) fn label(scope: &Scope) -> String {
    match &scope.iso_week {
        Some(week) => week.clone(),
        None if is_week(scope) => scope.first_day.clone(),
        None => format!("{}-to-{}", scope.first_day, scope.last_day),
    }
}

/// Whether a window has seven days.
fn is_week(scope: &Scope) -> bool {
    let (first, last) = (parse(&scope.first_day), parse(&scope.last_day));
    let days = first
        .zip(last)
        .map(|(first, last)| (last - first).get_days());
    days == Some(6)
}

/// What a window is called in sentences: a week, or a window of days.
pub(crate) fn window(scope: &Scope) -> &'static str {
    if is_week(scope) { "week" } else { "window" }
}

/// What the report of a window is called.
pub(crate) fn kind(scope: &Scope) -> &'static str {
    if is_week(scope) {
        "weekly release report"
    } else {
        "release report of some days"
    }
}

/// How a window is called in titles: `week 40 of 2026`, `week from 27 Sep 2026`, else its days.
pub(crate) fn title(scope: &Scope) -> String {
    match scope
        .iso_week
        .as_deref()
        .and_then(|week| week.split_once("-W"))
    {
        Some((year, week)) => format!("week {} of {year}", week.trim_start_matches('0')),
        None if is_week(scope) => format!("week from {}", long(&scope.first_day)),
        None => format!("{} to {}", long(&scope.first_day), long(&scope.last_day)),
    }
}

/// The days that end with `last`, oldest first, `most` of them.
pub(crate) fn up_to(last: &str, most: usize) -> Vec<String> {
    let back = std::iter::successors(parse(last), |date| date.yesterday().ok());
    let mut days: Vec<String> = back.take(most).map(|date| date.to_string()).collect();
    days.reverse();
    days
}

fn parse(day: &str) -> Option<Date> {
    day.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_for_people() {
        assert_eq!(short("2026-09-28"), "28 Sep");
        assert_eq!(
            range("2026-09-28", "2026-10-04"),
            "Mon 28 Sep – Sun 4 Oct 2026"
        );
        assert_eq!(
            range("2026-12-28", "2027-01-03"),
            "Mon 28 Dec 2026 – Sun 3 Jan 2027"
        );
        assert_eq!(instant("2026-10-05T05:58:11Z"), "5 Oct 2026 05:58 UTC");
        assert_eq!(short("soon"), "soon");
        assert_eq!(up_to("2026-03-01", 2), ["2026-02-28", "2026-03-01"]);
    }

    #[test]
    fn a_window_is_called_by_its_week_or_by_its_days() {
        let of = |first: &str, last: &str, iso: Option<&str>| {
            let scope = Scope {
                first_day: first.to_owned(),
                last_day: last.to_owned(),
                iso_week: iso.map(str::to_owned),
                ..crate::fixtures::weekly().scope
            };
            (label(&scope), title(&scope), window(&scope))
        };
        let iso = of("2026-09-28", "2026-10-04", Some("2026-W40"));
        assert_eq!(iso, ("2026-W40".into(), "week 40 of 2026".into(), "week"));
        let week = of("2026-09-27", "2026-10-03", None);
        let title = "week from 27 Sep 2026".to_owned();
        assert_eq!(week, ("2026-09-27".into(), title, "week"));
        let month = of("2026-10-01", "2026-10-31", None);
        let (label, title) = ("2026-10-01-to-2026-10-31", "1 Oct 2026 to 31 Oct 2026");
        assert_eq!(month, (label.into(), title.into(), "window"));
    }
}
