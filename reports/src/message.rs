//! A report as it is told: to a chat, and by mail. The whole of what matters stands in the message;
//! nobody has to open anything to know it.

use analysis::findings::{Reading, WeeklyFindings};
use askama::Template;
use serde::{Deserialize, Serialize};

use crate::brand::Brand;
use crate::day;
use crate::error::Result;
use crate::page::{HeadlineView, KpiView, ReleaseView, headline, kpis, releases};
use crate::text::{clean, short};
use crate::{markdown, text};

/// Most KPIs in a chat: those that moved, then these, in this order.
const CHAT_KPIS_MAX: usize = 8;
const CHAT_KPIS: [&str; 8] = [
    "active_users",
    "new_users",
    "sessions",
    "crash_free_users",
    "rating_mean",
    "csat",
    "nps",
    "feedback_volume",
];
/// Most releases, and most phrases.
const RELEASES_MAX: usize = 4;
const PHRASES_MAX: usize = 3;
/// Longest subject of a mail, and longest claim in it.
const SUBJECT_CHARS_MAX: usize = 140;

/// What is told of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The subject of a mail.
    pub subject: String,
    /// The words of a mail.
    pub text: String,
    /// The same as HTML, with all style in its elements, as programs for mail want it.
    pub html: String,
    /// The words in a chat, in Slack's markup: `&`, `<` and `>` escaped, so that nobody is called.
    pub chat: String,
    /// Whether nothing came in in the window.
    pub is_empty: bool,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct MailHtml<'a> {
    of: &'a View,
}

#[derive(Template)]
#[template(path = "mail.txt")]
struct MailText<'a> {
    of: &'a View,
}

#[derive(Template)]
#[template(path = "chat.txt")]
struct Chat<'a> {
    of: &'a View,
    kpis: Vec<&'a KpiView>,
}

/// What the templates show.
struct View {
    app: String,
    title: String,
    about: String,
    headline: Vec<HeadlineView>,
    kpis: Vec<KpiView>,
    releases: Vec<ReleaseView>,
    phrases: Vec<String>,
    is_empty: bool,
    kind: &'static str,
    window: &'static str,
}

/// The weekly report as a message.
///
/// # Errors
/// [`crate::Error::Page`] if it can't be rendered.
pub fn weekly_message(findings: &WeeklyFindings, brand: &Brand) -> Result<Message> {
    let scope = &findings.scope;
    let quality = &findings.quality;
    let company = brand.company.iter().map(|company| clean(company));
    let mut about: Vec<String> = company.collect();
    about.extend([
        day::range(&scope.first_day, &scope.last_day),
        clean(&scope.zone),
        clean(&scope.environment),
    ]);
    about.extend((!scope.complete).then(|| "not over yet".to_owned()));
    let phrase = |phrase: &analysis::findings::Phrase| {
        let users = crate::wording::counted(phrase.users, "user", "users");
        let before = crate::number::count(phrase.users_before);
        format!("{}: {users}, {before} before", short(&phrase.text, 80))
    };
    let view = View {
        app: clean(&scope.app),
        title: day::title(scope),
        about: about.join(" · "),
        headline: headline(findings),
        kpis: kpis(findings),
        releases: releases(&findings.releases)
            .into_iter()
            .take(RELEASES_MAX)
            .collect(),
        phrases: findings
            .phrases
            .iter()
            .take(PHRASES_MAX)
            .map(phrase)
            .collect(),
        is_empty: quality.feedback + quality.events == 0,
        kind: day::kind(scope),
        window: day::window(scope),
    };
    let claim = view.headline.first().map(|line| line.text.as_str());
    let claim = claim.unwrap_or(if view.is_empty {
        "nothing came in"
    } else {
        "nothing stands out"
    });
    let subject = format!("{}, {}: {claim}", view.app, view.title);
    Ok(Message {
        subject: short(&subject, SUBJECT_CHARS_MAX),
        text: markdown::tidy(&MailText { of: &view }.render()?),
        html: MailHtml { of: &view }.render()?,
        chat: for_chat(&view, findings)?,
        is_empty: view.is_empty,
    })
}

fn for_chat(view: &View, findings: &WeeklyFindings) -> Result<String> {
    let moved = |kpi: &&KpiView| {
        let found = findings
            .kpis
            .iter()
            .find(|found| found.metric == kpi.metric);
        found.is_some_and(|found| matches!(found.reading, Reading::Rose | Reading::Fell))
    };
    let (moved, others): (Vec<&KpiView>, Vec<&KpiView>) = view.kpis.iter().partition(moved);
    let first = CHAT_KPIS.iter();
    let first = first.filter_map(|id| others.iter().copied().find(|kpi| kpi.metric == *id));
    let kpis = moved.into_iter().chain(first).take(CHAT_KPIS_MAX);
    let chat = Chat {
        of: view,
        kpis: kpis.collect(),
    };
    let words = markdown::tidy(&chat.render()?);
    Ok(text::for_chat(&words))
}
