//! The search against all subsets, the published optima, and the reader against damaged files.

use super::*;
use crate::plan::stream::Stream;

impl Stream {
    fn number(&mut self, n: usize) -> i64 {
        i64::try_from(self.below(n)).unwrap()
    }
}

/// A small case with whatever files may hold: cycles, requests twice, free and worthless things.
fn random_case(stream: &mut Stream) -> Instance {
    let requirements = 1 + stream.below(12);
    let costs = (0..requirements).map(|_| stream.number(9)).collect();
    let mut needs = vec![Vec::new(); requirements];
    for _ in 0..stream.below(2 * requirements) {
        needs[stream.below(requirements)].push(stream.below(requirements));
    }
    let customers = (0..stream.below(10))
        .map(|_| Customer {
            profit: stream.number(20),
            requests: (0..stream.below(4))
                .map(|_| stream.below(requirements))
                .collect(),
        })
        .collect();
    Instance {
        costs,
        needs,
        customers,
    }
}

/// The most that any set of customers brings in.
fn best_of_all_subsets(case: &Instance, budget: i64) -> i64 {
    let most = (0..1_u32 << case.customers.len()).filter_map(|subset| {
        let mut built = vec![false; case.costs.len()];
        let mut profit = 0;
        for (index, customer) in case.customers.iter().enumerate() {
            if subset >> index & 1 == 1 {
                profit += customer.profit;
                customer
                    .requests
                    .iter()
                    .for_each(|index| built[*index] = true);
            }
        }
        for _ in 0..case.costs.len() {
            for index in 0..case.costs.len() {
                if built[index] {
                    case.needs[index]
                        .iter()
                        .for_each(|needed| built[*needed] = true);
                }
            }
        }
        let cost: i64 = (0..built.len())
            .filter(|i| built[*i])
            .map(|i| case.costs[i])
            .sum();
        (cost <= budget).then_some(profit)
    });
    most.max().unwrap()
}

#[test]
fn random_cases_are_solved_as_well_as_by_trying_all_subsets() {
    let mut stream = Stream(7);
    for round in 0..3000 {
        let case = random_case(&mut stream);
        let budget = stream.number(usize::try_from(case.total_cost()).unwrap() + 2);
        let solution = solve(&case, budget, WORK_MAX, &|| true).unwrap();
        check(&case, budget, &solution).unwrap();
        assert!(solution.proven, "round {round}");
        assert_eq!(
            solution.objective,
            best_of_all_subsets(&case, budget),
            "round {round}: {case:?} within {budget}"
        );
    }
}

#[test]
fn a_search_that_is_cut_short_owns_up_to_what_it_has_not_proved() {
    let mut stream = Stream(11);
    let mut unproved = 0;
    for _ in 0..200 {
        let case = random_case(&mut stream);
        let budget = case.total_cost() / 2;
        let solution = solve(&case, budget, 0, &|| true).unwrap();
        check(&case, budget, &solution).unwrap();
        let best = best_of_all_subsets(&case, budget);
        assert!(solution.objective <= best && best <= solution.bound);
        unproved += u32::from(!solution.proven);
        assert_eq!(solution, solve(&case, budget, WORK_MAX, &|| false).unwrap());
    }
    assert!(unproved > 20, "{unproved}");
}

#[test]
fn published_optima_are_found_and_proved() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/nrp");
    let Ok(optima) = std::fs::read_to_string(format!("{folder}/optima.csv")) else {
        eprintln!("skipped: no {folder}");
        return;
    };
    // The others take longer than a test should.
    let quick = ["nrp1", "nrp5", "nrp-e3"];
    let mut proved = 0;
    for line in optima.lines() {
        let fields: Vec<&str> = line.split(',').collect();
        if !quick.contains(&fields[0]) {
            continue;
        }
        let case = read(&std::fs::read(format!("{folder}/{}.txt", fields[0])).unwrap()).unwrap();
        let budget = fields[1]
            .parse::<Ratio>()
            .unwrap()
            .floor_of(case.total_cost());
        assert_eq!(budget.to_string(), fields[4], "{line}");
        let solution = solve(&case, budget, WORK_MAX, &|| true).unwrap();
        check(&case, budget, &solution).unwrap();
        assert_eq!(
            (solution.objective.to_string().as_str(), solution.proven),
            (fields[5], true)
        );
        proved += 1;
    }
    assert_eq!(proved, 9, "a row of each case and ratio");
}

const SMALL: &str = "2\r\n2\r\n3 4\r\n1\r\n5\r\n1\r\n1 3\r\n2\r\n10 2 1 2\r\n7 1 3\r\n";

