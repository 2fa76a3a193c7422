//! What the first page shows, at hand: counters and verdicts, read again after a second and only
//! where their tables changed, however many look.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::web;
use analysis::Settings;
use analysis::findings::VerdictHistory;
use ingest::Ingest;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use lake::{Clock, Ledger, Micros, Outcome, Snapshot, Table};
use reports::board::Counted;

/// For how long a snapshot is as good as new.
const FRESH_FOR: Micros = 1_000_000;
/// Apps whose verdicts are held.
const APPS_MAX: usize = 256;

/// The tables at one moment.
#[derive(Debug, Clone)]
struct Pinned {
    at: Micros,
    snapshot: Arc<Snapshot>,
    ledger: Arc<Ledger>,
}

impl Pinned {
    fn version(&self, table: Table) -> u64 {
        self.snapshot.table(table).version
    }
}

#[derive(Debug, Default)]
struct Held {
    pinned: Option<Pinned>,
    /// By app, with the version of the table that they were read from.
    verdicts: BTreeMap<String, (u64, Arc<VerdictHistory>)>,
}

/// What is at hand in a running service.
#[derive(Debug)]
pub(super) struct AtHand {
    ingest: Ingest,
    clock: Arc<dyn Clock>,
    held: Mutex<Held>,
}

/// What was counted of an app.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct OfApp {
    pub(super) today: Counted,
    pub(super) ever: Counted,
}

impl AtHand {
    pub(super) fn new(ingest: Ingest, clock: Arc<dyn Clock>) -> Self {
        let held = Mutex::default();
        Self {
            ingest,
            clock,
            held,
        }
    }

    /// The apps that ever sent anything, in order.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub(super) async fn apps(&self) -> anyhow::Result<Vec<String>> {
        let ledger = self.pinned().await?.ledger;
        let mut apps: Vec<&str> = ledger
            .counters()
            .map(|(counter, _)| counter.app.as_str())
            .collect();
        apps.sort_unstable();
        apps.dedup();
        Ok(apps.into_iter().map(str::to_owned).collect())
    }

    /// Counters of an app on this UTC day and ever; what is pending is told `with_pending` alone,
    /// since it is not told apart by app.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub(super) async fn counted(&self, app: &str, with_pending: bool) -> anyhow::Result<OfApp> {
        let ledger = self.pinned().await?.ledger;
        let now = Timestamp::from_microsecond(self.clock.now())?;
        let today = now.to_zoned(TimeZone::UTC).date();
        let pending = with_pending.then(|| self.ingest.pending_beside(&ledger));
        Ok(OfApp {
            today: sums(&ledger, app, Some(today)),
            ever: Counted {
                pending,
                ..sums(&ledger, app, None)
            },
        })
    }

    /// The verdicts that were given on releases of an app.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub(super) async fn verdicts(&self, app: &str) -> anyhow::Result<Arc<VerdictHistory>> {
        let pinned = self.pinned().await?;
        let version = pinned.version(Table::Verdicts);
        if let Some((held, verdicts)) = self.held().verdicts.get(app)
            && *held == version
        {
            return Ok(Arc::clone(verdicts));
        }
        let (settings, now) = (
            Settings {
                app: app.to_owned(),
                ..Settings::default()
            },
            self.clock.now(),
        );
        let read =
            move || analysis::verdict_history(&pinned.snapshot, &settings, None, now).map(Arc::new);
        let verdicts = web::block(read).await??;
        let mut held = self.held();
        if held.verdicts.len() >= APPS_MAX {
            held.verdicts.clear();
        }
        held.verdicts
            .insert(app.to_owned(), (version, Arc::clone(&verdicts)));
        drop(held);
        Ok(verdicts)
    }

    async fn pinned(&self) -> anyhow::Result<Pinned> {
        let now = self.clock.now();
        let before = self.held().pinned.clone();
        if let Some(before) = &before
            && (0..FRESH_FOR).contains(&now.saturating_sub(before.at))
        {
            return Ok(before.clone());
        }
        let snapshot = Arc::new(self.ingest.lake().snapshot().await?);
        let version = snapshot.table(Table::Ledger).version;
        let same = before.filter(|before| before.version(Table::Ledger) == version);
        let ledger = match same {
            Some(before) => before.ledger,
            None => {
                let snapshot = Arc::clone(&snapshot);
                Arc::new(web::block(move || Ledger::read(&snapshot)).await??)
            }
        };
        let pinned = Pinned {
            at: now,
            snapshot,
            ledger,
        };
        self.held().pinned = Some(pinned.clone());
        Ok(pinned)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sums(ledger: &Ledger, app: &str, day: Option<Date>) -> Counted {
    let sum = |outcome| {
        let counted = ledger.sum(outcome, |counter| {
            counter.app == app && day.is_none_or(|day| counter.day == day)
        });
        u64::try_from(counted).unwrap_or(0)
    };
    Counted {
        received: sum(Outcome::Received),
        stored: sum(Outcome::Stored),
        duplicate: sum(Outcome::Duplicate),
        quarantined: sum(Outcome::Quarantined),
        pending: None,
    }
}
