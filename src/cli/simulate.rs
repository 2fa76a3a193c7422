//! The arguments of `shipwake health simulate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

const FILE: &str = "\
THE FILE (CSV with a header; columns in any order, further ones are left; rows in any order)
  release   the release that the row helps to judge; a file may hold many
  hour      hours since the release, a whole number
  stratum   may be empty or left out; arms are compared within hour and stratum only
  arm       new       those on the release
            base      those whom they are compared with, at the same hour
            pre_new, pre_base
                      the same two groups on the release before (any hours): how unlike they were
                      widens what counts as no news; too unlike: inconclusive
  exposure  sessions or users that could have had the event
  events    how many had it
  users     may be empty or left out: distinct users whose FIRST event on the release fell into this
            hour, counted once each and never more than events. Where given they are judged in place
            of events: users who crash crash in loops, and no test of chance survives counting those

A RELEASE THAT ALL GET AT ONCE has no base at its own hours. Its base rows lie before its first new
hour: hour h - 168 k is the same hour k weeks before. Eight weeks are best, four the least; verdicts
go no farther than suspected.

OUT COMES a row for each release and hour of its own, in order:
  release,hour,state,e_value,ratio,ratio_low,ratio_high
  state     no_data, insufficient_data, monitoring, watch, proved_healthy (a ratio of 1.5 is
            excluded), improved, regressed, suspected, recovered or inconclusive; regressed and
            suspected stay, or become recovered
  e_value   evidence that the ratio is above r_min: an alarm at 20, however often it is looked at
  ratio     events per exposure of new over base, within hours and strata
  ratio_low, ratio_high
            95 % at all hours at once; ratio_high is empty while there is no upper end

SCENARIOS (--generate) are simulated releases, good and bad, each looked at 168 times:
  scenario,kind,releases,flagged_share,flagged_upper95,found_share,median_hours
  flagged   regressed or suspected at any look; in scenarios of a wrong proof: proved healthy
  found     got the verdict that it should; half of all releases had it after median_hours";

/// Hourly counts in, judgements out; or simulated releases, to see how well the rule judges
#[derive(Debug, Args)]
#[command(after_long_help = FILE)]
pub(crate) struct HealthSimulate {
    /// Hourly counts of releases (CSV, see below); `-` reads stdin
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "generate",
        conflicts_with = "generate"
    )]
    pub(crate) hours: Option<PathBuf>,
    /// Make releases by chance, good and bad, and judge them
    #[arg(long)]
    pub(crate) generate: bool,
    /// Releases of each scenario
    #[arg(
        long,
        value_name = "N",
        default_value_t = 2000,
        requires = "generate",
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub(crate) releases: u32,
    /// The same seed makes the same releases
    #[arg(long, value_name = "S", default_value_t = 1, requires = "generate")]
    pub(crate) seed: u64,
    /// Show other rules beside: z tests, thresholds, a confidence sequence, one that knows all
    #[arg(long, requires = "generate")]
    pub(crate) rules: bool,
    /// The least rate ratio that counts as harm
    #[arg(long, value_name = "RATIO", default_value_t = 1.0, value_parser = ratio)]
    pub(crate) r_min: f64,
    /// How to print it [default: csv for --hours, table for --generate]
    #[arg(long, value_enum)]
    pub(crate) format: Option<SimulateFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SimulateFormat {
    Table,
    Csv,
}

fn ratio(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(ratio) if (1.0..=100.0).contains(&ratio) => Ok(ratio),
        _ => Err("a rate ratio from 1 to 100".to_owned()),
    }
}
