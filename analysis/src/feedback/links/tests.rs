use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::feedback::labelled;

fn item(title: &str) -> Item<'_> {
    Item {
        title,
        keywords: &[],
    }
}

#[test]
fn a_text_is_suggested_for_the_item_that_it_names() {
    let keywords = ["too bright".to_owned()];
    let items = [
        Item {
            title: "Dark mode",
            keywords: &keywords,
        },
        item("Export notes as PDF"),
        item("ログイン画面の改善"),
    ];
    let texts = [
        "please add a drak or dark mode",
        "way too bright at night",
        "cannot export my note to pdf",
        "ログイン画面が出ない",
        "great",
        "",
    ];
    let found = suggestions(&texts, &items, LinkRules::default());
    let best: Vec<Option<usize>> = found.iter().map(|s| s.first().map(|s| s.item)).collect();
    assert_eq!(best, [Some(0), Some(0), Some(1), Some(2), None, None]);
    assert!(found[1][0].by_keyword && !found[0][0].by_keyword);
    let scores = found.iter().flatten().map(|s| s.score);
    assert!(scores.into_iter().all(|score| (0.0..=1.0).contains(&score)));
}

#[test]
fn nothing_in_nothing_out() {
    assert!(suggestions(&[], &[item("Dark mode")], LinkRules::default()).is_empty());
    assert_eq!(
        suggestions(&["dark"], &[], LinkRules::default()),
        [Vec::new()]
    );
    assert_eq!(ranking(&["dark"], item("…"), LinkRules::default()), [0.0]);
}

/// Mean average precision and precision of the first ten.
fn quality(ranked: &[(f64, bool)]) -> (f64, f64) {
    let mut ranked = ranked.to_vec();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut hits, mut precisions, mut first_ten) = (0.0, 0.0, 0.0);
    for (rank, (_, relevant)) in ranked.iter().enumerate() {
        if *relevant {
            hits += 1.0;
            precisions += hits / (rank + 1) as f64;
            first_ten += f64::from(u8::from(rank < 10));
        }
    }
    (precisions / f64::max(hits, 1.0), first_ten / 10.0)
}

#[test]
fn judged_queries_are_ranked_well() {
    let Some(rows) = labelled("dabrowski2023_query_review_relevance_mit.csv") else {
        return;
    };
    let texts: Vec<&str> = rows.iter().map(|row| row[2].as_str()).collect();
    let texts: Vec<&str> = BTreeSet::from_iter(texts).into_iter().collect();
    let mut judged: BTreeMap<(&str, &str), Vec<(usize, bool)>> = BTreeMap::new();
    for row in &rows {
        let text = texts.binary_search(&row[2].as_str()).unwrap();
        let query = judged.entry((&row[0], &row[1])).or_default();
        query.push((text, row[3] == "Y"));
    }
    let items: Vec<Item<'_>> = judged.keys().map(|(_, query)| item(query)).collect();
    let pool = Pool::of(&texts, &items);
    let mut of_rules: Vec<Vec<(&str, (f64, f64))>> = Vec::new();
    for k1 in [0.2, 0.3, 0.5, 0.8, 1.2] {
        for b in [0.0, 0.3, 0.5, 0.75] {
            let rules = LinkRules {
                k1,
                b,
                ..LinkRules::default()
            };
            let scores: Vec<Vec<f64>> = pool.texts.iter().map(|t| pool.scores(t, rules)).collect();
            let mut of_queries = Vec::new();
            for (query, ((app, _), pairs)) in judged.iter().enumerate() {
                let ranked: Vec<_> = pairs.iter().map(|(t, y)| (scores[*t][query], *y)).collect();
                of_queries.push((*app, quality(&ranked)));
            }
            of_rules.push(of_queries);
        }
    }
    let apps: BTreeSet<&str> = judged.keys().map(|(app, _)| *app).collect();
    let (mut map, mut first_ten) = (0.0, 0.0);
    for app in apps {
        let elsewhere = |of_queries: &Vec<(&str, (f64, f64))>| -> f64 {
            let others = of_queries.iter().filter(|(other, _)| *other != app);
            others.map(|(_, (map, _))| map).sum()
        };
        let chosen = of_rules
            .iter()
            .max_by(|a, b| elsewhere(a).total_cmp(&elsewhere(b)))
            .unwrap();
        for (_, (query_map, query_first_ten)) in chosen.iter().filter(|(other, _)| *other == app) {
            map += query_map / judged.len() as f64;
            first_ten += query_first_ten / judged.len() as f64;
        }
    }
    eprintln!("leave one app out: MAP {map:.3}, P@10 {first_ten:.3}");
    assert!(map >= 0.80, "MAP {map}");
    assert!(first_ten >= 0.74, "P@10 {first_ten}");
}
