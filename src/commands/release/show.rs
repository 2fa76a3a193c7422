//! `shipwake release show`: what the team keeps of a release, and how its plan drifted.

use analysis::WeekStart;
use anyhow::Context as _;

use crate::cli::{PlanFormat, ReleaseShow};
use crate::question::Asked;
use crate::terminal;

pub(super) fn run(args: &ReleaseShow) -> anyhow::Result<()> {
    let asked = Asked::new(&args.question, WeekStart::Monday)?;
    let (snapshot, settings) = (&asked.snapshot, &asked.settings);
    let shown = analysis::release_shown(snapshot, settings, &args.release, asked.as_of)?;
    let shown = shown.with_context(|| {
        format!(
            "nothing is kept of {:?}: write its record with `shipwake release add`, or accept a plan \
             for it with `shipwake plan accept`; `shipwake release list` names those that are known",
            args.release
        )
    })?;
    let text = match args.format {
        PlanFormat::Text => reports::release_text(&shown, args.history),
        PlanFormat::Json => reports::release_json(&shown)?,
    };
    terminal::data(text.trim_end());
    Ok(())
}
