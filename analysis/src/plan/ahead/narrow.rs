//! What can be settled before the search: a first plan, a bound, and by both the columns that no
//! better plan chooses and the items that none leaves out (reduced-cost fixing).

use super::best::value;
use super::list::{Filling, is_demanded};
use super::milp::Ask;
use super::prices::{Priced, Prices};
use super::program::{Program, Row, Rule};

/// Steps of the prices.
const STEPS: u32 = 120;
/// A plan is made from every so many prices.
const STEPS_A_PLAN: u32 = 4;
/// Bounds that come closer than this share to a plan's value settle nothing: rounding of sums.
const MARGIN: f64 = 1e-7;

/// What is settled about a question.
#[derive(Debug, Clone)]
pub(crate) struct Narrowed {
    /// Columns that may be chosen.
    pub(crate) open: Vec<bool>,
    /// Items that every plan worth having holds.
    pub(crate) held: Vec<usize>,
    /// The best plan on the way, if one keeps all rules.
    pub(crate) start: Option<Vec<bool>>,
    /// No plan is worth more.
    pub(crate) bound: f64,
}

/// Settles what it can; `plans` are tried as first plans.
pub(crate) fn narrow(ask: &Ask<'_>, plans: &[&[bool]]) -> Narrowed {
    let program = ask.program;
    let rows = binding_rows(ask);
    let values = open_values(ask);
    let mut start: Option<(f64, Vec<bool>)> = None;
    let mut offer = |plan: &[bool]| {
        let worth = value(program, plan);
        let is_better = start.as_ref().is_none_or(|(best, _)| worth > *best);
        if is_better && ask.keeps_rules(plan) {
            start = Some((worth, plan.to_vec()));
        }
        start.as_ref().map_or(0.0, |(best, _)| *best)
    };
    plans.iter().for_each(|plan| {
        offer(plan);
    });
    let mut prices = Prices::new(program, rows.len());
    let mut step = 0;
    let bound = prices.descend(&values, &rows, STEPS, |prices, priced| {
        step += 1;
        if step % STEPS_A_PLAN == 0 {
            offer(&priced_plan(
                program, &rows, &values, prices, priced, ask.open,
            ));
        }
        offer(&priced.chosen)
    });
    let mut narrowed = Narrowed {
        open: ask.open.to_vec(),
        held: Vec::new(),
        bound,
        start: None,
    };
    if let Some((worth, plan)) = start {
        let (with, without) = prices.bounds(program, &values, &rows);
        let enough = worth - MARGIN * worth.abs().max(1.0);
        for (open, with) in narrowed.open.iter_mut().zip(with) {
            *open &= with >= enough;
        }
        let held = without
            .iter()
            .enumerate()
            .filter(|(_, without)| **without < enough);
        narrowed.held = held.map(|(item, _)| item).collect();
        narrowed.start = Some(plan);
    }
    narrowed
}

/// The rows that bind a question, its demands among them.
pub(crate) fn binding_rows(ask: &Ask<'_>) -> Vec<Row> {
    let program = ask.program;
    let binds = |row: &&Row| ask.shares || row.rule != Rule::Share;
    let mut rows: Vec<Row> = program.rows.iter().filter(binds).cloned().collect();
    if ask.demands == program.demands.len() {
        for demand in &program.demands {
            let columns = demand.iter().flat_map(|item| &program.columns_of[*item]);
            rows.push(Row {
                terms: columns.map(|column| (*column, -1.0)).collect(),
                most: -1.0,
                rule: Rule::Demand,
            });
        }
    }
    rows
}

/// The values of the columns; those that are not open are worth less than nothing.
pub(crate) fn open_values(ask: &Ask<'_>) -> Vec<f64> {
    let columns = ask.program.columns.iter().zip(ask.open);
    columns
        .map(|(column, open)| if *open { column.value } else { 0.0 })
        .collect()
}

/// The plan that a list makes which is sorted by value for what it costs at the prices.
pub(crate) fn priced_plan(
    program: &Program<'_>,
    rows: &[Row],
    values: &[f64],
    prices: &Prices,
    priced: &Priced,
    open: &[bool],
) -> Vec<bool> {
    let net = prices.net(values, rows);
    let first = is_demanded(program);
    let mut order: Vec<(bool, bool, f64, usize)> = (0..program.items.len())
        .filter_map(|item| {
            let columns = program.columns_of[item].iter().copied();
            let best = columns.max_by(|a, b| net[*a].total_cmp(&net[*b]))?;
            let is_in = program.columns_of[item]
                .iter()
                .any(|column| priced.chosen[*column]);
            let cost = (values[best] - net[best]).max(f64::MIN_POSITIVE);
            Some((first[item], is_in, values[best] / cost, item))
        })
        .filter(|(first, _, score, _)| *first || *score > 0.0)
        .collect();
    order.sort_by(|a, b| {
        (b.0, b.1)
            .cmp(&(a.0, a.1))
            .then(b.2.total_cmp(&a.2))
            .then(a.3.cmp(&b.3))
    });
    let mut filling = Filling::new(program, rows);
    for (_, _, _, item) in order {
        filling.add(item, open, Some(&net));
    }
    filling.chosen()
}
