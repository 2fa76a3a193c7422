//! A batch on its way to the WAL: written record by record, judged once it is whole.
//!
//! Why record by record: a checked record is several times larger than what is written of it, and
//! a request may hold thousands. Each is checked, written and let go while it is still in the
//! processor's cache.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lake::Outcome;

use crate::batch::{Envelope, Payload, Record};
use crate::dedup::{Claim, Claims, Judgement, View};
use crate::error::{Error, Result};
use crate::privacy::Treating;
use crate::seen::Seen;

/// What the sender of a record is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// On disk, to be stored.
    Accepted,
    /// On disk before.
    Duplicate,
    /// On disk, to be quarantined: it was refused, or its event id came before with other content.
    Rejected,
    /// On disk, to be counted; there is nothing of it to be stored.
    Noted,
}

/// A batch in the form of the WAL, with what its sender is told once it is there.
#[derive(Debug, Clone)]
pub struct Draft {
    pub(crate) payload: Vec<u8>,
    pub(crate) claims: Vec<Option<Claim>>,
    pub(crate) receipts: Vec<Receipt>,
    /// What is counted beside all that was received.
    pub(crate) noted: Vec<(Outcome, u64)>,
    withheld: BTreeSet<String>,
    pub(crate) seen: Vec<Arc<Seen>>,
}

impl Draft {
    /// What becomes of each record, in order.
    #[must_use]
    pub fn receipts(&self) -> &[Receipt] {
        &self.receipts
    }

    /// The names of properties that the batch's app does not store, a few where there are many.
    #[must_use]
    pub fn withheld(&self) -> &BTreeSet<String> {
        &self.withheld
    }

    /// Whether it holds no record at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.receipts.is_empty()
    }

    /// How many records it holds that will be received.
    pub(crate) fn rows(&self) -> u32 {
        let received = self.receipts.iter().filter(|one| **one != Receipt::Noted);
        u32::try_from(received.count()).unwrap_or(u32::MAX)
    }
}

/// A draft under way.
#[derive(Debug)]
pub(crate) struct Drafting<'i> {
    view: &'i View,
    claims_of: Claims,
    treating: Treating<'i>,
    envelope: Envelope<'i>,
    payload: Payload,
    claims: Vec<Option<Claim>>,
    /// What is only noted, by its place.
    noted: BTreeMap<usize, (Outcome, u64)>,
    /// What `tail` is told; `None` while nobody listens.
    seen: Option<Vec<Seen>>,
}

impl<'i> Drafting<'i> {
    /// Begins a batch of exactly so many records.
    ///
    /// # Errors
    /// [`Error::Frame`] when the envelope does not fit its form, which is a bug.
    pub(crate) fn new(
        (view, claims_of): (&'i View, Claims),
        treating: Treating<'i>,
        envelope: Envelope<'i>,
        records: usize,
        is_watched: bool,
    ) -> Result<Self> {
        Ok(Self {
            view,
            claims_of,
            treating,
            envelope,
            payload: Payload::new(&envelope, records)?,
            claims: Vec::with_capacity(records),
            noted: BTreeMap::new(),
            seen: is_watched.then(Vec::new),
        })
    }

    /// Leaves out of the next record what its app does not store, and writes it.
    ///
    /// # Errors
    /// [`Error::Frame`] and [`Error::Lake`] when the record does not fit its form, which is a bug.
    pub(crate) fn push(&mut self, record: &mut Record<'_>) -> Result<()> {
        self.treating.treat(record);
        if let Record::Noted(noted) = record {
            let count = u64::try_from(noted.count).unwrap_or_default();
            self.noted.insert(self.claims.len(), (noted.outcome, count));
        }
        self.claims
            .push(self.claims_of.of(self.envelope.app, record)?);
        if let Some(seen) = &mut self.seen {
            seen.push(Seen::of(&self.envelope, record));
        }
        self.payload.push(record)
    }

    /// Judges what was written.
    ///
    /// # Errors
    /// [`Error::Index`] when the index cannot be read.
    pub(crate) fn finish(self) -> Result<Draft> {
        let judged = self.view.judge_all(&self.claims).map_err(Error::index)?;
        let mut noted = Vec::with_capacity(self.noted.len());
        let each = judged.into_iter().enumerate();
        let receipts: Vec<Receipt> = each
            .map(|(place, judgement)| match self.noted.get(&place) {
                Some(_) if judgement == Some(Judgement::Duplicate) => Receipt::Noted,
                Some(counted) => {
                    noted.push(*counted);
                    Receipt::Noted
                }
                None => receipt(judgement),
            })
            .collect();
        let seen = self.seen.unwrap_or_default().into_iter().zip(&receipts);
        Ok(Draft {
            payload: self.payload.finish(),
            claims: self.claims,
            noted,
            withheld: self.treating.into_withheld(),
            seen: seen
                .map(|(seen, receipt)| Arc::new(seen.told(*receipt)))
                .collect(),
            receipts,
        })
    }
}

/// A record without a claim was refused before it came here.
fn receipt(judgement: Option<Judgement>) -> Receipt {
    match judgement {
        Some(Judgement::New | Judgement::Revision) => Receipt::Accepted,
        Some(Judgement::Duplicate) => Receipt::Duplicate,
        Some(Judgement::Conflict) | None => Receipt::Rejected,
    }
}
