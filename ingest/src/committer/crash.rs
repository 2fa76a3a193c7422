//! Power cuts of the whole engine, on the way from the WAL through data files and commits into the
//! tables. At each change of random schedules an image of what a cut may leave is opened again:
//! acknowledged ⊆ stored ⊆ sent, each id once, and the ledger adds up with the tables; also when
//! everything is sent once more, after a compaction and after another start.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lake::disk::Chance;
use lake::disk::journal::{Fault, Journal, Op, crash};
use lake::{FixedClock, RawEvent, Table, check_event, check_feedback};
use serde_json::json;
use tokio::runtime::Runtime;

use super::held::{Outcome, hold, hold_snapshot};
use super::tests::{NOW, arrival, batch, object, refused, settings};
use crate::batch::Record;
use crate::engine::Ingest;
use crate::power_cuts::{Plan, causes, course, image_seed, number, scratch};
use crate::settings::{Durability, Settings};

/// One image in so many is also sent everything again, compacted and started once more.
const WHOLE_EVERY: u64 = 8;
/// The power is cut after one in so many changes of a course, so that several courses are seen;
/// `SHIPWAKE_LAKE_EVERY` says another number.
const CUT_EVERY: u64 = 2;
/// Images at the end of a course in which one call failed.
const FAULT_IMAGES: u64 = 1;

/// A prime above the number of changes of any course.
const STRIDE: usize = 7_919;

/// A record as a test thinks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sent {
    Event { id: u64, name: u64 },
    Feedback { id: u64, score: u64 },
    Refused,
}

impl Sent {
    /// Its event id as it is spelled, where it has one.
    pub(super) fn id(self) -> Option<String> {
        match self {
            Self::Event { id, .. } => Some(format!("e{id}")),
            Self::Feedback { id, .. } => Some(format!("f{id}")),
            Self::Refused => None,
        }
    }

    fn record(self) -> Record<'static> {
        let event_id = self.id();
        match self {
            Self::Event { id, name } => {
                let at = jiff::Timestamp::from_second(
                    NOW / 1_000_000 - 86_400 * i64::from(id.is_multiple_of(3)),
                )
                .unwrap()
                .to_string();
                let raw = json!({"event_id": event_id, "name": format!("n{name}"), "user_id": "u1",
                    "occurred_at": at});
                let raw = object(raw);
                let event = check_event(&RawEvent::of(&raw), &arrival()).unwrap();
                Record::Event(event.into_owned())
            }
            Self::Feedback { score, .. } => {
                let raw = json!({"event_id": event_id, "kind": "rating", "score": score,
                    "user_id": "u1"});
                Record::Feedback(
                    check_feedback(&object(raw), &arrival())
                        .unwrap()
                        .into_owned(),
                )
            }
            Self::Refused => refused(),
        }
    }
}

/// Batches, each with the entry of the journal before which it was sent, and answered.
#[derive(Debug, Clone, Default)]
struct Log(Vec<(usize, Option<usize>, Vec<Sent>)>);

/// The engine on a watched folder.
struct Course {
    journal: Arc<Journal>,
    chance: Chance,
    ingest: Option<Ingest>,
    log: Log,
    ids: u64,
}

/// A course that is over.
struct Recording {
    root: PathBuf,
    ops: Vec<Op>,
    from: usize,
    /// Calls that changed the disk or failed to.
    changes: usize,
    log: Log,
}

fn small() -> Settings {
    Settings {
        segment_bytes_max: 600,
        durability: Durability::Disk,
        ..settings()
    }
}

async fn open(dir: &Path) -> Outcome<Ingest> {
    let opened = Ingest::open(dir, small(), Arc::new(FixedClock(NOW))).await;
    let (ingest, report) =
        opened.map_err(|error| format!("the engine does not open: {}", causes(&error)))?;
    if report.damage.is_empty() {
        Ok(ingest)
    } else {
        Err(format!("damage is reported: {:?}", report.damage))
    }
}

impl Course {
    async fn begin(journal: Arc<Journal>, chance: Chance) -> Self {
        let ids = 0;
        let mut course = Self {
            journal,
            chance,
            ingest: None,
            log: Log::default(),
            ids,
        };
        course.start().await;
        course
    }

    /// A process starts, and again where it dies or meets an error.
    async fn start(&mut self) {
        self.ingest = None;
        for _ in 0..3 {
            self.journal.revive();
            if let Ok(ingest) = open(self.journal.root()).await {
                self.ingest = Some(ingest);
                return;
            }
        }
        panic!("one fault keeps the engine from starting three times");
    }

