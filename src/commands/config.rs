//! `shipwake config`: what the service works with.

use crate::cli::ConfigCommand;
use crate::config::Config;
use crate::terminal;

pub(crate) fn run(command: &ConfigCommand) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Check(data) => {
            let config = Config::load(data, Vec::new())?;
            let from = config.file.as_ref().map_or_else(
                || "no configuration file: the defaults hold".to_owned(),
                |path| format!("{} holds together", path.display()),
            );
            let given = config.values_given();
            terminal::data(&format!("{from}; {given} values are given"));
        }
        ConfigCommand::Show(data) => {
            terminal::data(&Config::load(data, Vec::new())?.shown()?);
        }
    }
    Ok(())
}
