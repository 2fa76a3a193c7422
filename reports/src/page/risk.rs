//! What may go wrong with a plan, what will judge it, and who waits for an answer, ready for the page.

use analysis::findings::{GateAhead, GatesAhead, PlanningFindings, Responses, Risk};

use super::ChipView;
use crate::number;
use crate::text::{clean, short};
use crate::wording;

/// Overdue pieces that are quoted.
const WAITING_MAX: usize = 5;
/// Longest quote.
const QUOTE_CHARS_MAX: usize = 160;

/// One risk.
pub(super) struct RiskView {
    pub(super) name: &'static str,
    pub(super) chip: ChipView,
    pub(super) found: String,
    pub(super) effect: String,
    pub(super) sign: &'static str,
    pub(super) remedy: &'static str,
    pub(super) owners: String,
}

/// The checks of the release that is planned.
pub(super) struct GatesView {
    pub(super) sentence: String,
    pub(super) release: String,
    pub(super) rise: String,
    pub(super) share: String,
    pub(super) rows: Vec<GateView>,
}

/// One check.
pub(super) struct GateView {
    pub(super) name: String,
    pub(super) critical: bool,
    pub(super) line: String,
    pub(super) baseline: String,
    pub(super) interval: String,
    pub(super) n: String,
    pub(super) min_n: String,
    pub(super) days: String,
}

/// How soon people were answered.
pub(super) struct ResponsesView {
    pub(super) sentence: String,
    pub(super) by_owner: String,
    pub(super) rows: Vec<TargetView>,
    pub(super) waiting: Vec<WaitingView>,
}

/// One class of feedback.
pub(super) struct TargetView {
    pub(super) class: String,
    pub(super) target: String,
    pub(super) in_time: String,
    pub(super) interval: String,
    pub(super) n: String,
    pub(super) overdue: String,
    pub(super) waiting: String,
}

/// A piece that waits too long.
pub(super) struct WaitingView {
    pub(super) class: String,
    pub(super) overdue: String,
    pub(super) text: String,
}

pub(super) fn risks(findings: &PlanningFindings) -> Vec<RiskView> {
    let view = |risk: &Risk| {
        let (class, word, icon) = wording::likelihood(risk.likelihood);
        RiskView {
            name: wording::risk_name(risk.rule),
            chip: ChipView { icon, word, class },
            found: wording::risk_found(risk, &findings.responses),
            effect: wording::risk_effect(risk),
            sign: wording::risk_sign(risk.rule),
            remedy: wording::risk_remedy(risk.rule),
            owners: match risk.owners.is_empty() {
                true => number::ABSENT.to_owned(),
                false => wording::owners(risk),
            },
        }
    };
    findings.risks.iter().map(view).collect()
}

pub(super) fn gates(gates: &GatesAhead) -> GatesView {
    GatesView {
        sentence: wording::gates_sentence(gates),
        release: gates.release.as_deref().map_or_else(String::new, clean),
        rise: number::plain(gates.seen_rise),
        share: number::percent_short(gates.assumed_share),
        rows: gates.gates.iter().map(gate).collect(),
    }
}

fn gate(gate: &GateAhead) -> GateView {
    let unit = wording::unit_of(&gate.metric);
    let value = gate.baseline.value;
    GateView {
        name: wording::metric_name(&gate.metric),
        critical: gate.critical,
        line: wording::gate_line(gate),
        baseline: value.map_or_else(
            || number::ABSENT.to_owned(),
            |value| number::value(unit, value),
        ),
        interval: number::interval(unit, &gate.baseline).unwrap_or_default(),
        n: number::count(gate.baseline.n),
        min_n: number::count(gate.min_n),
        days: wording::gate_days(gate),
    }
}

pub(super) fn responses(responses: &Responses) -> ResponsesView {
    let rows = responses.targets.iter().map(|target| TargetView {
        class: wording::response_class(&target.class),
        target: number::hours(target.target_hours),
        in_time: target
            .in_time
            .value
            .map_or_else(|| number::ABSENT.to_owned(), number::percent),
        interval: number::interval(analysis::metric::Unit::Rate, &target.in_time)
            .unwrap_or_default(),
        n: number::count(target.in_time.n),
        overdue: number::count(target.overdue),
        waiting: number::count(target.waiting),
    });
    let waiting = responses.waiting.iter().take(WAITING_MAX);
    ResponsesView {
        sentence: wording::response_sentence(responses),
        by_owner: wording::overdue_by_owner(responses),
        rows: rows.collect(),
        waiting: waiting
            .map(|piece| WaitingView {
                class: wording::response_class(&piece.class),
                overdue: number::hours(piece.overdue_hours),
                text: short(&piece.text, QUOTE_CHARS_MAX),
            })
            .collect(),
    }
}
