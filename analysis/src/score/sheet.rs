//! Scores of the rows of a team's own sheet: by a method that is named, or by a formula over its
//! columns. What a row lacks is named and never taken as 0.

use polars::prelude::{Column, DataFrame, DataType, IntoLazy as _};
use polars::sql::sql_expr;

use super::group::{importance, kano, moscow};
use super::weighted::{by_canny, by_discovery, weighted_columns, weighted_mean};
use super::{
    CustomerImpact, Quadrant, customer_impact, fider_trending, ice, ice_mean, quadrants, rice, wsjf,
};
use crate::sql::Cell;

/// A sheet as it was read: names of columns, and cells as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, each with a cell a column.
    pub rows: Vec<Vec<String>>,
}

/// How rows are scored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// Reach × impact × confidence ÷ effort.
    Rice,
    /// Impact × confidence × ease.
    Ice,
    /// The mean of the three.
    IceMean,
    /// Cost of delay ÷ job size.
    Wsjf,
    /// Value ÷ effort, and the quadrant by terciles of both.
    ValueEffort,
    /// Weighted mean of columns.
    Weighted,
    /// Jira Product Discovery's weighted score.
    Discovery,
    /// Canny's roadmap score.
    Canny,
    /// Revenue, accounts, those at risk, strategic worth.
    CustomerImpact,
    /// Fider's trending.
    Trending,
    /// Productboard's customer importance score, by item.
    Importance,
    /// Kano's coefficients, by item.
    Kano,
    /// Shares of the effort by MoSCoW.
    Moscow,
    /// An expression over the names of columns.
    Formula(String),
}

/// How much a column counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    /// The column.
    pub column: String,
    /// On which of Canny's scales it is.
    pub scale: Option<String>,
    /// Below 0: the less the better.
    pub weight: f64,
}

/// A sheet with its scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// Names of columns: those of the sheet, then `score`, `rank` and what the method adds; or those of
    /// its groups.
    pub columns: Vec<String>,
    /// The best score first; rows without one last, with what they lack.
    pub rows: Vec<Vec<Cell>>,
    /// What else is to be known.
    pub notes: Vec<String>,
}

/// Why a sheet cannot be scored.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ScoreError {
    /// It has no column of a name.
    #[error("{method} needs the columns {needed}; the sheet has {there}")]
    Columns {
        /// The method.
        method: &'static str,
        /// What it needs.
        needed: String,
        /// What there is.
        there: String,
    },
    /// No weight, or none that counts.
    #[error("{method} needs weights of columns, such as --weight revenue=0.3")]
    Weights {
        /// The method.
        method: &'static str,
    },
    /// A scale of another name.
    #[error(
        "there is no scale {name:?}; scales are ten, hundred, fibonacci, stars, checkbox, votes"
    )]
    Scale {
        /// The name.
        name: String,
    },
    /// The expression cannot be evaluated.
    #[error("the formula cannot be used: {message}; the columns are {there}")]
    Formula {
        /// What is wrong.
        message: String,
        /// The names that it may use.
        there: String,
    },
}

/// Methods by name, with the columns that each needs.
const METHODS: [(&str, Method, &[&str]); 13] = [
    (
        "rice",
        Method::Rice,
        &["reach", "impact", "confidence", "effort"],
    ),
    ("ice", Method::Ice, &["impact", "confidence", "ease"]),
    (
        "ice-mean",
        Method::IceMean,
        &["impact", "confidence", "ease"],
    ),
    (
        "wsjf",
        Method::Wsjf,
        &["value", "time_criticality", "risk_reduction", "job_size"],
    ),
    ("value-effort", Method::ValueEffort, &["value", "effort"]),
    ("weighted", Method::Weighted, &[]),
    ("discovery", Method::Discovery, &[]),
    ("canny", Method::Canny, &["effort"]),
    (
        "customer-impact",
        Method::CustomerImpact,
        &["revenue", "accounts", "at_risk", "strategic"],
    ),
    (
        "trending",
        Method::Trending,
        &["votes", "comments", "age_hours"],
    ),
    (
        "importance",
        Method::Importance,
        &["item", "user", "importance"],
    ),
    ("kano", Method::Kano, &["item", "present", "absent"]),
    ("moscow", Method::Moscow, &["part", "effort"]),
];

