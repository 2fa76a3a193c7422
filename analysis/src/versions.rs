//! The one order of releases, oldest first.
//!
//! Versions that look like versions (`2.0.1`, `4.555.10003`, `v1.2.0-rc.1`) go by their numbers, as
//! SemVer 2.0 orders them, with any count of numbers: first sight is a poor guide where old versions
//! stay in use and the data begin in the midst of things. A package's name before an `@` is not
//! compared. Pre-releases come before their release, and builds, which SemVer holds equal, break ties:
//! none first, then by number or byte. Where less than nine in ten of an app's releases look like
//! versions (hashes, dates in words), all go by when they came out: the day in the release record,
//! else first sight.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use lake::Micros;

/// Orders releases, oldest first. `unknown` is no release: leave it out. `released_at` is what a
/// release's record says, where it has one.
pub(crate) fn oldest_first(
    first_seen: &BTreeMap<String, Micros>,
    released_at: impl Fn(&str) -> Option<Micros>,
) -> Vec<String> {
    let numbered = first_seen
        .keys()
        .filter(|version| looks_numbered(version))
        .count();
    let by_number = numbered * 10 >= first_seen.len() * 9;
    let mut releases: Vec<(&String, Micros)> = first_seen
        .iter()
        .map(|(version, seen)| (version, released_at(version).unwrap_or(*seen)))
        .collect();
    releases.sort_by(|(a, a_out), (b, b_out)| {
        let order = if by_number {
            looks_numbered(a).cmp(&looks_numbered(b)).then_with(|| {
                if looks_numbered(a) {
                    compare(a, b)
                } else {
                    Ordering::Equal
                }
            })
        } else {
            Ordering::Equal
        };
        order
            .then(a_out.cmp(b_out))
            .then_with(|| compare(a, b))
            .then_with(|| a.cmp(b))
    });
    releases
        .into_iter()
        .map(|(version, _)| version.clone())
        .collect()
}

/// Whether a version says of itself that it comes before its release, as SemVer's `-rc.1` does.
pub(crate) fn is_pre_release(version: &str) -> bool {
    looks_numbered(version) && Parts::of(version).pre.is_some()
}

/// Compares two versions: SemVer 2.0 precedence, build numbers breaking ties.
fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Parts::of(a), Parts::of(b));
    lists(a.core, b.core, Some("0"))
        .then_with(|| match (a.pre, b.pre) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => lists(a, b, None),
        })
        .then_with(|| match (a.build, b.build) {
            (Some(a), Some(b)) => lists(a, b, None),
            (a, b) => a.is_some().cmp(&b.is_some()),
        })
}

fn looks_numbered(version: &str) -> bool {
    let first = Parts::of(version)
        .core
        .split('.')
        .next()
        .unwrap_or_default();
    is_number(first)
}

struct Parts<'a> {
    core: &'a str,
    pre: Option<&'a str>,
    build: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(version: &'a str) -> Self {
        let version = version.rsplit_once('@').map_or(version, |(_, named)| named);
        let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
        let (rest, build) = match version.split_once('+') {
            Some((rest, build)) => (rest, Some(build)),
            None => (version, None),
        };
        match rest.split_once('-') {
            Some((core, pre)) => Self {
                core,
                pre: Some(pre),
                build,
            },
            None => Self {
                core: rest,
                pre: None,
                build,
            },
        }
    }
}

