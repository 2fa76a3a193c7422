//! Envelopes of Sentry's SDKs with items of one kind: updates of sessions, small messages, and errors
//! with two exceptions of five frames each. Estimate: each byte is looked at about five times at about
//! 0.7 GB/s and an item costs 1.5 µs of its own, so that an update of 330 bytes takes 4 µs, a message
//! of 300 bytes 4 µs, and an error of 2 kB 16 µs.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use ingest::Record;
use ingest::fuzzing::sentry as read_sentry;
use serde_json::{Value, json};

use crate::EVENTS;

const ITEM_BYTES_MAX: usize = 1 << 20;

fn envelope(kind: &str, item: impl Fn(usize) -> Value) -> Vec<u8> {
    let mut body = json!({"sent_at": "2026-05-01T09:29:55.000Z",
        "sdk": {"name": "sentry.javascript.browser", "version": "11.12.0"}})
    .to_string();
    for number in 0..EVENTS {
        body.push_str("\n{\"type\":\"");
        body.push_str(kind);
        body.push_str("\"}\n");
        body.push_str(&item(number).to_string());
    }
    body.into_bytes()
}

fn update(number: usize) -> Value {
    json!({"sid": format!("8e7ddeb3daf44d36b8e1c49d4583{number:04}"), "init": true, "errors": 0,
           "started": "2026-05-01T09:20:00.383Z", "timestamp": "2026-05-01T09:29:50.439Z",
           "status": "exited", "did": format!("u{number}"), "duration": 590.0,
           "attrs": {"release": "app@1.2.3", "environment": "production"}})
}

fn message(number: usize) -> Value {
    json!({"event_id": format!("b093247328cb4cd5a25000f3e5ba{number:04}"), "level": "info",
           "message": "stock is low", "timestamp": 1_777_627_790.438, "release": "app@1.2.3",
           "environment": "production", "platform": "node", "user": {"id": format!("u{number}")},
           "tags": {"plan": "pro"}})
}

fn error(number: usize) -> Value {
    let frame = |place: usize| {
        json!({"filename": format!("app/checkout/step_{place}.py"), "function": "pay", "in_app": true,
               "module": format!("app.checkout.step_{place}"), "lineno": 12 + place})
    };
    let exception = |name: &str| {
        json!({"type": name, "value": "no total", "mechanism": {"type": "generic", "handled": true},
               "stacktrace": {"frames": (0..5).map(frame).collect::<Vec<_>>()}})
    };
    let mut event = message(number);
    event["exception"] = json!({"values": [exception("KeyError"), exception("CheckoutError")]});
    event["breadcrumbs"] = json!([{"category": "ui", "message": "clicked pay"}]);
    event
}

pub(crate) fn sentry(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sentry");
    let bodies = [
        ("sessions", envelope("session", update)),
        ("messages", envelope("event", message)),
        ("errors", envelope("event", error)),
    ];
    for (name, body) in bodies {
        let taken = |records: &[Record<'_>]| {
            let events = records
                .iter()
                .filter(|record| matches!(record, Record::Event(_)));
            events.count()
        };
        let read = read_sentry(&body, false, ITEM_BYTES_MAX).unwrap_or_default();
        assert_eq!(taken(&read), EVENTS, "every item is taken");
        group.throughput(Throughput::Elements(EVENTS as u64));
        group.bench_function(
            format!("{name}_{}_bytes_each", body.len() / EVENTS),
            |bencher| {
                bencher.iter(|| black_box(read_sentry(black_box(&body), false, ITEM_BYTES_MAX)));
            },
        );
    }
    group.finish();
}
