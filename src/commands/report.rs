//! `shipwake report`: snapshot, findings, bundle, files.

use std::path::{Path, PathBuf};

use analysis::findings::{PlanningFindings, ReleaseFindings, Segment, WeeklyFindings};
use analysis::period::{self, Period};
use analysis::{PlanRequest, WeekStart};
use anyhow::{Context as _, bail};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use reports::{Bundle, Parts, Reproduce};
use serde::{Deserialize, Serialize};

use crate::cli::{
    PlanEvidence, PlanOf, Planning, ReleaseReport, Report, ReportTo, SegmentOf, Weekly,
};
use crate::pdf;
use crate::question::Asked;
use crate::terminal;

/// The report itself among its files, in place of a table.
const REPORT: &str = "report";
/// Stands for stdout in place of a folder.
const STDOUT: &str = "-";
/// Where reports go where no folder is named, each into one of its own.
const FOLDER: &str = "shipwake-reports";

/// Where a report went and the sentences that tell it.
pub(crate) struct Written {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) sentences: Vec<String>,
}

/// A report that is made and went nowhere yet; also how it is printed and sent as one object.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Made {
    /// The folder that it goes into where none is named.
    pub(crate) folder: String,
    sentences: Vec<String>,
    /// How it is told to those who get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<reports::Message>,
    files: Vec<Page>,
}

/// A file of a report.
#[derive(Debug, Serialize, Deserialize)]
struct Page {
    name: String,
    #[serde(flatten)]
    content: Content,
}

/// What a file holds, as it travels in JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Content {
    Text(String),
    Base64(String),
}

impl Content {
    fn of(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(
            |error| Self::Base64(BASE64_STANDARD.encode(error.as_bytes())),
            Self::Text,
        )
    }

    fn bytes(self) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Text(text) => Ok(text.into_bytes()),
            Self::Base64(text) => Ok(BASE64_STANDARD.decode(text)?),
        }
    }
}

pub(crate) fn run(report: &Report) -> anyhow::Result<()> {
    match report {
        Report::Weekly(args) if args.into.parts => print(&Week::of(args)?.parts()?),
        Report::Weekly(args) => weekly(args)?.deliver(&args.into),
        Report::Planning(args) if args.into.parts => print(&Plan::of(&args.plan)?.parts()?),
        Report::Planning(args) => planning(args)?.deliver(&args.into),
        Report::Release(args) if args.into.parts => print(&Release::of(args)?.parts()?),
        Report::Release(args) => release(args)?.deliver(&args.into),
    }
}

fn print(parts: &Parts) -> anyhow::Result<()> {
    Ok(terminal::bytes(&serde_json::to_vec(parts)?)?)
}

impl Made {
    fn new(bundle: Bundle, folder: String, sentences: Vec<String>) -> Self {
        let page = |file: reports::File| Page {
            name: file.name,
            content: Content::of(file.bytes),
        };
        Self {
            folder,
            sentences,
            message: None,
            files: bundle.files.into_iter().map(page).collect(),
        }
    }

    fn of_period(
        bundle: Bundle,
        (report, asked, period): (&str, &Asked, &Period),
        sentences: Vec<String>,
    ) -> Self {
        let label = match (&period.iso_week, period.days().len()) {
            (Some(week), _) => week.clone(),
            (None, 7) => period.first_day.to_string(),
            (None, _) => format!("{}-to-{}", period.first_day, period.last_day),
        };
        let segment = asked.settings.segment.parts();
        let segment = segment.map(|(name, value)| format!("-{}-{}", plain(name), plain(value)));
        let segment: String = segment.collect::<String>().chars().take(100).collect();
        let folder = format!("{report}-{}-{label}{segment}", asked.settings.app);
        Self::new(bundle, folder, sentences)
    }

    /// Puts the files in place, or prints all of them, and tells the sentences.
    pub(crate) fn deliver(self, into: &ReportTo) -> anyhow::Result<()> {
        let out = into.out.as_deref();
        if out == Some(Path::new(STDOUT)) {
            anyhow::ensure!(!into.pdf, "--pdf needs a folder: --out DIR");
            terminal::bytes(&serde_json::to_vec(&self)?)?;
            return Ok(());
        }
        let mut written = self.publish(out)?;
        if into.pdf {
            let is_page = |file: &&PathBuf| file.extension().is_some_and(|e| e == "html");
            let page = written.files.iter().find(is_page);
            written
                .files
                .push(pdf::print(page.context("the report has no page")?)?);
        }
        for sentence in &written.sentences {
            terminal::data(sentence);
        }
        for file in &written.files {
            terminal::note(&format!("  {}", file.display()));
        }
        Ok(())
    }

