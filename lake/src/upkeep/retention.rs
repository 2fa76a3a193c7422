//! What is older than it is kept, or more than is kept, leaves the tables: by whole files, and from
//! the disk with the versions that name them.

use tracing::info;

use super::replace::{Change, Gone};
use super::{Keep, MICROS_PER_DAY};
use crate::batch::utc_day;
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::snapshot::PinnedFile;
use crate::tables::Lake;

impl Lake {
    /// Takes out what is beyond its time, and of the quarantine what is beyond its bytes.
    pub(super) async fn expire(&self, keep: &Keep) -> Result<()> {
        let now = self.clock().now();
        let limits = [
            (Table::Events, keep.events_days),
            (Table::Feedback, keep.feedback_days),
        ];
        for (table, days) in limits {
            let Some(days) = days else { continue };
            let oldest = utc_day(now).saturating_sub_unsigned(days);
            self.expire_where(table, |files| {
                files.retain(|file| file.day.is_some_and(|day| day < oldest));
            })
            .await?;
        }
        let since = keep
            .quarantine_days
            .map(|days| now - i64::from(days) * MICROS_PER_DAY);
        self.expire_where(Table::Quarantine, |files| {
            // The newest first: they stay as long as all together fit.
            files.sort_by_key(|file| std::cmp::Reverse(file.received_to));
            let mut bytes = 0;
            files.retain(|file| {
                bytes += file.bytes;
                let is_old = file
                    .received_to
                    .zip(since)
                    .is_some_and(|(at, since)| at < since);
                is_old || bytes > keep.quarantine_bytes_max
            });
        })
        .await
    }

    /// Takes out the files that `choose` leaves of all.
    async fn expire_where(
        &self,
        table: Table,
        choose: impl FnOnce(&mut Vec<PinnedFile>),
    ) -> Result<()> {
        let mut files: Vec<PinnedFile> = self.parts(table).await?.into_values().flatten().collect();
        choose(&mut files);
        if files.is_empty() {
            return Ok(());
        }
        let rows = files.iter().map(|file| file.rows).sum();
        let change = Change::removal(Gone::Expired, rows);
        match self.replace_files(table, &files, &[], change).await {
            // Another node took one of them first: the next look tells.
            Err(Error::Conflict { .. }) => return Ok(()),
            replaced => replaced?,
        }
        info!(
            table = table.name(),
            rows,
            files = files.len(),
            "took out what is beyond its time"
        );
        Ok(())
    }
}
