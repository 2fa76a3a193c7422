//! What people say of feedback, on its way into the tables: by the data folder, or by a service.

use std::collections::BTreeSet;

use anyhow::{bail, ensure};
use ingest::audit::Act;
use ingest::{Batch, Receipt, Record};
use lake::{Arrival, Clock as _, EventLimits, Micros, RawObject, Refusal, SystemClock};
use serde_json::json;

use crate::cli::{Data, ServiceArgs};
use crate::commands::release::AUTHOR;
use crate::question;
use crate::remote::Remote;
use crate::sink::Sink;
use crate::terminal;

/// Sayings that are handed over together.
const TOGETHER: usize = 1_000;

/// What is spoken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// What pieces are.
    Labels,
    /// What they speak of, and which items are one.
    Links,
}

impl About {
    /// The list in what is sent, which is also the end of the route.
    fn list(self) -> &'static str {
        match self {
            Self::Labels => "labels",
            Self::Links => "links",
        }
    }

    /// Checks a saying as it is checked when it is sent.
    pub(super) fn check(self, raw: &RawObject, now: Micros) -> Result<Record<'static>, Refusal> {
        let limits = EventLimits::default();
        let arrival = Arrival {
            received_at: now,
            sent_at: None,
            import: true,
        };
        let author = Some(AUTHOR.to_owned());
        Ok(match self {
            Self::Labels => {
                let mut label = lake::check_label_within(raw, &arrival, &limits)?;
                label.author = author;
                Record::FeedbackLabel(label)
            }
            Self::Links => {
                let mut link = lake::check_link_within(raw, &arrival, &limits)?;
                link.author = author;
                Record::FeedbackLink(link)
            }
        })
    }
}

/// A saying, and the row of a sheet that it stands in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Saying {
    pub(super) row: Option<usize>,
    pub(super) object: RawObject,
}

impl Saying {
    fn place(&self) -> String {
        self.row
            .map_or_else(String::new, |row| format!("row {row}: "))
    }

    fn ids<'s>(&'s self, names: &'s [&str]) -> impl Iterator<Item = &'s str> {
        names
            .iter()
            .filter_map(|name| self.object.get(*name)?.as_str())
    }
}

/// Where sayings go.
pub(super) struct To<'a> {
    pub(super) data: &'a Data,
    pub(super) app: Option<&'a str>,
    pub(super) service: &'a ServiceArgs,
}

/// What became of sayings.
#[derive(Debug, Default)]
pub(super) struct Became {
    said: usize,
    said_before: usize,
    problems: Vec<String>,
}

/// The instant of a command, as it is sent: all that it says is said then.
pub(super) fn now() -> anyhow::Result<(Micros, String)> {
    let now = SystemClock.now();
    Ok((now, jiff::Timestamp::from_microsecond(now)?.to_string()))
}

/// Says it and tells what became of it; `problems` are of rows that were left out before.
///
/// # Errors
/// When nothing can be said, and when something was left out: the rest is said all the same.
pub(super) fn say(
    to: &To<'_>,
    about: About,
    sayings: Vec<Saying>,
    problems: Vec<String>,
) -> anyhow::Result<()> {
    let mut became = Became {
        problems,
        ..Became::default()
    };
    if !sayings.is_empty() {
        match Remote::named(to.service)? {
            Some(remote) => became.by_service(&remote, to.app, (about, &sayings))?,
            None => became.by_folder(to, (about, sayings))?,
        }
    }
    became.tell(about)
}

impl Became {
    fn by_service(
        &mut self,
        remote: &Remote,
        app: Option<&str>,
        (about, sayings): (About, &[Saying]),
    ) -> anyhow::Result<()> {
        for some in sayings.chunks(TOGETHER) {
            let objects: Vec<&RawObject> = some.iter().map(|saying| &saying.object).collect();
            let mut body = json!({about.list(): objects});
            if let Some(app) = app {
                body["app"] = json!(app);
            }
            let outcomes = remote.write(&["v1", "feedback", about.list()], &body)?;
            ensure!(
                outcomes.len() == some.len(),
                "the service did not say what became of each"
            );
            for (saying, outcome) in some.iter().zip(&outcomes) {
                let message = outcome["message"].as_str().unwrap_or("it was not taken");
                match outcome["outcome"].as_str() {
                    Some("accepted") => self.said += 1,
                    Some("duplicate") => self.said_before += 1,
                    _ => self.leave_out(saying, &terminal::plain(message)),
                }
            }
        }
        Ok(())
    }

