//! The classifier as the team's own labels leave it.
//!
//! From few labels nothing is learned: with fewer than [`LABELLED_MIN`] texts, or with labels of one
//! kind alone, the coefficients that come with the program stand. From then on they are fitted anew
//! to the labelled texts, with what they were as the centre of the prior ([`Classifier::corrected`]),
//! so that they move as far as the labels carry them.

use super::kind::{Classifier, Kind};
use super::tone::tone;
use crate::error::{Error, Result};
use crate::facts::Question;
use crate::facts::feedback::{self, Piece};
use crate::facts::triage::Triage;

/// Fewest labelled texts that anything is learned from.
const LABELLED_MIN: usize = 30;

/// A classifier, and how many labels it learned from.
#[derive(Debug)]
pub(crate) struct Learned {
    pub(crate) classifier: Classifier,
    pub(crate) labels: usize,
}

impl Learned {
    /// The classifier that the labels known to a question leave. Labelled texts of any day are learned
    /// from, so that a window is judged by all that the team has said.
    pub(crate) fn of(question: &Question<'_>, triage: &Triage) -> Result<Self> {
        let shipped = Classifier::shipped().map_err(Error::Coefficients)?;
        if triage.labels.len() < LABELLED_MIN {
            return Ok(Self::without_labels(shipped));
        }
        let pieces = feedback::of_ids(question, triage.labels.keys().map(String::as_str))?;
        let labelled = pieces.iter().filter_map(|piece| {
            let kind = triage.labels.get(&piece.event_id)?;
            Some((piece, *kind))
        });
        Ok(Self::from_labels(shipped, labelled))
    }

    /// The classifier that comes with the program.
    #[cfg(test)]
    pub(crate) fn shipped() -> Result<Self> {
        let shipped = Classifier::shipped().map_err(Error::Coefficients)?;
        Ok(Self::without_labels(shipped))
    }

    fn without_labels(classifier: Classifier) -> Self {
        Self {
            classifier,
            labels: 0,
        }
    }

    fn from_labels<'p>(
        shipped: Classifier,
        labelled: impl Iterator<Item = (&'p Piece, Kind)>,
    ) -> Self {
        let texts: Vec<(&str, Kind)> = labelled
            .filter_map(|(piece, kind)| {
                let text = piece.text.as_deref()?;
                let kind = as_judged(&shipped, (text, piece.rating()), kind);
                (!text.trim().is_empty()).then_some((text, kind))
            })
            .collect();
        let of_one_kind = texts.windows(2).all(|pair| pair[0].1 == pair[1].1);
        if texts.len() < LABELLED_MIN || of_one_kind {
            return Self::without_labels(shipped);
        }
        Self {
            classifier: shipped.corrected(&texts),
            labels: texts.len(),
        }
    }

    /// Where the judgement comes from, in words.
    pub(crate) fn told(&self) -> String {
        match self.labels {
            0 => "shipped".to_owned(),
            labels => format!("shipped, corrected by {labels} labels"),
        }
    }
}

