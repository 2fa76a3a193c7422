//! Questions to a snapshot of the lake: KPIs, adoption, health, priorities and plans.
//!
//! Synchronous, without sockets and without a clock: a run is a function of (table versions,
//! settings, `as_of`). Polars reads the files; everything returned is plain [`findings`].

mod adoption;
mod compare;
mod days;
mod error;
mod evidence;
mod facts;
pub mod findings;
#[cfg(test)]
mod fixture;
mod headline;
mod health;
mod kpi;
pub mod metric;
pub mod period;
mod phrases;
pub mod plan;
mod planning;
mod quality;
mod releases;
mod scan;
mod scope;
pub mod score;
mod score_card;
mod settings;
pub mod stats;
mod versions;
mod weekly;
mod words;

pub use error::{Error, Result};
pub use health::health;
pub use planning::{PlanRequest, planning};
pub use scope::{apps, data_span};
pub use settings::{MinimumCounts, Settings, WeekStart};
pub use weekly::weekly;

#[cfg(test)]
mod tests;
