//! How many get through a row of steps.

use super::metrics;

metrics! { Funnels in FUNNELS_GROUP:
    FUNNEL_CONVERSION = "funnel_conversion", "Funnel conversion", Rate, UpIsGood,
        shown_in [FunnelCommand],
        means "Of the people who took the first step, the share who took all the others in order and in time.",
        formula "users who took every step in order within the time allowed ÷ users who took the first step in the window",
        of "users who took every step in order and in time", per "users who took the first step in the window",
        edge_cases [
            "A step is a usage event. It counts only after the one before it; other events may lie between, and one event is one step.",
            "Events of one instant count in the order of the steps: clocks of clients often tell whole seconds.",
            "The time allowed runs from the first step to the last, its end included; steps after the window count.",
            "A user counts once, by the try that came furthest, of equals by the first; each first step in the window begins a try.",
            "Somebody whose try has time left, and who is not through, is left out of both parts.",
        ],
        interval "Wilson 95 %",
        fed_by "events with a name and user_id or anonymous_id", source "field practice";
    FUNNEL_STEP = "funnel_step_conversion", "Funnel step conversion", Rate, UpIsGood,
        shown_in [FunnelCommand],
        means "Of the people who reached a step of a funnel, the share who reached the next one.",
        formula "users who reached the next step in order and in time ÷ users who reached the step",
        of "users who reached the next step", per "users who reached the step",
        edge_cases [
            "The product of all steps is the funnel's conversion.",
            "The median time stands beside it: from the step before to this one, of those who reached it.",
        ],
        interval "Wilson 95 %",
        fed_by "events with a name and user_id or anonymous_id", source "field practice";
}
