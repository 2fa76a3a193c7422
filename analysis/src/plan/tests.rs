//! The planner against brute force, against the published optima, and case by case.

use super::*;
use graph::Graph;

/// `id value effort needs…`, one a line; `?` for an unknown effort, `!` before the id for mandatory.
fn items(lines: &str) -> Vec<Candidate> {
    lines
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let mut words = line.split(' ');
            let id = words.next().unwrap();
            Candidate {
                id: id.trim_start_matches('!').to_owned(),
                value: words.next().unwrap().parse().unwrap(),
                effort: words.next().unwrap().parse().ok(),
                depends_on: words.map(str::to_owned).collect(),
                mandatory: id.starts_with('!'),
            }
        })
        .collect()
}

fn chosen(plan: &Plan) -> Vec<&str> {
    plan.decisions
        .iter()
        .filter(|(_, decision)| matches!(decision, Decision::Chosen { .. }))
        .map(|(id, _)| id.as_str())
        .collect()
}

#[track_caller]
fn cut<'a>(plan: &'a Plan, id: &str) -> (&'a str, Vec<&'a str>, Option<f64>, Option<f64>) {
    match &plan.decisions[id] {
        Decision::Cut {
            reason,
            because_of,
            extra_person_days,
            effort_at_most,
        } => (
            reason.as_str(),
            because_of.iter().map(String::as_str).collect(),
            *extra_person_days,
            *effort_at_most,
        ),
        Decision::Chosen { .. } => panic!("{id} is chosen"),
    }
}

#[track_caller]
fn needed_by<'a>(plan: &'a Plan, id: &str) -> &'a [String] {
    match &plan.decisions[id] {
        Decision::Chosen { needed_by, .. } => needed_by,
        Decision::Cut { .. } => panic!("{id} is cut"),
    }
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

#[test]
fn a_list_by_score_is_beaten_where_it_leaves_room_unused() {
    let plan = select(&items("a 60 10\nb 100 20\nc 120 30"), 50.0).unwrap();
    assert_eq!(chosen(&plan), ["b", "c"]);
    assert!(near(plan.value, 220.0) && near(plan.used_person_days, 50.0));
    assert!(plan.proved_best && near(plan.gap, 0.0));
    assert_eq!(plan.by_list.items, ["a", "b"]);
    assert!(near(plan.by_list.lost_share, 60.0 / 220.0));
    assert!(near(plan.value_of_all, 280.0));
    // At 60 person-days all fit; below 60 two of them do, and b and c are the best two.
    assert_eq!(cut(&plan, "a"), ("capacity", vec![], Some(10.0), None));
}

#[test]
fn prerequisites_come_along_and_say_for_whom() {
    let plan = select(
        &items("base 0 3\ntop 50 4 base\nother 10 5\nown 9 1\nuser 5 1 own"),
        9.0,
    )
    .unwrap();
    assert_eq!(chosen(&plan), ["base", "own", "top", "user"]);
    assert_eq!(needed_by(&plan, "base"), ["top"]);
    assert!(
        needed_by(&plan, "own").is_empty(),
        "it is worth its effort by itself"
    );
    assert_eq!(cut(&plan, "other").0, "capacity");
}

#[test]
fn an_item_whose_prerequisite_does_not_fit_says_so() {
    let plan = select(&items("a 10 5\nbig 0 9\nsmall 4 1 big"), 6.5).unwrap();
    assert_eq!(chosen(&plan), ["a"]);
    assert_eq!(
        cut(&plan, "small"),
        ("dependency", vec!["big"], Some(8.5), None)
    );
    assert_eq!(cut(&plan, "big").0, "no_value");
}

#[test]
fn unknown_effort_blocks_the_item_and_what_needs_it() {
    let plan = select(&items("a 10 ?\nb 9 1 a\nc 8 1 b\nd 1 1"), 100.0).unwrap();
    assert_eq!(chosen(&plan), ["d"]);
    assert_eq!(cut(&plan, "a"), ("no_effort", vec![], None, None));
    assert_eq!(cut(&plan, "b"), ("dependency", vec!["a"], None, None));
    assert_eq!(cut(&plan, "c"), ("dependency", vec!["a"], None, None));
}

#[test]
fn a_cycle_comes_together_or_not_at_all() {
    let lines = "a 5 2 b\nb 5 2 c\nc 5 2 a\nd 1 1 a\ne 2 2\nself 1 9 self";
    let wide = select(&items(lines), 7.0).unwrap();
    assert_eq!(chosen(&wide), ["a", "b", "c", "d"]);
    assert_eq!(
        wide.cycles,
        [
            vec!["a".to_owned(), "b".into(), "c".into()],
            vec!["self".to_owned()]
        ]
    );
    let narrow = select(&items(lines), 5.0).unwrap();
    assert_eq!(chosen(&narrow), ["e"]);
    assert_eq!(
        cut(&narrow, "b"),
        ("cycle", vec!["a", "c"], Some(1.0), Some(1.0))
    );
    let blocked = select(&items("a 5 2 b\nb 5 ? a"), 9.0).unwrap();
    assert_eq!(cut(&blocked, "a").0, "cycle");
    assert_eq!(cut(&blocked, "b").0, "no_effort");
}

