//! The plan of a release that was accepted, and what became of it: decisions about its items, release
//! records that name another scope, and backlog records that give another estimate, in the order in
//! which they came.
//!
//! - The plan accepted last counts; what was decided before it is history. What is taken out in the
//!   moment of acceptance was kept out of it by hand.
//! - A later decision adds an item, takes one out or estimates one anew. One that changes nothing (an
//!   item added twice) is none.
//! - A later release record whose scope is another than that of the record before it sets the scope;
//!   the differences are that record's. A record that says nothing of a scope changes none.
//! - A later backlog record with another estimate than the record before it estimates an item of the
//!   plan anew; the first record of an item, where the plan knows no estimate.
//! - Once the release has gone out its plan is closed: what comes later is of other releases. A plan
//!   that was accepted after that has no end but the moment asked about.

mod read;

use std::collections::{BTreeMap, BTreeSet};

use lake::{Micros, PlanChange};

use crate::error::Result;
use crate::facts::Question;
use crate::facts::records::{self, ReleaseNote};

use read::{Entry, Said};
pub(crate) use read::{Figures, decided_efforts};

/// An accepted plan and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Accepted {
    pub(crate) at: Micros,
    pub(crate) by: Option<String>,
    pub(crate) plan: String,
    pub(crate) capacity: Option<f64>,
    /// When the release went out, after which nothing changes it.
    pub(crate) closed_at: Option<Micros>,
    /// The items as they were accepted, and why where somebody gave a reason.
    pub(crate) planned: BTreeMap<String, (Figures, Option<String>)>,
    /// The items in it in the end, with their last estimates.
    pub(crate) now: BTreeMap<String, Figures>,
    /// Items that were kept out by hand when it was accepted, and why.
    pub(crate) cut_by_hand: Vec<(String, Option<String>)>,
    /// What was changed, oldest first.
    pub(crate) changes: Vec<Changed>,
}

/// A change of an accepted plan.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Changed {
    pub(crate) at: Micros,
    pub(crate) by: Option<String>,
    pub(crate) change: PlanChange,
    pub(crate) item: String,
    /// Its person-days in the plan before and after; `None` on the side on which it is not in it, and
    /// where they are unknown.
    pub(crate) before: Option<f64>,
    pub(crate) after: Option<f64>,
    pub(crate) reason: Option<String>,
    /// Whether a record said so in passing, and nobody as a decision.
    pub(crate) is_by_record: bool,
}

impl Changed {
    /// The person-days that the plan gains; `None` where they are unknown.
    pub(crate) fn effect(&self) -> Option<f64> {
        match self.change {
            PlanChange::Removed => self.before.map(|days| -days),
            PlanChange::Added | PlanChange::Accepted => self.after,
            PlanChange::ReEstimated => Some(self.after? - self.before?),
        }
    }
}

/// The accepted plans, by version.
pub(super) fn accepted(
    question: &Question<'_>,
    notes: &BTreeMap<String, ReleaseNote>,
) -> Result<BTreeMap<String, Accepted>> {
    let entries = read::entries(question)?;
    if entries.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (scopes, estimates) = (read::scopes(question)?, read::estimates(question)?);
    let marks = records::marks(question)?;
    let gone_out = |version: &str| {
        let first = marks.get(version)?.iter().find(|mark| mark.goes_out())?;
        Some(first.at)
    };
    let released = |version: &str| notes.get(version)?.released_at;
    let closed_at = |version: &str| {
        let at = gone_out(version).or_else(|| released(version));
        at.filter(|at| *at <= question.as_of)
    };
    let mut plans = BTreeMap::new();
    for (version, entries) in &entries {
        let scopes = scopes.get(version).map_or(&[][..], Vec::as_slice);
        let said = Sources {
            entries,
            scopes,
            estimates: &estimates,
        };
        if let Some(plan) = said.followed(closed_at(version)) {
            plans.insert(version.clone(), plan);
        }
    }
    Ok(plans)
}

