//! A plan for the releases ahead, for the terminal and as JSON.

use std::collections::BTreeMap;

use analysis::findings::{AheadFindings, AheadItem, Ratios, ReleaseAhead};

use crate::accepted::ratios;
use crate::error::Result;
use crate::number;
use crate::text::{clean, listed, short};
use crate::wording::{aligned, merge_circles};

/// Longest title on a line.
const TITLE_CHARS_MAX: usize = 60;

/// What the columns of the plan are called.
const HEADING: [&str; 8] = [
    "release", "item", "title", "team", "days", "value", "in draws", "why",
];

/// For the terminal: what the plan is worth and how sure that is, how full each release is, and each
/// item with its release or why it has none.
#[must_use]
pub fn ahead_text(found: &AheadFindings) -> String {
    let sentences = [
        vec![worth(found)],
        record(found),
        releases(found),
        warnings(found),
    ];
    let sentences = sentences.concat();
    let rows = found.items.iter().map(row);
    let rows: Vec<[String; 8]> = std::iter::once(HEADING.map(str::to_owned))
        .chain(rows)
        .collect();
    format!("{}\n\n{}\n", sentences.join("\n"), aligned(&rows))
}

/// As JSON, of which no character steers a terminal or a build log.
///
/// # Errors
/// [`crate::Error::Json`] if the findings can't be written.
pub fn ahead_json(found: &AheadFindings) -> Result<String> {
    Ok(crate::verdict::json(&serde_json::to_string_pretty(found)?))
}

fn worth(found: &AheadFindings) -> String {
    let planned = found
        .items
        .iter()
        .filter(|item| item.release.is_some())
        .count();
    let proof = if found.proved_best {
        "no plan by these rules is worth more".to_owned()
    } else {
        format!(
            "a better plan could be worth {} more at most",
            number::percent(found.gap)
        )
    };
    let list = found.list_lost_share.filter(|lost| *lost > 0.0);
    let list = list.map_or_else(String::new, |lost| {
        format!(
            "; a list sorted by score would have lost {}",
            number::percent(lost)
        )
    });
    let draws = if found.draws > 0 {
        format!(
            "; {} draws of effort and value were planned anew",
            number::count(u64::from(found.draws))
        )
    } else {
        String::new()
    };
    format!(
        "{} of {} items planned, worth {}; {proof}{list}{draws}.",
        number::count(planned as u64),
        number::count(found.items.len() as u64),
        number::fixed(found.value, 1)
    )
}

/// By what of the team's own record the draws go.
fn record(found: &AheadFindings) -> Vec<String> {
    let calibration = &found.calibration;
    let of = |what: &str, of: &Ratios| {
        let goes_by = of.are_used && found.draws > 0;
        goes_by.then(|| {
            format!(
                "Draws of {what} go by the team's own record: {}.",
                ratios(of)
            )
        })
    };
    let all = [
        of("effort", &calibration.effort),
        of("reach", &calibration.reach),
    ];
    all.into_iter().flatten().collect()
}

fn releases(found: &AheadFindings) -> Vec<String> {
    found.releases.iter().map(load).collect()
}

fn load(release: &ReleaseAhead) -> String {
    let teams = release.capacity.iter().map(|(team, capacity)| {
        let used = release.used.get(team).copied().unwrap_or_default();
        let name = if team.is_empty() {
            String::new()
        } else {
            format!("{} ", clean(team))
        };
        format!(
            "{name}{} of {} days",
            number::fixed(used, 1),
            number::fixed(*capacity, 1)
        )
    });
    format!(
        "{}: {}",
        clean(&release.name),
        teams.collect::<Vec<_>>().join(", ")
    )
}

fn warnings(found: &AheadFindings) -> Vec<String> {
    let ids = |ids: &[String]| listed(&ids.iter().map(|id| clean(id)).collect::<Vec<_>>());
    let mut said = Vec::new();
    if let Some(freeze) = &found.freeze {
        let missing: BTreeMap<&str, f64> =
            freeze
                .shortfall
                .iter()
                .flatten()
                .fold(BTreeMap::new(), |mut sum, (team, days)| {
                    *sum.entry(team.as_str()).or_default() += days;
                    sum
                });
        let missing = missing.into_iter().map(|(team, days)| {
            let team = if team.is_empty() {
                String::new()
            } else {
                format!(" of {}", clean(team))
            };
            format!("{} days{team}", number::fixed(days, 1))
        });
        let missing: Vec<String> = missing.collect();
        said.push(if missing.is_empty() {
            "FREEZE: what must be in the plan contradicts itself.".to_owned()
        } else {
            format!(
                "FREEZE: what must be in the plan exceeds the capacity by {}.",
                listed(&missing)
            )
        });
    }
    let mut say = |words: &str, what: &[String]| {
        if !what.is_empty() {
            said.push(format!("{words}: {}.", ids(what)));
        }
    };
    say("Must be in the plan, and is not", &found.required_left_out);
    say(
        "Teams with items and without capacity",
        &found.teams_without_capacity,
    );
    for cycle in &found.cycles {
        say(
            "Depend on each other, and come together or not at all",
            cycle,
        );
    }
    for alternatives in &found.unmet_alternatives {
        say(
            "None of these is in the plan, though one should be",
            alternatives,
        );
    }
    said.extend(merge_circles(&found.merge_circles));
    said.extend(found.dangling.iter().map(|(item, needed)| {
        format!(
            "{} depends on {}, which is not in the backlog.",
            clean(item),
            clean(needed)
        )
    }));
    said.extend(found.broken_shares.iter().map(|broken| {
        format!(
            "{}: {} takes {}, out of its bounds, as what must be in the plan comes first.",
            clean(&broken.release),
            clean(&broken.kind),
            number::percent(broken.share)
        )
    }));
    said
}

fn row(item: &AheadItem) -> [String; 8] {
    let days = item.effort_person_days;
    let in_draws = item.in_draws.as_ref().and_then(|found| found.value);
    [
        item.release.as_deref().map(clean).unwrap_or_default(),
        short(&item.item_id, TITLE_CHARS_MAX),
        short(&item.title, TITLE_CHARS_MAX),
        item.team.as_deref().map(clean).unwrap_or_default(),
        days.map_or_else(|| "?".to_owned(), |days| number::fixed(days, 1)),
        number::fixed(item.value, 1),
        in_draws.map(number::percent_short).unwrap_or_default(),
        why(item),
    ]
}

/// Why an item is in no release, and what would bring it in.
fn why(item: &AheadItem) -> String {
    let Some(reason) = &item.reason else {
        return String::new();
    };
    let ids = listed(
        &item
            .because_of
            .iter()
            .map(|id| clean(id))
            .collect::<Vec<_>>(),
    );
    let why = match reason.as_str() {
        "no_effort" => "its effort is unknown".to_owned(),
        "excluded" => "left out by hand".to_owned(),
        "no_release" => "no release ahead can finish it".to_owned(),
        "contradiction" => format!("it needs {ids}, of which only one may be"),
        "dependency" => format!("it needs {ids}"),
        "mandatory_over_capacity" => "what must be in the plan leaves no room".to_owned(),
        "no_value" => "it is worth nothing".to_owned(),
        "exclusive" => format!("{ids} is in, and only one may be"),
        "capacity" => "others make more of the capacity".to_owned(),
        other => clean(other),
    };
    match item.value_at_least {
        Some(value) => format!(
            "{why}; a value of {} would bring it in",
            number::fixed(value, 1)
        ),
        None => why,
    }
}
