//! What users of a release talk about, and what is new or rising against earlier releases.
//!
//! A theme is a set of phrases that the same users say. It is counted in distinct users, whatever
//! they wrote how often, and its change is tested by log-odds with a prior (`log_odds`), with the
//! false discovery rate held over all themes looked at. Whoever wants the themes of dislikes gives
//! the texts with that tone.

mod carry;
mod counts;
mod japanese;
mod log_odds;
mod merge;
mod phrases;
mod quotes;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use carry::{KnownTheme, carry};
use counts::{Candidate, Counted, EARLIER, NOW, PARTS};
use log_odds::Share;
use merge::Group;

use crate::findings::{Change, Estimate};
use crate::stats::{Z, proportion};

/// The false discovery rate up to which a change is called one.
const FALSE_DISCOVERY_RATE: f64 = 0.1;

/// A theme is new rather than rising where its share before was at most this part of it.
const NEW_AT_MOST: f64 = 0.1;

/// A text as themes are found in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Text<'a> {
    /// The piece of feedback, to be quoted by.
    pub id: &'a str,
    /// Who wrote it.
    pub author: &'a str,
    /// What they wrote.
    pub text: &'a str,
    /// The stars given with it, 1 to 5.
    pub stars: Option<f64>,
}

/// The texts that are compared.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// Of the release looked at.
    pub now: &'a [Text<'a>],
    /// Of the releases before it.
    pub earlier: &'a [Text<'a>],
    /// Of no known release: counted beside, as their writers differ from the others.
    pub unknown: &'a [Text<'a>],
}

/// What makes a theme.
#[derive(Debug, Clone, PartialEq)]
pub struct ThemeRules {
    /// The app's and the vendor's names, which say nothing in its own feedback.
    pub names: Vec<String>,
    /// Users that share a phrase, at least, in the release or before it.
    pub users_min: u64,
    /// Phrases looked at, by the share of users.
    pub candidates_max: usize,
    /// Themes whose change is tested, by the share of users: what few say could be told from chance
    /// only at the price of missing what many say.
    pub tested_max: usize,
    /// Themes told of each standing.
    pub themes_max: usize,
}

impl Default for ThemeRules {
    fn default() -> Self {
        Self {
            names: Vec::new(),
            users_min: 5,
            candidates_max: 1_500,
            tested_max: 150,
            themes_max: 20,
        }
    }
}

/// How a theme stands against the releases before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Rising, and hardly heard before.
    New,
    /// Said by more users, beyond chance among all themes looked at.
    Rising,
    /// Perhaps rising: beyond chance if it were the only theme looked at.
    Hint,
    /// No change that can be told from chance, or nothing to compare with.
    Steady,
    /// Said by fewer users, beyond chance.
    Falling,
}

impl Standing {
    /// The name in tables and files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Rising => "rising",
            Self::Hint => "hint",
            Self::Steady => "steady",
            Self::Falling => "falling",
        }
    }
}

/// A theme of a release.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Its identity, kept by [`carry`].
    pub id: String,
    /// Its best phrase, as most people write it.
    pub name: String,
    /// All its phrases as written, the name first.
    pub phrases: Vec<String>,
    /// Longer phrases that people say it in, most users first.
    pub said_in: Vec<String>,
    /// The stems of its phrases, to know it again by.
    pub keys: Vec<String>,
    /// How it stands against the releases before.
    pub standing: Standing,
    /// The share of the release's users with text who say it.
    pub share: Estimate,
    /// The same before.
    pub share_earlier: Estimate,
    /// The same where the release is unknown.
    pub share_unknown: Estimate,
    /// The share minus the share before, with Newcombe's interval.
    pub difference: Option<Change>,
    /// Of the log-odds ratio with its prior; `None` without texts before.
    pub z: Option<f64>,
    /// The false discovery rate at which the change would just be called.
    pub q: Option<f64>,
    /// Users of the release who say it with 1 or 2 stars.
    pub low_users: u64,
    /// Users of the release who say it with 4 or 5 stars.
    pub high_users: u64,
    /// The ids of texts that stand for it, most central first.
    pub quotes: Vec<String>,
}

/// The themes of a release.
#[derive(Debug, Clone, PartialEq)]
pub struct Themes {
    /// By standing, then by surprise or users.
    pub themes: Vec<Theme>,
    /// Themes whose change was tested: among so many, chance alone raises 2.5 % to a hint.
    pub tested: u64,
    /// The share of the release's users with text who say none of `themes`.
    pub unmatched: Estimate,
}

