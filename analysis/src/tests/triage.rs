//! Labels, links and merges, held to counts over the same sayings.

use std::collections::{BTreeMap, BTreeSet};

use lake::{FeedbackLink, LabelKind, LinkKind, Micros};

use crate::findings::{PlanningFindings, ScoredItem, ValueSource};
use crate::fixture::*;
use crate::planning::{PlanRequest, of_tables};
use crate::settings::Settings;

const MONDAY: &str = "2026-03-02T12:00:00Z";

fn planned_by(fixture: &Fixture, settings: &Settings, as_of: Micros) -> PlanningFindings {
    let period = week("2026-W10");
    let request = PlanRequest {
        capacity_person_days: Some(100.0),
        target: None,
    };
    let run = |tables| of_tables(&tables, settings, &period, &request, as_of).unwrap();
    let found = run(fixture.tables());
    assert_eq!(
        found,
        run(fixture.tables_reversed()),
        "whatever the files' order"
    );
    found
}

fn planned(fixture: &Fixture, as_of: Micros) -> PlanningFindings {
    planned_by(fixture, &settings(), as_of)
}

fn of<'f>(found: &'f PlanningFindings, id: &str) -> Option<&'f ScoredItem> {
    found.items.iter().find(|item| item.item_id == id)
}

/// Eight pieces of four users, two of each; those of `u0` and `u1` hold the keyword of A.
fn said(fixture: &mut Fixture, monday: Micros) {
    let pieces = (0..8_i64).map(|n| {
        let text = if n % 4 < 2 {
            "dark mode please"
        } else {
            "my eyes hurt at night"
        };
        comment(&format!("f{n}"), &format!("u{}", n % 4), text, monday + n)
    });
    fixture.feedback(pieces.collect());
    let mut a = item("A", Some(2.0));
    a.keywords = vec!["dark mode".to_owned()];
    a.confidence = Some(1.0);
    let mut b = item("B", Some(2.0));
    b.reach_users = Some(7.0);
    fixture.backlog(vec![a, b, item("C", Some(1.0))]);
}

#[test]
fn confirmed_pieces_count_rejected_ones_do_not_and_both_can_be_taken_back() {
    let monday = at(MONDAY);
    let mut fixture = Fixture::new();
    said(&mut fixture, monday);
    let (then, now) = (monday + HOUR, monday + DAY);
    let users = |fixture: &Fixture, as_of| {
        let found = planned(fixture, as_of);
        let a = of(&found, "A").unwrap();
        assert!((a.reach_users - a.evidence.users as f64).abs() < 1e-12);
        assert!(
            (a.value - a.reach_users).abs() < 1e-12,
            "impact and confidence are 1"
        );
        let evidence = &a.evidence;
        (
            evidence.users,
            evidence.pieces,
            evidence.confirmed_users,
            evidence.rejected_pieces,
        )
    };
    assert_eq!(users(&fixture, now), (2, 4, 0, 0));
    // u2 twice and u3 once: two more users. A piece with the keyword is no more by being confirmed.
    fixture.links(vec![
        link("A", "f2", LinkKind::Confirmed, then),
        link("A", "f6", LinkKind::Confirmed, then),
        link("A", "f3", LinkKind::Confirmed, then),
        link("A", "f0", LinkKind::Confirmed, then),
        link("A", "nowhere", LinkKind::Confirmed, then),
    ]);
    assert_eq!(users(&fixture, now), (4, 7, 3, 0));
    // One of the two pieces of u1 is rejected: the other still speaks.
    fixture.links(vec![link("A", "f1", LinkKind::Rejected, then + 1)]);
    assert_eq!(users(&fixture, now), (4, 6, 3, 1));
    fixture.links(vec![link("A", "f5", LinkKind::Rejected, then + 1)]);
    assert_eq!(users(&fixture, now), (3, 5, 3, 2));
    fixture.links(vec![
        link("A", "f3", LinkKind::Withdrawn, then + 2),
        link("A", "f5", LinkKind::Withdrawn, then + 2),
        // Said earlier, though written later: it counts no more.
        link("A", "f6", LinkKind::Rejected, then - 5),
    ]);
    // f0, f4, f5 by the keyword, f2 and f6 confirmed.
    assert_eq!(users(&fixture, now), (3, 5, 2, 1));
    assert_eq!(
        users(&fixture, then + 1),
        (3, 5, 3, 2),
        "as it was known then"
    );
}

