//! Senders that remember what they sent and what they were told about it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, mpsc};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Server, agent, counter, path, post_by, python, status};

/// A small generator of its own, so that a failure can be run again.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}

/// Where the server of the moment listens.
pub(crate) struct Door {
    state: Mutex<(u64, String)>,
    changed: Condvar,
}

impl Door {
    pub(crate) fn of(server: &Server) -> Self {
        Self {
            state: Mutex::new((0, server.url.clone())),
            changed: Condvar::new(),
        }
    }

    /// Another server took over.
    pub(crate) fn move_to(&self, server: &Server) {
        let mut state = self.state.lock().unwrap();
        *state = (state.0 + 1, server.url.clone());
        self.changed.notify_all();
    }

    fn now(&self) -> (u64, String) {
        self.state.lock().unwrap().clone()
    }

    /// Waits a moment, or less if another server takes over meanwhile.
    fn wait_for_another(&self, number: u64) {
        let state = self.state.lock().unwrap();
        let moment = Duration::from_millis(200);
        let waited = self
            .changed
            .wait_timeout_while(state, moment, |state| state.0 == number);
        drop(waited.unwrap());
    }
}

/// Event ids by what became of them. Sent holds all of them.
#[derive(Debug, Default)]
pub(crate) struct SentLog {
    pub(crate) sent: BTreeSet<String>,
    /// Answered 200 and accepted or a duplicate.
    pub(crate) acknowledged: BTreeSet<String>,
    /// Answered 200 and rejected.
    pub(crate) rejected: BTreeSet<String>,
    /// How often the answer was 503.
    pub(crate) refusals: u64,
}

impl SentLog {
    fn merge(mut self, other: Self) -> Self {
        self.sent.extend(other.sent);
        self.acknowledged.extend(other.acknowledged);
        self.rejected.extend(other.rejected);
        self.refusals += other.refusals;
        self
    }
}

/// What a sender sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Events,
    Feedback,
}

/// Name, content and batch size of a sender.
pub(crate) type Role = (&'static str, Content, usize);

/// Batches of all sizes, and feedback among the events.
pub(crate) const MIXED: [Role; 4] = [
    ("batch", Content::Events, 100),
    ("small", Content::Events, 7),
    ("single", Content::Events, 1),
    ("voice", Content::Feedback, 3),
];

/// Each answer of 200 to one of several senders.
pub(crate) struct Answers(mpsc::Receiver<()>);

impl Answers {
    /// Waits for so many answers.
    pub(crate) fn await_many(&self, count: u64) {
        for _ in 0..count {
            self.0.recv_timeout(Duration::from_secs(60)).unwrap();
        }
    }

    /// Waits for the next answer, or less long.
    pub(crate) fn await_one(&self, at_most: Duration) {
        let _moment = self.0.recv_timeout(at_most);
    }

    /// Leaves out the answers that came already.
    pub(crate) fn forget(&self) {
        while self.0.try_recv().is_ok() {}
    }
}

/// Sets a flag when it goes, also when a test fails.
pub(crate) struct SetAtEnd<'a>(pub(crate) &'a AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Does something while several senders send, each in a thread of its own; what they logged, and
/// what came of it.
pub(crate) fn while_sending<T>(
    door: &Door,
    key: &str,
    roles: &[Role],
    act: impl FnOnce(&Answers) -> T,
) -> (SentLog, T) {
    let is_over = AtomicBool::new(false);
    let (answered, answers) = mpsc::channel();
    std::thread::scope(|threads| {
        let over = SetAtEnd(&is_over);
        let start = |&(name, content, size): &Role| {
            let mut sender = Sender::new(door, key.to_owned(), content, name);
            let (answered, is_over) = (answered.clone(), &is_over);
            threads.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    if sender.send(size) {
                        // A test that failed listens no more.
                        let _listening = answered.send(());
                    }
                }
                sender.log
            })
        };
        let senders: Vec<_> = roles.iter().map(start).collect();
        let answers = Answers(answers);
        let came = act(&answers);
        drop(over);
        let logs = senders.into_iter().map(|sender| sender.join().unwrap());
        (logs.fold(SentLog::default(), SentLog::merge), came)
    })
}

/// One client of the service, with a sent-log.
struct Sender<'a> {
    door: &'a Door,
    agent: ureq::Agent,
    key: String,
    content: Content,
    /// Starts each of its event ids.
    name: String,
    next: usize,
    dice: Dice,
    log: SentLog,
}

impl<'a> Sender<'a> {
    fn new(door: &'a Door, key: String, content: Content, name: &str) -> Self {
        let seed = name.bytes().map(u64::from).sum();
        Self {
            door,
            agent: agent(),
            key,
            content,
            name: name.to_owned(),
            next: 0,
            dice: Dice(seed),
            log: SentLog::default(),
        }
    }