/// Compares dot-separated identifiers; a missing one reads as `filler`, or sorts first without one.
fn lists(a: &str, b: &str, filler: Option<&str>) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let (left, right) = (a.next(), b.next());
        if left.is_none() && right.is_none() {
            return Ordering::Equal;
        }
        let order = match (left.or(filler), right.or(filler)) {
            (Some(left), Some(right)) => identifiers(left, right),
            (left, right) => left.is_some().cmp(&right.is_some()),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Numbers by value, of any length; numbers before words; words by their bytes.
fn identifiers(a: &str, b: &str) -> Ordering {
    match (is_number(a), is_number(b)) {
        (true, true) => {
            let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
            a.len().cmp(&b.len()).then_with(|| a.cmp(b))
        }
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.cmp(b),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::stats::oracle::oracle_text;

    fn order(seen: &[(&str, Micros)]) -> Vec<String> {
        order_with(seen, |_| None)
    }

    fn order_with(
        seen: &[(&str, Micros)],
        released: impl Fn(&str) -> Option<Micros>,
    ) -> Vec<String> {
        let seen = seen.iter().map(|(v, at)| ((*v).to_owned(), *at)).collect();
        oldest_first(&seen, released)
    }

    #[test]
    fn agrees_with_npms_semver() {
        let Some(text) = oracle_text("semver.json") else {
            return;
        };
        let oracle: serde_json::Value = serde_json::from_str(&text).unwrap();
        let pairs = oracle["pairs_a_b_compare_compareBuild"].as_array().unwrap();
        assert!(!pairs.is_empty());
        for pair in pairs {
            let (a, b) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
            let with_builds = pair[3].as_i64().unwrap().cmp(&0);
            assert_eq!(compare(a, b), with_builds, "{a} {b}");
            assert_eq!(compare(b, a), with_builds.reverse(), "{b} {a}");
            let bare = |version: &str| version.split('+').next().unwrap().to_owned();
            let without = pair[2].as_i64().unwrap().cmp(&0);
            assert_eq!(compare(&bare(a), &bare(b)), without, "{a} {b}");
        }
        let sorted: Vec<&str> = oracle["sorted_by_compareBuild"]
            .as_array()
            .unwrap()
            .iter()
            .map(|version| version.as_str().unwrap())
            .collect();
        // Seen in the opposite order, which must not matter.
        let seen: Vec<(&str, Micros)> = sorted.iter().rev().copied().zip(0..).collect();
        assert_eq!(order(&seen), sorted);
        for item in oracle["items"].as_array().unwrap() {
            let version = item["input"].as_str().unwrap();
            if item["valid_strict"].as_bool().unwrap() {
                assert_eq!(
                    is_pre_release(version),
                    !item["prerelease"].is_null(),
                    "{version}"
                );
            }
        }
    }

    #[test]
    fn a_packages_name_is_not_compared() {
        let seen = [
            ("shop@1.10.0+7", 1),
            ("shop@1.9.0", 3),
            ("shop@1.10.0-rc.1", 2),
        ];
        assert_eq!(
            order(&seen),
            ["shop@1.9.0", "shop@1.10.0-rc.1", "shop@1.10.0+7"]
        );
    }

    #[test]
    fn hashes_go_by_their_release_where_it_is_recorded() {
        let released = |version: &str| (version == "cafe").then_some(0);
        let seen = [("cafe", 3), ("0a1b", 1), ("beef", 2)];
        assert_eq!(order_with(&seen, released), ["cafe", "0a1b", "beef"]);
    }

    #[test]
    fn numbers_beat_first_sight() {
        let seen = [
            ("4.555.10003", 5),
            ("4.99.10001", 9),
            ("4.554.10001", 7),
            ("4.554.9", 8),
        ];
        assert_eq!(
            order(&seen),
            ["4.99.10001", "4.554.9", "4.554.10001", "4.555.10003"]
        );
    }

    #[test]
    fn order_follows_semver() {
        // The example chain of semver.org, 2.0.0, item 11.
        let chain = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
        ];
        for pair in chain.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        }
        assert_eq!(compare("1.0", "v1.0.0"), Ordering::Equal);
        assert_eq!(
            compare("1.0.9007199254740993", "1.0.9007199254740992"),
            Ordering::Greater
        );
    }

    #[test]
    fn hashes_go_by_first_sight() {
        assert_eq!(
            order(&[("cafe", 3), ("0a1b", 1), ("beef", 2)]),
            ["0a1b", "beef", "cafe"]
        );
    }
}
