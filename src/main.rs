//! Shipwake: what users do and say after each release, turned into the next release's plan.
//!
//! This crate is the program: command line, configuration and wiring, and no arithmetic. The way of
//! one event: `ingest::http` takes it from the socket, `lake::check_event` makes it a checked event,
//! the WAL makes it durable before the 200, the committer brings it into the tables of `lake`,
//! `analysis` reads a pinned snapshot of them, and `reports` renders the findings.

mod brand;
mod child;
mod cli;
mod commands;
mod config;
mod delegated;
mod deliver;
mod demo;
mod exit;
mod judge;
mod pdf;
mod question;
mod remote;
mod schedule;
mod serving;
mod sink;
mod terminal;
mod tls;
mod web;
mod words;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};
use lake::Failpoint;

use crate::cli::{Cli, Command};

/// Set up in `.cargo/config.toml`, which says why.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    if Failpoint::ARE_BUILT_IN && std::env::args().nth(1).as_deref() == Some("--list-failpoints") {
        return list_failpoints();
    }
    let parsed = || {
        let matches = Cli::command().try_get_matches()?;
        Ok((Cli::from_arg_matches(&matches)?, matches))
    };
    exit::guarded(|| match parsed() {
        Ok((cli, matches)) => {
            terminal::start_logging(cli.verbose);
            tell_failpoints();
            let done = delegated::to_service(&cli.command, &matches).transpose();
            match done.unwrap_or_else(|| run(&cli.command)) {
                Ok(code) => code,
                Err(error) => {
                    terminal::failure(&error);
                    exit::failed()
                }
            }
        }
        Err(error) => exit::usage(&error),
    })
}

/// What a test build can break, a line each.
fn list_failpoints() -> ExitCode {
    for failpoint in Failpoint::ALL {
        if !terminal::data(&format!("{:<32}{}", failpoint.name(), failpoint.breaks())) {
            break;
        }
    }
    ExitCode::SUCCESS
}

/// Nobody is to run a broken build unaware.
fn tell_failpoints() {
    for failpoint in lake::failpoint::switched_on() {
        let (name, breaks) = (failpoint.name(), failpoint.breaks());
        terminal::note(&format!("failpoint {name} is on: {breaks}"));
    }
}

fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(args) => commands::serve::run(args)?,
        Command::Tail(args) => commands::tail::run(args)?,
        Command::Quickstart(args) => commands::quickstart::run(args)?,
        Command::Demo(args) => commands::demo::run(args)?,
        Command::Import(import) => commands::import::run(import)?,
        Command::Release(command) => return commands::release::run(command),
        Command::Report(report) => commands::report::run(report)?,
        Command::Export(export) => commands::export::run(export)?,
        Command::Feedback(feedback) => commands::feedback::run(feedback)?,
        Command::Plan(args) => commands::plan::run(args)?,
        Command::Score(args) => commands::score::run(args)?,
        Command::Health(health) => return commands::health::run(health),
        Command::Schedule(schedule) => commands::schedule::run(schedule)?,
        Command::Sql(args) => commands::sql::run(args)?,
        Command::Funnel(args) => commands::funnel::run(args)?,
        Command::Dictionary(args) => commands::dictionary::run(args)?,
        Command::Key(key) => commands::key::run(key)?,
        Command::Lake(lake) => commands::lake::run(lake)?,
        Command::Config(config) => commands::config::run(config)?,
        Command::Quarantine(quarantine) => commands::quarantine::run(quarantine)?,
    }
    Ok(ExitCode::SUCCESS)
}
