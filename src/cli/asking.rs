//! Commands that ask: of the tables in SQL, how many get through a funnel, and what a metric means.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use serde::de::IntoDeserializer as _;

use super::{Data, Question, ServiceArgs};
use crate::config::env;

#[derive(Debug, Args)]
pub(crate) struct Sql {
    /// The query, which only reads: SELECT, WITH, SHOW TABLES, DESCRIBE, EXPLAIN; `-` reads it from
    /// stdin
    #[arg(value_name = "QUERY")]
    pub(crate) query: String,
    #[command(flatten)]
    pub(crate) data: Data,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
    /// The moment to speak for (RFC 3339): what occurred later is not known to the query
    #[arg(long, value_name = "INSTANT")]
    pub(crate) as_of: Option<String>,
    /// IANA zone of the days of rollups
    #[arg(long, value_name = "ZONE", env = env::ZONE, default_value = "UTC")]
    pub(crate) zone: String,
    /// How to write the answer; by default what the file's name ends in, else a table
    #[arg(long, value_enum)]
    pub(crate) format: Option<SqlFormat>,
    /// File to write to; by default stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Most rows to write [default: 100 in a table, else all]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SqlFormat {
    /// For people
    Table,
    /// Numbers plain, text quoted
    Csv,
    /// One object a line
    Json,
    /// With the types of the columns
    Parquet,
}

impl SqlFormat {
    /// As it is named on the command line.
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

#[derive(Debug, Args)]
pub(crate) struct Funnel {
    /// Names of usage events in order, 'signup > open > pay', or the name of a funnel of the
    /// configuration ([funnel.NAME]); by default all of those
    #[arg(value_name = "STEPS|NAME")]
    pub(crate) steps: Option<String>,
    /// Time allowed from the first step to the last, such as 30m, 24h or 7d [default: 7d, or what the
    /// configuration says]
    #[arg(long, value_name = "SPAN", value_parser = span)]
    pub(crate) within: Option<Duration>,
    /// First day of the first step [default: 28 days up to --to]
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<Date>,
    /// Last day of the first step [default: the last whole day]
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<Date>,
    /// Only users whose first step came on this platform
    #[arg(long)]
    pub(crate) platform: Option<String>,
    /// Only users whose first step came on this channel
    #[arg(long)]
    pub(crate) channel: Option<String>,
    /// Only users whose first step came on this release
    #[arg(long)]
    pub(crate) release: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: FunnelFormat,
    #[command(flatten)]
    pub(crate) question: Question,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FunnelFormat {
    /// For people
    Table,
    /// A row a step
    Csv,
    Json,
}

/// The part of the events and the feedback that is asked about.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SegmentOf {
    /// Only what came from this platform; users are new by their first event of all
    #[arg(long)]
    pub(crate) platform: Option<String>,
    /// Only what came from this channel
    #[arg(long)]
    pub(crate) channel: Option<String>,
    /// Only users whose last value of a property is this; the section `segments` names the properties
    #[arg(long = "property", value_name = "NAME=VALUE", value_parser = property)]
    pub(crate) properties: Vec<(String, String)>,
}

fn property(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "write NAME=VALUE, such as plan=pro".to_owned())
}

pub(super) fn span(text: &str) -> Result<Duration, String> {
    let read: Result<Duration, serde::de::value::Error> =
        lake::unit::span::deserialize(text.into_deserializer());
    read.map_err(|error| error.to_string())
}

#[derive(Debug, Args)]
pub(crate) struct Dictionary {
    /// A metric's id or a group, e.g. `nps` or `stability`; by default all
    #[arg(value_name = "ID|GROUP")]
    pub(crate) name: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: DictionaryFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum DictionaryFormat {
    Text,
    Markdown,
    Json,
    Csv,
}
