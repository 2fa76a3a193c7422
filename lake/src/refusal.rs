//! Why an event was refused. A refusal is data: it goes to quarantine with the raw bytes.

use serde::{Deserialize, Serialize};

/// The closed list of reasons, as spelled in quarantine, ledger and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// The event is no JSON object, or its JSON cannot be read.
    Unreadable,
    /// A required field is absent or empty.
    MissingField,
    /// A field holds another type than it must.
    WrongType,
    /// A field's value is outside its range or list.
    OutOfRange,
    /// A text, list or the whole event is over its limit.
    TooLarge,
    /// An instant cannot be read.
    BadInstant,
    /// The key may not send this: it belongs to another app.
    WrongApp,
    /// The same event id came before with other content.
    IdConflict,
}

impl RefusalReason {
    /// All reasons.
    pub const ALL: [Self; 8] = [
        Self::Unreadable,
        Self::MissingField,
        Self::WrongType,
        Self::OutOfRange,
        Self::TooLarge,
        Self::BadInstant,
        Self::WrongApp,
        Self::IdConflict,
    ];

    /// The reason that is spelled so.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }

    /// The reason as it is spelled in tables and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::MissingField => "missing_field",
            Self::WrongType => "wrong_type",
            Self::OutOfRange => "out_of_range",
            Self::TooLarge => "too_large",
            Self::BadInstant => "bad_instant",
            Self::WrongApp => "wrong_app",
            Self::IdConflict => "id_conflict",
        }
    }
}

/// What is wrong with one event: the field, the reason, and a sentence with the remedy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The field at fault; empty when it is the event as a whole.
    pub field: String,
    /// Which of the closed list.
    pub reason: RefusalReason,
    /// What was found, what is allowed.
    pub message: String,
}

impl Refusal {
    /// Builds a refusal.
    #[must_use]
    pub fn new(field: &str, reason: RefusalReason, message: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            reason,
            message: message.into(),
        }
    }
}

/// What a client sent something as, by the route that it chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SentAs {
    /// Usage events, errors, session updates, identifies.
    Events,
    /// Feedback.
    Feedback,
    /// Release records.
    Releases,
    /// Backlog items.
    Backlog,
    /// Marks of releases.
    Marks,
    /// Entries of plans.
    Plans,
    /// Labels of feedback.
    FeedbackLabels,
    /// Links of feedback to backlog items.
    FeedbackLinks,
}

impl SentAs {
    const ALL: [Self; 8] = [
        Self::Events,
        Self::Feedback,
        Self::Releases,
        Self::Backlog,
        Self::Marks,
        Self::Plans,
        Self::FeedbackLabels,
        Self::FeedbackLinks,
    ];

    /// The word as it is spelled in quarantine.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Feedback => "feedback",
            Self::Releases => "releases",
            Self::Backlog => "backlog",
            Self::Marks => "marks",
            Self::Plans => "plans",
            Self::FeedbackLabels => "feedback_labels",
            Self::FeedbackLinks => "feedback_links",
        }
    }

    /// What is spelled so.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|sent_as| sent_as.as_str() == word)
    }
}

/// A refused event as it is kept: the refusal and the bytes as they came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// What is wrong.
    pub refusal: Refusal,
    /// The event id where one could be read.
    pub event_id: Option<String>,
    /// What it was sent as, where its bytes can be checked again as they are: not of a row of a
    /// table, and not of an event whose id came before.
    pub sent_as: Option<SentAs>,
    /// The bytes of this event alone, as they came (kept as text where they are UTF-8, else as
    /// hexadecimal with the prefix `hex:`), cut at the quarantine's limit for one event.
    pub raw: String,
}

/// Prefix of raw bytes that are no UTF-8 text.
const HEX_PREFIX: &str = "hex:";

impl Refused {
    /// Keeps a refused event's bytes, cut at `bytes_max`.
    #[must_use]
    pub fn new(refusal: Refusal, event_id: Option<String>, raw: &[u8], bytes_max: usize) -> Self {
        let kept = &raw[..raw.len().min(bytes_max)];
        let raw = match std::str::from_utf8(kept) {
            Ok(text) if !text.starts_with(HEX_PREFIX) => text.to_owned(),
            _ => {
                let digits = |byte: &u8| {
                    [byte >> 4, byte & 15].map(|d| char::from(b"0123456789abcdef"[usize::from(d)]))
                };
                HEX_PREFIX
                    .chars()
                    .chain(kept.iter().flat_map(digits))
                    .collect()
            }
        };
        Self {
            refusal,
            event_id,
            sent_as: None,
            raw,
        }
    }

    /// Says what the event was sent as.
    #[must_use]
    pub fn sent_as(self, sent_as: SentAs) -> Self {
        Self {
            sent_as: Some(sent_as),
            ..self
        }
    }

    /// The bytes as they came.
    #[must_use]
    pub fn raw_bytes(&self) -> Vec<u8> {
        let Some(digits) = self.raw.strip_prefix(HEX_PREFIX) else {
            return self.raw.clone().into_bytes();
        };
        let value = |digit: u8| {
            char::from(digit)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        };
        digits
            .as_bytes()
            .chunks_exact(2)
            .filter_map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?))
            .collect()
    }
}
