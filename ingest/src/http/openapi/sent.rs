//! What clients may send. Events are read into the fields of `lake::RawEvent` and checked one by
//! one, without a type that a schema could come from; so it stands here, and a test holds each
//! field and each limit to what the check says.
//!
//! Where text is wanted a number is taken as its text, and null is as good as absent.
#![expect(dead_code, reason = "the fields are read by the derived schema alone")]

use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

/// The properties of an event or a piece of feedback.
fn properties() -> Object {
    let types = SchemaType::from_iter([Type::Object, Type::Null]);
    ObjectBuilder::new()
        .schema_type(types)
        .description(Some("Everything else"))
        .max_properties(Some(256))
        .build()
}

/// A usage event, an error, a session update or an identify. `user_id` or `anonymous_id` is
/// required; `name` of usage; `session_id` or `session_count` of a session update. Other fields are left alone.
#[derive(ToSchema)]
pub(crate) struct Event {
    /// The idempotency key, made by the client: without one a retry counts again.
    #[schema(max_length = 400)]
    event_id: Option<String>,
    /// `usage` unless said otherwise.
    kind: Option<EventKind>,
    /// What happened.
    #[schema(max_length = 400)]
    name: Option<String>,
    /// The known user.
    #[schema(max_length = 400)]
    user_id: Option<String>,
    /// The id of somebody not known by name.
    #[schema(max_length = 400)]
    anonymous_id: Option<String>,
    /// The session.
    #[schema(max_length = 400)]
    session_id: Option<String>,
    /// When it happened, by the client's clock (RFC 3339); the moment of arrival where absent.
    #[schema(format = DateTime)]
    occurred_at: Option<String>,
    /// The version as shipped to users.
    #[schema(max_length = 400)]
    release: Option<String>,
    /// The build of that version.
    #[schema(max_length = 400)]
    build: Option<String>,
    /// `production` unless said otherwise.
    #[schema(max_length = 400)]
    environment: Option<String>,
    /// stable, beta, …
    #[schema(max_length = 400)]
    channel: Option<String>,
    /// ios, android, web, …
    #[schema(max_length = 400)]
    platform: Option<String>,
    /// A BCP 47 tag.
    #[schema(max_length = 400)]
    locale: Option<String>,
    /// The SDK that sends it.
    #[schema(max_length = 400)]
    sdk_name: Option<String>,
    /// Its version.
    #[schema(max_length = 400)]
    sdk_version: Option<String>,
    /// fatal, error, warning, info, debug (errors).
    #[schema(max_length = 400)]
    level: Option<String>,
    /// Whether the app caught the error.
    handled: Option<bool>,
    /// What groups equal errors.
    #[schema(max_length = 400)]
    fingerprint: Option<String>,
    /// How the session stands (session updates); `ok` unless said otherwise.
    status: Option<SessionStatus>,
    /// Errors in the session so far.
    #[schema(minimum = 0)]
    errors: Option<i64>,
    /// When the session began.
    #[schema(format = DateTime)]
    started_at: Option<String>,
    /// How long it lasted, in milliseconds.
    #[schema(minimum = 0)]
    duration_ms: Option<i64>,
    /// The order of this update within its session.
    #[schema(minimum = 0)]
    sequence: Option<i64>,
    /// How many sessions it stands for, where the client counted them itself: such an event of kind
    /// `session` has no `session_id`.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    session_count: Option<i64>,
    /// Everything else, at most 256 names.
    #[schema(schema_with = properties, required = false)]
    properties: Option<serde_json::Value>,
    /// The app, where the key is for all apps; else it must be the key's.
    #[schema(max_length = 63)]
    app: Option<String>,
}

/// What kind of event it is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum EventKind {
    Usage,
    Session,
    Error,
    Identify,
}

/// How a session stands.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum SessionStatus {
    Ok,
    Exited,
    Crashed,
    Abnormal,
    Unhandled,
}

