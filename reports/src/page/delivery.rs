//! The section on delivery.

use analysis::findings::{Delivery, DeliveryKpi, DeploymentRow, Part, Standing};
use analysis::metric::Unit;

use crate::day;
use crate::number;
use crate::text::clean;
use crate::wording;

/// Most deployments on the page; the CSV table holds all.
const ROWS_MAX: usize = 15;

/// How releases were delivered.
pub(crate) struct DeliveryView {
    pub(crate) period: String,
    pub(crate) days: String,
    pub(crate) kpis: Vec<FigureView>,
    pub(crate) rows: Vec<DeploymentView>,
    pub(crate) more: Option<String>,
}

/// One figure.
pub(crate) struct FigureView {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) interval: String,
    pub(crate) n: String,
    pub(crate) standing: &'static str,
    pub(crate) aside: String,
}

/// One deployment.
pub(crate) struct DeploymentView {
    pub(crate) release: String,
    pub(crate) on: String,
    pub(crate) repairs: Option<String>,
    pub(crate) failed: Option<String>,
    pub(crate) recovery: String,
    pub(crate) recovered_by: &'static str,
    pub(crate) lead: String,
    pub(crate) changes: String,
    pub(crate) slip: String,
    pub(crate) lag: String,
    pub(crate) items: String,
    pub(crate) goals: String,
}

/// The section.
pub(crate) fn view(delivery: &Delivery) -> DeliveryView {
    let rows = &delivery.deployments;
    let shown = rows.len().min(ROWS_MAX);
    DeliveryView {
        period: day::range(&delivery.first_day, &delivery.last_day),
        days: number::count(u64::from(delivery.window_days)),
        kpis: delivery.kpis.iter().map(figure).collect(),
        rows: rows.iter().take(shown).map(deployment).collect(),
        more: (rows.len() > shown).then(|| number::count(wording::size(rows))),
    }
}

fn figure(kpi: &DeliveryKpi) -> FigureView {
    let unit = wording::unit_of(&kpi.metric);
    let rests_on = parts(&kpi.rests_on);
    let left_out = parts(&kpi.left_out);
    let mut asides = Vec::new();
    if !rests_on.is_empty() {
        asides.push(format!("from {rests_on}"));
    }
    if !left_out.is_empty() {
        asides.push(format!("left out: {left_out}"));
    }
    FigureView {
        name: wording::metric_name(&kpi.metric),
        value: number::estimate(unit, &kpi.now),
        interval: number::interval(unit, &kpi.now).unwrap_or_default(),
        n: number::count(kpi.now.n),
        standing: match kpi.standing {
            Standing::Measured => "measured",
            Standing::InsufficientData => "insufficient data",
            Standing::NoInput => "no input",
        },
        aside: asides.join("; "),
    }
}

fn parts(parts: &[Part]) -> String {
    let words = parts
        .iter()
        .map(|part| format!("{} {}", number::count(part.count), clean(&part.what)));
    words.collect::<Vec<_>>().join(", ")
}

/// The view of a deployment.
pub(crate) fn deployment(row: &DeploymentRow) -> DeploymentView {
    let hours = |hours: Option<f64>| {
        hours.map_or_else(
            || number::ABSENT.to_owned(),
            |hours| number::value(Unit::Hours, hours),
        )
    };
    let of = |some: u64, all: u64| {
        if all == 0 {
            number::ABSENT.to_owned()
        } else {
            format!("{} of {}", number::count(some), number::count(all))
        }
    };
    let changes = row.lead_time_from.as_deref().map(|from| {
        let (one, many) = match from {
            "commits" => ("commit", "commits"),
            _ => ("item", "items"),
        };
        wording::counted(row.changes, one, many)
    });
    DeploymentView {
        release: clean(&row.release),
        on: day::short(&row.deployed_on),
        repairs: row.repairs.as_deref().map(clean),
        failed: (!row.failed_by.is_empty()).then(|| {
            let words = row.failed_by.iter().map(|reason| reason_words(reason));
            words.collect::<Vec<_>>().join(", ")
        }),
        recovery: hours(row.recovery_hours),
        recovered_by: match row.recovered_by.as_deref() {
            Some("restored") => "by a mark",
            Some(_) => "by sessions",
            None => "",
        },
        lead: hours(row.lead_time_hours),
        changes: changes.unwrap_or_default(),
        slip: row.slip_days.map_or_else(
            || number::ABSENT.to_owned(),
            |days| format!("{} d", number::signed(f64::from(days), 0)),
        ),
        lag: hours(row.first_seen_lag_hours),
        items: of(row.items_shipped, row.items_planned),
        goals: of(row.goals_met, row.goals_judged),
    }
}

fn reason_words(reason: &str) -> &'static str {
    match reason {
        "rolled_back" => "rolled back",
        "hotfix" => "a hotfix within 7 days",
        _ => "verdict fail",
    }
}