#[test]
fn the_form_is_read_whatever_the_white_space() {
    let case = read(SMALL.as_bytes()).unwrap();
    assert_eq!(
        (case.costs.as_slice(), case.needs[2].as_slice()),
        (&[3, 4, 5][..], &[0][..])
    );
    let marked = format!("\u{feff}{}", SMALL.replace("\r\n", "\t "));
    assert_eq!(read(marked.as_bytes()).unwrap(), case);
    let solution = solve(&case, 8, WORK_MAX, &|| true).unwrap();
    assert_eq!(
        (solution.objective, solution.customers.as_slice()),
        (10, &[1][..])
    );
    assert_eq!(
        (solution.cost, solution.requirements.as_slice()),
        (7, &[1, 2][..])
    );
}

fn refused(text: &str) -> String {
    read(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn damaged_files_are_refused_with_the_line_and_what_to_do() {
    assert_eq!(
        refused("1\n2\n3"),
        "the file ends at line 3 where cost 2 of 2 of level 1 should follow: it is cut short, or a \
         count before is too large"
    );
    assert_eq!(
        refused("1\n1\n-3"),
        "line 3: cost 1 of 1 of level 1 must be a whole number from 0 to 4294967295, found \"-3\""
    );
    assert_eq!(
        refused("1\n1\n3\n1\n1 2"),
        "line 5: the second of dependency 1 of 1 is requirement 2, but ids go from 1 to 1: correct \
         the id, or the counts of the levels"
    );
    assert_eq!(
        refused("1 1 3 0 1 5 1 1\n\n9"),
        "line 3: \"9\" stands after the last of 1 customers: a count before is too small"
    );
    assert!(refused("4294967295 4294967295 1").contains("cut short"));
    assert!(refused("1 1 4294967295 0 1 4294967295 1 1").contains("divide all costs"));
    assert!(refused("").contains("the count of levels"));
    assert!(
        read(b"1 1 \xff\xfe")
            .unwrap_err()
            .to_string()
            .starts_with("line 1")
    );
    for end in 0..SMALL.trim_end().len() {
        assert!(read(&SMALL.as_bytes()[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn knots_of_requirements_are_refused_before_they_fill_the_memory() {
    let count = 20_000;
    let case = Instance {
        costs: vec![1; count],
        needs: (0..count)
            .map(|index: usize| index.checked_sub(1).into_iter().collect())
            .collect(),
        customers: (0..count)
            .map(|index| Customer {
                profit: 1,
                requests: vec![index],
            })
            .collect(),
    };
    assert_eq!(solve(&case, 10, WORK_MAX, &|| true), Err(TooTangled));
}

#[test]
fn ratios_are_exact() {
    let floor = |ratio: &str, total| ratio.parse::<Ratio>().map(|ratio| ratio.floor_of(total));
    assert_eq!(floor("0.29", 100), Ok(29));
    assert_eq!(floor("0.7", 15_928), Ok(11_149));
    assert_eq!(
        (floor("1", 5), floor("0", 5), floor("1.000", 5)),
        (Ok(5), Ok(0), Ok(5))
    );
    for wrong in [
        "1.1",
        "-0.1",
        "",
        ".5",
        "0,5",
        "1e-1",
        "NaN",
        "0.1234567890123",
    ] {
        assert!(wrong.parse::<Ratio>().is_err(), "{wrong}");
    }
    assert_eq!("0.050".parse::<Ratio>().unwrap().to_string(), "0.050");
    assert_eq!("1".parse::<Ratio>().unwrap().to_string(), "1");
}

#[test]
fn what_breaks_a_rule_is_named() {
    let case = read(SMALL.as_bytes()).unwrap();
    let good = solve(&case, 12, WORK_MAX, &|| true).unwrap();
    let wrong = |change: &dyn Fn(&mut Solution)| {
        let mut solution = good.clone();
        change(&mut solution);
        check(&case, 12, &solution).unwrap_err().to_string()
    };
    assert_eq!(good.objective, 17);
    assert_eq!(wrong(&|s| s.cost = 11), "cost is 11, but 12 by the case");
    assert_eq!(wrong(&|s| s.bound = 18), "bound is 18, but 17 by the case");
    assert_eq!(
        wrong(&|s| s.requirements = vec![2, 3]),
        "requirement 3 is built without 1, which it needs"
    );
    assert_eq!(
        wrong(&|s| s.requirements = vec![1, 2]),
        "customer 2 is not served: requirement 3 is not built"
    );
    assert_eq!(
        wrong(&|s| s.customers = vec![1, 1]),
        "customer 1 does not exist, or stands twice"
    );
}
