//! What people say: sentences put together from the templates of `sample-data/words.toml`.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;

use super::chance::Rng;

/// The templates and what fills them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    /// What may stand for `{name}`.
    fill: BTreeMap<String, Vec<String>>,
    /// Sentences without a theme, by mood.
    general: BTreeMap<String, Parts>,
    pub(crate) surveys: Surveys,
    /// The team's answers.
    replies: Texts,
    /// What follows a theme's sentence now and then.
    closings: Texts,
    /// Sentences by the phrase of their theme.
    themes: BTreeMap<String, Texts>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    heads: Vec<String>,
    tails: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    texts: Vec<String>,
}

/// The questions of the surveys.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Surveys {
    pub(crate) nps_question: String,
    pub(crate) csat_question: String,
}

const CLOSING_PPM: u64 = 350_000;
const TAIL_PPM: u64 = 750_000;
const LOWER_CASE_PPM: u64 = 150_000;
const EXCLAIMED_PPM: u64 = 120_000;

impl Words {
    /// The words that the program carries with it.
    ///
    /// # Errors
    /// When the file cannot be read as the types above.
    pub(crate) fn embedded() -> anyhow::Result<Self> {
        toml::from_str(include_str!("../../sample-data/words.toml"))
            .context("sample-data/words.toml cannot be read")
    }

    /// A text about a theme.
    pub(crate) fn on_theme(&self, phrase: &str, rng: &mut Rng) -> String {
        let texts = self
            .themes
            .get(phrase)
            .map_or(&[][..], |theme| &theme.texts);
        let mut text = capital(&self.filled(rng.pick(texts), rng));
        if rng.chance(CLOSING_PPM) {
            let closing = self.filled(rng.pick(&self.closings.texts), rng);
            text = format!("{text}. {}", capital(&closing));
        }
        finish(text, rng)
    }

    /// A text about nothing in particular, in the mood of `stars` from 1 to 5.
    pub(crate) fn in_general(&self, stars: u64, rng: &mut Rng) -> String {
        let mood = match stars {
            5 => "great",
            4 => "good",
            3 => "mixed",
            _ => "poor",
        };
        let Some(parts) = self.general.get(mood) else {
            return String::new();
        };
        let head = capital(&self.filled(rng.pick(&parts.heads), rng));
        let text = if rng.chance(TAIL_PPM) {
            let tail = self.filled(rng.pick(&parts.tails), rng);
            let join = rng
                .pick(&[", ", ". ", ": ", " - "])
                .copied()
                .unwrap_or(", ");
            let tail = if join == ". " { capital(&tail) } else { tail };
            format!("{head}{join}{tail}")
        } else {
            head
        };
        finish(text, rng)
    }

    /// An answer of the team.
    pub(crate) fn reply(&self, rng: &mut Rng) -> String {
        self.filled(rng.pick(&self.replies.texts), rng)
    }

    fn filled(&self, template: Option<&String>, rng: &mut Rng) -> String {
        let mut rest = template.map_or("", String::as_str);
        let mut text = String::new();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let word = self.fill.get(name).and_then(|words| rng.pick(words));
            text.push_str(before);
            text.push_str(word.map_or("", String::as_str));
            rest = after;
        }
        text.push_str(rest);
        text
    }
}

fn finish(text: String, rng: &mut Rng) -> String {
    let text = if rng.chance(LOWER_CASE_PPM) {
        text.to_lowercase()
    } else {
        text
    };
    if rng.chance(EXCLAIMED_PPM) {
        format!("{text}!")
    } else {
        text
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::truth::Truth;

    #[test]
    fn each_theme_has_words_that_hold_its_phrase_and_no_other() {
        let (truth, words) = (Truth::embedded().unwrap(), Words::embedded().unwrap());
        assert_eq!(words.themes.len(), truth.themes.len());
        for theme in &truth.themes {
            for text in &words.themes[&theme.phrase].texts {
                let text = text.to_lowercase();
                let held = truth
                    .themes
                    .iter()
                    .filter(|theme| text.contains(&theme.phrase));
                let held: Vec<&str> = held.map(|theme| theme.phrase.as_str()).collect();
                assert_eq!(held, [theme.phrase.as_str()], "{text}");
            }
        }
    }

    #[test]
    fn general_words_speak_of_no_theme() {
        let (truth, words) = (Truth::embedded().unwrap(), Words::embedded().unwrap());
        let mut rng = Rng::stream(1, "test");
        for round in 0..2000 {
            let text = words.in_general(1 + round % 5, &mut rng).to_lowercase();
            assert!(!text.contains(['{', '}']) && text.len() > 5, "{text}");
            for theme in &truth.themes {
                assert!(!text.contains(&theme.phrase), "{text}");
            }
        }
    }
}
