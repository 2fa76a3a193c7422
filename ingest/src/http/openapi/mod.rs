//! `GET /v1/openapi.json`: what the routes take and answer, for people's tools.
//!
//! Generated: schemas of answers come from the types that are answered, limits from those in force.
//! What an event may hold is written down in [`sent`], since it is read without a type. A test
//! makes a request of each kind and holds document and service to each other.

pub(crate) mod answers;
mod embedded;
mod operations;
mod sdk;
mod sent;
mod triage;

use actix_web::{HttpResponse, web};
use lake::EventLimits;
use utoipa::ToSchema;
use utoipa::openapi::schema::ComponentsBuilder;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem, PathsBuilder, RefOr, Schema,
};

use crate::http::State;
use crate::http::body::Limits;
use crate::keys::Scope;

/// `GET /v1/openapi.json`.
pub(crate) async fn openapi(state: web::Data<State>) -> HttpResponse {
    let mut document = document(&state.limits);
    if let Some(more) = state.more_routes {
        document.merge(more());
    }
    HttpResponse::Ok().json(document)
}

/// The whole document.
pub(crate) fn document(limits: &Limits) -> OpenApi {
    let license = LicenseBuilder::new().name("MIT OR Apache-2.0");
    let info = InfoBuilder::new()
        .title("Shipwake")
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(license.build()))
        .description(Some(
            "Takes usage events and feedback, durably: a 200 says that they are on disk. Send \
             again whatever got no 200; an event id counts once. A broken event is rejected with \
             field and reason and kept in quarantine, its neighbours are stored. 503 and 408 are \
             for a moment: wait as `Retry-After` says and send the same again. Paths may end with \
             a slash.",
        ));
    let mut paths = PathsBuilder::new();
    for operation in operations::all(limits) {
        let (path, method) = (operation.path, operation.method.clone());
        paths = paths.path(path, PathItem::new(method, operation.build()));
    }
    OpenApiBuilder::new()
        .info(info.build())
        .paths(paths.build())
        .components(Some(components(&limits.event).build()))
        .build()
}

fn components(limits: &EventLimits) -> ComponentsBuilder {
    let mut schemas = Vec::new();
    add::<crate::answer::Answer<'_>>(&mut schemas);
    add::<crate::seen::Seen>(&mut schemas);
    add::<sent::Event>(&mut schemas);
    add::<sent::Feedback>(&mut schemas);
    add::<sent::Release>(&mut schemas);
    add::<sent::ReleaseMark>(&mut schemas);
    add::<sent::PlanEntry>(&mut schemas);
    add::<sent::BacklogItem>(&mut schemas);
    add::<triage::FeedbackLabel>(&mut schemas);
    add::<triage::FeedbackLink>(&mut schemas);
    add::<sent::ImportBatch>(&mut schemas);
    add::<answers::Problem>(&mut schemas);
    add::<answers::Alive>(&mut schemas);
    add::<answers::Missed>(&mut schemas);
    add::<answers::SentryAnswer>(&mut schemas);
    add::<answers::SentryProblem>(&mut schemas);
    add::<answers::SegmentAnswer>(&mut schemas);
    add::<answers::SegmentSettings>(&mut schemas);
    add::<answers::OtlpAnswer>(&mut schemas);
    add::<answers::RpcStatus>(&mut schemas);
    add::<crate::http::status::Readiness>(&mut schemas);
    add::<crate::http::operate::FlushAnswer>(&mut schemas);
    add::<crate::http::operate::LedgerAnswer>(&mut schemas);
    add::<crate::http::upkeep::EraseRequest>(&mut schemas);
    add::<crate::http::upkeep::EraseAnswer>(&mut schemas);
    add::<crate::http::upkeep::VacuumAnswer>(&mut schemas);
    add::<crate::replay::ReplaySummary>(&mut schemas);
    for (_, schema) in &mut schemas {
        put_limits(schema, limits);
    }
    let header = ApiKeyValue::with_description("X-Api-Key", "The key as a header of its own");
    let query = ApiKeyValue::with_description("key", "The key in the query");
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The key as a bearer token"));
    let basic = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("The key as the user name, whatever the password"));
    ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme(BEARER, SecurityScheme::Http(bearer.build()))
        .security_scheme(BASIC, SecurityScheme::Http(basic.build()))
        .security_scheme(KEY_HEADER, SecurityScheme::ApiKey(ApiKey::Header(header)))
        .security_scheme(KEY_QUERY, SecurityScheme::ApiKey(ApiKey::Query(query)))
}

/// The ways to show a key of a scope.
#[must_use]
pub fn security(scope: Scope) -> Vec<SecurityRequirement> {
    let schemes = [BEARER, KEY_HEADER, KEY_QUERY, BASIC];
    schemes
        .map(|scheme| SecurityRequirement::new(scheme, [scope.as_str()]))
        .to_vec()
}

const BEARER: &str = "bearer";
const BASIC: &str = "basic";
const KEY_HEADER: &str = "key_header";
const KEY_QUERY: &str = "key_query";

/// Adds the schema of a type and of those within it.
fn add<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

/// Puts the limits in force in place of the defaults, with which the schemas are written.
fn put_limits(schema: &mut RefOr<Schema>, limits: &EventLimits) {
    let defaults = EventLimits::default();
    let put = |limit: &mut Option<usize>, pairs: &[(usize, usize)]| {
        if let Some((_, set)) = pairs.iter().find(|(default, _)| Some(*default) == *limit) {
            *limit = Some(*set);
        }
    };
    let texts = [
        (defaults.short_text_chars_max, limits.short_text_chars_max),
        (defaults.text_chars_max, limits.text_chars_max),
    ];
    match schema {
        RefOr::T(Schema::Object(object)) => {
            put(&mut object.max_length, &texts);
            let names = (defaults.properties_max, limits.properties_max);
            put(&mut object.max_properties, &[names]);
            for property in object.properties.values_mut() {
                put_limits(property, limits);
            }
        }
        RefOr::T(Schema::Array(array)) => {
            let entries = (defaults.list_entries_max, limits.list_entries_max);
            put(&mut array.max_items, &[entries]);
        }
        _ => {}
    }
}
