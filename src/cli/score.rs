//! The arguments of `shipwake score`.

use std::path::PathBuf;

use analysis::score::sheet::{Method, Weight};
use clap::Args;

use super::SqlFormat;

const AFTER_HELP: &str = "\
METHODS, each with the columns that it reads (case and signs do not matter, others are kept):
  rice             reach, impact, confidence, effort     reach x impact x confidence / effort
  ice, ice-mean    impact, confidence, ease              product, or mean, of the three
  wsjf             value, time_criticality, risk_reduction, job_size
  value-effort     value, effort                         with quick wins by thirds of both
  weighted         --weight revenue=0.3 --weight demand=0.25 …
  discovery        --weight impact=2 --weight effort=-1  Jira Product Discovery; below 0 divides
  canny            --weight votes:votes=1 --weight fit:stars=3, effort 1 to 100
  customer-impact  revenue, accounts, at_risk (shares), strategic (yes or no)
  trending         votes, comments, age_hours            Fider
  importance       item, user, importance 0 to 3         Productboard, a row an answer
  kano             item, present, absent                 a row an answer: like, must-be, neutral, …
  moscow           part (must, should, could), effort    shares of the effort

Anything else is a formula over the columns: --by '(value + 2 * risk) / effort'.
A row that lacks a number has no score, and says which.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Score {
    /// The sheet (CSV with a header); `-` reads stdin
    pub(crate) file: PathBuf,
    /// A method, or a formula over the columns
    #[arg(long, value_name = "METHOD|FORMULA", value_parser = method)]
    pub(crate) by: Method,
    /// How much a column counts; for canny with its scale: ten, hundred, fibonacci, stars, checkbox, votes
    #[arg(long = "weight", value_name = "COLUMN[:SCALE]=W", value_parser = weight)]
    pub(crate) weights: Vec<Weight>,
    /// How to print it
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: SqlFormat,
}

fn method(text: &str) -> Result<Method, std::convert::Infallible> {
    Ok(Method::named(text))
}

fn weight(text: &str) -> Result<Weight, String> {
    let wanted = "write COLUMN=WEIGHT or COLUMN:SCALE=WEIGHT, such as revenue=0.3 or fit:stars=2";
    let (column, weight) = text.rsplit_once('=').ok_or(wanted)?;
    let weight: Option<f64> = weight.trim().parse().ok();
    let weight = weight.filter(|weight| weight.is_finite()).ok_or(wanted)?;
    let (column, scale) = match column.rsplit_once(':') {
        Some((column, scale)) => (column, Some(scale.trim().to_lowercase())),
        None => (column, None),
    };
    Ok(Weight {
        column: column.trim().to_owned(),
        scale,
        weight,
    })
}
