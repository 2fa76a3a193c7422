//! Any sequence of what rewrites the tables keeps each event that is not erased.

use proptest::prelude::*;

use super::*;

/// What a sequence may do to the tables.
#[derive(Debug, Clone)]
enum Act {
    /// Appends events, of which some may be there.
    Append(Vec<u8>),
    /// Merges all files.
    Compact,
    /// Merges all files twice at once, by two that know nothing of each other.
    CompactTwice,
    /// Merges while others append.
    CompactBesideAppend(Vec<u8>),
    /// Erases while others append and merge.
    EraseBesideCompact(u8),
    /// Forgets older versions and removes what is not named.
    Forget,
    Vacuum,
    Reopen,
}

fn act() -> impl Strategy<Value = Act> {
    // The committer stores an event once; copies come with later flushes.
    let some = || prop::collection::btree_set(0_u8..24, 1..6);
    let some = || some().prop_map(|numbers| numbers.into_iter().collect::<Vec<u8>>());
    prop_oneof![
        4 => some().prop_map(Act::Append),
        1 => Just(Act::Compact),
        1 => Just(Act::CompactTwice),
        2 => some().prop_map(Act::CompactBesideAppend),
        2 => (0_u8..24).prop_map(Act::EraseBesideCompact),
        1 => Just(Act::Forget),
        1 => Just(Act::Vacuum),
        1 => Just(Act::Reopen),
    ]
}

fn id(number: u8) -> String {
    format!("person-{number}")
}

/// Passes what is done, or another's that came first.
fn unless_lost<T>(outcome: Result<T>) {
    match outcome {
        Ok(_) | Err(Error::Conflict { .. }) => {}
        Err(failure) => panic!("{failure:?}"),
    }
}

fn sent(world: &World, numbers: &[u8]) -> Vec<Sent> {
    let numbers = numbers.iter();
    numbers
        .map(|number| world.sent(id(*number), i64::from(number % 3)))
        .collect()
}

async fn perform(acts: Vec<Act>) {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::open(folder.path(), FAR_AHEAD).await;
    let mut expected = BTreeSet::new();
    for act in acts {
        world.hand.0.fetch_add(1_000_000, Ordering::Relaxed);
        match act {
            Act::Append(numbers) => {
                expected.extend(numbers.iter().map(|n| id(*n)));
                world.flush(&sent(&world, &numbers)).await;
            }
            Act::Compact => {
                world.lake.compact(Table::Events, 2).await.unwrap();
            }
            Act::CompactTwice => {
                let other = World::open(folder.path(), FAR_AHEAD).await;
                let (one, two) = tokio::join!(
                    world.lake.compact(Table::Events, 2),
                    other.lake.compact(Table::Events, 2)
                );
                unless_lost(one);
                unless_lost(two);
            }
            Act::CompactBesideAppend(numbers) => {
                expected.extend(numbers.iter().map(|n| id(*n)));
                let other = World::open(folder.path(), FAR_AHEAD).await;
                let sent = sent(&world, &numbers);
                let ((), compacted) =
                    tokio::join!(world.flush(&sent), other.lake.compact(Table::Events, 2));
                unless_lost(compacted);
            }
            Act::EraseBesideCompact(number) => {
                expected.remove(&id(number));
                let other = World::open(folder.path(), FAR_AHEAD).await;
                let erased = id(number);
                let ids = BTreeSet::from([erased.clone()]);
                let (erased, compacted) = tokio::join!(
                    world.lake.erase(None, &erased, &ids),
                    other.lake.compact(Table::Events, 2)
                );
                erased.unwrap();
                unless_lost(compacted);
            }
            Act::Forget => drop(world.lake.forget().await.unwrap()),
            Act::Vacuum => {
                let keep = Keep {
                    unnamed_hours: 1,
                    ..Keep::default()
                };
                world.lake.vacuum(&keep).await.unwrap();
            }
            Act::Reopen => {
                let position = world.position;
                world = World::open(folder.path(), FAR_AHEAD).await;
                world.position = position;
            }
        }
        let ids: BTreeSet<String> = world.ids().await.into_keys().collect();
        assert_eq!(ids, expected);
    }
    check(&world).await;
}

/// Merged as a whole, the table holds each event once and no damage.
async fn check(world: &World) {
    world.lake.compact(Table::Events, 2).await.unwrap();
    let verified = world.lake.verify().await.unwrap();
    let damage = verified.findings.iter().filter(|f| f.kind != "ledger");
    assert_eq!(damage.collect::<Vec<_>>(), Vec::<&Finding>::new());
    let ids = world.ids().await;
    assert!(ids.values().all(|count| *count == 1), "{ids:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_rewrites_the_tables_keeps_each_event_that_is_not_erased(
        acts in prop::collection::vec(act(), 1..10)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(perform(acts));
    }
}