    /// A file by what is in it: `report.md` and its like, or `TABLE.csv`; its name, and its content.
    pub(crate) fn take_file(self, wanted: &str) -> Option<(String, Vec<u8>)> {
        let (what, ending) = wanted.rsplit_once('.')?;
        let ending = format!(".{ending}");
        let begins = format!("shipwake_{what}_");
        let is_it = |file: &&Page| {
            let name = file.name.as_str();
            name.ends_with(&ending) && (what == REPORT || name.starts_with(&begins))
        };
        let files = self.files.iter().filter(|file| is_plain(&file.name));
        let files = files.filter(|file| !file.name.starts_with("manifest"));
        // A table whose name begins with that of another is the longer one.
        let found = files.filter(is_it).min_by_key(|file| file.name.len())?;
        let name = found.name.clone();
        let file = self.files.into_iter().find(|file| file.name == name)?;
        Some((name, file.content.bytes().ok()?))
    }

    /// Puts the files into a folder. What another program made is not believed to be well named.
    pub(crate) fn publish(self, out: Option<&Path>) -> anyhow::Result<Written> {
        let names = self.files.iter().map(|file| &file.name);
        if let Some(name) = names.chain([&self.folder]).find(|name| !is_plain(name)) {
            bail!("{name:?} is no name of a file of a report");
        }
        let folder = out.map_or_else(|| Path::new(FOLDER).join(&self.folder), Path::to_owned);
        let file = |page: Page| -> anyhow::Result<reports::File> {
            let bytes = page.content.bytes();
            Ok(reports::File {
                bytes: bytes.with_context(|| format!("{} is damaged", page.name))?,
                name: page.name,
            })
        };
        let files = self.files.into_iter().map(file);
        let bundle = Bundle {
            files: files.collect::<anyhow::Result<_>>()?,
        };
        let files = bundle
            .publish(&folder)
            .with_context(|| format!("the report cannot be written to {}", folder.display()))?;
        Ok(Written {
            files,
            sentences: self.sentences,
        })
    }
}

/// A text as part of a name of a folder.
fn plain(text: &str) -> String {
    part_of_name(text, "")
}

/// As [`plain`], with other letters that may stand as they are.
fn part_of_name(text: &str, others: &str) -> String {
    let letters = text.chars().take(40);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
    let plain = letters.map(|c| if is_plain(c) { c } else { '_' });
    plain.collect()
}

/// Whether a name stays within its folder and hides nowhere.
pub(crate) fn is_plain(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=200).contains(&name.len()) && !name.starts_with('.') && name.chars().all(is_letter)
}

/// A week or a window that was looked at.
struct Week {
    asked: Asked,
    period: Period,
    findings: WeeklyFindings,
    reproduce: Reproduce,
}

impl Week {
    fn of(args: &Weekly) -> anyhow::Result<Self> {
        let start = week_start(&args.week_start)?;
        let mut asked = Asked::new(&args.question, start)?;
        asked.settings.segment = segment(&args.segment, &asked)?;
        let period = window(args, &asked)?;
        let findings = analysis::weekly(&asked.snapshot, &asked.settings, &period, asked.as_of)?;
        let days = match args.from {
            None => format!(" --week {}", period.first_day),
            Some(first) => format!(" --from {first} --to {}", period.last_day),
        };
        let mut flags = vec![days, format!(" --week-start {}", args.week_start)];
        let segment = &findings.scope.segment;
        for (name, value) in segment.of_rows() {
            flags.push(format!(" --{name} {}", shlex::try_quote(value)?));
        }
        for (name, value) in &segment.properties {
            let pair = format!("{name}={value}");
            flags.push(format!(" --property {}", shlex::try_quote(&pair)?));
        }
        Ok(Self {
            reproduce: reproduce("weekly", &flags.concat(), &findings.scope),
            asked,
            period,
            findings,
        })
    }

