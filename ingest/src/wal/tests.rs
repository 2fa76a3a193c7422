//! The WAL against a plain list, with a disk that can be cut at any byte and made to fail at any
//! call.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use lake::disk::journal::{Fault, Journal};
use proptest::prelude::*;
use tokio::sync::oneshot;

use super::cut::CutOutcome;
use super::*;
use crate::condition::Signs;
use crate::settings::Durability;

const NODE: u128 = 7;

/// A WAL without its thread: each call is one group commit.
pub(super) struct Bench {
    pub(super) wal: Wal,
    pub(super) writer: Writer,
    pub(super) recovered: Recovered,
}

impl Bench {
    pub(super) fn open(
        folder: &Path,
        durability: Durability,
        segment_bytes_max: u64,
        committed: i64,
    ) -> Result<Self> {
        let recovered = recover::recover(folder, NODE, committed)?;
        let shared = Arc::new(Shared::new(&recovered, Arc::new(Signs::new())));
        let writer = Writer {
            durability,
            folder: folder.to_owned(),
            node: NODE,
            segment_bytes_max,
            wal_bytes_max: 1 << 30,
            free: FreeSpace::new(0, Arc::clone(&shared)),
            shared: Arc::clone(&shared),
            active: None,
            next_start: recovered.next_start.max(committed),
        };
        let (requests, _) = mpsc::channel(1);
        Ok(Self {
            wal: Wal {
                requests,
                shared,
                queue_bytes_max: 1 << 20,
            },
            writer,
            recovered,
        })
    }

    fn on_machine(folder: &Path, segment_bytes_max: u64, committed: i64) -> Self {
        Self::open(folder, Durability::Os, segment_bytes_max, committed).unwrap()
    }

    /// One group commit; the positions of the frames, or `None` where it was refused.
    pub(super) fn append(&mut self, payloads: &[Vec<u8>]) -> Option<Vec<i64>> {
        let mut answers = Vec::new();
        let mut group = Vec::new();
        for payload in payloads {
            let (answer, answered) = oneshot::channel();
            let weight = Weight::new(&self.wal.shared, payload.len());
            let payload = payload.clone();
            group.push(Request::Append {
                kind: FrameKind::Batch,
                rows: 1,
                payload,
                weight,
                answer,
            });
            answers.push(answered);
        }
        self.writer.serve(group);
        let answers: Vec<_> = answers
            .into_iter()
            .map(|mut a| a.try_recv().unwrap())
            .collect();
        let all: Option<Vec<i64>> = answers
            .iter()
            .map(|answer| answer.as_ref().ok().map(|a| a.position))
            .collect();
        assert!(
            all.is_some() || answers.iter().all(Result::is_err),
            "a group stands or falls whole"
        );
        all
    }

    pub(super) fn read_from(&self, from: i64) -> Vec<(i64, Vec<u8>)> {
        let reading = self
            .wal
            .read(from, self.wal.durable_end(), (u64::MAX, u64::MAX))
            .unwrap();
        reading
            .frames
            .into_iter()
            .map(|frame| (frame.position, frame.payload))
            .collect()
    }

    fn newest(&self) -> PathBuf {
        self.wal.shared.state().spans.last().unwrap().path.clone()
    }
}

#[derive(Debug, Clone)]
enum Action {
    Append(Vec<Vec<u8>>),
    /// The tables hold this share of the frames.
    Cut(u8),
    Reopen,
    /// Crash, with this share of the newest segment's bytes on disk.
    Crash(u16),
}

fn action() -> impl Strategy<Value = Action> {
    let payload = prop::collection::vec(any::<u8>(), 0..120);
    prop_oneof![
        6 => prop::collection::vec(payload, 1..5).prop_map(Action::Append),
        2 => any::<u8>().prop_map(Action::Cut),
        1 => Just(Action::Reopen),
        2 => any::<u16>().prop_map(Action::Crash),
    ]
}

/// Frames that must be found, each with the file and the byte in it where it ends.
type Model = Vec<(i64, Vec<u8>, PathBuf, u64)>;

