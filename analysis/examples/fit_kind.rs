//! Fits the shipped coefficients anew and says how well such a fit does on texts held back.
//!
//! `cargo run --release -p analysis --example fit_kind -- LABELLED.csv [COEFFICIENTS.bin]`
#![expect(clippy::print_stdout, reason = "a program that reports")]

use std::error::Error;

use analysis::feedback::duplicates::duplicates;
use analysis::feedback::kind::{Classifier, Judgement, Kind};

const FOLDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which file of labelled texts?")?;
    let rows: Vec<(String, Kind)> = csv::Reader::from_path(path)?
        .deserialize()
        .map(|row| row.map(|(text, label): (String, String)| (text, kind_of(&label))))
        .collect::<Result<_, _>>()?;
    let labelled: Vec<(&str, Kind)> = rows
        .iter()
        .map(|(text, kind)| (text.as_str(), *kind))
        .collect();
    if let Some(path) = arguments.next() {
        std::fs::File::create(path).and_then(|mut file| {
            std::io::Write::write_all(&mut file, &Classifier::fitted(&labelled).to_bytes())
        })?;
        return Ok(());
    }
    let texts: Vec<&str> = labelled.iter().map(|(text, _)| *text).collect();
    let representative = duplicates(&texts).representative;
    let mut judged: Vec<(Kind, Judgement)> = Vec::new();
    for fold in 0..FOLDS {
        let is_held_back = |index: usize| representative[index] % FOLDS == fold;
        let (test, train): (Vec<usize>, Vec<usize>) =
            (0..labelled.len()).partition(|index| is_held_back(*index));
        let train: Vec<(&str, Kind)> = train.into_iter().map(|index| labelled[index]).collect();
        let classifier = Classifier::fitted(&train);
        judged.extend(test.into_iter().map(|index| {
            let (text, kind) = labelled[index];
            (kind, classifier.judge(text))
        }));
    }
    report(&judged);
    Ok(())
}

fn kind_of(label: &str) -> Kind {
    match label {
        "PD" => Kind::BugReport,
        "FR" => Kind::FeatureRequest,
        "RT" => Kind::Praise,
        _ => Kind::Other,
    }
}

fn report(judged: &[(Kind, Judgement)]) {
    let mut sum = 0.0;
    for kind in Kind::ALL {
        let count = |truth: bool, said: bool| {
            judged
                .iter()
                .filter(|(k, j)| (*k == kind) == truth && (j.kind == kind) == said)
                .count() as f64
        };
        let f1 = 2.0 * count(true, true)
            / (2.0 * count(true, true) + count(true, false) + count(false, true));
        sum += f1;
        println!("F1 {}: {f1:.3}", kind.as_str());
    }
    println!("macro-F1: {:.3}", sum / Kind::ALL.len() as f64);
    let mut scores: Vec<(f64, bool)> = judged
        .iter()
        .map(|(kind, judgement)| {
            (
                judgement.actionable(),
                matches!(kind, Kind::BugReport | Kind::FeatureRequest),
            )
        })
        .collect();
    scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut pairs) = (0.0, 0.0);
    for (_, is_actionable) in &scores {
        if *is_actionable {
            pairs += below;
        } else {
            below += 1.0;
        }
    }
    println!(
        "AUC actionable: {:.3}",
        pairs / (below * (scores.len() as f64 - below))
    );
}
