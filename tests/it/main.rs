//! Drives the built program from outside: command line, HTTP, files, `kill -9`, browser and other
//! engines. Nothing of the product is linked here; what a test knows, it learnt as a user would.
//!
//! | module | speaks of |
//! |---|---|
//! | `tidy` | the arrows between crates, file sizes, words that must not be in the tree |
//! | `access` | how much a key may send, who stands behind a proxy, what the audit trail says |
//! | `upkeep` | a person is erased while others send; old versions go; damage is named |
//! | `api` | statuses and answers per event, keys and scopes, limits, quarantine |
//! | `attacks` | bombs, floods, slow sockets, keys and names that try other doors |
//! | `configuration` | the file, what it may say, and what goes before it |
//! | `durability` | `kill -9` in the midst of sending: sent, acknowledged and stored as sets |
//! | `duplicates` | one event in twenty sent again: every count exact, whoever counts |
//! | `failing_disk` | a full disk; errors of fsync, write and rename |
//! | `identity` | the ledger adds up at each moment it is asked |
//! | `feedback` | real reviews and hostile words, understood: labels, themes, items that are meant |
//! | `triage` | what people say of feedback: labels, links, merges, and what these change |
//! | `plan` | the backlog within a capacity, and published cases of the next release problem |
//! | `imports` | reviews, events, backlog from files; numbers against DuckDB |
//! | `accepted` | plans accepted, changed, shipped, scored and exported |
//! | `delivery` | marks by command and API, commit times, the DORA keys against DuckDB |
//! | `demo` | the main job from nothing, held to `sample-data/truth.toml` |
//! | `faces` | every number of page, Markdown, tables, workbook, chat and mail stands in the JSON |
//! | `features` | what the demo says of features and funnels, against DuckDB |
//! | `health` | exit codes and formats of a verdict, whatever a release is named |
//! | `schedule` | the service looks by itself, says a verdict once, tells those who asked |
//! | `mailed` | the weekly report by itself: once to each, by mail, in a chat, into a folder |
//! | `snippets` | what is printed for controllers, schedulers and pipelines, parsed and tried |
//! | `verdicts` | the same over HTTP: resource, gates, gauges, `--server` |
//! | `quarantine` | what was refused is listed, and taken once by a replay after a fix |
//! | `readers` | DuckDB, Polars and deltalake count what we count |
//! | `sdk_sentry` | Sentry's SDKs, through a crash and an overload, row by row |
//! | `privacy` | what an app leaves out is in no byte of the data folder |
//! | `sdk_posthog` | PostHog's SDKs of Python, Node and browsers, past a kill and a busy server |
//! | `sdk_segment` | Segment's and RudderStack's SDKs, past a kill and a busy server |
//! | `sdk_otlp` | OpenTelemetry's SDKs of Python and Node, the same way |
//! | `simulate` | hourly counts of another simulator; evidence by another computation |
//! | `sql` | queries: the rows that DuckDB finds, only reading, each form; the dictionary |
//! | `stopping` | SIGTERM under load |
//! | `tls` | certificates that change under open connections |
//! | `quickstart` | the lines to change in an app, and which KPI has its input |
//! | `views` | the SQL for other engines counts each event once, as we do |
//! | `widget` | feedback from pages, in Chromium: each kind once, offline, by keyboard, without script |
//! | `pages` | reports in Chromium: no console error, no request to another host |
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]

mod accepted;
mod access;
mod api;
mod attacks;
mod configuration;
mod dashboard;
mod delegated;
mod delivery;
mod demo;
mod duplicates;
mod durability;
mod faces;
mod failing_disk;
mod features;
mod feedback;
mod gate;
mod harness;
mod health;
mod identity;
mod imports;
mod mailed;
mod pages;
mod plan;
mod privacy;
mod quarantine;
mod quickstart;
mod readers;
mod ready;
mod registry;
mod releases;
mod schedule;
mod score;
mod sdk;
mod sdk_otlp;
mod sdk_posthog;
mod sdk_segment;
mod sdk_sentry;
mod sender;
mod simulate;
mod snippets;
mod sql;
mod stopping;
mod tidy;
mod tls;
mod triage;
mod upkeep;
mod verdicts;
mod views;
mod weeks;
mod widget;
