//! What is left out of an app's events before anything of them is written: who sent them, what
//! their properties say, and from where they came.
//!
//! Invariant: every record goes through `Treating::treat` on its way to the WAL, whatever route or
//! file it came from, so that WAL, tables, quarantine and indexes hold what was left of it alone.
//!
//! Why quarantine keeps no bytes of an app that leaves anything out: an event that could not be
//! read may hold a user id or a property anywhere, so that nothing less would keep the promise.
//! Reason, field and event id stay. Of other apps the bytes are kept, without the members that say
//! from where and with what they were sent.

mod secret;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;

use lake::{IP, Origin, Refused, Text, USER_AGENT, put_member, rehash_event, retain_members};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::batch::Record;
use crate::error::Result;
use crate::import::{self, stable_id::is_derived};
use crate::wire::{otlp, segment};
use secret::Secret;

/// What posthog-js calls the user agent.
const RAW_USER_AGENT: &str = "$raw_user_agent";
/// The properties that say from where and with what an event was sent.
const SENDER_PROPERTIES: [&str; 3] = [IP, USER_AGENT, RAW_USER_AGENT];
/// What else says so in the bytes of a refused event of some protocols, and the property that it is
/// as good as.
const SENDER_NAMES: [(&str, &str, &str); 4] = [
    (segment::PROTOCOL, "ip", IP),
    (segment::PROTOCOL, "userAgent", USER_AGENT),
    (otlp::PROTOCOL, "client.address", IP),
    (otlp::PROTOCOL, "user_agent.original", USER_AGENT),
];
/// Longest user agent that is stored, in characters.
const USER_AGENT_CHARS_MAX: usize = 400;
/// Most names of properties that an answer lists as not stored.
const NAMES_MAX: usize = 20;

/// What becomes of user ids and anonymous ids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserIds {
    /// They are stored as they came.
    #[default]
    Keep,
    /// A pseudonym is stored in their place, the same for the same id of the same app.
    Pseudonymise,
    /// None is stored: sessions and events can be counted, users cannot.
    Drop,
}

/// What is stored of one app's events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AppPrivacy {
    /// What becomes of user ids and anonymous ids.
    pub user_ids: UserIds,
    /// The properties that are stored; all, where none are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<BTreeSet<String>>,
    /// Whether the address of whoever sends is stored, as the property `$ip`.
    pub store_ip: bool,
    /// Whether the user agent of whoever sends is stored, as the property `$user_agent`.
    pub store_user_agent: bool,
}

impl AppPrivacy {
    fn keeps(&self, property: &str) -> bool {
        match property {
            IP => self.store_ip,
            USER_AGENT | RAW_USER_AGENT => self.store_user_agent,
            name => self
                .properties
                .as_ref()
                .is_none_or(|names| names.contains(name)),
        }
    }

    /// Whether an event is stored whole, so that quarantine may keep its bytes, too.
    fn keeps_all(&self) -> bool {
        self.user_ids == UserIds::Keep && self.properties.is_none()
    }
}

/// What is known of whoever sends, besides the key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sender {
    /// The address, behind the proxies that are believed.
    pub address: Option<IpAddr>,
    /// The user agent.
    pub user_agent: Option<String>,
}

/// The rules of a data folder's apps.
#[derive(Debug)]
pub struct Privacy {
    apps: BTreeMap<String, AppPrivacy>,
    others: AppPrivacy,
    secret: Option<Secret>,
}

impl Privacy {
    /// The rules of a data folder's apps. Where one of them leaves anything out, the folder's secret
    /// is read, or made.
    ///
    /// # Errors
    /// [`crate::Error::File`] when the secret can be neither read nor made.
    pub fn open(folder: &Path, apps: &BTreeMap<String, AppPrivacy>) -> Result<Self> {
        let is_needed = apps.values().any(|app| !app.keeps_all());
        Ok(Self {
            apps: apps.clone(),
            others: AppPrivacy::default(),
            secret: is_needed.then(|| Secret::open(folder)).transpose()?,
        })
    }

    fn of(&self, app: &str) -> &AppPrivacy {
        self.apps.get(app).unwrap_or(&self.others)
    }

    /// The form in which an app's user id is stored; `None` where none is.
    #[must_use]
    pub fn stored_user(&self, app: &str, user_id: &str) -> Option<String> {
        match self.of(app).user_ids {
            UserIds::Keep => Some(user_id.to_owned()),
            UserIds::Drop => None,
            UserIds::Pseudonymise => {
                let secret = self.secret.as_ref()?;
                Some(secret.pseudonym(app, user_id))
            }
        }
    }

    /// The forms in which an id may be stored: as it is, and as the pseudonyms of it that an app,
    /// or all apps, store in its place.
    pub(crate) fn stored_forms(&self, app: Option<&str>, id: &str) -> BTreeSet<String> {
        let apps = self.apps.keys().map(String::as_str);
        let apps = apps.filter(|known| app.is_none_or(|app| app == *known));
        let pseudonyms = apps.filter_map(|app| self.stored_user(app, id));
        pseudonyms.chain([id.to_owned()]).collect()
    }

    /// Begins with the records of a batch.
    pub(crate) fn treating<'a>(
        &'a self,
        app: &'a str,
        protocol: &'a str,
        sender: &'a Sender,
    ) -> Treating<'a> {
        Treating {
            privacy: self,
            rules: self.of(app),
            app,
            protocol,
            sender,
            withheld: BTreeSet::new(),
        }
    }
}

/// One batch under treatment.
#[derive(Debug)]
pub(crate) struct Treating<'a> {
    privacy: &'a Privacy,
    rules: &'a AppPrivacy,
    app: &'a str,
    protocol: &'a str,
    sender: &'a Sender,
    withheld: BTreeSet<String>,
}

