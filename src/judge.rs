//! One look at a release: what the command line, the service and the schedule have in common.

use analysis::Settings;
use analysis::findings::HealthFindings;
use lake::{Failpoint, Micros, Snapshot};

/// Judges a release; old data give no verdict.
///
/// # Errors
/// When files cannot be read, and for an unknown zone.
pub(crate) fn judge(
    snapshot: &Snapshot,
    settings: &Settings,
    release: &str,
    as_of: Micros,
) -> analysis::Result<HealthFindings> {
    assert!(
        !Failpoint::HealthCheckPanic.is_on(),
        "a health check was told to panic"
    );
    analysis::health(snapshot, settings, release, as_of)
}
