//! `kill -9` in the midst of sending: nothing that was answered 200 is lost, nothing is there twice.
//!
//! `SHIPWAKE_KILL_CYCLES` sets how often the server is killed.

use std::time::Duration;

use crate::harness::{Server, number_from_env};
use crate::sender::{Dice, Door, MIXED, hold_to, while_sending};

#[test]
fn what_was_answered_200_survives_a_hundred_kills() {
    let cycles = number_from_env("SHIPWAKE_KILL_CYCLES", 100);
    let folder = tempfile::tempdir().unwrap();
    let first = Server::start(folder.path());
    let (door, key) = (Door::of(&first), first.key("send"));
    let mut dice = Dice(20_260_101);
    let (log, last) = while_sending(&door, &key, &MIXED, |answers| {
        let mut server = first;
        for _ in 0..cycles {
            // A few answers, then a moment that falls anywhere within the next requests.
            answers.await_many(dice.roll(20));
            answers.await_one(Duration::from_millis(dice.roll(20)));
            server.kill();
            server = Server::start(folder.path());
            door.move_to(&server);
            answers.forget();
        }
        server
    });
    last.kill();
    let server = Server::start(folder.path());
    server.flush();
    assert!(log.acknowledged.len() as u64 > cycles && !log.rejected.is_empty());
    hold_to(&log, folder.path());
    server.stop();
}
