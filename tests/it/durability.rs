//! `kill -9` in the midst of sending: each id once, nothing lost, nothing counted twice.

use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Server, counter, path, post, python, status};

const EVENTS: usize = 10_000;
const BATCH: usize = 100;
const KILLS: usize = 20;

/// A small generator of its own, so that a failure can be run again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}

fn batch(number: usize) -> Vec<u8> {
    let events: Vec<Value> = (number * BATCH..(number + 1) * BATCH)
        .map(|id| json!({"event_id": format!("id-{id}"), "name": "opened", "user_id": format!("u{id}")}))
        .collect();
    json!(events).to_string().into_bytes()
}

/// Sends every batch again and again until it gets a 200 from whatever server is up.
fn send_all(address: &Mutex<(String, String)>, progress: &mpsc::Sender<usize>) -> u64 {
    let mut received = 0;
    for number in 0..EVENTS / BATCH {
        let body = batch(number);
        loop {
            let (url, key) = address.lock().unwrap().clone();
            let (code, answer) = post(&format!("{url}/v1/events"), &key, &body);
            if code == 200 {
                let counted = |name: &str| answer[name].as_u64().unwrap();
                assert_eq!(
                    counted("accepted") + counted("duplicate"),
                    BATCH as u64,
                    "{answer}"
                );
                received += 1;
                break;
            }
            assert!(code == 0 || code == 503, "{code}: {answer}");
        }
        progress.send(number).unwrap();
    }
    received
}

#[test]
fn ten_thousand_events_survive_twenty_kills() {
    let folder = tempfile::tempdir().unwrap();
    let first = Server::start(folder.path());
    let address = Mutex::new((first.url.clone(), first.key("send")));
    let mut server = Some(first);
    let (progress, steps) = mpsc::channel();
    let mut dice = Dice(20_260_101);
    std::thread::scope(|threads| {
        let sender = threads.spawn(|| send_all(&address, &progress));
        for _ in 0..KILLS {
            // A few batches, then a moment that falls anywhere within the next ones.
            for _ in 0..dice.roll(5) {
                let _ = steps.recv_timeout(Duration::from_secs(30));
            }
            let _ = steps.recv_timeout(Duration::from_millis(dice.roll(40)));
            server.take().unwrap().kill();
            let next = Server::start(folder.path());
            address.lock().unwrap().0.clone_from(&next.url);
            server = Some(next);
        }
        assert_eq!(sender.join().unwrap(), (EVENTS / BATCH) as u64);
    });
    server.unwrap().kill();
    let server = Server::start(folder.path());
    server.flush();
    let state = status(folder.path());
    assert_eq!(state["tables"]["events"]["rows"], EVENTS as u64);
    assert_eq!(
        counter(&state, "received"),
        counter(&state, "stored") + counter(&state, "duplicate") + counter(&state, "quarantined")
    );
    assert_eq!(counter(&state, "stored"), EVENTS as u64);
    if let Some(counts) = python("count_tables.py", &[path(folder.path())]) {
        assert_eq!(counts["events"]["distinct_ids"], EVENTS as u64);
        assert_eq!(counts["events"]["deltalake"], EVENTS as u64);
    }
    server.stop();
}
