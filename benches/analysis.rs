//! How long does a weekly report take on a cold start, and asked for again?
//!
//! Five weeks of 2,000 users, 280,000 events and 2,100 pieces of feedback in one folder a day,
//! nothing kept between runs. Estimate before measuring: a few tens of MB of Parquet columns at
//! 200 MB/s are 0.1 s, grouping 280,000 rows a few times 0.3 s more.
//!
//! Result on 2 cores with the `release` profile, whose dependencies are not optimised: 1.3 s with all
//! rollups made and written, 0.3 s when they are there.
//!
//! `cargo bench --profile dist --bench analysis`
#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot go on should stop where it stands"
)]

use std::hint::black_box;
use std::sync::Arc;

use analysis::{Settings, period};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use jiff::tz::TimeZone;
use lake::{
    Arrival, FixedClock, Lake, LedgerDelta, Micros, Outcome, Rows, Stamp, Table, check_event,
    check_feedback,
};
use serde_json::{Value, json};

/// Monday 2026-06-01T00:00:00Z.
const MONDAY: Micros = 1_780_272_000_000_000;
const DAY: Micros = 86_400_000_000;
const HOUR: Micros = 3_600_000_000;

fn object(value: Value) -> lake::RawObject {
    match value {
        Value::Object(map) => map,
        _ => lake::RawObject::new(),
    }
}

fn stamp(received_at: Micros, frame_row: i64) -> Stamp<'static> {
    Stamp {
        app: "bench",
        protocol: "native",
        key_id: None,
        received_at,
        node: "bench",
        position: 1,
        frame_row,
    }
}

fn text(at: Micros) -> String {
    jiff::Timestamp::from_microsecond(at).unwrap().to_string()
}

fn day_of_events(day: i64) -> Vec<(Stamp<'static>, lake::Event<'static>)> {
    let start = MONDAY + day * DAY;
    let mut rows = Vec::new();
    for user in 0..2_000_i64 {
        let at = start + (user % 24) * HOUR;
        let release = if (user + day) % 40 < day {
            "2.0.0"
        } else {
            "1.0.0"
        };
        let crashed = (user * 7 + day * 13) % 97 == 0;
        let session = format!("s-{day}-{user}");
        let status = if crashed { "crashed" } else { "exited" };
        let user = format!("u{user}");
        for (kind, name) in [
            ("session", "session"),
            ("usage", "opened"),
            ("usage", "searched"),
            ("usage", "shared"),
        ] {
            let row = rows.len();
            let raw = json!({"event_id": format!("{day}-{row}"), "kind": kind, "name": name, "user_id": user,
                             "session_id": session, "release": release, "status": status, "occurred_at": text(at)});
            let arrival = Arrival {
                received_at: at,
                sent_at: None,
                import: false,
            };
            let event = check_event(&lake::RawEvent::of(&object(raw)), &arrival)
                .unwrap()
                .into_owned();
            rows.push((stamp(at, i64::try_from(row).unwrap()), event));
        }
    }
    rows
}

fn day_of_feedback(day: i64) -> Vec<(Stamp<'static>, lake::Feedback<'static>)> {
    let start = MONDAY + day * DAY;
    (0..60_i64)
        .map(|piece| {
            let raw = json!({"event_id": format!("f-{day}-{piece}"), "score": 1 + (piece * 7 + day) % 5,
                             "text": format!("sync fails after update number {}", piece % 9),
                             "user_id": format!("u{piece}"), "release": "2.0.0", "occurred_at": text(start)});
            let arrival = Arrival { received_at: start, sent_at: None, import: false };
            (stamp(start, piece), check_feedback(&object(raw), &arrival).unwrap().into_owned())
        })
        .collect()
}

async fn fill(lake: &Lake) {
    for day in 0..35 {
        for rows in [
            Rows::Events(day_of_events(day)),
            Rows::Feedback(day_of_feedback(day)),
        ] {
            let files = lake.write(&rows).await.unwrap();
            lake.commit(rows.table(), &files, "bench", day + 1)
                .await
                .unwrap();
        }
    }
    let delta = LedgerDelta {
        day: lake::utc_day(MONDAY),
        app: "bench".into(),
        protocol: "native".into(),
        outcome: Outcome::Received,
        reason: None,
        count: 1,
    };
    let rows = Rows::Ledger {
        node: "bench".into(),
        position: 35,
        flushed_at: MONDAY,
        deltas: vec![delta],
    };
    let files = lake.write(&rows).await.unwrap();
    lake.commit(Table::Ledger, &files, "bench", 35)
        .await
        .unwrap();
}

fn weekly_report(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let snapshot = runtime.block_on(async {
        let lake = Lake::open(folder.path(), Arc::new(FixedClock(MONDAY)))
            .await
            .unwrap();
        fill(&lake).await;
        lake.snapshot().await.unwrap()
    });
    let as_of = MONDAY + 36 * DAY;
    let week =
        period::last_complete_week(as_of, &TimeZone::UTC, jiff::civil::Weekday::Monday).unwrap();
    let settings = Settings {
        app: "bench".into(),
        ..Settings::default()
    };
    let mut group = criterion.benchmark_group("weekly");
    group.sample_size(10);
    let report = || black_box(analysis::weekly(&snapshot, &settings, &week, as_of).unwrap());
    let forget = || drop(std::fs::remove_dir_all(snapshot.rollup_folder()));
    group.bench_function("five_weeks_of_2000_users_cold", |bencher| {
        bencher.iter_batched(forget, |()| report(), BatchSize::PerIteration);
    });
    group.bench_function("five_weeks_of_2000_users_again", |bencher| {
        bencher.iter(report)
    });
    group.finish();
}

criterion_group!(benches, weekly_report);
criterion_main!(benches);
