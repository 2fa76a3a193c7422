//! The checked piece of feedback.

use serde::{Deserialize, Serialize};

use crate::clock::Micros;
use crate::event::{IP, Origin, Times, USER_AGENT, content_hash};
use crate::members::retain_members;
use crate::text::Text;

/// What kind of feedback it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackKind {
    /// Stars, such as an app store's.
    Rating,
    /// Satisfaction with something just used.
    Csat,
    /// Would you recommend us, 0 to 10.
    Nps,
    /// How much effort it took.
    Ces,
    /// Words.
    Comment,
    /// Something does not work.
    BugReport,
    /// Something is wanted.
    FeatureRequest,
    /// The team's answer to a piece of feedback.
    Reply,
}

impl FeedbackKind {
    /// The kind as it is spelled in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rating => "rating",
            Self::Csat => "csat",
            Self::Nps => "nps",
            Self::Ces => "ces",
            Self::Comment => "comment",
            Self::BugReport => "bug_report",
            Self::FeatureRequest => "feature_request",
            Self::Reply => "reply",
        }
    }

    /// The scale that a score of this kind has unless the client names another.
    #[must_use]
    pub fn scale(self) -> Scale {
        match self {
            Self::Nps => Scale {
                min: 0.0,
                max: 10.0,
            },
            Self::Ces => Scale { min: 1.0, max: 7.0 },
            _ => Scale { min: 1.0, max: 5.0 },
        }
    }
}

/// The range of a score, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// The worst score.
    pub min: f64,
    /// The best score.
    pub max: f64,
}

/// A checked piece of feedback.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feedback<'a> {
    /// The idempotency key; made by Shipwake where the client gave none.
    #[serde(borrow)]
    pub event_id: Text<'a>,
    /// Whether the client gave the id.
    pub id_given: bool,
    /// What kind of feedback it is.
    pub kind: FeedbackKind,
    /// Where it came from.
    #[serde(borrow)]
    pub origin: Origin<'a>,
    /// Its instants.
    pub times: Times,
    /// The score, on `scale`.
    pub score: Option<f64>,
    /// The range of the score.
    pub scale: Option<Scale>,
    /// What was said.
    pub text: Option<String>,
    /// Which feature it speaks of.
    pub feature: Option<String>,
    /// Which page or screen it was given on.
    pub page: Option<String>,
    /// The survey and the question that it answers.
    pub survey_id: Option<String>,
    /// The words of the question.
    pub question: Option<String>,
    /// The feedback that a reply answers.
    pub parent_id: Option<String>,
    /// When the team answered, where the source says so.
    pub replied_at: Option<Micros>,
    /// How many others agreed.
    pub votes: Option<i64>,
    /// Where it was given: `google_play`, `widget`, `native` …
    pub source: String,
    /// Whether a later copy with other content is a new revision (imports) or a conflict (sent).
    pub revisable: bool,
    /// Everything else, as JSON text of one object.
    #[serde(borrow)]
    pub properties: Option<Text<'a>>,
}

impl Feedback<'_> {
    /// The same with its own memory.
    #[must_use]
    pub fn into_owned(self) -> Feedback<'static> {
        Feedback {
            event_id: self.event_id.into_owned(),
            origin: self.origin.into_owned(),
            properties: self.properties.map(Text::into_owned),
            id_given: self.id_given,
            kind: self.kind,
            times: self.times,
            score: self.score,
            scale: self.scale,
            text: self.text,
            feature: self.feature,
            page: self.page,
            survey_id: self.survey_id,
            question: self.question,
            parent_id: self.parent_id,
            replied_at: self.replied_at,
            votes: self.votes,
            source: self.source,
            revisable: self.revisable,
        }
    }

    /// Sixteen hexadecimal digits over what makes a revision: the score, the words, the reply, the
    /// release. Votes are left out, since they change from export to export, and so is from where
    /// and with what it was sent, since that changes from try to try.
    #[must_use]
    pub fn content_hash(&self) -> String {
        let mut properties = self.properties.as_deref().map(Text::from);
        if properties.as_ref().is_some_and(|text| text.contains('$')) {
            retain_members(&mut properties, |name| name != IP && name != USER_AGENT);
        }
        content_hash(&(
            (
                self.kind,
                &self.origin,
                self.times.client_at,
                self.score,
                self.scale,
                &self.text,
            ),
            (
                &self.feature,
                &self.page,
                &self.survey_id,
                &self.question,
                &self.parent_id,
            ),
            (self.replied_at, &properties),
        ))
    }
}
