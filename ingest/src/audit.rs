//! The audit trail: one JSON line for each administrative act, in `audit.jsonl` of the data folder.
//!
//! A line names who, what and which object by its id; it holds no word that a user wrote. Lines are
//! appended whole and forced to disk, by the server and by commands beside it.

use std::fs::File;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use lake::Clock;
use serde::Serialize;

use crate::keys::Key;

const FILE_NAME: &str = "audit.jsonl";

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Whoever runs commands on the data folder.
    Operator,
    /// The holder of a key.
    Key {
        /// The key's id.
        id: String,
        /// Its holder, where known.
        #[serde(skip_serializing_if = "Option::is_none")]
        person: Option<String>,
        /// From where.
        #[serde(skip_serializing_if = "Option::is_none")]
        address: Option<IpAddr>,
    },
}

impl Actor {
    /// The holder of `key`, at an address.
    #[must_use]
    pub fn holder(key: &Key, address: Option<IpAddr>) -> Self {
        Self::Key {
            id: key.id.clone(),
            person: key.person.clone(),
            address,
        }
    }
}

/// An administrative act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// A key was made; the object is its id.
    KeyCreate,
    /// A key was revoked; the object is its id.
    KeyRevoke,
    /// History was imported; the object is the app.
    Import,
    /// Releases, marks, backlog items, labels or links of feedback were written; the object is the app.
    Plan,
    /// A page was shared by a link; the object is the link's id.
    Share,
    /// A link was taken back; the object is its id.
    Unshare,
    /// The tables were compacted by hand; the object is the data folder's `tables`.
    Compact,
    /// A flush was asked for.
    Flush,
    /// What is scheduled was run out of turn; the object is the job.
    Schedule,
    /// Quarantine was replayed; the object is the app or `*`.
    Replay,
    /// Old versions and unnamed files were removed.
    Vacuum,
    /// A person was erased; the object is the app or `*`, never the person.
    Erase,
}

#[derive(Serialize)]
struct Line<'a> {
    at: Timestamp,
    actor: &'a Actor,
    act: Act,
    object: &'a str,
}

/// The audit trail of a data folder.
#[derive(Debug, Clone)]
pub struct Audit {
    path: PathBuf,
    clock: Arc<dyn Clock>,
}

impl Audit {
    /// The trail of a data folder; the file is made with its first line.
    #[must_use]
    pub fn new(folder: &Path, clock: Arc<dyn Clock>) -> Self {
        Self {
            path: folder.join(FILE_NAME),
            clock,
        }
    }

    /// Where the trail lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a line and forces it to disk.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note(&self, actor: &Actor, act: Act, object: &str) -> io::Result<()> {
        let line = Line {
            at: Timestamp::from_microsecond(self.clock.now()).unwrap_or(Timestamp::UNIX_EPOCH),
            actor,
            act,
            object,
        };
        let mut bytes = serde_json::to_vec(&line)?;
        bytes.push(b'\n');
        let mut options = File::options();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.path)?;
        file.write_all(&bytes)?;
        file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use lake::FixedClock;

    use super::*;

    #[test]
    fn each_act_is_one_line_after_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(FixedClock(1_700_000_000_000_000));
        let audit = Audit::new(folder.path(), clock);
        let person = Some("Ada".to_owned());
        let holder = Actor::Key {
            id: "ab".to_owned(),
            person,
            address: Some([192, 0, 2, 7].into()),
        };
        audit.note(&Actor::Operator, Act::KeyCreate, "ab").unwrap();
        audit.note(&holder, Act::Import, "line\nbreak").unwrap();
        let text = std::fs::read_to_string(audit.path()).unwrap();
        assert_eq!(
            text,
            "{\"at\":\"2023-11-14T22:13:20Z\",\"actor\":\"operator\",\"act\":\"key_create\",\"object\":\"ab\"}\n\
             {\"at\":\"2023-11-14T22:13:20Z\",\"actor\":{\"key\":{\"id\":\"ab\",\"person\":\"Ada\",\
             \"address\":\"192.0.2.7\"}},\"act\":\"import\",\"object\":\"line\\nbreak\"}\n"
        );
    }
}
