//! Words for what may go wrong with a plan, for what will judge it, and for who waits for an answer.

use analysis::findings::{
    Estimate, GateAhead, GatesAhead, Likelihood, PlanningFindings, Responses, Risk, RiskItem,
    RiskRule,
};
use analysis::metric::{Direction, Unit};

use super::{REASON_CHARS_MAX, counted, size, unit_of};
use crate::number;
use crate::text::{clean, listed, short};

/// Most items of a risk within a sentence; the rest is counted.
const ITEMS_MAX: usize = 6;
/// Longest title within a sentence.
const TITLE_CHARS_MAX: usize = 40;

/// The likeliest risks in one sentence.
pub(crate) fn risk_sentence(findings: &PlanningFindings) -> String {
    let high = findings.risks.iter();
    let high: Vec<String> = high
        .filter(|risk| risk.likelihood == Likelihood::High)
        .map(|risk| risk_name(risk.rule).to_lowercase())
        .collect();
    let all = counted(size(&findings.risks), "pitfall", "pitfalls");
    match (findings.risks.is_empty(), high.is_empty()) {
        (true, _) => "No rule finds a pitfall in this plan.".to_owned(),
        (false, true) => format!("The data name {all}, none of them likely."),
        (false, false) => format!("The data name {all}; likely: {}.", listed(&high)),
    }
}

/// What a rule is called.
pub(crate) fn risk_name(rule: RiskRule) -> &'static str {
    match rule {
        RiskRule::OverCommitted => "Over-committed team",
        RiskRule::RequiredOverCapacity => "Required work does not fit",
        RiskRule::CapacityUnknown => "Capacity is a guess",
        RiskRule::UnhealthyBase => "Unhealthy base",
        RiskRule::FeatureFell => "Feature on the decline",
        RiskRule::VagueScope => "Vague scope",
        RiskRule::NotMeasurable => "Nothing will show the effect",
        RiskRule::UnprovenDemand => "Unproven demand",
        RiskRule::LongChain => "Long chain",
        RiskRule::OnePerson => "Hangs on one person",
        RiskRule::SlowResponse => "Slow response",
    }
}

/// How likely it is: class, word and shape.
pub(crate) fn likelihood(likelihood: Likelihood) -> (&'static str, &'static str, &'static str) {
    match likelihood {
        Likelihood::High => ("fail", "high", "■"),
        Likelihood::Medium => ("warn", "medium", "▲"),
    }
}

/// What was found.
pub(crate) fn risk_found(risk: &Risk, responses: &Responses) -> String {
    let items = || items(&risk.items);
    match risk.rule {
        RiskRule::OverCommitted => over_committed(risk),
        RiskRule::RequiredOverCapacity => format!(
            "{} must be in and find no room in {}",
            items(),
            days(risk.line)
        ),
        RiskRule::CapacityUnknown => format!(
            "nobody said what the release can hold; half of the open effort, {}, was taken",
            days(risk.line)
        ),
        RiskRule::UnhealthyBase => about(risk),
        RiskRule::FeatureFell => format!(
            "{} of those who could used {} in the last week, {} in the week before; {}",
            share(risk.measured.as_ref()),
            about(risk),
            risk.line.map_or_else(dash, number::percent),
            items(),
        ),
        RiskRule::VagueScope => items(),
        RiskRule::NotMeasurable => {
            format!("{}: neither a goal nor an event of its own", items())
        }
        RiskRule::UnprovenDemand => format!("{}: no user’s words, low confidence", items()),
        RiskRule::LongChain => {
            let names: Vec<String> = risk.items.iter().map(name).collect();
            names.join(" → ")
        }
        RiskRule::OnePerson => format!(
            "{} answers for {} of the plan’s days",
            owners(risk),
            risk.effort_share.map_or_else(dash, number::percent_short)
        ),
        RiskRule::SlowResponse => slow_response(risk, responses),
    }
}

fn over_committed(risk: &Risk) -> String {
    let Some(measured) = &risk.measured else {
        return String::new();
    };
    if risk.about.is_empty() {
        return format!(
            "at the team’s record (n = {}) it takes {}{} of {}",
            number::count(measured.n),
            days(measured.value),
            match (measured.low, measured.high) {
                (Some(low), Some(high)) => format!(
                    ", eight times in ten between {} and {},",
                    number::plain(low),
                    number::plain(high)
                ),
                _ => String::new(),
            },
            days(risk.line)
        );
    }
    format!(
        "of the last plan, for {}, {} shipped (n = {})",
        about(risk),
        share(Some(measured)),
        number::count(measured.n)
    )
}

