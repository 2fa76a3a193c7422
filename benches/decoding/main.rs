//! How many events a second does one core read from the bodies of other products' SDKs, from their
//! bytes to checked records?
//!
//! Bodies of 100 events as the SDKs send them, plain. Unpacking, dedup and WAL are left out. Each
//! module says what was estimated before measuring.
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
