//! Wire formats: from the bytes of a body to records.
//!
//! A body that cannot be read at all is an error; one bad event never sinks its neighbours.

pub(crate) mod native;
pub(crate) mod split;
