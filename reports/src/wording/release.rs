//! Sentences of the release report.

use analysis::findings::{
    AgedSeries, Change, Estimate, MetricBeside, Reading, ReleaseClaim, ReleaseFindings,
    ReleaseThemes, RolloutStage, SameAge, Verdict,
};
use analysis::metric::Unit;

use super::health::{NAME_CHARS_MAX, REASON_CHARS_MAX};
use super::weekly::{Line, moved};
use super::{Tone, counted, reading_of, share_unit, tone};
use crate::day;
use crate::number;
use crate::text::{clean, log_safe};

/// Words a claim of the headline.
pub(crate) fn release_claim(claim: &ReleaseClaim) -> Line {
    match claim {
        ReleaseClaim::Judged {
            release,
            verdict,
            reason,
            users,
            by,
            ..
        } => judged(release, (*verdict, reason), *users, by.as_ref()),
        ReleaseClaim::Reached {
            release,
            unit,
            age_days,
            day,
            share,
            before,
        } => reached((release, unit), (*age_days, day), share, before.as_ref()),
        ReleaseClaim::Said { .. } => said(claim),
        ReleaseClaim::Rated {
            release,
            baseline,
            by,
        } => {
            let (text, aside) = beside(by);
            let (release, baseline) = (clean(release), clean(baseline));
            Line {
                text: format!("Of {release} beside {baseline}, each in its first days, the {text}"),
                aside,
                tone: tone(&by.metric, by.reading),
            }
        }
        ReleaseClaim::NotSeen {
            release,
            planned_at,
            released_at,
        } => {
            let dates = [("out since", released_at), ("planned for", planned_at)];
            let known = dates.into_iter().find_map(|(what, at)| {
                let at = at.as_deref()?;
                Some(format!("; by its record it is {what} {}", day_of(at)))
            });
            let text = format!("Nothing came from {} yet", clean(release));
            Line::new(text + &known.unwrap_or_default(), Tone::Plain)
        }
    }
}

/// The claims as sentences for a terminal.
pub(crate) fn release_sentences(findings: &ReleaseFindings) -> Vec<String> {
    let claims = findings.headline.iter();
    claims
        .map(|claim| release_claim(claim).sentence())
        .collect()
}

fn judged(
    release: &str,
    (verdict, reason): (Verdict, &str),
    users: u64,
    by: Option<&MetricBeside>,
) -> Line {
    let release = log_safe(release, NAME_CHARS_MAX);
    let said = match verdict {
        Verdict::Pass => "is healthy",
        Verdict::Warn => "is to be watched",
        Verdict::Fail => "is not healthy",
        Verdict::InsufficientData => "cannot be judged yet",
    };
    let figures = by.map(|by| {
        let (text, aside) = beside(by);
        [text, aside].join("; ")
    });
    // Where feedback alone is judged, nobody is known to have used it.
    let seen = (users > 0).then(|| format!("{} judged", counted(users, "user", "users")));
    let aside: Vec<String> = figures.into_iter().chain(seen).collect();
    Line {
        text: format!("{release} {said}: {}", log_safe(reason, REASON_CHARS_MAX)),
        aside: aside.join("; "),
        tone: match verdict {
            Verdict::Pass => Tone::Good,
            Verdict::Fail => Tone::Bad,
            Verdict::Warn | Verdict::InsufficientData => Tone::Plain,
        },
    }
}

/// `mean rating fell by 0.29 to 4.02 from 4.31`, and its interval and n.
fn beside(by: &MetricBeside) -> (String, String) {
    let nothing = Change::default();
    let change = by.change.as_ref().unwrap_or(&nothing);
    moved(&by.metric, &by.now, &by.before, change, by.reading)
}

