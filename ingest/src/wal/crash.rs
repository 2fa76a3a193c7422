//! Power cuts of the WAL: random schedules on a watched folder, and at each of their changes images
//! of what a cut may leave. Whatever is found there, the WAL opens without damage, acknowledged ⊆
//! recovered ⊆ sent, each once and in order, and goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, Wake, Waker};

use lake::disk::Chance;
use lake::disk::journal::{Fault, Journal, Op, crash};
use tokio::sync::oneshot;

use super::tests::Bench;
use super::*;
use crate::power_cuts::{Plan, course, image_seed, scratch};
use crate::settings::Durability;

type Outcome<T> = std::result::Result<T, String>;

/// Images at each change of a schedule.
const IMAGES: u64 = 2;
/// Images of what was recovered, which is then cut off once more.
const AGAIN: usize = 3;

/// What was sent under which id, and which id was answered at which position. Each with the entry
/// of the journal before which it happened.
#[derive(Debug, Clone, Default)]
struct Log {
    sent: BTreeMap<u64, (usize, Vec<u8>)>,
    acknowledged: BTreeMap<u64, (usize, i64)>,
    /// Positions up to which the tables hold everything.
    committed: Vec<(usize, i64)>,
}

/// A WAL that is written to while its folder is watched.
struct Recorder {
    journal: Arc<Journal>,
    chance: Chance,
    segment_bytes_max: u64,
    bench: Option<Bench>,
    log: Log,
    committed: i64,
    highest: i64,
}

/// A finished schedule.
struct Recording {
    root: PathBuf,
    ops: Vec<Op>,
    /// Where its own changes begin.
    from: usize,
    log: Log,
    segment_bytes_max: u64,
}

/// Notes the moment in which an answer is given.
struct Answered(Arc<Journal>, u64);

impl Wake for Answered {
    fn wake(self: Arc<Self>) {
        self.0.note(self.1);
    }
}

/// Bytes that tell one payload from every other and from what a torn sector leaves.
fn payload(id: u64, length: usize) -> Vec<u8> {
    let mut chance = Chance::new(id);
    let filler = (0..length).map(|_| u8::try_from(chance.below(255)).unwrap() + 1);
    id.to_le_bytes().into_iter().chain(filler).collect()
}

fn id_of(payload: &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(payload.get(..8)?.try_into().ok()?))
}

impl Recorder {
    fn new(journal: Arc<Journal>, chance: Chance, segment_bytes_max: u64, log: Log) -> Self {
        let committed = log.committed.last().map_or(0, |(_, committed)| *committed);
        let mut recorder = Self {
            journal,
            chance,
            segment_bytes_max,
            bench: None,
            log,
            committed,
            highest: -1,
        };
        recorder.open();
        recorder
    }

    /// A process that starts; one that dies or meets an error is started again.
    fn open(&mut self) {
        self.bench = None;
        let root = self.journal.root().to_owned();
        while self.bench.is_none() {
            self.journal.revive();
            let bound = self.segment_bytes_max;
            let opened = Bench::open(&root, Durability::Disk, bound, self.committed);
            self.bench = opened.ok();
        }
    }

    fn bench(&mut self) -> &mut Bench {
        self.bench.as_mut().unwrap()
    }

    fn act(&mut self) -> Outcome<()> {
        match self.chance.below(10) {
            0 => self.open(),
            1 => self.cut(),
            _ => self.append()?,
        }
        if self.journal.is_dead() {
            self.open();
        }
        Ok(())
    }

    /// The tables take what was answered up to some frame, and the WAL is cut there.
    fn cut(&mut self) {
        let positions: Vec<i64> = self.log.acknowledged.values().map(|(_, at)| *at).collect();
        let upto = positions.get(self.chance.below(positions.len())).copied();
        self.committed = self.committed.max(upto.unwrap_or(0));
        let moment = self.journal.len();
        self.log.committed.push((moment, self.committed));
        let committed = self.committed;
        // A segment that cannot be removed stays until the next start.
        drop(self.bench().wal.cut(committed));
    }

