//! All scenarios, all releases, all rules.

use super::course::{Course, course};
use super::parallel::in_parallel;
use super::rivals::{RIVALS, Rival, first_alarm};
use super::scenario::{Counted, Kind, SCENARIOS, Scenario};
use super::tally::{Outcome, Tally};
use crate::error::Result;
use crate::findings::State;
use crate::stats::many::e_bh;
use crate::stats::sequential::process::{Alternative, Mixture, RatioProcess};
use crate::watch::{Control, Rule, Watch};

/// The least ratio that is shown beside the one asked for.
const R_MIN_BESIDE: f64 = 1.10;

/// What to simulate.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// Releases of each scenario.
    pub releases: usize,
    /// The same seed gives the same figures.
    pub seed: u64,
    /// Threads to work with.
    pub threads: usize,
    /// By what releases are judged.
    pub rule: Rule,
    /// Whether the least ratio of a check of real releases, 1.10, is shown beside.
    pub with_r_min_beside: bool,
    /// Whether other rules are run beside ours.
    pub with_rivals: bool,
}

/// How a rule did in a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The scenario's name.
    pub scenario: &'static str,
    /// Whether its releases are fine.
    pub kind: Kind,
    /// The rule.
    pub rule: String,
    /// Whether it is the one that was asked for.
    pub is_asked: bool,
    /// How many releases.
    pub releases: usize,
    /// Share that was flagged at any look; where a proof of health would be wrong, the share that got
    /// one.
    pub flagged_share: f64,
    /// Upper end of Wilson's 95 % interval for it.
    pub flagged_upper95: f64,
    /// Share that got the verdict that it should, in time; `None` where silence is right.
    pub found_share: Option<f64>,
    /// Hours until half of the releases had that verdict; `None` where fewer than half got it.
    pub median_hours: Option<f64>,
}

/// What became of one release, by each rule in the order of the rows.
type Outcomes = Vec<Outcome>;

/// Runs all scenarios: a row for each and each rule. `done` is told of each release.
///
/// # Errors
/// [`crate::Error::Stopped`] when a thread broke off.
pub fn generate(request: &Request, done: &(dyn Fn() + Sync)) -> Result<Vec<Row>> {
    let count = SCENARIOS.len() * request.releases;
    let one = |index: usize| -> Outcomes {
        let (number, release) = (index / request.releases, index % request.releases);
        let scenario = &SCENARIOS[number];
        let course = course(scenario, request.seed, number as u64, release as u64);
        outcomes(scenario, &course, request)
    };
    let all = in_parallel(count, request.threads, one, done)?;
    let mut rows = Vec::new();
    for (scenario, releases) in SCENARIOS.iter().zip(all.chunks(request.releases.max(1))) {
        for (number, rule) in rule_names(scenario, request).into_iter().enumerate() {
            let tally = Tally::of(releases.iter().map(|outcomes| &outcomes[number]));
            rows.push(tally.row(scenario, rule, number == 0));
        }
    }
    Ok(rows)
}

fn rule_names(scenario: &Scenario, request: &Request) -> Vec<String> {
    let mut names = vec![format!("shipwake, r_min {:.2}", request.rule.r_min)];
    if has_r_min_beside(scenario, request) {
        names.push(format!("shipwake, r_min {R_MIN_BESIDE:.2}"));
    }
    if has_rivals(scenario, request) {
        names.push("shipwake, every crash, no week before".to_owned());
        names.extend(rivals(scenario).map(|rival| rival.name.to_owned()));
    }
    names
}

/// The one that knows how much worse a release is has nothing to say of one that is not.
fn rivals(scenario: &Scenario) -> impl Iterator<Item = &'static Rival> {
    let is_worse = scenario.ratio > 1.0;
    RIVALS
        .iter()
        .filter(move |rival| is_worse || !rival.knows_all())
}

fn has_r_min_beside(scenario: &Scenario, request: &Request) -> bool {
    request.with_r_min_beside && scenario.counted == Counted::Flag
}

fn has_rivals(scenario: &Scenario, request: &Request) -> bool {
    request.with_rivals && scenario.metrics == 1 && scenario.counted == Counted::Flag
}

