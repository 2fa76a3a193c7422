//! A command that a running service carries out: sent in words, and its answer put where the same
//! command puts it that has a data folder.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::ArgMatches;

use crate::cli::{Command, Plan, PlanAct, PlanExport, PlanPage, Report, ServiceArgs, Sql};
use crate::commands::draft::Draft;
use crate::commands::{report, sql};
use crate::remote::Remote;
use crate::terminal;
use crate::web::{Head, Sent};
use crate::words::Words;

/// Has the service do it that the command names; `None` where it names none, or where none can.
///
/// # Errors
/// When the service is not reached or refuses, and when its answer cannot be put in place.
pub(crate) fn to_service(
    command: &Command,
    matches: &ArgMatches,
) -> anyhow::Result<Option<ExitCode>> {
    if let Some(service) = command.decides() {
        return decision(service, matches);
    }
    let Some(asks) = command.asks() else {
        return Ok(None);
    };
    let Some(remote) = Remote::named(asks.service)? else {
        return Ok(None);
    };
    let words = of_command(command, Words::said(matches)?)?;
    let (head, output) = carried_out(&remote, words)?;
    if head.exit_code == 0 {
        deliver(command, &output)?;
    } else {
        terminal::bytes(&output)?;
    }
    Ok(Some(ExitCode::from(head.exit_code)))
}

/// A decision about a plan or a release: drafted by the service, which has the data, and then sent to it under the
/// key of the one who decides.
fn decision(service: &ServiceArgs, matches: &ArgMatches) -> anyhow::Result<Option<ExitCode>> {
    let Some(remote) = Remote::named(service)? else {
        return Ok(None);
    };
    let mut words = Words::said(matches)?;
    words.options.push("--dry-run".to_owned());
    let (head, output) = carried_out(&remote, words.with_instead("format", "json"))?;
    if head.exit_code == 0 {
        let draft: Draft =
            serde_json::from_slice(&output).context("the service did not answer with a draft")?;
        draft.send(&remote)?;
    }
    Ok(Some(ExitCode::from(head.exit_code)))
}

/// Has the service carry words out; its talk is passed on.
fn carried_out(remote: &Remote, words: Words) -> anyhow::Result<(Head, Vec<u8>)> {
    let sent = Sent {
        arguments: words.in_line(),
    };
    let answer = remote.post(&["v1", "commands"], &serde_json::to_vec(&sent)?)?;
    let (head, output) = parts(&answer)?;
    for line in head.talk.lines() {
        terminal::note(&terminal::plain(line));
    }
    Ok((head, output.to_vec()))
}

/// With what only this machine knows: a query on stdin, and what a file's name says of its form.
fn of_command(command: &Command, mut words: Words) -> anyhow::Result<Words> {
    let Command::Sql(args) = command else {
        return Ok(words);
    };
    words.operands = vec![sql::query(&args.query)?];
    let format = sql::checked_format(args)?;
    Ok(words.with_instead("format", &format.name()))
}

/// The first line, and what follows it.
fn parts(answer: &[u8]) -> anyhow::Result<(Head, &[u8])> {
    let strange = || "the service did not answer as Shipwake does";
    let end = answer.iter().position(|byte| *byte == b'\n');
    let (head, output) = answer.split_at(end.with_context(strange)?);
    let head = serde_json::from_slice(head).with_context(strange)?;
    Ok((head, output.get(1..).unwrap_or_default()))
}

/// Puts an answer where it belongs.
fn deliver(command: &Command, output: &[u8]) -> anyhow::Result<()> {
    match command {
        Command::Report(report) => {
            let into = match report {
                Report::Weekly(args) => &args.into,
                Report::Planning(args) => &args.into,
                Report::Release(args) => &args.into,
            };
            let made: report::Made = serde_json::from_slice(output)
                .context("the service did not answer with a report")?;
            made.deliver(into)
        }
        Command::Sql(Sql { out: Some(out), .. }) => sql::put_whole(out, output),
        Command::Plan(plan) => match &**plan {
            Plan {
                act:
                    Some(
                        PlanAct::Export(PlanExport { out: Some(out), .. })
                        | PlanAct::Page(PlanPage { out: Some(out), .. }),
                    ),
                ..
            } => sql::put_whole(out, output),
            _ => Ok(terminal::bytes(output)?),
        },
        _ => Ok(terminal::bytes(output)?),
    }
}