    fn parts(&self) -> anyhow::Result<Parts> {
        let brand = self.asked.report.brand();
        Ok(reports::weekly_parts(
            &self.findings,
            &self.reproduce,
            &brand,
        )?)
    }
}

pub(crate) fn weekly(args: &Weekly) -> anyhow::Result<Made> {
    let Week {
        asked,
        period,
        findings,
        reproduce,
    } = Week::of(args)?;
    let brand = asked.report.brand();
    let bundle = reports::weekly(&findings, &reproduce, &brand)?;
    if findings.quality.feedback + findings.quality.events == 0 {
        terminal::note(&nothing_happened(&asked, &period)?);
    }
    let sentences = reports::weekly_sentences(&findings);
    let message = Some(reports::weekly_message(&findings, &brand)?);
    Ok(Made {
        message,
        ..Made::of_period(bundle, ("weekly", &asked, &period), sentences)
    })
}

/// Longest window of one's own, in days: it is held against as many before it, and against those before.
const WINDOW_DAYS_MAX: i32 = 400;

/// The week that is asked for, or the window from a day to another.
fn window(args: &Weekly, asked: &Asked) -> anyhow::Result<Period> {
    let Some((first, last)) = args.from.zip(args.to) else {
        return asked.week(&args.week);
    };
    if last < first || (last - first).get_days() >= WINDOW_DAYS_MAX {
        bail!("--from {first} --to {last}: a window has from one to {WINDOW_DAYS_MAX} days");
    }
    Ok(Period::of_days(first, last, &asked.zone)?)
}

/// The segment that is asked for.
fn segment(given: &SegmentOf, asked: &Asked) -> anyhow::Result<Segment> {
    let known = &asked.settings.segments.properties;
    let mut names = given.properties.iter().map(|(name, _)| name);
    if let Some(name) = names.find(|name| !known.contains(name)) {
        bail!(
            "--property {name}: users are not told apart by it; add to the configuration: [segments] \
             properties = [{name:?}]"
        );
    }
    Ok(Segment {
        platform: given.platform.clone(),
        channel: given.channel.clone(),
        properties: given.properties.iter().cloned().collect(),
    })
}

/// The last week of a plan's evidence, and all of it.
pub(crate) fn evidence(args: &PlanEvidence, asked: &Asked) -> anyhow::Result<(Period, Period)> {
    let last = asked.week(&args.week)?;
    let first = last.nth_before(args.weeks.saturating_sub(1))?;
    let period = Period::of_days(first.first_day, last.last_day, &asked.zone)?;
    Ok((last, period))
}

/// The question that a plan asks.
pub(crate) fn asked_for(args: &PlanEvidence) -> anyhow::Result<Asked> {
    let mut asked = Asked::new(&args.question, WeekStart::Monday)?;
    asked.settings.with_suggested = args.with_suggested;
    Ok(asked)
}

/// The plan that is asked for, and the last week of its evidence.
pub(crate) fn planned(args: &PlanOf) -> anyhow::Result<(Asked, Period, PlanningFindings)> {
    let asked = asked_for(&args.evidence)?;
    let (last, period) = evidence(&args.evidence, &asked)?;
    let request = PlanRequest {
        capacity_person_days: args.capacity,
        target: args.target.clone(),
    };
    let (snapshot, settings) = (&asked.snapshot, &asked.settings);
    let findings = analysis::planning(snapshot, settings, &period, &request, asked.as_of)?;
    Ok((asked, last, findings))
}

/// A plan that was made.
struct Plan {
    asked: Asked,
    last: Period,
    findings: PlanningFindings,
    reproduce: Reproduce,
}

impl Plan {
    fn of(given: &PlanOf) -> anyhow::Result<Self> {
        let (asked, last, findings) = planned(given)?;
        let capacity = given.capacity.map(|days| format!(" --capacity {days}"));
        let target = given.target.as_deref().map(shlex::try_quote).transpose()?;
        let target = target.map(|target| format!(" --target {target}"));
        let suggested = given
            .evidence
            .with_suggested
            .then(|| " --with-suggested".to_owned());
        let flags = std::iter::once(format!(
            " --week {} --weeks {}",
            last.first_day, given.evidence.weeks
        ))
        .chain(capacity)
        .chain(target)
        .chain(suggested)
        .collect::<String>();
        Ok(Self {
            reproduce: reproduce("planning", &flags, &findings.scope),
            asked,
            last,
            findings,
        })
    }