fn outcomes(scenario: &Scenario, course: &Course, request: &Request) -> Outcomes {
    let beside = Rule {
        r_min: R_MIN_BESIDE,
        ..request.rule
    };
    let ours = |rule: &Rule| {
        if scenario.metrics > 1 {
            together(scenario, course, rule)
        } else {
            alone(scenario, course, rule)
        }
    };
    let mut outcomes = vec![ours(&request.rule)];
    if has_r_min_beside(scenario, request) {
        outcomes.push(ours(&beside));
    }
    if has_rivals(scenario, request) {
        outcomes.push(as_counted(scenario, course, &request.rule));
        for rival in rivals(scenario) {
            let hour = first_alarm(rival, scenario, &course.hours);
            outcomes.push(Outcome::of_flag(scenario, hour));
        }
    }
    outcomes
}

/// One metric, until its verdict is known.
fn alone(scenario: &Scenario, course: &Course, rule: &Rule) -> Outcome {
    let mut watch = Watch::new(*rule, &course.control);
    let (mut flagged, mut proved) = (None, None);
    for (at, hour) in (0..).zip(&course.hours) {
        match watch.advance(at, &hour.metrics) {
            State::Regressed | State::Suspected => flagged = flagged.or(Some(at)),
            State::ProvedHealthy | State::Improved => proved = proved.or(Some(at)),
            _ => {}
        }
        if flagged.is_some() && (scenario.counted == Counted::Flag || proved.is_some()) {
            break;
        }
    }
    match scenario.counted {
        Counted::Flag => Outcome::of_flag(scenario, flagged),
        Counted::Proof => Outcome {
            flagged: flagged.is_some(),
            found: proved,
        },
        Counted::WrongProof => Outcome {
            flagged: proved.is_some(),
            found: None,
        },
    }
}

/// As a rule would do that knows neither first crashes nor the week before.
fn as_counted(scenario: &Scenario, course: &Course, rule: &Rule) -> Outcome {
    let control = match &course.control {
        Control::Concurrent { .. } => Control::concurrent(),
        past @ Control::PastWeeks { .. } => past.clone(),
    };
    let mut watch = Watch::new(*rule, &control);
    let mut hours = (0..).zip(&course.hours);
    let flagged = hours.find(|(at, hour)| {
        matches!(
            watch.advance(*at, &[hour.raw]),
            State::Regressed | State::Suspected
        )
    });
    Outcome::of_flag(scenario, flagged.map(|(at, _)| at))
}

/// Many metrics, of which e-BH picks at every look.
fn together(scenario: &Scenario, course: &Course, rule: &Rule) -> Outcome {
    let evidence = RatioProcess::new(rule.r_min, Alternative::Above, Mixture::ALARM);
    let mut metrics = vec![evidence; scenario.metrics];
    let mut first = vec![None; scenario.metrics];
    let least = (1.0 / rule.alpha).ln();
    for (at, hour) in (0..).zip(&course.hours) {
        for (metric, cell) in metrics.iter_mut().zip(&hour.metrics) {
            metric.advance(at, &[*cell]);
        }
        // The weakest that may be picked, when all are, has `1/α`.
        if !metrics.iter().any(|metric| metric.reaches(least)) {
            continue;
        }
        let log_e: Vec<f64> = metrics.iter().map(RatioProcess::log_e).collect();
        for (first, is_picked) in first.iter_mut().zip(e_bh(&log_e, rule.alpha)) {
            if is_picked && first.is_none() {
                *first = Some(at);
            }
        }
    }
    let (worse, fine) = first.split_at(scenario.worse_metrics.min(first.len()));
    let is_all_found = scenario.kind == Kind::Bad && worse.iter().all(Option::is_some);
    Outcome {
        flagged: fine.iter().any(Option::is_some),
        found: is_all_found
            .then(|| worse.iter().copied().flatten().max())
            .flatten(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_seed_whatever_the_threads() {
        let rows = |seed, threads| {
            let request = Request {
                releases: 3,
                seed,
                threads,
                rule: Rule::default(),
                with_r_min_beside: true,
                with_rivals: true,
            };
            generate(&request, &|| {}).unwrap()
        };
        let alone = rows(1, 1);
        assert_eq!(alone, rows(1, 3));
        assert_ne!(alone, rows(2, 1));
        let asked = alone.iter().filter(|row| row.is_asked).count();
        assert_eq!(asked, SCENARIOS.len());
        assert!(alone.iter().all(|row| row.releases == 3));
    }
}
