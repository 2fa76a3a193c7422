//! A disk that is full or fails: 503 with `Retry-After` before harm is done, everything goes on once
//! the disk is well again, and nothing that was answered 200 is lost.
//!
//! A full disk is a small tmpfs, errors of single calls come from strace: both need rights that a
//! test may not have, and then it says so.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::harness::{Server, path, skipped};
use crate::sender::{Answers, Door, MIXED, SentLog, hold_to, while_sending};

/// How long a fault lasts.
const FAULT: Duration = Duration::from_secs(4);
/// How long a call that is to fail may be waited for.
const PATIENCE: Duration = Duration::from_secs(60);
const DISK_MIB: usize = 96;
/// Answers that show that the service goes on.
const ENOUGH: u64 = 40;

/// A small disk of its own.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={DISK_MIB}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs", path(folder.path())])
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(folder));
        }
        skipped("a tmpfs cannot be mounted");
        None
    }

    /// Takes all space that is left.
    fn fill(&self) {
        let mut ballast = File::create(self.0.path().join("ballast")).unwrap();
        let zeros = vec![0; 64 << 10];
        while ballast.write_all(&zeros).is_ok() {}
    }

    /// Gives the space back.
    fn empty(&self) {
        std::fs::remove_file(self.0.path().join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(self.0.path()).status();
        assert!(unmounted.unwrap().success() || std::thread::panicking());
    }
}

/// Lets the fault last for its time, however many answers come meanwhile.
fn outlast(answers: &Answers) {
    let start = Instant::now();
    while start.elapsed() < FAULT {
        answers.await_one(FAULT);
    }
    answers.forget();
}

/// After another `kill -9` everything that was answered 200 is in the tables.
fn hold_after_a_kill(log: &SentLog, server: Server) {
    let data = server.data.clone();
    server.kill();
    let server = Server::start(&data);
    server.flush();
    hold_to(log, &data);
    server.stop();
}

#[test]
fn a_full_disk_refuses_and_goes_on_when_space_returns() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let data = disk.0.path().join("data");
    let server = Server::start(&data);
    let door = Door::of(&server);
    let (log, ()) = while_sending(&door, &server.key("send"), &MIXED, |answers| {
        for _ in 0..2 {
            answers.await_many(ENOUGH);
            disk.fill();
            outlast(answers);
            disk.empty();
            answers.forget();
            answers.await_many(ENOUGH);
        }
    });
    assert!(log.refusals > 0, "a full disk refused nobody");
    server.flush();
    hold_to(&log, &data);
    hold_after_a_kill(&log, server);
}

#[test]
fn a_kill_on_a_full_disk_loses_nothing() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let data = disk.0.path().join("data");
    let first = Server::start(&data);
    let door = Door::of(&first);
    let key = first.key("send");
    let (log, server) = while_sending(&door, &key, &MIXED, |answers| {
        answers.await_many(ENOUGH);
        disk.fill();
        outlast(answers);
        first.kill();
        disk.empty();
        let next = Server::start(&data);
        door.move_to(&next);
        answers.forget();
        answers.await_many(ENOUGH);
        next
    });
    hold_after_a_kill(&log, server);
}

/// Whose calls fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Those of the thread that owns the WAL.
    Wal,
    /// Those of that thread on the segment of the moment.
    Segment,
    Everybodys,
}

/// Calls of a running server that fail while this lives.
struct Fault {
    strace: Child,
    said: TempDir,
}

