//! The one place that spells each column. Everything else names these constants.

macro_rules! columns {
    ($($(#[$doc:meta])+ $konst:ident = $name:literal;)+) => {
        $($(#[$doc])+ pub const $konst: &str = $name;)+
    };
}

columns! {
    /// Partition: UTC day of the client's own instant (events, feedback); of arrival elsewhere.
    DAY = "day";
    /// The app that the key belongs to.
    APP = "app";
    /// The idempotency key.
    EVENT_ID = "event_id";
    /// Event kind, feedback kind or the team's kind of backlog item.
    KIND = "kind";
    /// What happened.
    NAME = "name";
    /// The known user.
    USER_ID = "user_id";
    /// The id of somebody not known by name.
    ANONYMOUS_ID = "anonymous_id";
    /// The session.
    SESSION_ID = "session_id";
    /// The version as shipped to users.
    RELEASE = "release";
    /// The build of that version.
    BUILD = "build";
    /// production, staging, …
    ENVIRONMENT = "environment";
    /// stable, beta, …
    CHANNEL = "channel";
    /// ios, android, web, …
    PLATFORM = "platform";
    /// A BCP 47 tag.
    LOCALE = "locale";
    /// When it happened, corrected for the client's skew.
    OCCURRED_AT = "occurred_at";
    /// When it happened by the client's own clock.
    CLIENT_AT = "client_at";
    /// When the client says that it sent it.
    SENT_AT = "sent_at";
    /// When it reached Shipwake.
    RECEIVED_AT = "received_at";
    /// Why the client's instant was not used: absent, too_old, future.
    CLOCK_FLAG = "clock_flag";
    /// The SDK that sent it.
    SDK_NAME = "sdk_name";
    /// Its version.
    SDK_VERSION = "sdk_version";
    /// native, import, posthog, …
    PROTOCOL = "protocol";
    /// The id (never the secret) of the key that sent it.
    KEY_ID = "key_id";
    /// fatal, error, warning, info, debug.
    LEVEL = "level";
    /// Whether the app caught the error.
    HANDLED = "handled";
    /// What groups equal errors.
    FINGERPRINT = "fingerprint";
    /// ok, exited, crashed, abnormal, unhandled.
    SESSION_STATUS = "session_status";
    /// Errors in the session so far.
    SESSION_ERRORS = "session_errors";
    /// When the session began.
    SESSION_STARTED_AT = "session_started_at";
    /// How long the session lasted, in milliseconds.
    SESSION_DURATION_MS = "session_duration_ms";
    /// The order of this update in its session.
    SESSION_SEQUENCE = "session_sequence";
    /// How many sessions the row stands for; null means one.
    SESSION_COUNT = "session_count";
    /// Everything else, JSON text of one object.
    PROPERTIES = "properties";
    /// Hash of what the client said, without what a retry changes.
    CONTENT_HASH = "content_hash";
    /// The ingest node that wrote the row.
    NODE = "node";
    /// The node's WAL position of the frame that the row came in.
    POSITION = "position";
    /// The order of the row within its frame.
    FRAME_ROW = "frame_row";
    /// The score, on the scale below.
    SCORE = "score";
    /// The worst score of the scale.
    SCALE_MIN = "scale_min";
    /// The best score of the scale.
    SCALE_MAX = "scale_max";
    /// What was said.
    TEXT = "text";
    /// Which feature it speaks of.
    FEATURE = "feature";
    /// Which page or screen it was given on.
    PAGE = "page";
    /// The survey that it answers.
    SURVEY_ID = "survey_id";
    /// The words of the question.
    QUESTION = "question";
    /// The feedback that a reply answers.
    PARENT_ID = "parent_id";
    /// When the team answered.
    REPLIED_AT = "replied_at";
    /// How many others agreed.
    VOTES = "votes";
    /// Where it was given: native, widget, google_play, …
    SOURCE = "source";
    /// The version of a release record.
    VERSION = "version";
    /// When the release is to ship.
    PLANNED_AT = "planned_at";
    /// When the release shipped.
    RELEASED_AT = "released_at";
    /// big_bang, push, pull, phased.
    ROLLOUT = "rollout";
    /// Stages of a phased rollout, JSON text of a list.
    STAGES = "stages";
    /// Backlog items in the release, JSON text of a list.
    SCOPE = "scope";
    /// What the release promised, JSON text of a list.
    GOALS = "goals";
    /// Who answers for it.
    OWNER = "owner";
    /// What to tell users.
    NOTES = "notes";
    /// Go/no-go checklist, JSON text of a list.
    CHECKLIST = "checklist";
    /// How each check of a release stood when it was decided, JSON text of a list.
    CHECKS = "checks";
    /// When the release's changes were committed, JSON text of a list of instants.
    COMMITS = "commits";
    /// Who wrote the record.
    AUTHOR = "author";
    /// What was done with a release: deployed, hotfix, rolled_back, restored.
    MARK = "mark";
    /// When it was done.
    MARKED_AT = "marked_at";
    /// The release that a hotfix repairs, or whose users are fine again.
    OF_VERSION = "of_version";
    /// Why, in the team's words.
    NOTE = "note";
    /// What was decided about an item of a plan: accepted, added, removed, re_estimated.
    CHANGE = "change";
    /// Which plan an item was accepted with.
    PLAN_ID = "plan_id";
    /// When it was decided.
    CHANGED_AT = "changed_at";
    /// What the item was worth then: reach × impact × confidence.
    VALUE = "value";
    /// The person-days that the release holds.
    CAPACITY_PERSON_DAYS = "capacity_person_days";
    /// Who decided it.
    DECIDED_BY = "decided_by";
    /// Person-days that a backlog item has taken.
    SPENT_PERSON_DAYS = "spent_person_days";
    /// The piece of feedback that a label or a link speaks of.
    FEEDBACK_ID = "feedback_id";
    /// What a person says that it is: bug_report, feature_request, praise, other; withdrawn takes
    /// back what was said before.
    LABEL = "label";
    /// When that was said.
    LABELLED_AT = "labelled_at";
    /// What a person says of a piece and an item, or of two items: confirmed, rejected, merged;
    /// withdrawn takes back what was said before.
    LINK = "link";
    /// When that was said.
    LINKED_AT = "linked_at";
    /// The item that a merged one is over again: its evidence counts for that one.
    INTO_ITEM_ID = "into_item_id";
    /// The team's own id of a backlog item; of marks, of an item of the checklist.
    ITEM_ID = "item_id";
    /// What the item is.
    TITLE = "title";
    /// open, planned, done, … as the team calls it.
    STATUS = "status";
    /// Person-days; null is unknown.
    EFFORT_PERSON_DAYS = "effort_person_days";
    /// Which team would do it.
    TEAM = "team";
    /// Items that must ship before or with it, JSON text of a list.
    DEPENDS_ON = "depends_on";
    /// Decision factor, 0 to 10.
    FACTOR_BUG_FIX = "factor_bug_fix";
    /// Decision factor, 0 to 10.
    FACTOR_STRATEGIC = "factor_strategic";
    /// Decision factor, 0 to 10.
    FACTOR_FEASIBILITY = "factor_feasibility";
    /// Decision factor, 0 to 10.
    FACTOR_DEPENDENCIES = "factor_dependencies";
    /// Decision factor, 0 to 10.
    FACTOR_RESOURCES = "factor_resources";
    /// Decision factor, 0 to 10.
    FACTOR_COST = "factor_cost";
    /// Decision factor, 0 to 10.
    FACTOR_EXPECTED_RETURN = "factor_expected_return";
    /// Users reached in a release period, by hand.
    REACH_USERS = "reach_users";
    /// RICE impact.
    IMPACT = "impact";
    /// RICE confidence, 0 to 1.
    CONFIDENCE = "confidence";
    /// Words that link feedback to the item, JSON text of a list.
    KEYWORDS = "keywords";
    /// Events that show that it is used, JSON text of a list.
    FEATURE_EVENTS = "feature_events";
    /// The release that the item is meant for.
    TARGET = "target";
    /// Must be in the next plan.
    MANDATORY = "mandatory";
    /// Why an event was refused, or a part of an outcome.
    REASON = "reason";
    /// The field at fault.
    FIELD = "field";
    /// What was found and what is allowed.
    MESSAGE = "message";
    /// The bytes as they came.
    RAW = "raw";
    /// pass, warn, fail or insufficient_data.
    VERDICT = "verdict";
    /// How far a judgement had come.
    STATE = "state";
    /// The verdict that stood before.
    CHANGED_FROM = "changed_from";
    /// Counts the verdicts on a release, from 1.
    REVISION_NUMBER = "revision";
    /// The release that one was compared with.
    BASELINE = "baseline";
    /// The moment that a verdict speaks for.
    EVALUATED_AT = "evaluated_at";
    /// The latest arrival among what a verdict was made from.
    DATA_THROUGH = "data_through";
    /// What a refused event was sent as: events, feedback, releases, backlog, marks, plans,
    /// feedback_labels, feedback_links.
    SENT_AS = "sent_as";
    /// The row of quarantine that this one settles: node/position/row.
    REPLAY_OF = "replay_of";
    /// received, stored, duplicate, quarantined; beside these lost_by_client, declined.
    OUTCOME = "outcome";
    /// How many events had the outcome.
    COUNT = "count";
}
