//! Each failpoint is caught: this test program is run again with one of them on, and must fail for
//! the reason that the failpoint gives. With none on it must pass.

use std::process::{Command, Output};
use std::sync::Mutex;

use lake::Failpoint;

/// The tests of power cuts, by their names in this program.
const WAL: &str = "wal::crash::";
const TABLES: &str = "committer::crash::power_cut_at_any_change";
const FAULTS: &str = "committer::crash::power_cut_after_any_call";
const UNSYNCED: &str = "committer::unsynced::";
const LOST_WAL: &str = "committer::tests::what_comes_after_a_lost_wal_is_stored";

/// What the tests say of a broken promise.
const LOST: &[&str] = &["acknowledged and lost", "was acknowledged and is lost"];
/// A segment that is written on after a failure holds frames that were given up, too.
const LOST_OR_REUSED: &[&str] = &[
    "acknowledged and lost",
    "was acknowledged and is lost",
    "was used twice",
];
const MISSING: &[&str] = &["was acknowledged and is lost", "damage is reported"];
/// A compaction drops a copy that the ledger has counted; what the ledger itself holds twice is more
/// than was sent.
const TWICE: &[&str] = &["is stored more than once", "the ledger does not add up"];
const TWICE_OR_GONE: &[&str] = &["is stored more than once", "damage is reported"];
const DAMAGED: &[&str] = &["damage is reported"];
const MADE_UP: &[&str] = &["is what was never sent"];
const APART: &[&str] = &["a reader finds"];
const HIDDEN: &[&str] = &["what came after a lost WAL is hidden"];
const BUILT_ON: &[&str] = &["was built on and is lost"];
/// Files that the log names are torn or gone, or the log itself is, or its last entries, from which
/// the WAL was cut.
const BROKEN: &[&str] = &[
    "was acknowledged and is lost",
    "damage is reported",
    "cannot be read",
    "does not open",
    "do not open",
    "is refused",
    "a reader finds",
    "compaction fails",
];

/// Where a failpoint is caught, and by what; `None` for those of other rooms, whose own tests switch
/// them on.
fn caught(failpoint: Failpoint) -> Option<(&'static str, &'static [&'static str])> {
    Some(match failpoint {
        Failpoint::WalSkipFsync
        | Failpoint::WalAckBeforeFsync
        | Failpoint::WalAckBeforeWrite
        | Failpoint::WalSkipFolderFsync => (WAL, LOST),
        Failpoint::WalKeepFailedSegment | Failpoint::WalRetryFsync => (WAL, LOST_OR_REUSED),
        Failpoint::WalSkipHeaderFsync
        | Failpoint::WalKeepTornTail
        | Failpoint::WalSkipRecoveryFsync => (WAL, DAMAGED),
        Failpoint::WalSkipChecksum => (WAL, MADE_UP),
        Failpoint::WalForgetPosition => (LOST_WAL, HIDDEN),
        Failpoint::WalCutBeforeCommit => (TABLES, MISSING),
        Failpoint::PrepareSkipFsync => (TABLES, TWICE_OR_GONE),
        Failpoint::PrepareSkip
        | Failpoint::RedoSkip
        | Failpoint::DedupSkip
        | Failpoint::DedupForget
        | Failpoint::LakeSkipTransactionCheck => (TABLES, TWICE),
        Failpoint::LedgerFirst => (TABLES, APART),
        Failpoint::IndexEarly => (FAULTS, LOST),
        Failpoint::LakeKeepFailedFolder
        | Failpoint::LakeSkipRecheckFsync
        | Failpoint::LakeSkipOpenFsync => (UNSYNCED, BUILT_ON),
        Failpoint::LakeSkipFileFsync
        | Failpoint::LakeSkipFolderFsync
        | Failpoint::LakeSkipAncestorFsync => (TABLES, BROKEN),
        Failpoint::HealthCheckPanic => return None,
    })
}

/// Runs tests of this program in a process of their own.
fn run(filter: &str, failpoints: &str, counts: &[(&str, &str)]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([filter, "--test-threads=2"]);
    command.env("SHIPWAKE_FAILPOINTS", failpoints);
    for (name, count) in counts {
        command.env(name, count);
    }
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let (stdout, stderr) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(stdout).into_owned() + &String::from_utf8_lossy(stderr)
}

/// What is wrong with how the tests take a failpoint.
fn missed(failpoint: Failpoint) -> Option<String> {
    let (filter, reasons) = caught(failpoint)?;
    let output = run(filter, failpoint.name(), &[]);
    let said = said(&output);
    let name = failpoint.name();
    if output.status.success() {
        return Some(format!("{name} is not caught:\n{said}"));
    }
    let is_right = reasons.iter().any(|reason| said.contains(reason));
    (!is_right).then(|| format!("{name} fails, but says none of {reasons:?}:\n{said}"))
}

#[test]
fn each_failpoint_is_caught_for_its_reason() {
    let waiting = Mutex::new(Failpoint::ALL.iter());
    let problems = Mutex::new(Vec::new());
    let worker = || {
        while let Some(failpoint) = { waiting.lock().unwrap().next() } {
            let missed = missed(*failpoint);
            problems.lock().unwrap().extend(missed);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(worker);
        scope.spawn(worker);
    });
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

#[test]
fn without_a_failpoint_the_same_tests_pass() {
    let few = [
        ("SHIPWAKE_WAL_CRASHES", "500"),
        ("SHIPWAKE_LAKE_CRASHES", "1"),
        ("SHIPWAKE_LAKE_EVERY", "40"),
        ("SHIPWAKE_CRASH_SEED", "1000"),
    ];
    for filter in [WAL, TABLES, FAULTS, UNSYNCED, LOST_WAL] {
        let output = run(filter, "", &few);
        let said = said(&output);
        assert!(output.status.success(), "{filter} fails:\n{said}");
        assert!(
            !said.contains(" 0 passed"),
            "{filter} names no test:\n{said}"
        );
    }
}
