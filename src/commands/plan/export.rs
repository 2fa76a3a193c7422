//! `shipwake plan export`: an accepted plan as the import file of the team's tracker.

use analysis::PlanRequest;

use crate::cli::PlanExport;
use crate::commands::report;

/// The file.
pub(super) fn file(args: &PlanExport) -> anyhow::Result<Vec<u8>> {
    let asked = report::asked_for(&args.evidence)?;
    let (_, period) = report::evidence(&args.evidence, &asked)?;
    let (snapshot, settings) = (&asked.snapshot, &asked.settings);
    let (shown, _) = super::change::accepted(&asked, &args.release)?;
    let request = PlanRequest::default();
    let found = analysis::planning(snapshot, settings, &period, &request, asked.as_of)?;
    Ok(reports::plan_export(
        args.tracker.into(),
        &shown,
        &found.items,
    ))
}