#[test]
fn ids_that_are_no_candidates_bind_nothing_and_are_named() {
    let plan = select(&items("b 5 1 gone\na 5 1 gone done"), 2.0).unwrap();
    assert_eq!(chosen(&plan), ["a", "b"]);
    let named: Vec<(&str, &str)> = plan
        .dangling
        .iter()
        .map(|(item, id)| (item.as_str(), id.as_str()))
        .collect();
    assert_eq!(named, [("a", "done"), ("a", "gone"), ("b", "gone")]);
}

#[test]
fn mandatory_items_are_in_whatever_they_are_worth() {
    let plan = select(&items("!fix 0 3 lib\nlib 0 2\nbest 100 5\ngood 10 2"), 7.0).unwrap();
    assert_eq!(chosen(&plan), ["fix", "good", "lib"]);
    assert_eq!(
        plan.decisions["fix"],
        Decision::Chosen {
            mandatory: true,
            needed_by: vec![]
        }
    );
    assert_eq!(needed_by(&plan, "lib"), ["fix"]);
    assert_eq!(cut(&plan, "best").2, Some(3.0));
    assert_eq!(
        (plan.mandatory_shortfall, plan.mandatory_left_out.len()),
        (None, 0)
    );
}

#[test]
fn mandatory_items_beyond_the_capacity_are_reported() {
    let plan = select(
        &items("!a 9 4\n!b 5 3\n!zero 0 1\n!open 3 ?\nnice 100 1"),
        5.5,
    )
    .unwrap();
    assert_eq!(chosen(&plan), ["a", "zero"]);
    assert_eq!(plan.mandatory_shortfall, Some(2.5));
    assert_eq!(plan.mandatory_left_out, ["b", "open"]);
    let (reason, because_of, extra, _) = cut(&plan, "b");
    assert_eq!((reason, extra), ("mandatory_over_capacity", Some(2.5)));
    assert_eq!(because_of, ["a", "open", "zero"]);
    assert_eq!(cut(&plan, "nice").0, "mandatory_over_capacity");
    assert_eq!(cut(&plan, "open").0, "no_effort");
}

#[test]
fn equal_plans_are_told_apart_by_effort_and_then_by_id() {
    let less = select(&items("a 10 4\nb 10 3\nc 10 3.5"), 4.0).unwrap();
    assert_eq!(chosen(&less), ["b"]);
    let first = select(&items("d 7 2\nb 7 2\nc 7 2\na 7 2"), 5.0).unwrap();
    assert_eq!(chosen(&first), ["a", "b"]);
    let worthless = select(&items("a 0 1\nb 5 1"), 10.0).unwrap();
    assert_eq!(chosen(&worthless), ["b"]);
    assert_eq!(cut(&worthless, "a"), ("no_value", vec![], None, None));
}

#[test]
fn what_cannot_be_planned_with_is_refused() {
    let refused = |lines: &str, capacity| select(&items(lines), capacity).unwrap_err().to_string();
    assert_eq!(refused("a 1 1\na 2 2", 1.0), "item \"a\" is there twice");
    assert_eq!(
        refused("a -1 1", 1.0),
        "value of item \"a\" must be 0 or more, got -1"
    );
    assert_eq!(
        refused("a 1 NaN", 1.0),
        "effort of item \"a\" must be 0 or more, got NaN"
    );
    assert_eq!(
        refused("a 1 1", -0.5),
        "the capacity must be 0 or more person-days, got -0.5"
    );
    let empty = select(&[], 5.0).unwrap();
    assert!(empty.decisions.is_empty() && empty.proved_best);
}

/// A repeatable stream of numbers (Knuth's MMIX multiplier).
struct Stream(u64);

