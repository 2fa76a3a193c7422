//! How often the product breaks.

use super::metrics;

metrics! { Stability in STABILITY_GROUP:
    CRASH_FREE_SESSIONS = "crash_free_sessions", "Crash-free sessions", Rate, UpIsGood,
        shown_in [WeeklyKpis, WeeklyReport, HealthCheck, PlanningGoals],
        means "Of the sessions that told how they went, the share that did not end in a crash.",
        formula "sessions that did not end in a crash ÷ sessions with a session update",
        of "sessions that did not end in a crash", per "sessions with a session update",
        edge_cases [
            "It divides by the sessions that began in the window and sent at least one session update; sessions known from other events alone are not in it.",
            "Of several updates the one that ends the session counts. A session that never said how it ended counts as good, unless one of its errors was not handled by the app: then the process died before it could say so, and it has crashed.",
            "The SDK's own word for the end is believed: `crashed` alone is a crash; `exited` (closed as it should), `abnormal` (ended by the system) and `unhandled` (went on after an error that nobody caught) are none.",
            "A session belongs to the day of its start; updates of the 5 days after it still count, so that a closed week can still change.",
        ],
        interval "Wilson 95 %; difference Newcombe",
        fed_by "events of kind session with status", source "Sentry release health; Newcombe 1998";
    CRASH_FREE_USERS = "crash_free_users", "Crash-free users", Rate, UpIsGood,
        shown_in [WeeklyKpis, HealthCheck, PlanningGoals],
        means "Of the people who had a session, the share for whom none crashed.",
        formula "users without a crashed session ÷ users with a session update",
        of "users without a crashed session", per "users with a session update",
        edge_cases [
            "It divides by the distinct users with a session that began in the window and sent at least one session update, not by all active users.",
            "One crash is enough: a user with one crashed session of a hundred is not crash-free.",
            "A user on two releases counts once in the total; by release, once on each, by the sessions on that release.",
            "Sessions without a user are left out.",
        ],
        interval "Wilson 95 %; difference Newcombe",
        fed_by "events of kind session with status and user_id or anonymous_id", source "Sentry release health; Newcombe 1998";
    ERROR_RATE = "error_rate", "Sessions with errors", Rate, DownIsGood,
        shown_in [WeeklyKpis],
        means "Of the sessions that told how they went, the share in which something went wrong, crashes included.",
        formula "sessions with at least one error or a crash ÷ sessions with a session update",
        of "sessions with at least one error or a crash", per "sessions with a session update",
        edge_cases [
            "Ten errors in one session count once.",
            "Errors are those that the session's last update counts, and those that the app did not handle; sessions known from other events alone are not in it.",
            "Sessions that ended `crashed`, `abnormal` or `unhandled` count whether or not they named an error.",
            "A session belongs to the day of its start.",
        ],
        interval "Wilson 95 %; difference Newcombe",
        fed_by "events of kind session with status and errors", source "Sentry release health";
    USERS_WITH_ERRORS = "users_with_errors", "Users with errors", Rate, DownIsGood,
        shown_in [HealthCheck],
        means "Of the people who were active on the release, the share to whom the app reported an error.",
        formula "users with at least one event of kind error ÷ users seen on the release",
        of "users with at least one event of kind error", per "users seen on the release",
        edge_cases [
            "Ten errors of one person count once: only the first on each release is counted.",
            "Errors that the app caught count as well as those that it did not.",
            "Events without a user are left out.",
        ],
        interval "Wilson 95 %; difference Newcombe; ratio by a confidence sequence",
        fed_by "events of kind error with user_id or anonymous_id", source "field practice";
}
