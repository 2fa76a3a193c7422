//! What the tests of power cuts share: how many, from which seeds, where, and what is said of them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use lake::disk::Chance;
use lake::disk::journal::Op;
use tempfile::TempDir;

/// The first seed of all schedules; another one tries others.
const SEED: &str = "SHIPWAKE_CRASH_SEED";

/// Changes that are told of one that went wrong.
const COURSE: usize = 60;

/// Crashes that a test is to make at least.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// The seed of the first schedule; the next ones count on.
    pub(crate) seed: u64,
    /// How many crashes.
    pub(crate) crashes: usize,
}

/// The number that a variable of the environment holds.
pub(crate) fn number(name: &str) -> Option<u64> {
    let given = std::env::var(name).ok()?;
    Some(given.parse().unwrap())
}

impl Plan {
    /// `crashes`, unless the environment names another number in `count_name`.
    pub(crate) fn new(count_name: &str, crashes: usize) -> Self {
        let count = number(count_name).map(|count| usize::try_from(count).unwrap());
        Self {
            seed: number(SEED).unwrap_or(1),
            crashes: count.unwrap_or(crashes),
        }
    }

    /// Runs schedules on two threads until there were enough crashes. `schedule` gets a seed and
    /// says how many crashes it made, or what went wrong.
    pub(crate) fn run(self, what: &str, schedule: impl Fn(u64) -> Result<usize, String> + Sync) {
        let state = Mutex::new((self.seed, 0));
        let worker = || -> Result<(), String> {
            loop {
                let seed = {
                    let mut state = state.lock().unwrap();
                    if state.1 >= self.crashes {
                        return Ok(());
                    }
                    state.0 += 1;
                    state.0 - 1
                };
                let done = schedule(seed);
                let done = done.map_err(|problem| format!("{problem} (again by {SEED}={seed})"))?;
                state.lock().unwrap().1 += done;
            }
        };
        let outcomes = std::thread::scope(|scope| {
            let workers = [scope.spawn(worker), scope.spawn(worker)];
            workers.map(|worker| worker.join().unwrap())
        });
        for outcome in outcomes {
            if let Err(problem) = outcome {
                panic!("{problem}");
            }
        }
        let (next, crashes) = *state.lock().unwrap();
        let last = next - 1;
        tell(&format!(
            "{what}: {crashes} power cuts, seeds {} to {last}",
            self.seed
        ));
    }
}

/// Says a line that no test harness holds back.
fn tell(line: &str) {
    writeln!(std::io::stderr(), "{line}").unwrap();
}

/// A folder that costs little, with its plain path.
pub(crate) fn scratch() -> (TempDir, PathBuf) {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    let folder = folder.unwrap();
    let path = folder.path().canonicalize().unwrap();
    (folder, path)
}

/// The seed of one image of a schedule.
pub(crate) fn image_seed(seed: u64, at: usize, nth: u64) -> u64 {
    Chance::new(seed ^ ((at as u64) << 24) ^ (nth << 56)).next_number()
}

/// The last changes before a power cut, in short.
pub(crate) fn course(ops: &[Op], at: usize) -> String {
    let name = |path: &Path| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let short = |op: &Op| match op {
        Op::Create { path, inode } => format!("create {inode} {}", name(path)),
        Op::Append { inode, bytes } => format!("append {inode} {}", bytes.len()),
        Op::WriteAgain { inode, from, to } => format!("write {inode} again {from}..{to}"),
        Op::Sync { inode } => format!("sync {inode}"),
        Op::SyncFailed { inode } => format!("sync {inode} failed"),
        Op::Truncate { inode, bytes } => format!("cut {inode} at {bytes}"),
        Op::Rename { to, inode, .. } => format!("rename {inode} to {}", name(to)),
        Op::Link { to, inode } => format!("link {inode} as {}", name(to)),
        Op::Remove { path } => format!("remove {}", name(path)),
        Op::Folder { path } => format!("create folder {}", name(path)),
        Op::RemoveFolder { path } => format!("remove folder {}", name(path)),
        Op::SyncFolder { path } => format!("sync folder {}", name(path)),
        Op::Note(what) => format!("note {what}"),
    };
    let end = (at + 1).min(ops.len());
    let last: Vec<String> = ops[end.saturating_sub(COURSE)..end]
        .iter()
        .map(short)
        .collect();
    last.join(" | ")
}

/// An error with its causes.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let cause = error.source().map(|cause| format!(": {}", causes(cause)));
    format!("{error}{}", cause.unwrap_or_default())
}