impl Method {
    /// The method of a name; what is no name is a formula.
    #[must_use]
    pub fn named(text: &str) -> Self {
        let found = METHODS
            .into_iter()
            .find(|(name, _, _)| *name == text.trim());
        found.map_or_else(|| Self::Formula(text.to_owned()), |(_, method, _)| method)
    }

    /// Its name, and the columns that it needs.
    fn card(&self) -> (&'static str, &'static [&'static str]) {
        let found = METHODS.into_iter().find(|(_, method, _)| method == self);
        found.map_or(("a formula", &[][..]), |(name, _, needs)| (name, needs))
    }
}

/// A name as it is compared: letters and digits in lower case, the rest as `_`.
pub(super) fn fold(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c } else { '_' };
    let lower = name.trim().to_lowercase();
    lower.chars().map(plain).collect()
}

/// A number, also one in percent; yes and no are 1 and 0.
pub(super) fn number(cell: &str) -> Option<f64> {
    let cell = cell.trim();
    let percent = cell.strip_suffix('%').map(str::trim);
    let read = match percent {
        Some(number) => number.parse::<f64>().ok().map(|number| number / 100.0),
        None => cell.parse().ok(),
    };
    let word = || match cell.to_lowercase().as_str() {
        "yes" | "true" | "x" => Some(1.0),
        "no" | "false" => Some(0.0),
        _ => None,
    };
    read.filter(|number| number.is_finite()).or_else(word)
}

impl Sheet {
    /// The place of a column.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        let wanted = fold(name);
        self.columns.iter().position(|there| fold(there) == wanted)
    }

    /// The places of columns that a method needs.
    pub(super) fn places(
        &self,
        method: &'static str,
        needed: &[&str],
    ) -> Result<Vec<usize>, ScoreError> {
        let places: Option<Vec<usize>> = needed.iter().map(|name| self.place(name)).collect();
        places.ok_or_else(|| ScoreError::Columns {
            method,
            needed: needed.join(", "),
            there: self.columns.join(", "),
        })
    }

    /// A column as numbers.
    pub(super) fn numbers(&self, place: usize) -> Vec<Option<f64>> {
        let cell = |row: &Vec<String>| row.get(place).and_then(|cell| number(cell));
        self.rows.iter().map(cell).collect()
    }
}

/// Scores a sheet.
///
/// # Errors
/// [`ScoreError`] where the sheet does not hold what the method needs.
pub fn score(sheet: &Sheet, by: &Method, weights: &[Weight]) -> Result<Scored, ScoreError> {
    let (name, needed) = by.card();
    match by {
        Method::Importance => return importance(sheet, &sheet.places(name, needed)?),
        Method::Kano => return kano(sheet, &sheet.places(name, needed)?),
        Method::Moscow => return moscow(sheet, &sheet.places(name, needed)?),
        _ => {}
    }
    let places = sheet.places(name, needed)?;
    let weighted = weighted_columns(sheet, name, weights)?;
    if matches!(by, Method::Weighted | Method::Discovery | Method::Canny) && weighted.is_empty() {
        return Err(ScoreError::Weights { method: name });
    }
    let read: Vec<Vec<Option<f64>>> = places.iter().map(|place| sheet.numbers(*place)).collect();
    let rows = 0..sheet.rows.len();
    let of_row = |row: usize| -> Option<Vec<f64>> {
        let cells = read.iter().map(|column| column.get(row).copied().flatten());
        cells.collect()
    };
    let scores: Vec<Option<f64>> = match by {
        Method::Formula(formula) => by_formula(sheet, formula)?,
        Method::Weighted => rows
            .clone()
            .map(|row| weighted_mean(&weighted, row))
            .collect(),
        Method::Discovery => by_discovery(&weighted, sheet.rows.len()),
        Method::Canny => {
            let efforts = read.first().map_or(&[][..], Vec::as_slice);
            by_canny(weights, &weighted, efforts)?
        }
        _ => rows
            .clone()
            .map(|row| of_numbers(by, &of_row(row)?))
            .collect(),
    };
    let mut extra = Vec::new();
    if *by == Method::ValueEffort {
        extra.push(("quadrant", quadrant_words(&read)));
    }
    extra.push(("lacks", lacking(sheet, &places, &read)));
    Ok(ranked(sheet, &scores, &extra))
}

