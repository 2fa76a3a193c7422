//! Where a message comes from: what its `context` says of the app, the device and the SDK.
//!
//! A browser is told by its library, by RudderStack's `channel`, by its brands (`userAgentData`) or
//! by the address of its page; on a phone, too, a page is of the web and no app of the phone. A
//! server says nothing of its user's device, and then nothing is stored.
//!
//! A part of the context that is of another type than it should be is no reason to refuse the
//! message: it stays in the property `context`.

use lake::Field;
use serde_json::value::RawValue;

use super::properties::{Members, joined, scalar};

/// The libraries of browsers.
const BROWSER_LIBRARIES: [&str; 2] = ["analytics.js", "RudderLabs JavaScript SDK"];
/// The integrations that are told a session.
const SESSION_INTEGRATIONS: [&str; 2] = ["Actions Amplitude", "Amplitude"];
/// What `context.device.type` says of some that is a system.
const DEVICE_SYSTEMS: [&str; 7] = [
    "ios", "android", "ipados", "tvos", "watchos", "macos", "windows",
];

/// Where a message comes from.
#[derive(Debug, Default)]
pub(super) struct Origin<'a> {
    pub(super) session_id: Field<'a>,
    pub(super) release: Field<'a>,
    pub(super) build: Field<'a>,
    pub(super) environment: Field<'a>,
    pub(super) platform: Field<'a>,
    pub(super) locale: Field<'a>,
    pub(super) sdk_name: Field<'a>,
    pub(super) sdk_version: Field<'a>,
    pub(super) ip: Option<&'a RawValue>,
    pub(super) user_agent: Option<&'a RawValue>,
    pub(super) traits: Option<&'a RawValue>,
    /// The whole of a context that is no object.
    odd: Option<&'a RawValue>,
    /// The members of the context that no field took.
    rest: Members<'a>,
}

impl<'a> Origin<'a> {
    /// Reads a context; `None` where it cannot be read strictly.
    pub(super) fn of(
        context: Option<&'a RawValue>,
        integrations: Option<&'a RawValue>,
        channel: &Field<'a>,
    ) -> Option<Self> {
        let mut origin = Self::default();
        let mut is_browser = matches!(channel, Field::Text(word) if *word == "web");
        let mut system = Field::Absent;
        let mut device = Field::Absent;
        if let Some(context) = context {
            if !context.get().starts_with('{') {
                origin.odd = Some(context);
                return Some(origin);
            }
            let Members(members) = Members::of(context)?;
            for (name, value) in members {
                let is_taken = match &*name {
                    "app" => {
                        origin.release = part(value, "version");
                        origin.build = part(value, "build");
                        false
                    }
                    "os" => {
                        system = part(value, "name");
                        false
                    }
                    "device" => {
                        device = part(value, "type");
                        false
                    }
                    "page" => {
                        is_browser |= matches!(part(value, "url"), Field::Text(url) if url.starts_with("http"));
                        false
                    }
                    "userAgentData" => {
                        is_browser |= value.get().starts_with('{');
                        false
                    }
                    "library" => origin.take_library(value),
                    "locale" => take(&mut origin.locale, value),
                    "environment" => take(&mut origin.environment, value),
                    "sessionId" => take(&mut origin.session_id, value),
                    "ip" => {
                        origin.ip = Some(value);
                        true
                    }
                    "userAgent" => {
                        origin.user_agent = Some(value);
                        true
                    }
                    "traits" => {
                        origin.traits = Some(value);
                        false
                    }
                    _ => false,
                };
                if !is_taken {
                    origin.rest.0.push((name, value));
                }
            }
        }
        is_browser |=
            matches!(&origin.sdk_name, Field::Text(name) if BROWSER_LIBRARIES.contains(&&**name));
        origin.platform = platform(is_browser, system, device);
        if origin.session_id == Field::Absent {
            origin.session_id = integrations.map_or(Field::Absent, session_of);
        }
        Some(origin)
    }

    /// Takes name and version of the library, and says whether there is nothing else in it.
    fn take_library(&mut self, library: &'a RawValue) -> bool {
        if !library.get().starts_with('{') {
            return take(&mut self.sdk_name, library);
        }
        let Some(Members(members)) = Members::of(library) else {
            return false;
        };
        let mut is_whole = true;
        for (name, value) in members {
            is_whole &= match &*name {
                "name" => take(&mut self.sdk_name, value),
                "version" => take(&mut self.sdk_version, value),
                _ => false,
            };
        }
        is_whole
    }

    /// What no field took, as JSON text.
    pub(super) fn take_rest(&mut self, leaves_traits: bool) -> Option<String> {
        if let Some(odd) = self.odd {
            return Some(odd.get().to_owned());
        }
        if leaves_traits {
            self.rest.0.retain(|(name, _)| *name != "traits");
        }
        (!self.rest.0.is_empty()).then(|| joined(&self.rest))
    }
}

/// Takes a text or a number, and says whether it was one.
fn take<'a>(field: &mut Field<'a>, value: &'a RawValue) -> bool {
    *field = scalar(value);
    *field != Field::Absent
}

/// A text or a number within an object.
fn part<'a>(object: &'a RawValue, name: &str) -> Field<'a> {
    let Some(Members(members)) = Members::of(object) else {
        return Field::Absent;
    };
    let found = members.into_iter().find(|(found, _)| **found == *name);
    found.map_or(Field::Absent, |(_, value)| scalar(value))
}

fn platform<'a>(is_browser: bool, system: Field<'a>, device: Field<'a>) -> Field<'a> {
    if is_browser {
        return Field::Text("web".into());
    }
    match (system, device) {
        (Field::Text(system), _) if !system.trim().is_empty() => {
            let lower = system.trim().to_lowercase();
            let name = match lower.as_str() {
                "iphone os" => "ios".to_owned(),
                "mac os" | "mac os x" | "os x" | "darwin" => "macos".to_owned(),
                _ => lower,
            };
            Field::Text(name.into())
        }
        (_, Field::Text(device)) => {
            let lower = device.trim().to_lowercase();
            let is_system = DEVICE_SYSTEMS.contains(&lower.as_str());
            if is_system {
                Field::Text(lower.into())
            } else {
                Field::Absent
            }
        }
        _ => Field::Absent,
    }
}

/// The session that an integration is told.
fn session_of<'a>(integrations: &'a RawValue) -> Field<'a> {
    if !integrations.get().contains("session_id") {
        return Field::Absent;
    }
    let Some(Members(members)) = Members::of(integrations) else {
        return Field::Absent;
    };
    members
        .into_iter()
        .filter(|(name, _)| SESSION_INTEGRATIONS.contains(&&**name))
        .map(|(_, value)| part(value, "session_id"))
        .find(|found| *found != Field::Absent)
        .unwrap_or_default()
}
