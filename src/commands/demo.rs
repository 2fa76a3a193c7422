//! `shipwake demo`: the whole loop from nothing, as apps, product managers and the planning meeting
//! meet it.

use std::path::{Path, PathBuf};

use analysis::findings::Verdict;
use analysis::{WeekStart, period};
use anyhow::{Context as _, bail};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use lake::{Clock as _, SystemClock};
use tokio::runtime::Runtime;

use crate::cli::{
    Data, Demo, ImportFile, ImportReviews, PlanEvidence, PlanOf, Planning, Question, ReportTo,
    SegmentOf, ServiceArgs, Weekly,
};
use crate::commands::import;
use crate::commands::report::{self, Written};
use crate::config::Config;
use crate::demo::{self, Keys, Sample};
use crate::question::Asked;
use crate::serving::{self, Running};
use crate::sink::first_key;
use crate::terminal;

/// A file that marks a data folder as one that a demo made and may delete.
const MARK: &str = "made-by-demo";
/// The app of reviews that somebody brings along.
const REVIEWS_APP: &str = "reviews";

pub(crate) fn run(args: &Demo) -> anyhow::Result<()> {
    let data = args.out.join("data");
    start_anew(&data)?;
    match &args.reviews {
        Some(file) => on_reviews(args, &data, file),
        None => on_sample(args, &data),
    }
}

/// An empty data folder; one that a demo did not make is left alone.
fn start_anew(data: &Path) -> anyhow::Result<()> {
    if data
        .try_exists()
        .context("the data folder cannot be looked at")?
    {
        if !data.join(MARK).try_exists().unwrap_or(false) {
            bail!(
                "{} is there and was not made by a demo: name another folder with --out",
                data.display()
            );
        }
        std::fs::remove_dir_all(data).context("the last demo's data cannot be removed")?;
    }
    lake::files::create_folders(data)?;
    Ok(lake::files::replace(&data.join(MARK), b"")?)
}

fn on_sample(args: &Demo, data: &Path) -> anyhow::Result<()> {
    let runtime = serving::runtime()?;
    let now = Timestamp::from_microsecond(SystemClock.now()).context("the clock is absurd")?;
    let sample = Sample::generate(now.to_zoned(TimeZone::UTC).date())?;
    let app = sample.app().to_owned();
    let running = runtime.block_on(serving::start(data, &config_for(&app)))?;
    terminal::note(&format!("service on http://{}", running.address));
    let keys = Keys {
        send: first_key(data, "send")?,
        plan: first_key(data, "plan")?,
    };
    let sent = demo::send(&format!("http://{}", running.address), &keys, &sample)?;
    runtime
        .block_on(running.ingest.flush())
        .context("the tables could not be written")?;
    terminal::note(&format!(
        "sent over HTTP and committed: {} events, {} pieces of feedback, {} releases, {} backlog items",
        sent.events, sent.feedback, sent.releases, sent.backlog
    ));
    let question = question(data, &app);
    let capacity = Some(sample.capacity_person_days());
    report_all(args, &question, "last", capacity, &sample.versions())?;
    end(args, &runtime, running)
}

/// On a free port, and else as it comes.
fn config_for(app: &str) -> Config {
    let mut config = Config::default();
    "127.0.0.1:0".clone_into(&mut config.serve.listen);
    app.clone_into(&mut config.serve.app);
    config
}

fn on_reviews(args: &Demo, data: &Path, file: &Path) -> anyhow::Result<()> {
    let runtime = serving::runtime()?;
    let running = runtime.block_on(serving::start(data, &config_for(REVIEWS_APP)))?;
    terminal::note(&format!("service on http://{}", running.address));
    let data_at = Data {
        data: data.to_owned(),
        config: None,
    };
    let summary = import::reviews(&ImportReviews {
        file: ImportFile {
            data: data_at,
            files: vec![file.to_owned()],
            app: REVIEWS_APP.to_owned(),
            json: false,
        },
        maps: Vec::new(),
        zone: "UTC".to_owned(),
    })?;
    terminal::note(&format!(
        "read {} reviews: stored {}, duplicate {}, quarantined {}",
        summary.read, summary.stored, summary.duplicate, summary.quarantined
    ));
    let question = question(data, REVIEWS_APP);
    let asked = Asked::new(&question, WeekStart::Monday)?;
    let (first, last) = analysis::data_span(&asked.snapshot, &asked.settings, asked.as_of)?
        .context("the file holds no review that could be dated")?;
    let last_day = period::day_of(last, &asked.zone)?;
    let week = asked.week(&last_day.to_string())?;
    let before = week.previous()?;
    // An export that ends in mid-week is reported up to its last whole week, if it has one.
    let is_cut = last_day < week.last_day && before.from >= first;
    let day = if is_cut {
        before.first_day
    } else {
        week.first_day
    }
    .to_string();
    report_all(args, &question, &day, None, &[])?;
    end(args, &runtime, running)
}

fn question(data: &Path, app: &str) -> Question {
    Question {
        data: Data {
            data: data.to_owned(),
            config: None,
        },
        app: Some(app.to_owned()),
        environment: "production".to_owned(),
        zone: "UTC".to_owned(),
        as_of: None,
    }
}

fn report_all(
    args: &Demo,
    question: &Question,
    week: &str,
    capacity: Option<f64>,
    releases: &[String],
) -> anyhow::Result<()> {
    let weekly = report::weekly(&Weekly {
        question: question.clone(),
        service: ServiceArgs::default(),
        week: week.to_owned(),
        from: None,
        to: None,
        week_start: "monday".to_owned(),
        segment: SegmentOf::default(),
        into: ReportTo::default(),
    })?;
    let weekly = weekly.publish(Some(&args.out.join("weekly")))?;
    let planning = report::planning(&Planning {
        plan: PlanOf {
            evidence: PlanEvidence {
                question: question.clone(),
                service: ServiceArgs::default(),
                weeks: 4,
                week: week.to_owned(),
                with_suggested: false,
            },
            capacity,
            target: None,
        },
        into: ReportTo::default(),
    })?;
    let planning = planning.publish(Some(&args.out.join("planning")))?;
    terminal::data("");
    let asked = Asked::new(question, WeekStart::Monday)?;
    for release in releases {
        let found = analysis::health(&asked.snapshot, &asked.settings, release, asked.as_of)?;
        terminal::data(&verdict_line(&found.verdict, release, &found.reason));
    }
    terminal::data("");
    for sentence in weekly.sentences.iter().chain(&planning.sentences) {
        terminal::data(sentence);
    }
    terminal::data("");
    terminal::data(&format!("weekly report    {}", page(&weekly).display()));
    terminal::data(&format!("planning report  {}", page(&planning).display()));
    terminal::data(&format!(
        "CSV and JSON     {}, {}",
        args.out.join("weekly").display(),
        args.out.join("planning").display()
    ));
    Ok(())
}

fn verdict_line(verdict: &Verdict, release: &str, reason: &str) -> String {
    format!("health {release:<12} {:<18} {reason}", verdict.as_str())
}

fn page(written: &Written) -> PathBuf {
    written.files.first().cloned().unwrap_or_default()
}

fn end(args: &Demo, runtime: &Runtime, running: Running) -> anyhow::Result<()> {
    runtime.block_on(async {
        if args.serve {
            terminal::note(&format!(
                "serving on http://{}; end with ctrl-c",
                running.address
            ));
            serving::StopSignals::catch()?.wait().await;
        }
        running.stop().await
    })
}
