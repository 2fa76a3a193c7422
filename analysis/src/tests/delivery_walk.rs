//! Figures of delivery against a plain walk through random histories, in the order of time.

use std::collections::BTreeMap;

use lake::{MarkKind, Micros, ReleaseMark, ReleaseRecord};

use super::delivery::{FROM, TO, close, delivered, kpi};
use crate::findings::Delivery;
use crate::fixture::*;

use MarkKind::{Deployed, Go, Hotfix, NoGo, Restored, RolledBack, Signed, Unsigned};

/// Numbers that look random and are the same each time (Marsaglia's xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn hours(&mut self, end: u64) -> Micros {
        Micros::try_from(self.below(end)).unwrap() * HOUR
    }
}

/// A history of releases with all that can happen to them.
pub(super) fn history(seed: u64) -> (Vec<ReleaseRecord>, Vec<ReleaseMark>) {
    let mut dice = Dice(seed);
    let (mut records, mut marks) = (Vec::new(), Vec::new());
    for number in 0..60 {
        let version = format!("1.{number}.0");
        let out = at(FROM) + dice.hours(24 * 110) - 10 * DAY;
        let mut release = record(&version, out);
        release.planned_at = (dice.below(4) > 0).then(|| out - 5 * DAY + dice.hours(24 * 10));
        release.commits = (0..dice.below(8))
            .map(|_| out + 2 * HOUR - dice.hours(400))
            .collect();
        release.released_at = release.released_at.filter(|_| dice.below(5) > 0);
        let mut push = |version: &str, kind, when, of: &str| {
            marks.push(mark(version, kind, when, of));
        };
        if dice.below(3) > 0 {
            push(&version, Deployed, out + dice.hours(5), "");
            if dice.below(2) == 0 {
                push(&version, Deployed, out + dice.hours(48) + 5 * HOUR, "");
            }
        }
        if dice.below(4) == 0 {
            push(&version, RolledBack, out + 6 * HOUR + dice.hours(40), "");
            if dice.below(2) == 0 {
                push(&version, Deployed, out + 50 * HOUR + dice.hours(40), "");
            }
        }
        if dice.below(3) == 0 {
            let fix = format!("1.{number}.1");
            let when = out + 10 * HOUR + dice.hours(24 * 12);
            push(&fix, Hotfix, when, &version);
            if dice.below(2) == 0 {
                push(&fix, Restored, when + dice.hours(20), &version);
            }
        }
        if dice.below(5) > 0 {
            records.push(release);
        }
    }
    (records, marks)
}

/// What a plain walk through all that happened, in the order of time, comes to.
#[derive(Debug, Default)]
struct Walked {
    /// (release, when, whether it was the first time), in order of time.
    out: Vec<(String, Micros, bool)>,
    repairs: BTreeMap<String, String>,
    back: Vec<(String, Micros)>,
}

fn walk(records: &[ReleaseRecord], marks: &[ReleaseMark]) -> Walked {
    let says_out = |version: &str| {
        let mut of_it = marks.iter().filter(|mark| mark.version == version);
        of_it.any(|mark| matches!(mark.mark, Deployed | Hotfix))
    };
    let mut happened: Vec<(Micros, String, &str, String)> = Vec::new();
    for record in records {
        let released_at = record.released_at.filter(|when| *when <= at(TO));
        if let (Some(when), false) = (released_at, says_out(&record.version)) {
            happened.push((when, record.version.clone(), "goes out", String::new()));
        }
    }
    for mark in marks {
        let what = match mark.mark {
            Deployed | Hotfix => "goes out",
            RolledBack => "taken back",
            Restored | Signed | Unsigned | Go | NoGo => continue,
        };
        let of = mark.of_version.clone().unwrap_or_default();
        happened.push((mark.marked_at, mark.version.clone(), what, of));
    }
    happened.sort();
    let mut walked = Walked::default();
    let mut is_out: BTreeMap<String, bool> = BTreeMap::new();
    for (when, version, what, of) in happened {
        let was = is_out.get(&version).copied();
        if what == "goes out" {
            if !of.is_empty() {
                walked.repairs.entry(version.clone()).or_insert(of);
            }
            if was != Some(true) {
                walked.out.push((version.clone(), when, was.is_none()));
            }
            is_out.insert(version, true);
        } else if was.is_some() {
            if was == Some(true) {
                walked.back.push((version.clone(), when));
            }
            is_out.insert(version, false);
        }
    }
    walked
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    let upper = *values.get(n / 2)?;
    Some(if n % 2 == 1 {
        upper
    } else {
        f64::midpoint(upper, values[n / 2 - 1])
    })
}

