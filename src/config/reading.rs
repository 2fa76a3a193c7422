//! Reading sections out of one table: each key by itself, so that every problem is found at once
//! and told with its path.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Default,
    File,
    Environment(&'static str),
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment(name) | Self::Flag(name) => name,
        })
    }
}

/// A table that is being taken apart.
pub(crate) struct Reading {
    table: Table,
    sources: BTreeMap<String, Source>,
    problems: Vec<String>,
}

impl Reading {
    /// Begins with the text of a file.
    ///
    /// # Errors
    /// When it is no TOML.
    pub(crate) fn of_file(text: &str) -> Result<Self, toml::de::Error> {
        Ok(Self {
            table: text.parse()?,
            sources: BTreeMap::new(),
            problems: Vec::new(),
        })
    }

    /// Puts a value in place of that of the file.
    pub(crate) fn set(&mut self, (section, key): (&str, &str), value: String, source: Source) {
        let of_section = self
            .table
            .entry(section)
            .or_insert_with(|| Value::Table(Table::new()));
        // What stands there and is no section is told when the section is read.
        if let Some(table) = of_section.as_table_mut() {
            table.insert(key.to_owned(), Value::String(value));
            self.sources.insert(format!("{section}.{key}"), source);
        }
    }

    /// Takes a section out, at a path of one or two names; the defaults where there is none.
    pub(crate) fn section<T: DeserializeOwned + Default>(&mut self, path: &str) -> T {
        let found = match path.split_once('.') {
            Some((outer, inner)) => self
                .table
                .get_mut(outer)
                .and_then(Value::as_table_mut)
                .and_then(|outer| outer.remove(inner)),
            None => self.table.remove(path),
        };
        found.map_or_else(T::default, |found| self.read(path, found))
    }

    /// Takes out all sections below a name, each of which is named as `what` are.
    pub(crate) fn named_sections<T: DeserializeOwned + Default>(
        &mut self,
        path: &str,
        what: &str,
    ) -> BTreeMap<String, T> {
        match self.table.remove(path) {
            None => BTreeMap::new(),
            Some(Value::Table(sections)) => sections
                .into_iter()
                .map(|(name, section)| {
                    let path = format!("{path}.{name}");
                    if !ingest::keys::is_app_name(&name) {
                        let problem = "is named with 1 to 63 of a-z, 0-9 and -";
                        self.problems.push(format!("{path}: {what} {problem}"));
                    }
                    let read = self.read(&path, section);
                    (name, read)
                })
                .collect(),
            Some(_) => {
                self.problems
                    .push(format!("{path}: write [{path}.NAME] and its keys below"));
                BTreeMap::new()
            }
        }
    }

    fn read<T: DeserializeOwned + Default>(&mut self, path: &str, found: Value) -> T {
        let Value::Table(section) = found else {
            self.problems
                .push(format!("{path}: write [{path}] and its keys below"));
            return T::default();
        };
        let problems = self.problems.len();
        for (key, value) in &section {
            let path = format!("{path}.{key}");
            let alone = Table::from_iter([(key.clone(), value.clone())]);
            if let Err(error) = alone.try_into::<T>() {
                self.problems.push(format!("{path}: {}", error.message()));
            }
            self.sources.entry(path).or_insert(Source::File);
        }
        if self.problems.len() > problems {
            return T::default();
        }
        section.try_into().unwrap_or_else(|error| {
            self.problems.push(format!("{path}: {}", error.message()));
            T::default()
        })
    }

    /// Where each value that was given comes from, and every problem.
    pub(crate) fn end(mut self, known: &[&str]) -> (BTreeMap<String, Source>, Vec<String>) {
        for name in self.table.keys() {
            let known = known.join(", ");
            self.problems.push(format!(
                "{name}: there is no such section; there are {known}"
            ));
        }
        (self.sources, self.problems)
    }
}
