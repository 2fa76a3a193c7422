use super::*;
use crate::findings::{Calibration, Evidence, Factors, FeatureFigure, Ratios};

fn item(id: &str, days: f64, value: f64) -> ScoredItem {
    ScoredItem {
        rank: 1,
        item_id: id.to_owned(),
        title: format!("Export of {id} to a spreadsheet"),
        kind: None,
        team: None,
        owner: None,
        status: None,
        effort_person_days: Some(days),
        depends_on: Vec::new(),
        reach_users: 10.0,
        reach_source: ValueSource::Evidence,
        impact: 1.0,
        impact_source: ValueSource::Hand,
        confidence: 0.8,
        confidence_source: ValueSource::Hand,
        value,
        rice: None,
        factor_score: None,
        factors: Factors::default(),
        evidence: Evidence::default(),
        feature_events: vec![format!("{id} used")],
        decision: Decision::Chosen {
            mandatory: false,
            needed_by: Vec::new(),
        },
    }
}

/// What a test leaves as it is speaks against nothing.
struct Case {
    items: Vec<ScoredItem>,
    capacity: f64,
    goals: Vec<Goal>,
    card: Option<ScoreCard>,
    features: Vec<FeatureRow>,
    gates: GatesAhead,
    responses: Responses,
}

impl Case {
    fn of(items: Vec<ScoredItem>) -> Self {
        Self {
            items,
            capacity: 100.0,
            goals: Vec::new(),
            card: None,
            features: Vec::new(),
            gates: GatesAhead::default(),
            responses: Responses::default(),
        }
    }

    fn risks(&self) -> Vec<Risk> {
        risks(&Grounds {
            items: &self.items,
            closed: &BTreeSet::new(),
            capacity: self.capacity,
            is_capacity_given: true,
            used: self.items.iter().map(days).sum(),
            goals: &self.goals,
            score_card: self.card.as_ref(),
            features: &self.features,
            gates: &self.gates,
            responses: &self.responses,
        })
    }

    fn rules(&self) -> Vec<(RiskRule, Likelihood)> {
        let risks = self.risks().into_iter();
        risks.map(|risk| (risk.rule, risk.likelihood)).collect()
    }
}

fn ids(risk: &Risk) -> Vec<&str> {
    risk.items
        .iter()
        .map(|item| item.item_id.as_str())
        .collect()
}

fn card(effort: Ratios, shipped: u64) -> ScoreCard {
    let plan = serde_json::json!({
        "plan_id": "p", "accepted_at": "2026-01-01T00:00:00Z", "accepted_by": null,
        "closed_at": null, "capacity_person_days": null, "items_planned": 5, "items_now": 5,
        "added": 0, "removed": 0, "re_estimated": 0, "person_days_planned": 0.0,
        "person_days_now": 0.0, "without_estimate": 0, "over_capacity_person_days": null,
        "items": [], "changes": [], "cut_by_hand": []
    });
    ScoreCard {
        release: "1.0.0".to_owned(),
        items: Vec::new(),
        goals: Vec::new(),
        plan: Some(serde_json::from_value(plan).unwrap()),
        items_shipped: shipped,
        outcomes: Vec::new(),
        days_observed: 28,
        calibration: Calibration {
            effort,
            ..Calibration::default()
        },
    }
}

#[test]
fn a_sound_plan_has_no_risks() {
    assert!(
        Case::of(vec![item("a", 3.0, 10.0), item("b", 4.0, 9.0)])
            .risks()
            .is_empty()
    );
    assert!(Case::of(Vec::new()).risks().is_empty());
}

#[test]
fn the_teams_own_record_says_whether_it_is_too_much() {
    let mut case = Case::of(vec![item("a", 9.0, 1.0), item("b", 9.0, 1.0)]);
    case.capacity = 20.0;
    let ratios = |median, low| Ratios {
        median: Estimate {
            value: Some(median),
            n: 12,
            ..Estimate::default()
        },
        low: Some(low),
        high: Some(3.0),
        are_used: true,
    };
    let over = RiskRule::OverCommitted;
    // 18 days × 1.2 = 21.6 of 20; nine in ten took at least 18 × 0.9.
    case.card = Some(card(ratios(1.2, 0.9), 5));
    assert_eq!(case.rules(), [(over, Likelihood::Medium)]);
    let risk = case.risks().remove(0);
    let measured = risk.measured.unwrap();
    assert!((measured.value.unwrap() - 21.6).abs() < 1e-9);
    assert!((measured.high.unwrap() - 54.0).abs() < 1e-9);
    assert_eq!(risk.line, Some(20.0));
    case.card = Some(card(ratios(1.5, 1.2), 5));
    assert_eq!(case.rules(), [(over, Likelihood::High)]);
    case.card = Some(card(ratios(1.1, 0.9), 5));
    assert!(case.rules().is_empty(), "19.8 of 20");
    // Without a record of days: how much of the last plan shipped.
    case.card = Some(card(Ratios::default(), 3));
    assert_eq!(case.rules(), [(over, Likelihood::Medium)]);
    case.card = Some(card(Ratios::default(), 4));
    assert!(case.rules().is_empty());
    case.card = Some(card(Ratios::default(), 2));
    assert_eq!(case.rules(), [(over, Likelihood::High)]);
}

