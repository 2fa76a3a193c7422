//! The feedback widget: one script that a page embeds with one line, and what it costs: 4 KiB
//! packed, no cookie, no request but the one that carries feedback.
//!
//! Two addresses serve the same bytes. `/widget/v1.js` follows the fixes of its major version, is
//! kept by browsers for minutes and so has no integrity hash. `/widget/1.0.0.js` never changes, is
//! kept for a year, and is embedded with [`INTEGRITY`]. A change of the script is a new version
//! with an address of its own; a test holds script and hash together.
//!
//! `widget.js` is the source to read and to change; `widget.min.js` is what is served. A test makes
//! it anew wherever Node is there and holds both to each other:
//! `node tests/sdk/minify.mjs > ingest/src/http/widget/widget.min.js`.
//!
//! # Embedding
//! ```html
//! <script async src="https://HOST/widget/v1.js" data-key="KEY" data-release="4.2.0"></script>
//! ```
//! The key is a send key; `shipwake key create --scope send --origin https://shop.example` makes one
//! that opens for pages of that origin alone. Under a content security policy the page names the
//! service in `script-src` and `connect-src`, and nothing else: the widget brings its styles as a
//! constructed sheet, so that `style-src` may stay `'none'`, and it makes no HTML from text, so that
//! trusted types may be required.
//!
//! | attribute | what it says | default |
//! |---|---|---|
//! | `data-key` | the send key | required |
//! | `data-kind` | `nps`, `csat`, `emoji`, `text` or `bug` | `csat` |
//! | `data-release`, `data-environment` | what the page runs | none |
//! | `data-feature`, `data-survey`, `data-user` | `feature`, `survey_id`, `user_id` of what is sent | none |
//! | `data-attach` | CSS selector of the page's own buttons that open it, in place of its button | none |
//! | `data-button` | `none` for no button: the page calls `open()` | a button in the corner |
//! | `data-delay` | seconds after which it opens by itself, where it is due | never |
//! | `data-sample` | share of browsers in which it opens by itself, 0 to 1 | `1` |
//! | `data-cooldown-days` | days without opening by itself after it was shown or answered | `30` |
//! | `data-theme` | `auto`, `light` or `dark` | `auto` |
//! | `data-color` | the colour of buttons and marks | blue |
//! | `data-labels` | every word that it shows, as JSON: `{"send": "Senden"}` | English |
//! | `data-endpoint` | where feedback goes, where the script is hosted elsewhere | the script's host |
//!
//! The page's styles set its other colours and its font: `--shipwake-accent`,
//! `--shipwake-on-accent`, `--shipwake-background`, `--shipwake-text`, `--shipwake-border`,
//! `--shipwake-font`. Its labels are `button`, `close`, `send`, `never`, `thanks`, `more`, `hint`, the
//! questions `nps`, `csat`, `emoji`, `text`, `bug`, the pairs `npsEnds` and `csatEnds`, and the five
//! `faces`. It follows the page's writing direction.
//!
//! `window.shipwakeFeedback` has `open(kind, {question, feature, …})`, `close()`, `send({kind, score,
//! text, …})` for forms of the page's own, `identify(userId)`, `setContext({release, …})`,
//! `configure({labels, theme, …})`, `flush()` and `optOut()`. Before the script is there, calls wait:
//! `(window.shipwakeFeedback ||= []).push(['identify', 'u-17'])`. The window hears
//! `shipwake:open`, `shipwake:queued`, `shipwake:sent` and `shipwake:error`.
//!
//! # What becomes of an answer
//! It is put into the browser's storage with an event id of its own, then sent as `text/plain`,
//! without credentials and without a preflight, to `/v1/feedback`. It leaves the storage once
//! Shipwake answered, with JSON, other than 408, 429 or 5xx; until then it is sent again, later and
//! later, after `Retry-After`, at the next page and when the network is back. What was sent twice
//! counts once. The page's query and fragment are no part of it; where the browser asks for privacy
//! (`Sec-GPC`, `DNT`) there is no anonymous id either.
//!
//! # Without script
//! A plain form sends to `/v1/feedback/form`, with the fields of native feedback. Its answer is a
//! small page, or the way back to `return`, an address of the site that the form is on.
//! ```html
//! <form method="post" action="https://HOST/v1/feedback/form">
//!   <input type="hidden" name="key" value="KEY">
//!   <input type="hidden" name="kind" value="bug_report">
//!   <input type="hidden" name="return" value="/thanks">
//!   <label>What went wrong? <textarea name="text" required></textarea></label>
//!   <button>Send</button>
//! </form>
//! ```

