//! How much one key may send, where the operator says so: a token bucket for requests and one for
//! events, in memory, for each key.
//!
//! The events of a request are known once it was cut, and then taken whatever they are: the bucket
//! goes below zero and later requests wait. So a batch of any size comes through in the end, and
//! nobody is asked to send again what would never fit.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::http::body::Limits;
use crate::http::problem::Problem;
use crate::keys::Key;

/// Seconds of its rate that a key may send at once.
const BURST_SECONDS: f64 = 5.0;

/// The buckets of all keys that sent something.
#[derive(Debug)]
pub(crate) struct Rates {
    requests_per_second: Option<u32>,
    events_per_second: Option<u32>,
    buckets: Mutex<BTreeMap<String, Buckets>>,
}

#[derive(Debug)]
struct Buckets {
    requests: Bucket,
    events: Bucket,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

impl Bucket {
    fn full(per_second: Option<u32>, now: Instant) -> Self {
        Self {
            tokens: per_second.map_or(0.0, burst),
            filled_at: now,
        }
    }

    fn fill(&mut self, per_second: u32, now: Instant) {
        let passed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        let gained = passed * f64::from(per_second);
        self.tokens = (self.tokens + gained).min(burst(per_second));
        self.filled_at = now;
    }

    /// How long until there is at least one token.
    fn wait(&self, per_second: u32) -> Option<Duration> {
        let missing = 1.0 - self.tokens;
        (missing > 0.0).then(|| Duration::from_secs_f64(missing / f64::from(per_second)))
    }
}

fn burst(per_second: u32) -> f64 {
    f64::from(per_second) * BURST_SECONDS
}

impl Rates {
    pub(crate) fn new(limits: &Limits) -> Self {
        let rate = |per_second: u32| (per_second > 0).then_some(per_second);
        Self {
            requests_per_second: rate(limits.key_requests_per_second),
            events_per_second: rate(limits.key_events_per_second),
            buckets: Mutex::default(),
        }
    }

    fn is_off(&self) -> bool {
        self.requests_per_second.is_none() && self.events_per_second.is_none()
    }

    /// Takes one request of a key.
    ///
    /// # Errors
    /// A 429 where the key has used up its requests or its events.
    pub(crate) fn admit(&self, key: &Key) -> Result<(), Problem> {
        self.admit_at(key, Instant::now())
    }

    fn admit_at(&self, key: &Key, now: Instant) -> Result<(), Problem> {
        if self.is_off() {
            return Ok(());
        }
        self.with(key, now, |buckets| {
            let waits = [
                (&buckets.requests, self.requests_per_second, "requests"),
                (&buckets.events, self.events_per_second, "events"),
            ];
            for (bucket, rate, unit) in waits {
                let Some(rate) = rate else { continue };
                if let Some(wait) = bucket.wait(rate) {
                    return Err(Problem::too_often(rate, unit, wait));
                }
            }
            buckets.requests.tokens -= 1.0;
            Ok(())
        })
    }

    /// Takes the events of a request that was admitted.
    pub(crate) fn charge(&self, key: &Key, events: usize) {
        if self.events_per_second.is_some() {
            let events = u32::try_from(events).unwrap_or(u32::MAX);
            self.with(key, Instant::now(), |buckets| {
                buckets.events.tokens -= f64::from(events);
            });
        }
    }

    fn with<T>(&self, key: &Key, now: Instant, act: impl FnOnce(&mut Buckets) -> T) -> T {
        let mut all = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        // Only keys that are in the file come here, so that this grows no further than the file.
        let buckets = all.entry(key.id.clone()).or_insert_with(|| Buckets {
            requests: Bucket::full(self.requests_per_second, now),
            events: Bucket::full(self.events_per_second, now),
        });
        if let Some(rate) = self.requests_per_second {
            buckets.requests.fill(rate, now);
        }
        if let Some(rate) = self.events_per_second {
            buckets.events.fill(rate, now);
        }
        act(buckets)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use actix_web::ResponseError as _;
    use lake::FixedClock;

    use super::*;
    use crate::keys::{KeyRequest, KeyStore, Scope};

    fn keys() -> [Key; 2] {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::open(folder.path(), Arc::new(FixedClock(0))).unwrap();
        ["a", "b"].map(|app| {
            let request = KeyRequest {
                app: app.to_owned(),
                ..KeyRequest::new(Scope::Send)
            };
            store.create(request).unwrap().key
        })
    }

    #[test]
    fn one_key_waits_and_another_does_not() {
        let [key, other] = keys();
        let limits = Limits {
            key_requests_per_second: 2,
            ..Limits::default()
        };
        let (rates, start) = (Rates::new(&limits), Instant::now());
        for _ in 0..10 {
            rates.admit_at(&key, start).unwrap();
        }
        let refused = rates.admit_at(&key, start).unwrap_err();
        assert_eq!(refused.status_code().as_u16(), 429);
        let response = refused.error_response();
        assert_eq!(response.headers().get("retry-after").unwrap(), "1");
        rates.admit_at(&other, start).unwrap();
        let later = start + Duration::from_millis(500);
        rates.admit_at(&key, later).unwrap();
        assert!(rates.admit_at(&key, later).is_err());
    }

    #[test]
    fn batch_beyond_the_burst_comes_through_and_is_paid_for_afterwards() {
        let [key, _] = keys();
        let limits = Limits {
            key_events_per_second: 100,
            ..Limits::default()
        };
        let rates = Rates::new(&limits);
        rates.admit(&key).unwrap();
        rates.charge(&key, 10_000);
        let now = Instant::now();
        assert!(rates.admit_at(&key, now).is_err());
        assert!(rates.admit_at(&key, now + Duration::from_secs(94)).is_err());
        assert!(rates.admit_at(&key, now + Duration::from_secs(96)).is_ok());
    }

    #[test]
    fn without_a_rate_nobody_waits_and_nothing_is_kept() {
        let [key, _] = keys();
        let rates = Rates::new(&Limits::default());
        for _ in 0..1_000 {
            rates.admit(&key).unwrap();
            rates.charge(&key, 1_000);
        }
        assert!(rates.buckets.lock().unwrap().is_empty());
    }
}
