//! The back-test on real version shares of browsers, where they are at hand.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::back_test::{Forecast, Score, run};
use super::{Curve, Horizon, Point, exposure_days};

const HORIZON: Horizon = Horizon {
    periods: 1,
    days: 30.4,
};

/// A family of releases, and the errors in points that must not be exceeded.
struct Family {
    browser: &'static str,
    /// Versions are taken together by their first number.
    majors: bool,
    /// Older versions were another product.
    since: Version,
    error_max: f64,
    growth_error_max: f64,
}

type Version = (u32, u32);

/// Month, version, share and the day on which the version came out.
type Row = (Date, Version, f64, Option<Date>);

const FAMILIES: [Family; 5] = [
    family("chrome", false, 2.3, 7.7),
    family("firefox", false, 2.0, 3.8),
    Family {
        since: (79, 0),
        ..family("edge", false, 1.75, 4.6)
    },
    family("ios_saf", true, 2.9, 7.8),
    family("safari", true, 3.9, 7.1),
];

const fn family(
    browser: &'static str,
    majors: bool,
    error_max: f64,
    growth_error_max: f64,
) -> Family {
    Family {
        browser,
        majors,
        since: (0, 0),
        error_max,
        growth_error_max,
    }
}

/// Shares by month and version, and the days on which versions came out.
#[derive(Default)]
struct Shares {
    by_month: BTreeMap<Date, BTreeMap<Version, f64>>,
    released: BTreeMap<Version, Date>,
}

fn version(text: &str) -> Option<Version> {
    let mut parts = text.split('-').next()?.split('.');
    let first = parts.next()?.parse().ok()?;
    Some((
        first,
        parts.next().map_or(Some(0), |part| part.parse().ok())?,
    ))
}

fn shares(path: &str) -> Option<BTreeMap<String, Vec<Row>>> {
    let Ok(mut reader) = csv::Reader::from_path(path) else {
        eprintln!("skipped: no {path}");
        return None;
    };
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|known| known == name).unwrap();
    let [month, browser, named, share, released] = [
        "month",
        "browser",
        "version",
        "share_within_browser",
        "release_date",
    ]
    .map(column);
    let mut families: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in reader.records() {
        let row = row.unwrap();
        let Some(version) = version(&row[named]) else {
            continue;
        };
        let month: Date = format!("{}-01", &row[month]).parse().unwrap();
        let released = row[released].parse().ok();
        families.entry(row[browser].to_owned()).or_default().push((
            month,
            version,
            row[share].parse().unwrap(),
            released,
        ));
    }
    Some(families)
}

impl Shares {
    fn of(family: &Family, rows: &[Row]) -> Self {
        let mut shares = Self::default();
        for &(month, version, share, released) in rows {
            let version = if family.majors {
                (version.0, 0)
            } else {
                version
            };
            *shares
                .by_month
                .entry(month)
                .or_default()
                .entry(version)
                .or_default() += share;
            if let Some(day) = released.filter(|_| version >= family.since) {
                let first = shares.released.entry(version).or_insert(day);
                *first = day.min(*first);
            }
        }
        shares
    }

    fn curves(&self) -> Vec<Curve> {
        let point = |version: &Version, released: &Date, month: &Date| {
            let (age, length) = age(*released, *month);
            let all = self.by_month[month]
                .range(*version..)
                .map(|(_, share)| share);
            Point {
                period: period(*month),
                exposure_days: exposure_days(age, length),
                share: all.sum::<f64>().min(1.0),
            }
        };
        self.released
            .iter()
            .map(|(version, released)| {
                let months = self.by_month.keys();
                Curve::new(
                    months
                        .map(|month| point(version, released, month))
                        .collect(),
                )
            })
            .collect()
    }
}

fn period(month: Date) -> i32 {
    i32::from(month.year()) * 12 + i32::from(month.month())
}

/// Days from the release to the month's middle, and the month's length.
fn age(released: Date, month: Date) -> (f64, f64) {
    let length = f64::from(month.days_in_month());
    let days = released.until(month).unwrap().get_days();
    (f64::from(days) + length / 2.0, length)
}

/// The forecasts of a family from origins at which the release is out, with its age in days.
fn forecasts(family: &Family, rows: &[Row]) -> Vec<(f64, Forecast)> {
    let shares = Shares::of(family, rows);
    let curves = shares.curves();
    let months: Vec<i32> = shares.by_month.keys().copied().map(period).collect();
    let released: Vec<Date> = shares.released.values().copied().collect();
    let month_of: BTreeMap<i32, Date> = shares
        .by_month
        .keys()
        .map(|month| (period(*month), *month))
        .collect();
    run(&curves, &months, HORIZON)
        .into_iter()
        .map(|made| (age(released[made.release], month_of[&made.origin]).0, made))
        .filter(|(age, _)| *age >= 0.0)
        .collect()
}

fn points(share: Option<f64>) -> f64 {
    share.unwrap_or(f64::NAN) * 100.0
}

#[test]
fn forecasts_of_real_releases_stay_within_their_limits() {
    let beside = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/data/browser-adoption.csv"
    );
    let path = std::env::var("BROWSER_ADOPTION").unwrap_or_else(|_| beside.to_owned());
    let Some(rows) = shares(&path) else {
        return;
    };
    println!("family | n, error, same: all | first year | growth | shown | held: all, shown");
    let mut wrong = BTreeSet::new();
    for family in &FAMILIES {
        let made = forecasts(family, &rows[family.browser]);
        let score = |keep: &dyn Fn(&(f64, Forecast)) -> bool| {
            Score::of(made.iter().filter(|made| keep(made)).map(|(_, made)| made))
        };
        let all = score(&|_| true);
        let growth = score(&|(age, made)| *age <= 75.0 && made.share <= 0.7);
        let shown = score(&|(_, made)| made.shown);
        let told = |score: &Score| {
            let (error, same) = (score.mean_error(), score.naive_mean_error());
            format!("{}, {:.2}, {:.2}", score.n, points(error), points(same))
        };
        println!(
            "{} | {} | {} | {} | {} | {:.0} %, {:.0} %",
            family.browser,
            told(&all),
            told(&score(&|(age, _)| *age <= 365.0)),
            told(&growth),
            told(&shown),
            points(all.coverage()),
            points(shown.coverage()),
        );
        let mut hold = |what: &str, holds: bool| {
            if !holds {
                wrong.insert(format!("{}: {what}", family.browser));
            }
        };
        hold("error", points(all.mean_error()) <= family.error_max);
        hold(
            "growth error",
            points(growth.mean_error()) <= family.growth_error_max,
        );
        hold(
            "same",
            all.error < all.naive_error && growth.error < growth.naive_error,
        );
        hold("coverage", (0.75..=0.85).contains(&all.coverage().unwrap()));
        hold("shown beat persistence", shown.error < shown.naive_error);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
