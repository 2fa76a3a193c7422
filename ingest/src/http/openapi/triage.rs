//! What a team says of feedback, as it is sent.
#![expect(dead_code, reason = "the fields are read by the derived schema alone")]

use utoipa::ToSchema;

/// What a piece of feedback is, as a person says it. The last one said of a piece counts before what
/// its words say; one that was sent before is a duplicate. The piece need not have arrived yet.
#[derive(ToSchema)]
pub(crate) struct FeedbackLabel {
    /// The event id of the piece of feedback.
    #[schema(max_length = 400)]
    feedback_id: String,
    /// What it is; `withdrawn` takes back what was said before.
    label: LabelKind,
    /// When it was said (RFC 3339), not before 1970 and at most a day ahead; the moment of arrival
    /// where absent.
    #[schema(format = DateTime)]
    at: Option<String>,
    /// Why, in the team's words.
    #[schema(max_length = 10_000)]
    note: Option<String>,
    /// The idempotency key; made of all the others but the note where absent.
    #[schema(max_length = 400)]
    event_id: Option<String>,
}

/// What a person says that a piece of feedback is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum LabelKind {
    BugReport,
    FeatureRequest,
    Praise,
    Other,
    Withdrawn,
}

/// Whether a piece of feedback speaks of a backlog item, or that an item is another one over again,
/// as a person says it. The last one said of the same two counts; one that was sent before is a
/// duplicate. Neither need be there yet.
#[derive(ToSchema)]
pub(crate) struct FeedbackLink {
    /// The item.
    #[schema(max_length = 400)]
    item_id: String,
    /// What is said; `withdrawn` takes back what was said before.
    link: LinkKind,
    /// The event id of the piece of feedback; not of a merge.
    #[schema(max_length = 400)]
    feedback_id: Option<String>,
    /// The item that `item_id` is over again, of a merge and of its withdrawal alone.
    #[schema(max_length = 400)]
    into_item_id: Option<String>,
    /// When it was said (RFC 3339), not before 1970 and at most a day ahead; the moment of arrival
    /// where absent.
    #[schema(format = DateTime)]
    at: Option<String>,
    /// Why, in the team's words.
    #[schema(max_length = 10_000)]
    note: Option<String>,
    /// The idempotency key; made of all the others but the note where absent.
    #[schema(max_length = 400)]
    event_id: Option<String>,
}

/// What a person says of a piece of feedback and an item, or of two items.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum LinkKind {
    Confirmed,
    Rejected,
    Merged,
    Withdrawn,
}
