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

/// How a window is called in file names: its ISO week, else its first day.
pub(crate) fn label(scope: &Scope) -> String {
    scope
        .iso_week
        .clone()
        .unwrap_or_else(|| scope.first_day.clone())
}

/// How a window is called in titles: `week 40 of 2026`, else `week from 28 Sep 2026`.
pub(crate) fn title(scope: &Scope) -> String {
    match scope
        .iso_week
        .as_deref()
        .and_then(|week| week.split_once("-W"))
    {
        Some((year, week)) => format!("week {} of {year}", week.trim_start_matches('0')),
        None => format!("week from {}", long(&scope.first_day)),
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
}
