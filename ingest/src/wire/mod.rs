//! Wire formats: from the bytes of a body to records.
//!
//! A body that cannot be read at all is an error; one bad event never sinks its neighbours.

mod cut;
mod fingerprint;
pub(crate) mod native;
pub(crate) mod otlp;
pub(crate) mod posthog;
pub(crate) mod segment;
pub(crate) mod sentry;
pub(crate) mod split;
