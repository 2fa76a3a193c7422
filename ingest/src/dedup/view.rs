//! What answers are given from: the index of what is in the tables, and beside it what is still in
//! the WAL. The second part is best effort (it only makes an answer say `duplicate` earlier); the
//! committer decides by the first alone.

use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use super::{Claim, Judgement, Known, judge};

/// Claims in the WAL that are kept at most; beyond it a retry before the flush is answered
/// `accepted`, and still stored once.
const ARRIVING_MAX: usize = 1_000_000;

/// The index, shared between the committer and those who answer.
#[derive(Debug, Default)]
pub(crate) struct View {
    known: RwLock<Known>,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    flushing: Known,
    arriving: Known,
}

impl View {
    /// Begins with what the tables hold.
    pub(crate) fn new(known: Known) -> Self {
        Self {
            known: RwLock::new(known),
            waiting: Mutex::default(),
        }
    }

    /// What the tables hold.
    pub(crate) fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Judges the claims of one batch as far as can be told now.
    pub(crate) fn judge_all(&self, claims: &[Option<Claim>]) -> Vec<Option<Judgement>> {
        let known = self.known();
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut own = Known::default();
        let mut judged = Vec::with_capacity(claims.len());
        for claim in claims {
            judged.push(claim.as_ref().map(|claim| {
                let layers = [&*known, &waiting.flushing, &waiting.arriving, &own];
                let judgement = judge(&layers, claim);
                own.take(claim);
                judgement
            }));
        }
        judged
    }

    /// Takes note of claims that are durable in the WAL.
    pub(crate) fn note(&self, claims: &[Option<Claim>]) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.arriving.len() + waiting.flushing.len() < ARRIVING_MAX {
            for claim in claims.iter().flatten() {
                waiting.arriving.take(claim);
            }
        }
    }

    /// A flush of all that arrived begins.
    pub(crate) fn begin_flush(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let arrived = std::mem::take(&mut waiting.arriving);
        waiting.flushing.absorb(arrived);
    }

    /// The flush is over: what it covered is known.
    pub(crate) fn end_flush(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.flushing = Known::default();
    }

    /// Takes what a decided flush adds.
    pub(crate) fn absorb(&self, gained: Known) {
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .absorb(gained);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(id: u64, content: u64) -> Option<Claim> {
        Some(Claim::Identified {
            key: (id, 0),
            content,
            revisable: false,
        })
    }

    #[test]
    fn id_is_known_within_its_batch_then_in_the_wal_then_in_the_tables() {
        let view = View::default();
        let claims = [claim(1, 5), claim(1, 5), None, claim(1, 6)];
        let expected = [
            Some(Judgement::New),
            Some(Judgement::Duplicate),
            None,
            Some(Judgement::Conflict),
        ];
        assert_eq!(view.judge_all(&claims), expected);
        view.note(&claims[..1]);
        view.begin_flush();
        assert_eq!(view.judge_all(&claims[..1]), [Some(Judgement::Duplicate)]);
        view.end_flush();
        assert_eq!(view.judge_all(&claims[..1]), [Some(Judgement::New)]);
        let mut gained = Known::default();
        gained.take(&claim(1, 5).unwrap());
        view.absorb(gained);
        assert_eq!(view.judge_all(&claims[..1]), [Some(Judgement::Duplicate)]);
    }
}
