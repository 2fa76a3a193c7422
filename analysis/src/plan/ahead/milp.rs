//! Asks microlp about a program, within a counted budget.
//!
//! Why microlp: it is pure Rust, so the build needs no C++ compiler, and the program stays one file.
//! Searches stop by counted pivots and nodes, never by time, so that a rerun gives the same plan.

use microlp::{ComparisonOp, Error, OptimizationDirection, SolveOptions, SolveOutcome, Variable};

use super::program::{Program, Rule};

/// Nodes between two looks at the budget.
const NODES_A_STEP: u64 = 100;

/// What to look for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aim {
    /// The most value, less a price per person-day.
    Value {
        /// What a person-day costs.
        effort_price: f64,
    },
    /// The most demands met.
    Demands,
    /// The fewest person-days beyond the capacities.
    LeastOverflow,
}

/// A question about a program.
#[derive(Debug, Clone)]
pub(crate) struct Ask<'a> {
    pub(crate) program: &'a Program<'a>,
    pub(crate) aim: Aim,
    /// Whether the shares bind.
    pub(crate) shares: bool,
    /// How many demands must be met.
    pub(crate) demands: usize,
    /// Which columns may be chosen.
    pub(crate) open: &'a [bool],
    /// Items that are in every choice worth finding.
    pub(crate) held: &'a [usize],
    /// A choice to begin with.
    pub(crate) start: Option<&'a [bool]>,
    /// Pivots and nodes after which the search ends.
    pub(crate) work_max: u64,
    /// The share of the best value that may be missed.
    pub(crate) gap: f64,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// A choice.
    Found {
        /// Whether each column is chosen.
        chosen: Vec<bool>,
        /// No choice does better at what was aimed at.
        bound: f64,
        /// Whether none does better than this one.
        proven: bool,
        /// For each row of the program, by how much it is exceeded.
        overflow: Vec<f64>,
    },
    /// No choice keeps the rules.
    Infeasible,
    /// The search ended before it found one.
    GaveUp,
}

struct Model {
    problem: microlp::Problem,
    columns: Vec<Option<Variable>>,
    overflow: Vec<Option<Variable>>,
    /// A power of two that the aim was multiplied by.
    scale: f64,
}

