//! Whether a data folder is sound: its tables, its ledger and its WAL.

use lake::{Finding, Lake, Verification};

use crate::committer::off_reactor;
use crate::error::{Error, Result};
use crate::wal::examine;

/// Checks the tables of a lake and the WAL beside them, beside whoever writes there.
///
/// # Errors
/// When a log cannot be read or the disk refuses; what is damaged is a finding.
pub async fn verify(lake: &Lake) -> Result<Verification> {
    let mut verification = lake.verify().await.map_err(Error::lake("read"))?;
    let folder = lake.folder().join("wal");
    let damage = off_reactor(move || examine(&folder)).await?;
    verification
        .findings
        .extend(damage.into_iter().map(|(path, detail)| Finding {
            kind: "wal",
            place: path.display().to_string(),
            detail,
        }));
    Ok(verification)
}
