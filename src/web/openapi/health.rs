//! What the answer of a health check looks like.

use analysis::findings::Verdict;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Components, ComponentsBuilder, Ref, RefOr, Schema};

use super::{said, text};

pub(super) fn components() -> Components {
    ComponentsBuilder::new()
        .schema("ReleaseHealth", release_health())
        .schema("ReleaseCheck", release_check())
        .schema("Figure", figure())
        .schema("Difference", difference())
        .schema("Ratio", ratio())
        .schema("Guardrail", guardrail())
        .schema("NewError", new_error())
        .schema("StageAdvice", stage_advice())
        .schema("PullProgress", pull_progress())
        .build()
}

/// [`analysis::findings::HealthFindings`].
fn release_health() -> Schema {
    let checks = ArrayBuilder::new()
        .items(Ref::from_schema_name("ReleaseCheck"))
        .description(Some("Each metric by itself"))
        .build();
    let new_errors = ArrayBuilder::new()
        .items(Ref::from_schema_name("NewError"))
        .description(Some("Errors that came with the release"))
        .build();
    whole([
        ("schema", said("Always shipwake.health.v1").into()),
        ("verdict", verdict()),
        ("state", said("How far the judgement has come").into()),
        (
            "score",
            maybe(Type::Integer, "0 to 100, by the weights of the checks"),
        ),
        ("reason", said("Why, in plain words").into()),
        ("notes", texts("What else is to be known of the data")),
        ("method", said("How often it may be looked at").into()),
        ("app", said("The app").into()),
        ("environment", said("The environment").into()),
        ("release", said("The release").into()),
        ("baseline", maybe(Type::String, "What it was compared with")),
        ("baseline_releases", texts("The releases of the baseline")),
        (
            "baseline_rule",
            maybe(Type::String, "How the baseline was chosen"),
        ),
        (
            "rollout",
            maybe(Type::String, "The rollout path of the release record"),
        ),
        ("stage", RefOr::Ref(Ref::from_schema_name("StageAdvice"))),
        ("pull", RefOr::Ref(Ref::from_schema_name("PullProgress"))),
        (
            "superseded_by",
            maybe(Type::String, "The newer release that took its place"),
        ),
        ("window", window().into()),
        ("first_day", maybe(Type::String, "First day compared")),
        ("last_day", maybe(Type::String, "Last day compared")),
        ("zone", said("The IANA zone of the days").into()),
        ("evaluated_at", said("The moment spoken for").into()),
        ("data_through", maybe(Type::String, "The last arrival")),
        ("stale", truth("Whether the last arrival is too long ago")),
        (
            "first_alarm_at",
            maybe(
                Type::String,
                "The first hour whose evidence sufficed to call it worse",
            ),
        ),
        (
            "hidden",
            maybe(
                Type::Number,
                "A rise of the crash rate to this many times the baseline's would have been seen",
            ),
        ),
        (
            "decides_at",
            maybe(
                Type::String,
                "When, at the traffic of the last day, a rise to max_hidden would be seen",
            ),
        ),
        ("data", data().into()),
        ("checks", RefOr::T(Schema::Array(checks))),
        ("new_errors", RefOr::T(Schema::Array(new_errors))),
    ])
}

/// [`analysis::findings::HealthWindow`].
fn window() -> Schema {
    whole([
        ("start", maybe(Type::String, "The first instant judged")),
        (
            "end",
            maybe(Type::String, "The first instant that is not judged"),
        ),
        (
            "reporting_delay_hours",
            number(
                Type::Integer,
                "How many hours after it ended an hour is judged",
            ),
        ),
        (
            "pending_share",
            number(Type::Number, "Share of events that come later than that"),
        ),
    ])
}

/// [`analysis::findings::HealthData`].
fn data() -> Schema {
    let count = |meaning: &str| number(Type::Integer, meaning);
    whole([
        ("ok", truth("Whether the verdict is pass or warn")),
        ("blocking", truth("Whether it is fail")),
        ("events", count("Events of the release in the window")),
        ("sessions", count("Its sessions")),
        ("users", count("Its users, each once")),
        ("min_users", count("How many users a judgement needs")),
    ])
}

/// [`analysis::findings::Check`].
fn release_check() -> Schema {
    let of = |name: &str| RefOr::Ref(Ref::from_schema_name(name));
    whole([
        (
            "metric",
            said("The metric's id, as in the dictionary").into(),
        ),
        ("verdict", verdict()),
        ("state", said("How far the judgement has come").into()),
        (
            "critical",
            truth("Whether the release is not judged without it"),
        ),
        (
            "weight",
            number(Type::Number, "How much it counts in the score"),
        ),
        ("now", of("Figure")),
        ("before", of("Figure")),
        ("change", of("Difference")),
        ("ratio", of("Ratio")),
        ("e_value", maybe(Type::Number, "Evidence of harm")),
        (
            "hidden",
            maybe(
                Type::Number,
                "A rise to this many times the baseline's rate would have been seen",
            ),
        ),
        (
            "first_alarm_at",
            maybe(
                Type::String,
                "The first hour whose evidence sufficed to call it worse",
            ),
        ),
        ("guardrail", of("Guardrail")),
        (
            "min_n",
            number(Type::Integer, "How many it needs on each side"),
        ),
        ("reason", said("Why, in plain words").into()),
    ])
}

