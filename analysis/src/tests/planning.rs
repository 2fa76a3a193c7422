use lake::Goal;

use crate::findings::{Decision, ScoredItem, ValueSource};
use crate::fixture::*;
use crate::planning::{PlanRequest, of_tables};

fn is_chosen(item: &ScoredItem) -> bool {
    matches!(item.decision, Decision::Chosen { .. })
}

/// Six users ask for dark mode, one of them twice; `dark` needs `themes`, something closed and
/// something that is not there.
fn a_backlog_with_evidence(monday: lake::Micros) -> Fixture {
    let mut fixture = Fixture::new();
    let mut pieces = Vec::new();
    for index in 0..6_i64 {
        let id = format!("a{index}");
        pieces.push(comment(
            &id,
            &format!("u{index}"),
            "I want DARK mode",
            monday + index,
        ));
    }
    pieces.push(comment("again", "u0", "dark mode!!", monday));
    pieces.push(comment("other", "z", "too dear", monday));
    fixture.feedback(pieces);
    let mut dark = item("dark", Some(4.0));
    dark.keywords = vec!["dark mode".to_owned(), "night".to_owned()];
    dark.reach_users = Some(1000.0);
    dark.depends_on = ["themes", "shipped", "nowhere"].map(str::to_owned).to_vec();
    let mut themes = item("themes", Some(2.0));
    themes.reach_users = Some(1.0);
    let mut shipped = item("shipped", Some(50.0));
    shipped.status = Some("Won't Do".to_owned());
    let mut old_dark = dark.clone();
    old_dark.reach_users = Some(1.0);
    old_dark.keywords = Vec::new();
    fixture.backlog(vec![old_dark, shipped]);
    let mut big = item("big", Some(6.0));
    big.reach_users = Some(4.0);
    big.confidence = Some(1.0);
    fixture.backlog(vec![dark, themes, big, item("unknown", None)]);
    fixture
}

#[test]
fn evidence_beats_hand_values_and_the_plan_fits() {
    let monday = at("2026-03-02T12:00:00Z");
    let fixture = a_backlog_with_evidence(monday);
    let request = PlanRequest {
        capacity_person_days: None,
        target: Some("3.0.0".to_owned()),
    };
    let (as_of, period) = (monday + DAY, week("2026-W10"));
    let run = |tables| of_tables(&tables, &settings(), &period, &request, as_of).unwrap();
    let findings = run(fixture.tables());
    assert_eq!(findings, run(fixture.tables_reversed()));
    assert_eq!(findings.capacity_source, "half_of_open_effort");
    assert!((findings.capacity_person_days - 6.0).abs() < 1e-12);
    let chosen: Vec<&str> = findings
        .items
        .iter()
        .filter(|item| is_chosen(item))
        .map(|item| item.item_id.as_str())
        .collect();
    assert_eq!(chosen, ["dark", "themes"]);
    let dark = &findings.items[0];
    assert_eq!(dark.reach_source, ValueSource::Evidence);
    assert_eq!((dark.evidence.users, dark.evidence.pieces), (6, 7));
    assert!(
        (dark.value - 6.0 * 0.8).abs() < 1e-12,
        "six users, 0.8 for five to nineteen"
    );
    assert_eq!(dark.evidence.keywords, ["dark mode"]);
    assert_eq!(
        findings.dangling,
        [("dark".to_owned(), "nowhere".to_owned())]
    );
    assert_eq!((findings.authors, findings.unmatched_authors), (7, 1));
    let unknown = findings
        .items
        .iter()
        .find(|item| item.item_id == "unknown")
        .unwrap();
    assert!(matches!(&unknown.decision, Decision::Cut { reason, .. } if reason == "no_effort"));
    assert!(findings.items.iter().all(|item| item.item_id != "shipped"));
}

#[test]
fn the_last_plan_is_held_to_its_goals() {
    let mut fixture = Fixture::new();
    let released = at("2026-02-20T00:00:00Z");
    let mut events = Vec::new();
    for index in 0..100_i64 {
        let user = format!("u{index}");
        let when = released + index * HOUR;
        events.push(usage(&format!("o{index}"), "open", &user, "3.0.0", when));
        if index < 40 {
            events.push(usage(&format!("e{index}"), "export", &user, "3.0.0", when));
        }
        events.push(usage(
            &format!("x{index}"),
            "export",
            &user,
            "2.9.0",
            released - DAY,
        ));
    }
    fixture.events(events);
    let goal = |target, baseline| Goal {
        metric: "feature_reach:export".to_owned(),
        target,
        baseline,
        item: Some("EXP".to_owned()),
    };
    let mut shipped = record("3.0.0", released);
    shipped.goals = vec![goal(0.35, Some(0.1)), goal(0.6, None), goal(0.45, None)];
    shipped.scope = vec!["FIX".to_owned()];
    let mut next = record("3.1.0", at("2026-04-01T00:00:00Z"));
    next.goals = vec![goal(0.9, None)];
    fixture.releases(vec![shipped, next]);
    let findings = of_tables(
        &fixture.tables(),
        &settings(),
        &week("2026-W10"),
        &PlanRequest::default(),
        at("2026-03-09T00:00:00Z"),
    )
    .unwrap();
    let card = findings.score_card.unwrap();
    assert_eq!(
        (card.release.as_str(), card.items),
        ("3.0.0", vec!["FIX".to_owned(), "EXP".to_owned()])
    );
    let outcomes: Vec<&str> = card
        .goals
        .iter()
        .map(|goal| goal.outcome.as_str())
        .collect();
    assert_eq!(outcomes, ["met", "missed", "not_conclusive"]);
    assert_eq!(card.goals[0].observed.n, 100);
    assert!((card.goals[0].observed.value.unwrap() - 0.4).abs() < 1e-12);
}
