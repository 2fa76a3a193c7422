//! A day of flushes at the default cadence, and how many files it leaves.

use super::*;

/// Flushes at the default cadence with upkeep looking after every fourth of them.
async fn simulate(flushes: u64, late_days: impl Fn(u64) -> Vec<i64>) {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    };
    let mut world = World::open(folder.path(), START).await;
    let keep = Keep {
        versions_max: 500,
        ..Keep::default()
    };
    let mut sent = 0;
    for flush in 0..flushes {
        world.hand.0.fetch_add(FLUSH_EVERY, Ordering::Relaxed);
        let days = late_days(flush).into_iter().chain([0, 0]);
        let events: Vec<Sent> = days
            .enumerate()
            .map(|(n, day)| world.sent(format!("e{flush}-{n}"), day))
            .collect();
        sent += events.len() as u64;
        world.flush(&events).await;
        assert!(world.lake.crowd() <= SMALL_FILES_MAX, "at flush {flush}");
        if flush % 4 == 3 {
            world.lake.upkeep(&keep, || {}).await.unwrap();
        }
        if flush % 512 == 0 {
            let small = world.small_files().await;
            assert!(small <= SMALL_FILES_MAX, "{small} at flush {flush}");
        }
    }
    let small = world.small_files().await;
    assert!(small <= SMALL_FILES_MAX, "{small} at the end");
    let ids = world.ids().await;
    assert_eq!(ids.len() as u64, sent);
    assert!(ids.values().all(|count| *count == 1));
    let ledger = Ledger::read(&world.lake.snapshot().await.unwrap()).unwrap();
    let stored = ledger.sum(Outcome::Stored, |_| true);
    assert_eq!(stored, i64::try_from(sent).unwrap());
    assert_eq!(ledger.reached(NODE), Some(world.position));
    let files = files::list(folder.path()).unwrap().len();
    assert!(files <= 4_000, "{files} files in the folder");
}

/// A day has 43,200 flushes; `SHIPWAKE_LONG=1` takes them all.
fn flushes(short: u64) -> u64 {
    if std::env::var("SHIPWAKE_LONG").is_ok_and(|long| long != "0") {
        43_200
    } else {
        short
    }
}

#[tokio::test]
async fn day_of_flushes_stays_within_the_bound() {
    simulate(flushes(600), |_| Vec::new()).await;
}

#[tokio::test]
async fn late_days_in_every_flush_stay_within_the_bound_too() {
    simulate(flushes(160), |flush| {
        let late = i64::try_from(flush % 10).unwrap();
        vec![1, 2, 3, 10 + late]
    })
    .await;
}
