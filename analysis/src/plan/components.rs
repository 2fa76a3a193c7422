//! Knots of items that depend on each other.

use std::collections::BTreeSet;

/// Strongly connected components, each after those that it has edges to (S. R. Kosaraju's two
/// searches; M. Sharir, Computers and Mathematics with Applications 7 (1981) 67–72).
pub(crate) fn components(edges: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    let mut reversed = vec![BTreeSet::new(); edges.len()];
    for (from, targets) in edges.iter().enumerate() {
        for to in targets {
            reversed[*to].insert(from);
        }
    }
    let mut seen = vec![false; edges.len()];
    let mut finished = Vec::with_capacity(edges.len());
    for start in 0..edges.len() {
        search(start, &reversed, &mut seen, &mut finished);
    }
    let mut seen = vec![false; edges.len()];
    let mut components = Vec::new();
    for start in finished.into_iter().rev() {
        let mut members = Vec::new();
        search(start, edges, &mut seen, &mut members);
        if !members.is_empty() {
            members.sort_unstable();
            components.push(members);
        }
    }
    components
}

/// Depth-first search; adds each node to `finished` after all that can be reached from it.
fn search(start: usize, edges: &[BTreeSet<usize>], seen: &mut [bool], finished: &mut Vec<usize>) {
    if std::mem::replace(&mut seen[start], true) {
        return;
    }
    let mut path = vec![(start, edges[start].iter())];
    while let Some((node, targets)) = path.last_mut() {
        match targets.find(|target| !seen[**target]) {
            Some(target) => {
                seen[*target] = true;
                path.push((*target, edges[*target].iter()));
            }
            None => {
                finished.push(*node);
                path.pop();
            }
        }
    }
}
