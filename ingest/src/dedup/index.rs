//! The index: claims of the tables, the newest in memory, the others in runs on disk.
//!
//! Ids that flushes add are kept as they come. When there are many, they become a run; when there
//! are several runs of about the same size, they become one, so that few have to be asked. Memory
//! is bounded by [`SPILL_IDS`] and [`FILTER_BYTES_MAX`], whatever the number of ids: beyond it,
//! filters get coarser and cost looks at the disk, never exactness.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::run::Run;
use super::{Claim, Found, Judgement, Key, Taken};

/// Ids in memory that become a run.
pub(super) const SPILL_IDS: usize = 400_000;
/// Ids of one piece in memory; a smaller piece takes those of the next flush in.
const PIECE_IDS: usize = 64_000;
/// Runs of about the same size that become one.
const MERGE_RUNS: usize = 4;
/// Bytes that the filters of all runs may take together.
const FILTER_BYTES_MAX: usize = 40 << 20;
/// Bits of a filter for each id while there is room: about 0.5 % of new ids cost a look at a run.
const FILTER_BITS: usize = 12;

/// The claims of the tables.
#[derive(Debug)]
pub(crate) struct Index {
    folder: PathBuf,
    pieces: Vec<Arc<Taken>>,
    runs: Vec<Arc<Run>>,
    latest: BTreeMap<Key, u64>,
    runs_made: u64,
}

/// What is to become a run.
#[derive(Debug)]
pub(super) enum Work {
    /// All ids in memory.
    Spill(Vec<Arc<Taken>>),
    /// Runs of about the same size.
    Merge(Vec<Arc<Run>>),
}

impl Index {
    /// An empty index with its scratch files in `folder`; what an earlier one left there goes.
    pub(crate) fn new(folder: &Path) -> io::Result<Self> {
        match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        std::fs::create_dir_all(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            pieces: Vec::new(),
            runs: Vec::new(),
            latest: BTreeMap::new(),
            runs_made: 0,
        })
    }

    /// How many claims it holds.
    pub(crate) fn len(&self) -> usize {
        let pieces: usize = self.pieces.iter().map(|piece| piece.len()).sum();
        let runs: usize = self.runs.iter().map(|run| run.len()).sum();
        pieces + runs + self.latest.len()
    }

    /// Judges claims in order against the index, `layers` of what came after it (the newest last),
    /// and `own`, which takes those that are stored. Beyond `looks_max` looks at runs an id that a
    /// filter lets through counts as unknown.
    ///
    /// # Errors
    /// When a run cannot be read.
    pub(crate) fn judge(
        &self,
        claims: &[Option<Claim>],
        layers: &[&Taken],
        own: &mut Taken,
        looks_max: usize,
    ) -> io::Result<Vec<Option<Judgement>>> {
        let mut found = vec![Found::default(); claims.len()];
        self.find(claims, &mut found, looks_max)?;
        let judged = claims.iter().zip(found).map(|(claim, mut found)| {
            let claim = claim.as_ref()?;
            let judgement = match *claim {
                Claim::Identified {
                    key,
                    content,
                    revisable,
                } => {
                    for layer in layers {
                        layer.find(key, content, &mut found);
                    }
                    own.find(key, content, &mut found);
                    found.judgement(revisable)
                }
                Claim::Latest { key, content } => {
                    let newer = || layers.iter().rev().find_map(|layer| layer.latest(key));
                    let last = own.latest(key).or_else(newer);
                    match last.or_else(|| self.latest.get(&key).copied()) {
                        Some(last) if last == content => Judgement::Duplicate,
                        _ => Judgement::New,
                    }
                }
            };
            if matches!(judgement, Judgement::New | Judgement::Revision) {
                own.take(claim);
            }
            Some(judgement)
        });
        Ok(judged.collect())
    }

    /// Goes from run to run and not from id to id: a filter's cache lines are then fetched while
    /// others are looked at.
    fn find(
        &self,
        claims: &[Option<Claim>],
        found: &mut [Found],
        looks_max: usize,
    ) -> io::Result<()> {
        let mut looks = 0;
        let ids = || {
            claims
                .iter()
                .enumerate()
                .filter_map(|(place, claim)| match claim {
                    Some(Claim::Identified { key, content, .. }) => Some((place, *key, *content)),
                    _ => None,
                })
        };
        for piece in &self.pieces {
            for (place, key, content) in ids() {
                piece.find(key, content, &mut found[place]);
            }
        }
        for run in &self.runs {
            for (place, key, content) in ids() {
                if looks < looks_max && !found[place].same && run.may_hold(key) {
                    looks += 1;
                    run.find(key, content, &mut found[place])?;
                }
            }
        }
        Ok(())
    }

    /// Takes what a decided flush adds.
    pub(super) fn absorb(&mut self, mut gained: Taken) {
        self.latest.extend(gained.take_latest());
        if gained.len() == 0 {
            return;
        }
        match self.pieces.last_mut().and_then(Arc::get_mut) {
            Some(piece) if piece.len() + gained.len() <= PIECE_IDS => piece.absorb(&gained),
            _ => self.pieces.push(Arc::new(gained)),
        }
    }

    /// What should become a run now.
    pub(super) fn work(&self) -> Option<Work> {
        if self.pieces.iter().map(|piece| piece.len()).sum::<usize>() >= SPILL_IDS {
            return Some(Work::Spill(self.pieces.clone()));
        }
        let tier = |run: &Arc<Run>| (run.len() / SPILL_IDS).max(1).ilog(MERGE_RUNS);
        let tiers = self.runs.iter().map(tier);
        let full = tiers
            .clone()
            .find(|one| tiers.clone().filter(|tier| tier == one).count() >= MERGE_RUNS)?;
        let of_tier = self.runs.iter().filter(|run| tier(run) == full);
        Some(Work::Merge(of_tier.cloned().collect()))
    }

    /// Where the next run goes, and the bits of its filter for each id.
    pub(super) fn next_run(&mut self) -> (PathBuf, usize) {
        self.runs_made += 1;
        let bits = FILTER_BYTES_MAX * 8 / self.len().max(1);
        let path = self.folder.join(format!("{:08}.ids", self.runs_made));
        (path, bits.clamp(1, FILTER_BITS))
    }

    /// Takes a run in place of what it was made of.
    pub(super) fn replace(&mut self, work: &Work, run: Run) {
        match work {
            Work::Spill(pieces) => {
                self.pieces
                    .retain(|one| !pieces.iter().any(|piece| Arc::ptr_eq(one, piece)));
            }
            Work::Merge(runs) => {
                self.runs
                    .retain(|one| !runs.iter().any(|run| Arc::ptr_eq(one, run)));
            }
        }
        self.runs.push(Arc::new(run));
        let bytes: usize = self.runs.iter().map(|run| run.bytes()).sum();
        tracing::debug!(
            runs = self.runs.len(),
            bytes,
            ids = self.len(),
            "index has a new run"
        );
    }
}

impl Work {
    /// Makes the run.
    pub(super) fn run(&self, path: PathBuf, bits: usize) -> io::Result<Run> {
        match self {
            Self::Spill(pieces) => {
                let mut entries: Vec<_> = pieces.iter().flat_map(|piece| piece.ids()).collect();
                entries.sort_unstable();
                entries.dedup();
                let count = entries.len();
                Run::write(path, entries.into_iter().map(Ok), count, bits)
            }
            Self::Merge(runs) => {
                let runs: Vec<&Run> = runs.iter().map(AsRef::as_ref).collect();
                Run::merge(path, &runs, bits)
            }
        }
    }
}
