//! `shipwake export`: tables for people who go on elsewhere.

use analysis::WeekStart;
use anyhow::Context as _;
use reports::Preset;

use crate::cli::{Export, ExportBacklog, ExportCsv, PresetArg};
use crate::question::Asked;
use crate::terminal;

pub(crate) fn run(export: &Export) -> anyhow::Result<()> {
    let Export::Csv(ExportCsv::Backlog(args)) = export;
    backlog(args)
}

fn backlog(args: &ExportBacklog) -> anyhow::Result<()> {
    let asked = Asked::new(&args.question, WeekStart::Monday)?;
    let found = analysis::backlog(&asked.snapshot, &asked.settings, asked.as_of)?;
    let preset = match args.preset {
        PresetArg::Plain => Preset::Plain,
        PresetArg::Excel => Preset::Excel,
        PresetArg::ExcelEu => Preset::ExcelEu,
    };
    let sheet = reports::backlog_csv(&found, preset);
    let Some(file) = &args.out else {
        terminal::bytes(&sheet)?;
        return Ok(());
    };
    lake::files::replace(file, &sheet)
        .with_context(|| format!("{} cannot be written", file.display()))?;
    let count = found.items.len();
    terminal::note(&format!("{count} items in {}", file.display()));
    Ok(())
}