    fn by_folder(
        &mut self,
        to: &To<'_>,
        (about, sayings): (About, Vec<Saying>),
    ) -> anyhow::Result<()> {
        let app = question::app_named(to.app, to.data)?;
        let sink = Sink::open(to.data, Act::Plan, &app)?;
        let now = SystemClock.now();
        let sayings = self.of_what_is_there(&sink, &app, sayings)?;
        for some in sayings.chunks(TOGETHER) {
            let records = some.iter().map(|saying| about.check(&saying.object, now));
            let records = records.collect::<Result<_, _>>();
            let batch = Batch {
                app: app.clone().into(),
                protocol: ingest::import::PROTOCOL.into(),
                key_id: None,
                received_at: now,
                records: records.map_err(|refusal| anyhow::anyhow!("{}", refusal.message))?,
            };
            for (saying, receipt) in some.iter().zip(sink.submit_each(batch)?) {
                match receipt {
                    Receipt::Accepted | Receipt::Noted => self.said += 1,
                    Receipt::Duplicate => self.said_before += 1,
                    Receipt::Rejected => {
                        self.leave_out(saying, "it came before with other content")
                    }
                }
            }
        }
        sink.close()
    }

    /// Leaves out what speaks of pieces and items that are not there: most likely an id is misspelled.
    fn of_what_is_there(
        &mut self,
        sink: &Sink,
        app: &str,
        sayings: Vec<Saying>,
    ) -> anyhow::Result<Vec<Saying>> {
        let snapshot = sink.snapshot()?;
        let ids = |names: &[&str]| -> BTreeSet<String> {
            let ids = sayings.iter().flat_map(|saying| saying.ids(names));
            ids.map(str::to_owned).collect()
        };
        let no_piece = analysis::absent_feedback(&snapshot, app, &ids(&PIECES))?;
        let no_item = analysis::absent_items(&snapshot, app, &ids(&ITEMS))?;
        let mut there = Vec::with_capacity(sayings.len());
        for saying in sayings {
            let missing = saying.ids(&PIECES).find(|id| no_piece.contains(*id));
            let piece = missing.map(|id| {
                format!(
                    "no feedback of {app} has the id {id:?}: feedback list --format csv names them"
                )
            });
            let missing = saying.ids(&ITEMS).find(|id| no_item.contains(*id));
            let item = missing.map(|id| format!("no backlog item of {app} has the id {id:?}"));
            match piece.or(item) {
                Some(problem) => self.leave_out(&saying, &problem),
                None => there.push(saying),
            }
        }
        Ok(there)
    }

    fn leave_out(&mut self, saying: &Saying, why: &str) {
        self.problems.push(format!("{}{why}", saying.place()));
    }

    fn tell(self, about: About) -> anyhow::Result<()> {
        let what = about.list();
        let before = match self.said_before {
            0 => String::new(),
            count => format!(" ({count} had been said before)"),
        };
        if self.said + self.said_before > 0 || self.problems.is_empty() {
            let what = match self.said {
                1 => what.trim_end_matches('s'),
                _ => what,
            };
            terminal::data(&format!("{} {what} said{before}", self.said));
        }
        if let [only] = self.problems.as_slice() {
            bail!("{only}");
        }
        for problem in &self.problems {
            terminal::note(problem);
        }
        ensure!(
            self.problems.is_empty(),
            "{} {what} are left out, for the reasons above",
            self.problems.len()
        );
        Ok(())
    }
}

/// Fields that hold ids of pieces.
const PIECES: [&str; 1] = [lake::columns::FEEDBACK_ID];
/// Fields that hold ids of items.
const ITEMS: [&str; 2] = [lake::columns::ITEM_ID, lake::columns::INTO_ITEM_ID];
