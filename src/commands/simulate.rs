//! `shipwake health simulate`: hourly counts of any origin judged hour by hour, or made by chance.

use std::fs::File;
use std::io::{BufWriter, Read, Write as _};
use std::path::Path;
use std::thread::available_parallelism;

use analysis::watch::Rule;
use analysis::watch::simulate::{
    ArmName, HourRow, HoursError, Request, generate, judge, scenario_count, timelines,
};
use anyhow::Context as _;
use csv::{ByteRecord, ReaderBuilder};
use indicatif::ProgressBar;

use crate::cli::{HealthSimulate, SimulateFormat};
use crate::terminal;

const WHOLE: &str = "give a whole number, 0 or more";

pub(crate) fn run(args: &HealthSimulate) -> anyhow::Result<()> {
    let rule = Rule {
        r_min: args.r_min,
        ..Rule::default()
    };
    match &args.hours {
        Some(file) => judge_hours(args, file, &rule),
        None => run_scenarios(args, rule),
    }
}

fn threads() -> usize {
    available_parallelism().map_or(1, usize::from)
}

fn run_scenarios(args: &HealthSimulate, rule: Rule) -> anyhow::Result<()> {
    let releases = usize::try_from(args.releases)?;
    let bar = terminal::bar((releases * scenario_count()) as u64, "simulated releases");
    let request = Request {
        releases,
        seed: args.seed,
        threads: threads(),
        rule,
        // One row a scenario is printed for programs, by the rule that was asked for.
        with_r_min_beside: args.rules || args.format != Some(SimulateFormat::Csv),
        with_rivals: args.rules,
    };
    let rows = generate(&request, &|| bar.inc(1))?;
    bar.finish_and_clear();
    match args.format {
        Some(SimulateFormat::Csv) => write(|out| {
            out.write_all(reports::simulation_csv(&rows, args.rules).as_bytes())?;
            Ok(())
        }),
        Some(SimulateFormat::Table) | None => write(|out| {
            out.write_all(reports::simulation_table(&rows).as_bytes())?;
            out.write_all(b"\n")?;
            Ok(())
        }),
    }
}

fn judge_hours(args: &HealthSimulate, file: &Path, rule: &Rule) -> anyhow::Result<()> {
    let counter = terminal::counter("rows");
    let rows = if file == Path::new("-") {
        read(std::io::stdin().lock(), &counter).context("stdin does not hold hourly counts")?
    } else {
        let open = File::open(file)
            .with_context(|| format!("{} cannot be read: name a CSV file", file.display()))?;
        read(open, &counter)
            .with_context(|| format!("{} does not hold hourly counts", file.display()))?
    };
    counter.finish_and_clear();
    let timelines = timelines(rows.into_iter())
        .with_context(|| format!("the rows of {} do not fit together", file.display()))?;
    let bar = terminal::bar(timelines.len() as u64, "releases");
    let judged = judge(&timelines, rule, threads(), &|| bar.inc(1))?;
    bar.finish_and_clear();
    match args.format {
        Some(SimulateFormat::Table) => write(|out| {
            out.write_all(reports::judged_hours_table(&judged).as_bytes())?;
            out.write_all(b"\n")?;
            Ok(())
        }),
        Some(SimulateFormat::Csv) | None => write(|out| {
            out.write_all(reports::judged_hours_csv_head().as_bytes())?;
            for release in &judged {
                out.write_all(reports::judged_hours_csv(release).as_bytes())?;
            }
            Ok(())
        }),
    }
}

