//! Older tables, brought to the present schema when they are opened.
//!
//! A column that was added since a table was made is added to the table's schema by one commit that
//! changes no file: rows of older files read as null there, for every reader. A column that
//! Shipwake does not know is left alone.

use deltalake_core::DeltaTable;
use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel as _;
use deltalake_core::kernel::{StructField, StructType};
use tracing::info;

use crate::commit::plain_commit;
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::tables::failed;

/// Attempts at a commit that meets other writers, which may have added the columns themselves.
const ATTEMPTS: u32 = 8;

/// Adds the columns that a table lacks.
///
/// # Errors
/// [`Error::Table`] when the log cannot be read or written.
pub(crate) async fn bring_up_to_date(table: Table, mut delta: DeltaTable) -> Result<DeltaTable> {
    for attempt in 1.. {
        let missing = missing(table, &delta)?;
        if missing.is_empty() {
            break;
        }
        let names: Vec<&str> = missing.iter().map(|field| field.name().as_str()).collect();
        let columns = names.join(", ");
        let adding = delta
            .clone()
            .add_columns()
            .with_fields(missing.clone())
            .with_commit_properties(plain_commit());
        match adding.await {
            Ok(grown) => {
                info!(table = table.name(), columns, "added columns to a table");
                delta = grown;
                break;
            }
            Err(source) if attempt >= ATTEMPTS => {
                return Err(failed(table, "brought to the present schema")(source));
            }
            Err(_) => delta.update_state().await.map_err(failed(table, "read"))?,
        }
    }
    Ok(delta)
}

fn missing(table: Table, delta: &DeltaTable) -> Result<Vec<StructField>> {
    let present: StructType = table
        .schema()
        .as_ref()
        .try_into_kernel()
        .map_err(Error::rows(table))?;
    let state = delta.snapshot().map_err(failed(table, "read"))?;
    let held = state.schema();
    let fields = present.fields();
    Ok(fields
        .filter(|field| held.field(field.name()).is_none())
        .cloned()
        .collect())
}

#[cfg(test)]
mod tests;