/// The kind that a label speaks of, before the tone is looked at: a bare verdict is one kind to the
/// classifier, whether it is good or bad, and shown as praise or as other by its tone. A label that
/// agrees with what would be shown is no correction.
fn as_judged(shipped: &Classifier, (text, stars): (&str, Option<f64>), label: Kind) -> Kind {
    let judged = shipped.judge(text).kind;
    let (tone, _) = tone(text, stars).unzip();
    if judged.with_tone(tone) == label {
        judged
    } else {
        label
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feedback::labelled;

    fn piece(id: usize, text: &str) -> Piece {
        Piece {
            event_id: id.to_string(),
            kind: "comment".to_owned(),
            author: id.to_string(),
            release: None,
            at: 0,
            day: 0,
            received_at: 0,
            protocol: "native".to_owned(),
            flagged: false,
            score: None,
            scale: None,
            text: Some(text.to_owned()),
            votes: 0,
            answered_at: None,
        }
    }

    fn learned(labelled: &[(String, Kind)]) -> Learned {
        let pieces: Vec<(Piece, Kind)> = labelled
            .iter()
            .enumerate()
            .map(|(id, (text, kind))| (piece(id, text), *kind))
            .collect();
        let pieces = pieces.iter().map(|(piece, kind)| (piece, *kind));
        Learned::from_labels(Classifier::shipped().unwrap(), pieces)
    }

    fn right(classifier: &Classifier, texts: &[(String, Kind)]) -> usize {
        let is_right = |(text, kind): &&(String, Kind)| classifier.judge(text).kind == *kind;
        texts.iter().filter(is_right).count()
    }

    /// What a team of a chess app hears in words that mean nothing elsewhere: the subjects of the
    /// first lists are labelled, those of the second are held out.
    fn planted(subjects: [&[&str]; 2]) -> Vec<(String, Kind)> {
        let [broken, wished] = subjects;
        let bugs = [
            "ghosting on the {} again",
            "the {} is ghosting",
            "{} ghosting since yesterday",
        ];
        let wishes = [
            "castling for the {}",
            "we lack castling in the {}",
            "castling, the {} one",
        ];
        let of = |forms: [&str; 3], subjects: &[&str], kind: Kind| -> Vec<(String, Kind)> {
            let filled = subjects
                .iter()
                .flat_map(|subject| forms.map(|form| (form.replace("{}", subject), kind)));
            filled.collect()
        };
        [
            of(bugs, broken, Kind::BugReport),
            of(wishes, wished, Kind::FeatureRequest),
        ]
        .concat()
    }

    const GENERAL: [(&str, Kind); 12] = [
        (
            "The app crashes every time I try to upload a photo. Please fix",
            Kind::BugReport,
        ),
        (
            "it freezes on the login screen and does not work",
            Kind::BugReport,
        ),
        (
            "since the update I get an error when I open it",
            Kind::BugReport,
        ),
        ("cannot log in any more, keeps crashing", Kind::BugReport),
        (
            "Please add an option to download the whole folder",
            Kind::FeatureRequest,
        ),
        (
            "would be nice to have a dark mode, please add it",
            Kind::FeatureRequest,
        ),
        (
            "I wish you could add widgets for the home screen",
            Kind::FeatureRequest,
        ),
        (
            "please add support for other languages",
            Kind::FeatureRequest,
        ),
        ("Awesome app", Kind::Praise),
        ("great app, love it", Kind::Praise),
        ("best app ever", Kind::Praise),
        ("Very good", Kind::Praise),
    ];

    #[test]
    fn corrections_teach_the_teams_own_words_and_unteach_nothing() {
        let taught = planted([
            &["board", "clock", "rook", "queen", "menu", "score sheet"],
            &["puzzles", "bots", "replay", "lessons", "variants", "arena"],
        ]);
        let held_out = planted([
            &["bishop", "lobby", "timer"],
            &["endgames", "club", "league"],
        ]);
        let shipped = Classifier::shipped().unwrap();
        let after = learned(&taught);
        assert_eq!(after.labels, 36);
        assert_eq!(after.told(), "shipped, corrected by 36 labels");
        let (before, now) = (
            right(&shipped, &held_out),
            right(&after.classifier, &held_out),
        );
        assert!(
            now > before && now >= 16,
            "{before} of 18 before, {now} now"
        );
        let general: Vec<(String, Kind)> = GENERAL
            .iter()
            .map(|(text, kind)| ((*text).to_owned(), *kind))
            .collect();
        let (before, now) = (
            right(&shipped, &general),
            right(&after.classifier, &general),
        );
        assert!(now >= before, "{before} of 12 before, {now} now");
        assert_eq!(
            after.classifier,
            learned(&taught).classifier,
            "the same every time"
        );
    }

    #[test]
    fn texts_of_other_apps_are_judged_as_well_as_before() {
        let Some(rows) = labelled("gplay_no_maalej.csv") else {
            return;
        };
        let taught = planted([
            &["board", "clock", "rook", "queen", "menu", "score sheet"],
            &["puzzles", "bots", "replay", "lessons", "variants", "arena"],
        ]);
        let (shipped, after) = (Classifier::shipped().unwrap(), learned(&taught).classifier);
        let kind = |row: &Vec<String>| match row[1].as_str() {
            "PD" => Kind::BugReport,
            "FR" => Kind::FeatureRequest,
            "RT" => Kind::Praise,
            _ => Kind::Other,
        };
        let texts: Vec<(String, Kind)> =
            rows.iter().map(|row| (row[0].clone(), kind(row))).collect();
        let (before, now) = (right(&shipped, &texts), right(&after, &texts));
        assert!(
            before.saturating_sub(now) * 200 <= texts.len(),
            "{before} before, {now} now"
        );
    }

    #[test]
    fn few_labels_and_labels_of_one_kind_teach_nothing() {
        let many = planted([
            &["board", "clock", "rook", "queen", "menu"],
            &["a", "b", "c", "d", "e"],
        ]);
        assert_eq!(learned(&many).labels, 30);
        assert_eq!(learned(&many[..29]).labels, 0);
        assert_eq!(learned(&many[..29]).told(), "shipped");
        let one: Vec<(String, Kind)> = (0..40)
            .map(|n| (format!("ghosting {n}"), Kind::BugReport))
            .collect();
        assert_eq!(learned(&one).labels, 0);
    }

    #[test]
    fn a_label_that_agrees_with_what_is_shown_is_no_correction() {
        let shipped = Classifier::shipped().unwrap();
        let verdict = ("terrible app", Some(1.0));
        assert_eq!(
            shipped.judge(verdict.0).kind,
            Kind::Praise,
            "a bare verdict"
        );
        assert_eq!(as_judged(&shipped, verdict, Kind::Other), Kind::Praise);
        assert_eq!(
            as_judged(&shipped, verdict, Kind::BugReport),
            Kind::BugReport
        );
    }
}
