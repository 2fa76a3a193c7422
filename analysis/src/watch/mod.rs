//! The sequential judgement of one metric of one release from hourly counts.
//!
//! A [`Watch`] takes in hours and says after each how far the judgement has come. Looking costs
//! nothing: its error bounds hold over all looks together. What is compared is only ever compared
//! within an hour and stratum, so that the time of day, incidents that hit both arms and the adoption
//! curve cancel. Events are to be counted once a user and release (the first crash, not each): users
//! who crash crash in loops, and no test of chance survives those.

mod judge;
mod look;
mod null;
mod phase;
mod rule;
pub mod simulate;

pub use crate::stats::sequential::{Arm, Cell};
pub use judge::Watch;
pub use look::{Because, CountedRatio, Look};
pub use rule::{Control, Rule};
