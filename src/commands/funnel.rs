//! `shipwake funnel`: steps from the command line or the configuration, and who got through.

use analysis::findings::FunnelSegment;
use analysis::period::{self, Period};
use analysis::{Funnel, FunnelRules, WeekStart};
use anyhow::{Context as _, bail};
use jiff::Span;

use crate::cli::{Funnel as Args, FunnelFormat};
use crate::question::Asked;
use crate::terminal;

/// Days of the first step where nothing else is asked for.
const DAYS: i64 = 28;

/// What tells steps from the name of a funnel.
const THEN: char = '>';

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let asked = Asked::new(&args.question, WeekStart::Monday)?;
    let funnels = funnels(args, &asked)?;
    let period = window(args, &asked)?;
    let segment = FunnelSegment {
        platform: args.platform.clone(),
        channel: args.channel.clone(),
        release: args.release.clone(),
    };
    let findings = analysis::funnels(
        &asked.snapshot,
        &asked.settings,
        &period,
        (&funnels, &segment),
        asked.as_of,
    )?;
    let text = match args.format {
        FunnelFormat::Table => reports::funnel_text(&findings).into_bytes(),
        FunnelFormat::Csv => reports::funnel_csv(&findings)?,
        FunnelFormat::Json => reports::funnel_json(&findings)?.into_bytes(),
    };
    terminal::bytes(&text)?;
    Ok(())
}

/// The steps that are given, the funnel that is named, or all that the configuration names.
fn funnels(args: &Args, asked: &Asked) -> anyhow::Result<Vec<Funnel>> {
    let within = |rules: &FunnelRules| args.within.unwrap_or(rules.within);
    let named = |name: &String, rules: &FunnelRules| {
        let steps = rules.steps.clone();
        Funnel::new(Some(name.clone()), steps, within(rules))
            .with_context(|| format!("funnel {name:?} cannot be asked for"))
    };
    match &args.steps {
        Some(steps) if steps.contains(THEN) => {
            let funnel = Funnel::read(steps, within(&FunnelRules::default()));
            Ok(vec![funnel.context("these steps are no funnel")?])
        }
        Some(name) => match asked.funnels.get(name) {
            Some(rules) => Ok(vec![named(name, rules)?]),
            None => bail!(
                "the configuration names no funnel {name:?} for this app: add [funnel.{name}], or \
                 write steps such as 'signup > open > pay'"
            ),
        },
        None if asked.funnels.is_empty() => bail!(
            "the configuration names no funnel for this app: add [funnel.NAME], or write steps such \
             as 'signup > open > pay'"
        ),
        None => asked
            .funnels
            .iter()
            .map(|(name, rules)| named(name, rules))
            .collect(),
    }
}

/// The days in which the first step lies.
fn window(args: &Args, asked: &Asked) -> anyhow::Result<Period> {
    let last = match args.to {
        Some(day) => day,
        None => period::day_of(asked.as_of, &asked.zone)?.yesterday()?,
    };
    let first = match args.from {
        Some(day) => day,
        None => last.checked_sub(Span::new().days(DAYS - 1))?,
    };
    Period::of_days(first, last, &asked.zone).context("--from and --to name no days")
}
