//! Figures of pages: made by commands in processes of their own, one at a time, and kept for a
//! while. Who comes later than that sees the ones that are there, while newer ones are made.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ingest::Ingest;
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
/// Questions that are being answered or wait for it; more are told to come again, so that commands of
/// others find a place.
const RUNS_MAX: usize = 8;
const BUSY: &str = "too many figures are being made: ask again in a moment";
/// Longest refusal.
const REFUSAL_CHARS_MAX: usize = 600;

/// What a question came to: parts of a page, or why there are none.
pub(super) type Found = Result<Arc<Parts>, String>;

/// How a run ended: with an answer, or not at all for now.
enum Ended {
    Answered(Found),
    NotNow(String),
}

/// What is known of a question.
#[derive(Debug, Default)]
struct One {
    /// The run that makes it.
    run: Option<u64>,
    made_at: Micros,
    found: Option<Found>,
}

impl One {
    fn is_within(&self, now: Micros, span: Micros) -> bool {
        (0..span).contains(&now.saturating_sub(self.made_at))
    }

    fn is_fresh(&self, now: Micros) -> bool {
        match &self.found {
            Some(Ok(_)) => self.is_within(now, FRESH_FOR),
            Some(Err(_)) => self.is_within(now, REFUSED_FOR),
            None => false,
        }
    }

    fn is_shown(&self, now: Micros) -> bool {
        self.is_fresh(now) || (matches!(self.found, Some(Ok(_))) && self.is_within(now, SHOWN_FOR))
    }

    /// Takes in how a run ended. What is there is not lost to one that did not end for now.
    fn take(&mut self, ended: Ended, now: Micros) {
        self.run = None;
        let found = match ended {
            Ended::Answered(found) => found,
            Ended::NotNow(_) if matches!(self.found, Some(Ok(_))) => return,
            Ended::NotNow(why) => Err(why),
        };
        self.made_at = now;
        self.found = Some(found);
    }
}

#[derive(Debug, Default)]
struct Held {
    by_words: BTreeMap<Vec<String>, One>,
    /// Counts runs.
    runs: u64,
    /// Erasures before which nothing is shown any more.
    erasures: u64,
}

/// Makes and keeps figures.
#[derive(Debug)]
pub(super) struct Figures {
    ingest: Ingest,
    commands: Arc<Commands>,
    clock: Arc<dyn Clock>,
    /// Where commands are waited for: a page that nobody waits for any more is made all the same.
    runtime: Handle,
    held: Mutex<Held>,
    made: Notify,
}

impl Figures {
    pub(super) fn new(
        (ingest, commands): (Ingest, Arc<Commands>),
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        Arc::new(Self {
            ingest,
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

    /// Lets go of the figures of an app: something was written that they rest on.
    pub(super) fn forget(&self, app: &str) {
        let of_app = format!("--app={app}");
        self.held().by_words.retain(|key, _| !key.contains(&of_app));
    }

    /// Has figures made unless they are, and returns those that are there.
    fn begin(self: &Arc<Self>, key: &[String], words: Words) -> Option<Found> {
        let now = self.clock.now();
        let mut held = self.held();
        held.by_words
            .retain(|_, one| one.run.is_some() || one.is_shown(now));
        let running = held.by_words.values().filter(|one| one.run.is_some());
        let is_busy = running.count() >= RUNS_MAX;
        if held.by_words.len() >= KEPT_MAX && !held.by_words.contains_key(key) {
            drop_oldest(&mut held.by_words);
        }
        held.runs += 1;
        let run = held.runs;
        let one = held.by_words.entry(key.to_vec()).or_default();
        let shown = one.is_shown(now).then(|| one.found.clone()).flatten();
        if one.is_fresh(now) || one.run.is_some() {
            return shown;
        }
        if is_busy {
            return shown.or_else(|| Some(Err(BUSY.to_owned())));
        }
        one.run = Some(run);
        let (figures, key) = (Arc::clone(self), key.to_vec());
        self.runtime
            .spawn(async move { figures.make(key, words, run).await });
        shown
    }

    fn shown(&self, key: &[String]) -> Option<Found> {
        let now = self.clock.now();
        let held = self.held();
        let one = held.by_words.get(key)?;
        one.is_shown(now).then(|| one.found.clone()).flatten()
    }

    async fn make(self: Arc<Self>, key: Vec<String>, words: Words, run: u64) {
        let ended = self.ask(words).await;
        let now = self.clock.now();
        // Forgotten meanwhile, it is another's to make.
        if let Some(one) = self.held().by_words.get_mut(&key)
            && one.run == Some(run)
        {
            one.take(ended, now);
        }
        self.made.notify_waiters();
    }

    async fn ask(&self, words: Words) -> Ended {
        let ended = match self.commands.carry_out(words).await {
            Ok(ended) => ended,
            Err(problem) => return Ended::NotNow(problem.message().to_owned()),
        };
        match ended.code {
            Some(0) => {}
            Some(_) => return Ended::Answered(Err(refusal(&ended.stderr))),
            None => return Ended::NotNow("the figures took too much: ask for less".to_owned()),
        }
        let parts = serde_json::from_slice(&ended.stdout).map(Arc::new);
        Ended::Answered(parts.map_err(|error| format!("the figures cannot be read: {error}")))
    }

    /// What is held. Nothing of it is older than the last erasure: its words may be of a person who is
    /// gone.
    fn held(&self) -> MutexGuard<'_, Held> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let erasures = self.ingest.erasures();
        if held.erasures != erasures {
            held.erasures = erasures;
            held.by_words.clear();
        }
        held
    }
}

/// Why a command did nothing, in its words and without how to use it.
pub(super) fn refusal(talk: &str) -> String {
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
    let idle = kept.iter().filter(|(_, one)| one.run.is_none());
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
            run: None,
            made_at: 1_000_000_000,
            found: Some(found),
        };
        let (good, bad) = (one(Ok(Arc::default())), one(Err("no".to_owned())));
        let at = |seconds: i64| 1_000_000_000 + seconds * 1_000_000;
        assert!(good.is_fresh(at(59)) && !good.is_fresh(at(60)));
        assert!(good.is_shown(at(3_600)) && !good.is_shown(at(25 * 3_600)));
        assert!(bad.is_shown(at(4)) && !bad.is_shown(at(5)));
        assert!(!good.is_fresh(at(-1)), "a clock that was set back");
        assert!(!One::default().is_shown(at(0)));
    }

    #[test]
    fn a_run_that_did_not_end_for_now_takes_nothing_away() {
        let mut one = One::default();
        one.take(Ended::NotNow("busy".to_owned()), 1);
        assert_eq!(one.found, Some(Err("busy".to_owned())));
        one.take(Ended::Answered(Ok(Arc::default())), 2);
        one.take(Ended::NotNow("busy".to_owned()), 3);
        assert_eq!((one.found, one.made_at), (Some(Ok(Arc::default())), 2));
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
