//! The worked examples of the sources.

use super::discovery::Normalised;
use super::kano::{Answer, Class, Coefficients, class, coefficients};
use super::moscow::{Share, shares};
use super::*;

fn close(got: f64, expected: f64) {
    assert!((got - expected).abs() < 5e-4, "{got} for {expected}");
}

#[test]
fn judged_scores_of_published_examples() {
    // beginpm.com: B comes first.
    assert_eq!(wsjf(100.0, 50.0, 20.0, 10.0), Some(17.0));
    assert_eq!(wsjf(80.0, 30.0, 10.0, 5.0), Some(24.0));
    assert_eq!(wsjf(1.0, 1.0, 1.0, 0.0), None);
    // innerview.co and knowmba.
    let products = [
        (8.0, 7.0, 5.0),
        (6.0, 9.0, 8.0),
        (9.0, 8.0, 7.0),
        (7.0, 6.0, 6.0),
    ];
    let scores = products.map(|(impact, confidence, ease)| ice(impact, confidence, ease));
    for (score, expected) in scores.into_iter().zip([280.0, 432.0, 504.0, 252.0]) {
        close(score, expected);
    }
    close(ice_mean(8.0, 7.0, 6.0), 7.0);
}

#[test]
fn quick_wins_are_of_the_best_third_in_value_and_in_effort() {
    let items = [
        (9.0, 1.0),
        (8.0, 9.0),
        (1.0, 2.0),
        (2.0, 8.0),
        (3.0, 5.0),
        (4.0, 4.0),
    ];
    use Quadrant::{BigBet, FillIn, Middle, QuickWin, TimeSink};
    assert_eq!(
        quadrants(&items),
        [QuickWin, BigBet, FillIn, TimeSink, Middle, Middle]
    );
    assert_eq!(quadrants(&[(1.0, 1.0); 4]), [Middle; 4]);
    assert!(quadrants(&[]).is_empty());
}

#[test]
fn jira_product_discovery_as_its_own_rule_has_it() {
    let check = |field: &[f64], expected: &[f64]| {
        let got = Normalised::new(field).0;
        got.iter()
            .zip(expected)
            .for_each(|(got, expected)| close(*got, *expected));
    };
    check(&[6.0, 3.0, 2.0], &[100.0, 50.0, 33.3333]);
    check(&[5.0, 4.0], &[100.0, 80.0]);
    check(&[5.0, 1.0, -5.0], &[100.0, 60.0, 0.0]);
    check(&[-5.0, -2.0, -1.0], &[0.0, 75.0, 100.0]);
    check(&[0.0, 0.0], &[0.0, 0.0]);
    assert_eq!(
        discovery(&[(1.0, vec![5.0, 4.0])], &[]),
        [Some(100.0), Some(80.0)]
    );
    let weighed = discovery(&[(1.0, vec![5.0, 4.0])], &[(1.0, vec![0.0, 2.0])]);
    assert_eq!(weighed, [None, Some(0.8)]);
}

#[test]
fn canny_of_its_help_pages() {
    assert_eq!(canny_factor(7.0, Scale::Ten), Some(49.0));
    assert_eq!(canny_factor(4.0, Scale::Stars), Some(64.0));
    close(canny_factor(89.0, Scale::Fibonacci).unwrap(), 38.197);
    assert_eq!(canny_factor(1.0, Scale::Checkbox), Some(100.0));
    assert_eq!(canny_factor(3.0, Scale::Votes { most: 12.0 }), Some(25.0));
    assert_eq!(canny_factor(3.0, Scale::Votes { most: 0.0 }), None);
    assert_eq!(canny(&[(1.0, 49.0), (3.0, 64.0)], 10.0), Some(6025.0));
    assert_eq!(canny(&[], 10.0), None);
}

#[test]
fn what_customers_say() {
    let said = [("a", Some(1)), ("b", None), ("a", Some(3)), ("c", Some(0))];
    assert_eq!(productboard_impact(&said), 4);
    close(fider_trending(10.0, 4.0, 22.0), 0.7129);
    let all = CustomerImpact {
        revenue: 1.0,
        accounts: 1.0,
        at_risk: 0.5,
        strategic: true,
    };
    close(customer_impact(all), 100.0);
    close(
        customer_impact(CustomerImpact {
            at_risk: 0.25,
            strategic: false,
            ..all
        }),
        75.0,
    );
}

#[test]
fn kano_table_and_coefficients() {
    use Answer::{Dislike, Like, LiveWith, MustBe, Neutral};
    let letter = |class: Class| match class {
        Class::Attractive => 'A',
        Class::OneDimensional => 'O',
        Class::MustBe => 'M',
        Class::Indifferent => 'I',
        Class::Reverse => 'R',
        Class::Questionable => 'Q',
    };
    let answers = [Like, MustBe, Neutral, LiveWith, Dislike];
    let table = answers.map(|present| -> String {
        answers
            .iter()
            .map(|absent| letter(class(present, *absent)))
            .collect()
    });
    assert_eq!(table, ["QAAAO", "RIIIM", "RIIIM", "RIIIM", "RRRRQ"]);
    let said = [
        Class::Attractive,
        Class::OneDimensional,
        Class::MustBe,
        Class::Indifferent,
    ];
    let got = coefficients(&[said.as_slice(), &[Class::Reverse]].concat()).unwrap();
    assert_eq!(
        got,
        Coefficients {
            better: 0.5,
            worse: -0.5
        }
    );
    assert_eq!(coefficients(&[Class::Questionable]), None);
}

#[test]
fn too_many_musts_are_a_risk() {
    let points = [7.0, 3.0, 2.0, 4.0].map(|points| (Share::Must, points));
    let rest = [(Share::Should, 5.0), (Share::Could, 3.0)];
    let got = shares(&[points.as_slice(), &rest].concat()).unwrap();
    close(got.must, 0.6667);
    assert!(got.is_at_risk);
    assert!(
        !shares(&[(Share::Must, 6.0), (Share::Could, 4.0)])
            .unwrap()
            .is_at_risk
    );
    assert_eq!(shares(&[]), None);
}
