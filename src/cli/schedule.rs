//! The arguments of `shipwake schedule`.

use clap::{Args, Subcommand};

use super::{Data, ListFormat};

#[derive(Debug, Subcommand)]
pub(crate) enum Schedule {
    /// What runs by itself in the service, when it ran last and when it runs next
    List(ScheduleList),
    /// The next times at which it runs
    Next(ScheduleNext),
    /// Run it now, whatever is due: here, or by the service that holds the data folder
    Run(Data),
    /// What went to whom, what waits for another try, what was given up and why
    Deliveries(ScheduleList),
}

#[derive(Debug, Args)]
pub(crate) struct ScheduleList {
    #[command(flatten)]
    pub(crate) data: Data,
    /// How to print it
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ScheduleNext {
    #[command(flatten)]
    pub(crate) data: Data,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(crate) count: u16,
}
