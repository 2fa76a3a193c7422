//! `POST /v1/feedback/form`: feedback from a plain HTML form, for pages without script; the module
//! `widget` shows one.
//!
//! The fields are those of native feedback (`kind`, `score`, `scale`, `text`, `feature`, `page`,
//! `release`, `user_id`, `event_id` …); an empty one is none. The answer is a page of two lines, or,
//! where `return` names an address of the site that the form was on, the way back there. Which site
//! that was the browser says, in `Origin` or `Referer`, and no form can say otherwise: so a form on a
//! foreign page sends nobody anywhere but to that page's own site. Feedback that is refused lies in
//! quarantine like any other, and its sender reads why.

use std::sync::OnceLock;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use lake::RawObject;
use serde_json::{Number, Value};
use url::{Url, form_urlencoded};

use crate::batch::Record;
use crate::draft::Receipt;
use crate::http::State;
use crate::http::problem::Problem;
use crate::http::sdk::{self, Context, Reading, Told, Wire};
use crate::wire::native;
use crate::wire::split::Content;

/// What a page of ours may do: be read.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'";
const HTML: &str = "text/html; charset=utf-8";

/// The fields that are read, besides the score; of several of one name the last.
const FIELDS: [&str; 19] = [
    "kind",
    "scale",
    "text",
    "feature",
    "page",
    "survey_id",
    "question",
    "event_id",
    "user_id",
    "anonymous_id",
    "session_id",
    "release",
    "build",
    "environment",
    "channel",
    "platform",
    "locale",
    "source",
    "occurred_at",
];

/// `POST /v1/feedback/form`.
pub(crate) async fn feedback(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    let form = Form {
        site: site(request.headers()),
        wanted: OnceLock::new(),
    };
    let mut response = sdk::take(form, request, payload, state).await;
    if response.headers().contains_key(header::LOCATION) {
        *response.status_mut() = StatusCode::SEE_OTHER;
    }
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// A form on a page.
struct Form {
    /// The page, or at least its origin, by the word of the browser.
    site: Option<Url>,
    /// The address that it wants its sender to be led to.
    wanted: OnceLock<String>,
}

/// Where a form was: its page, where the browser tells it and it is of the origin that sends.
fn site(headers: &HeaderMap) -> Option<Url> {
    let address = |name| Url::parse(headers.get(name)?.to_str().ok()?).ok();
    let origin = headers.get(header::ORIGIN);
    let referer = address(header::REFERER);
    // A browser that hides the origin says null.
    let Some(origin) = origin.filter(|origin| *origin != "null") else {
        return referer;
    };
    let origin = Url::parse(origin.to_str().ok()?).ok()?;
    Some(
        referer
            .filter(|page| page.origin() == origin.origin())
            .unwrap_or(origin),
    )
}

/// An address of the site, or none.
fn way_back(site: Option<&Url>, wanted: &str) -> Option<String> {
    let site = site?;
    let address = site.join(wanted).ok()?;
    let is_of_site = address.origin() == site.origin()
        && matches!(address.scheme(), "http" | "https")
        && address.username().is_empty()
        && address.password().is_none();
    is_of_site.then(|| address.to_string())
}

/// What a form sends.
#[derive(Debug)]
pub(crate) struct Sent {
    secret: Option<String>,
    /// The address that its sender is to be led to.
    wanted: Option<String>,
    /// The one piece of feedback, taken or refused.
    pub(crate) record: Record<'static>,
}

/// Reads the fields of a form.
///
/// # Errors
/// When there is nothing among them that feedback could have.
pub(crate) fn read(body: &[u8], context: &Context) -> Result<Sent, Problem> {
    let (mut secret, mut wanted, mut object) = (None, None, RawObject::new());
    for (name, value) in form_urlencoded::parse(body) {
        match name.as_ref() {
            _ if value.trim().is_empty() => {}
            "key" => secret = Some(value.trim().to_owned()),
            "return" => wanted = Some(value.into_owned()),
            "score" => drop(object.insert("score".to_owned(), number(&value))),
            name if FIELDS.contains(&name) => {
                object.insert(name.to_owned(), value.into());
            }
            _ => {}
        }
    }
    if object.is_empty() {
        let message = "the form holds no feedback: a score or a text is needed";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "empty", message));
    }
    object.entry("source").or_insert_with(|| "form".into());
    let raw = serde_json::to_vec(&object).map_err(crate::Error::frame("read"))?;
    let context = native::Context {
        // The key alone says for which app it is.
        app: "",
        content: Content::Feedback,
        arrival: context.arrival(None),
        author: None,
        event_bytes_max: context.event_bytes_max,
        limits: context.limits,
    };
    Ok(Sent {
        secret,
        wanted,
        record: native::check_object(&object, &raw, &context),
    })
}

