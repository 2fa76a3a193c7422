//! `shipwake feedback`: what users said, what is understood of it, and what the team says of it.

mod label;
mod link;
mod said;
mod sheet;

use analysis::WeekStart;
use analysis::findings::FeedbackPiece;
use analysis::period::{self, Period};
use anyhow::{Context as _, ensure};
use jiff::Span;
use reports::board;

use crate::cli::{
    Feedback, FeedbackFormat, FeedbackLink, FeedbackList, FeedbackOf, FeedbackThemes,
};
use crate::question::Asked;
use crate::terminal;

/// Days that are looked at where nothing else is asked for.
const DAYS: i64 = 28;
/// What is not suggested again.
const REJECTED: &str = "rejected";
/// Pieces in a table where nothing else is asked for.
const ROWS: usize = 100;

pub(crate) fn run(command: &Feedback) -> anyhow::Result<()> {
    let bytes = match command {
        Feedback::List(args) => list(args)?,
        Feedback::Themes(args) => themes(args)?,
        Feedback::Link(args) if args.says() => return link::run(args),
        Feedback::Link(args) => suggestions(args)?,
        Feedback::Label(args) => return label::run(args),
    };
    terminal::bytes(&bytes)?;
    Ok(())
}

fn list(args: &FeedbackList) -> anyhow::Result<Vec<u8>> {
    let asked = Asked::new(&args.of.question, WeekStart::Monday)?;
    let period = period_of(&args.of, &asked, Some(DAYS))?;
    let (snapshot, settings) = (&asked.snapshot, &asked.settings);
    let mut found = analysis::feedback_list(snapshot, settings, &period, asked.as_of)?;
    let search = args.search.as_ref().map(|text| text.to_lowercase());
    let is_wanted = |piece: &FeedbackPiece| {
        (args.release.is_none() || args.release == piece.release)
            && args
                .label
                .as_ref()
                .is_none_or(|label| *label == piece.label)
            && (!args.critical || !piece.critical.is_empty())
            && (!args.overdue || piece.is_overdue)
            && search
                .as_ref()
                .is_none_or(|text| piece.text.to_lowercase().contains(text))
    };
    found.pieces.retain(is_wanted);
    let wanted = found.pieces.len();
    found.pieces.drain(..args.skip.min(wanted));
    let most = match args.of.format {
        FeedbackFormat::Table | FeedbackFormat::Parts => ROWS,
        FeedbackFormat::Csv | FeedbackFormat::Json => usize::MAX,
    };
    found.pieces.truncate(args.limit.unwrap_or(most));
    Ok(match args.of.format {
        FeedbackFormat::Table => reports::feedback_text(&found).into_bytes(),
        FeedbackFormat::Csv => reports::feedback_csv(&found)?,
        FeedbackFormat::Json => reports::feedback_json(&found)?.into_bytes(),
        FeedbackFormat::Parts => {
            let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
            serde_json::to_vec(&board::feedback_parts(&found, wanted)?)?
        }
    })
}

fn themes(args: &FeedbackThemes) -> anyhow::Result<Vec<u8>> {
    let asked = Asked::new(&args.of.question, WeekStart::Monday)?;
    let period = period_of(&args.of, &asked, None)?;
    let (snapshot, settings) = (&asked.snapshot, &asked.settings);
    let of = (
        args.release.as_str(),
        args.against.as_deref(),
        args.names.as_slice(),
    );
    let found = analysis::release_themes(snapshot, settings, &period, of, asked.as_of)?;
    ensure!(
        found.unmatched.n > 0,
        "nobody wrote anything about release {:?} from {} to {}: name another, or other days with \
         --from and --to",
        args.release,
        period.first_day,
        period.last_day
    );
    Ok(match args.of.format {
        FeedbackFormat::Table => reports::release_themes_text(&found).into_bytes(),
        FeedbackFormat::Csv => reports::release_themes_csv(&found)?,
        FeedbackFormat::Json => reports::feedback_json(&found)?.into_bytes(),
        FeedbackFormat::Parts => serde_json::to_vec(&board::release_themes_parts(&found)?)?,
    })
}

fn suggestions(args: &FeedbackLink) -> anyhow::Result<Vec<u8>> {
    let asked = Asked::new(&args.of.question, WeekStart::Monday)?;
    let period = period_of(&args.of, &asked, Some(DAYS))?;
    let (snapshot, settings) = (&asked.snapshot, &asked.settings);
    let mut found = analysis::link_suggestions(snapshot, settings, &period, asked.as_of)?;
    let is_rejected = |link: &Option<String>| link.as_deref() == Some(REJECTED);
    found.suggestions.retain(|one| {
        (args.of_item.is_none() || args.of_item.as_ref() == Some(&one.item_id))
            && (args.all || !is_rejected(&one.link))
    });
    Ok(match args.of.format {
        FeedbackFormat::Table => reports::link_suggestions_text(&found).into_bytes(),
        FeedbackFormat::Csv => reports::link_suggestions_csv(&found)?,
        FeedbackFormat::Json => reports::feedback_json(&found)?.into_bytes(),
        FeedbackFormat::Parts => serde_json::to_vec(&board::link_suggestions_parts(&found, ROWS)?)?,
    })
}

/// The days that are looked at: so many up to the last, or all with data.
fn period_of(of: &FeedbackOf, asked: &Asked, days: Option<i64>) -> anyhow::Result<Period> {
    let last = match of.to {
        Some(day) => day,
        None => period::day_of(asked.as_of, &asked.zone)?,
    };
    let first = match (of.from, days) {
        (Some(day), _) => day,
        (None, Some(days)) => last.checked_sub(Span::new().days(days - 1))?,
        (None, None) => {
            let (snapshot, settings) = (&asked.snapshot, &asked.settings);
            let span = analysis::data_span(snapshot, settings, asked.as_of)?;
            match span {
                Some((first, _)) => period::day_of(first, &asked.zone)?.min(last),
                None => last,
            }
        }
    };
    Period::of_days(first, last, &asked.zone).context("--from and --to name no days")
}
