//! The pages of the dashboard: what is around the parts of reports, and the pages that no report has.
//!
//! Each page is whole as it comes from the service: it is read, sorted out by links and forms, and
//! printed without script. The script adds counters that move and tables that sort. Nothing is
//! loaded from elsewhere, and neither script nor style stands in a page, so that the strictest
//! content security policy holds.

mod archive;
mod asking;
mod checklist;
mod feedback;
mod now;
mod shares;

use askama::Template;

pub use archive::{ArchivedReport, archive};
pub use asking::{FeedbackAsk, PlanAsk, ThemesAsk, WindowAsk, feedback_tabs};
pub use checklist::release_check_parts;
pub use feedback::{feedback_parts, link_suggestions_parts, release_themes_parts};
pub use now::{Counted, Now, now};
pub use shares::{SharedPage, shares};

use crate::Parts;
use crate::error::Result;
use crate::text::clean;

/// The style of every page of the dashboard.
pub const STYLE: &str = concat!(
    include_str!("../../templates/style.css"),
    include_str!("../../templates/board/board.css")
);
/// The script of every page of the dashboard.
pub const SCRIPT: &str = include_str!("../../templates/board/board.js");

/// A place of the dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// What is happening.
    Now,
    /// Every release.
    Releases,
    /// What users said.
    Feedback,
    /// KPIs of any window.
    Kpis,
    /// Adoption, retention and features.
    Adoption,
    /// What goes into the next release.
    Planning,
    /// Reports that were made.
    Reports,
    /// Where the numbers come from.
    Quality,
}

impl Place {
    /// All of them, in the order in which they are named.
    pub const ALL: [Self; 8] = [
        Self::Now,
        Self::Releases,
        Self::Feedback,
        Self::Kpis,
        Self::Adoption,
        Self::Planning,
        Self::Reports,
        Self::Quality,
    ];

    /// Its path.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Now => "/",
            Self::Releases => "/releases",
            Self::Feedback => "/feedback",
            Self::Kpis => "/kpis",
            Self::Adoption => "/adoption",
            Self::Planning => "/planning",
            Self::Reports => "/reports",
            Self::Quality => "/quality",
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Now => "Now",
            Self::Releases => "Releases",
            Self::Feedback => "Feedback",
            Self::Kpis => "KPIs",
            Self::Adoption => "Adoption",
            Self::Planning => "Planning",
            Self::Reports => "Reports",
            Self::Quality => "Data quality",
        }
    }
}

/// Who looks, and from where.
#[derive(Debug, Clone, Default)]
pub struct Viewer {
    /// The app that is looked at.
    pub app: String,
    /// The apps that may be looked at.
    pub apps: Vec<String>,
    /// Who is signed in; nobody on a shared page.
    pub holder: Option<String>,
    /// Whether what is written is taken.
    pub may_plan: bool,
    /// The path of the page with its query, to come back to.
    pub address: String,
}

impl Viewer {
    /// The query that keeps the app, for links; nothing where there is one only.
    fn query(&self) -> String {
        if self.apps.len() > 1 {
            ["?app=", &self.app].concat()
        } else {
            String::new()
        }
    }
}

/// A page of the dashboard.
#[derive(Debug, Clone, Default)]
pub struct BoardPage {
    /// What it shows.
    pub title: String,
    /// Of when and where.
    pub about: Vec<String>,
    /// Its body, finished HTML.
    pub body: String,
    /// Whether it is asked for again in a moment by itself.
    pub comes_again: bool,
}

#[derive(Template)]
#[template(path = "board/page.html")]
struct PageView<'a> {
    page: &'a BoardPage,
    viewer: &'a Viewer,
    place: Option<Place>,
    app: String,
    query: String,
}

impl PageView<'_> {
    fn is_at(&self, place: &Place) -> bool {
        self.place == Some(*place)
    }

    fn may_be_shared(&self) -> bool {
        let shared = [
            Place::Releases,
            Place::Feedback,
            Place::Kpis,
            Place::Adoption,
            Place::Planning,
            Place::Quality,
        ];
        self.viewer.may_plan && self.place.is_some_and(|place| shared.contains(&place))
    }
}

/// A page with what is around it.
///
/// # Errors
/// [`crate::Error::Page`] if it can't be rendered.
pub fn page(viewer: &Viewer, place: Option<Place>, page: &BoardPage) -> Result<String> {
    let view = PageView {
        page,
        viewer,
        place,
        app: clean(&viewer.app),
        query: viewer.query(),
    };
    Ok(view.render()?)
}

#[derive(Template)]
#[template(path = "board/sign_in.html")]
struct SignIn<'a> {
    to: &'a str,
    problem: Option<&'a str>,
}

/// The page that asks for a key; `to` is where its holder wants to go.
///
/// # Errors
/// [`crate::Error::Page`] if it can't be rendered.
pub fn sign_in(to: &str, problem: Option<&str>) -> Result<String> {
    Ok(SignIn { to, problem }.render()?)
}

#[derive(Template)]
#[template(path = "board/parts.html")]
struct PartsView<'a> {
    parts: Vec<&'a str>,
    releases: Vec<(String, String)>,
    query: String,
}

/// Some parts of a report, in the order that is named; `with_releases` leads to the page of each.
///
/// # Errors
/// [`crate::Error::Page`] if it can't be rendered.
pub fn parts(
    viewer: &Viewer,
    found: &Parts,
    names: &[&str],
    with_releases: bool,
) -> Result<String> {
    let named = names.iter().filter_map(|name| found.parts.get(*name));
    let releases = found.releases.iter().take(LINKS_MAX);
    let releases = releases.map(|release| (clean(release), path_part(release)));
    let view = PartsView {
        parts: named.map(String::as_str).collect(),
        releases: if with_releases {
            releases.collect()
        } else {
            Vec::new()
        },
        query: viewer.query(),
    };
    Ok(view.render()?)
}

/// Most releases that are led to.
const LINKS_MAX: usize = 60;

/// A text as a segment of a path: all but letters, digits, `-`, `_`, `.` and `~` by their bytes
/// (RFC 3986, 2.1 and 2.3).
fn path_part(text: &str) -> String {
    let part = |byte: u8| -> String {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(part).collect()
}

#[derive(Template)]
#[template(path = "board/files.html")]
struct FilesView<'a> {
    files: &'a [(&'static str, String)],
}

/// Links to the files of the report that a page shows parts of, each with its address.
///
/// # Errors
/// [`crate::Error::Page`] if it can't be rendered.
pub fn files(files: &[(&'static str, String)]) -> Result<String> {
    Ok(FilesView { files }.render()?)
}

#[derive(Template)]
#[template(path = "board/words.html")]
struct Words<'a> {
    words: &'a str,
    class: &'a str,
}

/// A sentence in place of figures: they are being made.
///
/// # Errors
/// [`crate::Error::Page`] if it can't be rendered.
pub fn making() -> Result<String> {
    let words = "The figures are being made. This page comes again by itself.";
    Ok(Words {
        words,
        class: "making",
    }
    .render()?)
}

/// A sentence in place of figures: why there are none, and what to do.
///
/// # Errors
/// [`crate::Error::Page`] if it can't be rendered.
pub fn refusal(words: &str) -> Result<String> {
    let words = clean(words);
    Ok(Words {
        words: &words,
        class: "refusal",
    }
    .render()?)
}
