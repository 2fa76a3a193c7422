//! Decisions about a plan or a release on their way into the lake: drafted where the data are, written where they
//! are kept.

use anyhow::bail;
use ingest::audit::Act;
use ingest::{Batch, Record};
use lake::{Arrival, Clock as _, EventLimits, RawObject, Refusal, SystemClock};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cli::{Data, Decided};
use crate::commands::release::instant;
use crate::remote::Remote;
use crate::sink::Sink;
use crate::terminal;

/// What is to be written, and the words that tell it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Draft {
    /// The app that it is of.
    pub(crate) app: String,
    /// Entries in the form in which `POST /v1/plans` takes them.
    pub(crate) plans: Vec<RawObject>,
    /// Marks in the form in which `POST /v1/releases/marks` takes them.
    pub(crate) marks: Vec<RawObject>,
    /// What is said once it is written.
    pub(crate) told: Vec<String>,
}

/// What all entries of one decision share.
pub(crate) struct Decision<'a> {
    pub(crate) version: &'a str,
    pub(crate) environment: &'a str,
    pub(crate) by: &'a str,
    pub(crate) at: String,
}

impl<'a> Decision<'a> {
    pub(crate) fn new(
        version: &'a str,
        environment: &'a str,
        decided: &'a Decided,
        zone: &str,
    ) -> anyhow::Result<Self> {
        let at = match &decided.at {
            Some(text) => instant("--at", text, zone)?,
            None => jiff::Timestamp::from_microsecond(SystemClock.now())?.to_string(),
        };
        Ok(Self {
            version,
            environment,
            by: &decided.by,
            at,
        })
    }

    /// An entry about an item; what is `null` is left out.
    pub(crate) fn entry(&self, change: &str, item: &str, more: &[(&str, Value)]) -> RawObject {
        let of_all = [
            ("version", json!(self.version)),
            ("environment", json!(self.environment)),
            ("decided_by", json!(self.by)),
            ("at", json!(self.at)),
            ("change", json!(change)),
            ("item_id", json!(item)),
        ];
        object(&of_all, more)
    }
}

/// An object of what all of a kind share and of what is its own; what is `null` is left out.
pub(crate) fn object(of_all: &[(&str, Value)], own: &[(&str, Value)]) -> RawObject {
    let fields = of_all.iter().chain(own);
    fields
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

impl Draft {
    /// Prints it and writes nothing.
    pub(crate) fn show(&self, is_json: bool) -> anyhow::Result<()> {
        if is_json {
            terminal::data(&serde_json::to_string_pretty(self)?);
            return Ok(());
        }
        self.tell();
        terminal::note("nothing is written: this was --dry-run");
        Ok(())
    }

    fn tell(&self) {
        for line in &self.told {
            terminal::data(&terminal::plain(line));
        }
    }

    /// Writes it into a data folder.
    pub(crate) fn write(&self, data: &Data) -> anyhow::Result<()> {
        let received_at = SystemClock.now();
        let arrival = Arrival {
            received_at,
            sent_at: None,
            import: true,
        };
        let limits = EventLimits::default();
        let mut records = Vec::with_capacity(self.plans.len() + self.marks.len());
        let refused = |refusal: Refusal| anyhow::anyhow!("{}: {}", refusal.field, refusal.message);
        for raw in &self.plans {
            let entry = lake::check_plan_entry_within(raw, &arrival, &limits);
            let mut entry = entry.map_err(refused)?;
            entry.author.clone_from(&entry.decided_by);
            records.push(Record::Plan(entry));
        }
        for raw in &self.marks {
            let mark = lake::check_mark_within(raw, &arrival, &limits);
            records.push(Record::Mark(mark.map_err(refused)?));
        }
        let sink = Sink::open(data, Act::Plan, &self.app)?;
        sink.submit(Batch {
            app: self.app.clone().into(),
            protocol: ingest::import::PROTOCOL.into(),
            key_id: None,
            received_at,
            records,
        })?;
        sink.close()?;
        self.tell();
        Ok(())
    }

    /// Has a service write it.
    pub(crate) fn send(&self, remote: &Remote) -> anyhow::Result<()> {
        let kinds: [(&[&str], &str, &[RawObject]); 2] = [
            (&["v1", "plans"], "plans", &self.plans),
            (&["v1", "releases", "marks"], "marks", &self.marks),
        ];
        for (path, list, objects) in kinds {
            if objects.is_empty() {
                continue;
            }
            let body = json!({"app": self.app, list: objects});
            let outcomes = remote.write(path, &body)?;
            let mut outcomes = outcomes.iter();
            if let Some(refused) = outcomes.find(|one| one["outcome"] == "rejected") {
                let word = |name: &str| terminal::plain(refused[name].as_str().unwrap_or_default());
                bail!("{}: {}", word("field"), word("message"));
            }
        }
        self.tell();
        Ok(())
    }
}
