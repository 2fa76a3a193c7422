//! Which column holds which field: by the names that known tools give their columns, whatever their
//! order, case and punctuation, or by a mapping that the caller gives.

use std::collections::{BTreeMap, BTreeSet};

use crate::import::ImportError;

/// A field and the other names that its column is known by, folded, the best first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) aliases: &'static [&'static str],
}

/// The columns of each field. A field may have several: some tools repeat a column for each value.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Columns {
    by_field: BTreeMap<&'static str, Vec<usize>>,
    pub(crate) unmatched: Vec<String>,
}

impl Columns {
    /// Whether a field has a column.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.by_field.contains_key(field)
    }

    /// The first filled cell of a field.
    pub(crate) fn first<'r>(&self, field: &str, cells: &'r [String]) -> Option<&'r str> {
        self.all(field, cells).next()
    }

    /// The filled cells of a field.
    pub(crate) fn all<'r>(
        &self,
        field: &str,
        cells: &'r [String],
    ) -> impl Iterator<Item = &'r str> + use<'r, '_> {
        let columns = self.by_field.get(field).map_or(&[][..], Vec::as_slice);
        let cell = |column: &usize| cells.get(*column).map(|cell| cell.trim());
        columns
            .iter()
            .filter_map(cell)
            .filter(|cell| !cell.is_empty())
    }

    /// The names of a field's columns.
    pub(crate) fn names(&self, field: &str, header: &[String]) -> Vec<String> {
        let columns = self.by_field.get(field).map_or(&[][..], Vec::as_slice);
        columns
            .iter()
            .filter_map(|column| header.get(*column).cloned())
            .collect()
    }

    /// The columns of all fields by their names.
    pub(crate) fn describe(&self, header: &[String]) -> BTreeMap<String, Vec<String>> {
        let named = |field: &&'static str| ((*field).to_owned(), self.names(field, header));
        self.by_field.keys().map(named).collect()
    }
}

/// A name as it is compared: letters and digits alone, in lower case.
pub(crate) fn fold(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Finds the columns of `fields`. `map` says `(field, column)` where the names do not.
pub(crate) fn match_columns(
    header: &[String],
    fields: &[Field],
    map: &[(String, String)],
) -> Result<Columns, ImportError> {
    let folded: Vec<String> = header.iter().map(|name| fold(name)).collect();
    let mut columns = Columns::default();
    let mut taken = BTreeSet::new();
    for (name, column) in map {
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
            let message = format!(
                "there is no field {name:?}; fields are {}",
                known.join(", ")
            );
            return Err(ImportError::Map { message });
        };
        let found = header.iter().position(|there| there == column);
        let Some(index) = found.or_else(|| folded.iter().position(|f| *f == fold(column))) else {
            let message = format!(
                "there is no column {column:?}; columns are {}",
                header.join(", ")
            );
            return Err(ImportError::Map { message });
        };
        taken.insert(index);
        columns.by_field.entry(field.name).or_default().push(index);
    }
    for field in fields {
        if columns.has(field.name) {
            continue;
        }
        let own = fold(field.name);
        let aliases = std::iter::once(own.as_str()).chain(field.aliases.iter().copied());
        let exact = |alias: &str, name: &str| name == alias;
        // Some exports tell two columns of one name apart by a number at the end.
        let numbered =
            |alias: &str, name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit()) == alias;
        let indices = |alias: &str, matches: fn(&str, &str) -> bool| -> Vec<usize> {
            let free = (0..folded.len()).filter(|index| !taken.contains(index));
            free.filter(|index| matches(alias, &folded[*index]))
                .collect()
        };
        let tries = aliases
            .clone()
            .map(|a| (a, exact as fn(&str, &str) -> bool));
        let mut tries = tries.chain(aliases.map(|a| (a, numbered as fn(&str, &str) -> bool)));
        let found = tries.find_map(|(alias, matches)| {
            Some(indices(alias, matches)).filter(|indices| !indices.is_empty())
        });
        if let Some(indices) = found {
            taken.extend(indices.iter().copied());
            columns.by_field.insert(field.name, indices);
        }
    }
    let free = (0..header.len()).filter(|index| !taken.contains(index));
    columns.unmatched = free.map(|index| header[index].clone()).collect();
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [Field; 3] = [
        Field {
            name: "release",
            aliases: &["reviewcreatedversion", "version"],
        },
        Field {
            name: "app_version",
            aliases: &[],
        },
        Field {
            name: "labels",
            aliases: &["tags"],
        },
    ];

    fn header(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn check(names: &[&str], map: &[(&str, &str)], expected: &[(&str, &[&str])], rest: &[&str]) {
        let header = header(names);
        let map: Vec<(String, String)> = map
            .iter()
            .map(|(f, c)| ((*f).to_owned(), (*c).to_owned()))
            .collect();
        let columns = match_columns(&header, &FIELDS, &map).unwrap();
        let found = columns.describe(&header);
        let expected: BTreeMap<String, Vec<String>> = expected
            .iter()
            .map(|(f, c)| ((*f).to_owned(), c.iter().map(|c| (*c).to_owned()).collect()))
            .collect();
        assert_eq!((found, columns.unmatched), (expected, self::header(rest)));
    }

    #[test]
    fn names_match_whatever_their_case_order_and_punctuation() {
        let names = ["appVersion2", "x", "Review Created Version", "Version"];
        let release: &[&str] = &["Review Created Version"];
        check(
            &names,
            &[],
            &[("release", release), ("app_version", &["appVersion2"])],
            &["x", "Version"],
        );
    }

    #[test]
    fn repeated_columns_are_collected() {
        let names = ["Labels", "a", "Labels"];
        check(&names, &[], &[("labels", &["Labels", "Labels"])], &["a"]);
    }

    #[test]
    fn mapping_wins_over_names() {
        check(
            &["version", "build"],
            &[("release", "BUILD")],
            &[("release", &["build"])],
            &["version"],
        );
        let failed = |field: &str, column: &str| {
            let map = [(field.to_owned(), column.to_owned())];
            matches!(
                match_columns(&header(&["a"]), &FIELDS, &map),
                Err(ImportError::Map { .. })
            )
        };
        assert!(failed("nothing", "a") && failed("release", "b") && !failed("release", "a"));
    }
}