/// Writes to stdout; that nobody reads on is no failure.
fn write(
    text: impl FnOnce(&mut BufWriter<std::io::Stdout>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut out = BufWriter::new(terminal::stdout());
    let written = text(&mut out).and_then(|()| out.flush().map_err(Into::into));
    match written {
        Err(error) if terminal::is_broken_pipe(&error) => Ok(()),
        written => written,
    }
}

/// Where each field stands; the last two may be missing.
struct Places {
    release: usize,
    hour: usize,
    arm: usize,
    exposure: usize,
    events: usize,
    stratum: Option<usize>,
    users: Option<usize>,
}

impl Places {
    fn of(header: &ByteRecord) -> Result<Self, HoursError> {
        let place = |name: &str| {
            header.iter().position(|field| {
                let field = field.strip_prefix(b"\xef\xbb\xbf").unwrap_or(field);
                field.trim_ascii().eq_ignore_ascii_case(name.as_bytes())
            })
        };
        let needed = |name: &'static str| {
            place(name).ok_or_else(|| HoursError {
                line: 1,
                field: name,
                problem: "there is no such column".to_owned(),
                remedy: "the first line names the columns: release,hour,stratum,arm,exposure,events,users, of which stratum and users may be left out",
            })
        };
        Ok(Self {
            release: needed("release")?,
            hour: needed("hour")?,
            arm: needed("arm")?,
            exposure: needed("exposure")?,
            events: needed("events")?,
            stratum: place("stratum"),
            users: place("users"),
        })
    }
}

fn read(source: impl Read, counter: &ProgressBar) -> anyhow::Result<Vec<HourRow>> {
    let mut reader = ReaderBuilder::new().from_reader(source);
    let places = Places::of(reader.byte_headers()?)?;
    let (mut rows, mut record) = (Vec::new(), ByteRecord::new());
    while reader.read_byte_record(&mut record)? {
        let line = record.position().map_or(0, csv::Position::line);
        rows.push(
            Row {
                record: &record,
                line,
            }
            .checked(&places)?,
        );
        if rows.len().is_multiple_of(10_000) {
            counter.set_position(rows.len() as u64);
        }
    }
    Ok(rows)
}

struct Row<'a> {
    record: &'a ByteRecord,
    line: u64,
}

impl Row<'_> {
    fn checked(&self, places: &Places) -> Result<HourRow, HoursError> {
        let optional = |place: Option<usize>, name| match place {
            Some(place) => self.text(place, name),
            None => Ok(""),
        };
        let release = self.text(places.release, "release")?;
        if release.is_empty() {
            return Err(self.wrong("release", release, "name the release in each row"));
        }
        let users = optional(places.users, "users")?;
        Ok(HourRow {
            line: self.line,
            release: release.to_owned(),
            hour: self.hour(self.text(places.hour, "hour")?)?,
            stratum: optional(places.stratum, "stratum")?.to_owned(),
            arm: self.arm(self.text(places.arm, "arm")?)?,
            exposure: self.count("exposure", self.text(places.exposure, "exposure")?)?,
            events: self.count("events", self.text(places.events, "events")?)?,
            users: if users.is_empty() {
                None
            } else {
                Some(self.count("users", users)?)
            },
        })
    }

    fn wrong(&self, field: &'static str, given: &str, remedy: &'static str) -> HoursError {
        HoursError {
            line: self.line,
            field,
            problem: if given.is_empty() {
                "it is empty".to_owned()
            } else {
                format!("{given:?} is not one")
            },
            remedy,
        }
    }

    fn text(&self, place: usize, name: &'static str) -> Result<&str, HoursError> {
        let field = self.record.get(place).unwrap_or_default();
        std::str::from_utf8(field.trim_ascii())
            .map_err(|_| self.wrong(name, "a text that is not UTF-8", "write the file in UTF-8"))
    }

    fn arm(&self, given: &str) -> Result<ArmName, HoursError> {
        let mut all = ArmName::ALL.into_iter();
        all.find(|arm| arm.as_str().eq_ignore_ascii_case(given))
            .ok_or_else(|| self.wrong("arm", given, "give new, base, pre_new or pre_base"))
    }

    fn count(&self, name: &'static str, given: &str) -> Result<u64, HoursError> {
        whole(given)
            .parse()
            .map_err(|_| self.wrong(name, given, WHOLE))
    }

    fn hour(&self, given: &str) -> Result<i64, HoursError> {
        whole(given)
            .parse()
            .map_err(|_| self.wrong("hour", given, "give a whole number of hours"))
    }
}

/// A whole number as other programs write it: `12.0` is 12.
fn whole(text: &str) -> &str {
    match text.split_once('.') {
        Some((whole, rest)) if rest.bytes().all(|digit| digit == b'0') => whole,
        _ => text,
    }
}