fn run(actions: Vec<Action>) {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench::on_machine(folder.path(), 400, 0);
    let (mut model, mut committed): (Model, i64) = (Vec::new(), 0);
    let mut highest = -1;
    for action in actions {
        match action {
            Action::Append(payloads) => {
                let positions = bench.append(&payloads).unwrap();
                let path = bench.newest();
                let start = segment::start_of(&path).unwrap();
                for (position, payload) in positions.into_iter().zip(payloads) {
                    assert!(position > highest, "position {position} was used before");
                    highest = position;
                    let end = position - start
                        + reader::span_of(frame::FRAME_HEADER_BYTES + payload.len());
                    model.push((position, payload, path.clone(), u64::try_from(end).unwrap()));
                }
            }
            Action::Cut(share) => {
                let done = model.len() * usize::from(share) / 255;
                model.drain(..done);
                let upto = model
                    .first()
                    .map_or(bench.wal.durable_end(), |frame| frame.0);
                // A crash may have taken back what the tables hold already.
                committed = committed.max(upto);
                bench.wal.settle(done as u64, committed);
                bench.wal.cut(committed).unwrap();
            }
            Action::Reopen => bench = Bench::on_machine(folder.path(), 400, committed),
            Action::Crash(share) => {
                if let Some(path) = std::fs::read_dir(folder.path())
                    .unwrap()
                    .map(|entry| entry.unwrap().path())
                    .max()
                {
                    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
                    let length = file.metadata().unwrap().len() * u64::from(share) / 65_535;
                    file.set_len(length).unwrap();
                    model.retain(|frame| frame.2 != path || frame.3 <= length);
                    // What was on no disk any more may be used again; what the tables hold not.
                    highest = model.last().map_or(committed - 1, |frame| frame.0);
                }
                bench = Bench::on_machine(folder.path(), 400, committed);
                assert!(
                    bench.recovered.damage.is_empty(),
                    "a torn tail is no damage"
                );
            }
        }
        let expected: Vec<_> = model.iter().map(|f| (f.0, f.1.clone())).collect();
        assert_eq!(bench.read_from(committed), expected);
        assert_eq!(bench.wal.pending_rows(), expected.len() as u64);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_acknowledged_and_survived_is_recovered_in_order_and_nothing_else(
        actions in prop::collection::vec(action(), 1..40)
    ) {
        run(actions);
    }
}

fn payloads(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

#[test]
fn failure_at_any_call_seals_the_segment_and_loses_nothing_acknowledged() {
    for fail_at in 0..24 {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::watch(folder.path()).unwrap();
        journal.fail_at(fail_at, Fault::Errno(5));
        let mut bench = Bench::open(folder.path(), Durability::Disk, 150, 0).unwrap();
        let mut acknowledged = Vec::new();
        let mut refused = 0;
        for round in 0..10 {
            let group = payloads(&[&format!("first of {round}"), &format!("second of {round}")]);
            match bench.append(&group) {
                Some(positions) => acknowledged.extend(positions.into_iter().zip(group)),
                None => refused += 1,
            }
            assert_eq!(bench.read_from(0), acknowledged, "failed at call {fail_at}");
        }
        let failed = journal.changes() > fail_at;
        journal.end();
        assert_eq!(
            refused,
            usize::from(failed),
            "only the group that met the failure is refused"
        );
        let again = Bench::on_machine(folder.path(), 150, 0);
        assert_eq!(
            again.read_from(0),
            acknowledged,
            "failed at call {fail_at}, reopened"
        );
        assert!(again.recovered.damage.is_empty());
    }
}

#[test]
fn torn_tail_is_cut_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench::on_machine(folder.path(), 1 << 20, 0);
    bench.append(&payloads(&["kept"])).unwrap();
    bench.append(&payloads(&["torn"])).unwrap();
    let path = bench.newest();
    let length = std::fs::metadata(&path).unwrap().len();
    std::fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(length - 1)
        .unwrap();
    let again = Bench::on_machine(folder.path(), 1 << 20, 0);
    assert_eq!(
        again.recovered.torn_bytes,
        (frame::FRAME_HEADER_BYTES + 3) as u64
    );
    assert_eq!(again.read_from(0).len(), 1);
    let clean = Bench::on_machine(folder.path(), 1 << 20, 0);
    assert_eq!(clean.recovered.torn_bytes, 0);
}

#[test]
fn damage_is_named_the_rest_is_used_and_the_segment_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench::on_machine(folder.path(), 1 << 20, 0);
    bench.append(&payloads(&["before"])).unwrap();
    let hit = bench.append(&payloads(&["this one is hit"])).unwrap()[0];
    let behind = bench.append(&payloads(&["behind"])).unwrap()[0];
    let path = bench.newest();
    let mut bytes = std::fs::read(&path).unwrap();
    let at = usize::try_from(hit).unwrap() + frame::FRAME_HEADER_BYTES;
    bytes[at] ^= 1;
    std::fs::remove_file(&path).unwrap();
    std::fs::File::create(&path)
        .and_then(|mut f| io::Write::write_all(&mut f, &bytes))
        .unwrap();

    let mut again = Bench::on_machine(folder.path(), 1 << 20, 0);
    let damage = &again.recovered.damage;
    assert_eq!(damage.len(), 1);
    assert_eq!((damage[0].from, damage[0].to), (hit, behind));
    assert_eq!(again.recovered.torn_bytes, 0);
    let texts: Vec<_> = again
        .read_from(0)
        .into_iter()
        .map(|frame| frame.1)
        .collect();
    assert_eq!(texts, payloads(&["before", "behind"]));

    let next = again.append(&payloads(&["next"])).unwrap()[0];
    let outcome = again.wal.cut(next).unwrap();
    assert_eq!(
        outcome,
        CutOutcome {
            removed: 0,
            set_aside: 1
        }
    );
    assert!(segment::aside_of(&path).try_exists().unwrap());
    assert_eq!(
        Bench::on_machine(folder.path(), 1 << 20, next)
            .recovered
            .damage,
        []
    );
}