fn slow_response(risk: &Risk, responses: &Responses) -> String {
    let in_time = risk.measured.as_ref();
    let told = format!(
        "{} of {} answered in time",
        share(in_time),
        counted(in_time.map_or(0, |one| one.n), "piece", "pieces")
    );
    let critical = responses.targets.iter();
    let critical = critical.filter(|target| target.class == "critical" && target.overdue > 0);
    let critical = critical.map(|target| {
        let reports = counted(target.overdue, "critical report", "critical reports");
        format!("; {reports} without an answer")
    });
    told + &critical.collect::<String>()
}

/// What it would do.
pub(crate) fn risk_effect(risk: &Risk) -> String {
    let part = |share: Option<f64>, what: &str| {
        share.map_or_else(String::new, |share| {
            format!("{} of the plan’s {what}", number::percent_short(share))
        })
    };
    match risk.rule {
        RiskRule::OverCommitted => "the last items slip, or quality does".to_owned(),
        RiskRule::RequiredOverCapacity => "the release slips, or a policy is broken".to_owned(),
        RiskRule::CapacityUnknown => "the cut line is where nobody put it".to_owned(),
        RiskRule::UnhealthyBase => "new work lands on a fault that users meet already".to_owned(),
        RiskRule::FeatureFell => "effort goes where fewer users are".to_owned(),
        RiskRule::VagueScope => format!(
            "nobody can say when it is done: {}",
            part(risk.effort_share, "days")
        ),
        RiskRule::NotMeasurable => format!(
            "nobody will know whether it was worth it: {}",
            part(risk.value_share, "value")
        ),
        RiskRule::UnprovenDemand => {
            format!("rests on a guess: {}", part(risk.value_share, "value"))
        }
        RiskRule::LongChain => "one delay delays all behind it".to_owned(),
        RiskRule::OnePerson => "one absence stops it".to_owned(),
        RiskRule::SlowResponse => "people leave before the fix is out".to_owned(),
    }
}

/// What shows it early.
pub(crate) fn risk_sign(rule: RiskRule) -> &'static str {
    match rule {
        RiskRule::OverCommitted | RiskRule::RequiredOverCapacity | RiskRule::CapacityUnknown => {
            "half of the days are spent and less than half of the items done"
        }
        RiskRule::UnhealthyBase => "the health check of that release, again",
        RiskRule::FeatureFell => "users of the feature, a week after the release",
        RiskRule::VagueScope => "an estimate that changes once work has begun",
        RiskRule::NotMeasurable => "“not measurable” in the next score card",
        RiskRule::UnprovenDemand => "users reached, a week after the release",
        RiskRule::LongChain => "the first of them is not done at a third of the time",
        RiskRule::OnePerson => "items of others are done first",
        RiskRule::SlowResponse => "overdue answers, each week",
    }
}

/// What makes it smaller.
pub(crate) fn risk_remedy(rule: RiskRule) -> &'static str {
    match rule {
        RiskRule::OverCommitted => "plan for the days that work took before",
        RiskRule::RequiredOverCapacity => "more people, a later date, or less that is required",
        RiskRule::CapacityUnknown => "--capacity DAYS",
        RiskRule::UnhealthyBase => "mend it first",
        RiskRule::FeatureFell => "ask those who left before building on",
        RiskRule::VagueScope => "say what will be different, or split it",
        RiskRule::NotMeasurable => "name its event (feature_events) or a goal of the release",
        RiskRule::UnprovenDemand => "link feedback to it, or try it on a few first",
        RiskRule::LongChain => "begin with the first, or ship a part without it",
        RiskRule::OnePerson => "a second name on the largest item",
        RiskRule::SlowResponse => "answer the critical ones today",
    }
}

fn about(risk: &Risk) -> String {
    let words = risk.about.iter().map(|word| short(word, REASON_CHARS_MAX));
    words.collect::<Vec<_>>().join(": ")
}

