//! Taking up what a crash interrupted.

use lake::{Failpoint, Lake, Table};
use tracing::{error, info};

use super::Committer;
use super::prepare::Prepare;
use crate::error::{Error, Result};

impl Committer {
    /// Takes up the last flush that the WAL holds. Its commits are done again as they stand, even
    /// if the ledger says that it was whole: a table's last log entry may have been set aside.
    ///
    /// # Errors
    /// When tables refuse.
    pub(crate) async fn redo(&mut self, payload: Option<Vec<u8>>) -> Result<bool> {
        let Some(payload) = payload.filter(|_| !Failpoint::RedoSkip.is_on()) else {
            return Ok(false);
        };
        let prepare: Prepare = match serde_json::from_slice(&payload) {
            Ok(prepare) => prepare,
            Err(cause) => {
                error!(%cause, "last prepare frame cannot be understood, deciding again");
                return Ok(false);
            }
        };
        if !prepare.is_whole(&self.lake)? {
            return Ok(false);
        }
        let again = prepare.end > self.committed;
        if again {
            info!(
                end = prepare.end,
                rows = prepare.rows,
                "taking up an interrupted flush"
            );
        }
        self.lake.note_under_way(prepare.paths(&self.lake));
        self.prepared = Some(prepare);
        self.finish().await?;
        Ok(again)
    }

    /// The position up to which all tables hold everything, and the furthest that any is at.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(crate) async fn positions(lake: &Lake, node: &str) -> Result<(i64, i64)> {
        let mut furthest = 0;
        let mut whole = 0;
        for table in Table::ALL {
            let at = lake
                .position(table, node)
                .await
                .map_err(Error::lake("read"))?
                .unwrap_or(0);
            furthest = furthest.max(at);
            if table == Table::Ledger {
                whole = at;
            }
        }
        Ok((whole, furthest))
    }
}
