//! The page of what comes next, to be shared: what, when, why.

use analysis::findings::{ComingItem, ComingNext, ComingRelease};
use askama::Template;

use crate::day;
use crate::error::Result;
use crate::number;
use crate::text::{clean, short};

/// Longest title on the page.
const TITLE_CHARS_MAX: usize = 160;

#[derive(Template)]
#[template(path = "coming.html")]
struct ComingPage {
    app: String,
    releases: Vec<ReleaseView>,
    users_least: String,
    day: String,
}

struct ReleaseView {
    release: String,
    when: String,
    items: Vec<ItemView>,
}

struct ItemView {
    title: String,
    why: String,
    is_done: bool,
}

/// Renders the page.
pub(crate) fn coming(found: &ComingNext) -> Result<String> {
    let page = ComingPage {
        app: clean(&found.scope.app),
        releases: found.releases.iter().map(release).collect(),
        users_least: number::count(found.users_least),
        day: day_of(&found.scope.as_of),
    };
    Ok(page.render()?)
}

fn release(release: &ComingRelease) -> ReleaseView {
    ReleaseView {
        release: clean(&release.release),
        when: release.planned_at.as_deref().map_or_else(
            || "no date yet".to_owned(),
            |at| format!("planned for {}", day_of(at)),
        ),
        items: release.items.iter().map(item).collect(),
    }
}

fn item(item: &ComingItem) -> ItemView {
    ItemView {
        title: short(&item.title, TITLE_CHARS_MAX),
        why: item.users.map_or_else(String::new, |users| {
            format!("{} people asked for it", number::count(users))
        }),
        is_done: item.is_done,
    }
}

/// The day of an instant, in UTC.
fn day_of(instant: &str) -> String {
    day::long(instant.get(..10).unwrap_or(instant))
}
