//! From the path and the query of a page to the command that makes its figures.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Query;
use ingest::http::Problem;
use reports::board::{FeedbackAsk, Place, PlanAsk, ThemesAsk, WindowAsk, feedback_tabs};

use crate::words::Words;

/// Longest value in a query.
const VALUE_CHARS_MAX: usize = 400;
/// Pieces of feedback on a page.
const PIECES: u64 = 50;

/// What is asked in an address; what was left empty is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked(BTreeMap<String, String>);

impl Asked {
    /// Reads the query of a request.
    ///
    /// # Errors
    /// A 400 that names the part that is no value.
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        Self::read(request.query_string())
    }

    /// Reads a query.
    ///
    /// # Errors
    /// A 400 that names the part that is no value.
    pub(super) fn read(query: &str) -> Result<Self, Problem> {
        let bad = |message: String| Problem::new(StatusCode::BAD_REQUEST, "bad_query", message);
        let pairs = Query::<Vec<(String, String)>>::from_query(query);
        let pairs = pairs.map_err(|error| bad(format!("the address cannot be read: {error}")))?;
        let mut asked = BTreeMap::new();
        for (name, value) in pairs.into_inner() {
            let value = value.trim().to_owned();
            if value.chars().count() > VALUE_CHARS_MAX || value.chars().any(char::is_control) {
                let name: String = name.chars().take(40).collect();
                return Err(bad(format!(
                    "{name}: at most {VALUE_CHARS_MAX} characters on one line are taken"
                )));
            }
            if !value.is_empty() {
                asked.insert(name, value);
            }
        }
        Ok(Self(asked))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A command with those of the options that are asked for.
    fn put(&self, words: Words, names: &[&str]) -> Words {
        names
            .iter()
            .filter_map(|&name| Some((name, self.get(name)?)))
            .fold(words, |words, (name, value)| words.with(name, value))
    }
}

/// What pages take from the configuration.
#[derive(Debug, Clone)]
pub(super) struct Defaults {
    /// The IANA zone of days.
    pub(super) zone: String,
    /// The day on which weeks start, as the command line takes it.
    pub(super) week_start: String,
}

/// A page that shows figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Page {
    Kpis,
    Adoption,
    Quality,
    Planning,
    Releases,
    Release(String),
    Feedback,
    Themes,
    Links,
}

impl Page {
    /// The page of a path, whose last segment is decoded.
    pub(super) fn at(path: &str, release: Option<&str>) -> Option<Self> {
        Some(match path {
            "/kpis" => Self::Kpis,
            "/adoption" => Self::Adoption,
            "/quality" => Self::Quality,
            "/planning" => Self::Planning,
            "/releases" => Self::Releases,
            "/feedback" => Self::Feedback,
            "/feedback/themes" => Self::Themes,
            "/feedback/links" => Self::Links,
            _ => Self::Release(release?.to_owned()),
        })
    }

    pub(super) fn place(&self) -> Place {
        match self {
            Self::Kpis => Place::Kpis,
            Self::Adoption => Place::Adoption,
            Self::Quality => Place::Quality,
            Self::Planning => Place::Planning,
            Self::Releases | Self::Release(_) => Place::Releases,
            Self::Feedback | Self::Themes | Self::Links => Place::Feedback,
        }
    }

    pub(super) fn title(&self) -> String {
        match self {
            Self::Release(release) => release.clone(),
            Self::Themes => "Themes of a release".to_owned(),
            Self::Links => "Links to the backlog".to_owned(),
            other => other.place().name().to_owned(),
        }
    }

