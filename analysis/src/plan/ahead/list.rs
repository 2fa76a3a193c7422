//! Plans made by walking down a list: what most teams do, and first plans for the search to better.

use super::program::{Program, Row, Rule, SAME};

/// A choice in the making, with what it takes of each row.
#[derive(Debug, Clone)]
pub(crate) struct Filling<'a> {
    program: &'a Program<'a>,
    rows: &'a [Row],
    /// For each column the rows that it takes from.
    rows_of: Vec<Vec<(usize, f64)>>,
    loads: Vec<f64>,
    /// For each item the column chosen.
    finished: Vec<Option<usize>>,
}

impl<'a> Filling<'a> {
    /// Nothing is chosen. Bounds on kinds of work are not looked at.
    pub(crate) fn new(program: &'a Program<'a>, rows: &'a [Row]) -> Self {
        let mut rows_of = vec![Vec::new(); program.columns.len()];
        for (at, row) in rows
            .iter()
            .enumerate()
            .filter(|(_, row)| !matches!(row.rule, Rule::Share | Rule::Demand))
        {
            for (column, by) in &row.terms {
                rows_of[*column].push((at, *by));
            }
        }
        Self {
            program,
            rows,
            rows_of,
            loads: vec![0.0; rows.len()],
            finished: vec![None; program.items.len()],
        }
    }

    /// Adds an item, with all that it still needs, in the first release that has room for that, or
    /// of those that have room the one of most `net` worth.
    pub(crate) fn add(&mut self, item: usize, open: &[bool], net: Option<&[f64]>) {
        if self.finished[item].is_some() || self.program.columns_of[item].is_empty() {
            return;
        }
        let missing: Vec<usize> = match self.program.needs[item].len() {
            0 => vec![item],
            _ => self.program.closure([item]).into_iter().collect(),
        };
        let mut columns = self.program.columns_of[item].clone();
        if let Some(net) = net {
            columns.sort_by(|a, b| net[*b].total_cmp(&net[*a]));
        }
        for column in columns {
            let release = self.program.columns[column].release;
            if let Some(with) = self.in_time(&missing, release)
                && with.iter().all(|column| open[*column])
                && self.has_room(&with)
            {
                for column in with {
                    self.finished[self.program.columns[column].item] = Some(column);
                }
                return;
            }
        }
    }

    /// For each missing item its last column up to a release; `None` where one has none, or what is
    /// there already comes too late.
    fn in_time(&self, missing: &[usize], release: usize) -> Option<Vec<usize>> {
        let program = self.program;
        let mut columns = Vec::with_capacity(missing.len());
        for item in missing {
            match self.finished[*item] {
                Some(column) if program.columns[column].release <= release => {}
                Some(_) => return None,
                None => {
                    let mut own = program.columns_of[*item].iter().rev();
                    columns.push(*own.find(|at| program.columns[**at].release <= release)?);
                }
            }
        }
        let at = |item: usize| {
            let added = columns
                .iter()
                .find(|column| program.columns[**column].item == item);
            added.copied().or(self.finished[item])
        };
        let release_of = |item: usize| at(item).map(|column| program.columns[column].release);
        let in_order = columns.iter().all(|column| {
            let own = program.columns[*column];
            let mut needs = program.needs[own.item].iter();
            needs.all(|needed| release_of(*needed).is_some_and(|other| other <= own.release))
        });
        in_order.then_some(columns)
    }

    /// Takes the columns into the loads, if every row has room for them.
    fn has_room(&mut self, columns: &[usize]) -> bool {
        for column in columns {
            for (row, by) in &self.rows_of[*column] {
                self.loads[*row] += by;
            }
        }
        let fits = columns
            .iter()
            .flat_map(|column| &self.rows_of[*column])
            .all(|(row, _)| {
                let most = self.rows[*row].most;
                self.loads[*row] <= most + SAME * most.abs().max(1.0)
            });
        if !fits {
            for column in columns {
                for (row, by) in &self.rows_of[*column] {
                    self.loads[*row] -= by;
                }
            }
        }
        fits
    }

    /// Whether each column is chosen.
    pub(crate) fn chosen(&self) -> Vec<bool> {
        let mut chosen = vec![false; self.program.columns.len()];
        self.finished
            .iter()
            .flatten()
            .for_each(|column| chosen[*column] = true);
        chosen
    }
}

/// Walks the list from the top, what must be in first, then by value ÷ effort.
pub(crate) fn walk(program: &Program<'_>, open: &[bool]) -> Vec<bool> {
    let mut filling = Filling::new(program, &program.rows);
    by_score(program)
        .into_iter()
        .for_each(|item| filling.add(item, open, None));
    filling.chosen()
}

/// The items worth walking: required ones first, then by value ÷ effort of their best release, then
/// by id.
pub(crate) fn by_score(program: &Program<'_>) -> Vec<usize> {
    let is_first = is_demanded(program);
    let mut scored: Vec<(bool, f64, usize)> = (0..program.items.len())
        .filter_map(|item| {
            let columns = program.columns_of[item]
                .iter()
                .map(|at| &program.columns[*at]);
            let best = columns.max_by(|a, b| a.value.total_cmp(&b.value))?;
            let score = if best.value > 0.0 {
                best.value / best.effort
            } else {
                0.0
            };
            (is_first[item] || best.value > 0.0).then_some((is_first[item], score, item))
        })
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
    scored.into_iter().map(|(_, _, item)| item).collect()
}

/// For each item whether it is among those of which some must be in the plan.
pub(crate) fn is_demanded(program: &Program<'_>) -> Vec<bool> {
    let mut is_demanded = vec![false; program.items.len()];
    program
        .demands
        .iter()
        .flatten()
        .for_each(|item| is_demanded[*item] = true);
    is_demanded
}
