//! A command of this program in words, as one process hands it to another: to a child of its own, or to
//! a service that carries it out.

use std::any::TypeId;
use std::iter::once;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, CommandFactory as _, FromArgMatches as _};

use crate::cli::Cli;

/// Options that say where a command runs and what becomes of its answer, and so are not handed on.
const STAY: [&str; 3] = ["server", "timeout", "pdf"];

/// A command in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// The command and those within it.
    pub(crate) path: Vec<String>,
    /// Each with its value.
    pub(crate) options: Vec<String>,
    pub(crate) operands: Vec<String>,
}

impl Words {
    /// A command without anything.
    pub(crate) fn of(path: &[&str]) -> Self {
        Self {
            path: path.iter().map(|&word| word.to_owned()).collect(),
            ..Self::default()
        }
    }

    /// With an option.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.options.push(format!("--{name}={value}"));
        self
    }

    /// With an option that has no value.
    #[must_use]
    pub(crate) fn flag(mut self, name: &str) -> Self {
        self.options.push(format!("--{name}"));
        self
    }

    /// Without an option that has no value.
    #[must_use]
    pub(crate) fn without_flag(mut self, name: &str) -> Self {
        let flag = format!("--{name}");
        self.options.retain(|option| *option != flag);
        self
    }

    /// With an option in place of what was said of it.
    #[must_use]
    pub(crate) fn with_instead(mut self, name: &str, value: &str) -> Self {
        let said = format!("--{name}=");
        self.options.retain(|option| !option.starts_with(&said));
        self.with(name, value)
    }

    /// With an operand.
    #[must_use]
    pub(crate) fn on(mut self, operand: &str) -> Self {
        self.operands.push(operand.to_owned());
        self
    }

    /// One after the other, as a process is started.
    pub(crate) fn in_line(self) -> Vec<String> {
        let operands = self.operands.into_iter();
        let parted = operands.len() > 0;
        self.path
            .into_iter()
            .chain(self.options)
            .chain(parted.then(|| "--".to_owned()))
            .chain(operands)
            .collect()
    }

    /// What was said to this process, on the command line or by its environment. Files stay with the
    /// one who names them.
    ///
    /// # Errors
    /// When a word is no text.
    pub(crate) fn said(matches: &ArgMatches) -> anyhow::Result<Self> {
        let mut words = Self::default();
        each(matches, |argument, given| {
            let id = argument.get_id().as_str();
            let stays = is_file(argument) || STAY.contains(&id);
            if stays || matches!(argument.get_action(), ArgAction::Count) {
                return Ok(());
            }
            let long = argument.get_long();
            if let (ArgAction::SetTrue, Some(long)) = (argument.get_action(), long) {
                words.options.push(format!("--{long}"));
                return Ok(());
            }
            for value in given.get_raw(id).into_iter().flatten() {
                let value = value.to_str().context("a word of the command is no text")?;
                match long {
                    Some(long) => words.options.push(format!("--{long}={value}")),
                    None => words.operands.push(value.to_owned()),
                }
            }
            Ok(())
        })?;
        let mut given = matches;
        while let Some((name, inner)) = given.subcommand() {
            words.path.push(name.to_owned());
            given = inner;
        }
        Ok(words)
    }

    /// Reads a command that another process hands over, and says what it is.
    ///
    /// # Errors
    /// A sentence on what cannot be read, and where a file is named: those of this machine are not for
    /// others.
    pub(crate) fn read(in_line: &[String]) -> anyhow::Result<(Cli, Self)> {
        let all = once("shipwake").chain(in_line.iter().map(String::as_str));
        let matches = Cli::command().try_get_matches_from(all)?;
        each(&matches, |argument, given| {
            let id = argument.get_id().as_str();
            let is_named = given.value_source(id) == Some(ValueSource::CommandLine);
            if is_file(argument) && is_named {
                let name = argument.get_long().unwrap_or(id);
                bail!("--{name} names a file, and files stay with the one who asks");
            }
            Ok(())
        })?;
        let cli = Cli::from_arg_matches(&matches)?;
        Ok((cli, Self::said(&matches)?))
    }
}

/// Each argument of a command that was given.
fn each(
    matches: &ArgMatches,
    mut to_do: impl FnMut(&Arg, &ArgMatches) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut command = Cli::command();
    command.build();
    let (mut at, mut given) = (&command, matches);
    while let Some((name, inner)) = given.subcommand() {
        at = at.find_subcommand(name).context("a command is not known")?;
        given = inner;
    }
    for argument in at.get_arguments() {
        let source = given.value_source(argument.get_id().as_str());
        if matches!(
            source,
            Some(ValueSource::CommandLine | ValueSource::EnvVariable)
        ) {
            to_do(argument, given)?;
        }
    }
    Ok(())
}

fn is_file(argument: &Arg) -> bool {
    argument.get_value_parser().type_id() == TypeId::of::<PathBuf>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    /// A command as it is handed on.
    fn handed_on(text: &str) -> String {
        let all = once("shipwake".to_owned()).chain(line(text));
        let matches = Cli::command().try_get_matches_from(all).unwrap();
        Words::said(&matches).unwrap().in_line().join(" ")
    }

    #[test]
    fn what_says_where_to_run_and_files_stay_and_all_else_goes() {
        assert_eq!(
            handed_on(
                "-vv report weekly --server http://h --key-file k --data d --week last --out o"
            ),
            "report weekly --week=last"
        );
        assert_eq!(
            handed_on("report release --app shop --out o --pdf --server http://h -- 4.2.0"),
            "report release --app=shop -- 4.2.0"
        );
        assert_eq!(
            handed_on("feedback list --critical --app shop --limit 3"),
            "feedback list --app=shop --critical --limit=3"
        );
        assert_eq!(
            handed_on("plan --together a,b --together c,d --pin x=1 --release 1=5"),
            "plan --release=1=5 --pin=x=1 --together=a,b --together=c,d"
        );
        assert_eq!(
            handed_on("sql --format csv -- --x"),
            "sql --format=csv -- --x"
        );
    }

    #[test]
    fn what_is_handed_over_is_what_was_said_and_names_no_file() {
        let given = line("feedback themes --app=shop -- --odd");
        let (_, words) = Words::read(&given).unwrap();
        assert_eq!(words.in_line(), given);
        for bad in [
            "report weekly --out=/etc",
            "sql --data=/other SELECT",
            "plan --config=/etc/passwd",
            "plan --nrp=/etc/passwd --ratio=0.5",
            "release add 1 --git=/srv",
        ] {
            let problem = Words::read(&line(bad)).unwrap_err().to_string();
            assert!(problem.contains("names a file"), "{bad}: {problem}");
        }
        assert!(Words::read(&line("no such command")).is_err());
        assert!(Words::read(&[]).is_err());
    }
}
