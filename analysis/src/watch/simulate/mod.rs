//! Releases that never were, by which the judgement is measured; and hourly counts of any origin,
//! judged as if they came in one by one.

mod course;
mod hours;
mod parallel;
mod rivals;
mod run;
mod scenario;
mod tally;

pub use hours::{
    ArmName, HourRow, HoursError, JudgedHour, JudgedRelease, Timeline, judge, timelines,
};
pub use run::{Request, Row, generate};
pub use scenario::{Kind, scenario_count};
