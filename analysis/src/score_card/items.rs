//! Item by item what came of an accepted plan: whether it shipped, what it took, who used it.

use std::collections::{BTreeMap, BTreeSet};

use lake::{Micros, Table, columns};
use polars::prelude::{Expr, col, lit};

use crate::accepted::{Known, told};
use crate::error::Result;
use crate::facts::Question;
use crate::facts::accepted::Accepted;
use crate::facts::feedback::{Piece, Ratings};
use crate::findings::{AcceptedPlan, Estimate, ItemOutcome, PlannedItem};
use crate::scan::{collect, of_app, user};
use crate::stats::proportion;
use crate::status;

/// Days after a release goes out in which its items are observed: the release period that reach is
/// predicted for.
pub(crate) const DAYS_OBSERVED: u32 = 28;
const MICROS_PER_DAY: Micros = 86_400_000_000;

const NO_FEATURE: &str = "no feature named";
const NOT_IN_BACKLOG: &str = "not in the backlog";
const NOT_SHIPPED: &str = "not shipped";
const NOT_OUT: &str = "the release is not out";

const USER: &str = "user";

/// The days in which a release is observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    from: Micros,
    to: Micros,
    /// Whether all of them are known.
    pub(super) is_over: bool,
}

impl Span {
    pub(super) fn after(went_out_at: Micros, question: &Question<'_>) -> Self {
        let end = went_out_at.saturating_add(Micros::from(DAYS_OBSERVED) * MICROS_PER_DAY);
        Self {
            from: went_out_at,
            to: end.min(question.known_until()),
            is_over: end <= question.known_until(),
        }
    }
}

/// What came of the items of a release's accepted plan, by id. Ratings are those of `pieces`.
pub(super) fn outcomes(
    question: &Question<'_>,
    (release, plan): (&str, &Accepted),
    known: &Known,
    pieces: &[Piece],
) -> Result<(AcceptedPlan, Vec<ItemOutcome>)> {
    let told = told(plan, known);
    let Some(went_out_at) = plan.closed_at else {
        let unseen = |item: &PlannedItem| unmeasured(item, known, NOT_OUT);
        let items = told.items.iter().map(unseen).collect();
        return Ok((told, items));
    };
    let span = Span::after(went_out_at, question);
    let features = told
        .items
        .iter()
        .filter_map(|item| known.get(&item.item_id));
    let names = features.flat_map(|item| item.feature_events.iter().map(String::as_str));
    let seen = Seen::load(question, (release, span), &names.collect())?;
    let of_release: Vec<&Piece> = pieces
        .iter()
        .filter(|piece| piece.release_name() == release)
        .filter(|piece| (span.from..span.to).contains(&piece.at))
        .collect();
    let items = told.items.iter();
    let items = items.map(|item| outcome(item, known, &seen, &of_release));
    let items = items.collect();
    Ok((told, items))
}

fn outcome(item: &PlannedItem, known: &Known, seen: &Seen, pieces: &[&Piece]) -> ItemOutcome {
    let Some(in_backlog) = known.get(&item.item_id) else {
        return unmeasured(item, known, NOT_IN_BACKLOG);
    };
    if item.standing == "removed" || shipped(item, known) == Some(false) {
        return unmeasured(item, known, NOT_SHIPPED);
    }
    if in_backlog.feature_events.is_empty() {
        return unmeasured(item, known, NO_FEATURE);
    }
    let users = seen.users_of(&in_backlog.feature_events);
    let theirs = pieces
        .iter()
        .filter(|piece| users.contains(piece.author.as_str()));
    ItemOutcome {
        observed_users: Some(users.len() as u64),
        adoption: proportion::estimate(users.len() as u64, seen.active),
        rating: Ratings::of(theirs.copied()).moments.estimate(),
        not_measurable: None,
        ..unmeasured(item, known, "")
    }
}

fn unmeasured(item: &PlannedItem, known: &Known, why: &str) -> ItemOutcome {
    ItemOutcome {
        shipped: shipped(item, known),
        spent_person_days: known
            .get(&item.item_id)
            .and_then(|item| item.spent_person_days),
        observed_users: None,
        adoption: Estimate::default(),
        rating: Estimate::default(),
        not_measurable: Some(why.to_owned()),
        item: item.clone(),
    }
}

/// Whether users have it; `None` where the backlog does not say.
fn shipped(item: &PlannedItem, known: &Known) -> Option<bool> {
    if item.standing == "removed" {
        return Some(false);
    }
    let status = known.get(&item.item_id)?.status.as_deref()?;
    Some(status::is_shipped(status))
}

/// Who was seen on a release.
#[derive(Debug, Default)]
struct Seen {
    /// Distinct active users.
    active: u64,
    /// Distinct users by event.
    by_event: BTreeMap<String, BTreeSet<String>>,
}

impl Seen {
    fn load(
        question: &Question<'_>,
        (release, span): (&str, Span),
        names: &BTreeSet<&str>,
    ) -> Result<Self> {
        let read = [
            columns::APP,
            columns::ENVIRONMENT,
            columns::NAME,
            columns::USER_ID,
            columns::ANONYMOUS_ID,
            columns::RELEASE,
            columns::OCCURRED_AT,
        ];
        let settings = question.settings;
        let rows = question
            .tables
            .between(Table::Events, &read, (span.from, span.to))?
            .filter(of_app(&settings.app, &settings.environment))
            .filter(col(columns::RELEASE).eq(lit(release)))
            .select([user().alias(USER), col(columns::NAME)])
            .filter(col(USER).is_not_null());
        let persons = question.persons()?;
        let ids = rows.clone().group_by([col(USER)]).agg([]);
        let ids = collect(Table::Events, ids)?;
        let active = ids.texts(USER)?.iter().flatten();
        let active: BTreeSet<&str> = active.map(|id| persons.person(id)).collect();
        let mut seen = Self {
            active: active.len() as u64,
            by_event: BTreeMap::new(),
        };
        let is_one = names.iter().map(|name| col(columns::NAME).eq(lit(*name)));
        let Some(is_one) = is_one.reduce(Expr::or) else {
            return Ok(seen);
        };
        let once = rows
            .filter(is_one)
            .group_by([col(columns::NAME), col(USER)])
            .agg([]);
        let pairs = collect(Table::Events, once)?;
        let (events, users) = (pairs.texts(columns::NAME)?, pairs.texts(USER)?);
        for (event, user) in events.iter().zip(users.iter()) {
            if let (Some(event), Some(user)) = (event, user) {
                let of_event = seen.by_event.entry(event.to_owned()).or_default();
                of_event.insert(persons.person(user).to_owned());
            }
        }
        Ok(seen)
    }

    fn users_of(&self, events: &[String]) -> BTreeSet<&str> {
        let users = events.iter().filter_map(|event| self.by_event.get(event));
        users.flatten().map(String::as_str).collect()
    }
}
