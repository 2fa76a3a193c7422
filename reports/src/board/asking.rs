//! Forms that ask: their state is the query of the page, and nothing else holds it.

use askama::Template;

use crate::Parts;
use crate::error::Result;

/// Which window and which part of the users is looked at; what is empty is left to the defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WindowAsk {
    /// The app, where there are several.
    pub app: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The platform.
    pub platform: String,
    /// The channel.
    pub channel: String,
    /// `NAME=VALUE`.
    pub property: String,
    /// The environment.
    pub environment: String,
    /// The IANA zone of the days.
    pub zone: String,
}

#[derive(Template)]
#[template(path = "board/window_form.html")]
struct WindowForm<'a> {
    ask: &'a WindowAsk,
    path: &'a str,
}

impl WindowForm<'_> {
    /// Whether anything but the app is said.
    fn is_asked(&self) -> bool {
        let app = self.ask.app.clone();
        *self.ask
            != WindowAsk {
                app,
                ..WindowAsk::default()
            }
    }
}

impl WindowAsk {
    /// The form of a page.
    ///
    /// # Errors
    /// [`crate::Error::Page`] if it can't be rendered.
    pub fn form(&self, path: &str) -> Result<String> {
        Ok(WindowForm { ask: self, path }.render()?)
    }
}

#[derive(Template)]
#[template(path = "board/tabs.html")]
struct Tabs<'a> {
    app: &'a str,
}

/// The ways to look at feedback; `app` is named where there are several.
///
/// # Errors
/// [`crate::Error::Page`] if it can't be rendered.
pub fn feedback_tabs(app: &str) -> Result<String> {
    Ok(Tabs { app }.render()?)
}

/// Which feedback is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedbackAsk {
    /// The app, where there are several.
    pub app: String,
    /// Words that it holds.
    pub search: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The release.
    pub release: String,
    /// What it is.
    pub label: String,
    /// Only what cannot wait.
    pub critical: bool,
    /// Only what should have been answered.
    pub overdue: bool,
    /// How many were shown before.
    pub skip: u64,
    /// How many are shown at once.
    pub at_once: u64,
}

/// What feedback can be, and how it is called.
const LABELS: [(&str, &str); 5] = [
    ("", "anything"),
    ("bug_report", "bug report"),
    ("feature_request", "feature request"),
    ("praise", "praise"),
    ("other", "other"),
];

#[derive(Template)]
#[template(path = "board/feedback_form.html")]
struct FeedbackForm<'a> {
    ask: &'a FeedbackAsk,
    labels: [(&'static str, &'static str); 5],
    found: Option<String>,
    earlier: Option<u64>,
    later: Option<u64>,
}

impl FeedbackAsk {
    /// The form, and the way to the pieces before and after those that are shown.
    ///
    /// # Errors
    /// [`crate::Error::Page`] if it can't be rendered.
    pub fn form(&self, found: Option<&Parts>) -> Result<String> {
        let count = found.and_then(|parts| parts.found);
        let next = self.skip.saturating_add(self.at_once);
        let form = FeedbackForm {
            ask: self,
            labels: LABELS,
            found: count.map(crate::number::count),
            earlier: (self.skip > 0).then(|| self.skip.saturating_sub(self.at_once)),
            later: count.is_some_and(|count| next < count).then_some(next),
        };
        Ok(form.render()?)
    }
}

/// Whose themes are looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ThemesAsk {
    /// The app, where there are several.
    pub app: String,
    /// The release.
    pub release: String,
    /// The release that it is compared with.
    pub against: String,
}

#[derive(Template)]
#[template(path = "board/themes_form.html")]
struct ThemesForm<'a> {
    ask: &'a ThemesAsk,
}

impl ThemesAsk {
    /// The form.
    ///
    /// # Errors
    /// [`crate::Error::Page`] if it can't be rendered.
    pub fn form(&self) -> Result<String> {
        Ok(ThemesForm { ask: self }.render()?)
    }
}

/// What a plan would be if.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanAsk {
    /// The app, where there are several.
    pub app: String,
    /// Person-days that the release can hold.
    pub capacity: String,
    /// The release that is planned.
    pub target: String,
    /// Weeks of feedback that count as evidence.
    pub weeks: String,
    /// Whether suggested links count.
    pub with_suggested: bool,
}

#[derive(Template)]
#[template(path = "board/plan_form.html")]
struct PlanForm<'a> {
    ask: &'a PlanAsk,
}

impl PlanAsk {
    /// The form.
    ///
    /// # Errors
    /// [`crate::Error::Page`] if it can't be rendered.
    pub fn form(&self) -> Result<String> {
        Ok(PlanForm { ask: self }.render()?)
    }
}
