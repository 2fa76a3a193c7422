//! How many people use the product, and how often they come back to it.

use super::metrics;

metrics! { Users in USERS_GROUP:
    ACTIVE_USERS = "active_users", "Active users", Users, UpIsGood,
        shown_in [WeeklyKpis, WeeklyReport, PlanningGoals],
        means "How many different people used the product in the window.",
        formula "distinct users with at least one event in the window",
        of "distinct users with at least one event", per "",
        edge_cases [
            "A user who is on two releases in one day, or in one week, counts once in the total; in tables by release the user counts once on each of them, so those rows can add up to more than the total.",
            "A user is user_id where it is known, else anonymous_id; ids that an identify event ties together (a sign-in, or an alias for an earlier id) are one user, from the first event of either on; an ordinary event with both ids ties nothing.",
            "Every kind of event makes a user active: usage, error, session update, identify. Feedback alone does not.",
            "An event that was stored twice changes nothing; events without any id of a user are left out.",
        ],
        interval "none: a count",
        fed_by "any event with user_id or anonymous_id", source "field practice";
    DAILY_ACTIVE_USERS = "daily_active_users", "Daily active users (DAU)", Users, UpIsGood,
        shown_in [WeeklyKpis, KpiHistory],
        means "How many different people used the product on a day; of a window, on a usual day of it.",
        formula "distinct users with at least one event on the day; of a window the mean over its days",
        of "distinct users with at least one event on the day", per "",
        edge_cases [
            "The day is a calendar day in the report's zone; it has 23 or 25 hours where clocks change.",
            "A session across midnight makes its user active on both days only if it has events on both.",
            "A user on several releases that day counts once.",
            "A window's mean leaves out a day that is not over, and one before the first event of all; without any other day there is no value.",
            "The n of a window is the sum over these days.",
        ],
        interval "none: counts of everybody",
        fed_by "any event with user_id or anonymous_id", source "Statsig, metrics by user";
    WEEKLY_ACTIVE_USERS = "weekly_active_users", "Weekly active users (WAU)", Users, UpIsGood,
        shown_in [WeeklyKpis],
        means "How many different people used the product in the seven days that end with the last day of the window.",
        formula "distinct users with at least one event on the day or the 6 days before",
        of "distinct users with at least one event in 7 days", per "",
        edge_cases [
            "Seven trailing days, the day itself included; of a window that is one week they are its active users.",
            "A user who was active on several of the days counts once.",
            "Where the window is not over, the seven days end with its last whole day; without any it has no value.",
            "Where fewer than seven days of data end with the day, it counts those that there are.",
        ],
        interval "none: a count",
        fed_by "any event with user_id or anonymous_id", source "Statsig, metrics by user";
    MONTHLY_ACTIVE_USERS = "monthly_active_users", "Monthly active users (MAU)", Users, UpIsGood,
        shown_in [WeeklyKpis],
        means "How many different people used the product in the 28 days that end with the last day of the window.",
        formula "distinct users with at least one event on the day or the 27 days before",
        of "distinct users with at least one event in 28 days", per "",
        edge_cases [
            "28 trailing days and not a calendar month: each holds four of every day of the week, so months can be compared.",
            "A user who was active on several of the days counts once.",
            "Where the window is not over, the 28 days end with its last whole day; without any it has no value.",
            "Where fewer than 28 days of data end with the day, it counts those that there are; stickiness leaves such days out.",
        ],
        interval "none: a count",
        fed_by "any event with user_id or anonymous_id", source "Statsig, metrics by user";
    STICKINESS = "stickiness", "Stickiness (DAU of MAU)", Rate, UpIsGood,
        shown_in [WeeklyKpis],
        means "Of the people who use the product in a month, the share who use it on a usual day.",
        formula "mean over the window's days of (DAU of the day ÷ MAU of the 28 days that end with it)",
        of "daily active users", per "monthly active users",
        edge_cases [
            "A day with fewer than 28 days of data up to it is left out, since its MAU would be too small; a window without any other day has no value.",
            "A day that is not over is left out.",
            "1 means that everybody comes every day; 1/28 that everybody came once.",
            "Its n is the MAU of the last day counted.",
        ],
        interval "none: both counts are of everybody",
        fed_by "any event with user_id or anonymous_id", source "Pendo, product engagement score";
    ACTIVE_DAYS = "active_days", "Active days per user", Users, Neutral,
        shown_in [WeeklyReport],
        means "How many people used the product on exactly one day of the window, on exactly two, and so on.",
        formula "for each k: users with events on exactly k days of the window",
        of "users with events on exactly k days", per "",
        edge_cases [
            "Exact, not at least: each active user stands in one row, so the rows add up to the window's active users.",
            "Several sessions on one day are one active day.",
        ],
        interval "none: counts",
        fed_by "any event with user_id or anonymous_id", source "PostHog, stickiness";
}
