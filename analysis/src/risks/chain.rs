//! Items that wait for each other in a row.

use std::collections::BTreeMap;

/// The longest row of items each of which needs the one before it; of equals that which ends with the
/// first id. A row does not pass an item twice.
pub(super) fn longest(needs: &BTreeMap<&str, Vec<String>>) -> Vec<String> {
    let mut done: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for start in needs.keys().copied() {
        if done.contains_key(start) {
            continue;
        }
        // Depth first without recursion: a backlog may be one row of thousands.
        let mut under_way: Vec<&str> = vec![start];
        while let Some(item) = under_way.last().copied() {
            let known = needs.get(item).map(Vec::as_slice).unwrap_or_default();
            let known = known
                .iter()
                .filter_map(|id| needs.get_key_value(id.as_str()));
            let known = known.map(|(id, _)| *id);
            let open = known
                .clone()
                .find(|id| !done.contains_key(id) && !under_way.contains(id));
            if let Some(open) = open {
                under_way.push(open);
                continue;
            }
            let before = known
                .filter_map(|id| done.get(id))
                .max_by_key(|row| row.len());
            let mut row = before.cloned().unwrap_or_default();
            row.push(item.to_owned());
            done.insert(item, row);
            under_way.pop();
        }
    }
    let rows = done.into_values();
    let best = rows.reduce(|best, row| if row.len() > best.len() { row } else { best });
    best.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(needs: &[(&'static str, &[&str])]) -> Vec<String> {
        let needs = needs.iter().map(|(id, on)| {
            let on = on.iter().map(|one| (*one).to_owned()).collect();
            (*id, on)
        });
        longest(&needs.collect())
    }

    #[test]
    fn the_longest_row_is_found_from_its_first_item_on() {
        let row = of(&[("a", &["b", "d"]), ("b", &["c"]), ("c", &[]), ("d", &[])]);
        assert_eq!(row, ["c", "b", "a"]);
        assert_eq!(of(&[("a", &["elsewhere"])]), ["a"]);
        assert!(of(&[]).is_empty());
    }

    #[test]
    fn a_circle_ends() {
        let row = of(&[("a", &["b"]), ("b", &["a"])]);
        assert!(row.len() <= 2, "{row:?}");
    }
}
