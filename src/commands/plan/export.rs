//! `shipwake plan export`: an accepted plan as the import file of the team's tracker.

use analysis::PlanRequest;
use anyhow::Context as _;

use crate::cli::PlanExport;
use crate::commands::report;

/// The file.
pub(super) fn file(args: &PlanExport) -> anyhow::Result<Vec<u8>> {
    let asked = report::asked_for(&args.evidence)?;
    super::change::accepted(&asked, &args.release)?;
    let (_, period) = report::evidence(&args.evidence, &asked)?;
    let (snapshot, settings) = (&asked.snapshot, &asked.settings);
    let shown = analysis::release_shown(snapshot, settings, &args.release, asked.as_of)?;
    let shown = shown.context("the release is gone")?;
    let request = PlanRequest::default();
    let found = analysis::planning(snapshot, settings, &period, &request, asked.as_of)?;
    Ok(reports::plan_export(
        args.tracker.into(),
        &shown,
        &found.items,
    ))
}