use std::io::Write as _;
use std::sync::LazyLock;

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use flate2::Compression;
use flate2::write::GzEncoder;

/// The version of the script.
pub const VERSION: &str = "1.0.0";

/// Where the script of this version is, for ever.
pub const PATH: &str = "/widget/1.0.0.js";

/// What the browser may hold the script at [`PATH`] to (W3C Subresource Integrity).
pub const INTEGRITY: &str =
    "sha384-ed1xXBMZfrv3cCUy+T8LML8je2omSgx6iA9/V2lO+YB6aNh8FKcFhsrGsWNnNJrC";

const SCRIPT: &str = include_str!("widget.min.js");

/// Long enough that a page asks once a visit, short enough that a fix arrives.
const FOR_MINUTES: &str = "public, max-age=300";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Packed once; `None` only if memory cannot be written to.
static PACKED: LazyLock<Option<Bytes>> = LazyLock::new(|| {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(SCRIPT.as_bytes()).ok()?;
    encoder.finish().ok().map(Bytes::from)
});

/// `GET /widget/v1.js`.
pub(crate) async fn newest(request: HttpRequest) -> HttpResponse {
    serve(request.headers(), FOR_MINUTES)
}

/// `GET /widget/1.0.0.js`.
pub(crate) async fn pinned(request: HttpRequest) -> HttpResponse {
    serve(request.headers(), FOR_EVER)
}

fn serve(asked: &HeaderMap, kept: &str) -> HttpResponse {
    let tag = format!("\"{INTEGRITY}\"");
    let is_known = names(asked, header::IF_NONE_MATCH, |known| {
        known == "*" || known.trim_start_matches("W/") == tag
    });
    let mut response = if is_known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        // Weak, since the packed bytes are others: both are the same script.
        .insert_header((header::ETAG, format!("W/{tag}")))
        .insert_header((header::CACHE_CONTROL, kept))
        .insert_header((header::VARY, "Accept-Encoding"))
        // A page embeds it with an integrity hash, and may be isolated from other origins.
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header(("Cross-Origin-Resource-Policy", "cross-origin"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    if is_known {
        return response.finish();
    }
    response.content_type("text/javascript; charset=utf-8");
    match &*PACKED {
        Some(packed) if names(asked, header::ACCEPT_ENCODING, takes_gzip) => response
            .insert_header((header::CONTENT_ENCODING, "gzip"))
            .body(packed.clone()),
        _ => response.body(SCRIPT),
    }
}

/// Whether one entry of a header's list fits.
fn names(asked: &HeaderMap, name: header::HeaderName, fits: impl Fn(&str) -> bool) -> bool {
    let values = asked.get_all(name).filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|entry| fits(entry.trim()))
}

/// Whether an entry of `Accept-Encoding` allows gzip (RFC 9110, section 12.5.3).
fn takes_gzip(entry: &str) -> bool {
    let (coding, weight) = entry.split_once(';').unwrap_or((entry, ""));
    let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
    let is_gzip = matches!(coding.trim().to_ascii_lowercase().as_str(), "gzip" | "*");
    is_gzip && weight.parse::<f64>().is_ok_and(|weight| weight > 0.0)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha384};

    use super::*;
    use crate::http::door::from_base64;

    const BYTES_MAX: usize = 4096;

    #[test]
    fn script_is_within_its_budget() {
        let packed = PACKED.as_ref().unwrap().len();
        assert!(packed <= BYTES_MAX, "{packed} bytes packed");
    }

    #[test]
    fn script_is_the_one_that_its_integrity_hash_names() {
        let hash = from_base64(INTEGRITY.strip_prefix("sha384-").unwrap()).unwrap();
        let is_same = hash == Sha384::digest(SCRIPT).as_slice();
        assert!(
            is_same,
            "a changed script is a new version: raise VERSION, PATH and INTEGRITY"
        );
    }

    #[test]
    fn version_is_the_same_everywhere() {
        assert_eq!(PATH, format!("/widget/{VERSION}.js"));
        assert!(SCRIPT.contains(&format!("\"{VERSION}\"")));
    }

    #[test]
    fn gzip_is_served_to_those_who_take_it() {
        for entry in ["gzip", "GZIP", "gzip;q=0.5", "gzip; q=1", "*"] {
            assert!(takes_gzip(entry), "{entry}");
        }
        for entry in ["", "br", "gzip;q=0", "gzip;q=x", "identity"] {
            assert!(!takes_gzip(entry), "{entry}");
        }
    }
}
