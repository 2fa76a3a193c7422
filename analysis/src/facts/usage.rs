//! How many people use the product, by day, by week and by month.

use crate::days::Window;
use crate::facts::Question;
use crate::facts::presence::Presence;
use crate::facts::sightings::MONTH_DAYS;

/// Days of a week.
const WEEK_DAYS: i32 = 7;

/// Active users of each day of the windows known.
#[derive(Debug, Clone)]
pub(crate) struct Usage {
    window: Window,
    /// The first day of the windows known.
    first: i32,
    /// The first day of which anything is known; `None` where nothing is.
    pub(crate) since: Option<i32>,
    /// The first day that was not over.
    until: i32,
    daily: Vec<u64>,
    weekly: Vec<u64>,
    monthly: Vec<u64>,
    /// How many users were active on one day of the window, on two, and so on.
    pub(crate) active_days: Vec<u64>,
    /// The same of the window before.
    pub(crate) active_days_before: Vec<u64>,
}

impl Usage {
    pub(crate) fn of(question: &Question<'_>, presence: &Presence, since: Option<i32>) -> Self {
        let (window, known) = (question.window, question.known_days());
        let before = window.first_of(-1);
        Self {
            window,
            first: known.0,
            since,
            until: question.first_day_open(),
            daily: presence.trailing(1, known),
            weekly: presence.trailing(WEEK_DAYS, known),
            monthly: presence.trailing(MONTH_DAYS, known),
            active_days: presence.active_days((window.first, window.end())),
            active_days_before: presence.active_days((before, window.first)),
        }
    }

    /// Users by day, of the days that had any.
    pub(crate) fn by_day(&self) -> impl Iterator<Item = (i32, u64)> {
        let days = (self.first..).zip(&self.daily);
        days.filter_map(|(day, users)| (*users > 0).then_some((day, *users)))
    }

    /// The days of a window that were over, of those since when anything is known.
    fn days_of(&self, index: i32) -> std::ops::Range<i32> {
        let (from, to) = (self.window.first_of(index), self.window.first_of(index + 1));
        let since = self.since.unwrap_or(i32::MAX);
        from.max(since).max(self.first)..to.min(self.until)
    }

    fn on(&self, counts: &[u64], day: i32) -> Option<u64> {
        let place = usize::try_from(day.saturating_sub(self.first)).ok()?;
        counts.get(place).copied()
    }

    /// The mean over the days of a window of its daily users, and their sum.
    pub(crate) fn daily_mean(&self, index: i32) -> Option<(f64, u64)> {
        let days = self.days_of(index);
        let counted = days.len();
        let sum: u64 = days.filter_map(|day| self.on(&self.daily, day)).sum();
        (counted > 0).then(|| (sum as f64 / counted as f64, sum))
    }

    /// Users of the week that ends with the last day of a window.
    pub(crate) fn weekly(&self, index: i32) -> Option<u64> {
        self.on(&self.weekly, self.days_of(index).next_back()?)
    }

    /// Users of the month that ends with the last day of a window.
    pub(crate) fn monthly(&self, index: i32) -> Option<u64> {
        self.on(&self.monthly, self.days_of(index).next_back()?)
    }

    /// The mean over the days of a window of (daily users ÷ users of the month that ends with the
    /// day), and the month's users of the last of these days. Days with less than a month of data
    /// are left out.
    pub(crate) fn stickiness(&self, index: i32) -> Option<(f64, u64)> {
        let whole = self.since?.saturating_add(MONTH_DAYS - 1);
        let (mut sum, mut days, mut last) = (0.0, 0.0, 0);
        for day in self.days_of(index).filter(|day| *day >= whole) {
            let users = self
                .on(&self.daily, day)
                .zip(self.on(&self.monthly, day))
                .filter(|(_, monthly)| *monthly > 0);
            if let Some((daily, monthly)) = users {
                sum += daily as f64 / monthly as f64;
                days += 1.0;
                last = monthly;
            }
        }
        (days > 0.0).then(|| (sum / days, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two windows of a week, the first known day 100, one user on each day since `since`.
    fn usage(since: Option<i32>, until: i32) -> Usage {
        Usage {
            window: Window {
                first: 107,
                length: 7,
            },
            first: 100,
            since,
            until,
            daily: vec![1; 14],
            weekly: vec![2; 14],
            monthly: (0..14).map(|day| 4 + u64::from(day > 10)).collect(),
            active_days: Vec::new(),
            active_days_before: Vec::new(),
        }
    }

    #[test]
    fn a_window_without_a_whole_day_has_no_value() {
        let begun = usage(Some(1), 107);
        assert_eq!((begun.daily_mean(0), begun.weekly(0)), (None, None));
        assert_eq!((begun.monthly(0), begun.stickiness(0)), (None, None));
        assert_eq!(begun.daily_mean(-1), Some((1.0, 7)));
        let unknown = usage(None, 200);
        assert_eq!((unknown.daily_mean(0), unknown.stickiness(0)), (None, None));
    }

    #[test]
    fn days_that_are_not_over_and_those_before_all_data_are_left_out() {
        let mut usage = usage(Some(104), 110);
        usage.daily[3] = 9;
        assert_eq!(usage.daily_mean(-1), Some((1.0, 3)), "days 104 to 106");
        assert_eq!(usage.daily_mean(0), Some((1.0, 3)), "days 107 to 109");
        assert_eq!(usage.monthly(0), Some(4), "ends with day 109");
    }

    #[test]
    fn a_day_needs_a_month_of_data_up_to_it() {
        assert_eq!(usage(Some(87), 114).stickiness(0), None, "the 27th day");
        assert_eq!(usage(Some(86), 114).stickiness(0), Some((0.2, 5)));
        let whole = usage(Some(1), 114).stickiness(0).unwrap();
        assert!((whole.0 - (4.0 * 0.25 + 3.0 * 0.2) / 7.0).abs() < 1e-12);
    }
}