impl Treating<'_> {
    /// The names of properties that were left out, a few of them where there are many.
    pub(crate) fn into_withheld(self) -> BTreeSet<String> {
        self.withheld
    }

    /// Leaves out of a record what its app does not store, and puts in what it asks for.
    pub(crate) fn treat(&mut self, record: &mut Record<'_>) {
        match record {
            Record::Event(event) => {
                self.treat_derived(&mut event.event_id);
                let ids = self.treat_ids(&mut event.origin);
                if self.withhold(&mut event.properties) || ids {
                    rehash_event(event);
                }
                // After the hash: a retry may come from another place.
                self.note_sender(&mut event.properties);
            }
            Record::Feedback(feedback) => {
                self.treat_derived(&mut feedback.event_id);
                self.treat_ids(&mut feedback.origin);
                self.withhold(&mut feedback.properties);
                self.note_sender(&mut feedback.properties);
            }
            Record::Refused(refused) => self.treat_refused(refused),
            Record::Replayed(replayed) => self.treat(&mut replayed.record),
            Record::Release(_)
            | Record::Backlog(_)
            | Record::Mark(_)
            | Record::Plan(_)
            | Record::FeedbackLabel(_)
            | Record::FeedbackLink(_)
            | Record::Verdict(_)
            | Record::Noted(_) => {}
        }
    }

    /// An id that was derived is a plain hash of what the row or the log record said: whoever knows
    /// all but the user could try users out.
    fn treat_derived(&self, id: &mut Text<'_>) {
        let secret = self.privacy.secret.as_ref();
        let secret = secret.filter(|_| !self.rules.keeps_all());
        let is_derived = match self.protocol {
            import::PROTOCOL => is_derived(id),
            otlp::PROTOCOL => otlp::is_derived(id),
            _ => false,
        };
        if let Some(secret) = secret.filter(|_| is_derived) {
            *id = secret.pseudonym(self.app, id).into();
        }
    }

    fn treat_ids(&self, origin: &mut Origin<'_>) -> bool {
        if self.rules.user_ids == UserIds::Keep {
            return false;
        }
        let stored = |id: &Text<'_>| self.privacy.stored_user(self.app, id).map(Text::from);
        origin.user_id = origin.user_id.as_ref().and_then(stored);
        origin.anonymous_id = origin.anonymous_id.as_ref().and_then(stored);
        true
    }

    /// Leaves out the properties that are not stored, and says whether there were any.
    fn withhold(&mut self, properties: &mut Option<Text<'_>>) -> bool {
        let (rules, withheld) = (self.rules, &mut self.withheld);
        let is_suspect = |text: &Text<'_>| {
            // Without a list, only names that begin with `$` are left out: these may be escaped.
            rules.properties.is_some() || memchr::memchr2(b'$', b'\\', text.as_bytes()).is_some()
        };
        properties.as_ref().is_some_and(is_suspect)
            && retain_members(properties, |name| {
                let keeps = rules.keeps(name);
                if !keeps && withheld.len() < NAMES_MAX {
                    withheld.insert(name.chars().take(80).collect());
                }
                keeps
            })
    }

    fn note_sender(&self, properties: &mut Option<Text<'_>>) {
        if let Some(address) = self.sender.address.filter(|_| self.rules.store_ip) {
            put_member(properties, IP, &address.to_string());
        }
        let agent = self.sender.user_agent.as_ref();
        if let Some(agent) = agent.filter(|_| self.rules.store_user_agent) {
            let agent: String = agent.chars().take(USER_AGENT_CHARS_MAX).collect();
            put_member(properties, USER_AGENT, &agent);
        }
    }

    fn treat_refused(&self, refused: &mut Refused) {
        if !self.rules.keeps_all() {
            let id = refused.event_id.take().map(Text::from);
            refused.event_id = id.map(|mut id| {
                self.treat_derived(&mut id);
                id.to_string()
            });
            refused.raw.clear();
            return;
        }
        let own = SENDER_PROPERTIES.map(|name| (name, name));
        let of_protocol = SENDER_NAMES.into_iter();
        let of_protocol = of_protocol.filter(|(protocol, ..)| *protocol == self.protocol);
        let of_protocol = of_protocol.map(|(_, name, property)| (name, property));
        let left_out: Vec<&str> = (own.into_iter().chain(of_protocol))
            .filter(|(_, property)| !self.rules.keeps(property))
            .map(|(name, _)| name)
            .collect();
        let holds_any = |bytes: &[u8]| {
            let mut names = left_out.iter();
            names.any(|name| memchr::memmem::find(bytes, name.as_bytes()).is_some())
        };
        if !holds_any(&refused.raw_bytes()) {
            return;
        }
        refused.raw = match serde_json::from_str::<Value>(&refused.raw) {
            Ok(mut raw) => {
                remove_members(&mut raw, &|name| left_out.contains(&name));
                raw.to_string()
            }
            Err(_) => String::new(),
        };
        // The name of an attribute is a text among others, and its value is beside it.
        if self.protocol == otlp::PROTOCOL && holds_any(refused.raw.as_bytes()) {
            refused.raw.clear();
        }
    }
}

/// Removes the members of such a name, wherever they are.
fn remove_members(value: &mut Value, is_left_out: &impl Fn(&str) -> bool) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !is_left_out(name));
            members
                .values_mut()
                .for_each(|value| remove_members(value, is_left_out));
        }
        Value::Array(list) => list
            .iter_mut()
            .for_each(|value| remove_members(value, is_left_out)),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
