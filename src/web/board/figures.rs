//! Figures of pages: made by commands in processes of their own, one at a time, and kept for a
//! while. Who comes later than that sees the ones that are there, while newer ones are made.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lake::{Clock, Micros};
use reports::Parts;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::web::commands::Commands;
use crate::words::Words;

/// For how long figures are as good as new.
const FRESH_FOR: Micros = 60_000_000;
/// For how long figures are shown at all while newer ones are made.
const SHOWN_FOR: Micros = 24 * 3_600_000_000;
/// For how long a refusal is.
const REFUSED_FOR: Micros = 5_000_000;
/// How long a page waits for its figures before it comes again by itself.
const PATIENCE: Duration = Duration::from_secs(4);
/// Questions whose figures are kept.
const KEPT_MAX: usize = 64;
/// Longest refusal.
const REFUSAL_CHARS_MAX: usize = 600;

/// What a question came to: parts of a page, or why there are none.
pub(super) type Found = Result<Arc<Parts>, String>;

/// What is known of a question.
#[derive(Debug, Default)]
struct One {
    is_being_made: bool,
    made_at: Micros,
    found: Option<Found>,
}

impl One {
    fn age(&self, now: Micros) -> Micros {
        now.saturating_sub(self.made_at)
    }

    fn is_fresh(&self, now: Micros) -> bool {
        match &self.found {
            Some(Ok(_)) => self.age(now) < FRESH_FOR,
            Some(Err(_)) => self.age(now) < REFUSED_FOR,
            None => false,
        }
    }

    fn is_shown(&self, now: Micros) -> bool {
        self.is_fresh(now) || (matches!(self.found, Some(Ok(_))) && self.age(now) < SHOWN_FOR)
    }
}

#[derive(Debug, Default)]
struct Held {
    by_words: BTreeMap<Vec<String>, One>,
    /// Counts how often all was forgotten.
    generation: u64,
}

/// Makes and keeps figures.
#[derive(Debug)]
pub(super) struct Figures {
    commands: Arc<Commands>,
    clock: Arc<dyn Clock>,
    /// Where commands are waited for: a page that nobody waits for any more is made all the same.
    runtime: Handle,
    held: Mutex<Held>,
    made: Notify,
}

impl Figures {
    pub(super) fn new(commands: Arc<Commands>, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            commands,
            clock,
            runtime: Handle::current(),
            held: Mutex::default(),
            made: Notify::new(),
        })
    }

    /// What a command that prints parts comes to; `None` while it is being made.
    pub(super) async fn of(self: &Arc<Self>, words: Words) -> Option<Found> {
        let key = words.clone().in_line();
        if let Some(found) = self.begin(&key, words) {
            return Some(found);
        }
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                let made = self.made.notified();
                if let Some(found) = self.shown(&key) {
                    return found;
                }
                made.await;
            }
        });
        waited.await.ok()
    }

    /// What is there already, however old; it is made anew beside that.
    pub(super) fn at_hand(self: &Arc<Self>, words: Words) -> Option<Found> {
        self.begin(&words.clone().in_line(), words)
    }

    /// Makes all figures anew: something was written that they rest on.
    pub(super) fn forget(&self) {
        let mut held = self.held();
        held.by_words.clear();
        held.generation += 1;
    }

    /// Has figures made unless they are, and returns those that are there.
    fn begin(self: &Arc<Self>, key: &[String], words: Words) -> Option<Found> {
        let now = self.clock.now();
        let mut held = self.held();
        let generation = held.generation;
        if held.by_words.len() >= KEPT_MAX && !held.by_words.contains_key(key) {
            drop_oldest(&mut held.by_words);
        }
        let one = held.by_words.entry(key.to_vec()).or_default();
        if !one.is_fresh(now) && !one.is_being_made {
            one.is_being_made = true;
            let (figures, key) = (Arc::clone(self), key.to_vec());
            self.runtime
                .spawn(async move { figures.make(key, words, generation).await });
        }
        one.is_shown(now).then(|| one.found.clone()).flatten()
    }

    fn shown(&self, key: &[String]) -> Option<Found> {
        let now = self.clock.now();
        let held = self.held();
        let one = held.by_words.get(key)?;
        one.is_shown(now).then(|| one.found.clone()).flatten()
    }

    async fn make(self: Arc<Self>, key: Vec<String>, words: Words, generation: u64) {
        let found = self.ask(words).await;
        let now = self.clock.now();
        let mut held = self.held();
        if held.generation == generation {
            let made = One {
                is_being_made: false,
                made_at: now,
                found: Some(found),
            };
            held.by_words.insert(key, made);
        }
        drop(held);
        self.made.notify_waiters();
    }

    async fn ask(&self, words: Words) -> Found {
        let ended = self.commands.carry_out(words).await;
        let ended = ended.map_err(|problem| problem.message().to_owned())?;
        if ended.code != Some(0) {
            return Err(refusal(&ended.stderr));
        }
        serde_json::from_slice(&ended.stdout)
            .map(Arc::new)
            .map_err(|error| format!("the figures cannot be read: {error}"))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a command did nothing, in its words and without how to use it.
fn refusal(talk: &str) -> String {
    let first = talk.split("\n\n").next().unwrap_or_default().trim();
    let words = first.strip_prefix("error: ").unwrap_or(first);
    let words: String = words.chars().take(REFUSAL_CHARS_MAX).collect();
    if words.is_empty() {
        "the figures cannot be made: ask for less".to_owned()
    } else {
        words
    }
}

fn drop_oldest(kept: &mut BTreeMap<Vec<String>, One>) {
    let idle = kept.iter().filter(|(_, one)| !one.is_being_made);
    let oldest = idle.min_by_key(|(_, one)| one.made_at);
    if let Some(key) = oldest.map(|(key, _)| key.clone()) {
        kept.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_grow_old_and_refusals_sooner() {
        let one = |found: Found| One {
            is_being_made: false,
            made_at: 1_000_000_000,
            found: Some(found),
        };
        let (good, bad) = (one(Ok(Arc::default())), one(Err("no".to_owned())));
        let at = |seconds: i64| 1_000_000_000 + seconds * 1_000_000;
        assert!(good.is_fresh(at(59)) && !good.is_fresh(at(60)));
        assert!(good.is_shown(at(3_600)) && !good.is_shown(at(25 * 3_600)));
        assert!(bad.is_shown(at(4)) && !bad.is_shown(at(5)));
        assert!(!One::default().is_shown(at(0)));
    }

    #[test]
    fn a_refusal_is_what_the_command_said_first() {
        assert_eq!(
            refusal("error: --from 2 --to 1: a window\n\nUsage: x"),
            "--from 2 --to 1: a window"
        );
        assert_eq!(refusal("there is no data\n"), "there is no data");
        assert!(refusal("").contains("ask for less"));
    }
}
