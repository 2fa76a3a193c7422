//! The command line. `shipwake --help` is the manual.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// From nothing to reports: start the service, send sample data as apps would, report
    Demo(Demo),
    /// Take in history from files; a second import of the same file stores nothing
    #[command(subcommand)]
    Import(Import),
    /// Render a report: HTML, JSON and CSV into one folder
    #[command(subcommand)]
    Report(Report),
    /// Judge a release: exit 0 pass, 1 warn, 2 fail, 3 unknown
    #[command(subcommand)]
    Health(Health),
    /// Keys that apps and people use
    #[command(subcommand)]
    Key(Key),
    /// The tables: their state and upkeep
    #[command(subcommand)]
    Lake(LakeCommand),
}

/// Where the data lies.
#[derive(Debug, Clone, Args)]
pub(crate) struct Data {
    /// Folder that holds the WAL and the tables
    #[arg(
        long,
        value_name = "DIR",
        default_value = "shipwake-data",
        env = "SHIPWAKE_DATA"
    )]
    pub(crate) data: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Address and port to listen on
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:8790",
        env = "SHIPWAKE_LISTEN"
    )]
    pub(crate) listen: String,
    /// App that the first keys are for
    #[arg(long, default_value = "app", value_parser = app_name)]
    pub(crate) app: String,
    /// `os` answers before the disk has the data; `disk` is the promise
    #[arg(long, default_value = "disk", value_enum)]
    pub(crate) durability: DurabilityArg,
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
    /// Backlog items (CSV, also as Jira and Linear export them)
    Backlog(ImportFile),
    /// Release records (CSV)
    Releases(ImportFile),
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
    #[arg(long, default_value = "UTC", env = "SHIPWAKE_ZONE")]
    pub(crate) zone: String,
    /// The moment to speak for (RFC 3339); the same moment on the same data gives the same bytes
    #[arg(long, value_name = "INSTANT")]
    pub(crate) as_of: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Report {
    /// KPIs, adoption, releases and what users said, week against week
    Weekly(Weekly),
    /// What to take into the next release, why, and what a list would have lost
    Planning(Planning),
}

#[derive(Debug, Args)]
pub(crate) struct Weekly {
    #[command(flatten)]
    pub(crate) question: Question,
    /// `last` complete week, `2026-W40`, or any day of the week
    #[arg(long, default_value = "last")]
    pub(crate) week: String,
    /// Day on which weeks start
    #[arg(long, default_value = "monday")]
    pub(crate) week_start: String,
    /// Folder to write into
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Planning {
    #[command(flatten)]
    pub(crate) question: Question,
    /// Person-days that the release can hold; by default half of the open effort
    #[arg(long, value_name = "PERSON_DAYS")]
    pub(crate) capacity: Option<f64>,
    /// The release that is planned
    #[arg(long, value_name = "VERSION")]
    pub(crate) target: Option<String>,
    /// Weeks of feedback that count as evidence
    #[arg(long, default_value_t = 4)]
    pub(crate) weeks: u32,
    /// Last week of the evidence: `last` complete week, `2026-W40`, or any day of the week
    #[arg(long, default_value = "last")]
    pub(crate) week: String,
    /// Folder to write into
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Health {
    /// Judge one release against the one before, once
    Check(HealthCheck),
}

#[derive(Debug, Args)]
pub(crate) struct HealthCheck {
    /// The release as sent, e.g. 4.2.0
    pub(crate) release: String,
    #[command(flatten)]
    pub(crate) question: Question,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: HealthFormat,
    /// `nagios`: 0 pass, 1 warn, 2 fail, 3 unknown; `ci`: 1 on fail, 0 otherwise, 3 on errors
    #[arg(long, value_enum, default_value = "nagios")]
    pub(crate) exit_style: ExitStyle,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum HealthFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ExitStyle {
    Nagios,
    Ci,
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
    /// send, plan, read or admin
    #[arg(long, required = true)]
    pub(crate) scope: String,
    /// Whose key it is; required for plan keys
    #[arg(long)]
    pub(crate) person: Option<String>,
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
    /// Merge small files now
    Compact(Data),
}

#[derive(Debug, Args)]
pub(crate) struct LakeStatus {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
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
