//! Scores that bring several columns together by weights: a plain mean, Jira Product Discovery's and
//! Canny's.

use super::sheet::{ScoreError, Sheet, Weight};
use super::{Scale, canny, canny_factor, discovery};

/// A column with its weight.
pub(super) struct Weighted {
    weight: f64,
    cells: Vec<Option<f64>>,
}

pub(super) fn weighted_columns(
    sheet: &Sheet,
    method: &'static str,
    weights: &[Weight],
) -> Result<Vec<Weighted>, ScoreError> {
    let names: Vec<&str> = weights
        .iter()
        .map(|weight| weight.column.as_str())
        .collect();
    let places = sheet.places(method, &names)?;
    let columns = places.into_iter().zip(weights);
    Ok(columns
        .map(|(place, weight)| Weighted {
            weight: weight.weight,
            cells: sheet.numbers(place),
        })
        .collect())
}

/// `Σ wₖ sₖ / Σ wₖ` over the columns that a row fills; `None` where none with a weight above 0 is.
pub(super) fn weighted_mean(columns: &[Weighted], row: usize) -> Option<f64> {
    let filled = columns
        .iter()
        .filter_map(|column| Some((column.weight, column.cells.get(row).copied().flatten()?)));
    let (weights, sum) = filled.fold((0.0, 0.0), |(weights, sum), (weight, cell)| {
        (weights + weight, sum + weight * cell)
    });
    (weights > 0.0).then(|| sum / weights)
}

/// An empty cell takes no part in its column's scale, and its row has no score.
pub(super) fn by_discovery(columns: &[Weighted], rows: usize) -> Vec<Option<f64>> {
    let is_whole = |row: usize| {
        columns
            .iter()
            .all(|column| column.cells.get(row).is_some_and(Option::is_some))
    };
    let whole: Vec<usize> = (0..rows).filter(|row| is_whole(*row)).collect();
    let fields = |is_wanted: fn(f64) -> bool| -> Vec<(f64, Vec<f64>)> {
        let wanted = columns.iter().filter(|column| is_wanted(column.weight));
        let field = |column: &Weighted| {
            whole
                .iter()
                .filter_map(|row| column.cells.get(*row).copied().flatten())
                .collect()
        };
        wanted
            .map(|column| (column.weight.abs(), field(column)))
            .collect()
    };
    let found = discovery(
        &fields(|weight| weight >= 0.0),
        &fields(|weight| weight < 0.0),
    );
    let mut scores = vec![None; rows];
    for (row, score) in whole.into_iter().zip(found) {
        if let Some(place) = scores.get_mut(row) {
            *place = score;
        }
    }
    scores
}

/// Canny's score of each row; a row with an empty cell has none.
pub(super) fn by_canny(
    weights: &[Weight],
    columns: &[Weighted],
    efforts: &[Option<f64>],
) -> Result<Vec<Option<f64>>, ScoreError> {
    let factors = canny_factors(weights, columns)?;
    let score =
        |(row, effort): (usize, &Option<f64>)| canny(&factors_of(&factors, row)?, (*effort)?);
    Ok(efforts.iter().enumerate().map(score).collect())
}

/// A column's weight, and its cells on a common scale.
type Factor = (f64, Vec<Option<f64>>);

/// Each weighted column on Canny's common scale.
fn canny_factors(weights: &[Weight], columns: &[Weighted]) -> Result<Vec<Factor>, ScoreError> {
    let factor = |(weight, column): (&Weight, &Weighted)| {
        let most = column.cells.iter().copied().flatten().fold(0.0, f64::max);
        let scale = match weight.scale.as_deref() {
            None | Some("hundred") => Scale::Hundred,
            Some("ten") => Scale::Ten,
            Some("fibonacci") => Scale::Fibonacci,
            Some("stars") => Scale::Stars,
            Some("checkbox") => Scale::Checkbox,
            Some("votes") => Scale::Votes { most },
            Some(other) => {
                let name = other.to_owned();
                return Err(ScoreError::Scale { name });
            }
        };
        let on_scale = |cell: &Option<f64>| cell.and_then(|cell| canny_factor(cell, scale));
        Ok((weight.weight, column.cells.iter().map(on_scale).collect()))
    };
    weights.iter().zip(columns).map(factor).collect()
}

fn factors_of(factors: &[Factor], row: usize) -> Option<Vec<(f64, f64)>> {
    let of_row = |(weight, cells): &Factor| Some((*weight, cells.get(row).copied().flatten()?));
    factors.iter().map(of_row).collect()
}