impl Stream {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn random_items(stream: &mut Stream) -> Vec<Candidate> {
    let n = 2 + stream.below(10);
    let granular = stream.below(2) == 0;
    (0..n)
        .map(|index| {
            let halves = 1 + u32::try_from(stream.below(16)).unwrap();
            let points = u32::try_from(stream.below(if granular { 6 } else { 1000 })).unwrap();
            let needs = stream.below(4) == 0;
            let backward = stream.below(5) > 0;
            let other = if backward {
                stream.below(index + 1)
            } else {
                stream.below(n)
            };
            Candidate {
                id: format!("i{index:02}"),
                value: f64::from(points) * 1.25,
                effort: (stream.below(15) > 0).then(|| f64::from(halves) / 2.0),
                depends_on: if needs {
                    vec![format!("i{other:02}")]
                } else {
                    Vec::new()
                },
                mandatory: stream.below(15) == 0,
            }
        })
        .collect()
}

/// All that the tests know of a plan without asking the planner: (value, least effort, holds).
/// `None` when no subset keeps the rules.
fn brute_force(items: &[Candidate], capacity: f64) -> Option<(f64, f64)> {
    let index = |id: &String| items.iter().position(|item| item.id == *id);
    // An item can be planned when it and all that it needs, at any distance, have an effort.
    let mut can: Vec<bool> = items.iter().map(|item| item.effort.is_some()).collect();
    for _ in items {
        for (at, item) in items.iter().enumerate() {
            if item
                .depends_on
                .iter()
                .filter_map(index)
                .any(|other| !can[other])
            {
                can[at] = false;
            }
        }
    }
    let mut best: Option<(f64, f64)> = None;
    for subset in 0..1_u32 << items.len() {
        let has = |at: usize| subset >> at & 1 == 1;
        let follows_rules = items.iter().enumerate().all(|(at, item)| {
            let complete = item.depends_on.iter().filter_map(index).all(has);
            if has(at) {
                can[at] && complete
            } else {
                !(item.mandatory && can[at])
            }
        });
        let taken = || {
            items
                .iter()
                .enumerate()
                .filter(|(at, _)| has(*at))
                .map(|(_, item)| item)
        };
        let effort: f64 = taken().filter_map(|item| item.effort).sum();
        if !follows_rules || effort > capacity + 1e-9 {
            continue;
        }
        let value: f64 = taken().map(|item| item.value).sum();
        let is_better = best.is_none_or(|(most, least)| {
            value > most + 1e-9 || (value > most - 1e-9 && effort < least - 1e-9)
        });
        if is_better {
            best = Some((value, effort));
        }
    }
    best
}

#[test]
fn plans_of_random_backlogs_are_as_good_as_the_best_of_all_subsets() {
    let mut stream = Stream(2026);
    let (mut plain, mut over) = (0, 0);
    for round in 0..300 {
        let items = random_items(&mut stream);
        let capacity = f64::from(u32::try_from(stream.below(60)).unwrap()) / 2.0;
        let plan = select(&items, capacity).unwrap();
        assert!(plan.proved_best, "round {round}");
        assert!(plan.used_person_days <= capacity + 1e-9, "round {round}");
        let Some((value, effort)) = brute_force(&items, capacity) else {
            assert!(plan.mandatory_shortfall.is_some(), "round {round}");
            over += 1;
            continue;
        };
        plain += 1;
        assert_eq!(plan.mandatory_shortfall, None, "round {round}");
        assert!(
            near(plan.value, value),
            "round {round}: {} for {value}",
            plan.value
        );
        assert!(
            near(plan.used_person_days, effort),
            "round {round}: {items:?} at {capacity}"
        );
        assert!(
            plan.by_list.value <= value + 1e-9,
            "round {round}: the list is better"
        );
        let mut reversed = items.clone();
        reversed.reverse();
        assert_eq!(
            select(&reversed, capacity).unwrap(),
            plan,
            "round {round}: order matters"
        );
    }
    assert!(
        plain > 200 && over > 0,
        "{plain} plain, {over} over capacity"
    );
}

/// Whether some best plan holds the item: forced in, it costs no value.
fn a_best_plan_holds(id: &str, items: &[Candidate], capacity: f64) -> bool {
    let mut forced = items.to_vec();
    forced
        .iter_mut()
        .filter(|item| item.id == id)
        .for_each(|item| item.mandatory = true);
    let (free, forced) = (
        select(items, capacity).unwrap(),
        select(&forced, capacity).unwrap(),
    );
    forced.mandatory_shortfall.is_none() && near(free.value, forced.value)
}

#[test]
fn what_would_bring_an_item_in_does_and_less_does_not() {
    let mut stream = Stream(7);
    let (mut extras, mut efforts) = (0, 0);
    for round in 0..100 {
        let items = random_items(&mut stream);
        let capacity = f64::from(u32::try_from(stream.below(30)).unwrap()) / 2.0;
        let plan = select(&items, capacity).unwrap();
        if plan.mandatory_shortfall.is_some() {
            continue;
        }
        for item in &items {
            let Decision::Cut {
                extra_person_days,
                effort_at_most,
                ..
            } = &plan.decisions[&item.id]
            else {
                continue;
            };
            if a_best_plan_holds(&item.id, &items, capacity) {
                continue; // A tie: the plan holds another item of the same worth.
            }
            let holds =
                |items: &[Candidate], capacity| a_best_plan_holds(&item.id, items, capacity);
            let with = |effort: f64| {
                let mut items = items.clone();
                let it = items.iter_mut().find(|other| other.id == item.id).unwrap();
                it.effort = Some(effort);
                items
            };
            if let Some(extra) = extra_person_days {
                assert!(
                    holds(&items, capacity + extra),
                    "round {round}: {}",
                    item.id
                );
                assert!(
                    !holds(&items, capacity + extra - 0.5),
                    "round {round}: {}",
                    item.id
                );
                extras += 1;
                let most = effort_at_most.unwrap_or(0.0);
                assert!(
                    most < 0.5 || holds(&with(most), capacity),
                    "round {round}: {}",
                    item.id
                );
                assert!(
                    !holds(&with(most + 0.5), capacity),
                    "round {round}: {}",
                    item.id
                );
                efforts += u32::from(effort_at_most.is_some());
            } else {
                assert!(
                    item.value <= 0.0 || !holds(&items, 500.0),
                    "round {round}: {}",
                    item.id
                );
            }
        }
    }
    assert!(
        extras > 100 && efforts > 40,
        "{extras} extras, {efforts} efforts"
    );
}

#[test]
fn a_search_that_is_cut_short_keeps_a_plan_and_owns_up_to_the_gap() {
    // Strongly correlated knapsacks are the hard ones (Pisinger, Computers & OR 32 (2005)).
    let mut stream = Stream(3);
    let items: Vec<Candidate> = (0..80)
        .map(|index| {
            let effort = f64::from(u32::try_from(1 + stream.below(1000)).unwrap()) / 2.0;
            let id = format!("i{index:02}");
            let depends_on = Vec::new();
            Candidate {
                id,
                value: effort + 50.0,
                effort: Some(effort),
                depends_on,
                mandatory: false,
            }
        })
        .collect();
    let graph = Graph::new(&items).unwrap();
    let open: Vec<usize> = (0..graph.units.len()).collect();
    let list = by_list::walk(&graph, 8000.5, &vec![true; open.len()]);
    let short = solve::best(&graph, 8000.5, &open, &list, 0);
    let value = |units: &[usize]| {
        units
            .iter()
            .map(|unit| graph.units[*unit].value)
            .sum::<f64>()
    };
    assert!(!short.proved);
    assert!(value(&short.chosen) >= value(&list));
    assert!(short.bound > value(&short.chosen));
}

/// A case of the next release problem (J. Xuan et al., IEEE TSE 38 (2012)): requirements cost,
/// customers pay when all that they ask for is there.
fn next_release_problem(text: &str) -> Vec<Candidate> {
    let mut numbers = text
        .split_whitespace()
        .map(|word| word.parse::<u32>().unwrap());
    let mut next = || numbers.next().unwrap();
    let mut items = Vec::new();
    for _ in 0..next() {
        for _ in 0..next() {
            let id = format!("r{}", items.len() + 1);
            let effort = Some(f64::from(next()));
            items.push(Candidate {
                id,
                value: 0.0,
                effort,
                depends_on: Vec::new(),
                mandatory: false,
            });
        }
    }
    for _ in 0..next() {
        let (before, after) = (next(), next());
        items[after as usize - 1]
            .depends_on
            .push(format!("r{before}"));
    }
    for customer in 1..=next() {
        let value = f64::from(next());
        let depends_on = (0..next()).map(|_| format!("r{}", next())).collect();
        let id = format!("c{customer}");
        items.push(Candidate {
            id,
            value,
            effort: Some(0.0),
            depends_on,
            mandatory: false,
        });
    }
    items
}

#[test]
fn published_optima_of_the_next_release_problem_are_found_and_proved() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/nrp");
    let Ok(optima) = std::fs::read_to_string(format!("{folder}/optima.csv")) else {
        eprintln!("skipped: no {folder}");
        return;
    };
    let mut found = 0;
    for line in optima.lines() {
        let fields: Vec<&str> = line.split(',').collect();
        if fields[0] != "nrp1" {
            continue; // The larger ones take minutes without the highest optimisation.
        }
        let text = std::fs::read_to_string(format!("{folder}/nrp1.txt")).unwrap();
        let items = next_release_problem(&text);
        let graph = Graph::new(&items).unwrap();
        let plan = select::best(&graph, fields[4].parse().unwrap());
        assert!(
            near(plan.value, fields[5].parse().unwrap()),
            "{line}: {}",
            plan.value
        );
        assert!(plan.proved, "{line}");
        found += 1;
    }
    assert_eq!(found, 3, "a row of each ratio");
}