#[test]
fn a_piece_without_text_counts_once_it_is_confirmed() {
    let monday = at(MONDAY);
    let mut fixture = Fixture::new();
    said(&mut fixture, monday);
    let rating = feedback(
        "r1",
        lake::FeedbackKind::Rating,
        Some(1.0),
        ("u9", "1.0"),
        monday,
    );
    fixture.feedback(vec![rating]);
    fixture.links(vec![link("C", "r1", LinkKind::Confirmed, monday)]);
    let found = planned(&fixture, monday + DAY);
    let evidence = &of(&found, "C").unwrap().evidence;
    assert_eq!((evidence.users, evidence.rating.n), (1, 1));
    assert!(evidence.quotes.is_empty());
}

#[test]
fn merged_items_lend_their_evidence_and_stand_no_more_until_it_is_taken_back() {
    let monday = at(MONDAY);
    let mut fixture = Fixture::new();
    said(&mut fixture, monday);
    let mut needs = item("N", Some(1.0));
    needs.depends_on = vec!["A".to_owned(), "B".to_owned()];
    let mut a = item("A", Some(2.0));
    a.keywords = vec!["dark mode".to_owned()];
    a.mandatory = true;
    fixture.backlog_of(monday, vec![needs, a]);
    fixture.links(vec![
        link("B", "f0", LinkKind::Confirmed, monday),
        link("B", "f2", LinkKind::Confirmed, monday),
        merge("A", "C", LinkKind::Merged, monday),
        merge("C", "B", LinkKind::Merged, monday),
    ]);
    let now = monday + DAY;
    let found = planned(&fixture, now);
    let ids = |found: &PlanningFindings| -> BTreeSet<String> {
        found
            .items
            .iter()
            .map(|item| item.item_id.clone())
            .collect()
    };
    assert_eq!(ids(&found), BTreeSet::from(["B", "N"].map(str::to_owned)));
    let b = of(&found, "B").unwrap();
    // u0 by both, u1 by A's keyword, u2 confirmed.
    assert_eq!((b.evidence.users, b.evidence.confirmed_users), (3, 2));
    assert_eq!(b.evidence.merged_items, ["A", "C"]);
    assert_eq!(b.reach_source, ValueSource::Evidence);
    assert!(matches!(
        b.decision,
        crate::findings::Decision::Chosen {
            mandatory: true,
            ..
        }
    ));
    assert_eq!(of(&found, "N").unwrap().depends_on, ["B"]);
    // What is said of the item itself goes before what is said of a merged one.
    fixture.links(vec![link("B", "f1", LinkKind::Rejected, monday)]);
    let evidence = |found: &PlanningFindings| of(found, "B").unwrap().evidence.clone();
    assert_eq!(
        evidence(&planned(&fixture, now)).pieces,
        4,
        "f0, f2, f4, f5"
    );
    fixture.links(vec![merge("C", "B", LinkKind::Withdrawn, monday + 1)]);
    let found = planned(&fixture, now);
    assert_eq!(ids(&found).len(), 3, "A stands in C, and C for itself");
    assert_eq!(evidence(&found).users, 2);
    assert_eq!(of(&found, "C").unwrap().evidence.users, 2);
    assert_eq!(of(&found, "N").unwrap().depends_on, ["C", "B"]);
}

