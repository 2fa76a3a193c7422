//! Scores of several rows together: what users say of an item, and how effort spreads over a plan.

use std::collections::BTreeMap;

use super::kano::{Answer, Class, class, coefficients};
use super::moscow::{Share, shares};
use super::productboard_impact;
use super::sheet::{ScoreError, Scored, Sheet, fold, number};
use crate::sql::Cell;

/// Rows by item, in the order of the sheet, each with the cells of the other two columns.
type ByItem<'s> = BTreeMap<&'s str, Vec<(&'s str, &'s str)>>;

fn by_item<'s>(sheet: &'s Sheet, places: &[usize]) -> ByItem<'s> {
    let mut items = ByItem::new();
    for row in &sheet.rows {
        let cell = |place: Option<&usize>| {
            let cell = place.and_then(|place| row.get(*place));
            cell.map_or("", |cell| cell.trim())
        };
        let [item, one, other] = [0, 1, 2].map(|place| cell(places.get(place)));
        if !item.is_empty() {
            items.entry(item).or_default().push((one, other));
        }
    }
    items
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn whole(count: usize) -> Cell {
    i128::try_from(count).map_or(Cell::Null, Cell::Whole)
}

fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// Productboard's customer importance score by item; rows of a user are in order of time.
pub(super) fn importance(sheet: &Sheet, places: &[usize]) -> Result<Scored, ScoreError> {
    let level = |cell: &str| {
        let read = number(cell)?;
        (0..=3_u8).find(|level| f64::from(*level) >= read)
    };
    let mut rows: Vec<(u64, usize, &str)> = Vec::new();
    for (item, said) in by_item(sheet, places) {
        let said: Vec<(&str, Option<u8>)> = said
            .iter()
            .map(|(user, cell)| (*user, level(cell)))
            .collect();
        rows.push((productboard_impact(&said), said.len(), item));
    }
    rows.sort_by(|a, b| b.0.cmp(&a.0).then(a.2.cmp(b.2)));
    let row = |(score, said, item): (u64, usize, &str)| {
        vec![text(item), Cell::Whole(i128::from(score)), whole(said)]
    };
    Ok(Scored {
        columns: columns(&["item", "score", "answers"]),
        rows: rows.into_iter().map(row).collect(),
        notes: Vec::new(),
    })
}

/// An answer of a Kano questionnaire: a word, or 1 to 5.
fn answer(cell: &str) -> Option<Answer> {
    Some(match fold(cell).as_str() {
        "1" | "like" | "i_like_it" => Answer::Like,
        "2" | "must_be" | "must" | "expect" | "i_expect_it" => Answer::MustBe,
        "3" | "neutral" | "i_am_neutral" => Answer::Neutral,
        "4" | "live_with" | "tolerate" | "i_can_live_with_it" => Answer::LiveWith,
        "5" | "dislike" | "i_dislike_it" => Answer::Dislike,
        _ => return None,
    })
}

/// Kano's class by the most answers, and its coefficients, by item.
pub(super) fn kano(sheet: &Sheet, places: &[usize]) -> Result<Scored, ScoreError> {
    const CLASSES: [(Class, &str); 6] = [
        (Class::MustBe, "must-be"),
        (Class::OneDimensional, "one-dimensional"),
        (Class::Attractive, "attractive"),
        (Class::Indifferent, "indifferent"),
        (Class::Reverse, "reverse"),
        (Class::Questionable, "questionable"),
    ];
    let (mut rows, mut unread) = (Vec::new(), 0_usize);
    for (item, said) in by_item(sheet, places) {
        let pair =
            |(present, absent): &(&str, &str)| Some(class(answer(present)?, answer(absent)?));
        let classes: Vec<Class> = said.iter().filter_map(pair).collect();
        unread += said.len() - classes.len();
        let count = |wanted: Class| classes.iter().filter(|class| **class == wanted).count();
        // Of equal counts the class that matters most: must-be before the others, as they stand.
        let most = CLASSES.iter().rev().max_by_key(|(class, _)| count(*class));
        let word = most.filter(|_| !classes.is_empty());
        let found = coefficients(&classes);
        let cell = |value: Option<f64>| value.map_or(Cell::Null, Cell::Number);
        rows.push(vec![
            text(item),
            whole(classes.len()),
            word.map_or(Cell::Null, |(_, word)| text(word)),
            cell(found.map(|found| found.better)),
            cell(found.map(|found| found.worse)),
        ]);
    }
    let note =
        format!("{unread} answers could not be read: like, must-be, neutral, live-with, dislike");
    Ok(Scored {
        columns: columns(&["item", "answers", "class", "better", "worse"]),
        rows,
        notes: (unread > 0).then_some(note).into_iter().collect(),
    })
}

/// How the effort spreads over must, should and could.
pub(super) fn moscow(sheet: &Sheet, places: &[usize]) -> Result<Scored, ScoreError> {
    let (mut parts, mut unread) = (Vec::new(), 0_usize);
    for row in &sheet.rows {
        let cell = |nth: usize| {
            let cell = places.get(nth).and_then(|place| row.get(*place));
            cell.map_or("", |cell| cell.as_str())
        };
        let share = match fold(cell(0)).as_str() {
            "must" | "must_have" | "m" => Some(Share::Must),
            "should" | "should_have" | "s" => Some(Share::Should),
            "could" | "could_have" | "c" => Some(Share::Could),
            _ => None,
        };
        match share.zip(number(cell(1)).filter(|effort| *effort >= 0.0)) {
            Some(part) => parts.push(part),
            None => unread += 1,
        }
    }
    let found = shares(&parts);
    let effort = |wanted: Share| {
        let own = parts.iter().filter(|(share, _)| *share == wanted);
        own.fold(0.0, |sum, (_, effort)| sum + effort)
    };
    let row = |(name, share, of): (&str, Share, Option<f64>)| {
        let of = of.map_or(Cell::Null, Cell::Number);
        vec![text(name), Cell::Number(effort(share)), of]
    };
    let rows = [
        ("must", Share::Must, found.map(|found| found.must)),
        ("should", Share::Should, found.map(|found| found.should)),
        ("could", Share::Could, found.map(|found| found.could)),
    ];
    let at_risk = found.is_some_and(|found| found.is_at_risk);
    let risk = at_risk
        .then(|| "musts take more than 60 % of the effort: nothing is left to give way".to_owned());
    let left = (unread > 0).then(|| {
        format!("{unread} rows are left out: part is must, should or could, effort a number")
    });
    Ok(Scored {
        columns: columns(&["part", "effort", "share"]),
        rows: rows.map(row).into(),
        notes: risk.into_iter().chain(left).collect(),
    })
}
