//! What came of a plan, ready for the page: items, and promises.

use analysis::findings::{GoalOutcome, ItemOutcome, PlannedItem};

use super::ChipView;
use crate::number;
use crate::text::{clean, short};
use crate::wording;

/// Longest title on the page.
const TITLE_CHARS_MAX: usize = 160;

/// A promise and what came of it.
pub(crate) struct GoalView {
    pub(crate) name: String,
    pub(crate) item: String,
    pub(crate) baseline: String,
    pub(crate) target: String,
    pub(crate) observed: String,
    pub(crate) interval: String,
    pub(crate) n: String,
    pub(crate) chip: ChipView,
}

/// An item of a plan and what came of it.
pub(crate) struct OutcomeView {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) standing: String,
    pub(crate) shipped: &'static str,
    pub(crate) planned: String,
    pub(crate) spent: String,
    pub(crate) predicted: String,
    pub(crate) observed: String,
    pub(crate) about: String,
}

/// The view of an item that is out.
pub(crate) fn outcome(outcome: &ItemOutcome) -> OutcomeView {
    let observed = outcome.observed_users.map(number::count);
    let about = match &outcome.not_measurable {
        Some(why) => format!("not measurable: {}", clean(why)),
        None => {
            let share = wording::share_of_users(&outcome.adoption);
            format!("{share}{}", wording::rating_of_users(&outcome.rating))
        }
    };
    OutcomeView {
        shipped: wording::shipped(outcome.shipped),
        spent: figure(outcome.spent_person_days),
        observed: observed.unwrap_or_else(|| number::ABSENT.to_owned()),
        about,
        ..planned(&outcome.item)
    }
}

/// The view of an item of which nothing is observed yet.
pub(crate) fn planned(item: &PlannedItem) -> OutcomeView {
    OutcomeView {
        id: clean(&item.item_id),
        title: item
            .title
            .as_deref()
            .map_or_else(String::new, |title| short(&clean(title), TITLE_CHARS_MAX)),
        standing: item.standing.clone(),
        shipped: number::ABSENT,
        planned: figure(item.person_days_planned),
        spent: number::ABSENT.to_owned(),
        predicted: figure(item.reach_users),
        observed: number::ABSENT.to_owned(),
        about: String::new(),
    }
}

fn figure(figure: Option<f64>) -> String {
    figure.map_or_else(|| number::ABSENT.to_owned(), number::plain)
}

/// The view of a promise.
pub(crate) fn goal(goal: &GoalOutcome) -> GoalView {
    let shown = |value: f64| wording::goal_value(&goal.metric, value);
    let (class, word, icon) = wording::goal_outcome(&goal.outcome);
    GoalView {
        name: wording::goal_name(&goal.metric),
        item: goal.item.as_deref().map_or_else(String::new, clean),
        baseline: goal
            .baseline
            .map_or_else(|| number::ABSENT.to_owned(), shown),
        target: shown(goal.target),
        observed: goal
            .observed
            .value
            .map_or_else(|| number::ABSENT.to_owned(), shown),
        interval: goal
            .observed
            .low
            .zip(goal.observed.high)
            .map_or_else(String::new, |(low, high)| {
                format!("{} to {}", shown(low), shown(high))
            }),
        n: number::count(goal.observed.n),
        chip: ChipView { icon, word, class },
    }
}
