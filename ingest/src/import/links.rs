//! Dependencies that a row does not hold by itself: those that another row tells from its side, and
//! those that name an item by its title.

use std::collections::{BTreeMap, BTreeSet};

use lake::{RawObject, columns};
use serde_json::Value;

/// What all rows of a table say of each other.
#[derive(Debug, Default)]
pub(crate) struct Links {
    ids: BTreeSet<String>,
    /// The id of each title; of items with one title the first.
    by_title: BTreeMap<String, String>,
    /// What each item waits for, as the others tell it.
    waits_for: BTreeMap<String, Vec<String>>,
}

impl Links {
    /// Takes in a row: its id, its title, and the items that wait for it.
    pub(crate) fn take<'r>(
        &mut self,
        (id, title): (&str, &str),
        waiting: impl Iterator<Item = &'r str>,
    ) {
        self.ids.insert(id.to_owned());
        let titled = self.by_title.entry(title.to_owned());
        titled.or_insert_with(|| id.to_owned());
        for other in waiting.flat_map(|cell| cell.split([',', ';'])) {
            let other = other.trim();
            if !other.is_empty() {
                let of_other = self.waits_for.entry(other.to_owned()).or_default();
                of_other.push(id.to_owned());
            }
        }
    }

    /// Puts in what a row waits for. `cells` are those of its own dependencies, as they stand: a title
    /// may hold a comma.
    pub(crate) fn finish(&self, id: &str, cells: &[&str], object: &mut RawObject) {
        let own = object.remove(columns::DEPENDS_ON);
        let whole = cells.iter().filter(|cell| !self.ids.contains(**cell));
        let whole: Vec<&String> = whole.filter_map(|cell| self.by_title.get(*cell)).collect();
        let mut all: Vec<String> = if whole.len() == cells.len() && !cells.is_empty() {
            whole.into_iter().cloned().collect()
        } else {
            let entries = own.as_ref().and_then(Value::as_array).into_iter().flatten();
            let entries = entries.filter_map(Value::as_str);
            entries.map(|entry| self.id_of(entry)).collect()
        };
        all.extend(self.waits_for.get(id).into_iter().flatten().cloned());
        let mut seen = BTreeSet::new();
        all.retain(|other| seen.insert(other.clone()));
        if !all.is_empty() {
            object.insert(columns::DEPENDS_ON.to_owned(), all.into());
        } else if let Some(own) = own {
            object.insert(columns::DEPENDS_ON.to_owned(), own);
        }
    }

    /// The id that an entry names, by itself or by its title; what is neither stays as it is.
    fn id_of(&self, entry: &str) -> String {
        let titled = self
            .by_title
            .get(entry)
            .filter(|_| !self.ids.contains(entry));
        titled.map_or(entry, String::as_str).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn waits(links: &Links, id: &str, cell: &str) -> Value {
        let entries: Vec<&str> = cell.split(',').map(str::trim).collect();
        let mut object = json!({"depends_on": entries}).as_object().unwrap().clone();
        links.finish(id, &[cell], &mut object);
        object["depends_on"].clone()
    }

    #[test]
    fn titles_become_ids_and_both_sides_of_a_link_are_one() {
        let mut links = Links::default();
        links.take(("1", "Log in, quickly"), ["3", "4, 5"].into_iter());
        links.take(("2", "Search"), std::iter::empty());
        links.take(("3", "Search"), std::iter::empty());
        assert_eq!(waits(&links, "9", "Log in, quickly"), json!(["1"]));
        assert_eq!(waits(&links, "9", "Search"), json!(["2"]));
        assert_eq!(waits(&links, "3", "1"), json!(["1"]));
        assert_eq!(waits(&links, "5", "2"), json!(["2", "1"]));
        assert_eq!(waits(&links, "9", "elsewhere"), json!(["elsewhere"]));
    }
}
