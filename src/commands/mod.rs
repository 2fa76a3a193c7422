//! One module a command.

pub(crate) mod demo;
pub(crate) mod health;
pub(crate) mod import;
pub(crate) mod key;
pub(crate) mod lake;
pub(crate) mod report;
pub(crate) mod serve;
pub(crate) mod tail;
