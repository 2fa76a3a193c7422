//! Shipwake: what users do and say after each release, turned into the next release's plan.
//!
//! This crate is the program: command line, configuration and wiring, and no arithmetic. The way of
//! one event: `ingest::http` takes it from the socket, `lake::check_event` makes it a checked event,
//! the WAL makes it durable before the 200, the committer brings it into the tables of `lake`,
//! `analysis` reads a pinned snapshot of them, and `reports` renders the findings.

mod cli;
mod commands;
mod demo;
mod exit;
mod question;
mod serving;
mod sink;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    exit::guarded(|| match Cli::try_parse() {
        Ok(cli) => {
            terminal::start_logging(cli.verbose);
            match run(&cli.command) {
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

fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(args) => commands::serve::run(args)?,
        Command::Tail(args) => commands::tail::run(args)?,
        Command::Demo(args) => commands::demo::run(args)?,
        Command::Import(import) => commands::import::run(import)?,
        Command::Report(report) => commands::report::run(report)?,
        Command::Health(health) => return commands::health::run(health),
        Command::Key(key) => commands::key::run(key)?,
        Command::Lake(lake) => commands::lake::run(lake)?,
    }
    Ok(ExitCode::SUCCESS)
}
