use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::index::SPILL_IDS;
use super::*;

fn sent(id: u64, content: u64) -> Claim {
    Claim::Identified {
        key: (id, 0),
        content,
        revisable: false,
    }
}

fn imported(id: u64, content: u64) -> Claim {
    Claim::Identified {
        key: (id, 0),
        content,
        revisable: true,
    }
}

fn record(id: u64, content: u64) -> Claim {
    Claim::Latest {
        key: (id, 0),
        content,
    }
}

fn view() -> (tempfile::TempDir, View) {
    let folder = tempfile::tempdir().unwrap();
    let view = View::new(Index::new(&folder.path().join("index")).unwrap());
    (folder, view)
}

/// Judges claims as a flush does, and takes what is stored.
fn flush(view: &View, claims: &[Claim]) -> Vec<Judgement> {
    let claims: Vec<Option<Claim>> = claims.iter().copied().map(Some).collect();
    let mut gained = Taken::default();
    let judged = view.index().judge(&claims, &[], &mut gained, usize::MAX);
    view.absorb(gained).unwrap();
    judged.unwrap().into_iter().flatten().collect()
}

/// Judges the claims in two flushes, divided anywhere.
fn check(claims: &[Claim], expected: &[Judgement]) {
    for split in 0..=claims.len() {
        let (_folder, view) = view();
        let mut judged = flush(&view, &claims[..split]);
        judged.extend(flush(&view, &claims[split..]));
        assert_eq!(judged, expected, "split at {split}");
    }
}

#[test]
fn same_id_and_content_is_a_duplicate_and_other_content_a_conflict() {
    use Judgement::{Conflict, Duplicate, New};
    check(
        &[sent(1, 5), sent(1, 5), sent(1, 6), sent(2, 5), sent(1, 5)],
        &[New, Duplicate, Conflict, New, Duplicate],
    );
}

#[test]
fn imported_content_seen_before_is_no_revision() {
    use Judgement::{Conflict, Duplicate, New, Revision};
    check(
        &[
            imported(1, 5),
            imported(1, 6),
            imported(1, 5),
            imported(1, 6),
            sent(1, 7),
        ],
        &[New, Revision, Duplicate, Duplicate, Conflict],
    );
}

#[test]
fn record_that_goes_back_to_earlier_content_is_stored() {
    use Judgement::{Duplicate, New};
    check(
        &[
            record(1, 5),
            record(1, 5),
            record(1, 6),
            record(1, 5),
            record(2, 5),
        ],
        &[New, Duplicate, New, New, New],
    );
}

/// The semantics in their simplest form.
#[derive(Default)]
struct Model {
    ids: BTreeSet<(Key, u64)>,
    latest: BTreeMap<Key, u64>,
}

impl Model {
    fn judge(&mut self, claim: Claim) -> Judgement {
        match claim {
            Claim::Identified {
                key,
                content,
                revisable,
            } => {
                let any = self.ids.range((key, 0)..=(key, u64::MAX)).next().is_some();
                let judgement = match (any, self.ids.contains(&(key, content))) {
                    (_, true) => Judgement::Duplicate,
                    (false, _) => Judgement::New,
                    _ if revisable => Judgement::Revision,
                    _ => return Judgement::Conflict,
                };
                self.ids.insert((key, content));
                judgement
            }
            Claim::Latest { key, content } => match self.latest.insert(key, content) {
                Some(last) if last == content => Judgement::Duplicate,
                _ => Judgement::New,
            },
        }
    }
}

fn any_claim() -> impl Strategy<Value = Claim> {
    (0_u64..40, 0_u64..3, 0..3).prop_map(|(id, content, form)| match form {
        0 => sent(id, content),
        1 => imported(id, content),
        _ => record(id, content),
    })
}

proptest! {
    #[test]
    fn index_judges_as_the_model_does(flushes in prop::collection::vec(prop::collection::vec(any_claim(), 0..30), 0..12)) {
        let (_folder, view) = view();
        let mut model = Model::default();
        for claims in flushes {
            let expected: Vec<_> = claims.iter().map(|claim| model.judge(*claim)).collect();
            prop_assert_eq!(flush(&view, &claims), expected);
        }
    }
}

/// An id that lies anywhere in the space of keys, as hashes do; some share their first half.
fn spread(n: u64) -> Claim {
    let first = (n / 2).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Claim::Identified {
        key: (first, n.wrapping_mul(0xbf58_476d_1ce4_e5b9)),
        content: n,
        revisable: false,
    }
}

#[test]
fn ids_are_known_in_memory_in_runs_and_in_merged_runs() {
    let (folder, view) = view();
    let piece = SPILL_IDS as u64 / 2;
    for number in 0..11 {
        let claims: Vec<Claim> = (number * piece..(number + 1) * piece).map(spread).collect();
        assert!(flush(&view, &claims).iter().all(|j| *j == Judgement::New));
    }
    assert_eq!(view.index().len() as u64, 11 * piece);
    let files = std::fs::read_dir(folder.path().join("index"))
        .unwrap()
        .count();
    assert_eq!(files, 2, "four runs became one, and one came after");
    let known: Vec<Claim> = (0..11 * piece).step_by(997).map(spread).collect();
    assert!(
        flush(&view, &known)
            .iter()
            .all(|j| *j == Judgement::Duplicate)
    );
    let others = known.iter().map(|claim| match *claim {
        Claim::Identified { key, content, .. } => Claim::Identified {
            key,
            content: content + 1,
            revisable: false,
        },
        Claim::Latest { .. } => *claim,
    });
    let others: Vec<Claim> = others.collect();
    assert!(
        flush(&view, &others)
            .iter()
            .all(|j| *j == Judgement::Conflict)
    );
}
