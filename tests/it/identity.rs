//! received = stored + duplicate + quarantined + pending, in each answer of the ledger while events
//! come in, and never behind what was answered 200 before the question.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::harness::{Server, agent, get_by, post_by};

const SENDERS: usize = 3;
const BATCHES: usize = 150;
const BATCH: usize = 40;

/// Every third batch repeats an earlier one.
fn batch_of(number: usize) -> usize {
    if number % 3 == 2 { number / 2 } else { number }
}

/// A batch of one sender, in which one event is broken.
fn batch(sender: usize, number: usize) -> Vec<u8> {
    let number = batch_of(number);
    let events = (0..BATCH).map(|index| {
        let id = format!("{sender}-{number}-{index}");
        match index {
            7 => json!({"event_id": id, "name": "opened"}),
            _ => json!({"event_id": id, "name": "opened", "user_id": "u"}),
        }
    });
    Value::from_iter(events).to_string().into_bytes()
}

/// Asks the ledger once and holds its answer to the identity; received and stored.
fn ask(server: &Server, client: &ureq::Agent, key: &str) -> (u64, u64) {
    let (code, answer) = get_by(client, &format!("{}/v1/ledger", server.url), key);
    assert_eq!(code, 200, "{answer}");
    let count = |name: &str| answer[name].as_u64().unwrap_or_else(|| panic!("{answer}"));
    let (received, stored) = (count("received"), count("stored"));
    let rest = count("duplicate") + count("quarantined") + count("pending");
    assert_eq!(received, stored + rest, "{answer}");
    (received, stored)
}

#[test]
fn the_ledger_adds_up_whenever_it_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let (send_key, admin_key) = (server.key("send"), server.key("admin"));
    let (sent, answered) = (AtomicU64::new(0), AtomicU64::new(0));
    let everything = (SENDERS * BATCHES * BATCH) as u64;
    for half in [0..BATCHES / 2, BATCHES / 2..BATCHES] {
        std::thread::scope(|threads| {
            let senders = [0, 1, 2].map(|sender| {
                let (half, server) = (half.clone(), &server);
                let (sent, answered, key) = (&sent, &answered, &send_key);
                threads.spawn(move || {
                    let (client, url) = (agent(), format!("{}/v1/events", server.url));
                    for number in half {
                        sent.fetch_add(BATCH as u64, Ordering::SeqCst);
                        let (code, answer) = post_by(&client, &url, key, &batch(sender, number));
                        assert_eq!((code, &answer["rejected"]), (200, &json!(1)), "{answer}");
                        answered.fetch_add(BATCH as u64, Ordering::SeqCst);
                    }
                })
            });
            let (client, mut last_stored) = (agent(), 0);
            while senders.iter().any(|sender| !sender.is_finished()) {
                let answered = answered.load(Ordering::SeqCst);
                let (received, stored) = ask(&server, &client, &admin_key);
                let sent = sent.load(Ordering::SeqCst);
                assert!(
                    (answered..=sent).contains(&received),
                    "{received} received, {answered} answered before and {sent} sent"
                );
                assert!(
                    stored >= last_stored,
                    "{stored} stored, {last_stored} before"
                );
                last_stored = stored;
            }
        });
        // What is pending when the server is killed is pending or stored afterwards.
        server.kill();
        server = Server::start(folder.path());
        let (received, _) = ask(&server, &agent(), &admin_key);
        assert_eq!(received, answered.load(Ordering::SeqCst));
    }
    server.flush();
    let (received, stored) = ask(&server, &agent(), &admin_key);
    assert_eq!(received, everything);
    let distinct: BTreeSet<usize> = (0..BATCHES).map(batch_of).collect();
    assert_eq!(stored, (SENDERS * distinct.len() * (BATCH - 1)) as u64);
    server.stop();
}
