//! `shipwake plan`: what to take into the next release; or a published case of the same problem.

mod accept;
mod change;
mod export;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, Instant};

use analysis::AheadRequest;
use analysis::plan::ahead::{ByTeam, Coupling, Release};
use analysis::plan::nrp::{self, Ratio, Solution};
use anyhow::{Context as _, ensure};
use serde::Serialize;

use super::draft::Draft;
use super::report;
use super::sql::put_whole;
use crate::cli::{Data, Decided, Ids, Plan, PlanAct, PlanAhead, PlanFormat, PlanPage, PlanRules};
use crate::terminal;

pub(crate) fn run(args: &Plan) -> anyhow::Result<()> {
    if let Some(act) = &args.act {
        return decide(act);
    }
    let is_json = args.json || args.format == PlanFormat::Json;
    if let (Some(file), Some(ratio)) = (&args.nrp, args.ratio) {
        return of_case(file, ratio, args.time_limit, is_json);
    }
    if args.ahead.is_asked() {
        return ahead(args, is_json);
    }
    let (_, _, findings) = report::planned(&args.of)?;
    let text = if is_json {
        reports::plan_json(&findings)?
    } else {
        reports::plan_text(&findings)
    };
    terminal::data(text.trim_end());
    Ok(())
}

/// Accepts, changes or writes out a plan.
fn decide(act: &PlanAct) -> anyhow::Result<()> {
    match act {
        PlanAct::Accept(args) => keep(
            &accept::draft(args)?,
            &args.decided,
            &args.evidence.question.data,
        ),
        PlanAct::Change(args) => keep(
            &change::draft(args)?,
            &args.decided,
            &args.evidence.question.data,
        ),
        PlanAct::Export(args) => hand_over(&export::file(args)?, args.out.as_deref()),
        PlanAct::Page(args) => hand_over(&page(args)?, args.out.as_deref()),
    }
}

/// Puts a file in place, or prints it.
fn hand_over(file: &[u8], out: Option<&Path>) -> anyhow::Result<()> {
    match out {
        Some(out) => put_whole(out, file),
        None => Ok(terminal::bytes(file)?),
    }
}

/// The page of what comes next.
fn page(args: &PlanPage) -> anyhow::Result<Vec<u8>> {
    let asked = report::asked_for(&args.evidence)?;
    let (_, period) = report::evidence(&args.evidence, &asked)?;
    let (snapshot, settings) = (&asked.snapshot, &asked.settings);
    let found = analysis::coming_next(snapshot, settings, &period, asked.as_of)?;
    Ok(reports::coming_page(&found)?)
}

fn keep(draft: &Draft, decided: &Decided, data: &Data) -> anyhow::Result<()> {
    if decided.dry_run {
        return draft.show(decided.format == PlanFormat::Json);
    }
    draft.write(data)
}

/// Several releases ahead, teams and rules.
fn ahead(args: &Plan, is_json: bool) -> anyhow::Result<()> {
    let asked = report::asked_for(&args.of.evidence)?;
    let (_, period) = report::evidence(&args.of.evidence, &asked)?;
    let request = request(&args.ahead, args.of.capacity, args.of.target.as_deref())?;
    let (snapshot, settings) = (&asked.snapshot, &asked.settings);
    let found = analysis::planning_ahead(snapshot, settings, &period, &request, asked.as_of)?;
    let text = if is_json {
        reports::ahead_json(&found)?
    } else {
        reports::ahead_text(&found)
    };
    terminal::data(text.trim_end());
    Ok(())
}

