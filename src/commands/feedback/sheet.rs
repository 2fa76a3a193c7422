//! A table that a command wrote, filled in by people and read back.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context as _, bail};
use ingest::import;
use lake::{Micros, RawObject};

use super::said::{About, Saying};

/// The largest file.
const BYTES_MAX: u64 = 256 << 20;
/// The number of the first row below the header, as spreadsheets count.
const FIRST_ROW: usize = 2;

/// A table as it came back.
pub(super) struct Sheet {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A row of it.
pub(super) struct Row<'a> {
    columns: &'a [String],
    cells: &'a [String],
}

impl Row<'_> {
    fn cell(&self, name: &str) -> &str {
        let place = self.columns.iter().position(|column| column == name);
        let cell = place.and_then(|place| self.cells.get(place));
        cell.map_or("", |cell| cell.trim())
    }

    /// An id as it was before it was guarded against being run.
    pub(super) fn id(&self, name: &str) -> String {
        import::unguarded(self.cell(name)).to_owned()
    }

    /// A word of a closed list, however it is joined.
    pub(super) fn word(&self, name: &str) -> String {
        self.cell(name).to_lowercase().replace([' ', '-'], "_")
    }
}

impl Sheet {
    /// Reads a file, in whatever form spreadsheets write it; `-` is stdin.
    ///
    /// # Errors
    /// When it cannot be read, or lacks a column that `command` writes.
    pub(super) fn read(path: &Path, command: &str, needed: &[&str]) -> anyhow::Result<Self> {
        let name = path.display();
        let file: Box<dyn Read + Send> = if path == Path::new("-") {
            Box::new(std::io::stdin())
        } else {
            Box::new(File::open(path).with_context(|| format!("{name} cannot be opened"))?)
        };
        let (columns, rows) =
            import::cells(file, BYTES_MAX).with_context(|| format!("{name} is no table"))?;
        let is_absent = |wanted: &&&str| !columns.iter().any(|column| column == **wanted);
        if let Some(absent) = needed.iter().find(is_absent) {
            bail!(
                "{name} has no column {absent}: begin with what `shipwake {command} --format csv` \
                 writes, and keep its header"
            );
        }
        Ok(Self { columns, rows })
    }

    /// What the rows say, and what is wrong with the others. Of rows that contradict each other the
    /// first counts.
    pub(super) fn sayings(
        &self,
        app: Option<&str>,
        (about, now): (About, Micros),
        said: impl Fn(&Row<'_>) -> Result<Option<RawObject>, String>,
    ) -> (Vec<Saying>, Vec<String>) {
        let (mut sayings, mut problems) = (Vec::new(), Vec::new());
        let mut known: BTreeMap<[String; 2], (usize, RawObject)> = BTreeMap::new();
        for (number, cells) in (FIRST_ROW..).zip(&self.rows) {
            let row = Row {
                columns: &self.columns,
                cells,
            };
            let of_row = said(&row).and_then(|object| match object {
                None => Ok(None),
                Some(object) => {
                    of_app(&row, app)?;
                    let checked = about.check(&object, now);
                    checked.map_err(|refusal| refusal.message)?;
                    Ok(Some(object))
                }
            });
            let object = match of_row {
                Ok(Some(object)) => object,
                Ok(None) => continue,
                Err(problem) => {
                    problems.push(format!("row {number}: {problem}"));
                    continue;
                }
            };
            let key = [row.id("item_id"), row.id("event_id")];
            match known.get(&key) {
                Some((first, same)) if *same != object => {
                    problems.push(format!("row {number}: it says otherwise than row {first}"));
                }
                Some(_) => {}
                None => {
                    known.insert(key, (number, object.clone()));
                    sayings.push(Saying {
                        row: Some(number),
                        object,
                    });
                }
            }
        }
        (sayings, problems)
    }
}

/// A row of another app's table is not for this one.
fn of_app(row: &Row<'_>, app: Option<&str>) -> Result<(), String> {
    let (named, app) = (row.cell("app"), app.unwrap_or_default());
    if named.is_empty() || app.is_empty() || named == app {
        return Ok(());
    }
    Err(format!("it is of the app {named:?}, not of {app:?}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sheet(text: &str) -> Sheet {
        let file = std::io::Cursor::new(text.to_owned());
        let (columns, rows) = import::cells(Box::new(file), 1 << 20).unwrap();
        Sheet { columns, rows }
    }

    #[test]
    fn rows_are_named_as_spreadsheets_count_and_the_rest_is_said() {
        let sheet = sheet(
            "app;item_id;event_id;link\n\
             shop;A;f1;Confirmed\n\
             shop;A;f2;\n\
             other;A;f3;confirmed\n\
             shop;A;'=f4;rejected\n\
             shop;A;f1;rejected\n\
             shop;;f5;rejected\n\
             shop;A;f6;maybe\n",
        );
        let (sayings, problems) = sheet.sayings(Some("shop"), (About::Links, 0), |row| {
            let word = row.word("link");
            match word.as_str() {
                "" => Ok(None),
                "maybe" => Err("what?".to_owned()),
                _ => {
                    let (item, piece) = (row.id("item_id"), row.id("event_id"));
                    let object = json!({"item_id": item, "feedback_id": piece, "link": word});
                    Ok(object.as_object().cloned())
                }
            }
        });
        let said: Vec<(Option<usize>, &str)> = sayings
            .iter()
            .map(|one| (one.row, one.object["feedback_id"].as_str().unwrap()))
            .collect();
        assert_eq!(said, [(Some(2), "f1"), (Some(5), "=f4")]);
        let begins = |problem: &str, start: &str| assert!(problem.starts_with(start), "{problem}");
        assert_eq!(problems.len(), 4, "{problems:?}");
        begins(&problems[0], "row 4: it is of the app \"other\"");
        begins(&problems[1], "row 6: it says otherwise than row 2");
        begins(&problems[2], "row 7: item_id");
        begins(&problems[3], "row 8: what?");
    }
}
