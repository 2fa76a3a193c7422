//! `shipwake release list`: which releases there are, the oldest first.

use analysis::Settings;
use lake::{Clock as _, SystemClock};

use crate::cli::{ListFormat, ReleaseList};
use crate::question::{as_of, pin, zone};
use crate::terminal;

pub(super) fn run(args: &ReleaseList) -> anyhow::Result<()> {
    let question = &args.question;
    zone(&question.zone)?;
    let as_of = as_of(question.as_of.as_deref())?.unwrap_or_else(|| SystemClock.now());
    let snapshot = pin(&question.data)?;
    let apps = match &question.app {
        Some(app) => vec![app.clone()],
        None => analysis::apps(&snapshot)?,
    };
    let mut releases = Vec::new();
    for app in apps {
        let settings = Settings {
            app,
            environment: question.environment.clone(),
            zone: question.zone.clone(),
            ..Settings::default()
        };
        releases.extend(analysis::release_list(&snapshot, &settings, as_of)?);
    }
    let text = match args.format {
        ListFormat::Table => reports::release_list_text(&releases),
        ListFormat::Json => serde_json::to_string_pretty(&releases)? + "\n",
    };
    terminal::bytes(text.as_bytes())?;
    Ok(())
}