    /// Sends a batch of new events until it is answered 200, or, now and then, gives up after a
    /// failure. Returns whether it was answered 200.
    fn send(&mut self, size: usize) -> bool {
        let ids: Vec<String> = (self.next..self.next + size)
            .map(|number| format!("{}-{number}", self.name))
            .collect();
        let records: Vec<Value> = ids
            .iter()
            .zip(self.next..)
            .map(|(id, number)| self.record(id, number))
            .collect();
        self.next += size;
        self.log.sent.extend(ids);
        let body = json!(records).to_string();
        let route = match self.content {
            Content::Events => "/v1/events",
            Content::Feedback => "/v1/feedback",
        };
        loop {
            let (number, url) = self.door.now();
            let url = format!("{url}{route}");
            let (code, answer) = post_by(&self.agent, &url, &self.key, body.as_bytes());
            if code == 200 {
                self.note(&answer, size);
                return true;
            }
            assert!(code == 0 || code == 503, "{code}: {answer}");
            self.log.refusals += u64::from(code == 503);
            if self.dice.roll(10) == 0 {
                return false;
            }
            self.door.wait_for_another(number);
        }
    }

    /// Each fortieth record is broken: it is to be found in quarantine.
    fn record(&self, id: &str, number: usize) -> Value {
        match self.content {
            Content::Events if number % 40 == 39 => json!({"event_id": id, "name": "opened"}),
            Content::Events => {
                let user = format!("u{}", number % 97);
                json!({"event_id": id, "name": "opened", "user_id": user, "release": "1.0.0"})
            }
            Content::Feedback if number % 40 == 39 => json!({"event_id": id, "score": 77}),
            Content::Feedback => json!({"event_id": id, "score": number % 5 + 1, "text": "fine"}),
        }
    }

    fn note(&mut self, answer: &Value, size: usize) {
        let outcomes = answer["outcomes"].as_array().unwrap();
        assert_eq!(outcomes.len(), size, "{answer}");
        for outcome in outcomes {
            let id = outcome["event_id"].as_str().unwrap().to_owned();
            match outcome["outcome"].as_str().unwrap() {
                "accepted" | "duplicate" => self.log.acknowledged.insert(id),
                "rejected" => self.log.rejected.insert(id),
                other => panic!("the outcome {other}: {answer}"),
            };
        }
    }
}

/// Event ids as another engine reads them in the tables, doubles and all.
struct Stored {
    kept: Vec<String>,
    quarantined: Vec<String>,
}

/// Holds the tables to the sent-log: acknowledged ⊆ stored ⊆ sent, each id once; rejected ⊆
/// quarantined ⊆ sent, an id as often as it was sent; and the ledger to the tables. The server has
/// flushed.
pub(crate) fn hold_to(log: &SentLog, data: &Path) {
    let state = status(data);
    let rows = |table: &str| state["tables"][table]["rows"].as_u64().unwrap();
    let kept = rows("events") + rows("feedback");
    assert_eq!(counter(&state, "stored"), kept);
    assert_eq!(counter(&state, "quarantined"), rows("quarantine"));
    assert_eq!(
        counter(&state, "received"),
        kept + counter(&state, "duplicate") + rows("quarantine")
    );
    let Some(stored) = stored_ids(data) else {
        assert!(kept >= log.acknowledged.len() as u64);
        assert!(kept + rows("quarantine") <= log.sent.len() as u64);
        return;
    };
    let kept: BTreeSet<String> = stored.kept.iter().cloned().collect();
    assert_eq!(stored.kept.len(), kept.len(), "an id is stored twice");
    hold("stored", &kept, &log.acknowledged, &log.sent);
    let quarantined = stored.quarantined.into_iter().collect();
    hold("in quarantine", &quarantined, &log.rejected, &log.sent);
    let both: Vec<&String> = kept.intersection(&quarantined).collect();
    assert!(both.is_empty(), "stored and in quarantine: {both:?}");
}

fn hold(what: &str, found: &BTreeSet<String>, told: &BTreeSet<String>, sent: &BTreeSet<String>) {
    let lost: Vec<&String> = told.difference(found).take(5).collect();
    assert!(lost.is_empty(), "answered 200 and not {what}: {lost:?}");
    let strange: Vec<&String> = found.difference(sent).take(5).collect();
    assert!(strange.is_empty(), "{what} and never sent: {strange:?}");
}

fn stored_ids(data: &Path) -> Option<Stored> {
    let ids = python("event_ids.py", &[path(data)])?;
    let list = |name: &str| {
        let ids = ids[name].as_array().unwrap().iter();
        ids.map(|id| id.as_str().unwrap().to_owned()).collect()
    };
    Some(Stored {
        kept: list("kept"),
        quarantined: list("quarantined"),
    })
}
