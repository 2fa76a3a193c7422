//! Who came, stayed, returned and left. New, returning and resurrected users add up to the active
//! users of the period.

use super::metrics;

metrics! { Lifecycle in LIFECYCLE_GROUP:
    NEW_USERS = "new_users", "New users", Users, UpIsGood,
        shown_in [WeeklyKpis],
        means "How many people used the product for the first time ever.",
        formula "users active in the period whose first event ever lies in it",
        of "users whose first event ever lies in the period", per "",
        edge_cases [
            "First means the user's first event of any kind in the app and environment, not the day on which an account was made.",
            "In the first period that has data everybody is new.",
            "New, returning and resurrected users add up to the active users of the period.",
        ],
        interval "none: a count",
        fed_by "any event with user_id or anonymous_id", source "PostHog, lifecycle, with the first event in place of the person's creation";
    RETURNING_USERS = "returning_users", "Returning users", Users, UpIsGood,
        shown_in [WeeklyKpis],
        means "How many people used the product in this period and in the one just before.",
        formula "users active in the period and in the period before",
        of "users active in both periods", per "",
        edge_cases [
            "The period before has the same length: yesterday for a day, last week for a week.",
        ],
        interval "none: a count",
        fed_by "any event with user_id or anonymous_id", source "PostHog, lifecycle";
    RESURRECTED_USERS = "resurrected_users", "Resurrected users", Users, UpIsGood,
        shown_in [WeeklyKpis],
        means "How many people came back after at least one whole period away.",
        formula "users active in the period, not in the one before, and active in an earlier one",
        of "users active in the period and before the period before it", per "",
        edge_cases [
            "Somebody without any earlier event is new and not resurrected.",
        ],
        interval "none: a count",
        fed_by "any event with user_id or anonymous_id", source "PostHog, lifecycle";
    DORMANT_USERS = "dormant_users", "Dormant users", Users, DownIsGood,
        shown_in [WeeklyKpis],
        means "How many people used the product in the period before and not in this one.",
        formula "users active in the period before, and not in this one",
        of "users active in the period before alone", per "",
        edge_cases [
            "They are no part of the period's active users; charts draw them below zero.",
            "Left out while the period is not over: until then everybody may still come.",
        ],
        interval "none: a count",
        fed_by "any event with user_id or anonymous_id", source "PostHog, lifecycle";
}