fn reached(
    (release, unit): (&str, &str),
    (age_days, day): (Option<u32>, &str),
    share: &Estimate,
    before: Option<&SameAge>,
) -> Line {
    let when = match age_days {
        Some(0) => "on its first day".to_owned(),
        Some(days) => format!("{} after its first", counted(days.into(), "day", "days")),
        None => format!("on {}", day::short(day)),
    };
    let n = number::count(share.n);
    let own = format!(
        "{} is used by {} of {} {when}",
        clean(release),
        number::estimate(Unit::Rate, share),
        share_unit(unit)
    );
    let Some(before) = before else {
        return Line {
            aside: format!("n = {n}"),
            ..Line::new(own, Tone::Plain)
        };
    };
    let (other, then) = (
        clean(&before.release),
        number::estimate(Unit::Rate, &before.share),
    );
    let reading = before.change.as_ref().map(reading_of);
    let text = match reading {
        Some(Reading::Rose) => format!("{own}, more than the {then} of {other} at that age"),
        Some(Reading::Fell) => format!("{own}, less than the {then} of {other} at that age"),
        _ => format!("{own}; {other} had {then} at that age, no detectable difference"),
    };
    let interval = before
        .change
        .as_ref()
        .and_then(|change| number::change_interval(Unit::Rate, change))
        .map_or_else(String::new, |interval| {
            format!("95% interval of the difference {interval}; ")
        });
    Line {
        text,
        aside: format!(
            "{interval}n = {n} against {}",
            number::count(before.share.n)
        ),
        tone: match reading {
            Some(Reading::Rose) => Tone::Good,
            Some(Reading::Fell) => Tone::Bad,
            _ => Tone::Plain,
        },
    }
}

fn said(claim: &ReleaseClaim) -> Line {
    let ReleaseClaim::Said {
        theme,
        standing,
        share,
        share_before,
        change,
        low_users,
        high_users,
    } = claim
    else {
        return Line::new(String::new(), Tone::Plain);
    };
    let verb = match standing.as_str() {
        "new" => "is new",
        _ => "is said more often",
    };
    let before = match share_before.value {
        Some(_) => format!(
            " in place of {}",
            number::estimate(Unit::Rate, share_before)
        ),
        None => String::new(),
    };
    let interval = change
        .as_ref()
        .and_then(|change| number::change_interval(Unit::Rate, change))
        .map_or_else(String::new, |interval| format!("95% interval {interval}; "));
    Line {
        text: format!(
            "“{}” {verb}: {}{before} of those who wrote of it say so",
            clean(theme),
            number::estimate(Unit::Rate, share)
        ),
        aside: format!(
            "{interval}n = {} against {}; {} gave 1 or 2 stars, {} gave 4 or 5",
            number::count(share.n),
            number::count(share_before.n),
            counted(*low_users, "user", "users"),
            number::count(*high_users)
        ),
        tone: match low_users.cmp(high_users) {
            std::cmp::Ordering::Greater => Tone::Bad,
            std::cmp::Ordering::Less => Tone::Good,
            std::cmp::Ordering::Equal => Tone::Plain,
        },
    }
}

/// What the drawing of adoption by age says.
pub(crate) fn axis_title(adoption: &[AgedSeries]) -> String {
    let unit = adoption.first().map_or("", |one| one.series.unit.as_str());
    format!(
        "Share of {} on each release by days since its first day",
        share_unit(unit)
    )
}

/// Where the first day of a release is from.
pub(crate) fn first_day(by: Option<&str>) -> &'static str {
    match by {
        Some("record") => "by its record",
        Some("mark") => "by its mark",
        Some(_) => "when it was first seen; no record says when it went out",
        None => "it is not out",
    }
}

/// How far a release was from its plan: `2 days late`.
pub(crate) fn slip(days: i32) -> String {
    let size = |days: i32| counted(days.unsigned_abs().into(), "day", "days");
    match days {
        0 => "on the day planned".to_owned(),
        days if days > 0 => format!("{} late", size(days)),
        days => format!("{} early", size(days)),
    }
}

/// The stages of a rollout in a line.
pub(crate) fn rollout_stages(stages: &[RolloutStage]) -> String {
    let told = stages.iter().map(|stage| {
        let ahead = if stage.has_begun { "" } else { " (ahead)" };
        format!(
            "{} from {}{ahead}",
            number::percent_short(stage.share),
            day_of(&stage.at)
        )
    });
    told.collect::<Vec<_>>().join(", ")
}

