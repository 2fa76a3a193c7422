//! What may go wrong with a plan, by rule. A rule names what it went by, so that a team can agree or
//! not; *high* and *medium* are lines of the rule and no probabilities.
//!
//! | rule | raised when | high when |
//! |---|---|---|
//! | required over capacity | what must be in the plan does not fit | always |
//! | over-committed | the plan's days × the team's median of days spent to planned exceed the capacity by a twentieth; without such a record, when less than [`SHIPPED_LEAST`] of the last plan shipped | nine items in ten took more than what is there; or less than half shipped |
//! | capacity unknown | nobody gave a capacity | – |
//! | unhealthy base | the newest release in use is `regressed`, `suspected` or on `watch` | it is `regressed` |
//! | feature fell | a feature that an item names lost users in the last week beyond chance | – |
//! | vague scope | an item's title holds a vague word or says too little ([`vague`]), or it takes more than [`LARGE_DAYS`] | such items are half of the plan's days |
//! | not measurable | neither a goal of the release nor an event of its own shows what an item brought | such items are half of the plan's value |
//! | unproven demand | no user's feedback speaks of an item and its confidence is [`CONFIDENCE_LOW`] or less | such items are half of the plan's value |
//! | long chain | [`CHAIN_LONG`] items or more of the plan wait for each other in a row | – |
//! | one person | of a plan of [`PLAN_OF_SOME`] items or more, one owner answers for half of the days, and others for some | – |
//! | slow response | an overdue piece is critical, or, of ten or more pieces, less than [`IN_TIME_LEAST`] were answered in time | one is critical |

mod chain;
pub(crate) mod vague;

use std::collections::{BTreeMap, BTreeSet};

use lake::Goal;

use crate::findings::{
    Decision, Estimate, FeatureRow, GatesAhead, Likelihood, Reading, Responses, Risk, RiskItem,
    RiskRule, ScoreCard, ScoredItem, State, ValueSource,
};
use crate::planning::open_needs;
use crate::response::{IN_TIME_LEAST, critical_waiting, is_slow};
use crate::stats::proportion;

/// A plan may exceed what the record says by as much before it is called over-committed.
const OVER_LEAST: f64 = 1.05;
/// Of the last plan's items at least as many should have shipped.
const SHIPPED_LEAST: f64 = 0.8;
/// Person-days above which nobody knows what an item holds.
const LARGE_DAYS: f64 = 10.0;
/// Confidence of RICE at which little speaks for an item.
const CONFIDENCE_LOW: f64 = 0.5;
/// Items in a row that are a long chain.
const CHAIN_LONG: usize = 3;
/// Items from which on a plan can be said to hang on one person.
const PLAN_OF_SOME: usize = 3;
/// A share that is much of a plan.
const MUCH: f64 = 0.5;

/// What risks are found by.
pub(crate) struct Grounds<'a> {
    /// All open items, decided.
    pub(crate) items: &'a [ScoredItem],
    pub(crate) closed: &'a BTreeSet<String>,
    pub(crate) capacity: f64,
    pub(crate) is_capacity_given: bool,
    /// Person-days of the plan.
    pub(crate) used: f64,
    /// What the release that is planned promises.
    pub(crate) goals: &'a [Goal],
    pub(crate) score_card: Option<&'a ScoreCard>,
    pub(crate) features: &'a [FeatureRow],
    pub(crate) gates: &'a GatesAhead,
    pub(crate) responses: &'a Responses,
}

/// The risks of a plan, the likelier first; of equals in the order of [`RiskRule`].
pub(crate) fn risks(grounds: &Grounds<'_>) -> Vec<Risk> {
    let plan = Plan::of(grounds);
    let found = [
        plan.over_committed(),
        plan.required_over_capacity(),
        plan.capacity_unknown(),
        plan.unhealthy_base(),
        plan.feature_fell(),
        plan.vague_scope(),
        plan.not_measurable(),
        plan.unproven_demand(),
        plan.long_chain(),
        plan.one_person(),
        plan.slow_response(),
    ];
    let mut risks: Vec<Risk> = found.into_iter().flatten().collect();
    risks.sort_by_key(|risk| (risk.likelihood, risk.rule));
    risks
}

/// A plan beside its grounds.
struct Plan<'a> {
    grounds: &'a Grounds<'a>,
    chosen: Vec<&'a ScoredItem>,
    effort: f64,
    value: f64,
}

fn days(item: &ScoredItem) -> f64 {
    item.effort_person_days.unwrap_or(0.0)
}

fn likelihood(is_high: bool) -> Likelihood {
    if is_high {
        Likelihood::High
    } else {
        Likelihood::Medium
    }
}

