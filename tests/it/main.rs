//! Drives the built program from outside: command line, HTTP, files, `kill -9`, browser and other
//! engines. Nothing of the product is linked here; what a test knows, it learnt as a user would.
//!
//! | module | speaks of |
//! |---|---|
//! | `tidy` | the arrows between crates, file sizes, words that must not be in the tree |
//! | `api` | statuses and answers per event, keys and scopes, limits, quarantine |
//! | `durability` | `kill -9` in the midst of sending; each id once |
//! | `imports` | reviews, events, backlog from files; numbers against DuckDB |
//! | `demo` | the main job from nothing, held to `sample-data/truth.toml` |
//! | `readers` | DuckDB, Polars and deltalake count what we count |
//! | `pages` | reports in Chromium: no console error, no request to another host |
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]

mod api;
mod demo;
mod durability;
mod harness;
mod imports;
mod pages;
mod readers;
mod tidy;