#[test]
fn items_are_named_with_what_was_found_and_their_share_of_the_plan() {
    let mut vague = item("b", 6.0, 5.0);
    vague.title = "Various improvements".to_owned();
    vague.owner = Some("bo".to_owned());
    let mut large = item("c", 11.0, 5.0);
    large.owner = Some("ann".to_owned());
    let mut cut = item("d", 50.0, 5.0);
    cut.decision = Decision::Cut {
        reason: "capacity".to_owned(),
        because_of: Vec::new(),
        extra_person_days: None,
        effort_at_most: None,
    };
    let case = Case::of(vec![item("a", 20.0, 5.0), vague, large, cut]);
    let all = case.risks();
    // a, c: 11 of 37 days are none that is half; "a" itself takes 20 days, so that all are large.
    let risk = &all[0];
    assert_eq!(
        (risk.rule, risk.likelihood),
        (RiskRule::VagueScope, Likelihood::High)
    );
    assert_eq!(ids(risk), ["a", "b", "c"]);
    assert_eq!(
        risk.items[1].found,
        ["vague word various", "vague word improvements"]
    );
    assert_eq!(risk.items[2].found, ["large"]);
    assert_eq!(risk.owners, ["ann", "bo"]);
    assert_eq!(risk.effort_share, Some(1.0));
}

#[test]
fn what_nothing_will_show_and_what_nobody_asked_for() {
    let mut unseen = item("a", 1.0, 6.0);
    unseen.feature_events.clear();
    let mut unasked = item("b", 1.0, 4.0);
    unasked.reach_source = ValueSource::Hand;
    unasked.confidence = 0.5;
    let mut case = Case::of(vec![unseen, unasked]);
    assert_eq!(
        case.rules(),
        [
            (RiskRule::NotMeasurable, Likelihood::High),
            (RiskRule::UnprovenDemand, Likelihood::Medium)
        ]
    );
    assert_eq!(case.risks()[1].value_share, Some(0.4));
    case.goals.push(Goal {
        metric: "rating_mean".to_owned(),
        target: 4.0,
        baseline: None,
        item: Some("a".to_owned()),
    });
    assert_eq!(
        case.rules(),
        [(RiskRule::UnprovenDemand, Likelihood::Medium)]
    );
}

#[test]
fn long_chains_and_one_person() {
    let needing = |id: &str, need: &str| {
        let mut one = item(id, 2.0, 1.0);
        one.depends_on = vec![need.to_owned()];
        one
    };
    let mut first = item("a", 2.0, 1.0);
    first.owner = Some("ann".to_owned());
    let case = Case::of(vec![first.clone(), needing("b", "a"), needing("c", "b")]);
    let all = case.risks();
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(
        (all[0].rule, ids(&all[0])),
        (RiskRule::LongChain, vec!["a", "b", "c"])
    );
    let owned = |id: &str, days: f64, owner: &str| {
        let mut one = item(id, days, 1.0);
        one.owner = Some(owner.to_owned());
        one
    };
    let case = Case::of(vec![
        owned("a", 5.0, "ann"),
        owned("b", 3.0, "bo"),
        owned("c", 1.0, "ann"),
    ]);
    let all = case.risks();
    assert_eq!(
        (all[0].rule, ids(&all[0])),
        (RiskRule::OnePerson, vec!["a", "c"])
    );
    assert_eq!(all[0].owners, ["ann"]);
}

#[test]
fn the_base_the_features_and_the_answers_count() {
    let mut case = Case::of(vec![item("a", 2.0, 1.0)]);
    case.gates = GatesAhead {
        release: Some("2.2.0".to_owned()),
        state: Some(State::Suspected),
        ..GatesAhead::default()
    };
    let fell = |reading| {
        let figure = FeatureFigure {
            now: proportion::estimate(10, 100),
            before: proportion::estimate(30, 100),
            change: None,
            reading,
        };
        FeatureRow {
            feature: "a used".to_owned(),
            events: vec!["a used".to_owned()],
            items: Vec::new(),
            release: None,
            is_recorded: false,
            users: figure.clone(),
            eligible_share: figure.clone(),
            depth: Estimate::default(),
            depth_p90: None,
            repeat_share: figure.clone(),
            kept_share: figure,
            first_use_days: Estimate::default(),
            first_users: 0,
        }
    };
    case.features = vec![fell(Reading::NoDetectableChange)];
    assert_eq!(
        case.rules(),
        [(RiskRule::UnhealthyBase, Likelihood::Medium)]
    );
    case.gates.state = Some(State::Regressed);
    case.features = vec![fell(Reading::Fell)];
    case.responses.in_time = proportion::estimate(7, 10);
    assert_eq!(
        case.rules(),
        [
            (RiskRule::UnhealthyBase, Likelihood::High),
            (RiskRule::FeatureFell, Likelihood::Medium),
            (RiskRule::SlowResponse, Likelihood::Medium)
        ]
    );
    case.responses.in_time = proportion::estimate(8, 10);
    case.gates.state = Some(State::ProvedHealthy);
    assert_eq!(case.rules(), [(RiskRule::FeatureFell, Likelihood::Medium)]);
}

#[test]
fn what_must_be_in_and_does_not_fit_comes_first() {
    let mut left = item("z", 30.0, 1.0);
    left.decision = Decision::Cut {
        reason: "mandatory_over_capacity".to_owned(),
        because_of: Vec::new(),
        extra_person_days: None,
        effort_at_most: None,
    };
    let case = Case::of(vec![item("a", 2.0, 1.0), left]);
    let all = case.risks();
    assert_eq!(
        (all[0].rule, all[0].likelihood),
        (RiskRule::RequiredOverCapacity, Likelihood::High)
    );
    assert_eq!(ids(&all[0]), ["z"]);
}