impl<'a> Plan<'a> {
    fn of(grounds: &'a Grounds<'a>) -> Self {
        let chosen = grounds.items.iter();
        let chosen: Vec<&ScoredItem> = chosen
            .filter(|item| matches!(item.decision, Decision::Chosen { .. }))
            .collect();
        Self {
            grounds,
            effort: chosen.iter().map(|item| days(item)).sum(),
            value: chosen.iter().map(|item| item.value).sum(),
            chosen,
        }
    }

    /// A risk of some items, each with what was found.
    fn of_items(&self, rule: RiskRule, items: Vec<(&ScoredItem, Vec<String>)>) -> Risk {
        let share = |part: f64, all: f64| (all > 0.0).then(|| part / all);
        let effort = items.iter().map(|(item, _)| days(item)).sum();
        let value = items.iter().map(|(item, _)| item.value).sum();
        let owners = items.iter().filter_map(|(item, _)| item.owner.clone());
        let owners: BTreeSet<String> = owners.collect();
        Risk {
            owners: owners.into_iter().collect(),
            effort_share: share(effort, self.effort),
            value_share: share(value, self.value),
            items: items
                .into_iter()
                .map(|(item, found)| RiskItem {
                    item_id: item.item_id.clone(),
                    title: item.title.clone(),
                    found,
                })
                .collect(),
            ..of_plan(rule, Likelihood::Medium)
        }
    }

    fn over_committed(&self) -> Option<Risk> {
        let card = self.grounds.score_card?;
        let (used, capacity) = (self.grounds.used, self.grounds.capacity);
        let record = &card.calibration.effort;
        if record.are_used
            && let Some(median) = record.median.value
        {
            let expected = Estimate {
                value: Some(used * median),
                low: record.low.map(|low| used * low),
                high: record.high.map(|high| used * high),
                n: record.median.n,
            };
            let is_sure = expected.low.is_some_and(|low| low > capacity);
            let is_over = used * median > capacity * OVER_LEAST;
            return is_over.then(|| Risk {
                measured: Some(expected),
                line: Some(capacity),
                ..of_plan(RiskRule::OverCommitted, likelihood(is_sure))
            });
        }
        let plan = card.plan.as_ref().filter(|plan| plan.items_now > 0)?;
        let shipped = proportion::estimate(card.items_shipped, plan.items_now);
        let share = shipped.value?;
        (share < SHIPPED_LEAST).then(|| Risk {
            measured: Some(shipped),
            line: Some(SHIPPED_LEAST),
            about: vec![card.release.clone()],
            ..of_plan(RiskRule::OverCommitted, likelihood(share < MUCH))
        })
    }

    fn required_over_capacity(&self) -> Option<Risk> {
        let is_left = |item: &&ScoredItem| matches!(&item.decision, Decision::Cut { reason, .. } if reason == "mandatory_over_capacity");
        let left: Vec<&ScoredItem> = self.grounds.items.iter().filter(is_left).collect();
        if left.is_empty() {
            return None;
        }
        let left = left.into_iter().map(|item| (item, Vec::new())).collect();
        Some(Risk {
            likelihood: Likelihood::High,
            effort_share: None,
            value_share: None,
            line: Some(self.grounds.capacity),
            ..self.of_items(RiskRule::RequiredOverCapacity, left)
        })
    }

    fn capacity_unknown(&self) -> Option<Risk> {
        let is_guess = !self.grounds.is_capacity_given && !self.chosen.is_empty();
        is_guess.then(|| Risk {
            line: Some(self.grounds.capacity),
            ..of_plan(RiskRule::CapacityUnknown, Likelihood::Medium)
        })
    }

    fn unhealthy_base(&self) -> Option<Risk> {
        let gates = self.grounds.gates;
        let state = gates.state?;
        let is_worse = matches!(state, State::Regressed | State::Suspected | State::Watch);
        let about = gates.release.iter().cloned();
        let reason = std::iter::once(gates.reason.clone());
        is_worse.then(|| Risk {
            about: about.chain(reason).collect(),
            ..of_plan(
                RiskRule::UnhealthyBase,
                likelihood(state == State::Regressed),
            )
        })
    }

    fn feature_fell(&self) -> Option<Risk> {
        let fell: BTreeMap<&str, &FeatureRow> = self
            .grounds
            .features
            .iter()
            .filter(|row| row.eligible_share.reading == Reading::Fell)
            .flat_map(|row| row.events.iter().map(move |event| (event.as_str(), row)))
            .collect();
        let touched: Vec<(&ScoredItem, Vec<String>)> = self
            .chosen
            .iter()
            .map(|item| {
                let events = item.feature_events.iter();
                let lost = events.filter(|event| fell.contains_key(event.as_str()));
                (*item, lost.cloned().collect::<Vec<_>>())
            })
            .filter(|(_, lost)| !lost.is_empty())
            .collect();
        let (_, events) = touched.first()?;
        let row = fell.get(events.first()?.as_str())?;
        Some(Risk {
            measured: Some(row.eligible_share.now.clone()),
            line: row.eligible_share.before.value,
            about: vec![row.feature.clone()],
            ..self.of_items(RiskRule::FeatureFell, touched.clone())
        })
    }