/// A score that is a function of a row's numbers, in the order of the method's columns.
fn of_numbers(by: &Method, numbers: &[f64]) -> Option<f64> {
    match (by, numbers) {
        (Method::Rice, [reach, impact, confidence, effort]) => {
            rice(*reach, *impact, *confidence, *effort)
        }
        (Method::Ice, [impact, confidence, ease]) => Some(ice(*impact, *confidence, *ease)),
        (Method::IceMean, [impact, confidence, ease]) => {
            Some(ice_mean(*impact, *confidence, *ease))
        }
        (Method::Wsjf, [value, time, risk, size]) => wsjf(*value, *time, *risk, *size),
        (Method::ValueEffort, [value, effort]) => (*effort > 0.0).then(|| value / effort),
        (Method::CustomerImpact, [revenue, accounts, at_risk, strategic]) => {
            Some(customer_impact(CustomerImpact {
                revenue: *revenue,
                accounts: *accounts,
                at_risk: *at_risk,
                strategic: *strategic > 0.0,
            }))
        }
        (Method::Trending, [votes, comments, age_hours]) => {
            Some(fider_trending(*votes, *comments, *age_hours))
        }
        _ => None,
    }
}

/// Evaluates an expression over the columns that hold numbers.
fn by_formula(sheet: &Sheet, formula: &str) -> Result<Vec<Option<f64>>, ScoreError> {
    let names: Vec<String> = sheet.columns.iter().map(|name| fold(name)).collect();
    let wrong = |message: String| ScoreError::Formula {
        message,
        there: names.join(", "),
    };
    let column = |(place, name): (usize, &String)| {
        let name = name.as_str();
        Column::new(name.into(), sheet.numbers(place))
    };
    let columns = names.iter().enumerate().map(column).collect();
    let frame = DataFrame::new(sheet.rows.len(), columns);
    let frame = frame.map_err(|error| wrong(error.to_string()))?;
    let expression = sql_expr(formula).map_err(|error| wrong(error.to_string()))?;
    let score = expression.cast(DataType::Float64).alias("score");
    let found = frame.lazy().select([score]).collect();
    let found = found.map_err(|error| wrong(error.to_string()))?;
    let scores = found
        .column("score")
        .and_then(|column| column.f64().cloned());
    let scores = scores.map_err(|error| wrong(error.to_string()))?;
    let mut scores: Vec<Option<f64>> = scores.iter().collect();
    // An expression without a column is one value.
    if let ([one], true) = (scores.as_slice(), sheet.rows.len() > 1) {
        scores = vec![*one; sheet.rows.len()];
    }
    let finite = |score: Option<f64>| score.filter(|score| score.is_finite());
    Ok(scores.into_iter().map(finite).collect())
}

