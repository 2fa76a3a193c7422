//! How many events a second does one core read from the bodies of other products' SDKs, from their
//! bytes to checked records?
//!
//! Bodies of 100 events as the SDKs send them, plain. Unpacking, dedup and WAL are left out. Each
//! module says what was estimated before measuring.
//!
//! On one of 2 cores, events a second (MB/s): PostHog 379,000 of a server (95), 123,000 of a browser
//! (239); Segment 329,000 (102), 177,000 (132); Sentry 449,000 sessions (120), 94,000 errors (158);
//! OpenTelemetry 402,000 in protobuf, 199,000 in JSON (63).
//!
//! `cargo bench --profile dist --bench decoding`
#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot go on should stop where it stands"
)]

mod otlp;
mod posthog;
mod segment;
mod sentry;

use criterion::{criterion_group, criterion_main};

const EVENTS: usize = 100;

criterion_group!(
    benches,
    posthog::posthog,
    segment::segment,
    sentry::sentry,
    otlp::otlp
);
criterion_main!(benches);
