//! The command line. `shipwake --help` is the manual.

mod accept;
mod asking;
mod export;
mod feedback;
mod health;
mod plan;
mod release;
mod report;
mod schedule;
mod score;
mod service;
mod simulate;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::{Span, Timestamp, tz::TimeZone};
use lake::RefusalReason;

use crate::commands::quickstart::Sdk;
use crate::config::env;

pub(crate) use accept::{
    Decided, PlanAccept, PlanAct, PlanChange, PlanExport, PlanPage, ReleaseScore, ReleaseShow,
};
pub(crate) use asking::{
    Dictionary, DictionaryFormat, Funnel, FunnelFormat, SegmentOf, Sql, SqlFormat,
};
pub(crate) use export::{Export, ExportBacklog, ExportCsv, PresetArg};
pub(crate) use feedback::{
    Feedback, FeedbackFormat, FeedbackLabel, FeedbackLink, FeedbackList, FeedbackOf, FeedbackThemes,
};
pub(crate) use health::{
    ExitStyle, FailOn, Health, HealthCheck, HealthFormat, HealthHistory, HealthSnippet, SnippetKind,
};
pub(crate) use plan::{Ids, Plan, PlanAhead, PlanEvidence, PlanFormat, PlanOf, PlanRules};
pub(crate) use release::{
    GoArg, ListFormat, ReleaseAdd, ReleaseCheckArgs, ReleaseCommand, ReleaseList, ReleaseMarkArgs,
    ReleaseOf,
};
pub(crate) use report::{Planning, ReleaseReport, Report, ReportTo, Weekly};
pub(crate) use schedule::{Schedule, ScheduleList, ScheduleNext};
pub(crate) use score::Score;
pub(crate) use service::{Of, ServiceArgs};
pub(crate) use simulate::{HealthSimulate, SimulateFormat};

/// Collects what users do and say after each release and turns it into the next release's plan.
#[derive(Debug, Parser)]
#[command(
    name = "shipwake",
    version,
    arg_required_else_help = true,
    propagate_version = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Say more on stderr (-v info, -vv debug)
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Take feedback and events over HTTP; creates its folder, keys and tables by itself
    Serve(Serve),
    /// Show what arrives at a running server: accepted and rejected, with reasons
    Tail(Tail),
    /// Print the lines to change in an app, for the SDK that it has, with the real key
    Quickstart(Quickstart),
    /// From nothing to reports: start the service, send sample data as apps would, report
    Demo(Demo),
    /// Take in history from files; a second import of the same file stores nothing
    #[command(subcommand)]
    Import(Import),
    /// Records of releases, and marks of what was done with them
    #[command(subcommand)]
    Release(ReleaseCommand),
    /// Render a report: HTML, Markdown, JSON, CSV and a workbook into one folder
    #[command(subcommand)]
    Report(Report),
    /// Hand tables on to people who edit them elsewhere
    #[command(subcommand)]
    Export(Export),
    /// What users said: piece by piece, theme by theme, and beside the backlog
    #[command(subcommand)]
    Feedback(Box<Feedback>),
    /// What to take into the next release, why, and what would bring the rest in
    Plan(Box<Plan>),
    /// Score a sheet: RICE, ICE, WSJF, Kano, MoSCoW and others, or a formula of your own
    Score(Score),
    /// Judge a release: exit 0 pass, 1 warn, 2 fail, 3 unknown
    #[command(subcommand)]
    Health(Health),
    /// What the service runs by itself: when, and now
    #[command(subcommand)]
    Schedule(Schedule),
    /// Ask the tables in SQL: to a table, CSV, JSON lines or Parquet
    Sql(Sql),
    /// How many users get through a row of steps, in order and in time
    Funnel(Funnel),
    /// What each metric means: a sentence, its formula, its edge cases
    Dictionary(Dictionary),
    /// Keys that apps and people use
    #[command(subcommand)]
    Key(Key),
    /// The tables: their state and upkeep
    #[command(subcommand)]
    Lake(LakeCommand),
    /// What was refused: look at it, and take it after a fix
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// What the service works with: from flags, environment, shipwake.toml, defaults
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Read the configuration and tell every problem with its key
    Check(Data),
    /// Print every value, and where it comes from
    Show(Data),
}

