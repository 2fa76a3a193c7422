//! The backlog as it stands, for those who edit it elsewhere.

use lake::{Micros, Snapshot};

use crate::error::Result;
use crate::facts::{Question, records};
use crate::findings::Backlog;
use crate::scan::Tables;
use crate::settings::Settings;

/// All items of the app's backlog, each as it was written last; an estimate that was decided about in a
/// plan stands above an older one of the item.
///
/// # Errors
/// [`crate::Error::Scan`] when files cannot be read, [`crate::Error::Record`] when a stored record
/// does not hold what it should.
pub fn backlog(snapshot: &Snapshot, settings: &Settings, as_of: Micros) -> Result<Backlog> {
    let tables = Tables::of(snapshot);
    let question = Question::of_moment(&tables, settings, as_of)?;
    Ok(Backlog {
        app: settings.app.clone(),
        items: records::backlog(&question)?,
    })
}