/// All that was said of one release's plan.
struct Sources<'a> {
    entries: &'a [Entry],
    scopes: &'a [Said<Vec<String>>],
    estimates: &'a BTreeMap<String, Vec<Said<f64>>>,
}

/// One thing that was said, in time.
enum Step<'a> {
    Estimate(&'a str, &'a Said<f64>),
    FirstEstimate(&'a str, &'a Said<f64>),
    Decision(&'a Entry),
    Scope(&'a Said<Vec<String>>),
}

impl Step<'_> {
    fn at(&self) -> Micros {
        match self {
            Self::Estimate(_, said) | Self::FirstEstimate(_, said) => said.at,
            Self::Decision(entry) => entry.at,
            Self::Scope(said) => said.at,
        }
    }
}

impl Sources<'_> {
    fn followed(&self, gone_out: Option<Micros>) -> Option<Accepted> {
        let mut plan = self.accepted_last()?;
        plan.closed_at = gone_out;
        let until = gone_out.filter(|out| plan.at < *out);
        for step in self.steps(plan.at) {
            if until.is_some_and(|until| step.at() > until) {
                break;
            }
            match step {
                Step::FirstEstimate(item, _) if plan.knows(item) => {}
                Step::Estimate(item, said) | Step::FirstEstimate(item, said) => {
                    plan.estimate(item, said.what, (said.at, &said.by, &None), true);
                }
                Step::Decision(entry) => plan.decide(entry),
                Step::Scope(said) => self.set_scope(&mut plan, said),
            }
        }
        Some(plan)
    }

    fn accepted_last(&self) -> Option<Accepted> {
        let is_accepted = |entry: &&Entry| entry.change == PlanChange::Accepted;
        let last = self.entries.iter().rev().find(is_accepted)?;
        let of_plan: Vec<&Entry> = self
            .entries
            .iter()
            .filter(is_accepted)
            .filter(|entry| entry.plan == last.plan)
            .collect();
        let planned: BTreeMap<_, _> = of_plan
            .iter()
            .map(|entry| {
                let told = (entry.figures.clone(), entry.reason.clone());
                (entry.item.clone(), told)
            })
            .collect();
        Some(Accepted {
            at: last.at,
            by: last.by.clone(),
            plan: last.plan.clone().unwrap_or_default(),
            closed_at: None,
            capacity: of_plan.iter().find_map(|entry| entry.capacity),
            now: planned
                .iter()
                .map(|(item, (figures, _))| (item.clone(), figures.clone()))
                .collect(),
            planned,
            cut_by_hand: self.cut_with(last.at),
            changes: Vec::new(),
        })
    }

    /// What was taken out in the same moment.
    fn cut_with(&self, at: Micros) -> Vec<(String, Option<String>)> {
        let cut = self.entries.iter();
        cut.filter(|entry| entry.at == at && entry.change == PlanChange::Removed)
            .map(|entry| (entry.item.clone(), entry.reason.clone()))
            .collect()
    }

    /// What was said after that, in order.
    fn steps(&self, since: Micros) -> Vec<Step<'_>> {
        let estimates = self.estimates.iter().flat_map(|(item, said)| {
            let first = said.first().map(|said| Step::FirstEstimate(item, said));
            let is_new = |pair: &&[Said<f64>]| pair[0].what.total_cmp(&pair[1].what).is_ne();
            let later = said.windows(2).filter(is_new);
            let later = later.filter_map(|pair| Some(Step::Estimate(item, pair.last()?)));
            first.into_iter().chain(later)
        });
        let decisions = self
            .entries
            .iter()
            .filter(|entry| entry.change != PlanChange::Accepted)
            .map(Step::Decision);
        let changes_scope = |pair: &&[Said<Vec<String>>]| {
            !pair[1].what.is_empty() && set(&pair[0].what) != set(&pair[1].what)
        };
        let first = self.scopes.first().filter(|said| !said.what.is_empty());
        let later = self.scopes.windows(2).filter(changes_scope);
        let scopes = first
            .into_iter()
            .chain(later.filter_map(|pair| pair.last()));
        let mut steps: Vec<Step<'_>> = estimates
            .chain(decisions)
            .chain(scopes.map(Step::Scope))
            .filter(|step| step.at() > since)
            .collect();
        steps.sort_by_key(Step::at);
        steps
    }

    fn set_scope(&self, plan: &mut Accepted, said: &Said<Vec<String>>) {
        let (wanted, there) = (set(&said.what), plan.now.keys().cloned().collect());
        let of: Of<'_> = (said.at, &said.by, &None);
        let gone: Vec<&String> = BTreeSet::difference(&there, &wanted).collect();
        for item in gone {
            plan.remove(item, of, true);
        }
        for item in wanted.difference(&there) {
            let mut known = self.estimates.get(item).into_iter().flatten();
            let last = known.rfind(|estimate| estimate.at <= said.at);
            let figures = Figures {
                effort: last.map(|estimate| estimate.what),
                ..Figures::default()
            };
            plan.add(item, &figures, of, true);
        }
    }
}

