//! How far a release has come.

use super::metrics;

metrics! { Adoption in ADOPTION_GROUP:
    ADOPTION_USERS = "adoption_users", "Adoption, by users", Rate, UpIsGood,
        shown_in [WeeklyReport],
        means "Of the people who used the product on a day, the share who used it on this release.",
        formula "distinct users on the release on the day ÷ distinct users on the day",
        of "distinct users on the release on the day", per "distinct users on the day",
        edge_cases [
            "A user on two releases in one day counts on both of them and once below the line, so the shares of all releases can add up to more than 100 %.",
            "Where no event says who is active, it counts the authors of feedback instead, and the table says so.",
            "Events without a release are kept as `unknown`: in the total, and never a release.",
        ],
        interval "none: everybody is counted",
        fed_by "release and user_id or anonymous_id on events", source "Sentry release health, adoption";
    ADOPTION_SESSIONS = "adoption_sessions", "Adoption, by sessions", Rate, UpIsGood,
        shown_in [],
        means "Of the sessions that began on a day, the share on this release.",
        formula "sessions on the release that began on the day ÷ sessions that began on the day",
        of "sessions on the release", per "sessions",
        edge_cases [
            "A session is on one release, so the shares of all releases add up to 100 %, `unknown` included.",
        ],
        interval "none: every session is counted",
        fed_by "release and session_id on events", source "Sentry release health, adoption";
}
