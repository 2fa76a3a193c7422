//! The lines that change in an app, for each SDK that it may already have.
//!
//! What each SDK takes for a host and a key is in its own manual; nothing else of the app changes.
//! Lines fit 80 columns where the address is that of one machine, but for those that hold a hash or a
//! variable's long name.

use anyhow::bail;
use clap::ValueEnum;
use ingest::http::widget;

/// What an app sends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sdk {
    PosthogPython,
    PosthogNode,
    PosthogJs,
    SegmentPython,
    SegmentNode,
    SegmentJs,
    SentryPython,
    SentryNode,
    SentryJs,
    Otlp,
    Widget,
    Form,
    Curl,
}

const SECRET_PREFIX: &str = "sw_send_";
const HEX_DIGITS: usize = 32;

/// Where apps send, and with what key.
#[derive(Debug)]
pub(crate) struct Target {
    scheme: String,
    /// Host, port and path, without a slash at the end.
    host: String,
    key: String,
}

impl Target {
    pub(crate) fn new(address: &str, key: &str) -> anyhow::Result<Self> {
        let Some((scheme, host)) = address.trim().split_once("://") else {
            bail!("--server {address:?} is no address such as https://shipwake.example");
        };
        let scheme = scheme.to_ascii_lowercase();
        let host = host.trim_end_matches('/');
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:[]/%".contains(c);
        if !matches!(scheme.as_str(), "http" | "https")
            || host.is_empty()
            || !host.chars().all(is_plain)
        {
            bail!("--server {address:?} is no address such as https://shipwake.example");
        }
        let digits = key.strip_prefix(SECRET_PREFIX).unwrap_or_default();
        if digits.len() != HEX_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            bail!(
                "apps get a send key, {SECRET_PREFIX} and {HEX_DIGITS} digits: no other belongs into them"
            );
        }
        Ok(Self {
            scheme,
            host: host.to_owned(),
            key: key.to_owned(),
        })
    }

    /// What goes before the sections.
    pub(crate) fn introduction(&self) -> String {
        let Self { scheme, host, key } = self;
        format!(
            "Apps send to {scheme}://{host}\n\
             with the key {key}.\n\
             Whichever SDK an app has: change these lines, leave the rest. The comment\n\
             says how it tells its version, by which releases are compared."
        )
    }

    /// The name of an SDK and its lines, indented.
    pub(crate) fn section(&self, sdk: Sdk) -> String {
        let name = sdk.to_possible_value();
        let name = name.as_ref().map_or("", |name| name.get_name());
        let lines = self.snippet(sdk);
        let lines: Vec<String> = lines.lines().map(|line| format!("  {line}")).collect();
        format!("{name}\n{}", lines.join("\n"))
    }

    /// The lines of an SDK.
    pub(crate) fn snippet(&self, sdk: Sdk) -> String {
        let url = format!("{}://{}", self.scheme, self.host);
        let digits = self.key.strip_prefix(SECRET_PREFIX).unwrap_or_default();
        let dsn = format!("{}://{digits}@{}/1", self.scheme, self.host);
        lines_of(sdk)
            .replace("{url}", &url)
            .replace("{key}", &self.key)
            .replace("{host}", &self.host)
            .replace("{scheme}", &self.scheme)
            .replace("{dsn}", &dsn)
            .replace("{pinned}", widget::PATH)
            .replace("{integrity}", widget::INTEGRITY)
    }
}

fn lines_of(sdk: Sdk) -> &'static str {
    match sdk {
        Sdk::PosthogPython => {
            "posthog = Posthog('{key}',\n    \
             host='{url}')\n\
             # super_properties={'$app_version': '1.2.3'}"
        }
        Sdk::PosthogNode => {
            "const posthog = new PostHog('{key}',\n  \
             { host: '{url}' })\n\
             // properties: { $app_version: '1.2.3' } on each event"
        }
        Sdk::PosthogJs => {
            "posthog.init('{key}',\n  \
             { api_host: '{url}' })\n\
             // posthog.register({ $app_version: '1.2.3' })"
        }
        Sdk::SegmentPython => {
            "analytics.write_key = '{key}'\n\
             analytics.host = '{url}'\n\
             # context={'app': {'version': '1.2.3'}} on each call"
        }
        Sdk::SegmentNode => {
            "const analytics = new Analytics({ host: '{url}',\n  \
             writeKey: '{key}' })\n\
             // context: { app: { version: '1.2.3' } } on each call"
        }
        Sdk::SegmentJs => {
            "AnalyticsBrowser.load(\n  \
             { writeKey: '{key}',\n    \
             cdnURL: '{url}' },\n  \
             { integrations: { 'Segment.io':\n    \
             { apiHost: '{host}/v1', protocol: '{scheme}' } } })\n\
             // context: { app: { version: '1.2.3' } } on each call"
        }
        Sdk::SentryPython => {
            "sentry_sdk.init(\n    \
             dsn='{dsn}')\n\
             # release='1.2.3'"
        }
        Sdk::SentryNode | Sdk::SentryJs => {
            "Sentry.init({\n  \
             dsn: '{dsn}' })\n\
             // release: '1.2.3'"
        }
        Sdk::Otlp => {
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT={url}/v1/logs\n\
             OTEL_EXPORTER_OTLP_LOGS_HEADERS=x-api-key={key}\n\
             # OTEL_RESOURCE_ATTRIBUTES=service.version=1.2.3"
        }
        Sdk::Widget => {
            "<script async src=\"{url}/widget/v1.js\"\n  \
             data-key=\"{key}\"\n  \
             data-release=\"1.2.3\" data-kind=\"nps\"></script>\n\
             <!-- or csat, emoji, text, bug; a version that never changes:\n  \
             src=\"{url}{pinned}\" crossorigin\n  \
             integrity=\"{integrity}\"\n\
             Under a content security policy, script-src and connect-src name\n\
             {url} -->"
        }
        Sdk::Form => {
            "<form method=\"post\" action=\"{url}/v1/feedback/form\">\n  \
             <input type=\"hidden\" name=\"key\"\n    \
             value=\"{key}\">\n  \
             <input type=\"hidden\" name=\"kind\" value=\"comment\">\n  \
             <label>Your words <textarea name=\"text\" required></textarea></label>\n  \
             <button>Send</button>\n\
             </form>"
        }
        Sdk::Curl => {
            "curl {url}/v1/events \\\n  \
             -H 'Authorization: Bearer {key}' \\\n  \
             -d '{\"name\":\"opened\",\"user_id\":\"u-1\",\"release\":\"1.2.3\"}'"
        }
    }
}
