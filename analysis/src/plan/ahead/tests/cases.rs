//! One rule at a time.

use std::collections::BTreeMap;

use crate::plan::ahead::{
    ByTeam, Coupling, Item, LeftOut, Problem, Release, Spread, Spreads, front, plan, plan_within,
    score_at_least, stability,
};

fn days(days: f64) -> ByTeam {
    [("team".to_owned(), days)].into()
}

fn item(id: &str, value: f64, effort: f64) -> Item {
    Item {
        id: id.to_owned(),
        value,
        effort: Some(days(effort)),
        ..Item::default()
    }
}

fn problem(items: Vec<Item>, capacities: &[f64]) -> Problem {
    let release = |capacity: &f64| Release {
        capacity: days(*capacity),
        ..Release::default()
    };
    Problem {
        items,
        releases: capacities.iter().map(release).collect(),
        ..Problem::default()
    }
}

fn planned(problem: &Problem) -> Vec<(String, usize)> {
    plan(problem).unwrap().releases.into_iter().collect()
}

#[test]
fn mandatory_items_beyond_the_capacity_freeze_the_plan() {
    let must = |id: &str, value, effort| Item {
        mandatory: true,
        ..item(id, value, effort)
    };
    let items = vec![
        must("a", 9.0, 4.0),
        must("b", 5.0, 3.0),
        item("nice", 100.0, 1.0),
    ];
    let plan = plan(&problem(items, &[5.5])).unwrap();
    let freeze = plan.freeze.unwrap();
    assert!(freeze.proven);
    assert!((freeze.shortfall[0]["team"] - 1.5).abs() < 1e-6);
    assert_eq!(plan.releases.into_keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!(plan.required_left_out, ["b"]);
    assert_eq!(plan.left_out["nice"], LeftOut::Freeze);
}

#[test]
fn focus_factor_and_bug_reserve_take_their_part() {
    let mut problem = problem(vec![item("a", 1.0, 6.0), item("b", 1.0, 1.0)], &[10.0]);
    problem.releases[0].focus_factor = 0.75;
    problem.releases[0].bug_reserve = 0.2;
    let plan = plan(&problem).unwrap();
    assert!((plan.capacity[0]["team"] - 6.0).abs() < 1e-9);
    assert_eq!(plan.releases.into_keys().collect::<Vec<_>>(), ["b"]);
}

#[test]
fn an_item_that_spans_releases_takes_its_part_of_each() {
    let long = Item {
        extra_releases: 1,
        ..item("long", 9.0, 8.0)
    };
    let both = problem(
        vec![long.clone(), item("x", 1.0, 1.0), item("y", 1.0, 1.0)],
        &[5.0, 4.0],
    );
    let expected = [("long", 1), ("x", 0)].map(|(id, release)| (id.to_owned(), release));
    assert_eq!(planned(&both), expected);
    let one = plan(&problem(vec![long], &[20.0])).unwrap();
    assert_eq!(one.left_out["long"], LeftOut::NoWindow);
}

#[test]
fn cycles_dangling_ids_and_contradictions_are_named() {
    let needs = |id: &str, other: &str| Item {
        depends_on: vec![other.to_owned()],
        ..item(id, 1.0, 1.0)
    };
    let mut problem = problem(
        vec![needs("a", "b"), needs("b", "a"), needs("c", "gone")],
        &[9.0],
    );
    let both = vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(plan(&problem).unwrap().cycles, std::slice::from_ref(&both));
    assert_eq!(
        plan(&problem).unwrap().dangling,
        [("c".to_owned(), "gone".to_owned())]
    );
    problem.couplings.push(Coupling::AtMostOne(both.clone()));
    let plan = plan(&problem).unwrap();
    assert_eq!(plan.left_out["a"], LeftOut::Contradiction(both));
    assert_eq!(plan.releases.len(), 1);
}

#[test]
fn what_no_plan_can_be_made_of_is_refused() {
    let refused = |problem: &Problem| plan(problem).unwrap_err().to_string();
    assert!(refused(&Problem::default()).starts_with("there is no release"));
    let negative = problem(vec![item("a", -1.0, 1.0)], &[1.0]);
    assert_eq!(
        refused(&negative),
        "value of \"a\" must be 0 or more, got -1"
    );
    let twice = problem(vec![item("a", 1.0, 1.0), item("a", 1.0, 1.0)], &[1.0]);
    assert_eq!(refused(&twice), "item \"a\" is there twice");
    let far = Item {
        pinned_to: Some(1),
        ..item("a", 1.0, 1.0)
    };
    assert_eq!(
        refused(&problem(vec![far], &[1.0])),
        "item \"a\" is pinned to release 2, but there are 1"
    );
}

#[test]
fn the_score_that_brings_an_item_in_does_and_less_does_not() {
    let mut problem = problem(
        vec![
            item("a", 5.0, 2.0),
            item("b", 4.0, 2.0),
            item("c", 3.0, 1.0),
        ],
        &[3.0],
    );
    let before = plan(&problem).unwrap();
    let score = score_at_least(&problem, &before, "b", 10_000)
        .unwrap()
        .unwrap();
    assert!((score - 5.0).abs() < 1e-6);
    problem.items[1].value = score - 0.01;
    assert!(!plan(&problem).unwrap().releases.contains_key("b"));
    problem.items[1].value = score + 0.01;
    assert!(plan(&problem).unwrap().releases.contains_key("b"));
}

#[test]
fn the_front_rises_with_the_capacity() {
    let problem = problem(vec![item("a", 5.0, 2.0), item("b", 4.0, 2.0)], &[2.0]);
    let values: Vec<f64> = front(&problem, &[0.5, 1.0, 2.0], 1_000)
        .unwrap()
        .iter()
        .map(|point| point.value)
        .collect();
    assert_eq!(values, [0.0, 5.0, 9.0]);
}

#[test]
fn draws_of_a_sure_thing_and_of_a_tie() {
    let items = vec![
        item("sure", 2.0, 0.5),
        item("x", 10.0, 2.0),
        item("y", 10.0, 2.0),
    ];
    let problem = problem(items, &[2.5]);
    let wide = Spreads {
        effort: Spread::NONE,
        value: Spread {
            low: 0.5,
            high: 1.5,
        },
    };
    let spreads: BTreeMap<String, Spreads> = ["x", "y"].map(|id| (id.to_owned(), wide)).into();
    let drawn = stability(&problem, &spreads, 1000, 1).unwrap();
    let sure = &drawn.items["sure"];
    assert_eq!((drawn.unproved, sure.value, sure.n), (0, Some(1.0), 1000));
    let x = &drawn.items["x"];
    assert!(x.low.unwrap() < 0.5 && 0.5 < x.high.unwrap(), "{x:?}");
    assert_eq!(drawn, stability(&problem, &spreads, 1000, 1).unwrap());
}

#[test]
fn a_search_that_is_cut_short_keeps_a_plan_and_owns_up_to_the_gap() {
    // Strongly correlated knapsacks are the hard ones (D. Pisinger, Computers & OR 32 (2005)).
    let effort = |index: u32| f64::from(1 + index * 7919 % 997) / 2.0;
    let items =
        (0..80).map(|index| item(&format!("i{index:02}"), effort(index) + 50.0, effort(index)));
    let problem = problem(items.collect(), &[8000.5]);
    let plan = plan_within(&problem, 0).unwrap();
    assert!(plan.value > 0.0 && plan.bound >= plan.value);
    assert!(plan.proven || plan.gap() < 0.01, "{}", plan.gap());
}
