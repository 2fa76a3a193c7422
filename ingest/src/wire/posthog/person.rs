//! Who an event is of: a known user, or somebody who is known by a device alone.
//!
//! PostHog has one `distinct_id` for both; which of them it is, the SDKs tell in other words:
//!
//! | the event says | then `distinct_id` is |
//! |---|---|
//! | `$is_identified` (browser) | a user where true, else an anonymous id |
//! | `$device_id` is the same | an anonymous id |
//! | `$process_person_profile` is false | an anonymous id: no person is kept for it |
//! | none of these (servers) | a user |
//!
//! A browser's `$device_id` is the anonymous id beside a known user.
//!
//! `$groupidentify` says something of a group. Where an app names nobody with it, SDKs make an id of
//! the group's own, which is of no person.
//!
//! `$identify` joins `distinct_id`, the user, and `$anon_distinct_id`. `$create_alias` joins
//! `alias`, which the SDKs' manuals call the new id, and `distinct_id`, the one before, unless the
//! browser says that the latter is a known user already.

use lake::Text;

use super::sent::{Known, Sent, id, says};

pub(super) const IDENTIFY: &str = "$identify";
pub(super) const CREATE_ALIAS: &str = "$create_alias";
const MERGE: &str = "$merge_dangerously";
pub(super) const GROUP_IDENTIFY: &str = "$groupidentify";

/// The ids of an event.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Person<'a> {
    pub(super) user_id: Option<Text<'a>>,
    pub(super) anonymous_id: Option<Text<'a>>,
    /// Whether the event says that both are one.
    pub(super) is_joined: bool,
}

/// Who an event of this name is of.
pub(super) fn person<'a>(
    name: &str,
    sent: &Sent<'a>,
    known: &Known<'a>,
    profile: Option<bool>,
) -> Person<'a> {
    let distinct_id = id(&sent.distinct_id)
        .or_else(|| id(&sent.distinct_id_too))
        .or_else(|| id(&known.distinct_id));
    let device_id = id(&known.device_id);
    let is_identified = says(&known.is_identified);
    match name {
        IDENTIFY => joined(distinct_id, id(&known.anon_distinct_id)),
        CREATE_ALIAS if is_identified == Some(true) => joined(distinct_id, id(&known.alias)),
        CREATE_ALIAS => joined(id(&known.alias), distinct_id),
        MERGE => joined(distinct_id, id(&known.alias)),
        GROUP_IDENTIFY if distinct_id.is_some() && distinct_id == id_of_group(known) => {
            Person::default()
        }
        _ => {
            let is_anonymous = match is_identified {
                Some(is_identified) => !is_identified,
                None => device_id.is_some() && device_id == distinct_id || profile == Some(false),
            };
            if is_anonymous {
                Person {
                    anonymous_id: distinct_id.or(device_id),
                    ..Person::default()
                }
            } else {
                Person {
                    anonymous_id: device_id.filter(|device| Some(device) != distinct_id.as_ref()),
                    user_id: distinct_id,
                    is_joined: false,
                }
            }
        }
    }
}

/// The id that SDKs make of a group.
fn id_of_group(known: &Known<'_>) -> Option<Text<'static>> {
    let (group_type, group_key) = (id(&known.group_type)?, id(&known.group_key)?);
    Some(format!("${group_type}_{group_key}").into())
}

fn joined<'a>(user_id: Option<Text<'a>>, anonymous_id: Option<Text<'a>>) -> Person<'a> {
    Person {
        anonymous_id: anonymous_id.filter(|id| Some(id) != user_id.as_ref()),
        user_id,
        is_joined: true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sent::object;
    use super::*;

    fn check(name: &str, properties: &str, expected: (Option<&str>, Option<&str>)) {
        let sent = Sent::default();
        let known: Known<'_> = object(properties).unwrap();
        let profile = says(&known.process_person_profile);
        let found = person(name, &sent, &known, profile);
        let found = (found.user_id.as_deref(), found.anonymous_id.as_deref());
        assert_eq!(found, expected, "{name} {properties}");
    }

    #[test]
    fn known_users_and_anonymous_ones_are_told_apart() {
        for (properties, expected) in [
            (r#"{"distinct_id":"u1"}"#, (Some("u1"), None)),
            (
                r#"{"distinct_id":"d1","$device_id":"d1","$is_identified":false}"#,
                (None, Some("d1")),
            ),
            (
                r#"{"distinct_id":"d1","$device_id":"d1"}"#,
                (None, Some("d1")),
            ),
            (
                r#"{"distinct_id":"u1","$device_id":"d1","$is_identified":true}"#,
                (Some("u1"), Some("d1")),
            ),
            (
                r#"{"distinct_id":"u1","$device_id":"d1","$is_identified":"true","$process_person_profile":false}"#,
                (Some("u1"), Some("d1")),
            ),
            (
                r#"{"distinct_id":"x","$process_person_profile":false}"#,
                (None, Some("x")),
            ),
            (r#"{"$device_id":"d1"}"#, (None, Some("d1"))),
            ("{}", (None, None)),
        ] {
            check("open", properties, expected);
        }
    }

    #[test]
    fn group_is_no_user() {
        let group = r#""$group_type":"company","$group_key":7"#;
        for (distinct_id, expected) in [("$company_7", None), ("u1", Some("u1"))] {
            let properties = format!(r#"{{"distinct_id":"{distinct_id}",{group}}}"#);
            check("$groupidentify", &properties, (expected, None));
        }
    }

    #[test]
    fn identify_and_alias_join_two_ids() {
        let both = (Some("u1"), Some("d1"));
        for (name, properties, expected) in [
            (
                "$identify",
                r#"{"distinct_id":"u1","$anon_distinct_id":"d1"}"#,
                both,
            ),
            (
                "$identify",
                r#"{"distinct_id":"u1","$anon_distinct_id":"u1"}"#,
                (Some("u1"), None),
            ),
            (
                "$create_alias",
                r#"{"distinct_id":"d1","alias":"u1"}"#,
                both,
            ),
            (
                "$create_alias",
                r#"{"distinct_id":"u1","alias":"d1","$is_identified":true}"#,
                both,
            ),
            (
                "$merge_dangerously",
                r#"{"distinct_id":"u1","alias":"d1"}"#,
                both,
            ),
        ] {
            check(name, properties, expected);
        }
    }
}