fn hours(from: Micros, to: Micros) -> f64 {
    (to - from) as f64 / HOUR as f64
}

/// A time that a release went out: which, when, whether it was the first.
type Out<'a> = &'a (String, Micros, bool);

#[test]
fn figures_equal_a_plain_walk_through_random_histories() {
    for seed in 1..=12 {
        let (records, marks) = history(seed);
        let mut fixture = Fixture::new();
        fixture.releases(records.clone());
        fixture.marks(marks.clone());
        let is_known = |mark: &ReleaseMark| mark.marked_at <= at(TO);
        let marks: Vec<ReleaseMark> = marks.into_iter().filter(is_known).collect();
        let found = delivered(&fixture);
        let walked = walk(&records, &marks);
        let in_window = |when: Micros| (at(FROM)..at(TO)).contains(&when);
        let out: Vec<_> = walked.out.iter().filter(|one| in_window(one.1)).collect();
        assert_eq!(found.deployments.len(), out.len(), "seed {seed}");
        assert!(out.len() > 20, "a history with something in it");
        let n = out.len() as u64;
        let now = |id: &str| &kpi(&found, id).now;
        close(now("deployments").value, Some(n as f64), "deployments");
        let gaps = out
            .windows(2)
            .map(|pair| hours(pair[0].1, pair[1].1) / 24.0);
        close(
            now("deployment_gap_days").value,
            median(gaps.collect()),
            "gap",
        );
        let reworked = out
            .iter()
            .filter(|one| walked.repairs.contains_key(&one.0))
            .count();
        close(
            now("rework_rate").value,
            Some(reworked as f64 / n as f64),
            "rework",
        );

        failures(&found, &walked, &out, &marks);
        first_times(&found, &out, &records);
    }
}

fn failures(found: &Delivery, walked: &Walked, out: &[Out<'_>], marks: &[ReleaseMark]) {
    let now = |id: &str| &kpi(found, id).now;
    let n = out.len() as u64;
    let (mut failed, mut recovered) = (0_u64, Vec::new());
    for (version, when, _) in out {
        let next = walked
            .out
            .iter()
            .find(|one| one.0 == *version && one.1 > *when);
        let end = next.map_or(Micros::MAX, |next| next.1);
        let back = walked
            .back
            .iter()
            .any(|one| one.0 == *version && (*when..end).contains(&one.1));
        let fixed = walked.out.iter().any(|one| {
            walked.repairs.get(&one.0) == Some(version)
                && (*when..end).contains(&one.1)
                && one.1 - when <= 7 * DAY
        });
        if back || fixed {
            failed += 1;
            let restored = marks.iter().filter(|mark| {
                mark.mark == Restored
                    && mark.of_version.as_ref() == Some(version)
                    && (*when..end).contains(&mark.marked_at)
            });
            let first = restored.map(|mark| mark.marked_at).min();
            recovered.extend(first.map(|first| hours(*when, first)));
        }
    }
    assert_eq!(now("change_fail_rate").n, n);
    close(
        now("change_fail_rate").value,
        Some(failed as f64 / n as f64),
        "fail",
    );
    assert_eq!(now("recovery_hours").n, recovered.len() as u64);
    close(now("recovery_hours").value, median(recovered), "recovery");
}

fn first_times(found: &Delivery, out: &[Out<'_>], records: &[ReleaseRecord]) {
    let now = |id: &str| &kpi(found, id).now;
    let firsts = || out.iter().filter(|one| one.2);
    let record = |version: &str| records.iter().find(|record| record.version == version);
    let leads: Vec<f64> = firsts()
        .flat_map(|one| {
            let commits = record(&one.0).map(|record| record.commits.clone());
            commits
                .unwrap_or_default()
                .into_iter()
                .map(|commit| hours(commit, one.1))
        })
        .collect();
    let positive: Vec<f64> = leads.iter().copied().filter(|hours| *hours > 0.0).collect();
    let lead = kpi(found, "lead_time_hours");
    assert_eq!(lead.now.n, positive.len() as u64);
    let left_out: u64 = lead.left_out.iter().map(|part| part.count).sum();
    assert_eq!(left_out, (leads.len() - positive.len()) as u64);
    close(lead.now.value, median(positive), "lead");

    let slips: Vec<f64> = firsts()
        .filter_map(|one| {
            let planned = record(&one.0)?.planned_at?;
            Some((one.1.div_euclid(DAY) - planned.div_euclid(DAY)) as f64)
        })
        .collect();
    assert_eq!(now("release_slip_days").n, slips.len() as u64);
    close(now("release_slip_days").value, median(slips), "slip");
}
