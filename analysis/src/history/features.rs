//! Users of features by window.

use std::collections::BTreeMap;

use lake::columns::FEATURE;

use crate::error::Result;
use crate::facts::Question;
use crate::rollup::{NONE, Names, Rollup, USER};

/// Features that are told of: those with the most users in any window.
const FEATURES_MAX: usize = 200;

/// Distinct users by feature and window index.
pub(super) fn users_by_window(question: &Question<'_>) -> Result<BTreeMap<(String, i32), u64>> {
    let mut names = Names::default();
    let mut counts: BTreeMap<(u32, i32), u64> = BTreeMap::new();
    for index in 1 - question.windows..=0 {
        for (feature, users) in users_of(question, index, &mut names)? {
            counts.insert((feature, index), users);
        }
    }
    let mut most: BTreeMap<u32, u64> = BTreeMap::new();
    for ((feature, _), users) in &counts {
        let most = most.entry(*feature).or_default();
        *most = (*most).max(*users);
    }
    let mut by_users: Vec<(u64, u32)> = most.into_iter().map(|(name, n)| (n, name)).collect();
    by_users.sort_unstable_by_key(|(users, name)| (u64::MAX - users, names.text(*name)));
    by_users.truncate(FEATURES_MAX);
    let told: Vec<u32> = by_users.into_iter().map(|(_, name)| name).collect();
    let told = |name: u32| names.text(name).filter(|_| told.contains(&name));
    let counts = counts.into_iter().filter_map(|((name, index), users)| {
        let name = told(name)?;
        Some(((name.to_owned(), index), users))
    });
    Ok(counts.collect())
}

/// Distinct users of each feature in one window.
fn users_of(question: &Question<'_>, index: i32, names: &mut Names) -> Result<BTreeMap<u32, u64>> {
    let window = question.window;
    let days = (window.first_of(index), window.first_of(index + 1));
    // Feature and user in one number, which sorts faster than two.
    let mut uses: Vec<u64> = Vec::new();
    let (rollups, of) = (&question.rollups, question.of());
    let columns = [USER, FEATURE];
    rollups.read(Rollup::FeatureDay, days, &columns, of, names, |piece, _| {
        let (users, features) = (piece.texts(USER), piece.texts(FEATURE));
        let named = piece.rows().filter(|row| users[*row] != NONE);
        uses.extend(named.map(|row| u64::from(features[row]) << 32 | u64::from(users[row])));
        Ok(())
    })?;
    uses.sort_unstable();
    uses.dedup();
    let mut counts = BTreeMap::new();
    for of_feature in uses.chunk_by(|a, b| a >> 32 == b >> 32) {
        let feature = of_feature.first().map_or(0, |key| key >> 32);
        let feature = u32::try_from(feature).unwrap_or(NONE);
        counts.insert(feature, of_feature.len() as u64);
    }
    Ok(counts)
}
