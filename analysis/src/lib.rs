//! Questions to a snapshot of the lake: KPIs, adoption, health, priorities and plans.
//!
//! Synchronous, without sockets and without a clock: a run is a function of (table versions,
//! settings, `as_of`). Polars reads the files; everything returned is plain [`findings`].

mod accepted;
mod adoption;
mod backlog;
mod beside;
mod coming;
mod compare;
mod days;
mod delivery;
mod error;
mod evidence;
mod facts;
mod features;
pub mod feedback;
pub mod findings;
#[cfg(test)]
mod fixture;
pub mod forecast;
mod funnel;
mod headline;
mod health;
mod history;
mod kpi;
pub mod metric;
pub mod period;
mod phrases;
pub mod plan;
mod planning;
mod planning_ahead;
mod quality;
mod release_check;
mod release_list;
mod release_report;
mod release_shown;
mod releases;
mod response;
mod retention;
mod risks;
mod rollup;
mod scan;
mod scope;
pub mod score;
mod score_card;
mod segment;
mod settings;
mod small_cells;
pub mod sql;
pub mod stats;
mod status;
mod verdict_history;
mod versions;
pub mod watch;
mod weekly;
mod words;

pub use backlog::backlog;
pub use coming::coming_next;
pub use error::{Error, Result};
pub use facts::records::release_record;
pub use features::FeatureRules;
pub use feedback::{
    absent_feedback, absent_items, feedback_list, link_suggestions, release_themes,
};
pub use funnel::{Funnel, FunnelError, FunnelRules, funnels};
pub use health::{Gate, HealthRules, MetricRule, health};
pub use planning::{PlanRequest, planning};
pub use planning_ahead::{AheadRequest, planning_ahead};
pub use release_check::{ChecklistRule, release_check};
pub use release_list::release_list;
pub use release_report::release;
pub use release_shown::release_shown;
pub use response::ResponseTargets;
pub use scope::{apps, data_span};
pub use score_card::release_score;
pub use segment::SegmentRules;
pub use settings::{MinimumCounts, Settings, WeekStart};
pub use verdict_history::verdict_history;
pub use weekly::weekly;

pub use lake::{is_retyped, is_run, needs_mark};

#[cfg(test)]
mod tests;
