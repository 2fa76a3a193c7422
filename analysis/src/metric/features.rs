//! Whether what was built is used. A feature is used when one of its events comes; a backlog item
//! names them as its feature events.

use super::metrics;

metrics! { Features in FEATURES_GROUP:
    FEATURE_REACH = "feature_reach", "Feature reach on a release", Rate, UpIsGood,
        shown_in [PlanningGoals],
        means "Of the people who used a release, the share who used the feature on it.",
        formula "distinct users who sent the event on the release ÷ distinct users active on the release",
        of "distinct users who sent the event on the release", per "distinct users active on the release",
        edge_cases [
            "A goal names the event: feature_reach:export_pdf.",
            "It counts from the release's day to as_of; using the feature on another release does not count.",
        ],
        interval "Wilson 95 %",
        fed_by "events with a name, release and user_id or anonymous_id", source "field practice";
    FEATURE_USERS = "feature_users", "Users of a feature (breadth)", Users, UpIsGood,
        shown_in [WeeklyReport, KpiHistory],
        means "How many different people used the feature in the window.",
        formula "distinct users with at least one event of the feature in the window",
        of "distinct users with an event of the feature", per "",
        edge_cases [
            "A feature is a usage event, or the events that a backlog item names together; it counts a user once, whichever of them came.",
            "Listed are the most used ones, and those that the backlog and the goals of releases name.",
        ],
        interval "none: a count",
        fed_by "events with a name and user_id or anonymous_id", source "field practice";
    FEATURE_ELIGIBLE_SHARE = "feature_eligible_share", "Feature adoption among eligible users", Rate, UpIsGood,
        shown_in [WeeklyReport],
        means "Of the people who could use the feature, the share who did.",
        formula "eligible users with an event of the feature in the window ÷ users active in the window on a release that has the feature",
        of "eligible users with an event of the feature in the window", per "users active on a release that has the feature",
        edge_cases [
            "Eligible are users active in the window on the release in which the feature shipped or on a newer one; others could not have used it. Who may use it by plan or platform no record says, so all of them count.",
            "It shipped in the oldest release whose scope or goals hold one of its backlog items; where no record says so, that is the oldest release on which its event was seen in the 13 weeks up to the window's end.",
            "Where its event came without a release alone, all active users are eligible.",
        ],
        interval "Wilson 95 %; difference Newcombe",
        fed_by "events with a name, release and user_id or anonymous_id", source "field practice";
    FEATURE_DEPTH = "feature_depth_median", "Uses per user of a feature (depth)", PerUser, UpIsGood,
        shown_in [WeeklyReport],
        means "How often a usual user of the feature used it in the window.",
        formula "median over the feature's users of (events of the feature by the user)",
        of "events of the feature, by user", per "users of the feature",
        edge_cases [
            "People who never used it are left out: how many they are is said by feature adoption.",
            "The 90th percentile stands beside it, since a few heavy users pull a mean: the least number of uses that nine in ten do not exceed.",
        ],
        interval "order statistics 95 %",
        fed_by "events with a name and user_id or anonymous_id", source "Conover 1999, quantile interval";
    FEATURE_FIRST_USE_DAYS = "feature_first_use_days", "Time to first use of a feature", Days, DownIsGood,
        shown_in [WeeklyReport],
        means "How long it takes until half of those who get the feature have used it.",
        formula "Kaplan-Meier median of (day of the first event of the feature minus day of the first event on a release that has it)",
        of "days from the first chance to the first use", per "eligible users",
        edge_cases [
            "Eligible are users whose first day on a release that has it lies in the 12 weeks up to the window's end; which releases have it is said by feature adoption.",
            "Users who have not used it yet count as still waiting at the day of their last event, and not as never; who used it before that release waited 0 days.",
            "No value while fewer than half are known to have used it.",
        ],
        interval "Brookmeyer-Crowley 95 %, of the log-log interval",
        fed_by "events with a name, release and user_id or anonymous_id", source "Kaplan and Meier 1958; Brookmeyer and Crowley 1982";
    FEATURE_REPEAT_SHARE = "feature_repeat_share", "Repeat use of a feature", Rate, UpIsGood,
        shown_in [WeeklyReport],
        means "Of the people who used the feature, the share who used it again on another day.",
        formula "users with events of the feature on two days or more ÷ users of the feature",
        of "users with events of the feature on two days or more", per "users of the feature",
        edge_cases [
            "Ten uses on one day are one day.",
            "Somebody whose first use in the window was on its last day has had no other day yet, and is left out.",
        ],
        interval "Wilson 95 %; difference Newcombe",
        fed_by "events with a name and user_id or anonymous_id", source "field practice";
    FEATURE_KEPT_SHARE = "feature_kept_share", "Feature still used after 4 weeks", Rate, UpIsGood,
        shown_in [WeeklyReport],
        means "Of the people who tried the feature, the share who still use it four weeks later.",
        formula "users with an event of the feature on day 28 after their first or later ÷ users who first used it in the 12 weeks up to the window's end and whose day 28 is over",
        of "users with an event of the feature from day 28 on", per "users who first used it in the last 12 weeks and whose day 28 is over",
        edge_cases [
            "Day 0 is the calendar day of the user's first event of the feature ever; first uses from before those 12 weeks are left out, so that the figure speaks of now.",
            "A user counts below the line only once 28 days have passed since the first use; a feature without any such user is left out; one that nobody went on using is shown as 0.",
        ],
        interval "Wilson 95 %; difference Newcombe",
        fed_by "events with a name and user_id or anonymous_id", source "field practice, retained adoption";
    FEATURE_RECENT_SHARE = "feature_recent_share", "Recent use of a shipped feature", Rate, UpIsGood,
        shown_in [WeeklyReport, PlanningReport],
        means "Of the people who could use a feature that has been out for 30 days, the share who did in the last 30 days.",
        formula "eligible users with an event of the feature in the last 30 days ÷ users active in those days on a release that has the feature",
        of "eligible users with an event of the feature in 30 days", per "users active in 30 days on a release that has the feature",
        edge_cases [
            "Features below a stated share (`features.used_share_min` of the configuration, 5 % unless it says otherwise) are candidates to simplify or remove; those whose whole interval lies below are marked.",
            "The 30 days end with the window. A feature is judged once 30 days have passed since its release, or since its event was first seen where no record names it; and not with fewer than 30 eligible users.",
            "Which releases have it is said by feature adoption.",
            "A feature of which no event ever came is listed with 0 and marked: maybe the app does not send it.",
        ],
        interval "Wilson 95 %",
        fed_by "events with a name, release and user_id or anonymous_id", source "field practice";
}
