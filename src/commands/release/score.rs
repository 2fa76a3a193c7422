//! `shipwake release score`: what a release promised, and what came of it.

use analysis::WeekStart;
use anyhow::Context as _;

use crate::cli::{PlanFormat, ReleaseScore};
use crate::question::Asked;
use crate::terminal;

/// Days whose facts are read with those before them; the card itself goes by the release's own days.
const DAYS: i64 = 7;

pub(super) fn run(args: &ReleaseScore) -> anyhow::Result<()> {
    let asked = Asked::new(&args.question, WeekStart::Monday)?;
    let period = asked.last_days(DAYS)?;
    let (snapshot, settings) = (&asked.snapshot, &asked.settings);
    let release = args.release.as_deref();
    let card = analysis::release_score(snapshot, settings, &period, release, asked.as_of)?;
    let card = card.with_context(|| match release {
        Some(release) => format!(
            "{release:?} is not out, or promised nothing: it needs an accepted plan or goals, and \
             `shipwake release mark {release} deployed` once it is out"
        ),
        None => {
            "no release that promised something is out: accept a plan with `shipwake plan accept`, \
                 or give a release goals"
                .to_owned()
        }
    })?;
    let text = match args.format {
        PlanFormat::Text => reports::score_card_text(&card),
        PlanFormat::Json => reports::score_card_json(&card)?,
    };
    terminal::data(text.trim_end());
    Ok(())
}