fn request(
    args: &PlanAhead,
    capacity: Option<f64>,
    target: Option<&str>,
) -> anyhow::Result<AheadRequest> {
    let mut releases = args.releases.clone();
    if let (true, Some(days)) = (releases.is_empty(), capacity) {
        releases.push(Release {
            capacity: ByTeam::from([(String::new(), days)]),
            ..Release::default()
        });
    }
    if let (Some(name), [only]) = (target, releases.as_mut_slice()) {
        name.clone_into(&mut only.name);
    }
    let by_team = |release: &Release| !release.capacity.contains_key("");
    ensure!(
        releases.iter().all(by_team) || !releases.iter().any(by_team),
        "give the days of every --release by team, or of none"
    );
    for release in &mut releases {
        release.focus_factor = args.rules.focus;
        release.bug_reserve = args.rules.bug_reserve;
    }
    let mut pins = BTreeMap::new();
    for (id, release) in &args.pins {
        let place = match release {
            Some(name) => {
                let place = releases.iter().position(|known| known.name == *name);
                let place = place.with_context(|| {
                    format!("--pin {id}={name}: there is no --release {name}=DAYS")
                })?;
                Some(place)
            }
            None => None,
        };
        pins.insert(id.clone(), place);
    }
    Ok(AheadRequest {
        releases,
        shares: args.rules.shares.clone(),
        couplings: couplings(&args.rules),
        without: args.without.iter().cloned().collect(),
        pins,
        draws: args.draws,
        seed: args.seed,
    })
}

/// The rules between items.
fn couplings(args: &PlanRules) -> Vec<Coupling> {
    let rules = |ids: &[Ids], rule: fn(Vec<String>) -> Coupling| {
        ids.iter()
            .map(|ids| rule(ids.0.clone()))
            .collect::<Vec<_>>()
    };
    let couplings = [
        rules(&args.together, Coupling::Together),
        rules(&args.at_least_one, Coupling::AtLeastOne),
        rules(&args.at_most_one, Coupling::AtMostOne),
    ];
    couplings.concat()
}

/// Larger files hold no case of this problem.
const CASE_BYTES_MAX: u64 = 64 << 20;

/// The answer to a case, as programs read it.
#[derive(Serialize)]
struct Answer<'a> {
    objective: i64,
    cost: i64,
    budget: i64,
    bound: i64,
    proven: bool,
    customers: &'a [usize],
    requirements: &'a [usize],
}

fn of_case(
    file: &Path,
    ratio: Ratio,
    time_limit: Option<Duration>,
    is_json: bool,
) -> anyhow::Result<()> {
    let case = nrp::read(&bytes_of(file)?)
        .with_context(|| format!("{} is no case of the next release problem", file.display()))?;
    let budget = ratio.floor_of(case.total_cost());
    let began = Instant::now();
    let has_time = || time_limit.is_none_or(|limit| began.elapsed() < limit);
    let found = nrp::solve(&case, budget, nrp::WORK_MAX, &has_time)?;
    nrp::check(&case, budget, &found).context("the plan breaks a rule of its own case")?;
    if is_json {
        let answer = Answer {
            objective: found.objective,
            cost: found.cost,
            budget,
            bound: found.bound,
            proven: found.proven,
            customers: &found.customers,
            requirements: &found.requirements,
        };
        terminal::data(&serde_json::to_string(&answer)?);
        return Ok(());
    }
    terminal::data(&format!(
        "profit {}, {}\ncost {} of {budget} ({ratio} of {}, rounded down)\n{} of {} customers served, {} of {} requirements built",
        found.objective,
        proof(&found),
        found.cost,
        case.total_cost(),
        found.customers.len(),
        case.customers().len(),
        found.requirements.len(),
        case.requirement_count(),
    ));
    Ok(())
}

fn proof(found: &Solution) -> String {
    if found.proven {
        return "proved to be the most".to_owned();
    }
    let gap = 100.0 * (found.bound - found.objective) as f64 / found.objective.max(1) as f64;
    format!(
        "no choice brings more than {} ({gap:.2} % more)",
        found.bound
    )
}

fn bytes_of(file: &Path) -> anyhow::Result<Vec<u8>> {
    let open = || -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(file)?
            .take(CASE_BYTES_MAX + 1)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = open().with_context(|| format!("{} cannot be read", file.display()))?;
    ensure!(
        bytes.len() as u64 <= CASE_BYTES_MAX,
        "{} has more than {CASE_BYTES_MAX} bytes: it is no case of the next release problem",
        file.display()
    );
    Ok(bytes)
}