    /// One group commit of a few frames.
    fn append(&mut self) -> Outcome<()> {
        let mut waiting = Vec::new();
        let mut group = Vec::new();
        for _ in 0..=self.chance.below(4) {
            let id = self.log.sent.len() as u64;
            let length = self.chance.below(900);
            let payload = payload(id, length);
            let sent = (self.journal.len(), payload.clone());
            self.log.sent.insert(id, sent);
            let (answer, mut answered) = oneshot::channel();
            let waker = Waker::from(Arc::new(Answered(Arc::clone(&self.journal), id)));
            let polled = Pin::new(&mut answered).poll(&mut Context::from_waker(&waker));
            assert!(matches!(polled, Poll::Pending), "nobody was asked yet");
            let weight = Weight::new(&self.bench().wal.shared, payload.len());
            let (kind, rows) = (FrameKind::Batch, 1);
            group.push(Request::Append {
                kind,
                rows,
                payload,
                weight,
                answer,
            });
            waiting.push((id, answered));
        }
        let began = self.journal.len();
        self.bench().writer.serve(group);
        let ops = self.journal.ops();
        for (id, mut answered) in waiting {
            let Ok(Ok(appended)) = answered.try_recv() else {
                continue;
            };
            let mut noted = ops[began..].iter();
            let after = noted.position(|op| *op == Op::Note(id)).unwrap();
            if appended.position <= self.highest {
                return Err(format!("position {} was used twice", appended.position));
            }
            self.highest = appended.position;
            let answer = (began + after, appended.position);
            self.log.acknowledged.insert(id, answer);
        }
        Ok(())
    }

    fn finish(self, from: usize) -> Recording {
        self.journal.end();
        Recording {
            root: self.journal.root().to_owned(),
            ops: self.journal.ops(),
            from,
            log: self.log,
            segment_bytes_max: self.segment_bytes_max,
        }
    }
}

fn record(root: &Path, seed: u64) -> Outcome<Recording> {
    let mut chance = Chance::new(seed);
    let journal = Journal::watch(root).unwrap();
    let at = chance.below(90);
    match chance.below(3) {
        0 => journal.fail_at(at, Fault::Errno(if chance.one_in(2) { 5 } else { 28 })),
        1 => journal.fail_at(at, Fault::Death),
        _ => {}
    }
    let segment_bytes_max = 200 + chance.below(2_000) as u64;
    let actions = 10 + chance.below(20);
    let mut recorder = Recorder::new(journal, chance, segment_bytes_max, Log::default());
    for _ in 0..actions {
        recorder.act()?;
    }
    Ok(recorder.finish(0))
}

impl Recording {
    /// Crashes at each change and says how many images there were.
    fn crash_everywhere(&self, seed: u64) -> Outcome<usize> {
        let mut crashes = 0;
        for at in self.from..=self.ops.len() {
            if matches!(self.ops.get(at), Some(Op::Note(_))) {
                continue;
            }
            for nth in 0..IMAGES {
                crashes += self.crash(at, image_seed(seed, at, nth), true)?;
            }
        }
        Ok(crashes)
    }