    fn ingest(&self) -> Ingest {
        self.ingest.clone().unwrap()
    }

    /// A few records: new ones, copies, copies with other content, refused ones. The first batch
    /// brings something to each table and to two days.
    fn compose(&mut self) -> Vec<Sent> {
        if self.ids == 0 {
            self.ids = 3;
            let events = [2, 3].map(|id| Sent::Event { id, name: id });
            let others = [Sent::Feedback { id: 1, score: 3 }, Sent::Refused];
            return events.into_iter().chain(others).collect();
        }
        let count = 1 + self.chance.below(4);
        let mut records = Vec::new();
        for _ in 0..count {
            self.ids += 1;
            let id = self.ids;
            let earlier = 1 + self.chance.next_number() % id;
            records.push(match self.chance.below(8) {
                0 => Sent::Event {
                    id: earlier,
                    name: earlier,
                },
                1 => Sent::Event {
                    id: earlier,
                    name: 0,
                },
                2 => Sent::Refused,
                3 => Sent::Feedback { id, score: 4 },
                _ => Sent::Event { id, name: id },
            });
        }
        let copied = self.chance.one_in(3).then(|| records[0]);
        records.extend(copied);
        records
    }

    async fn submit(&mut self) {
        let records = self.compose();
        let submitted = records.iter().map(|sent| sent.record()).collect();
        self.log.0.push((self.journal.len(), None, records));
        let answered = self.ingest().submit(batch(submitted)).await;
        if answered.is_ok() && !self.journal.is_dead() {
            let last = self.log.0.last_mut().unwrap();
            last.1 = Some(self.journal.len());
        }
    }

    /// A flush, and batches that come in meanwhile.
    async fn flush(&mut self) {
        let ingest = self.ingest();
        let flushing = tokio::spawn(async move { ingest.flush().await });
        for _ in 0..self.chance.below(3) {
            self.submit().await;
        }
        // A flush that met the fault is taken up by the next one.
        drop(flushing.await.unwrap());
        self.survive().await;
    }

    async fn compact(&mut self) {
        let ingest = self.ingest();
        for table in Table::ALL {
            drop(ingest.lake().compact(table, 2).await);
            drop(ingest.lake().checkpoint(table).await);
        }
        self.survive().await;
    }

    /// After a death another process starts, once the dead one has come to its end.
    async fn survive(&mut self) {
        if self.journal.is_dead() {
            drop(self.ingest().wal().barrier().await);
            self.start().await;
        }
    }

    async fn step(&mut self, kind: char) {
        match kind {
            's' => {
                self.submit().await;
                self.survive().await;
            }
            'f' => self.flush().await,
            'c' => self.compact().await,
            'r' => self.start().await,
            _ => {
                drop(self.ingest().shutdown().await);
                self.start().await;
            }
        }
    }

    fn finish(self, from: usize) -> Recording {
        self.journal.end();
        Recording {
            root: self.journal.root().to_owned(),
            ops: self.journal.ops(),
            from,
            changes: self.journal.changes(),
            log: self.log,
        }
    }
}

/// Runs `steps` on a folder, with a fault at the `n`th change.
fn record(
    runtime: &Runtime,
    root: &Path,
    chance: Chance,
    steps: &str,
    fault: Option<(usize, Fault)>,
) -> Recording {
    runtime.block_on(async {
        let journal = Journal::watch(root).unwrap();
        if let Some((at, fault)) = fault {
            journal.fail_at(at, fault);
        }
        let from = journal.len();
        let mut course = Course::begin(journal, chance).await;
        for step in steps.chars() {
            course.step(step).await;
        }
        course.finish(from)
    })
}

impl Recording {
    fn crash(&self, runtime: &Runtime, at: usize, seed: u64, is_whole: bool) -> Outcome<()> {
        let (_folder, image) = scratch();
        crash(&self.ops, &self.root, at, seed, &image).unwrap();
        let journal = Journal::watch(&image).unwrap();
        let recovered = runtime.block_on(self.recover(&image, at, is_whole));
        journal.end();
        recovered.map_err(|problem| {
            let course = course(&self.ops, at);
            format!("{problem}: power cut at change {at}, image {seed}, after {course}")
        })
    }

