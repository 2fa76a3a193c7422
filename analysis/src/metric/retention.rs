//! Who is still there after 1, 3, 7, 14, 28 and 30 days. A cohort is fixed by the week of each user's
//! first event, or by the release of it.

use super::metrics;

metrics! { Retention in RETENTION_GROUP:
    RETENTION_ON_DAY = "retention_on_day", "Retention on day N", Rate, UpIsGood,
        shown_in [WeeklyReport],
        means "Of the people who started together, the share who used the product again on exactly the Nth day after.",
        formula "cohort users active on calendar day N after their own first day ÷ cohort users whose day N is over",
        of "cohort users active on their day N", per "cohort users whose day N is over",
        edge_cases [
            "Day 0 is the calendar day of the user's first event ever, in the report's zone; N is 1, 3, 7, 14, 28 and 30.",
            "A user counts below the line only once their own day N is over and lies within the data; a cohort without any such user is left out; one in which nobody came back is shown as 0.",
            "The cohort is the calendar week of the first event, or the release of the first event; `unknown` where it named none. Weeks that begin before the history of the report are left out.",
            "All cohorts together weigh each by its users.",
            "In the first week that has data everybody counts as having come in it.",
        ],
        interval "Wilson 95 %; difference Newcombe",
        fed_by "any event with user_id or anonymous_id", source "Mixpanel, retention, On; PostHog, retention";
    RETENTION_IN_WINDOW = "retention_in_week", "Retention by week", Rate, UpIsGood,
        shown_in [KpiHistory],
        means "Of the people who first came in one week, the share who used the product in a later one.",
        formula "cohort users active in the week ÷ users whose first event ever lies in the cohort's week",
        of "cohort users active in the week", per "users whose first event ever lies in the cohort's week",
        edge_cases [
            "The cohort's own week is 1 by definition.",
            "Weeks are the report's: where it is asked about another span of days, the spans of that length before it.",
            "A week that is not over is left out, since more may still come.",
            "Somebody who came on the week's last day has had less time than somebody who came on its first: retention on day N does not know this difference.",
        ],
        interval "Wilson 95 %; difference Newcombe",
        fed_by "any event with user_id or anonymous_id", source "Mixpanel, retention by calendar week";
    RETENTION_FROM_DAY = "retention_from_day", "Retention from day N on (unbounded)", Rate, UpIsGood,
        shown_in [WeeklyReport],
        means "Of the people who started together, the share who used the product again on the Nth day after or later.",
        formula "cohort users active on calendar day N after their own first day or later ÷ cohort users whose day N is over",
        of "cohort users active on their day N or later", per "cohort users whose day N is over",
        edge_cases [
            "It is 1 minus the share lost by day N, and can still rise: somebody may come back later.",
            "A user counts below the line only once their own day N is over and lies within the data; a cohort without any such user is left out; one in which nobody came back is shown as 0.",
            "A day that is not over counts for those who came back on it.",
            "Younger cohorts have had less time to come back: compare cohorts at the same age alone.",
        ],
        interval "Wilson 95 %; difference Newcombe",
        fed_by "any event with user_id or anonymous_id", source "Mixpanel, retention, On or After";
    RETENTION_ROLLING = "retention_rolling_day", "Retention on day N, by the user's own clock (rolling)", Rate, UpIsGood,
        shown_in [WeeklyReport],
        means "Of the people who started together, the share who used the product again in the Nth 24 hours counted from their own first event.",
        formula "cohort users with an event from N × 24 h to (N + 1) × 24 h after their first one ÷ cohort users for whom that span is over",
        of "cohort users active in their Nth span of 24 hours", per "cohort users whose Nth span of 24 hours is over",
        edge_cases [
            "The clock starts at the first event itself and not at midnight, so an hour may move a user a day against retention on day N.",
            "A user counts below the line only once the whole span lies within the data; a cohort without any such user is left out; one in which nobody came back is shown as 0.",
        ],
        interval "Wilson 95 %; difference Newcombe",
        fed_by "any event with user_id or anonymous_id", source "Amplitude, retention analysis, rolling 24 hours";
}
