//! What is to go to whom, and what went: each thing once to each, whatever happens in between.
//!
//! A delivery is kept before it is tried and again when it was taken. Where the process ends between
//! the two, the next one tries again: once too often at most, under the same name, by which mail
//! programs and receivers of webhooks tell that they have it.

use std::collections::BTreeMap;
use std::time::Duration;

use lake::Micros;
use serde::{Deserialize, Serialize};

use super::patience::next_try;
use super::settings::Recipient;

const MINUTE: u64 = 60;
/// How long is waited after a try that was not taken: after the last of them it is given up.
const WAITS: [Duration; 8] = [
    Duration::from_secs(MINUTE),
    Duration::from_secs(5 * MINUTE),
    Duration::from_secs(15 * MINUTE),
    Duration::from_secs(60 * MINUTE),
    Duration::from_secs(3 * 60 * MINUTE),
    Duration::from_secs(6 * 60 * MINUTE),
    Duration::from_secs(24 * 60 * MINUTE),
    Duration::from_secs(48 * 60 * MINUTE),
];
/// For how long what is over is remembered.
const KEPT_FOR: Micros = 400 * 24 * 3_600 * 1_000_000;

/// One thing for one recipient.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// The folder of the report.
    pub(crate) report: String,
    /// By what it goes.
    pub(crate) channel: String,
    /// To whom, without secrets.
    pub(crate) recipient: String,
    pub(crate) queued_at: Micros,
    pub(crate) tries: u32,
    /// When it is tried next; `None` where it is over.
    pub(crate) next_at: Option<Micros>,
    /// When it was taken.
    pub(crate) done_at: Option<Micros>,
    /// Why the last try was not taken.
    pub(crate) problem: Option<String>,
}

impl Delivery {
    /// How it stands.
    pub(crate) fn state(&self) -> &'static str {
        match (self.done_at, self.next_at) {
            (Some(_), _) => "delivered",
            (None, Some(_)) => "waiting",
            (None, None) => "given up",
        }
    }

    fn taken(&mut self, now: Micros) {
        self.done_at = Some(now);
        self.next_at = None;
        self.problem = None;
    }

    fn refused(&mut self, now: Micros, problem: String) {
        self.next_at = next_try(&WAITS, self.tries, now);
        self.problem = Some(problem);
    }
}

/// All deliveries, by a name that says what goes to whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Deliveries {
    by_name: BTreeMap<String, Delivery>,
}

impl Deliveries {
    /// Has a report go to recipients, each of whom gets it once.
    pub(crate) fn queue(&mut self, report: &str, recipients: &[Recipient], now: Micros) {
        for recipient in recipients {
            let (channel, recipient) = recipient.name();
            let name = format!("{report}/{channel}/{recipient}");
            self.by_name.entry(name).or_insert_with(|| Delivery {
                report: report.to_owned(),
                channel: channel.to_owned(),
                recipient,
                queued_at: now,
                next_at: Some(now),
                ..Delivery::default()
            });
        }
        self.by_name
            .retain(|_, one| one.next_at.is_some() || now - one.queued_at < KEPT_FOR);
    }

    /// All, by name.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&String, &Delivery)> {
        self.by_name.iter()
    }

    /// When the next try is.
    pub(crate) fn next(&self) -> Option<Micros> {
        self.by_name.values().filter_map(|one| one.next_at).min()
    }

    /// What is to be tried now.
    pub(crate) fn due(&self, now: Micros) -> Vec<(String, Delivery)> {
        let due = self.by_name.iter();
        let due = due.filter(|(_, one)| one.next_at.is_some_and(|at| at <= now));
        due.map(|(name, one)| (name.clone(), one.clone())).collect()
    }

    /// Takes in how a try ended.
    pub(crate) fn tried(&mut self, name: &str, now: Micros, ended: Result<(), String>) {
        let Some(delivery) = self.by_name.get_mut(name) else {
            return;
        };
        delivery.tries = delivery.tries.saturating_add(1);
        match ended {
            Ok(()) => delivery.taken(now),
            Err(problem) => delivery.refused(now, problem),
        }
    }

    /// Gives one up whose recipient is not asked for any more.
    pub(crate) fn give_up(&mut self, name: &str, problem: &str) {
        if let Some(delivery) = self.by_name.get_mut(name) {
            delivery.next_at = None;
            delivery.problem = Some(problem.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Micros = 1_000_000;

    #[test]
    fn each_gets_it_once_and_what_nobody_takes_is_given_up_after_days() {
        let mail = |to: &str| Recipient::Mail(to.to_owned());
        let mut deliveries = Deliveries::default();
        deliveries.queue("weekly", &[mail("a@x.test"), mail("b@x.test")], 0);
        deliveries.queue("weekly", &[mail("a@x.test")], 5);
        let due = deliveries.due(0);
        assert_eq!(due.len(), 2);
        deliveries.tried(&due[0].0, 1, Ok(()));
        assert_eq!(deliveries.due(1).len(), 1);
        let mut tries = 0;
        while let Some(next) = deliveries.next() {
            for (name, _) in deliveries.due(next) {
                deliveries.tried(&name, next, Err("busy".to_owned()));
                tries += 1;
            }
        }
        assert_eq!(tries, 9);
        let states: Vec<&str> = deliveries.all().map(|(_, one)| one.state()).collect();
        assert_eq!(states, ["delivered", "given up"]);
        deliveries.queue("weekly", &[mail("a@x.test"), mail("b@x.test")], 9 * SECOND);
        assert!(deliveries.due(Micros::MAX).is_empty());
    }
}