    /// Lays out one image, recovers it, goes on, and crashes that once more.
    fn crash(&self, at: usize, seed: u64, again: bool) -> Outcome<usize> {
        let (_folder, image) = scratch();
        crash(&self.ops, &self.root, at, seed, &image).unwrap();
        let committed = self.log.committed.iter();
        let committed = committed.rev().find(|(noted, _)| *noted <= at);
        let committed = committed.map_or(0, |(_, position)| *position);
        let journal = Journal::watch(&image).unwrap();
        let checked = self.recover(at, &image, committed);
        let problem = |problem| {
            journal.end();
            let course = course(&self.ops, at);
            format!("{problem}: power cut at change {at}, image {seed}, after {course}")
        };
        let found = checked.map_err(problem)?;
        let mut chance = Chance::new(seed);
        if !again || !chance.one_in(16) {
            journal.end();
            return Ok(1);
        }
        let log = Log {
            sent: found
                .iter()
                .map(|(_, p)| (id_of(p).unwrap(), (0, p.clone())))
                .collect(),
            acknowledged: found
                .iter()
                .map(|(at, p)| (id_of(p).unwrap(), (0, *at)))
                .collect(),
            committed: vec![(0, committed)],
        };
        let from = journal.len();
        let mut recorder = Recorder::new(Arc::clone(&journal), chance.clone(), 700, log);
        // Ids go on behind those of the first course; what the image lacked must not come back.
        for (id, (_, payload)) in &self.log.sent {
            let lacked = (usize::MAX, payload.clone());
            recorder.log.sent.entry(*id).or_insert(lacked);
        }
        for _ in 0..3 {
            recorder.act().map_err(problem)?;
        }
        let recording = recorder.finish(from);
        for nth in 0..AGAIN {
            let at = from + chance.below(recording.ops.len() + 1 - from);
            recording.crash(at, image_seed(seed, at, nth as u64), false)?;
        }
        Ok(1 + AGAIN)
    }

    /// Opens an image, holds it to the log, and appends to it. Returns what it then holds.
    fn recover(&self, at: usize, image: &Path, committed: i64) -> Outcome<Vec<(i64, Vec<u8>)>> {
        let open = || {
            let bound = self.segment_bytes_max;
            let opened = Bench::open(image, Durability::Disk, bound, committed);
            opened.map_err(|error| format!("the WAL does not open: {error}"))
        };
        let mut bench = open()?;
        let mut found = bench.read_from(committed);
        self.hold(at, committed, &found)?;
        if !bench.recovered.damage.is_empty() {
            return Err(format!("damage is reported: {:?}", bench.recovered.damage));
        }
        if bench.wal.pending_rows() != found.len() as u64 {
            return Err("pending is not what is there".to_owned());
        }
        let next = payload(u64::MAX, 40);
        let position = bench.append(std::slice::from_ref(&next));
        let position = position.ok_or("the WAL takes nothing after recovery")?[0];
        if position < committed || found.last().is_some_and(|last| last.0 >= position) {
            return Err(format!("position {position} was used twice"));
        }
        found.push((position, next));
        if bench.read_from(committed) != found || open()?.read_from(committed) != found {
            return Err("what was recovered changed when more was written".to_owned());
        }
        Ok(found)
    }

    /// Acknowledged ⊆ recovered ⊆ sent, each once, in order.
    fn hold(&self, at: usize, committed: i64, found: &[(i64, Vec<u8>)]) -> Outcome<()> {
        let mut ids = BTreeSet::new();
        for (position, payload) in found {
            let sent = id_of(payload).and_then(|id| self.log.sent.get(&id));
            if sent.is_none_or(|(noted, sent)| *noted > at || sent != payload) {
                return Err(format!("at {position} is what was never sent"));
            }
            if !ids.insert(id_of(payload)) {
                return Err(format!("at {position} is what was recovered before"));
            }
        }
        if !found.is_sorted_by(|one, next| one.0 < next.0) {
            return Err("what was recovered is out of order".to_owned());
        }
        for (id, (noted, position)) in &self.log.acknowledged {
            let is_promised = *noted < at && *position >= committed;
            let there = found.binary_search_by_key(position, |frame| frame.0);
            let is_there = there.is_ok_and(|place| id_of(&found[place].1) == Some(*id));
            if is_promised && !is_there {
                return Err(format!("acknowledged and lost: {id} at {position}"));
            }
        }
        Ok(())
    }
}

#[test]
fn power_cut_at_any_change_loses_nothing_acknowledged_and_makes_nothing_up() {
    Plan::new("SHIPWAKE_WAL_CRASHES", 20_000).run("WAL", |seed| {
        let (_folder, root) = scratch();
        record(&root, seed)?.crash_everywhere(seed)
    });
}
