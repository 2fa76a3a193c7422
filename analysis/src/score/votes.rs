//! Scores of what customers say: importance, votes, and whom an item touches.

use std::collections::BTreeMap;

/// Productboard's customer importance score: over distinct users the sum of their latest importance,
/// 0 to 3; a user who set none counts 1. `said` is (user, importance) in order of time.
/// Source: support.productboard.com, article 360058215013.
#[must_use]
pub(crate) fn productboard_impact(said: &[(&str, Option<u8>)]) -> u64 {
    let mut latest: BTreeMap<&str, u8> = BTreeMap::new();
    for (user, importance) in said {
        latest.insert(user, importance.unwrap_or(1).min(3));
    }
    latest.into_values().map(u64::from).sum()
}

/// Fider's "trending": ((5 v + 3 c) − 1) ÷ (age in hours + 2)^1.4, with the votes and comments of the
/// last 30 days. Source: getfider/fider, app/services/sqlstore/postgres/common.go.
#[must_use]
pub(crate) fn fider_trending(votes: f64, comments: f64, age_hours: f64) -> f64 {
    let said = 5.0 * votes + 3.0 * comments - 1.0;
    said / (age_hours.max(0.0) + 2.0).powf(1.4)
}

/// Whom an item touches, each as a share of all in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CustomerImpact {
    /// Of the yearly revenue.
    pub(crate) revenue: f64,
    /// Of the accounts.
    pub(crate) accounts: f64,
    /// Of the accounts that may leave.
    pub(crate) at_risk: f64,
    /// Whether it is of strategic worth.
    pub(crate) strategic: bool,
}

/// The customer-impact score, 0 to 100: 0.40 revenue + 0.25 accounts + 0.20 accounts at risk, which
/// count double up to the whole, + 0.15 strategic. Source: "customer success and product alignment",
/// reworkcontent.
#[must_use]
pub(crate) fn customer_impact(of: CustomerImpact) -> f64 {
    const CHURN_COEFFICIENT: f64 = 2.0;
    let at_risk = (CHURN_COEFFICIENT * of.at_risk).min(1.0);
    let strategic = if of.strategic { 1.0 } else { 0.0 };
    100.0 * (0.40 * of.revenue + 0.25 * of.accounts + 0.20 * at_risk + 0.15 * strategic)
}