    async fn recover(&self, image: &Path, at: usize, is_whole: bool) -> Outcome<()> {
        let sent = self.log.0.iter().filter(|(sent, _, _)| *sent <= at);
        let all: Vec<Sent> = sent.flat_map(|(_, _, records)| records.clone()).collect();
        let acknowledged = self
            .log
            .0
            .iter()
            .filter(|one| one.1.is_some_and(|noted| noted <= at));
        let acknowledged: Vec<Sent> = acknowledged.flat_map(|one| one.2.clone()).collect();
        if is_whole {
            hold_snapshot(image).await?;
        }
        let ingest = open(image).await?;
        let fresh = Sent::Event {
            id: 1 << 40,
            name: 1,
        };
        take(&ingest, &[fresh]).await?;
        let known = [all.as_slice(), &[fresh]].concat();
        let promised = [acknowledged.as_slice(), &[fresh]].concat();
        hold(&ingest, &promised, &known, "after recovery").await?;
        if !is_whole {
            return Ok(());
        }
        take(&ingest, &known).await?;
        hold(
            &ingest,
            &known,
            &[known.as_slice(), &known].concat(),
            "sent again",
        )
        .await?;
        for table in Table::ALL {
            let compacted = ingest.lake().compact(table, 2).await;
            compacted.map_err(|error| format!("compaction fails: {}", causes(&error)))?;
        }
        let twice = [known.as_slice(), &known].concat();
        hold(&ingest, &known, &twice, "compacted").await?;
        drop(ingest);
        let ingest = open(image).await?;
        take(&ingest, &[fresh]).await?;
        hold(
            &ingest,
            &known,
            &[twice.as_slice(), &[fresh]].concat(),
            "started again",
        )
        .await
    }
}

/// Submits and flushes.
async fn take(ingest: &Ingest, records: &[Sent]) -> Outcome<()> {
    let records = records.iter().map(|sent| sent.record()).collect();
    let refused =
        |error: crate::Error| format!("a disk that is well is refused: {}", causes(&error));
    ingest.submit(batch(records)).await.map_err(refused)?;
    ingest.flush().await.map_err(refused)
}

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// The places in a range, all over it from the beginning, so that what is wrong somewhere is seen
/// soon: one in `every`, or in as many as the environment says.
fn scattered(range: Range<usize>, every: u64) -> impl Iterator<Item = usize> {
    let every = number("SHIPWAKE_LAKE_EVERY").unwrap_or(every);
    let count = range.len();
    let places = count.div_ceil(usize::try_from(every).unwrap());
    assert!(count < STRIDE, "a prime above it leaves no place out");
    (0..places).map(move |nth| range.start + nth * STRIDE % count)
}

/// Copies what a folder holds.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Runs a course of two flushes on tables that are there, with every second of its changes failing
/// or being the last of its process, and cuts the power at the end. Says how many images there were.
fn fail_everywhere(seed: u64) -> Outcome<usize> {
    let runtime = &runtime();
    let (_folder, tables) = scratch();
    record(runtime, &tables, Chance::new(seed), "", None);
    let (course_seed, first) = (seed.div_ceil(2), usize::from(seed.is_multiple_of(2)));
    let run = |fault| {
        let (folder, root) = scratch();
        copy(&tables, &root);
        let recording = record(runtime, &root, Chance::new(course_seed), "sfsf", fault);
        (recording, folder)
    };
    let (whole, _) = run(None);
    let mut crashes = 0;
    for half in scattered(0..whole.changes / 2, 1) {
        let at = 2 * half + first;
        for fault in [Fault::Errno(5), Fault::Death] {
            let (recording, _folder) = run(Some((at, fault)));
            for nth in 0..FAULT_IMAGES {
                let end = recording.ops.len();
                let crashed = recording.crash(runtime, end, image_seed(seed, at, nth), false);
                crashed.map_err(|problem| format!("{problem}, after {fault:?} at call {at}"))?;
                crashes += 1;
            }
        }
    }
    Ok(crashes)
}

#[test]
fn power_cut_at_any_change_of_a_flush_or_compaction_keeps_every_count() {
    Plan::new("SHIPWAKE_LAKE_CRASHES", 600).run("tables", |seed| {
        let runtime = runtime();
        let (_folder, root) = scratch();
        let recording = record(&runtime, &root, Chance::new(seed), "sfsfcsrsfcShs", None);
        let mut crashes = 0;
        for at in scattered(recording.from..recording.ops.len() + 1, CUT_EVERY) {
            let is_whole = (at as u64 + seed).is_multiple_of(WHOLE_EVERY);
            recording.crash(&runtime, at, image_seed(seed, at, 0), is_whole)?;
            crashes += 1;
        }
        Ok(crashes)
    });
}

#[test]
fn power_cut_after_any_call_failed_or_was_the_last_of_its_process_keeps_every_count() {
    // Half of the changes for each of two threads.
    Plan::new("SHIPWAKE_LAKE_FAULT_CRASHES", 2).run("tables after faults", fail_everywhere);
}