/// A piece of feedback: `score` or `text` is required, `parent_id` of a reply. The fields of an
/// event that say where it comes from (user, release, platform …) are taken, too.
#[derive(ToSchema)]
pub(crate) struct Feedback {
    /// The idempotency key, made by the client: without one a retry counts again.
    #[schema(max_length = 400)]
    event_id: Option<String>,
    /// `rating` with a score, `comment` without, unless said otherwise.
    kind: Option<FeedbackKind>,
    /// On the scale of its kind: nps 0–10, ces 1–7, others 1–5.
    score: Option<f64>,
    /// Another scale, as `0-100`.
    #[schema(max_length = 400)]
    scale: Option<String>,
    /// What was said.
    #[schema(max_length = 10_000)]
    text: Option<String>,
    /// Which feature it speaks of.
    #[schema(max_length = 400)]
    feature: Option<String>,
    /// Which page or screen it was given on.
    #[schema(max_length = 10_000)]
    page: Option<String>,
    /// The survey that it answers.
    #[schema(max_length = 400)]
    survey_id: Option<String>,
    /// The words of the question.
    #[schema(max_length = 10_000)]
    question: Option<String>,
    /// The feedback that a reply answers.
    #[schema(max_length = 400)]
    parent_id: Option<String>,
    /// When the team answered.
    #[schema(format = DateTime)]
    replied_at: Option<String>,
    /// How many others agreed.
    #[schema(minimum = 0)]
    votes: Option<i64>,
    /// Where it was given; `native` unless said otherwise.
    #[schema(max_length = 400)]
    source: Option<String>,
    /// The known user.
    #[schema(max_length = 400)]
    user_id: Option<String>,
    /// The version as shipped to users.
    #[schema(max_length = 400)]
    release: Option<String>,
    /// When it was given, by the client's clock (RFC 3339).
    #[schema(format = DateTime)]
    occurred_at: Option<String>,
    /// Everything else, at most 256 names.
    #[schema(schema_with = properties, required = false)]
    properties: Option<serde_json::Value>,
    /// The app, where the key is for all apps; else it must be the key's.
    #[schema(max_length = 63)]
    app: Option<String>,
}

/// What kind of feedback it is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum FeedbackKind {
    Rating,
    Csat,
    Nps,
    Ces,
    Comment,
    BugReport,
    FeatureRequest,
    Reply,
}

/// A release; the last one written for a version counts.
#[derive(ToSchema)]
pub(crate) struct Release {
    /// The version as shipped to users.
    #[schema(max_length = 400)]
    version: String,
    /// stable, beta, …
    #[schema(max_length = 400)]
    channel: Option<String>,
    /// `production` unless said otherwise.
    #[schema(max_length = 400)]
    environment: Option<String>,
    /// The build of that version.
    #[schema(max_length = 400)]
    build: Option<String>,
    /// When it is to be out.
    #[schema(format = DateTime)]
    planned_at: Option<String>,
    /// When it went out.
    #[schema(format = DateTime)]
    released_at: Option<String>,
    /// How it goes out.
    rollout: Option<Rollout>,
    /// The stages of a phased rollout.
    #[schema(max_items = 1_000)]
    stages: Option<Vec<serde_json::Value>>,
    /// The backlog items that it ships.
    #[schema(max_items = 1_000)]
    scope: Option<Vec<String>>,
    /// What it is to reach.
    #[schema(max_items = 1_000)]
    goals: Option<Vec<Goal>>,
    /// Who answers for it.
    #[schema(max_length = 400)]
    owner: Option<String>,
    /// What its readers are told.
    #[schema(max_length = 10_000)]
    notes: Option<String>,
    /// The go/no-go list.
    #[schema(max_items = 1_000)]
    checklist: Option<Vec<serde_json::Value>>,
    /// When the changes that it brings were committed (RFC 3339).
    #[schema(max_items = 1_000)]
    commits: Option<Vec<String>>,
}

/// What was done with a release. Each mark counts, so that none takes another's place; a mark that
/// was sent before is a duplicate. The release need not have a record yet.
#[derive(ToSchema)]
pub(crate) struct ReleaseMark {
    /// The version as shipped to users.
    #[schema(max_length = 400)]
    version: String,
    /// What was done.
    mark: MarkKind,
    /// When it was done (RFC 3339), not before 1970 and at most a day ahead; the moment of arrival
    /// where absent.
    #[schema(format = DateTime)]
    at: Option<String>,
    /// The version that a hotfix repairs (required), or whose users are fine again (restored).
    #[schema(max_length = 400)]
    of: Option<String>,
    /// Why, in the team's words.
    #[schema(max_length = 10_000)]
    note: Option<String>,
    /// `production` unless said otherwise.
    #[schema(max_length = 400)]
    environment: Option<String>,
    /// The idempotency key; made of all the others but the note where absent.
    #[schema(max_length = 400)]
    event_id: Option<String>,
    /// The item of the release's checklist that was signed, or whose signature is taken back: required
    /// of these, and of these alone.
    #[schema(max_length = 400)]
    item: Option<String>,
    /// How each check stood when it was decided: goes with go and no_go alone.
    #[schema(max_items = 1_000)]
    checks: Option<Vec<serde_json::Value>>,
}

/// What was done with a release, or decided about it.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum MarkKind {
    Deployed,
    Hotfix,
    RolledBack,
    Restored,
    Signed,
    Unsigned,
    Go,
    NoGo,
}

