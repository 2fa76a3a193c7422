//! What the records of one resource and scope share: the app, where it runs, and the SDK.

use lake::Field;

use super::data::{KeyValue, Resource, Scope};
use super::value::{AnyValue, name, quote};

/// Bytes of what records share that each of them repeats among its properties: of the resource, and
/// of the names of service and scope. A resource may be as large as an event, and hold the whole
/// command line of a process; what goes beyond is left out.
const RESOURCE_BYTES_MAX: usize = 4 << 10;
const NAMES_BYTES_MAX: usize = 1 << 10;

/// What records share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) who: Who,
    pub(super) release: Field<'static>,
    pub(super) build: Field<'static>,
    pub(super) environment: Field<'static>,
    pub(super) platform: Field<'static>,
    pub(super) locale: Field<'static>,
    pub(super) sdk_name: Field<'static>,
    pub(super) sdk_version: Field<'static>,
    /// Members that become properties of each record, as the beginning of a JSON object.
    pub(super) properties: String,
}

/// Whom a record is of.
#[derive(Debug, Default)]
pub(super) struct Who {
    pub(super) user: Field<'static>,
    pub(super) end_user: Field<'static>,
    pub(super) pseudonym: Field<'static>,
    pub(super) installation: Field<'static>,
    pub(super) device: Field<'static>,
    pub(super) session: Field<'static>,
}

impl Who {
    /// Takes an attribute that says whom a record is of; gives back any other.
    pub(super) fn take(&mut self, key: &str, value: AnyValue) -> Option<AnyValue> {
        let field = match key {
            "user.id" => &mut self.user,
            "enduser.id" => &mut self.end_user,
            "enduser.pseudo.id" => &mut self.pseudonym,
            "app.installation.id" => &mut self.installation,
            "device.id" => &mut self.device,
            "session.id" => &mut self.session,
            _ => return Some(value),
        };
        *field = value.into_field();
        None
    }
}

/// What an operating system or a browser says of itself.
#[derive(Default)]
struct System {
    kind: Field<'static>,
    name: Field<'static>,
    is_browser: bool,
}

impl Shared {
    pub(super) fn of(resource: Resource, scope: Scope) -> Self {
        let mut shared = Self::default();
        let mut system = System::default();
        let mut older_environment = Field::Absent;
        let mut rest = "{".to_owned();
        let mut service = "{".to_owned();
        for KeyValue { key, value } in resource.attributes {
            let Some(value) = value.and_then(|value| shared.who.take(&key, value)) else {
                continue;
            };
            system.is_browser |= key.starts_with("browser.");
            let field = match key.as_str() {
                "service.version" => &mut shared.release,
                "app.build_id" => &mut shared.build,
                "deployment.environment.name" => &mut shared.environment,
                "deployment.environment" => &mut older_environment,
                "browser.language" => &mut shared.locale,
                "telemetry.sdk.name" => &mut shared.sdk_name,
                "telemetry.sdk.version" => &mut shared.sdk_version,
                "os.type" => &mut system.kind,
                "os.name" => &mut system.name,
                "service.name" => {
                    put(&key, &value, NAMES_BYTES_MAX, &mut service);
                    continue;
                }
                _ => {
                    let is_web = value.is_text("webjs");
                    system.is_browser |= key == "telemetry.sdk.language" && is_web;
                    put(&key, &value, RESOURCE_BYTES_MAX, &mut rest);
                    continue;
                }
            };
            *field = value.into_field();
        }
        if shared.environment == Field::Absent {
            shared.environment = older_environment;
        }
        shared.platform = system.platform();
        shared.properties = members(&service, &rest, &scope);
        shared
    }
}

/// Puts a member into an object under way, unless that then has too many bytes.
fn put(key: &str, value: &AnyValue, bytes_max: usize, object: &mut String) {
    let before = object.len();
    name(key, object);
    value.write(object);
    if object.len() > bytes_max {
        object.truncate(before);
    }
}

/// The members that each record of a resource and scope has among its properties.
fn members(service: &str, resource: &str, scope: &Scope) -> String {
    let mut members = service.to_owned();
    if resource.len() > 1 {
        name("resource", &mut members);
        members.push_str(resource);
        members.push('}');
    }
    let bytes = scope.name.len() + scope.version.len();
    if !scope.name.is_empty() && bytes <= NAMES_BYTES_MAX {
        name("scope", &mut members);
        members.push('{');
        name("name", &mut members);
        quote(&scope.name, &mut members);
        if !scope.version.is_empty() {
            name("version", &mut members);
            quote(&scope.version, &mut members);
        }
        members.push('}');
    }
    members
}

impl System {
    fn platform(self) -> Field<'static> {
        if self.is_browser {
            return Field::Text("web".into());
        }
        let lower = |field: &Field<'_>| match field {
            Field::Text(text) => text.trim().to_lowercase(),
            _ => String::new(),
        };
        let (kind, name) = (lower(&self.kind), lower(&self.name));
        let platform = match (kind.as_str(), name.as_str()) {
            // A phone says the family of its kernel as its type.
            (_, "ios" | "ipados" | "tvos" | "watchos" | "android") => name,
            ("darwin", _) => "macos".to_owned(),
            ("", "") => return Field::Absent,
            ("", _) => name,
            _ => kind,
        };
        Field::Text(platform.into())
    }
}