impl Fault {
    /// `rule` is strace's: `fsync:error=EIO:when=2+5`.
    fn inject(server: &Server, whose: Whose, rule: &str) -> Option<Self> {
        let said = tempfile::tempdir().unwrap();
        let target = match whose {
            Whose::Wal | Whose::Segment => wal_thread(server),
            Whose::Everybodys => server.pid().to_string(),
        };
        let mut strace = Command::new("strace");
        strace
            .args(["-e", &format!("inject={rule}"), "-p", &target, "-o"])
            .arg(said.path().join("calls"))
            .args((whose == Whose::Everybodys).then_some("-f"))
            .args((whose == Whose::Segment).then(|| newest_segment(server)))
            .stderr(Stdio::piped());
        let Ok(mut strace) = strace.spawn() else {
            skipped("strace is absent");
            return None;
        };
        let mut talk = BufReader::new(strace.stderr.take().unwrap());
        let mut line = String::new();
        talk.read_line(&mut line).unwrap();
        if !line.contains("attached") {
            strace.wait().unwrap();
            skipped(&format!("strace may not attach: {line}"));
            return None;
        }
        std::thread::spawn(move || std::io::copy(&mut talk, &mut std::io::sink()));
        Some(Self { strace, said })
    }

    /// How many calls failed so far.
    fn failed(&self) -> usize {
        let calls = std::fs::read_to_string(self.said.path().join("calls")).unwrap();
        calls.matches("(INJECTED)").count()
    }

    /// Lets the calls succeed again; how many failed.
    fn end(mut self) -> usize {
        let pid = self.strace.id().to_string();
        let ended = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(ended.unwrap().success());
        self.strace.wait().unwrap();
        self.failed()
    }
}

/// The argument that keeps strace to the newest segment of the WAL.
fn newest_segment(server: &Server) -> String {
    let segments = std::fs::read_dir(server.data.join("wal")).unwrap();
    let newest = segments.map(|segment| segment.unwrap().path()).max();
    format!("--trace-path={}", path(&newest.unwrap()))
}

fn wal_thread(server: &Server) -> String {
    let threads = std::fs::read_dir(format!("/proc/{}/task", server.pid())).unwrap();
    let is_wal = |thread: &Path| std::fs::read_to_string(thread.join("comm")).unwrap() == "wal\n";
    let mut threads = threads.map(|thread| thread.unwrap().path());
    let thread = threads.find(|thread| is_wal(thread)).unwrap();
    thread.file_name().unwrap().to_str().unwrap().to_owned()
}

/// Sends while calls fail and afterwards; `None` (and a word) where they cannot be made to fail.
fn survive(whose: Whose, rule: &str) -> Option<SentLog> {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let door = Door::of(&server);
    let (log, failed) = while_sending(&door, &server.key("send"), &MIXED, |answers| {
        answers.await_many(ENOUGH);
        let fault = Fault::inject(&server, whose, rule)?;
        outlast(answers);
        // A busy machine may take longer to come to the call.
        let start = Instant::now();
        while fault.failed() == 0 && start.elapsed() < PATIENCE {
            answers.await_one(FAULT);
        }
        let failed = fault.end();
        answers.forget();
        answers.await_many(ENOUGH);
        Some(failed)
    });
    assert!(failed? > 0, "{rule}: no call failed");
    server.flush();
    hold_to(&log, folder.path());
    hold_after_a_kill(&log, server);
    Some(log)
}

#[test]
fn errors_under_the_wal_are_answered_503_and_lose_nothing() {
    for (whose, rule) in [
        (Whose::Wal, "fdatasync:error=EIO:when=3+7"),
        (Whose::Wal, "fdatasync:error=ENOSPC:when=1"),
        // What a new segment needs, too.
        (Whose::Wal, "fsync,fdatasync:error=EIO:when=2+3"),
        (Whose::Segment, "write:error=ENOSPC:when=3"),
        (Whose::Segment, "write:error=EIO:when=1"),
    ] {
        let Some(log) = survive(whose, rule) else {
            return;
        };
        assert!(log.refusals > 0, "{rule}: nobody was refused");
    }
}

#[test]
fn errors_under_the_tables_lose_nothing() {
    for rule in [
        "fsync:error=EIO:when=1+2",
        "fsync:error=ENOSPC",
        "rename,renameat,renameat2:error=EIO",
        "link,linkat:error=ENOSPC:when=1+2",
    ] {
        if survive(Whose::Everybodys, rule).is_none() {
            return;
        }
    }
}
