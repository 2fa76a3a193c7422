//! Delivery: what is told to whom, and that each gets it once.
//!
//! | question | module |
//! |---|---|
//! | who gets reports and is told of verdicts | [`settings`] |
//! | what is to go to whom, what went, what is tried again when | [`ledger`] |
//! | where reports lie, with what is told of them | [`archive`] |
//! | how a report or a notice is handed to a chat, a folder, a person | [`courier`], [`mail`] |
//! | how long is waited before a next try | [`patience`] |
//! | how anything goes out over HTTP | [`outbound`] |

mod archive;
mod courier;
mod ledger;
mod mail;
mod outbound;
mod patience;
mod settings;

pub(crate) use archive::Archive;
pub(crate) use courier::{Courier, Sends};
pub(crate) use ledger::Deliveries;
#[cfg(test)]
pub(crate) use ledger::Delivery;
pub(crate) use outbound::{Outbound, hash};
pub(crate) use patience::next_try;
pub(crate) use settings::{NotifySettings, Recipient, not_an_address};