/// Who answers for it, in order of name.
pub(crate) fn owners(risk: &Risk) -> String {
    let mut names: Vec<String> = risk.owners.iter().map(|name| clean(name)).collect();
    if names.len() > ITEMS_MAX {
        let rest = names.split_off(ITEMS_MAX - 1);
        names.push(counted(size(&rest), "more", "more"));
    }
    listed(&names)
}

fn items(items: &[RiskItem]) -> String {
    let named = items.iter().take(ITEMS_MAX).map(|item| {
        let found: Vec<String> = item.found.iter().map(|word| clean(word)).collect();
        if found.is_empty() {
            name(item)
        } else {
            format!("{} ({})", name(item), found.join(", "))
        }
    });
    let rest = items.len().saturating_sub(ITEMS_MAX);
    let rest = (rest > 0).then(|| format!("{rest} more"));
    listed(&named.chain(rest).collect::<Vec<_>>())
}

/// An item by its title, by its id where it has none.
fn name(item: &RiskItem) -> String {
    let title = short(&item.title, TITLE_CHARS_MAX);
    if title.is_empty() {
        clean(&item.item_id)
    } else {
        title
    }
}

fn days(days: Option<f64>) -> String {
    days.map_or_else(dash, number::days_of_work)
}

fn share(of: Option<&Estimate>) -> String {
    let value = of.and_then(|of| of.value);
    value.map_or_else(dash, number::percent_short)
}

fn dash() -> String {
    number::ABSENT.to_owned()
}

/// How the newest release stands, on which the next one builds.
pub(crate) fn gates_sentence(gates: &GatesAhead) -> String {
    let Some(release) = &gates.release else {
        return "No release is in use, so that there is no baseline.".to_owned();
    };
    let state = gates.state.map_or("", analysis::findings::State::as_str);
    format!(
        "{} is {}: {}.",
        clean(release),
        state.replace('_', " "),
        short(&gates.reason, REASON_CHARS_MAX)
    )
}

/// From which line on a check speaks against the release.
pub(crate) fn gate_line(gate: &GateAhead) -> String {
    let unit = unit_of(&gate.metric);
    let relative = if gate.harm == "ratio" {
        format!(
            "a rate of harm × {} or more",
            number::plain(gate.least_harm)
        )
    } else {
        let is_up_good = analysis::metric::by_id(&gate.metric)
            .is_none_or(|metric| metric.direction == Direction::UpIsGood);
        let way = if is_up_good { "lower" } else { "higher" };
        format!("{} {way}", difference(unit, gate.least_harm))
    };
    match gate.limit {
        Some(limit) => format!("{relative}; limit {}", number::value(unit, limit)),
        None => relative,
    }
}

fn difference(unit: Unit, size: f64) -> String {
    match unit {
        Unit::Rate => format!("{} pp", number::plain(number::percent_figure(size))),
        _ => number::plain(size),
    }
}

/// How long a check will take.
pub(crate) fn gate_days(gate: &GateAhead) -> String {
    match gate.days {
        Some(days) if days < 1.0 => "within a day".to_owned(),
        Some(days) => format!("{} days", number::fixed(days, 0)),
        None => "too little to tell".to_owned(),
    }
}

/// How soon people were answered, in one sentence.
pub(crate) fn response_sentence(responses: &Responses) -> String {
    if responses.targets.is_empty() {
        return "Nobody wrote in this window.".to_owned();
    }
    let told = match responses.in_time.value {
        Some(share) => format!(
            "{} of {} whose time is over were answered in time; {} overdue.",
            number::percent_short(share),
            counted(responses.in_time.n, "piece", "pieces"),
            counted(responses.overdue, "is", "are"),
        ),
        None => "Nothing is due yet.".to_owned(),
    };
    if responses.any_answer {
        return told;
    }
    format!("{told} No answer is on record: send replies, or import when they were given.")
}

/// A class of feedback in words.
pub(crate) fn response_class(class: &str) -> String {
    class.replace('_', " ")
}

/// Who answers for overdue pieces, those with most first.
pub(crate) fn overdue_by_owner(responses: &Responses) -> String {
    let all: Vec<String> = responses
        .by_owner
        .iter()
        .map(|of| {
            let owner = of.owner.as_deref().map_or("nobody".to_owned(), clean);
            let critical = match of.critical {
                0 => String::new(),
                critical => format!(", {} of them critical", number::count(critical)),
            };
            format!("{owner}: {}{critical}", number::count(of.overdue))
        })
        .collect();
    all.join("; ")
}