fn set(items: &[String]) -> BTreeSet<String> {
    items.iter().cloned().collect()
}

/// When, by whom, why.
type Of<'a> = (Micros, &'a Option<String>, &'a Option<String>);

impl Accepted {
    fn decide(&mut self, entry: &Entry) {
        let of: Of<'_> = (entry.at, &entry.by, &entry.reason);
        match (entry.change, entry.figures.effort) {
            (PlanChange::Added, _) => self.add(&entry.item, &entry.figures, of, false),
            (PlanChange::Removed, _) => self.remove(&entry.item, of, false),
            (PlanChange::ReEstimated, Some(effort)) => {
                self.estimate(&entry.item, effort, of, false);
            }
            (PlanChange::ReEstimated | PlanChange::Accepted, _) => {}
        }
    }

    fn knows(&self, item: &str) -> bool {
        let figures = self.now.get(item);
        figures.is_some_and(|figures| figures.effort.is_some())
    }

    fn add(&mut self, item: &str, figures: &Figures, of: Of<'_>, is_by_record: bool) {
        if !self.now.contains_key(item) {
            self.now.insert(item.to_owned(), figures.clone());
            let efforts = (None, figures.effort);
            self.note(PlanChange::Added, item, efforts, of, is_by_record);
        }
    }

    fn remove(&mut self, item: &str, of: Of<'_>, is_by_record: bool) {
        if let Some(figures) = self.now.remove(item) {
            let efforts = (figures.effort, None);
            self.note(PlanChange::Removed, item, efforts, of, is_by_record);
        }
    }

    fn estimate(&mut self, item: &str, effort: f64, of: Of<'_>, is_by_record: bool) {
        let Some(figures) = self.now.get_mut(item) else {
            return;
        };
        let before = figures.effort.replace(effort);
        if before.is_none_or(|before| before.total_cmp(&effort).is_ne()) {
            let efforts = (before, Some(effort));
            self.note(PlanChange::ReEstimated, item, efforts, of, is_by_record);
        }
    }

