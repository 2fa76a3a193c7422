//! What users say: ratings, survey answers, bug reports and wishes, and what the team answers.

use std::collections::BTreeSet;

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use super::calendar::{Calendar, second_of};
use super::chance::{Quota, Rng, Wheel, ppm};
use super::people::{People, Person};
use super::truth::{Release, Theme, Truth};
use super::words::Words;

/// Feedback is given between 07:00 and 23:00.
const FIRST_SECOND: u64 = 7 * 3600;
const SPAN_SECONDS: u64 = 16 * 3600;
/// Days of a week.
const WEEK: u32 = 7;
/// Of the pieces with a text, those that others agreed with.
const VOTED_PPM: u64 = 120_000;
/// Of the answered pieces, one in so many has its answer as a reply of its own.
const REPLY_EVERY: u64 = 5;
/// An author is looked for so many times before the search is given up.
const DRAWS_MAX: u32 = 100_000;

/// A piece of feedback as it is being made.
type Piece = (i64, Map<String, Value>);

/// What is asked for.
#[derive(Debug, Clone, Copy)]
enum Ask {
    Rating,
    Nps,
    Csat,
    Words,
}

/// The wheels that one release's ratings go by.
#[derive(Debug)]
struct Planted {
    /// Which theme; the place after the last is none.
    theme: Wheel,
    /// Which theme among words without a score.
    wish: Wheel,
    /// Stars of ratings that speak of no theme.
    stars: Wheel,
    /// Whether such a rating has words.
    text: Quota,
}

/// Makes all feedback, in the order in which it was given, each with its id; then the replies.
#[derive(Debug)]
pub(crate) struct Voices<'a> {
    truth: &'a Truth,
    people: &'a People,
    words: &'a Words,
    rng: Rng,
    planted: Vec<Planted>,
    /// Stars by theme.
    stars: Vec<Wheel>,
    nps: Wheel,
    csat: Wheel,
    survey_text: Quota,
    pieces: Vec<Piece>,
}

impl<'a> Voices<'a> {
    pub(crate) fn new(truth: &'a Truth, people: &'a People, words: &'a Words) -> Self {
        let mut rng = Rng::stream(truth.seed, "voices");
        let mut wheel = |weights: &[u64]| Wheel::new(weights, &mut rng);
        let mut planted = Vec::new();
        for release in &truth.releases {
            let share = |theme: &Theme| ppm(theme.share_on(&release.version));
            let mut shares: Vec<u64> = truth.themes.iter().map(share).collect();
            let wish = wheel(&shares);
            shares.push(ppm(1.0).saturating_sub(shares.iter().sum()));
            planted.push(Planted {
                theme: wheel(&shares),
                wish,
                stars: wheel(&release.stars),
                text: Quota::new(),
            });
        }
        Self {
            truth,
            people,
            words,
            planted,
            stars: truth
                .themes
                .iter()
                .map(|theme| wheel(&theme.stars))
                .collect(),
            nps: wheel(&truth.feedback.nps_weights),
            csat: wheel(&truth.feedback.csat_weights),
            survey_text: Quota::new(),
            pieces: Vec::new(),
            rng,
        }
    }

    /// All feedback, oldest first, then the team's replies.
    ///
    /// # Errors
    /// When an author cannot be found or an instant lies beyond the calendar.
    pub(crate) fn feedback(mut self, calendar: &Calendar) -> anyhow::Result<Vec<Value>> {
        for week in 0..calendar.days() / WEEK {
            self.week(week)?;
        }
        for special in &self.truth.specials {
            let who = self.author(special.day, 0, |_, release| {
                release.version == special.release
            })?;
            let (second, mut piece) = self.begin(&who, "rating", "in_app");
            set(&mut piece, "score", json!(special.stars));
            set(&mut piece, "text", json!(special.text));
            set(&mut piece, "votes", json!(special.votes));
            self.pieces.push((second, piece));
        }
        self.pieces.sort_by_key(|(second, _)| *second);
        let replies = self.answer(calendar)?;
        let pieces = self.pieces.into_iter().map(|(second, mut piece)| {
            set(&mut piece, "occurred_at", json!(calendar.instant(second)?));
            Ok(Value::Object(piece))
        });
        pieces.chain(replies.into_iter().map(Ok)).collect()
    }

