//! Hourly judgements and simulated scenarios as text: CSV for programs, tables for people.

use analysis::sql::Cell;
use analysis::watch::simulate::{JudgedHour, JudgedRelease, Row};

use crate::answer::answer_table;
use crate::number;
use crate::table::guard::guarded;

/// The first row of [`judged_hours_csv`].
#[must_use]
pub fn judged_hours_csv_head() -> &'static str {
    "release,hour,state,e_value,ratio,ratio_low,ratio_high\n"
}

/// A row for each hour of a release. What does not exist is empty.
#[must_use]
pub fn judged_hours_csv(judged: &JudgedRelease) -> String {
    let release = field(&judged.release);
    let mut text = String::new();
    for hour in &judged.hours {
        let parts = [
            release.as_str(),
            &hour.hour.to_string(),
            hour.state.as_str(),
            &digits(Some(hour.e_value)),
            &digits(hour.ratio),
            &digits(hour.low),
            &digits(hour.high),
        ];
        text.push_str(&parts.join(","));
        text.push('\n');
    }
    text
}

/// A line for each release: how it stands at its last hour.
#[must_use]
pub fn judged_hours_table(releases: &[JudgedRelease]) -> String {
    let columns = [
        "release",
        "last hour",
        "state",
        "first alarm",
        "e-value",
        "ratio",
        "from",
        "to",
    ];
    let row = |judged: &JudgedRelease| {
        let last = judged.hours.last();
        let number = |of: fn(&JudgedHour) -> Option<f64>| {
            last.and_then(of)
                .map_or(number::ABSENT.to_owned(), number::magnitude)
        };
        let hour = |hour: Option<i64>| hour.map_or(number::ABSENT.to_owned(), |h| h.to_string());
        vec![
            Cell::Text(judged.release.clone()),
            Cell::Text(hour(last.map(|hour| hour.hour))),
            Cell::Text(last.map_or("", |hour| hour.state.as_str()).to_owned()),
            Cell::Text(hour(judged.first_alarm_hour)),
            Cell::Text(number(|hour| Some(hour.e_value))),
            Cell::Text(number(|hour| hour.ratio)),
            Cell::Text(number(|hour| hour.low)),
            Cell::Text(number(|hour| hour.high)),
        ]
    };
    let rows: Vec<Vec<Cell>> = releases.iter().map(row).collect();
    answer_table(&columns.map(str::to_owned), &rows)
}

/// A row for each scenario by the rule that was asked for; by all rules, with their names, where
/// `with_rules`. Shares in `[0, 1]`; what does not exist is empty.
#[must_use]
pub fn simulation_csv(rows: &[Row], with_rules: bool) -> String {
    let rule = if with_rules { ",rule" } else { "" };
    let mut text = format!(
        "scenario,kind,releases,flagged_share,flagged_upper95,found_share,median_hours{rule}\n"
    );
    for row in rows.iter().filter(|row| with_rules || row.is_asked) {
        let mut parts = vec![
            field(row.scenario),
            row.kind.as_str().to_owned(),
            row.releases.to_string(),
            digits(Some(row.flagged_share)),
            digits(Some(row.flagged_upper95)),
            digits(row.found_share),
            digits(row.median_hours),
        ];
        if with_rules {
            parts.push(field(&row.rule));
        }
        text.push_str(&parts.join(","));
        text.push('\n');
    }
    text
}

/// The same for people, a line a scenario and rule.
#[must_use]
pub fn simulation_table(rows: &[Row]) -> String {
    let columns = ["scenario", "kind", "rule", "flagged", "found", "median"];
    let line = |row: &Row| {
        let found = row.found_share.map_or(number::ABSENT.to_owned(), percent);
        let median = row.median_hours.map_or(number::ABSENT.to_owned(), |hours| {
            format!("{} h", number::plain(hours))
        });
        vec![
            Cell::Text(row.scenario.to_owned()),
            Cell::Text(row.kind.as_str().to_owned()),
            Cell::Text(row.rule.clone()),
            Cell::Text(format!(
                "{} (to {})",
                percent(row.flagged_share),
                percent(row.flagged_upper95)
            )),
            Cell::Text(found),
            Cell::Text(median),
        ]
    };
    let rows: Vec<Vec<Cell>> = rows.iter().map(line).collect();
    answer_table(&columns.map(str::to_owned), &rows)
}

fn percent(share: f64) -> String {
    format!("{} %", number::fixed(100.0 * share, 1))
}

/// Ten significant digits, without the zeros at the end.
fn digits(value: Option<f64>) -> String {
    let Some(value) = value.filter(|value| value.is_finite()) else {
        return String::new();
    };
    let text = format!("{value:.9e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
    match exponent.parse::<i32>() {
        // Short enough to be written out.
        Ok(exponent) if (-5..15).contains(&exponent) => {
            let places = usize::try_from(9 - exponent.min(9)).unwrap_or(0);
            let plain = format!("{value:.places$}");
            match plain.split_once('.') {
                Some((whole, rest)) if rest.bytes().all(|digit| digit == b'0') => whole.to_owned(),
                Some(_) => plain.trim_end_matches('0').to_owned(),
                None => plain,
            }
        }
        _ => format!("{mantissa}e{exponent}"),
    }
}

/// Text that is quoted where it must be, and guarded against formulas as in all tables.
fn field(text: &str) -> String {
    let (safe, _) = guarded(text);
    if safe.contains([',', '"', '\n', '\r']) {
        ["\"", &safe.replace('"', "\"\""), "\""].concat()
    } else {
        safe.to_string()
    }
}

#[cfg(test)]
mod tests {
    use analysis::findings::State;

    use super::*;

    #[test]
    fn ten_digits() {
        let check = |value: f64, expected: &str| assert_eq!(digits(Some(value)), expected);
        check(0.0, "0");
        check(1.0, "1");
        check(0.05, "0.05");
        check(1.0 / 3.0, "0.3333333333");
        check(200.0, "200");
        check(1234.5, "1234.5");
        check(12_345_678_901.0, "12345678901");
        check(1e-7 / 3.0, "3.333333333e-8");
        check(1e300, "1e300");
        check(f64::INFINITY, "");
        assert_eq!(digits(None), "");
    }

    #[test]
    fn an_hour_is_a_row() {
        let judged = JudgedRelease {
            release: "4.2, beta".to_owned(),
            first_alarm_hour: None,
            hours: vec![JudgedHour {
                hour: -3,
                state: State::Monitoring,
                e_value: 1.5,
                ratio: Some(2.0),
                low: Some(0.0),
                high: None,
            }],
        };
        assert_eq!(
            judged_hours_csv(&judged),
            "\"4.2, beta\",-3,monitoring,1.5,2,0,\n"
        );
        let columns = judged_hours_csv_head().trim_end().split(',').count();
        assert_eq!(columns, 7);
        let table = judged_hours_table(&[judged]);
        assert!(
            table.contains("4.2, beta") && table.contains("monitoring"),
            "{table}"
        );
    }
}