fn quadrant_words(read: &[Vec<Option<f64>>]) -> Vec<Cell> {
    let [values, efforts] = read else {
        return Vec::new();
    };
    let pairs: Vec<Option<(f64, f64)>> = values
        .iter()
        .zip(efforts)
        .map(|(value, effort)| Some(((*value)?, (*effort)?)))
        .collect();
    let known: Vec<(f64, f64)> = pairs.iter().copied().flatten().collect();
    let mut found = quadrants(&known).into_iter();
    let word = |quadrant| match quadrant {
        Quadrant::QuickWin => "quick win",
        Quadrant::BigBet => "big bet",
        Quadrant::FillIn => "fill-in",
        Quadrant::TimeSink => "time sink",
        Quadrant::Middle => "middle",
    };
    let cell = |pair: &Option<(f64, f64)>| {
        let quadrant = pair.and_then(|_| found.next());
        quadrant.map_or(Cell::Null, |quadrant| Cell::Text(word(quadrant).to_owned()))
    };
    pairs.iter().map(cell).collect()
}

/// Which of the needed columns each row leaves empty, or fills with no number.
fn lacking(sheet: &Sheet, places: &[usize], read: &[Vec<Option<f64>>]) -> Vec<Cell> {
    let of_row = |row: usize| {
        let columns = places.iter().zip(read);
        let empty = columns.filter(|(_, cells)| cells.get(row).copied().flatten().is_none());
        let names: Vec<&str> = empty
            .filter_map(|(place, _)| sheet.columns.get(*place).map(String::as_str))
            .collect();
        if names.is_empty() {
            Cell::Null
        } else {
            Cell::Text(names.join(", "))
        }
    };
    (0..sheet.rows.len()).map(of_row).collect()
}

/// The sheet with its scores, the best first; equal ones share a rank and keep their order.
fn ranked(sheet: &Sheet, scores: &[Option<f64>], extra: &[(&str, Vec<Cell>)]) -> Scored {
    let mut order: Vec<usize> = (0..sheet.rows.len()).collect();
    let of = |row: usize| scores.get(row).copied().flatten();
    order.sort_by(|a, b| match (of(*a), of(*b)) {
        (Some(one), Some(other)) => other.total_cmp(&one),
        (one, other) => other.is_some().cmp(&one.is_some()),
    });
    let row = |row: &usize| {
        let mut cells: Vec<Cell> = sheet
            .rows
            .get(*row)
            .into_iter()
            .flatten()
            .map(|cell| plain(cell))
            .collect();
        cells.resize(sheet.columns.len(), Cell::Null);
        let score = of(*row);
        cells.push(score.map_or(Cell::Null, Cell::Number));
        let better = |own: f64| {
            scores
                .iter()
                .flatten()
                .filter(|other| **other > own)
                .count()
        };
        let rank = score.and_then(|own| i128::try_from(better(own) + 1).ok());
        cells.push(rank.map_or(Cell::Null, Cell::Whole));
        let more = extra
            .iter()
            .map(|(_, column)| column.get(*row).cloned().unwrap_or(Cell::Null));
        cells.extend(more);
        cells
    };
    let added = ["score", "rank"]
        .into_iter()
        .chain(extra.iter().map(|(name, _)| *name));
    let columns = sheet
        .columns
        .iter()
        .cloned()
        .chain(added.map(str::to_owned));
    let without = scores.iter().filter(|score| score.is_none()).count();
    let notes = (without > 0)
        .then(|| format!("{without} rows have no score: they lack what it is made of"));
    Scored {
        columns: columns.collect(),
        rows: order.iter().map(row).collect(),
        notes: notes.into_iter().collect(),
    }
}

/// A cell as it stands: a number where it is written as one, and not as an id such as 007.
fn plain(cell: &str) -> Cell {
    let written = cell.trim();
    let whole: Option<i128> = written.parse().ok();
    let number: Option<f64> = written.parse().ok();
    match (whole, number) {
        (Some(whole), _) if whole.to_string() == written => Cell::Whole(whole),
        (_, Some(number)) if number.to_string() == written && number.is_finite() => {
            Cell::Number(number)
        }
        _ if cell.is_empty() => Cell::Null,
        _ => Cell::Text(cell.to_owned()),
    }
}
