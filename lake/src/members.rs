//! The members of an object's JSON text: which are kept, and which are put beside them. Values stay
//! as they are written.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::text::Text;

struct Members<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsMembers;
        impl<'de> Visitor<'de> for AsMembers {
            type Value = Members<'de>;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = object.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(AsMembers)
    }
}

impl Members<'_> {
    /// Text that is no object has no member.
    fn of(text: &str) -> Members<'_> {
        serde_json::from_str(text).unwrap_or(Members(Vec::new()))
    }

    fn to_text(&self) -> Option<String> {
        let mut text = String::new();
        for (name, value) in &self.0 {
            text.push(if text.is_empty() { '{' } else { ',' });
            text.push_str(&serde_json::Value::from(name.as_str()).to_string());
            text.push(':');
            text.push_str(value.get());
        }
        (!text.is_empty()).then(|| text + "}")
    }
}

/// Keeps the members whose name `keep` takes, and says whether any was left out. Text that is no
/// object is left out as a whole.
pub fn retain_members(object: &mut Option<Text<'_>>, mut keep: impl FnMut(&str) -> bool) -> bool {
    let Some(text) = object else {
        return false;
    };
    let mut members = Members::of(text);
    let all = members.0.len();
    members.0.retain(|(name, _)| keep(name));
    if members.0.len() == all && all > 0 {
        return false;
    }
    let kept = members.to_text();
    *object = kept.map(Text::from);
    true
}

/// Puts a member with a text beside the others, unless one of that name is there.
pub fn put_member(object: &mut Option<Text<'_>>, name: &str, value: &str) {
    let value = serde_json::Value::from(value).to_string();
    let text = object.as_deref().unwrap_or("{}");
    let Members(members) = Members::of(text);
    let Ok(value) = RawValue::from_string(value) else {
        return;
    };
    if members.iter().any(|(found, _)| *found == *name) {
        return;
    }
    let mut members = Members(members);
    members.0.push((name.into(), &value));
    let with = members.to_text();
    *object = with.map(Text::from);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retained(text: &str, names: &[&str]) -> (bool, Option<String>) {
        let mut object = Some(Text::from(text));
        let changed = retain_members(&mut object, |name| names.contains(&name));
        (changed, object.map(|text| text.to_string()))
    }

    #[test]
    fn what_is_kept_stays_as_it_is_written() {
        let text = r#"{ "a": 1e3, "b" : {"c": [ 1 ]}, "\u0064": "x" }"#;
        let of = |text: &str| Some(text.to_owned());
        assert_eq!(retained(text, &["a", "b", "d"]), (false, of(text)));
        assert_eq!(
            retained(text, &["a", "d"]),
            (true, of(r#"{"a":1e3,"d":"x"}"#))
        );
        assert_eq!(retained(text, &["c"]), (true, None));
        assert_eq!(retained("no object", &["a"]), (true, None));
        assert!(!retain_members(&mut None, |_| false));
    }

    #[test]
    fn what_is_put_beside_is_text_and_replaces_nothing() {
        let with = |text: Option<&str>| {
            let mut object = text.map(Text::from);
            put_member(&mut object, "$a", "1\"");
            object.map(|text| text.to_string())
        };
        assert_eq!(with(None).as_deref(), Some(r#"{"$a":"1\""}"#));
        assert_eq!(
            with(Some(r#"{"b":{"$a":1}}"#)).as_deref(),
            Some(r#"{"b":{"$a":1},"$a":"1\""}"#)
        );
        assert_eq!(
            with(Some(r#"{"$a":"2"}"#)).as_deref(),
            Some(r#"{"$a":"2"}"#)
        );
    }
}
