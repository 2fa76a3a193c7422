//! How often and for how long the product is used.

use super::metrics;

metrics! { Sessions in SESSIONS_GROUP:
    SESSIONS = "sessions", "Sessions", Count, Neutral,
        shown_in [WeeklyKpis, WeeklyReport, PlanningGoals],
        means "How many spans of use there were in the window.",
        formula "distinct session ids in events of the window, and sessions that clients counted themselves",
        of "distinct session ids", per "",
        edge_cases [
            "A session with events on both sides of the window's edge counts in both windows.",
            "Sessions that a client counted itself (session_count) are added; a copy of such a count changes nothing.",
            "Events without a session id belong to no session.",
        ],
        interval "none: a count",
        fed_by "session_id on events, or events of kind session", source "field practice";
    SESSIONS_PER_USER = "sessions_per_user", "Sessions per user", PerUser, UpIsGood,
        shown_in [WeeklyKpis],
        means "How often a person uses the product in the window, on average.",
        formula "sessions that began in the window ÷ users with such a session",
        of "sessions that began in the window", per "users with a session that began in the window",
        edge_cases [
            "A session begins when its updates say that it did, else with the first of them; without any update, with its first event.",
            "A session in which several users were seen belongs to that of its update, else to that of its last event.",
            "Sessions without a user, and those that a client counted itself, are left out above the line as they are below.",
            "People who had no session are not in it: it never falls below 1.",
        ],
        interval "Student t 95 % over users; difference Welch",
        fed_by "session_id and user_id or anonymous_id on events", source "field practice";
    SESSION_MINUTES = "session_minutes_median", "Median session length", Minutes, Neutral,
        shown_in [WeeklyKpis],
        means "How long a usual session lasts: half of them are shorter, half longer.",
        formula "median over sessions of (session_duration_ms, else last event minus beginning) in minutes",
        of "length of each session that began in the window", per "sessions that began in the window and have a length",
        edge_cases [
            "Open sessions, whose last update does not say that they ended, are left out, unless an error in them was not caught; so are sessions that name no duration and between whose events no time passed.",
            "A session without any update lasted from its first event to its last.",
            "A crashed session counts as long as it lasted.",
            "A session belongs to the window of its start, with all its length.",
        ],
        interval "order statistics 95 %",
        fed_by "session updates with a duration, or several events with one session_id", source "Conover 1999, quantile interval";
}