    fn week(&mut self, week: u32) -> anyhow::Result<()> {
        let given = &self.truth.feedback;
        let count = |by_week: &[u32]| {
            usize::try_from(week)
                .ok()
                .and_then(|week| by_week.get(week).copied())
                .unwrap_or(0)
        };
        let asks = [
            (Ask::Rating, count(&given.ratings)),
            (Ask::Nps, count(&given.nps)),
            (Ask::Csat, count(&given.csat)),
            (Ask::Words, count(&given.words)),
        ];
        let mut asked = BTreeSet::new();
        for (ask, count) in asks {
            for _ in 0..count {
                let who = self.author(week * WEEK, WEEK - 1, |place, _| !asked.contains(&place))?;
                asked.insert(who.place);
                let piece = match ask {
                    Ask::Rating => self.rating(&who),
                    Ask::Nps => self.survey(&who, "nps"),
                    Ask::Csat => self.survey(&who, "csat"),
                    Ask::Words => self.wish(&who),
                };
                self.pieces.push(piece);
            }
        }
        Ok(())
    }

    /// Somebody who is wanted, on `first` or one of the days after it, drawn by how often users of
    /// their release are asked.
    fn author(
        &mut self,
        first: u32,
        days_after: u32,
        wanted: impl Fn(usize, &Release) -> bool,
    ) -> anyhow::Result<Author<'a>> {
        let people = self.people;
        let most = self
            .truth
            .releases
            .iter()
            .map(|release| release.prompted)
            .max()
            .unwrap_or(1);
        for _ in 0..DRAWS_MAX {
            let after = u32::try_from(self.rng.below(u64::from(days_after) + 1))?;
            let place = usize::try_from(self.rng.below(u64::try_from(people.all.len())?))?;
            let person = &people.all[place];
            let release = people
                .release_on(person, first + after)
                .context("no release yet")?;
            let drawn = self.rng.below(most) < self.truth.releases[release].prompted;
            if drawn && wanted(place, &self.truth.releases[release]) {
                return Ok(Author {
                    place,
                    person,
                    release,
                    day: first + after,
                });
            }
        }
        anyhow::bail!("the sample has too few users for its feedback")
    }

    fn begin(&mut self, who: &Author<'_>, kind: &str, source: &str) -> Piece {
        let second = second_of(who.day, FIRST_SECOND + self.rng.below(SPAN_SECONDS));
        let mut piece = Map::new();
        let person = who.person;
        let (id_field, id) = person.name_on(who.day);
        for (field, value) in [
            ("kind", kind),
            (id_field, id),
            ("release", &self.truth.releases[who.release].version),
            ("platform", person.platform),
            ("locale", person.locale),
            ("source", source),
        ] {
            set(&mut piece, field, json!(value));
        }
        (second, piece)
    }

    fn rating(&mut self, who: &Author<'_>) -> Piece {
        let (second, mut piece) = self.begin(who, "rating", "in_app");
        let planted = &mut self.planted[who.release];
        let place = planted.theme.turn();
        let (stars, text) = match self.truth.themes.get(place) {
            Some(theme) => {
                let stars = star(self.stars[place].turn());
                (
                    stars,
                    Some(self.words.on_theme(&theme.phrase, &mut self.rng)),
                )
            }
            None => {
                let stars = star(planted.stars.turn());
                let worded = planted
                    .text
                    .take(ppm(self.truth.feedback.rating_text_share));
                (
                    stars,
                    worded.then(|| self.words.in_general(stars, &mut self.rng)),
                )
            }
        };
        set(&mut piece, "score", json!(stars));
        if let Some(text) = text {
            set(&mut piece, "text", json!(text));
            self.vote(&mut piece);
        }
        (second, piece)
    }

    fn wish(&mut self, who: &Author<'_>) -> Piece {
        let theme = self.truth.themes.get(self.planted[who.release].wish.turn());
        let kind = theme.map_or("comment", |theme| theme.kind.as_str());
        let (second, mut piece) = self.begin(who, kind, "widget");
        let phrase = theme.map_or("", |theme| theme.phrase.as_str());
        set(
            &mut piece,
            "text",
            json!(self.words.on_theme(phrase, &mut self.rng)),
        );
        self.vote(&mut piece);
        (second, piece)
    }

    fn survey(&mut self, who: &Author<'_>, kind: &str) -> Piece {
        let (second, mut piece) = self.begin(who, kind, "survey");
        let (score, mood, question) = if kind == "nps" {
            let score = u64::try_from(self.nps.turn()).unwrap_or(0);
            (
                score,
                (score / 2).clamp(1, 5),
                &self.words.surveys.nps_question,
            )
        } else {
            let score = star(self.csat.turn());
            (score, score, &self.words.surveys.csat_question)
        };
        set(&mut piece, "score", json!(score));
        set(&mut piece, "survey_id", json!(format!("{kind}-after-use")));
        set(&mut piece, "question", json!(question));
        if self
            .survey_text
            .take(ppm(self.truth.feedback.survey_text_share))
        {
            set(
                &mut piece,
                "text",
                json!(self.words.in_general(mood, &mut self.rng)),
            );
        }
        (second, piece)
    }

    fn vote(&mut self, piece: &mut Map<String, Value>) {
        if self.rng.chance(VOTED_PPM) {
            let votes = 1 + self.rng.below(9);
            set(piece, "votes", json!(votes));
        }
    }

    /// Gives each piece its id and the planted share of them an answer: most as an instant on the
    /// piece, some as a reply of their own. No answer comes after the data end; where one would,
    /// the next piece gets it.
    fn answer(&mut self, calendar: &Calendar) -> anyhow::Result<Vec<Value>> {
        let given = &self.truth.feedback;
        let anchor = calendar.anchor();
        let mut owed = Quota::new();
        let mut replies = Vec::new();
        let mut answered = 0_u64;
        for (number, (second, piece)) in (0_u64..).zip(&mut self.pieces) {
            let id = format!("{anchor}-f-{number:05}");
            owed.add(ppm(given.answered_share));
            let hours = self.rng.pick(&given.answer_hours).copied().unwrap_or(0);
            let lag = hours * 3600 + self.rng.below(1800);
            let at = *second + i64::try_from(lag)?;
            if owed.due() && at < calendar.end() {
                owed.settle();
                answered += 1;
                if answered.is_multiple_of(REPLY_EVERY) {
                    replies.push(json!({
                        "event_id": format!("{anchor}-r-{number:05}"), "kind": "reply",
                        "parent_id": id, "occurred_at": calendar.instant(at)?,
                        "text": self.words.reply(&mut self.rng), "source": "support",
                    }));
                } else {
                    set(piece, "replied_at", json!(calendar.instant(at)?));
                }
            }
            set(piece, "event_id", json!(id));
        }
        Ok(replies)
    }
}

/// Who gives a piece of feedback, and when.
#[derive(Debug, Clone, Copy)]
struct Author<'a> {
    place: usize,
    person: &'a Person,
    release: usize,
    day: u32,
}

fn set(piece: &mut Map<String, Value>, field: &str, value: Value) {
    piece.insert(field.to_owned(), value);
}

/// The stars of a place on a wheel of five.
fn star(place: usize) -> u64 {
    u64::try_from(place).map_or(5, |place| place + 1)
}