/// One decision about one item of a release's plan. Each entry counts, so that none takes another's
/// place; an entry that was sent before is a duplicate. The release need not have a record yet.
#[derive(ToSchema)]
pub(crate) struct PlanEntry {
    /// The version that is planned.
    #[schema(max_length = 400)]
    version: String,
    /// What was decided about the item.
    change: PlanChange,
    /// The backlog item.
    #[schema(max_length = 400)]
    item_id: String,
    /// Required of what is accepted, and of that alone: one name for all items of the plan. The plan
    /// accepted last counts.
    #[schema(max_length = 400)]
    plan_id: Option<String>,
    /// When it was decided (RFC 3339), not before 1970 and at most a day ahead; the moment of arrival
    /// where absent.
    #[schema(format = DateTime)]
    at: Option<String>,
    /// The item's person-days as they are estimated now; required of what is re-estimated.
    #[schema(minimum = 0, maximum = 100_000)]
    effort_person_days: Option<f64>,
    /// What the item is worth: reach × impact × confidence.
    #[schema(minimum = 0, maximum = 10_000_000_000_000_i64)]
    value: Option<f64>,
    /// How many users it is to reach in a release period.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    reach_users: Option<f64>,
    /// Of what is accepted: the person-days that the release holds.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    capacity_person_days: Option<f64>,
    /// Why, in the team's words.
    #[schema(max_length = 10_000)]
    note: Option<String>,
    /// Who decided it.
    #[schema(max_length = 400)]
    decided_by: Option<String>,
    /// `production` unless said otherwise.
    #[schema(max_length = 400)]
    environment: Option<String>,
    /// The idempotency key; made of all that makes the entry but the note where absent.
    #[schema(max_length = 400)]
    event_id: Option<String>,
}

/// What was decided about an item of a plan.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum PlanChange {
    Accepted,
    Added,
    Removed,
    ReEstimated,
}

/// How a release goes out.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Rollout {
    BigBang,
    Push,
    Pull,
    Phased,
}

/// A measurable goal of a release.
#[derive(ToSchema)]
pub(crate) struct Goal {
    /// The metric.
    metric: String,
    /// The value to reach.
    target: f64,
    /// The value before.
    baseline: Option<f64>,
    /// The backlog item that is to bring it.
    item: Option<String>,
}

/// A backlog item; the last one written counts.
#[derive(ToSchema)]
pub(crate) struct BacklogItem {
    /// Its id.
    #[schema(max_length = 400)]
    item_id: String,
    /// What it is.
    #[schema(max_length = 10_000)]
    title: String,
    /// feature, bug, …
    #[schema(max_length = 400)]
    kind: Option<String>,
    /// open, done, …
    #[schema(max_length = 400)]
    status: Option<String>,
    /// Its effort in person-days.
    #[schema(minimum = 0, maximum = 100_000)]
    effort_person_days: Option<f64>,
    /// The team that can do it.
    #[schema(max_length = 400)]
    team: Option<String>,
    /// Who answers for it.
    #[schema(max_length = 400)]
    owner: Option<String>,
    /// The items that must ship before or with it.
    #[schema(max_items = 1_000)]
    depends_on: Option<Vec<String>>,
    /// What speaks for and against it, each 0 to 10.
    factors: Option<Factors>,
    /// Users that it reaches.
    #[schema(minimum = 0)]
    reach_users: Option<f64>,
    /// How much it changes for them.
    #[schema(minimum = 0, maximum = 10)]
    impact: Option<f64>,
    /// How sure that is.
    #[schema(minimum = 0, maximum = 1)]
    confidence: Option<f64>,
    /// Words by which feedback is counted for it.
    #[schema(max_items = 1_000)]
    keywords: Option<Vec<String>>,
    /// Events that show that it is used.
    #[schema(max_items = 1_000)]
    feature_events: Option<Vec<String>>,
    /// The release that it is meant for.
    #[schema(max_length = 400)]
    target: Option<String>,
    /// Whether it must be taken.
    mandatory: Option<bool>,
    /// Person-days that it has taken.
    #[schema(minimum = 0, maximum = 100_000)]
    spent_person_days: Option<f64>,
}

/// What speaks for and against an item.
#[derive(ToSchema)]
pub(crate) struct Factors {
    #[schema(minimum = 0, maximum = 10)]
    bug_fix: Option<f64>,
    #[schema(minimum = 0, maximum = 10)]
    strategic: Option<f64>,
    #[schema(minimum = 0, maximum = 10)]
    feasibility: Option<f64>,
    #[schema(minimum = 0, maximum = 10)]
    dependencies: Option<f64>,
    #[schema(minimum = 0, maximum = 10)]
    resources: Option<f64>,
    #[schema(minimum = 0, maximum = 10)]
    cost: Option<f64>,
    #[schema(minimum = 0, maximum = 10)]
    expected_return: Option<f64>,
}

/// Checked records of a file, as `shipwake import` makes them: use that command, the form of the
/// records follows the version of Shipwake.
#[derive(ToSchema)]
pub(crate) struct ImportBatch {
    /// The app.
    app: String,
    /// Left out of account: what is imported is marked so.
    protocol: String,
    /// Left out of account: the key of the request counts.
    key_id: Option<String>,
    /// The instant of the import, in microseconds since 1970-01-01T00:00:00Z.
    received_at: i64,
    /// The records, each an object with one name: what it is.
    #[schema(value_type = Vec<Object>)]
    records: Vec<serde_json::Value>,
}
