//! One module a command.

pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod dictionary;
pub(crate) mod draft;
pub(crate) mod export;
pub(crate) mod feedback;
pub(crate) mod funnel;
pub(crate) mod health;
pub(crate) mod import;
pub(crate) mod key;
pub(crate) mod lake;
pub(crate) mod plan;
pub(crate) mod quarantine;
pub(crate) mod quickstart;
pub(crate) mod release;
pub(crate) mod report;
pub(crate) mod schedule;
pub(crate) mod score;
pub(crate) mod serve;
pub(crate) mod simulate;
pub(crate) mod sql;
pub(crate) mod tail;