    fn parts(&self) -> anyhow::Result<Parts> {
        let brand = self.asked.report.brand();
        Ok(reports::planning_parts(
            &self.findings,
            &self.reproduce,
            &brand,
        )?)
    }
}

pub(crate) fn planning(args: &Planning) -> anyhow::Result<Made> {
    let plan = Plan::of(&args.plan)?;
    let brand = plan.asked.report.brand();
    let bundle = reports::planning(&plan.findings, &plan.reproduce, &brand)?;
    let sentences = reports::planning_sentences(&plan.findings);
    Ok(Made::of_period(
        bundle,
        ("planning", &plan.asked, &plan.last),
        sentences,
    ))
}

/// A release that was looked at.
struct Release {
    asked: Asked,
    findings: ReleaseFindings,
    reproduce: Reproduce,
}

impl Release {
    fn of(args: &ReleaseReport) -> anyhow::Result<Self> {
        let asked = Asked::new(&args.question, WeekStart::Monday)?;
        let (snapshot, settings) = (&asked.snapshot, &asked.settings);
        let findings = analysis::release(snapshot, settings, &args.release, asked.as_of)?;
        let mut reproduce = reproduce("release", "", &findings.scope);
        let release = shlex::try_quote(&args.release)?;
        reproduce.command = format!("{} -- {release}", reproduce.command);
        Ok(Self {
            asked,
            findings,
            reproduce,
        })
    }

    fn parts(&self) -> anyhow::Result<Parts> {
        let brand = self.asked.report.brand();
        Ok(reports::release_parts(
            &self.findings,
            &self.reproduce,
            &brand,
        )?)
    }
}

pub(crate) fn release(args: &ReleaseReport) -> anyhow::Result<Made> {
    let found = Release::of(args)?;
    let brand = found.asked.report.brand();
    let bundle = reports::release(&found.findings, &found.reproduce, &brand)?;
    let sentences = reports::release_sentences(&found.findings);
    let version = part_of_name(&args.release, ".-");
    let folder = format!("release-{}-{version}", found.asked.settings.app);
    Ok(Made::new(bundle, folder, sentences))
}

/// Says where there are data when a week holds none.
fn nothing_happened(asked: &Asked, period: &Period) -> anyhow::Result<String> {
    let (first_day, last_day) = (period.first_day, period.last_day);
    let span = analysis::data_span(&asked.snapshot, &asked.settings, asked.as_of)?;
    let Some((first, last)) = span else {
        return Ok(format!(
            "nothing happened up to {last_day}: send or import something first"
        ));
    };
    let (first, last) = (
        period::day_of(first, &asked.zone)?,
        period::day_of(last, &asked.zone)?,
    );
    Ok(format!(
        "nothing happened from {first_day} to {last_day}; there are data from {first} to {last}: \
         try --week {last}"
    ))
}

fn week_start(text: &str) -> anyhow::Result<WeekStart> {
    serde_json::from_value(serde_json::Value::String(text.to_lowercase()))
        .with_context(|| format!("--week-start {text:?} is no day of the week"))
}

/// The command that makes the same report again from the same table versions.
fn reproduce(report: &str, flags: &str, scope: &analysis::findings::Scope) -> Reproduce {
    let command = format!(
        "shipwake report {report} --app {} --environment {} --zone {}{flags} --as-of {}",
        scope.app, scope.environment, scope.zone, scope.as_of
    );
    Reproduce {
        command,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_release_is_called_its_report_has_a_folder_with_a_plain_name() {
        let folder = |release: &str| format!("release-shop-{}", part_of_name(release, ".-"));
        assert_eq!(folder("4.2.0-rc.1"), "release-shop-4.2.0-rc.1");
        assert_eq!(folder("../../etc"), "release-shop-.._.._etc");
        for hostile in ["\u{202e}0.2", "a\n::error::x", "x|y\"'`&\\", "", "日本"] {
            assert!(is_plain(&folder(hostile)), "{hostile:?}");
        }
    }
}