#[test]
fn merges_in_a_circle_are_named_and_change_nothing() {
    let monday = at(MONDAY);
    let mut fixture = Fixture::new();
    said(&mut fixture, monday);
    let before = planned(&fixture, monday + DAY);
    fixture.links(vec![
        merge("A", "B", LinkKind::Merged, monday),
        merge("B", "A", LinkKind::Merged, monday),
    ]);
    let after = planned(&fixture, monday + DAY);
    assert_eq!(after.merge_circles, [["A", "B"].map(str::to_owned)]);
    assert_eq!(after.items, before.items);
    // One into an item that is not there binds nothing either.
    fixture.links(vec![merge("C", "gone", LinkKind::Merged, monday)]);
    assert_eq!(planned(&fixture, monday + DAY).items, before.items);
}

#[test]
fn suggestions_count_for_nothing_unless_asked_for() {
    let monday = at(MONDAY);
    let mut fixture = Fixture::new();
    let texts = [
        "export my lists as a pdf file",
        "pdf export of lists",
        "good",
        "export lists pdf",
    ];
    let pieces = texts.iter().zip(0_i64..);
    let pieces = pieces.map(|(text, n)| comment(&format!("f{n}"), &format!("u{n}"), text, monday));
    fixture.feedback(pieces.collect());
    let mut export = item("E", Some(1.0));
    export.title = "Export lists as PDF".to_owned();
    fixture.backlog(vec![export]);
    fixture.links(vec![
        link("E", "f1", LinkKind::Rejected, monday),
        link("E", "f2", LinkKind::Confirmed, monday),
    ]);
    let evidence = |with_suggested| {
        let settings = Settings {
            with_suggested,
            ..settings()
        };
        let found = planned_by(&fixture, &settings, monday + DAY);
        let evidence = &found.items[0].evidence;
        (
            evidence.users,
            evidence.confirmed_users,
            evidence.suggested_users,
        )
    };
    assert_eq!(evidence(false), (1, 1, 0));
    assert_eq!(evidence(true), (3, 1, 2));
}

/// Deterministic draws.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// The users of each item by the rule in its plainest form, over pieces of `u0`, `u1` … in turn.
fn by_hand(
    sayings: &[FeedbackLink],
    keyword_of: &dyn Fn(&str, usize) -> bool,
) -> BTreeMap<String, BTreeSet<u64>> {
    let items = ["A", "B", "C", "D"];
    let last = |item: &str, other: &str| -> Option<LinkKind> {
        let of_both = sayings.iter().filter(|one| {
            let about = one.feedback_id.as_deref().or(one.into_item_id.as_deref());
            one.item_id == item && about == Some(other)
        });
        let last = of_both.max_by_key(|one| one.linked_at);
        last.map(|one| one.link)
    };
    // Which items lead to which, in as many steps as there are items.
    let mut leads = BTreeSet::new();
    for a in items {
        for b in items {
            if last(a, b) == Some(LinkKind::Merged) {
                leads.insert((a, b));
            }
        }
    }
    let close = |mut pairs: BTreeSet<(&'static str, &'static str)>| {
        for _ in items {
            let more: Vec<_> = pairs
                .iter()
                .flat_map(|(a, b)| {
                    pairs
                        .iter()
                        .filter(move |(c, _)| b == c)
                        .map(move |(_, d)| (*a, *d))
                })
                .collect();
            pairs.extend(more);
        }
        pairs
    };
    let all = close(leads.clone());
    leads.retain(|(a, b)| !all.contains(&(*b, *a)));
    let all = close(leads);
    let mut users = BTreeMap::new();
    for item in items {
        if all.iter().any(|(from, _)| *from == item) {
            continue;
        }
        let of_item = users.entry(item.to_owned()).or_insert_with(BTreeSet::new);
        for n in 0..10_usize {
            let piece = format!("f{n}");
            let counts = match last(item, &piece) {
                Some(LinkKind::Confirmed) => true,
                Some(LinkKind::Rejected) => false,
                _ => items
                    .iter()
                    .filter(|one| **one == item || all.contains(&(**one, item)))
                    .any(|one| match last(one, &piece) {
                        Some(LinkKind::Confirmed) => true,
                        Some(LinkKind::Rejected) => false,
                        _ => keyword_of(one, n),
                    }),
            };
            if counts {
                of_item.insert(n as u64 % 5);
            }
        }
    }
    users
}