/// A number, or what was written in its place, for the check to refuse.
fn number(text: &str) -> Value {
    let number = text.trim().parse().ok().and_then(Number::from_f64);
    number.map_or_else(|| text.into(), Value::Number)
}

/// A page of a heading, a sentence and a way back.
fn page(heading: &str, sentence: &str, back: Option<&str>) -> String {
    let back = back.map_or_else(String::new, |back| {
        format!("<p><a href=\"{}\">Back</a></p>", escaped(back))
    });
    let sentence = escaped(sentence);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{heading}</title>\
         <style>{STYLE}</style></head>\
         <body><main><h1>{heading}</h1><p>{sentence}</p>{back}</main></body></html>"
    )
}

const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:12vh auto;\
                     padding:0 1rem}h1{font-size:1.6rem}";

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

impl Wire for Form {
    const PROTOCOL: &'static str = "form";

    fn read<'a>(&self, body: &'a [u8], context: &Context) -> Result<Reading<'a>, Problem> {
        let sent = read(body, context)?;
        if let Some(wanted) = sent.wanted {
            drop(self.wanted.set(wanted));
        }
        Ok(Reading {
            secret: sent.secret,
            records: vec![sent.record],
        })
    }

    fn tell(&self, records: &[Record<'_>], receipts: &[Receipt]) -> Told {
        let site = self.site.as_ref();
        let back = self.wanted.get().and_then(|wanted| way_back(site, wanted));
        let is_taken = receipts.iter().all(|receipt| *receipt != Receipt::Rejected);
        let (heading, sentence) = match records.first() {
            _ if is_taken => ("Thank you", "Your feedback has arrived."),
            Some(Record::Refused(refused)) => ("Not taken", refused.refusal.message.as_str()),
            _ => ("Not taken", "Other feedback came with the same id before."),
        };
        let form = site
            .map(Url::as_str)
            .filter(|page| page.starts_with("http"));
        let body = page(heading, sentence, back.as_deref().or(form));
        let location = back.filter(|_| is_taken).map(|back| ("location", back));
        Told {
            content_type: HTML,
            headers: location.into_iter().collect(),
            body: body.into_bytes(),
        }
    }

    fn refuse(&self, problem: Problem) -> HttpResponse {
        let said = problem.to_string();
        let sentence = said
            .split_once(": ")
            .map_or(said.as_str(), |(_, message)| message);
        let page = page("Not taken", sentence, self.site.as_ref().map(Url::as_str));
        let mut response = problem.error_response().set_body(BoxBody::new(page));
        let html = HeaderValue::from_static(HTML);
        response.headers_mut().insert(header::CONTENT_TYPE, html);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn way_back_stays_on_the_site_of_the_form() {
        let form = url("https://shop.example/help/form.html");
        let back = |wanted| way_back(Some(&form), wanted);
        for (wanted, led) in [
            ("/thanks?a=1", "https://shop.example/thanks?a=1"),
            ("thanks.html", "https://shop.example/help/thanks.html"),
            ("https://shop.example/x", "https://shop.example/x"),
            ("HTTPS://SHOP.example:443/x", "https://shop.example/x"),
            (
                "/a\r\nSet-Cookie: b",
                "https://shop.example/aSet-Cookie:%20b",
            ),
        ] {
            assert_eq!(back(wanted).as_deref(), Some(led), "{wanted}");
        }
        for wanted in [
            "https://evil.example/",
            "//evil.example/",
            "\\\\evil.example/",
            "/\\evil.example/",
            "http://shop.example/",
            "https://shop.example:8443/",
            "https://shop.example@evil.example/",
            "https://a:b@shop.example/",
            "https://shop.example.evil.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "blob:https://shop.example/1",
        ] {
            assert_eq!(back(wanted), None, "{wanted}");
        }
        assert_eq!(way_back(None, "/thanks"), None);
        assert_eq!(
            way_back(Some(&url("file:///form.html")), "other.html"),
            None
        );
    }

    #[test]
    fn site_is_what_the_browser_says_of_origin_and_page() {
        let site = |headers: &[(&str, &str)]| {
            let mut request = actix_web::test::TestRequest::post();
            for header in headers {
                request = request.insert_header(*header);
            }
            site(request.to_http_request().headers()).map(|url| url.to_string())
        };
        let page = "https://shop.example/form";
        let origin = ("Origin", "https://shop.example");
        assert_eq!(site(&[origin, ("Referer", page)]).as_deref(), Some(page));
        let bare = Some("https://shop.example/");
        assert_eq!(site(&[origin]).as_deref(), bare);
        let foreign = ("Referer", "https://evil.example/");
        assert_eq!(site(&[origin, foreign]).as_deref(), bare);
        assert_eq!(site(&[("Referer", page)]).as_deref(), Some(page));
        assert_eq!(site(&[("Origin", "null")]), None);
        assert_eq!(site(&[("Origin", "nonsense"), ("Referer", page)]), None);
        assert_eq!(site(&[]), None);
    }

    fn read(body: &[u8]) -> Result<Sent, Problem> {
        let context = Context {
            received_at: 1_777_627_800_000_000,
            event_bytes_max: 1 << 20,
            batch_events_max: 10,
            limits: lake::EventLimits::default(),
        };
        super::read(body, &context)
    }

    #[test]
    fn fields_of_a_form_become_one_piece_of_feedback() {
        let body = b"key=sw_send_1&kind=nps&score=9&text=a+b%0D%0A%F0%9F%98%80&page=&user_id=+&x=1&app=other";
        let sent = read(body).unwrap();
        assert_eq!(sent.secret.as_deref(), Some("sw_send_1"));
        let Record::Feedback(feedback) = &sent.record else {
            panic!("not taken: {sent:?}")
        };
        assert_eq!(feedback.score, Some(9.0));
        assert_eq!(feedback.text.as_deref(), Some("a b\r\n\u{1f600}"));
        assert_eq!((feedback.source.as_str(), &feedback.page), ("form", &None));
    }

    #[test]
    fn hostile_fields_are_refused_with_their_reason_and_bytes() {
        let long = format!("text={}", "x".repeat(10_001));
        for (body, field) in [
            ("score=1e999", "score"),
            ("score=NaN", "score"),
            ("score=-1&kind=nps", "score"),
            ("score=9&kind=constructor", "kind"),
            ("score=5&scale=1-", "scale"),
            ("kind=reply&text=x", "parent_id"),
            ("kind=comment&release=1", "score"),
            ("score=5&occurred_at=yesterday", "occurred_at"),
            (&long, "text"),
        ] {
            let sent = read(body.as_bytes()).unwrap();
            let Record::Refused(refused) = &sent.record else {
                panic!("{body}: {sent:?}")
            };
            assert_eq!(refused.refusal.field, field, "{body}");
            let kept: RawObject = serde_json::from_slice(&refused.raw_bytes()).unwrap();
            assert_eq!(kept["source"], "form");
            assert_eq!(refused.sent_as, Some(lake::SentAs::Feedback));
        }
        for nothing in [
            "",
            "key=a&return=/x",
            "text=+&score=",
            "unknown=1",
            "{\"score\":5}",
        ] {
            assert!(read(nothing.as_bytes()).is_err(), "{nothing}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_and_no_fields_break_the_reader(body: Vec<u8>, score: String, text: String) {
            drop(read(&body));
            let mut sent = form_urlencoded::Serializer::new(String::new());
            sent.append_pair("score", &score).append_pair("text", &text).append_pair("event_id", &text);
            let sent = sent.finish();
            drop(read(sent.as_bytes()));
        }
    }

    #[test]
    fn nothing_of_a_page_runs() {
        let page = page("Not taken", "<script>&\"'", Some("https://x/\"><script>"));
        assert!(page.contains("&lt;script&gt;&amp;&quot;&#39;"));
        assert!(!page.contains("<script>"));
    }
}
