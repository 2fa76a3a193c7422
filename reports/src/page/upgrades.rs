//! Who moved from which release to which, and who stayed behind.

use analysis::findings::{Upgrades, WeeklyFindings};
use analysis::metric::Unit;

use crate::number;
use crate::text::clean;
use crate::wording;

/// Most moves on the page; the CSV table holds all.
const MOVES_MAX: usize = 10;

/// Most platforms on the page; the CSV table holds all.
const PLATFORMS_MAX: usize = 12;

/// Moves and those behind.
pub(crate) struct UpgradesView {
    pub(crate) moves: Vec<MoveView>,
    pub(crate) moves_more: Option<String>,
    pub(crate) current: String,
    pub(crate) behind: Vec<BehindView>,
    pub(crate) forecasts: String,
}

/// One move.
pub(crate) struct MoveView {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) direction: &'static str,
    pub(crate) users: String,
    pub(crate) share: String,
    pub(crate) interval: String,
    pub(crate) n: String,
}

/// All users, or those of one platform.
pub(crate) struct BehindView {
    pub(crate) platform: String,
    pub(crate) users: String,
    pub(crate) share: String,
    pub(crate) interval: String,
    pub(crate) n: String,
    pub(crate) mostly_on: String,
}

/// The view of a week.
pub(crate) fn view(findings: &WeeklyFindings) -> UpgradesView {
    let upgrades = &findings.upgrades;
    UpgradesView {
        moves: moves(upgrades),
        moves_more: (upgrades.flows.len() > MOVES_MAX)
            .then(|| number::count(wording::size(&upgrades.flows))),
        current: upgrades.current.as_deref().map(clean).unwrap_or_default(),
        behind: behind(upgrades),
        forecasts: wording::forecast_record(&upgrades.forecasts),
    }
}

fn moves(upgrades: &Upgrades) -> Vec<MoveView> {
    let shown = upgrades.flows.iter().take(MOVES_MAX);
    shown
        .map(|flow| MoveView {
            from: clean(&flow.from),
            to: clean(&flow.to),
            direction: if flow.is_upgrade { "up" } else { "back" },
            users: number::count(flow.users),
            share: number::estimate(Unit::Rate, &flow.share),
            interval: number::interval(Unit::Rate, &flow.share).unwrap_or_default(),
            n: number::count(flow.share.n),
        })
        .collect()
}

fn behind(upgrades: &Upgrades) -> Vec<BehindView> {
    let shown = upgrades.behind.iter().take(PLATFORMS_MAX);
    shown
        .map(|behind| BehindView {
            platform: behind
                .platform
                .as_deref()
                .map_or_else(|| "all".to_owned(), clean),
            users: number::count(behind.users),
            share: number::estimate(Unit::Rate, &behind.share),
            interval: number::interval(Unit::Rate, &behind.share).unwrap_or_default(),
            n: number::count(behind.share.n),
            mostly_on: behind
                .mostly_on
                .as_deref()
                .map_or_else(|| number::ABSENT.to_owned(), clean),
        })
        .collect()
}
