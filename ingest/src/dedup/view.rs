//! What answers are given from: the index of what is in the tables, and beside it what is still in
//! the WAL. The second part is best effort (it only makes an answer say `duplicate` earlier); the
//! committer decides by the first alone.

use std::io;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::{Claim, Index, Judgement, Taken};

/// Claims in the WAL that are kept at most. Beyond it the service is under a load at which answers
/// say `accepted` without a look; each id is still stored once.
const ARRIVING_MAX: usize = 200_000;
/// Looks at the disk for one answer; beyond it an id counts as new until the committer decides.
const ANSWER_LOOKS_MAX: usize = 16;

/// The index, shared between the committer and those who answer.
#[derive(Debug)]
pub(crate) struct View {
    index: RwLock<Index>,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    flushing: Taken,
    arriving: Taken,
}

impl Waiting {
    fn is_full(&self) -> bool {
        self.arriving.len() + self.flushing.len() >= ARRIVING_MAX
    }
}

impl View {
    /// Begins with what the tables hold.
    pub(crate) fn new(index: Index) -> Self {
        Self {
            index: RwLock::new(index),
            waiting: Mutex::default(),
        }
    }

    /// What the tables hold.
    pub(crate) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Judges the claims of one batch as far as can be told now.
    pub(crate) fn judge_all(&self, claims: &[Option<Claim>]) -> io::Result<Vec<Option<Judgement>>> {
        let index = self.index();
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.is_full() {
            let unseen = |claim: &Option<Claim>| claim.map(|_| Judgement::New);
            return Ok(claims.iter().map(unseen).collect());
        }
        let layers = [&waiting.flushing, &waiting.arriving];
        index.judge(claims, &layers, &mut Taken::default(), ANSWER_LOOKS_MAX)
    }

    /// Takes note of claims that are durable in the WAL.
    pub(crate) fn note(&self, claims: &[Option<Claim>]) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.is_full() {
            for claim in claims.iter().flatten() {
                waiting.arriving.take(claim);
            }
        }
    }

    /// A flush of all that arrived begins.
    pub(crate) fn begin_flush(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let arrived = std::mem::take(&mut waiting.arriving);
        if waiting.flushing.len() == 0 {
            waiting.flushing = arrived;
        } else {
            waiting.flushing.absorb(&arrived);
        }
    }

    /// The flush is over: what it covered is known.
    pub(crate) fn end_flush(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.flushing = Taken::default();
    }

    /// Takes what a decided flush adds, and makes the runs that are due. Only the committer calls
    /// this; answers go on meanwhile.
    ///
    /// # Errors
    /// When a run cannot be written; what it was to hold stays in memory.
    pub(crate) fn absorb(&self, gained: Taken) -> io::Result<()> {
        self.index_mut().absorb(gained);
        while let Some(work) = { self.index().work() } {
            let (path, bits) = self.index_mut().next_run();
            let run = work.run(path, bits)?;
            self.index_mut().replace(&work, run);
        }
        Ok(())
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
        let folder = tempfile::tempdir().unwrap();
        let view = View::new(Index::new(folder.path()).unwrap());
        let claims = [claim(1, 5), claim(1, 5), None, claim(1, 6)];
        let expected = [
            Some(Judgement::New),
            Some(Judgement::Duplicate),
            None,
            Some(Judgement::Conflict),
        ];
        assert_eq!(view.judge_all(&claims).unwrap(), expected);
        view.note(&claims[..1]);
        view.begin_flush();
        let judge = || view.judge_all(&claims[..1]).unwrap();
        assert_eq!(judge(), [Some(Judgement::Duplicate)]);
        view.end_flush();
        assert_eq!(judge(), [Some(Judgement::New)]);
        let mut gained = Taken::default();
        gained.take(&claim(1, 5).unwrap());
        view.absorb(gained).unwrap();
        assert_eq!(judge(), [Some(Judgement::Duplicate)]);
    }
}