#[test]
fn full_quota_refuses_batches_but_not_the_frames_that_make_room() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench::on_machine(folder.path(), 200, 0);
    bench.writer.wal_bytes_max = 1_600;
    let mut taken = 0;
    while bench.append(&[vec![0; 100]]).is_some() {
        taken += 1;
        assert!(taken < 100, "the quota holds");
    }
    let (answer, mut answered) = oneshot::channel();
    let weight = Weight::new(&bench.wal.shared, 50);
    let payload = vec![1; 50];
    let kind = FrameKind::Prepare;
    bench.writer.serve(vec![Request::Append {
        kind,
        rows: 0,
        payload,
        weight,
        answer,
    }]);
    assert!(answered.try_recv().unwrap().is_ok());
    bench.wal.cut(bench.wal.durable_end()).unwrap();
    assert!(
        bench.append(&[vec![0; 100]]).is_some(),
        "room is there again"
    );
    assert_eq!(bench.wal.shared.waiting.load(Ordering::Relaxed), 0);
}

#[test]
fn segment_of_another_node_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    Bench::on_machine(folder.path(), 200, 0)
        .append(&payloads(&["x"]))
        .unwrap();
    let refused = recover::recover(folder.path(), NODE + 1, 0);
    assert!(matches!(refused, Err(Error::ForeignSegment { .. })));
}

#[tokio::test]
async fn concurrent_appends_share_group_commits_and_keep_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        durability: Durability::Os,
        ..Settings::default()
    };
    let (wal, _) = Wal::open(
        folder.path(),
        &settings,
        "node",
        (0, 0),
        Arc::new(Signs::new()),
    )
    .unwrap();
    let appends = (0..200u32).map(|n| wal.append(FrameKind::Batch, 1, n.to_le_bytes().to_vec()));
    let appended = futures::future::join_all(appends).await;
    let positions: Vec<i64> = appended.into_iter().map(|a| a.unwrap().position).collect();
    let end = wal.barrier().await.unwrap();
    let reading = wal.read(0, end, (u64::MAX, u64::MAX)).unwrap();
    let read: Vec<(i64, Vec<u8>)> = reading
        .frames
        .into_iter()
        .map(|frame| (frame.position, frame.payload))
        .collect();
    let sent = (0..200u32).map(|n| n.to_le_bytes().to_vec());
    assert_eq!(read, positions.into_iter().zip(sent).collect::<Vec<_>>());
    assert_eq!((reading.end, wal.pending_rows()), (end, 200));
}

#[tokio::test]
async fn full_queue_answers_overloaded_and_gives_its_share_back() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        queue_bytes_max: 100,
        durability: Durability::Os,
        ..Settings::default()
    };
    let (wal, _) = Wal::open(
        folder.path(),
        &settings,
        "node",
        (0, 0),
        Arc::new(Signs::new()),
    )
    .unwrap();
    let held = Weight::new(&wal.shared, 90);
    let refused = wal.append(FrameKind::Batch, 1, vec![0; 50]).await;
    assert!(matches!(refused, Err(Error::Overloaded(Overload::Queue))));
    drop(held);
    assert!(wal.append(FrameKind::Batch, 1, vec![0; 50]).await.is_ok());
}

#[test]
fn mutated_files_never_stop_the_start_nor_make_up_a_frame() {
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    for round in 0..300 {
        let folder = tempfile::tempdir().unwrap();
        let mut bench = Bench::on_machine(folder.path(), 300, 0);
        for n in 0..12 {
            bench.append(&payloads(&[&format!("payload {n}")])).unwrap();
        }
        let written = bench.read_from(0);
        drop(bench);
        let mut paths: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        for _ in 0..=random(3) {
            let path = &paths[random(paths.len())];
            let mut bytes = std::fs::read(path).unwrap();
            match random(3) {
                0 => bytes.truncate(random(bytes.len() + 1)),
                1 => bytes.extend(std::iter::repeat_n(0, random(100))),
                _ if bytes.is_empty() => {}
                _ => {
                    let at = random(bytes.len());
                    bytes[at] ^= 1 << random(8);
                }
            }
            lake::files::replace(path, &bytes).unwrap();
        }
        let mut again = Bench::on_machine(folder.path(), 300, 0);
        let found = again.read_from(0);
        assert!(
            found.iter().all(|frame| written.contains(frame)),
            "round {round}"
        );
        let next = again.append(&payloads(&["next"])).unwrap()[0];
        assert!(found.iter().all(|frame| frame.0 < next), "round {round}");
        assert_eq!(again.read_from(next).len(), 1, "round {round}");
    }
}