    fn vague_scope(&self) -> Option<Risk> {
        let vague: Vec<(&ScoredItem, Vec<String>)> = self
            .chosen
            .iter()
            .map(|item| {
                let mut found = vague::found(&item.title);
                if days(item) > LARGE_DAYS {
                    found.push("large".to_owned());
                }
                (*item, found)
            })
            .filter(|(_, found)| !found.is_empty())
            .collect();
        let risk = self.of_items(RiskRule::VagueScope, vague);
        self.raised(risk, |risk| risk.effort_share)
    }

    fn not_measurable(&self) -> Option<Risk> {
        let goals = self.grounds.goals.iter();
        let promised: BTreeSet<&str> = goals.filter_map(|goal| goal.item.as_deref()).collect();
        let unseen = self.chosen.iter().filter(|item| {
            item.feature_events.is_empty() && !promised.contains(item.item_id.as_str())
        });
        let unseen = unseen.map(|item| (*item, Vec::new())).collect();
        let risk = self.of_items(RiskRule::NotMeasurable, unseen);
        self.raised(risk, |risk| risk.value_share)
    }

    fn unproven_demand(&self) -> Option<Risk> {
        let unasked = self.chosen.iter().filter(|item| {
            item.reach_source != ValueSource::Evidence && item.confidence <= CONFIDENCE_LOW
        });
        let unasked = unasked.map(|item| (*item, Vec::new())).collect();
        let risk = self.of_items(RiskRule::UnprovenDemand, unasked);
        self.raised(risk, |risk| risk.value_share)
    }

    /// A risk with items, high where they are much of the plan.
    fn raised(&self, mut risk: Risk, share: impl Fn(&Risk) -> Option<f64>) -> Option<Risk> {
        if share(&risk).is_some_and(|share| share >= MUCH) {
            risk.likelihood = Likelihood::High;
        }
        (!risk.items.is_empty()).then_some(risk)
    }

    fn long_chain(&self) -> Option<Risk> {
        let needs: BTreeMap<&str, Vec<String>> = self
            .chosen
            .iter()
            .map(|item| (item.item_id.as_str(), open_needs(item, self.grounds.closed)))
            .collect();
        let chain = chain::longest(&needs);
        if chain.len() < CHAIN_LONG {
            return None;
        }
        let by_id = |id: &String| self.chosen.iter().find(|item| item.item_id == *id);
        let items = chain.iter().filter_map(by_id);
        let items = items.map(|item| (*item, Vec::new())).collect();
        Some(self.of_items(RiskRule::LongChain, items))
    }

    fn one_person(&self) -> Option<Risk> {
        let mut by_owner: BTreeMap<&str, f64> = BTreeMap::new();
        for item in &self.chosen {
            if let Some(owner) = &item.owner {
                *by_owner.entry(owner).or_default() += days(item);
            }
        }
        let (owner, most) = by_owner.iter().max_by(|a, b| a.1.total_cmp(b.1))?;
        let is_much = self.effort > 0.0 && most / self.effort >= MUCH;
        let is_some = self.chosen.len() >= PLAN_OF_SOME && by_owner.len() > 1;
        let own = self.chosen.iter();
        let own = own.filter(|item| item.owner.as_deref() == Some(*owner));
        let own = own.map(|item| (*item, Vec::new())).collect();
        (is_much && is_some).then(|| self.of_items(RiskRule::OnePerson, own))
    }

    fn slow_response(&self) -> Option<Risk> {
        let responses = self.grounds.responses;
        let (critical, _) = critical_waiting(responses);
        let owners = responses.by_owner.iter();
        let is_raised = critical > 0 || is_slow(responses) == Some(true);
        is_raised.then(|| Risk {
            owners: owners.filter_map(|of| of.owner.clone()).collect(),
            measured: Some(responses.in_time.clone()),
            line: Some(IN_TIME_LEAST),
            ..of_plan(RiskRule::SlowResponse, likelihood(critical > 0))
        })
    }
}

/// A risk that is about no item of its own.
fn of_plan(rule: RiskRule, likelihood: Likelihood) -> Risk {
    Risk {
        rule,
        likelihood,
        items: Vec::new(),
        owners: Vec::new(),
        effort_share: None,
        value_share: None,
        measured: None,
        line: None,
        about: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
