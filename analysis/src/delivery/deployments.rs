//! From records and marks to deployments: when each release went out, and whether it was a repair.

use std::collections::BTreeMap;

use lake::{MarkKind, Micros};

use crate::facts::records::{Mark, ReleaseNote};

/// A release went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deployment {
    pub(crate) release: String,
    pub(crate) at: Micros,
    /// The next time that the same release went out.
    pub(crate) until: Option<Micros>,
    /// Whether a mark says so; else the record does.
    pub(crate) is_marked: bool,
    /// The release that it repairs.
    pub(crate) repairs: Option<String>,
    /// When it was taken back.
    pub(crate) rolled_back_at: Option<Micros>,
    /// Whether the release had not gone out before.
    pub(crate) is_first: bool,
}

impl Deployment {
    /// Whether an instant lies between this deployment and the next one of the same release.
    pub(crate) fn holds(&self, at: Micros) -> bool {
        at >= self.at && self.until.is_none_or(|until| at < until)
    }
}

/// All deployments up to `as_of`, oldest first.
pub(crate) fn all(
    notes: &BTreeMap<String, ReleaseNote>,
    marks: &BTreeMap<String, Vec<Mark>>,
    as_of: Micros,
) -> Vec<Deployment> {
    let released = |version: &str| {
        let note = notes.get(version)?;
        note.released_at.filter(|at| *at <= as_of)
    };
    let mut all: Vec<Deployment> = notes
        .keys()
        .filter(|version| !marks.contains_key(*version))
        .flat_map(|version| of_release(version, released(version), &[]))
        .collect();
    for (version, marks) in marks {
        all.extend(of_release(version, released(version), marks));
    }
    all.sort_by(|a, b| (a.at, &a.release).cmp(&(b.at, &b.release)));
    all
}

/// The deployments of one release, from its marks in their order. Where none says that it went out,
/// the record does.
fn of_release(version: &str, released_at: Option<Micros>, marks: &[Mark]) -> Vec<Deployment> {
    let mut deployments = Vec::new();
    let mut is_out = false;
    let by_record = released_at.filter(|_| !marks.iter().any(Mark::goes_out));
    if let Some(at) = by_record {
        deployments.push(deployment(version, at, false));
        is_out = true;
    }
    for mark in marks {
        match mark.kind {
            MarkKind::Deployed | MarkKind::Hotfix => {
                if !is_out {
                    deployments.push(deployment(version, mark.at, true));
                    is_out = true;
                }
                if let Some(last) = deployments.last_mut().filter(|last| last.repairs.is_none()) {
                    last.repairs.clone_from(&mark.of);
                }
            }
            MarkKind::RolledBack => {
                if let Some(last) = deployments.last_mut().filter(|last| mark.at >= last.at) {
                    last.rolled_back_at.get_or_insert(mark.at);
                    is_out = false;
                }
            }
            MarkKind::Restored
            | MarkKind::Signed
            | MarkKind::Unsigned
            | MarkKind::Go
            | MarkKind::NoGo => {}
        }
    }
    let starts: Vec<Micros> = deployments.iter().map(|one| one.at).collect();
    for (place, one) in deployments.iter_mut().enumerate() {
        one.is_first = place == 0;
        one.until = starts.get(place + 1).copied();
    }
    deployments
}

fn deployment(version: &str, at: Micros, is_marked: bool) -> Deployment {
    Deployment {
        release: version.to_owned(),
        at,
        until: None,
        is_marked,
        repairs: None,
        rolled_back_at: None,
        is_first: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(at: Micros, kind: MarkKind, of: &str) -> Mark {
        Mark {
            at,
            kind,
            of: (!of.is_empty()).then(|| of.to_owned()),
            item: None,
            author: None,
            note: None,
            id: format!("{at}-{kind:?}"),
        }
    }

    /// Marks as (instant, kind), and the deployments' instants with whether each was rolled back.
    fn check(
        released_at: Option<Micros>,
        marks: &[(Micros, MarkKind)],
        expected: &[(Micros, bool)],
    ) {
        let marks: Vec<Mark> = marks
            .iter()
            .map(|(at, kind)| {
                mark(
                    *at,
                    *kind,
                    if *kind == MarkKind::Hotfix { "1.0" } else { "" },
                )
            })
            .collect();
        let found: Vec<(Micros, bool)> = of_release("1.1", released_at, &marks)
            .iter()
            .map(|one| (one.at, one.rolled_back_at.is_some()))
            .collect();
        assert_eq!(found, expected, "{marks:?}");
    }

    #[test]
    fn a_mark_that_says_again_what_is_so_counts_once() {
        use MarkKind::{Deployed, Hotfix, Restored, RolledBack};
        check(None, &[], &[]);
        check(Some(5), &[], &[(5, false)]);
        check(Some(5), &[(7, Deployed), (8, Deployed)], &[(7, false)]);
        check(Some(5), &[(7, RolledBack)], &[(5, true)]);
        check(Some(9), &[(7, RolledBack)], &[(9, false)]);
        check(
            None,
            &[
                (1, Deployed),
                (2, RolledBack),
                (3, RolledBack),
                (4, Deployed),
            ],
            &[(1, true), (4, false)],
        );
        check(None, &[(1, RolledBack), (2, Deployed)], &[(2, false)]);
        check(None, &[(1, Restored)], &[]);
        check(None, &[(1, Deployed), (2, Hotfix)], &[(1, false)]);
    }

    #[test]
    fn a_hotfix_names_what_it_repairs_whichever_mark_came_first() {
        let marks = [
            mark(1, MarkKind::Deployed, ""),
            mark(2, MarkKind::Hotfix, "1.0"),
        ];
        let found = of_release("1.1", None, &marks);
        assert_eq!(found[0].repairs.as_deref(), Some("1.0"));
        assert_eq!(found[0].at, 1);
    }
}
