//! Failpoints: steps that durability or exactness needs, and that a test build can be told to leave
//! out, so that it can be shown that the tests notice.
//!
//! They exist only with the cargo feature `failpoints`, are named in the environment variable
//! `SHIPWAKE_FAILPOINTS` (several with commas) and are all off without it. In other builds
//! [`Failpoint::is_on`] is `false` at compile time and nothing of this remains.

/// Declares each failpoint once: its variant, its name, and what is broken while it is on.
macro_rules! failpoints {
    ($($variant:ident = $name:literal: $breaks:literal;)*) => {
        /// A step that can be left out or done wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Failpoint {
            $(#[doc = $breaks] $variant,)*
        }

        impl Failpoint {
            /// All failpoints.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name by which it is switched on.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What is broken while it is on.
            #[must_use]
            pub fn breaks(self) -> &'static str {
                match self {
                    $(Self::$variant => $breaks,)*
                }
            }
        }
    };
}

failpoints! {
    WalSkipFsync = "wal-skip-fsync": "the WAL answers without fdatasync";
    WalAckBeforeFsync = "wal-ack-before-fsync": "the WAL answers before its fdatasync";
    WalAckBeforeWrite = "wal-ack-before-write": "the WAL answers before it writes";
    WalSkipHeaderFsync = "wal-skip-header-fsync": "a new WAL segment's header is not synced before frames follow";
    WalSkipFolderFsync = "wal-skip-folder-fsync": "the name of a new WAL segment is not synced";
    WalRetryFsync = "wal-retry-fsync": "the WAL tries a failed fdatasync again on the same file and answers by that";
    WalKeepFailedSegment = "wal-keep-failed-segment": "the WAL goes on with a segment of which a write or fdatasync failed";
    WalSkipChecksum = "wal-skip-checksum": "WAL frames are read without their checksum";
    WalKeepTornTail = "wal-keep-torn-tail": "a torn tail is neither cut nor told from damage";
    WalSkipRecoveryFsync = "wal-skip-recovery-fsync": "what a killed process left unsynced in the WAL is built on as it is";
    WalForgetPosition = "wal-forget-position": "a WAL that lost its segments starts again at position 0";
    WalCutBeforeCommit = "wal-cut-before-commit": "WAL segments are removed before their rows are committed";
    PrepareSkip = "prepare-skip": "a flush commits without its prepare frame";
    PrepareSkipFsync = "prepare-skip-fsync": "a flush commits before its prepare frame is synced";
    RedoSkip = "redo-skip": "a start decides an interrupted flush again, whatever its prepare frame says";
    LedgerFirst = "ledger-first": "the ledger is committed before the tables that it counts";
    IndexEarly = "index-early": "ids of a flush count as known before its prepare frame is durable";
    DedupSkip = "dedup-skip": "event ids that came before are taken as new";
    DedupForget = "dedup-forget": "a start does not read the event ids of the tables";
    LakeSkipFileFsync = "lake-skip-file-fsync": "table files and log entries are not synced";
    LakeSkipFolderFsync = "lake-skip-folder-fsync": "the names of table files and log entries are not synced";
    LakeSkipAncestorFsync = "lake-skip-ancestor-fsync": "the names of new folders are not synced";
    LakeKeepFailedFolder = "lake-keep-failed-folder": "a new folder whose name could not be synced is used all the same";
    LakeSkipTransactionCheck = "lake-skip-transaction-check": "a commit does not ask whether it was done before";
    LakeSkipRecheckFsync = "lake-skip-recheck-fsync": "a commit that is found to be there is not synced before it is built on";
    LakeSkipOpenFsync = "lake-skip-open-fsync": "what a killed process left unsynced in the tables is built on as it is";
    HealthCheckPanic = "health-check-panic": "a health check panics in place of a verdict";
}

impl Failpoint {
    /// Whether this build has failpoints at all.
    pub const ARE_BUILT_IN: bool = cfg!(feature = "failpoints");

    /// Whether the step is left out.
    #[cfg(feature = "failpoints")]
    #[must_use]
    pub fn is_on(self) -> bool {
        switched_on().contains(&self)
    }

    /// Whether the step is left out: never.
    #[cfg(not(feature = "failpoints"))]
    #[must_use]
    pub const fn is_on(self) -> bool {
        false
    }
}

/// The failpoints that the environment names.
///
/// # Panics
/// When it names one that does not exist: a test of a misspelt failpoint would prove nothing.
#[cfg(feature = "failpoints")]
pub fn switched_on() -> &'static [Failpoint] {
    static ON: std::sync::LazyLock<Vec<Failpoint>> = std::sync::LazyLock::new(|| {
        let named = std::env::var("SHIPWAKE_FAILPOINTS").unwrap_or_default();
        let names = named.split(',').map(str::trim);
        let found = names.filter(|name| !name.is_empty()).map(|name| {
            let found = Failpoint::ALL.iter().find(|one| one.name() == name);
            assert!(found.is_some(), "there is no failpoint {name:?}");
            found.copied()
        });
        found.flatten().collect()
    });
    &ON
}

/// The failpoints that the environment names: none.
#[cfg(not(feature = "failpoints"))]
#[must_use]
pub fn switched_on() -> &'static [Failpoint] {
    &[]
}