/// [`analysis::findings::Estimate`].
fn figure() -> Schema {
    whole([
        ("value", maybe(Type::Number, "In the metric's unit")),
        ("low", maybe(Type::Number, "Lower end of its 95 % interval")),
        ("high", maybe(Type::Number, "Upper end of it")),
        ("n", number(Type::Integer, "How many it rests on")),
    ])
}

/// [`analysis::findings::Change`], or nothing where there is no difference to speak of.
fn difference() -> Schema {
    let schema = whole([
        ("absolute", number(Type::Number, "In the metric's unit")),
        (
            "relative",
            maybe(Type::Number, "As a share of the baseline"),
        ),
        ("low", maybe(Type::Number, "Lower end of its interval")),
        ("high", maybe(Type::Number, "Upper end of it")),
    ]);
    or_nothing(schema)
}

/// [`analysis::findings::Ratio`], or nothing where the check is of no rate.
fn ratio() -> Schema {
    or_nothing(whole([
        ("value", maybe(Type::Number, "As it was counted")),
        (
            "low",
            maybe(Type::Number, "Lower end of its confidence sequence"),
        ),
        ("high", maybe(Type::Number, "Upper end of it")),
    ]))
}

/// [`analysis::findings::Guardrail`], or nothing where the check is held to no limit.
fn guardrail() -> Schema {
    or_nothing(whole([
        (
            "limit",
            number(
                Type::Number,
                "The least share that is good, or the greatest that is bad",
            ),
        ),
        (
            "e_value",
            number(Type::Number, "Evidence that it is crossed"),
        ),
        (
            "crossed_at",
            maybe(
                Type::String,
                "The first hour whose evidence sufficed to say so",
            ),
        ),
    ]))
}

/// [`analysis::findings::NewError`].
fn new_error() -> Schema {
    whole([
        ("fingerprint", said("What tells it from others").into()),
        ("name", said("Its own name, as sent").into()),
        (
            "users",
            number(Type::Integer, "To how many users it happened"),
        ),
        ("per_user", RefOr::Ref(Ref::from_schema_name("Figure"))),
        ("errors", number(Type::Integer, "How often it happened")),
        ("first_at", maybe(Type::String, "When first")),
    ])
}

/// [`analysis::findings::StageAdvice`], or nothing where the release is in no stage.
fn stage_advice() -> Schema {
    or_nothing(whole([
        ("advice", said("advance or hold").into()),
        (
            "share",
            number(Type::Number, "Share of the users that the stage is for"),
        ),
        ("since", said("When it began").into()),
        (
            "next_share",
            maybe(Type::Number, "The share of the next stage"),
        ),
        ("next_at", maybe(Type::String, "When that is planned")),
        (
            "decides_at",
            maybe(
                Type::String,
                "When the next stage can be judged, where it cannot be yet",
            ),
        ),
    ]))
}

/// [`analysis::findings::PullProgress`], or nothing where users do not fetch it by themselves.
fn pull_progress() -> Schema {
    or_nothing(whole([
        (
            "active_users",
            number(Type::Integer, "Users of the last seven days"),
        ),
        ("below", RefOr::Ref(Ref::from_schema_name("Figure"))),
        (
            "deadline",
            maybe(Type::String, "By when everybody is to have it"),
        ),
        (
            "is_overdue",
            truth("Whether that has passed, and not everybody has it"),
        ),
    ]))
}

fn or_nothing(schema: Schema) -> Schema {
    match schema {
        Schema::Object(mut object) => {
            object.schema_type = SchemaType::from_iter([Type::Object, Type::Null]);
            Schema::Object(object)
        }
        other => other,
    }
}

/// An object that has all of these, always.
fn whole<const N: usize>(fields: [(&str, RefOr<Schema>); N]) -> Schema {
    let mut object = ObjectBuilder::new();
    for (name, schema) in fields {
        object = object.property(name, schema).required(name);
    }
    Schema::Object(object.build())
}

fn verdict() -> RefOr<Schema> {
    let words = [
        Verdict::Pass,
        Verdict::Warn,
        Verdict::Fail,
        Verdict::InsufficientData,
    ];
    said("The judgement")
        .enum_values(Some(words.map(Verdict::as_str)))
        .into()
}

fn maybe(kind: Type, meaning: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([kind, Type::Null]))
        .description(Some(meaning))
        .into()
}

fn truth(meaning: &str) -> RefOr<Schema> {
    number(Type::Boolean, meaning)
}

fn texts(meaning: &str) -> RefOr<Schema> {
    let list = ArrayBuilder::new().items(text()).description(Some(meaning));
    RefOr::T(Schema::Array(list.build()))
}

fn number(kind: Type, meaning: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(kind)
        .description(Some(meaning))
        .into()
}
