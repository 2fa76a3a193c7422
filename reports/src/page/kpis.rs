//! The KPI cards and their table.

use analysis::findings::{Kpi, Reading, WeeklyFindings};

use crate::chart::{spark_text, sparkline};
use crate::day;
use crate::number;
use crate::wording;

/// One KPI.
pub(crate) struct KpiView {
    /// The id of the metric.
    pub(crate) metric: String,
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) interval: String,
    pub(crate) n: String,
    pub(crate) before: String,
    pub(crate) reading: String,
    pub(crate) arrow: &'static str,
    pub(crate) tone: &'static str,
    pub(crate) chart: String,
    /// The chart in block characters, where it is text that is read.
    pub(crate) trend: String,
    pub(crate) weeks: String,
    pub(crate) history: Vec<(String, String, String)>,
}

/// The KPIs that had input.
pub(crate) fn filled(findings: &WeeklyFindings) -> Vec<KpiView> {
    findings
        .kpis
        .iter()
        .filter(|kpi| kpi.reading != Reading::NoInput)
        .enumerate()
        .map(|(index, kpi)| view(index, kpi, day::window(&findings.scope)))
        .collect()
}

fn view(index: usize, kpi: &Kpi, window: &str) -> KpiView {
    let past = wording::size(&kpi.history);
    let unit = wording::unit_of(&kpi.metric);
    let name = wording::metric_name(&kpi.metric);
    let value = number::estimate(unit, &kpi.now);
    let reading = wording::kpi_reading(kpi);
    let shown = |value: Option<f64>| {
        value.map_or_else(
            || number::ABSENT.to_owned(),
            |value| number::value(unit, value),
        )
    };
    let values: Vec<Option<f64>> = kpi.history.iter().map(|week| week.value).collect();
    let told: Vec<String> = kpi
        .history
        .iter()
        .map(|week| format!("{}: {}", day::short(&week.week), shown(week.value)))
        .collect();
    let known = values.iter().flatten().count();
    let chart = if known > 1 {
        let title = format!("{name}: {value}, {reading}");
        sparkline(&format!("kpi{index}"), &title, &told.join("; "), &values)
    } else {
        String::new()
    };
    let denominator = wording::denominator(&kpi.metric);
    KpiView {
        metric: kpi.metric.clone(),
        name,
        value,
        interval: number::interval(unit, &kpi.now).unwrap_or_default(),
        n: if denominator.is_empty() {
            String::new()
        } else {
            number::count(kpi.now.n)
        },
        before: shown(kpi.before.value),
        reading,
        arrow: wording::arrow(kpi.reading),
        tone: wording::tone(&kpi.metric, kpi.reading).class(),
        chart,
        trend: spark_text(&values),
        weeks: match window {
            "week" => wording::counted(past, "week", "weeks"),
            _ => wording::counted(past, "window", "windows"),
        },
        history: kpi
            .history
            .iter()
            .map(|week| {
                (
                    day::long(&week.week),
                    shown(week.value),
                    number::count(week.n),
                )
            })
            .collect(),
    }
}
