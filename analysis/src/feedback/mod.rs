//! What users say, understood: kinds, tones, duplicates, critical reports, links and themes.
//!
//! Everything here is a function of the texts given. It is deterministic, and each answer can be
//! traced to words: no text leaves the machine and no model is asked.

mod absent;
mod asked;
pub mod critical;
pub mod duplicates;
pub mod kind;
pub mod language;
pub(crate) mod learned;
pub mod links;
mod stop_words;
pub mod themes;
pub mod tone;

pub use absent::{absent_feedback, absent_items};
pub(crate) use asked::themes_of_tables;
pub use asked::{feedback_list, link_suggestions, release_themes};

/// The rows of a labelled file that lies beside the repository; `None`, and a word on why, where it
/// does not.
#[cfg(test)]
pub(crate) fn labelled(name: &str) -> Option<Vec<Vec<String>>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/labelled");
    let path = std::path::Path::new(folder).join(name);
    let Ok(mut reader) = csv::Reader::from_path(&path) else {
        eprintln!("skipped: no {}", path.display());
        return None;
    };
    let row =
        |row: csv::Result<csv::StringRecord>| row.unwrap().iter().map(str::to_owned).collect();
    Some(reader.records().map(row).collect())
}
