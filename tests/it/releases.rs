//! Releases with a story, in apps of their own: one that is fine, one that crashes five times as
//! often as before, one that is a little worse, one that hardly anybody has.

use std::io::Write as _;
use std::path::Path;

use jiff::{Span, Timestamp};

use crate::harness::{path, succeed};

/// The release that every story is about; the one before it is 1.0.
pub(crate) const RELEASE: &str = "2.0";

/// An app: its name, the sessions a day of its new release, and which of them crash on the old
/// release and on the new.
type Story = (&'static str, u64, fn(u64) -> bool, fn(u64) -> bool);

const STORIES: [Story; 4] = [
    (
        "fine",
        500,
        |n| n.is_multiple_of(33),
        |n| n.is_multiple_of(33),
    ),
    (
        "broken",
        500,
        |n| n.is_multiple_of(100),
        |n| n.is_multiple_of(20),
    ),
    (
        "worse",
        500,
        |n| n.is_multiple_of(50),
        |n| n.is_multiple_of(33),
    ),
    ("thin", 3, |n| n.is_multiple_of(100), |_| false),
];

/// The hostile names that a release may have.
pub(crate) const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "../../etc",
    "\u{202e}0.2",
    "%0a::error title=x::y",
    "a\n::error::x\r##[error]y",
    "x|y\"'`&\\",
];

/// Fills a data folder with every story, up to yesterday.
pub(crate) fn ship(data: &Path) {
    for story in STORIES {
        ship_story(data, RELEASE, story);
    }
}

/// Fills a data folder with one story, of a release that is named.
pub(crate) fn ship_story(data: &Path, release: &str, (app, a_day, old, new): Story) {
    let mut lines = String::new();
    for day in 1..=12_u64 {
        sessions(&mut lines, ("1.0", day), 500, old);
        if day <= 6 {
            sessions(&mut lines, (release, day), a_day, new);
        }
    }
    let file = data.with_extension(app);
    std::fs::create_dir_all(data).unwrap();
    std::fs::File::create(&file)
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    let import = [
        "import",
        "events",
        path(&file),
        "--app",
        app,
        "--data",
        path(data),
    ];
    succeed(&import);
}

fn sessions(
    lines: &mut String,
    (release, days_ago): (&str, u64),
    count: u64,
    crashes: fn(u64) -> bool,
) {
    let today = Timestamp::now().as_second() / 86_400 * 86_400;
    let midnight = Timestamp::from_second(today).unwrap();
    let day = midnight - Span::new().hours(24 * i64::try_from(days_ago).unwrap());
    for n in 0..count {
        let id = format!("{release}-{days_ago}-{n}");
        let status = if crashes(n) { "crashed" } else { "exited" };
        // All over the day, each by somebody else.
        let at = day + Span::new().seconds(i64::try_from(n * 172).unwrap());
        let line = serde_json::json!({
            "event_id": id, "kind": "session", "name": "session", "session_id": id, "status": status,
            "user_id": format!("u{id}"), "release": release, "occurred_at": at.to_string(),
        });
        lines.extend([line.to_string(), "\n".to_owned()]);
    }
}