impl Ask<'_> {
    /// Searches until there is a proof or the budget is used up.
    pub(crate) fn answer(&self) -> Answer {
        let model = self.model();
        let mut options = SolveOptions::default();
        options.node_limit = Some(NODES_A_STEP);
        if self.gap > 0.0 {
            options.mip_gap = self.gap;
        }
        options.warm_start = self.start.map(|start| {
            let columns = model.columns.iter().zip(start);
            let known = columns.filter_map(|(variable, chosen)| {
                variable.map(|variable| (variable, if *chosen { 1.0 } else { 0.0 }))
            });
            known.collect()
        });
        let mut outcome = match model.problem.solve_with(options) {
            Ok(outcome) => outcome,
            Err(Error::Infeasible) => return Answer::Infeasible,
            Err(_) => return Answer::GaveUp,
        };
        while !self.is_done(&outcome) && work(&outcome) < self.work_max {
            outcome = match outcome.resume() {
                Ok(further) => further,
                Err(Error::Infeasible) => return Answer::Infeasible,
                Err(_) => return Answer::GaveUp,
            };
        }
        self.read(&model, &outcome).unwrap_or(Answer::GaveUp)
    }

    fn is_done(&self, outcome: &SolveOutcome) -> bool {
        let gap = outcome.solution().and_then(microlp::Solution::gap);
        outcome.is_optimal() || gap.is_some_and(|gap| gap <= self.gap)
    }

    fn value(&self, column: usize) -> f64 {
        match self.aim {
            Aim::Value { effort_price } => {
                let column = &self.program.columns[column];
                column.value - effort_price * column.effort
            }
            Aim::Demands | Aim::LeastOverflow => 0.0,
        }
    }

    /// Brings the largest value near a thousand, for the solver's tolerances; a power of two keeps
    /// values exact.
    fn scale(&self) -> f64 {
        let open = (0..self.open.len()).filter(|column| self.open[*column]);
        let largest = open.map(|column| self.value(column)).fold(0.0, f64::max);
        if largest <= 0.0 || (1.0..1e6).contains(&largest) {
            1.0
        } else {
            (10.0 - largest.log2().floor()).exp2()
        }
    }

    fn model(&self) -> Model {
        let scale = self.scale();
        let mut problem = microlp::Problem::new(OptimizationDirection::Maximize);
        let columns: Vec<Option<Variable>> = (0..self.open.len())
            .map(|column| {
                let is_open = self.open[column];
                is_open.then(|| problem.add_binary_var(scale * self.value(column)))
            })
            .collect();
        let mut model = Model {
            problem,
            columns,
            overflow: vec![None; self.program.rows.len()],
            scale,
        };
        self.add_order(&mut model);
        self.add_rows(&mut model);
        self.add_demands(&mut model);
        model
    }

    /// Each item once at most, and only with what it needs.
    fn add_order(&self, model: &mut Model) {
        let program = self.program;
        let until = |model: &Model, item: usize, release: usize, sign: f64| {
            let columns = program.columns_of[item].iter();
            let by_then = columns.filter(|column| program.columns[**column].release <= release);
            let known = by_then.filter_map(|column| model.columns[*column]);
            known.map(|variable| (variable, sign)).collect::<Vec<_>>()
        };
        for item in 0..program.items.len() {
            let all = until(model, item, usize::MAX, 1.0);
            if self.held.contains(&item) {
                model.problem.add_constraint(all, ComparisonOp::Eq, 1.0);
            } else if all.len() > 1 {
                model.problem.add_constraint(all, ComparisonOp::Le, 1.0);
            }
            for needed in &program.needs[item] {
                for column in &program.columns_of[item] {
                    if model.columns[*column].is_some() {
                        let release = program.columns[*column].release;
                        let mut terms = until(model, item, release, 1.0);
                        terms.extend(until(model, *needed, release, -1.0));
                        model.problem.add_constraint(terms, ComparisonOp::Le, 0.0);
                    }
                }
            }
        }
    }

    fn add_rows(&self, model: &mut Model) {
        for (at, row) in self.program.rows.iter().enumerate() {
            let capacity = matches!(row.rule, Rule::Capacity { .. });
            if row.rule == Rule::Share && !self.shares {
                continue;
            }
            let mut terms: Vec<(Variable, f64)> = row
                .terms
                .iter()
                .filter_map(|(column, by)| model.columns[*column].map(|variable| (variable, *by)))
                .collect();
            if capacity && matches!(self.aim, Aim::LeastOverflow) {
                let beyond = model.problem.add_var(-1.0, (0.0, f64::INFINITY));
                model.overflow[at] = Some(beyond);
                terms.push((beyond, -1.0));
            }
            if !terms.is_empty() {
                model
                    .problem
                    .add_constraint(terms, ComparisonOp::Le, row.most);
            }
        }
    }

    fn add_demands(&self, model: &mut Model) {
        let count = matches!(self.aim, Aim::Demands);
        let all = self.demands == self.program.demands.len();
        if self.demands == 0 && !count {
            return;
        }
        let mut met = Vec::new();
        for demand in &self.program.demands {
            let columns = demand
                .iter()
                .flat_map(|item| &self.program.columns_of[*item]);
            let known = columns.filter_map(|column| model.columns[*column]);
            let mut terms: Vec<(Variable, f64)> = known.map(|variable| (variable, 1.0)).collect();
            let mut at_least = 1.0;
            if !all {
                let is_met = model.problem.add_binary_var(if count { 1.0 } else { 0.0 });
                met.push((is_met, 1.0));
                terms.push((is_met, -1.0));
                at_least = 0.0;
            }
            model
                .problem
                .add_constraint(terms, ComparisonOp::Ge, at_least);
        }
        if !all {
            let least = u32::try_from(self.demands).map_or(f64::INFINITY, f64::from);
            model.problem.add_constraint(met, ComparisonOp::Ge, least);
        }
    }

    /// The choice, if the rounded answer keeps every rule that binds.
    fn read(&self, model: &Model, outcome: &SolveOutcome) -> Option<Answer> {
        let solution = outcome.solution()?;
        let value = |variable: &Option<Variable>| {
            variable.map_or(0.0, |variable| solution.var_value(variable))
        };
        let chosen: Vec<bool> = model
            .columns
            .iter()
            .map(|column| value(column) > 0.5)
            .collect();
        let overflow: Vec<f64> = model.overflow.iter().map(value).collect();
        if !self.keeps_rules(&chosen) {
            return None;
        }
        let bound = outcome.stats().best_bound.unwrap_or(f64::INFINITY) / model.scale;
        Some(Answer::Found {
            proven: outcome.is_optimal() && self.gap <= 0.0,
            chosen,
            bound,
            overflow,
        })
    }

    /// Whether a choice keeps every rule that binds.
    pub(crate) fn keeps_rules(&self, chosen: &[bool]) -> bool {
        let binds = |rule: &Rule| match rule {
            Rule::Capacity { .. } => !matches!(self.aim, Aim::LeastOverflow),
            Rule::AtMostOne => true,
            Rule::Share => self.shares,
            Rule::Demand => true,
        };
        let program = self.program;
        let met = program
            .demands
            .iter()
            .filter(|demand| program.meets(demand, chosen));
        let mut rows = program.rows.iter().filter(|row| binds(&row.rule));
        program.is_in_order(chosen)
            && rows.all(|row| Program::holds(row, chosen))
            && met.count() >= self.demands
    }
}

/// What a search has cost: pivots, and nodes so that it ends where nodes need no pivot.
fn work(outcome: &SolveOutcome) -> u64 {
    let stats = outcome.stats();
    stats.lp_iterations + stats.nodes_solved
}