    /// The parts that it shows.
    pub(super) fn parts(&self, may_plan: bool) -> &'static [&'static str] {
        match self {
            Self::Kpis => &["headline", "kpis", "said", "definitions"],
            Self::Adoption => &["adoption", "retention", "features"],
            Self::Quality => &["quality"],
            Self::Planning => &["plan", "definitions"],
            Self::Releases => &["releases", "delivery"],
            Self::Release(_) => &[
                "headline",
                "record",
                "scope",
                "adoption",
                "health",
                "said",
                "features",
                "definitions",
            ],
            Self::Feedback if may_plan => &["pieces_with_forms"],
            Self::Feedback => &["pieces"],
            Self::Themes => &["themes"],
            Self::Links if may_plan => &["links_with_forms"],
            Self::Links => &["links"],
        }
    }

    /// The command that makes its figures; `None` where nothing is asked yet.
    ///
    /// # Errors
    /// A 400 where half of a window is asked for.
    pub(super) fn words(
        &self,
        app: &str,
        asked: &Asked,
        defaults: &Defaults,
    ) -> Result<Option<Words>, Problem> {
        let of = |path: &[&str]| {
            let zone = asked.get("zone").unwrap_or(&defaults.zone);
            let words = Words::of(path).with("app", app).with("zone", zone);
            asked.put(words, &["environment"])
        };
        let words = match self {
            Self::Kpis | Self::Adoption | Self::Quality | Self::Releases => {
                if asked.is_set("from") != asked.is_set("to") {
                    let message = "a window of your own has a first and a last day: fill in both";
                    let status = StatusCode::BAD_REQUEST;
                    return Err(Problem::new(status, "half_a_window", message));
                }
                let names = ["from", "to", "platform", "channel", "property"];
                let words = of(&["report", "weekly"]).with("week-start", &defaults.week_start);
                asked.put(words, &names).flag("parts")
            }
            Self::Planning => {
                let words = asked.put(
                    of(&["report", "planning"]),
                    &["capacity", "target", "weeks"],
                );
                let words = words.flag("parts");
                self.flags(words, asked, &["with_suggested"])
            }
            Self::Release(release) => of(&["report", "release"]).flag("parts").on(release),
            Self::Feedback => {
                let names = ["search", "from", "to", "release", "label", "skip"];
                let words = asked.put(of(&["feedback", "list"]), &names);
                let words = self.flags(words, asked, &["critical", "overdue"]);
                words
                    .with("limit", &PIECES.to_string())
                    .with("format", "parts")
            }
            Self::Themes => {
                let Some(release) = asked.get("release") else {
                    return Ok(None);
                };
                let words = asked.put(of(&["feedback", "themes"]), &["against", "from", "to"]);
                words.with("format", "parts").on(release)
            }
            Self::Links => {
                let words = asked.put(of(&["feedback", "link"]), &["item", "from", "to"]);
                words.with("format", "parts")
            }
        };
        Ok(Some(words))
    }

    /// The files of the report that it shows parts of: the report itself, and tables by their names.
    pub(super) fn files(&self) -> &'static [&'static str] {
        match self {
            Self::Kpis => &[
                "report.html",
                "report.xlsx",
                "report.md",
                "report.json",
                "kpi_weekly.csv",
                "kpi_history.csv",
                "feedback_themes.csv",
                "dictionary.csv",
            ],
            Self::Adoption => &[
                "report.xlsx",
                "release_adoption_daily.csv",
                "release_adoption.csv",
                "release_moves.csv",
                "users_behind.csv",
                "retention.csv",
                "active_days.csv",
                "features.csv",
                "feature_candidates.csv",
                "dictionary.csv",
            ],
            Self::Quality => &["report.xlsx", "data_quality.csv", "dictionary.csv"],
            Self::Releases => &["report.xlsx", "release_health.csv", "dictionary.csv"],
            Self::Planning => &[
                "report.html",
                "report.xlsx",
                "report.md",
                "report.json",
                "priorities.csv",
                "dictionary.csv",
            ],
            Self::Release(_) => &[
                "report.html",
                "report.xlsx",
                "report.md",
                "report.json",
                "adoption_by_age.csv",
                "release_checks.csv",
                "release_verdicts.csv",
                "release_ratings.csv",
                "release_timeline.csv",
                "release_items.csv",
                "release_goals.csv",
                "dictionary.csv",
            ],
            Self::Feedback | Self::Themes | Self::Links => &[],
        }
    }

    /// The command that makes those files.
    ///
    /// # Errors
    /// A 400 where half of a window is asked for.
    pub(super) fn report_words(
        &self,
        app: &str,
        asked: &Asked,
        defaults: &Defaults,
    ) -> Result<Option<Words>, Problem> {
        let words = self.words(app, asked, defaults)?;
        Ok(words.map(|words| words.without_flag("parts").with("out", "-")))
    }

    /// The files with the addresses that lead to them; `app` is named where there are several.
    pub(super) fn file_links(&self, app: &str, asked: &Asked) -> Vec<(&'static str, String)> {
        let mut query = asked.0.clone();
        if !app.is_empty() {
            query.insert("app".to_owned(), app.to_owned());
        }
        let folder = match self {
            Self::Release(release) => {
                query.insert("release".to_owned(), release.clone());
                "release"
            }
            other => other.place().path().trim_start_matches('/'),
        };
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query)
            .finish();
        let files = self.files().iter();
        files
            .map(|file| (*file, format!("/files/{folder}/{file}?{query}")))
            .collect()
    }

    /// The command that makes what stands beside its figures.
    pub(super) fn words_beside(
        &self,
        app: &str,
        asked: &Asked,
        defaults: &Defaults,
    ) -> Option<Words> {
        let Self::Release(release) = self else {
            return None;
        };
        let words = Words::of(&["release", "check"]).with("app", app);
        let zone = asked.get("zone").unwrap_or(&defaults.zone);
        let words = asked.put(words.with("zone", zone), &["environment"]);
        Some(words.flag("parts").on(release))
    }

    fn flags(&self, words: Words, asked: &Asked, names: &[&str]) -> Words {
        let set = names.iter().filter(|name| asked.is_set(name));
        set.fold(words, |words, name| words.flag(&name.replace('_', "-")))
    }

    /// The form that asks for other figures.
    ///
    /// # Errors
    /// [`reports::Error::Page`] if it can't be rendered.
    pub(super) fn form(
        &self,
        app: &str,
        asked: &Asked,
        found: Option<&reports::Parts>,
    ) -> reports::Result<String> {
        let (app, text) = (app.to_owned(), |name: &str| asked.text(name));
        match self {
            Self::Kpis | Self::Adoption | Self::Quality | Self::Releases => {
                let ask = WindowAsk {
                    app,
                    from: text("from"),
                    to: text("to"),
                    platform: text("platform"),
                    channel: text("channel"),
                    property: text("property"),
                    environment: text("environment"),
                    zone: text("zone"),
                };
                ask.form(self.place().path())
            }
            Self::Planning => {
                let ask = PlanAsk {
                    app,
                    capacity: text("capacity"),
                    target: text("target"),
                    weeks: text("weeks"),
                    with_suggested: asked.is_set("with_suggested"),
                };
                ask.form()
            }
            Self::Release(_) => Ok(String::new()),
            Self::Links => feedback_tabs(&app),
            Self::Themes => {
                let tabs = feedback_tabs(&app)?;
                let ask = ThemesAsk {
                    app,
                    release: text("release"),
                    against: text("against"),
                };
                Ok(tabs + &ask.form()?)
            }
            Self::Feedback => {
                let tabs = feedback_tabs(&app)?;
                let ask = FeedbackAsk {
                    app,
                    search: text("search"),
                    from: text("from"),
                    to: text("to"),
                    release: text("release"),
                    label: text("label"),
                    critical: asked.is_set("critical"),
                    overdue: asked.is_set("overdue"),
                    skip: asked.get("skip").and_then(|n| n.parse().ok()).unwrap_or(0),
                    at_once: PIECES,
                };
                Ok(tabs + &ask.form(found)?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(page: &Page, query: &str) -> Result<String, String> {
        let defaults = Defaults {
            zone: "Europe/Berlin".to_owned(),
            week_start: "sunday".to_owned(),
        };
        let asked = Asked::read(query).map_err(|problem| problem.message().to_owned())?;
        let words = page.words("shop", &asked, &defaults);
        let words = words.map_err(|problem| problem.message().to_owned())?;
        Ok(words.map_or_else(String::new, |words| words.in_line().join(" ")))
    }

    #[test]
    fn an_address_asks_what_the_command_line_asks() {
        assert_eq!(
            line(
                &Page::Kpis,
                "from=2026-10-01&to=2026-10-09&platform=&zone=UTC&x=1"
            )
            .unwrap(),
            "report weekly --app=shop --zone=UTC --week-start=sunday --from=2026-10-01 --to=2026-10-09 --parts"
        );
        assert_eq!(
            line(&Page::Planning, "capacity=34&with_suggested=1").unwrap(),
            "report planning --app=shop --zone=Europe/Berlin --capacity=34 --parts --with-suggested"
        );
        assert_eq!(
            line(&Page::Feedback, "search=--data%3D%2Fetc&overdue=1").unwrap(),
            "feedback list --app=shop --zone=Europe/Berlin --search=--data=/etc --overdue --limit=50 --format=parts"
        );
        assert_eq!(
            line(&Page::Release("--odd".to_owned()), "").unwrap(),
            "report release --app=shop --zone=Europe/Berlin --parts -- --odd"
        );
        assert_eq!(line(&Page::Themes, "").unwrap(), "");
        let page = Page::Release("4.2 β".to_owned());
        let links = page.file_links("", &Asked::read("zone=UTC").unwrap());
        assert_eq!(
            links[0].1,
            "/files/release/report.html?release=4.2+%CE%B2&zone=UTC"
        );
        let asked = Asked::read("environment=staging").unwrap();
        let defaults = Defaults {
            zone: "UTC".to_owned(),
            week_start: "monday".to_owned(),
        };
        let beside = Page::Release("4.2".to_owned()).words_beside("shop", &asked, &defaults);
        assert_eq!(
            beside.unwrap().in_line().join(" "),
            "release check --app=shop --zone=UTC --environment=staging --parts -- 4.2"
        );
    }

    #[test]
    fn what_is_no_value_is_refused_by_name() {
        assert!(
            line(&Page::Kpis, "from=2026-10-01")
                .unwrap_err()
                .contains("both")
        );
        for bad in ["search=a%00b", "search=a%0Ab"] {
            assert!(
                line(&Page::Feedback, bad)
                    .unwrap_err()
                    .starts_with("search")
            );
        }
        let long = format!("search={}", "x".repeat(401));
        assert!(line(&Page::Feedback, &long).is_err());
    }
}