/// How a release stands to an earlier one at its age.
pub(crate) fn same_age(found: &SameAge) -> String {
    let Some(change) = &found.change else {
        return String::new();
    };
    let interval = number::change_interval(Unit::Rate, change);
    let within = interval.map_or_else(String::new, |interval| format!(" ({interval})"));
    match reading_of(change) {
        Reading::NoDetectableChange => format!("no detectable difference{within}"),
        _ => format!("{}{within}", number::change(Unit::Rate, change)),
    }
}

/// How a theme stands, in a word or two.
pub(crate) fn standing(standing: &str) -> &'static str {
    match standing {
        "new" => "new",
        "rising" => "rising",
        "hint" => "perhaps rising",
        "falling" => "falling",
        _ => "steady",
    }
}

/// What the list of themes says as a whole.
pub(crate) fn unmatched(themes: &ReleaseThemes) -> String {
    format!(
        "{} of {} who wrote of it say none of these; {} were tested",
        number::estimate(Unit::Rate, &themes.unmatched),
        counted(themes.unmatched.n, "user", "users"),
        counted(themes.tested, "theme", "themes")
    )
}

/// The day of an instant, in UTC.
fn day_of(instant: &str) -> String {
    day::long(instant.get(..10).unwrap_or(instant))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64, n: u64) -> Estimate {
        Estimate {
            value: Some(value),
            n,
            ..Estimate::default()
        }
    }

    fn reached(age_days: Option<u32>, change: Option<(f64, f64, f64)>) -> String {
        let before = change.map(|(absolute, low, high)| SameAge {
            release: "1.0".to_owned(),
            day: "2026-10-01".to_owned(),
            share: estimate(0.3, 900),
            change: Some(Change {
                absolute,
                relative: None,
                low: Some(low),
                high: Some(high),
            }),
        });
        release_claim(&ReleaseClaim::Reached {
            release: "1.1\u{1b}".to_owned(),
            unit: "active_users".to_owned(),
            age_days,
            day: "2026-10-04".to_owned(),
            share: estimate(0.41, 1_000),
            before,
        })
        .sentence()
    }

    #[test]
    fn more_or_less_is_said_only_beyond_chance() {
        assert_eq!(
            reached(Some(6), Some((0.11, 0.07, 0.15))),
            "1.1 is used by 41.0% of active users 6 days after its first, more than the 30.0% of 1.0 \
             at that age (95% interval of the difference +7.0 to +15.0 pp; n = 1,000 against 900)."
        );
        let same = reached(Some(1), Some((0.01, -0.02, 0.04)));
        assert!(same.contains("1 day after its first; 1.0 had 30.0% at that age, no detectable"));
        assert_eq!(
            reached(None, None),
            "1.1 is used by 41.0% of active users on 4 Oct (n = 1,000)."
        );
    }

    #[test]
    fn a_release_that_nothing_came_from_says_what_its_record_says() {
        let claim = |planned: Option<&str>, released: Option<&str>| {
            release_claim(&ReleaseClaim::NotSeen {
                release: "1.2".to_owned(),
                planned_at: planned.map(str::to_owned),
                released_at: released.map(str::to_owned),
            })
            .sentence()
        };
        assert_eq!(claim(None, None), "Nothing came from 1.2 yet.");
        assert_eq!(
            claim(Some("2026-10-09T08:00:00Z"), None),
            "Nothing came from 1.2 yet; by its record it is planned for 9 Oct 2026."
        );
        let out = claim(Some("2026-10-09T08:00:00Z"), Some("2026-10-11T08:00:00Z"));
        assert!(out.ends_with("it is out since 11 Oct 2026."), "{out}");
    }

    #[test]
    fn slips_have_a_direction() {
        assert_eq!(slip(0), "on the day planned");
        assert_eq!(slip(1), "1 day late");
        assert_eq!(slip(-3), "3 days early");
    }
}