/// Finds the themes of a release.
#[must_use]
pub fn themes(compared: Compared<'_>, rules: &ThemeRules) -> Themes {
    let counted = counts::count([compared.now, compared.earlier, compared.unknown], rules);
    let mut groups = merge::groups(&counted.candidates);
    groups.retain(|group| {
        let said = |part: usize| group.users[part].len() as u64;
        said(NOW).max(said(EARLIER)) >= rules.users_min
    });
    let most = |group: &Group| {
        let of = |part: usize| group.users[part].len() as f64 / counted.users[part].max(1) as f64;
        of(NOW).max(of(EARLIER))
    };
    groups.sort_by(|a, b| most(b).total_cmp(&most(a)));
    groups.truncate(rules.tested_max);
    let z: Vec<Option<f64>> = groups
        .iter()
        .map(|group| log_odds::z(share(group, &counted, NOW), share(group, &counted, EARLIER)))
        .collect();
    let p: Vec<f64> = z.iter().map(|z| z.map_or(1.0, log_odds::p_value)).collect();
    let q = log_odds::q_values(&p);
    let mut found: Vec<(Standing, f64, &Group, Option<f64>, f64)> = groups
        .iter()
        .zip(z)
        .zip(q)
        .map(|((group, z), q)| {
            let (now, earlier) = (share(group, &counted, NOW), share(group, &counted, EARLIER));
            let standing = standing(now, earlier, z, q);
            let by = match standing {
                Standing::Steady => now.users as f64,
                _ => z.unwrap_or_default().abs(),
            };
            (standing, by, group, z, q)
        })
        .collect();
    found.retain(|(standing, _, group, ..)| {
        *standing == Standing::Falling || group.users[NOW].len() as u64 >= rules.users_min
    });
    found.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
    let mut themes = Vec::new();
    let mut matched: BTreeSet<usize> = BTreeSet::new();
    for same in found.chunk_by(|a, b| a.0 == b.0) {
        for (standing, _, group, z, q) in same.iter().take(rules.themes_max) {
            matched.extend(&group.users[NOW]);
            themes.push(theme(
                *standing,
                group,
                z.map(|z| (z, *q)),
                compared,
                &counted,
            ));
        }
    }
    let users = counted.users[NOW];
    carry(&[], &mut themes);
    Themes {
        themes,
        tested: groups.len() as u64,
        unmatched: proportion::estimate(users.saturating_sub(matched.len() as u64), users),
    }
}

fn share(group: &Group, counted: &Counted, part: usize) -> Share {
    Share {
        users: group.users[part].len() as u64,
        of: counted.users[part],
    }
}

fn standing(now: Share, earlier: Share, z: Option<f64>, q: f64) -> Standing {
    // Below 5 % of a single look a change is not even a hint.
    let Some(z) = z.filter(|z| z.abs() >= Z) else {
        return Standing::Steady;
    };
    let is_sure = q <= FALSE_DISCOVERY_RATE;
    let before = earlier.users as f64 / earlier.of as f64;
    let is_new = before <= NEW_AT_MOST * now.users as f64 / now.of as f64;
    match (z > 0.0, is_sure) {
        (true, true) if is_new => Standing::New,
        (true, true) => Standing::Rising,
        (true, false) => Standing::Hint,
        (false, true) => Standing::Falling,
        (false, false) => Standing::Steady,
    }
}

fn theme(
    standing: Standing,
    group: &Group,
    test: Option<(f64, f64)>,
    compared: Compared<'_>,
    counted: &Counted,
) -> Theme {
    let members: Vec<&Candidate> = group
        .members
        .iter()
        .map(|member| &counted.candidates[*member])
        .collect();
    let name = members
        .first()
        .map(|first| first.surface.clone())
        .unwrap_or_default();
    let texts: BTreeSet<usize> = members
        .iter()
        .flat_map(|m| m.texts[NOW].iter().copied())
        .collect();
    let texts: Vec<usize> = texts.into_iter().collect();
    let users_with = |holds: fn(f64) -> bool| {
        let stars_fit = |text: &&usize| compared.now[**text].stars.is_some_and(holds);
        let users = texts
            .iter()
            .filter(stars_fit)
            .map(|text| counted.user_of_now[*text]);
        users.collect::<BTreeSet<usize>>().len() as u64
    };
    let shares: [Share; PARTS] = std::array::from_fn(|part| share(group, counted, part));
    let [now, earlier, unknown] = shares;
    let estimate = |share: Share| proportion::estimate(share.users, share.of);
    Theme {
        id: carry::id_of(&name),
        phrases: members
            .iter()
            .map(|member| member.surface.clone())
            .collect(),
        said_in: merge::longer(&counted.candidates, group)
            .into_iter()
            .map(|candidate| candidate.surface.clone())
            .collect(),
        keys: members.iter().map(|member| member.key.clone()).collect(),
        name,
        standing,
        share: estimate(now),
        share_earlier: estimate(earlier),
        share_unknown: estimate(unknown),
        difference: proportion::difference(now.users, now.of, earlier.users, earlier.of),
        z: test.map(|(z, _)| z),
        q: test.map(|(_, q)| q),
        low_users: users_with(|stars| stars <= 2.0),
        high_users: users_with(|stars| stars >= 4.0),
        quotes: quotes::quotes(compared.now, &texts),
    }
}
