//! `shipwake health history`: the verdicts that were given, and how far they can be believed.

use analysis::WeekStart;

use crate::cli::{HealthHistory, ListFormat};
use crate::question::Asked;
use crate::terminal;

pub(super) fn run(args: &HealthHistory) -> anyhow::Result<()> {
    let asked = Asked::new(&args.question, WeekStart::Monday)?;
    let release = args.release.as_deref();
    let found = analysis::verdict_history(&asked.snapshot, &asked.settings, release, asked.as_of)?;
    let text = match args.format {
        ListFormat::Table => reports::health_history_text(&found),
        ListFormat::Json => serde_json::to_string_pretty(&found)? + "\n",
    };
    terminal::bytes(text.as_bytes())?;
    Ok(())
}