#[test]
fn evidence_is_what_the_rule_in_its_plainest_form_gives() {
    let monday = at(MONDAY);
    let words = ["amber", "birch", "cedar", "dune"];
    let items = ["A", "B", "C", "D"];
    for seed in 0..60 {
        let mut draws = Draws(seed);
        let mut fixture = Fixture::new();
        let mut held = Vec::new();
        let pieces = (0..10_u64).map(|n| {
            let word = usize::try_from(draws.below(6)).unwrap();
            held.push(word);
            let text = words.get(word).copied().unwrap_or("nothing");
            comment(
                &format!("f{n}"),
                &format!("u{}", n % 5),
                &format!("some {text}"),
                monday,
            )
        });
        fixture.feedback(pieces.collect());
        let backlog = items.iter().zip(words).map(|(id, word)| {
            let mut item = item(id, Some(1.0));
            item.keywords = vec![word.to_owned()];
            item
        });
        fixture.backlog(backlog.collect());
        let mut sayings = Vec::new();
        for moment in 0..25 {
            let one = items[usize::try_from(draws.below(4)).unwrap()];
            let at = monday + moment;
            if draws.below(3) == 0 {
                let other = items[usize::try_from(draws.below(4)).unwrap()];
                let kinds = [LinkKind::Merged, LinkKind::Merged, LinkKind::Withdrawn];
                if one != other {
                    let kind = kinds[usize::try_from(draws.below(3)).unwrap()];
                    sayings.push(merge(one, other, kind, at));
                }
            } else {
                let kinds = [LinkKind::Confirmed, LinkKind::Rejected, LinkKind::Withdrawn];
                let kind = kinds[usize::try_from(draws.below(3)).unwrap()];
                sayings.push(link(one, &format!("f{}", draws.below(10)), kind, at));
            }
        }
        let keyword_of = |item: &str, piece: usize| {
            items.iter().position(|one| *one == item) == Some(held[piece])
        };
        let expected = by_hand(&sayings, &keyword_of);
        fixture.links(sayings);
        let found = planned(&fixture, monday + DAY);
        let counts: BTreeMap<String, usize> = found
            .items
            .iter()
            .map(|item| {
                (
                    item.item_id.clone(),
                    usize::try_from(item.evidence.users).unwrap(),
                )
            })
            .collect();
        let expected: BTreeMap<String, usize> = expected
            .into_iter()
            .map(|(id, users)| (id, users.len()))
            .collect();
        assert_eq!(counts, expected, "seed {seed}");
    }
}

#[test]
fn the_last_label_said_of_a_piece_counts() {
    let monday = at(MONDAY);
    let mut fixture = Fixture::new();
    said(&mut fixture, monday);
    fixture.labels(vec![
        label("f0", LabelKind::Praise, monday + 5),
        label("f0", LabelKind::BugReport, monday + 1),
        label("f1", LabelKind::Other, monday + 1),
        label("f1", LabelKind::Withdrawn, monday + 2),
    ]);
    let tables = fixture.tables();
    let at = |as_of: Micros| {
        let settings = settings();
        let question =
            crate::scope::question(&tables, &settings, &week("2026-W10"), as_of).unwrap();
        let triage = crate::facts::triage::Triage::load(&question).unwrap();
        let labels = triage.labels.into_iter();
        let labels = labels.map(|(piece, kind)| (piece, kind.as_str()));
        labels.collect::<Vec<_>>()
    };
    assert_eq!(at(monday + DAY), [("f0".to_owned(), "praise")]);
    let then = [("f0".to_owned(), "bug_report"), ("f1".to_owned(), "other")];
    assert_eq!(at(monday + 1), then);
    assert!(at(monday).is_empty());
}