    fn note(
        &mut self,
        change: PlanChange,
        item: &str,
        (before, after): (Option<f64>, Option<f64>),
        (at, by, reason): Of<'_>,
        is_by_record: bool,
    ) {
        self.changes.push(Changed {
            at,
            by: by.clone(),
            change,
            item: item.to_owned(),
            before,
            after,
            reason: reason.clone(),
            is_by_record,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(at: Micros, change: PlanChange, item: &str, effort: Option<f64>) -> Entry {
        Entry {
            at,
            change,
            item: item.to_owned(),
            plan: (change == PlanChange::Accepted).then(|| "p".to_owned()),
            figures: Figures {
                effort,
                ..Figures::default()
            },
            capacity: None,
            reason: None,
            by: None,
        }
    }

    fn followed(
        entries: &[Entry],
        scopes: &[(Micros, &[&str])],
        estimates: &[(&str, Micros, f64)],
        gone_out: Option<Micros>,
    ) -> String {
        let said = |at, what| Said { at, by: None, what };
        let scopes: Vec<_> = scopes
            .iter()
            .map(|(at, items)| said(*at, items.iter().map(|id| (*id).to_owned()).collect()))
            .collect();
        let mut of_items: BTreeMap<String, Vec<Said<f64>>> = BTreeMap::new();
        for (item, at, what) in estimates {
            let of_item = of_items.entry((*item).to_owned()).or_default();
            of_item.push(Said {
                at: *at,
                by: None,
                what: *what,
            });
        }
        let sources = Sources {
            entries,
            scopes: &scopes,
            estimates: &of_items,
        };
        let plan = sources.followed(gone_out).unwrap();
        let now: Vec<&str> = plan.now.keys().map(String::as_str).collect();
        let changes = plan.changes.iter().map(|one| {
            let effect = one.effect().map_or("?".to_owned(), |days| days.to_string());
            format!("{} {} {effect}", one.change.as_str(), one.item)
        });
        let changes: Vec<String> = changes.collect();
        format!("{}: {}", now.join(","), changes.join("; "))
    }

    use PlanChange::{Accepted as In, Added, ReEstimated, Removed};

    #[test]
    fn decisions_change_the_plan_accepted_last_and_those_that_change_nothing_are_none() {
        let mut older = entry(1, In, "old", Some(1.0));
        older.plan = Some("before".to_owned());
        let entries = [
            older,
            entry(2, Added, "lost", Some(1.0)),
            entry(10, In, "a", Some(3.0)),
            entry(10, In, "b", Some(5.0)),
            entry(11, Added, "a", Some(3.0)),
            entry(12, Added, "c", Some(2.0)),
            entry(13, ReEstimated, "a", Some(4.5)),
            entry(14, ReEstimated, "a", Some(4.5)),
            entry(15, Removed, "b", None),
            entry(16, Removed, "b", None),
            entry(17, ReEstimated, "b", Some(9.0)),
            entry(18, Added, "d", None),
        ];
        assert_eq!(
            followed(&entries, &[], &[], None),
            "a,c,d: added c 2; re_estimated a 1.5; removed b -5; added d ?"
        );
        assert_eq!(followed(&entries, &[], &[], Some(12)), "a,b,c: added c 2");
        // Accepted after it had gone out: there is nothing that closes it.
        assert_eq!(
            followed(
                &entries[2..5],
                &[],
                &[("a", 19, 3.0), ("a", 20, 1.0)],
                Some(5)
            ),
            "a,b: re_estimated a -2"
        );
    }

    #[test]
    fn records_change_it_in_passing() {
        let entries = [entry(10, In, "a", Some(3.0)), entry(10, In, "b", Some(5.0))];
        // A record of before, copied with another date, says nothing new.
        let copied: [(Micros, &[&str]); 2] = [(5, &["x"]), (11, &["x"])];
        assert_eq!(followed(&entries, &copied, &[], None), "a,b: ");
        let scopes: [(Micros, &[&str]); 4] =
            [(5, &["x"]), (11, &["b", "c"]), (12, &["c", "b"]), (13, &[])];
        let estimates = [
            ("c", 9, 2.0),
            ("c", 12, 4.0),
            ("a", 20, 1.0),
            ("b", 21, 5.0),
        ];
        assert_eq!(
            followed(&entries, &scopes, &estimates, None),
            "b,c: removed a -3; added c 2; re_estimated c 2"
        );
        // An item's record that came late, or says what it said before, is no new estimate.
        let again = [("a", 20, 9.0), ("b", 5, 1.0), ("b", 20, 1.0)];
        assert_eq!(followed(&entries, &[], &again, None), "a,b: ");
        // The first record of all, and it names a scope.
        assert_eq!(
            followed(&entries, &[(11, &["a"])], &[], None),
            "a: removed b -5"
        );
    }
}
