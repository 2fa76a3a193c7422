//! How releases go out: the five DORA keys, cadence and slip, scope and goals, and whether smaller
//! releases did better. They have a window of their own and no week before.

use super::metrics;

metrics! { Delivery in DELIVERY_GROUP:
    DEPLOYMENTS = "deployments", "Deployments", Count, Neutral,
        shown_in [WeeklyReport],
        means "How many times a release went out.",
        formula "deployments in the window",
        of "deployments", per "",
        edge_cases [
            "A release went out when it was marked as `deployed` or `hotfix` (`shipwake release mark`); where it has no mark, at released_at of its release record.",
            "A release that is marked as deployed twice went out once, unless it was rolled back in between.",
        ],
        interval "none: a count",
        fed_by "release records with released_at, or `shipwake release mark VERSION deployed`", source "dora.dev, deployment frequency";
    DEPLOYMENT_GAP_DAYS = "deployment_gap_days", "Median time between deployments", Days, Neutral,
        shown_in [WeeklyReport],
        means "How many days usually lie between two deployments.",
        formula "median of the days between deployments that follow each other",
        of "days from a deployment to the next one", per "pairs of deployments",
        edge_cases [
            "Median of the days between deployments of the window that follow each other.",
        ],
        interval "order statistics 95 %, from 6 on",
        fed_by "release records with released_at, or `shipwake release mark VERSION deployed`", source "dora.dev, deployment frequency; Conover 1999";
    LEAD_TIME_HOURS = "lead_time_hours", "Median lead time of changes", Hours, DownIsGood,
        shown_in [WeeklyReport],
        means "How long a change usually waits until users have it.",
        formula "median of the hours from a change to the first deployment of its release",
        of "hours from a change to the first deployment of its release", per "changes",
        edge_cases [
            "Median over all changes that first went out in the window.",
            "A change is a commit of the release's record; where a record has none, an item of its scope from the moment at which the backlog first said that it is worked on.",
            "Times of 0 and below (automated changes, clocks that differ) are left out.",
        ],
        interval "order statistics 95 %, from 6 on",
        fed_by "`shipwake release add VERSION --git REPO`, or backlog items with a status such as in progress", source "dora.dev, change lead time; GoogleCloudPlatform/fourkeys METRICS.md; Conover 1999";
    CHANGE_FAIL_RATE = "change_fail_rate", "Change-fail rate", Rate, DownIsGood,
        shown_in [WeeklyReport],
        means "Of the times that a release went out, the share that had to be repaired.",
        formula "deployments that failed ÷ deployments",
        of "deployments that failed", per "deployments",
        edge_cases [
            "A deployment failed when its release was rolled back, when a hotfix that links to it went out within 7 days, or when `shipwake health check` says fail of it.",
        ],
        interval "Wilson 95 %, from 5 deployments on",
        fed_by "`shipwake release mark VERSION rolled-back`, `shipwake release mark FIX hotfix --of VERSION`", source "dora.dev, change fail rate; Wilson 1927";
    RECOVERY_HOURS = "recovery_hours", "Median recovery time", Hours, DownIsGood,
        shown_in [WeeklyReport],
        means "How long users usually have to wait until a deployment that failed is repaired.",
        formula "median of the hours from a deployment that failed until users were fine again",
        of "hours from a deployment that failed until users were fine again", per "deployments that failed and were repaired",
        edge_cases [
            "It ends with the mark `restored`. Where there is none, it ends once users are on the repairing release: with the first hour in which that release had 90 % of the sessions of both releases, counted over the 24 hours before (at least 20 sessions).",
            "The repairing release is the hotfix, else the one that was out before a rollback, else the next one.",
        ],
        interval "order statistics 95 %, from 6 on",
        fed_by "`shipwake release mark VERSION restored`, or events with a release and session_id", source "dora.dev, failed deployment recovery time; Conover 1999";
    REWORK_RATE = "rework_rate", "Deployment rework rate", Rate, DownIsGood,
        shown_in [WeeklyReport],
        means "Of the times that a release went out, the share that went out only to repair another release.",
        formula "deployments of a hotfix ÷ deployments",
        of "deployments of a hotfix", per "deployments",
        edge_cases [
            "Share of deployments that were made to repair another release.",
        ],
        interval "Wilson 95 %, from 5 deployments on",
        fed_by "`shipwake release mark VERSION hotfix --of BROKEN`", source "dora.dev, deployment rework rate; Wilson 1927";
    RELEASE_SLIP_DAYS = "release_slip_days", "Median slip of releases", Days, DownIsGood,
        shown_in [WeeklyReport],
        means "How many days later than planned a release usually goes out.",
        formula "median of the days from the planned day to the day of the first deployment",
        of "days from the planned day to the day of the first deployment", per "releases with a planned date",
        edge_cases [
            "Median over releases that first went out in the window and had a planned date; days of the report's zone, below 0 is ahead of the plan.",
        ],
        interval "order statistics 95 %, from 6 on",
        fed_by "planned_at and released_at of release records", source "field practice; Conover 1999";
    FIRST_SEEN_LAG_HOURS = "first_seen_lag_hours", "Median lag from publication to first use", Hours, DownIsGood,
        shown_in [WeeklyReport],
        means "How long it usually takes from the publication of a release until somebody uses it.",
        formula "median of the hours from the first deployment of a release to its first event or feedback",
        of "hours from the first deployment of a release to its first event or feedback", per "releases that were seen",
        edge_cases [
            "Median over releases that first went out in the window; releases seen before they went out are left out.",
        ],
        interval "order statistics 95 %, from 6 on",
        fed_by "release on events and feedback, and released_at or a mark deployed", source "field practice; Conover 1999";
    SCOPE_SHIPPED = "scope_shipped", "Planned items that shipped", Rate, UpIsGood,
        shown_in [WeeklyReport],
        means "Of the items that were planned for releases, the share that is done.",
        formula "items that the backlog says are done ÷ items planned for releases of the window",
        of "items that the backlog says are done", per "items planned for releases of the window",
        edge_cases [
            "Planned for a release are the items of its scope and those whose target it is; items that the backlog does not know are left out.",
        ],
        interval "Wilson 95 %, from 5 items on",
        fed_by "scope of release records, and status of backlog items", source "field practice; Wilson 1927";
    GOALS_MET = "goals_met", "Goals met", Rate, UpIsGood,
        shown_in [WeeklyReport],
        means "Of the goals that releases promised, the share that was met.",
        formula "goals met ÷ goals that could be judged",
        of "goals met", per "goals that could be judged",
        edge_cases [
            "Goals of releases that first went out in the window, judged as in the planning report; goals with too few data are left out.",
        ],
        interval "Wilson 95 %, from 5 goals on",
        fed_by "goals of release records", source "field practice; Wilson 1927";
    SIZE_AND_FAILURE = "size_and_failure", "Scope size against failure", Correlation, Neutral,
        shown_in [WeeklyReport],
        means "Whether releases with more items fail more often.",
        formula "Spearman's rank correlation of items in scope and failed (0 or 1)",
        of "rank correlation of items in scope and failed (0 or 1)", per "releases with a scope",
        edge_cases [
            "Spearman's correlation over releases that first went out in the window and have a scope; above 0 says that smaller releases failed less.",
        ],
        interval "Fisher z with Bonett and Wright's variance 95 %, from 10 releases on",
        fed_by "scope of release records and marks", source "Spearman 1904; Bonett and Wright 2000";
    SIZE_AND_LOW_RATINGS = "size_and_low_ratings", "Scope size against low ratings", Correlation, Neutral,
        shown_in [WeeklyReport],
        means "Whether releases with more items are followed by more bad ratings.",
        formula "Spearman's rank correlation of items in scope and the change of the share of 1- and 2-star ratings",
        of "rank correlation of items in scope and the change of the share of 1- and 2-star ratings", per "releases with a scope and a comparison",
        edge_cases [
            "Spearman's correlation over releases that first went out in the window, have a scope and are compared with the release before; above 0 says that smaller releases pleased more.",
        ],
        interval "Fisher z with Bonett and Wright's variance 95 %, from 10 releases on",
        fed_by "scope of release records, and feedback of kind rating with a release", source "Spearman 1904; Bonett and Wright 2000";
}
