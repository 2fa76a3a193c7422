//! How many events a second does the ingest engine make durable?
//!
//! Batches of 1, 20 and 100 events from 16 callers at once, each answered only after the
//! `fdatasync` that covers it; HTTP and the reading of JSON are left out. Estimate before
//! measuring: an fsync of 1 ms shared by 16 callers gives 16,000 batches a second at best; encoding
//! an event costs about 5 µs on one core, so batches of 100 should come to about 100,000 events a
//! second.
//!
//! Result on 2 cores with the `release` profile, whose dependencies are not optimised: 10,000
//! batches of one, 28,000 events in batches of 20, 36,000 in batches of 100 a second.
//!
//! `cargo bench --profile dist --bench ingest`
#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot go on should stop where it stands"
)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ingest::{Batch, Ingest, Record, Settings};
use lake::{Arrival, Clock as _, RawEvent, SystemClock, check_event};
use serde_json::{Value, json};

const CALLERS: usize = 16;

fn record(id: u64, received_at: i64) -> Record<'static> {
    let raw = json!({"event_id": format!("bench-{id}"), "name": "opened", "user_id": format!("u{}", id % 5000),
                     "session_id": format!("s{}", id % 9000), "release": "4.2.0", "platform": "ios",
                     "properties": {"screen": "home", "count": id}});
    let Value::Object(raw) = raw else {
        return record(id, received_at);
    };
    let arrival = Arrival {
        received_at,
        sent_at: None,
        import: false,
    };
    Record::Event(check_event(&RawEvent::of(&raw), &arrival).unwrap()).into_owned()
}

fn durable_submits(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("durable_submit");
    group.sample_size(10);
    for size in [1_u64, 20, 100] {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SystemClock);
        let opened = runtime.block_on(Ingest::open(folder.path(), Settings::default(), clock));
        let (ingest, _) = opened.unwrap();
        let mut next = 0_u64;
        group.throughput(Throughput::Elements(size * CALLERS as u64));
        group.bench_function(format!("{CALLERS}_callers_of_{size}"), |bencher| {
            bencher.iter(|| {
                let received_at = SystemClock.now();
                let batches: Vec<Batch<'_>> = (0..CALLERS)
                    .map(|_| {
                        next += size;
                        let records = (next - size..next)
                            .map(|id| record(id, received_at))
                            .collect();
                        Batch {
                            app: "bench".into(),
                            protocol: "native".into(),
                            key_id: None,
                            received_at,
                            records,
                        }
                    })
                    .collect();
                runtime.block_on(async {
                    let tasks: Vec<_> = batches
                        .into_iter()
                        .map(|batch| {
                            let ingest = ingest.clone();
                            tokio::spawn(async move { ingest.submit(batch).await })
                        })
                        .collect();
                    for task in tasks {
                        black_box(task.await.unwrap().unwrap());
                    }
                });
            });
        });
        runtime.block_on(ingest.shutdown()).unwrap();
    }
    group.finish();
}

criterion_group!(benches, durable_submits);
criterion_main!(benches);
