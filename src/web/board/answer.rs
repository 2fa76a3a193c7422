//! Pages and what goes with them over HTTP: nothing is loaded from elsewhere, nothing is framed,
//! nothing is kept by a cache.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use ingest::http::Problem;
use reports::board::{self, BoardPage, Place, Viewer};

/// What a page of the dashboard may load: its style and its script, from here.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; \
                           connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// What a report of the archive may load: nothing; its style stands in it.
const REPORT_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                             base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const HTML: &str = "text/html; charset=utf-8";

/// HTML of the dashboard.
pub(super) fn html(status: StatusCode, html: String) -> HttpResponse {
    safe(status, PAGE_POLICY).content_type(HTML).body(html)
}

/// A file of a report under its name: to be taken away, or shown here.
pub(super) fn file(name: &str, is_download: bool, bytes: Vec<u8>) -> HttpResponse {
    let mut answer = safe(StatusCode::OK, REPORT_POLICY);
    if is_download {
        let head = format!("attachment; filename=\"{name}\"");
        answer.insert_header((header::CONTENT_DISPOSITION, head));
    }
    answer.content_type(content_type(name)).body(bytes)
}

/// What a file of a report is, by its ending.
fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => HTML,
        Some("csv") => "text/csv; charset=utf-8; header=present",
        Some("json") => "application/json",
        Some("md") => "text/markdown; charset=utf-8",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/octet-stream",
    }
}

/// Style or script: the same for all who look.
pub(super) fn asset(content_type: &str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .content_type(content_type)
        .body(text)
}

fn safe(status: StatusCode, policy: &'static str) -> actix_web::HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        // With `no-referrer` a browser sends no origin with forms either, and none would be taken.
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header(("cross-origin-opener-policy", "same-origin"))
        .insert_header(("x-robots-tag", "noindex"));
    answer
}

/// Leads to another page of the dashboard, by GET.
pub(super) fn lead(to: &str) -> HttpResponse {
    safe(StatusCode::SEE_OTHER, PAGE_POLICY)
        .insert_header((header::LOCATION, to))
        .finish()
}

/// A page of a title and a body.
pub(super) fn page(
    viewer: &Viewer,
    (place, status, title): (Option<Place>, StatusCode, &str),
    body: reports::Result<String>,
) -> HttpResponse {
    let page = body.and_then(|body| {
        let page = BoardPage {
            title: title.to_owned(),
            body,
            ..BoardPage::default()
        };
        board::page(viewer, place, &page)
    });
    match page {
        Ok(page) => html(status, page),
        Err(error) => fault(&error),
    }
}

/// A page that says why there is nothing else.
pub(super) fn refused(viewer: &Viewer, place: Option<Place>, problem: &Problem) -> HttpResponse {
    use actix_web::ResponseError as _;
    let status = problem.status_code();
    let title = status.canonical_reason().unwrap_or("No");
    let body = board::refusal(problem.message());
    page(viewer, (place, status, title), body)
}

/// A page that cannot be rendered, which is a fault of ours.
pub(super) fn fault(error: &reports::Error) -> HttpResponse {
    tracing::error!(%error, "page not rendered");
    HttpResponse::InternalServerError().body("the page cannot be shown: see the log of the service")
}

/// Whether a form comes from a page of this service, and from no other site: what browsers say of
/// themselves, which no page can forge. A request that no browser sends says neither.
pub(super) fn is_from_here(request: &HttpRequest) -> bool {
    let head = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = head("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match head(header::ORIGIN.as_str()) {
        None => true,
        Some(origin) => {
            let named = origin.split_once("://").map(|(_, host)| host);
            named.is_some() && named == head(header::HOST.as_str())
        }
    }
}

/// The page of this service that a form was sent from, or the first one. What is sent is a path:
/// nobody is led elsewhere.
pub(super) fn came_from(request: &HttpRequest) -> String {
    let referer = request.headers().get(header::REFERER);
    let page = referer.and_then(|page| page.to_str().ok());
    let path = page.and_then(|page| {
        let (_, rest) = page.split_once("://")?;
        let (host, path) = rest.split_once('/')?;
        let own = request.headers().get(header::HOST)?.to_str().ok()?;
        (host == own).then(|| ["/", path].concat())
    });
    own_path(path.as_deref().unwrap_or("/")).to_owned()
}

/// A path of this service, or the first page.
pub(super) fn own_path(path: &str) -> &str {
    let is_own = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && path.bytes().all(|byte| byte.is_ascii_graphic());
    if is_own { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_form_of_another_site_is_told_by_what_the_browser_says() {
        let said = |headers: &[(&'static str, &'static str)]| {
            let mut request = TestRequest::post().insert_header(("host", "ship.example:8790"));
            for header in headers {
                request = request.insert_header(*header);
            }
            is_from_here(&request.to_http_request())
        };
        assert!(said(&[]));
        assert!(said(&[("sec-fetch-site", "same-origin")]));
        assert!(said(&[("origin", "http://ship.example:8790")]));
        for foreign in [
            [("sec-fetch-site", "cross-site")],
            [("sec-fetch-site", "same-site")],
            [("origin", "http://evil.example")],
            [("origin", "http://ship.example:8791")],
            [("origin", "null")],
        ] {
            assert!(!said(&foreign), "{foreign:?}");
        }
        let both = [
            ("sec-fetch-site", "cross-site"),
            ("origin", "http://ship.example:8790"),
        ];
        assert!(!said(&both));
    }

    #[test]
    fn nobody_is_led_elsewhere() {
        for own in ["/", "/feedback?search=a%20b", "/releases/4.2.0"] {
            assert_eq!(own_path(own), own);
        }
        for other in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\r\nset-cookie: b",
            "/ü",
        ] {
            assert_eq!(own_path(other), "/", "{other:?}");
        }
        let from = |page: &str| {
            let request = TestRequest::post()
                .insert_header(("host", "ship.example"))
                .insert_header(("referer", page.to_owned()));
            came_from(&request.to_http_request())
        };
        assert_eq!(from("http://ship.example/feedback?a=b"), "/feedback?a=b");
        assert_eq!(from("http://evil.example/feedback"), "/");
        assert_eq!(from("http://ship.example//evil.example"), "/");
        assert_eq!(from("nonsense"), "/");
    }
}