/// Where the data lies.
#[derive(Debug, Clone, Args)]
pub(crate) struct Data {
    /// Folder that holds the WAL and the tables
    #[arg(
        long,
        value_name = "DIR",
        default_value = "shipwake-data",
        env = env::DATA
    )]
    pub(crate) data: PathBuf,
    /// Configuration file; by default shipwake.toml in the data folder, where there is one
    #[arg(long, value_name = "FILE", env = env::CONFIG)]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Address and port to listen on [default: 127.0.0.1:8790] [env: SHIPWAKE_LISTEN]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// App that the first keys are for [default: app]
    #[arg(long, value_parser = app_name)]
    pub(crate) app: Option<String>,
    /// `os` answers before the disk has the data; `disk`, the default, is the promise
    #[arg(long, value_enum)]
    pub(crate) durability: Option<DurabilityArg>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum DurabilityArg {
    Disk,
    Os,
}

#[derive(Debug, Args)]
pub(crate) struct Tail {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Base address of the server; by default the one that holds the data folder
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// File whose first line is a key of scope read or admin; by default the folder's first keys
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Stop after so many lines
    #[arg(long, value_name = "N")]
    pub(crate) lines: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct Quickstart {
    #[command(flatten)]
    pub(crate) question: Question,
    /// Address at which apps reach the server; by default the one that holds the data folder
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// Send key to print; by default the first one of the data folder
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// The lines of this one alone
    #[arg(long, value_enum, value_name = "NAME")]
    pub(crate) sdk: Option<Sdk>,
    /// Say which KPIs have their input in the data folder, and what would fill the others
    #[arg(long, conflicts_with = "sdk")]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Folder for the reports and the demo's own data
    #[arg(long, value_name = "DIR", default_value = "shipwake-demo")]
    pub(crate) out: PathBuf,
    /// Keep serving when the reports are written
    #[arg(long)]
    pub(crate) serve: bool,
    /// Run on an app store's export of your own reviews (CSV) in place of the sample data
    #[arg(long, value_name = "FILE")]
    pub(crate) reviews: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Reviews as app stores export them (CSV)
    Reviews(ImportReviews),
    /// Native events, one JSON object a line
    Events(ImportFile),
    /// Native feedback, one JSON object a line
    Feedback(ImportFile),
    /// Backlog items: CSV, also as Jira, Linear, ClickUp, Trello, Asana and Fider export them, or JSON as
    /// `gh issue list --json` writes it
    Backlog(ImportTable),
    /// Release records (CSV)
    Releases(ImportTable),
}

#[derive(Debug, Args)]
pub(crate) struct ImportTable {
    #[command(flatten)]
    pub(crate) file: ImportFile,
    /// Which column holds a field, e.g. --map item_id=Ticket
    #[arg(long = "map", value_name = "FIELD=COLUMN")]
    pub(crate) maps: Vec<String>,
    /// IANA zone of instants that name none
    #[arg(long, default_value = "UTC")]
    pub(crate) zone: String,
    /// Say how the file is read and what would be refused, and store nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ImportReviews {
    #[command(flatten)]
    pub(crate) file: ImportFile,
    /// Which column holds a field, e.g. --map text=Body --map release="App Version"
    #[arg(long = "map", value_name = "FIELD=COLUMN")]
    pub(crate) maps: Vec<String>,
    /// IANA zone of instants that name none
    #[arg(long, default_value = "UTC")]
    pub(crate) zone: String,
}

#[derive(Debug, Args)]
pub(crate) struct ImportFile {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Files to take in
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// App that the rows belong to
    #[arg(long, default_value = "app", value_parser = app_name)]
    pub(crate) app: String,
    /// Print the outcome as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a report or check speaks of.
#[derive(Debug, Clone, Args)]
pub(crate) struct Question {
    #[command(flatten)]
    pub(crate) data: Data,
    /// App; may be left out when there is one only
    #[arg(long, value_parser = app_name)]
    pub(crate) app: Option<String>,
    /// Environment
    #[arg(long, default_value = "production")]
    pub(crate) environment: String,
    /// IANA zone of all days and weeks
    #[arg(long, default_value = "UTC", env = env::ZONE)]
    pub(crate) zone: String,
    /// The moment to speak for (RFC 3339); the same moment on the same data gives the same bytes
    #[arg(long, value_name = "INSTANT")]
    pub(crate) as_of: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key; its secret is shown once
    Create(KeyCreate),
    /// List keys, without their secrets
    List(Data),
    /// Refuse a key from now on
    Revoke(KeyRevoke),
}

#[derive(Debug, Args)]
pub(crate) struct KeyCreate {
    #[command(flatten)]
    pub(crate) data: Data,
    /// App that the key is for; `*` for all (not for send keys)
    #[arg(long, default_value = "app")]
    pub(crate) app: String,
    /// send, plan, read or admin; several parted by commas, as plan,read for who also looks
    #[arg(long, required = true, value_name = "SCOPE,…", value_delimiter = ',')]
    pub(crate) scope: Vec<String>,
    /// Whose key it is; required for plan keys
    #[arg(long)]
    pub(crate) person: Option<String>,
    /// Origin of pages that may use the key, as `https://example.com`; repeat for several, leave out
    /// for any
    #[arg(long = "origin", value_name = "ORIGIN")]
    pub(crate) origins: Vec<String>,
    /// When the key stops: a span from now (`90d`, `12h`) or an instant (`2027-01-31T00:00:00Z`)
    #[arg(long, value_name = "WHEN", value_parser = instant_ahead)]
    pub(crate) expires: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub(crate) struct KeyRevoke {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The key's id, as `key list` shows it
    pub(crate) id: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LakeCommand {
    /// Tables, versions, rows, and the ledger: received = stored + duplicate + quarantined
    Status(LakeStatus),
    /// Merge the files of each day now, and drop late copies of events
    Compact(Data),
    /// Remove versions older than a week and files that nothing names
    Vacuum(LakeVacuum),
    /// Decode every file and hold it against the logs and the ledger: exit 1 names each damage
    Verify(LakeVerify),
    /// Erase a person from tables, WAL, quarantine and old versions, and prove it by a search
    Erase(LakeErase),
}

#[derive(Debug, Args)]
pub(crate) struct LakeVacuum {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LakeVerify {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LakeErase {
    #[command(flatten)]
    pub(crate) data: Data,
    /// App that knows the person
    #[arg(long, default_value = "app", value_parser = app_name)]
    pub(crate) app: String,
    /// The person's user id or anonymous id; ids that identify events tie to it go too
    #[arg(long, value_name = "ID", value_parser = person_id)]
    pub(crate) user: String,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LakeStatus {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// Show what was refused and is not replayed yet, the newest last
    List(QuarantineList),
    /// Check what was refused again, as it came, and take what passes now
    Replay(QuarantineReplay),
}

/// Which rows of quarantine.
#[derive(Debug, Clone, Args)]
pub(crate) struct QuarantineRows {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Only what was refused for this reason, e.g. `missing_field`
    #[arg(long, value_parser = refusal_reason)]
    pub(crate) reason: Option<RefusalReason>,
    /// Only of this app
    #[arg(long, value_parser = app_name)]
    pub(crate) app: Option<String>,
    /// Print JSON: an object a row, or the one outcome
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct QuarantineList {
    #[command(flatten)]
    pub(crate) rows: QuarantineRows,
    /// Most rows that are shown
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct QuarantineReplay {
    #[command(flatten)]
    pub(crate) rows: QuarantineRows,
    /// Say what would be, and take nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// App names are part of file names and URLs.
fn app_name(text: &str) -> Result<String, String> {
    let fits = !text.is_empty()
        && text.len() <= 63
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits {
        Ok(text.to_owned())
    } else {
        Err("an app name is 1 to 63 of a-z, 0-9 and -".to_owned())
    }
}

fn refusal_reason(text: &str) -> Result<RefusalReason, String> {
    RefusalReason::from_word(text).ok_or_else(|| {
        let words = RefusalReason::ALL.map(RefusalReason::as_str).join(", ");
        format!("a reason is one of {words}")
    })
}

fn person_id(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("an id is not empty".to_owned());
    }
    Ok(text.to_owned())
}

/// An instant, or a span from now on.
fn instant_ahead(text: &str) -> Result<Timestamp, String> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let span: Span = text.parse().map_err(
        |_| "write a span such as 90d or 12h, or an instant such as 2027-01-31T00:00:00Z",
    )?;
    let now = Timestamp::now().to_zoned(TimeZone::UTC);
    let ahead = now.checked_add(span).map_err(|error| error.to_string())?;
    Ok(ahead.timestamp())
}
