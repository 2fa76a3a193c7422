//! What somebody signs before a release goes out: the team's template, and what the release's own record
//! adds to it or says otherwise.

use std::collections::BTreeMap;
use std::time::Duration;

use lake::{MarkKind, Micros, parse_instant};
use serde::{Deserialize, Serialize};

use crate::days::instant_text;
use crate::facts::records::{Mark, ReleaseNote};
use crate::findings::HandCheck;

/// An item of the template: the sections `[checklist.NAME]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChecklistRule {
    /// What is to be done.
    pub title: String,
    /// Who signs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// How long before the planned instant of the release it is due.
    #[serde(with = "before", skip_serializing_if = "Option::is_none")]
    pub due_before: Option<Duration>,
    /// Whether the release may go out without it.
    pub optional: bool,
}

impl ChecklistRule {
    /// What does not hold together; `name` is its own.
    #[must_use]
    pub fn problem(&self, name: &str) -> Option<String> {
        let is_empty = self.title.trim().is_empty();
        is_empty.then(|| format!("checklist.{name}: title is required: what is to be done"))
    }
}

/// A span that may be left out.
mod before {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Span(#[serde(with = "lake::unit::span")] Duration);

    pub(super) fn serialize<S: Serializer>(
        span: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        span.map(Span).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let span = Option::<Span>::deserialize(deserializer)?;
        Ok(span.map(|span| span.0))
    }
}

/// An item as a release record holds it: an object, or its title alone.
#[derive(Debug, Default, Deserialize)]
struct Recorded {
    item: Option<String>,
    title: Option<String>,
    owner: Option<String>,
    /// An instant.
    due: Option<String>,
    #[serde(default)]
    optional: bool,
}

impl Recorded {
    fn of(value: &serde_json::Value) -> Option<Self> {
        if let Some(title) = value.as_str() {
            return Some(Self {
                title: Some(title.to_owned()),
                ..Self::default()
            });
        }
        serde_json::from_value(value.clone()).ok()
    }
}

/// The items of a release, in order of name, each with its signature. Of two marks of one item the later
/// counts.
pub(super) fn items(
    template: &BTreeMap<String, ChecklistRule>,
    note: &ReleaseNote,
    marks: &[Mark],
    as_of: Micros,
) -> Vec<HandCheck> {
    let mut due: BTreeMap<String, Option<Micros>> = BTreeMap::new();
    let mut items: BTreeMap<String, HandCheck> = BTreeMap::new();
    for (name, rule) in template {
        let before = rule.due_before.map(|before| before.as_micros());
        let before = before.and_then(|before| Micros::try_from(before).ok());
        let at = note.planned_at.zip(before);
        due.insert(
            name.clone(),
            at.map(|(at, before)| at.saturating_sub(before)),
        );
        let item = unsigned(name, &rule.title, rule.owner.clone(), rule.optional);
        items.insert(name.clone(), item);
    }
    for recorded in note.checklist.iter().filter_map(Recorded::of) {
        let title = recorded.title.or_else(|| recorded.item.clone());
        let Some(title) = title else { continue };
        let name = recorded.item.unwrap_or_else(|| title.clone());
        let at = recorded.due.and_then(|due| parse_instant(&due).ok());
        due.insert(name.clone(), at);
        let item = unsigned(&name, &title, recorded.owner, recorded.optional);
        items.insert(name, item);
    }
    for mark in marks {
        let Some(item) = mark.item.as_ref().and_then(|item| items.get_mut(item)) else {
            continue;
        };
        let is_signed = mark.kind == MarkKind::Signed;
        item.signed_at = is_signed.then(|| instant_text(mark.at));
        item.signed_by = mark.author.clone().filter(|_| is_signed);
        item.note.clone_from(&mark.note);
    }
    for (name, item) in &mut items {
        let at = due.get(name).copied().flatten();
        item.due_at = at.map(instant_text);
        item.is_overdue = item.signed_at.is_none() && at.is_some_and(|at| at <= as_of);
    }
    items.into_values().collect()
}

fn unsigned(name: &str, title: &str, owner: Option<String>, is_optional: bool) -> HandCheck {
    HandCheck {
        item: name.to_owned(),
        title: title.to_owned(),
        owner,
        due_at: None,
        is_overdue: false,
        is_optional,
        signed_by: None,
        signed_at: None,
        note: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DAY: Micros = 86_400_000_000;

    fn mark(kind: MarkKind, at: Micros, item: &str, author: &str) -> Mark {
        Mark {
            at,
            kind,
            of: None,
            id: format!("{at}"),
            item: Some(item.to_owned()),
            author: Some(author.to_owned()),
            note: None,
        }
    }

    #[test]
    fn the_record_goes_before_the_template_and_the_last_signature_counts() {
        let rule: ChecklistRule =
            serde_json::from_value(json!({"title": "Help is written", "due_before": "2d"}))
                .unwrap();
        let template =
            BTreeMap::from([("help".to_owned(), rule.clone()), ("law".to_owned(), rule)]);
        let note = ReleaseNote {
            planned_at: Some(10 * DAY),
            checklist: vec![
                json!({"item": "law", "title": "Privacy text", "owner": "mara", "optional": true}),
                json!("Tell support"),
                json!(7),
                json!({"owner": "nobody"}),
            ],
            ..ReleaseNote::default()
        };
        let marks = [
            mark(MarkKind::Signed, DAY, "help", "ann"),
            mark(MarkKind::Unsigned, 2 * DAY, "help", "bo"),
            mark(MarkKind::Signed, 3 * DAY, "law", "mara"),
            mark(MarkKind::Signed, 3 * DAY, "no such", "mara"),
        ];
        let found = items(&template, &note, &marks, 8 * DAY);
        let told: Vec<(&str, Option<&str>, bool, bool)> = found
            .iter()
            .map(|item| {
                let by = item.signed_by.as_deref();
                (item.item.as_str(), by, item.is_overdue, item.is_optional)
            })
            .collect();
        assert_eq!(
            told,
            [
                ("Tell support", None, false, false),
                ("help", None, true, false),
                ("law", Some("mara"), false, true)
            ]
        );
        assert_eq!(found[1].due_at.as_deref(), Some("1970-01-09T00:00:00Z"));
        assert!(!items(&template, &note, &marks, 8 * DAY - 1)[1].is_overdue);
        assert_eq!(found[2].title, "Privacy text");
    }
}
