//! The synthetic data of `shipwake demo`: an app with three releases, its users, their words, and the
//! team's backlog, sent through HTTP as apps would send them.
//!
//! What is planted stands in `sample-data/truth.toml` and nowhere else; this module turns it into
//! events. The same anchor day gives the same bytes.

mod calendar;
mod chance;
mod generate;
mod people;
mod plans;
mod send;
mod truth;
mod usage;
mod voices;
mod words;

#[cfg(test)]
mod tests;

pub(crate) use generate::Sample;
pub(crate) use send::{Keys, send};
