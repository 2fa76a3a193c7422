//! Choices among plans of equal value that no search should be left to make.

use super::best::is_as_good;
use super::milp::Ask;
use super::program::Program;

/// Leaves out what is of no use, moves items to earlier releases, and takes of items alike those
/// whose ids come first. No rule is broken and no value lost by any of it.
pub(crate) fn tidy(ask: &Ask<'_>, chosen: &mut Vec<bool>) {
    leave_out_idle(ask, chosen);
    pull_forward(ask, chosen);
    earliest_of_equals(ask, chosen);
}

/// Items of no value that nothing needs, the last ones first so that a chain of them goes whole.
fn leave_out_idle(ask: &Ask<'_>, chosen: &mut Vec<bool>) {
    let columns = &ask.program.columns;
    for _ in 0..ask.program.items.len() {
        let before = chosen.clone();
        for column in (0..columns.len()).rev() {
            if chosen[column] && columns[column].value <= 0.0 {
                let mut without = chosen.clone();
                without[column] = false;
                if ask.keeps_rules(&without) {
                    *chosen = without;
                }
            }
        }
        if *chosen == before {
            return;
        }
    }
}

fn pull_forward(ask: &Ask<'_>, chosen: &mut Vec<bool>) {
    let program = ask.program;
    for of_item in &program.columns_of {
        let Some(late) = of_item.iter().position(|column| chosen[*column]) else {
            continue;
        };
        for early in 0..late {
            let (from, to) = (of_item[late], of_item[early]);
            let mut moved = chosen.clone();
            (moved[from], moved[to]) = (false, true);
            let columns = &program.columns;
            if is_as_good(columns[to].value, columns[from].value)
                && ask.open[to]
                && ask.keeps_rules(&moved)
            {
                *chosen = moved;
                break;
            }
        }
    }
}

/// Of items that differ in nothing but their ids, those whose ids come first, the earliest release
/// to the first of them.
fn earliest_of_equals(ask: &Ask<'_>, chosen: &mut Vec<bool>) {
    let program = ask.program;
    let mut free: Vec<usize> = loose(program);
    free.sort_by(|a, b| {
        let score = |item: usize| {
            let first = program.columns_of[item].first();
            first.map_or(0.0, |column| program.columns[*column].value)
        };
        score(*a).total_cmp(&score(*b)).then(a.cmp(b))
    });
    for group in free.chunk_by(|a, b| is_alike(program, *a, *b)) {
        let mut places: Vec<usize> = group
            .iter()
            .flat_map(|item| {
                let columns = program.columns_of[*item].iter();
                columns
                    .enumerate()
                    .filter(|(_, at)| chosen[**at])
                    .map(|(place, _)| place)
            })
            .collect();
        places.sort_unstable();
        let mut swapped = chosen.clone();
        for (at, item) in group.iter().enumerate() {
            for (place, column) in program.columns_of[*item].iter().enumerate() {
                swapped[*column] = places.get(at) == Some(&place);
            }
        }
        if ask.keeps_rules(&swapped) {
            *chosen = swapped;
        }
    }
}

/// Items that nothing else needs.
fn loose(program: &Program<'_>) -> Vec<usize> {
    let mut is_loose = vec![true; program.items.len()];
    program
        .needs
        .iter()
        .flatten()
        .for_each(|needed| is_loose[*needed] = false);
    (0..is_loose.len())
        .filter(|item| is_loose[*item] && !program.columns_of[*item].is_empty())
        .collect()
}

fn is_alike(program: &Program<'_>, a: usize, b: usize) -> bool {
    let (one, other) = (program.items[a], program.items[b]);
    // The columns and not the items: draws change what an item is worth and takes.
    let columns = |item: usize| {
        let columns = program.columns_of[item]
            .iter()
            .map(|at| &program.columns[*at]);
        columns.map(|at| (at.release, at.value.to_bits(), at.effort.to_bits()))
    };
    one.effort == other.effort
        && one.kind == other.kind
        && one.extra_releases == other.extra_releases
        && program.needs[a] == program.needs[b]
        && columns(a).eq(columns(b))
}
