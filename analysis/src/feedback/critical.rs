//! Reports that cannot wait: data lost, security, an app that does not start, money taken.
//!
//! Rules and no model: each says what it looks for, and the team can check why a text was raised. A
//! rule is one of its signs with one of its objects a few words away in the same sentence. The share
//! of raised texts that deserve it, as read in samples of Google Play reviews, is stated at each
//! [`Danger`]; what the rules miss is not known.

use std::sync::LazyLock;

use crate::words::{Token, normalise, tokens};

/// What a report warns of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Danger {
    /// What the user made or bought is gone. Deserved by 20 of 30.
    DataLoss,
    /// Somebody else gets at an account, data or money. Deserved by 14 of 26.
    Security,
    /// The app cannot be opened, or crashes at once. Deserved by 20 of 30; six of the
    /// ten others were of ways to say it that the rules leave out since.
    CannotStart,
    /// Money was taken wrongly, or does not come back. Deserved by 24 of 30, of one app that is paid
    /// by the trip.
    Payment,
}

impl Danger {
    /// The name in tables and files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DataLoss => "data_loss",
            Self::Security => "security",
            Self::CannotStart => "cannot_start",
            Self::Payment => "payment",
        }
    }
}

/// One way to say a danger.
struct Rule {
    danger: Danger,
    signs: &'static str,
    /// Empty where a sign says all.
    objects: &'static str,
    /// Words between the two, at most.
    between_max: usize,
}

/// Words are compared by their beginning where they end in `*`; `_` joins words that follow each
/// other.
const RULES: [Rule; 14] = [
    Rule {
        danger: Danger::DataLoss,
        signs: "lost deleted erased wiped disappeared vanished gone all_gone",
        objects: "data photos pictures videos notes files documents progress messages chats memories \
            history contacts playlists saves backup work recordings everything",
        between_max: 3,
    },
    Rule {
        danger: Danger::Security,
        signs: "hacked hacker hackers phishing malware spyware data_breach identity_theft",
        objects: "",
        between_max: 0,
    },
    Rule {
        danger: Danger::Security,
        signs: "stole stolen leaked leaking leaks unauthori*",
        objects: "account data information info details password card identity number transaction* \
            charge* access login money",
        between_max: 4,
    },
    Rule {
        danger: Danger::CannotStart,
        signs: "won't_open wont_open doesn't_open doesnt_open not_opening can't_open cant_open \
            cannot_open won't_start wont_start doesn't_start not_starting won't_launch wont_launch \
            not_launching doesn't_launch",
        objects: "app application it anymore all",
        between_max: 3,
    },
    Rule {
        danger: Danger::CannotStart,
        signs: "crash* closes",
        objects: "startup start-up launch launching on_start as_soon_as opening_it i_open i_launch \
            i_start upon_opening when_opening on_opening",
        between_max: 3,
    },
    Rule {
        danger: Danger::CannotStart,
        signs: "stuck freezes frozen",
        objects: "loading_screen splash_screen start_screen opening_screen logo",
        between_max: 4,
    },
    Rule {
        danger: Danger::Payment,
        signs: "charged_twice double_charged charged_double overcharged charged_me_twice \
            charged_me_double charged_extra charged_me_extra wrongly_charged",
        objects: "",
        between_max: 0,
    },
    Rule {
        danger: Danger::Payment,
        signs: "charged charge charging",
        objects: "cancel* without_permission without_my never_took didn't_take twice wrong extra",
        between_max: 8,
    },
    Rule {
        danger: Danger::Payment,
        signs: "deducted debited",
        objects: "money amount account bank wallet card twice balance",
        between_max: 6,
    },
    Rule {
        danger: Danger::Payment,
        signs: "refund refunded refunding money_back",
        objects: "no not never didn't don't won't haven't refuse* still waiting can't cannot without",
        between_max: 6,
    },
    Rule {
        danger: Danger::Payment,
        signs: "payment payments",
        objects: "failed fails failing stuck declined not_received not_credited",
        between_max: 4,
    },
    Rule {
        danger: Danger::DataLoss,
        signs: "データが消え 消えてしま 全部消え 履歴が消え 残高が消え ポイントが消え スタンプが消え チケットが消え",
        objects: "",
        between_max: 0,
    },
    Rule {
        danger: Danger::Security,
        signs: "不正利用 不正アクセス 乗っ取 情報漏 個人情報が漏",
        objects: "",
        between_max: 0,
    },
    Rule {
        danger: Danger::CannotStart,
        signs: "起動しない 起動しません 起動できない 起動できません 起動すらしない アプリが開かない \
            アプリが開けない アプリが立ち上がらない 起動しなくな 起動できなくな",
        objects: "",
        between_max: 0,
    },
];

const JAPANESE_PAYMENT: [&str; 6] = [
    "二重請求",
    "二重決済",
    "二重に引",
    "返金されない",
    "返金してくれ",
    "勝手に引き落と",
];

/// Ways to say something harmless with the same signs: to start again, to guard against abuse.
const JAPANESE_HARMLESS: [&str; 4] = [
    "再起動",
    "起動しないと",
    "不正利用防止",
    "不正利用されたかと",
];

/// The dangers that a text reports, each once.
#[must_use]
pub fn dangers(text: &str) -> Vec<Danger> {
    let mut normalised = normalise(text);
    for harmless in JAPANESE_HARMLESS {
        normalised = normalised.replace(harmless, "");
    }
    let sentences = sentences(&normalised);
    let mut found: Vec<Danger> = READY
        .iter()
        .filter(|rule| rule.is_met(&normalised, &sentences))
        .map(|rule| rule.danger)
        .collect();
    if JAPANESE_PAYMENT
        .iter()
        .any(|sign| normalised.contains(sign))
    {
        found.push(Danger::Payment);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The rules with their expressions cut into words, once for all texts.
static READY: LazyLock<Vec<ReadyRule>> = LazyLock::new(|| RULES.iter().map(Rule::ready).collect());

struct ReadyRule {
    danger: Danger,
    /// Signs of a language without spaces; they are looked for in the text as a whole.
    in_text: Vec<&'static str>,
    signs: Vec<Expression>,
    objects: Vec<Expression>,
    between_max: usize,
}

/// Words that follow each other.
type Expression = Vec<Word>;

/// A word, or its beginning.
#[derive(Debug, Clone, Copy)]
enum Word {
    Whole(&'static str),
    Beginning(&'static str),
}

impl Word {
    fn fits(self, written: &str) -> bool {
        match self {
            Self::Whole(word) => written == word,
            Self::Beginning(word) => written.starts_with(word),
        }
    }
}

fn expressions(words: &'static str) -> Vec<Expression> {
    let word = |word: &'static str| match word.strip_suffix('*') {
        Some(beginning) => Word::Beginning(beginning),
        None => Word::Whole(word),
    };
    let all = words.split_whitespace();
    all.map(|one| one.split('_').map(word).collect()).collect()
}

impl Rule {
    fn ready(&self) -> ReadyRule {
        let (in_text, signs) = if self.signs.is_ascii() {
            (Vec::new(), expressions(self.signs))
        } else {
            (self.signs.split_whitespace().collect(), Vec::new())
        };
        ReadyRule {
            danger: self.danger,
            in_text,
            signs,
            objects: expressions(self.objects),
            between_max: self.between_max,
        }
    }
}

impl ReadyRule {
    fn is_met(&self, text: &str, sentences: &[Vec<String>]) -> bool {
        self.in_text.iter().any(|sign| text.contains(sign))
            || sentences.iter().any(|sentence| self.is_met_in(sentence))
    }

    fn is_met_in(&self, sentence: &[String]) -> bool {
        let signs = places(sentence, &self.signs);
        if signs.is_empty() || self.objects.is_empty() {
            return !signs.is_empty();
        }
        let objects = places(sentence, &self.objects);
        signs.iter().any(|sign| {
            objects.iter().any(|object| {
                let gap = if object.0 >= sign.1 {
                    object.0 - sign.1
                } else {
                    sign.0.saturating_sub(object.1)
                };
                let is_apart = object.0 >= sign.1 || object.1 <= sign.0;
                is_apart && gap <= self.between_max
            })
        })
    }
}

/// Where the expressions stand: the first word and the one after the last.
fn places(sentence: &[String], expressions: &[Expression]) -> Vec<(usize, usize)> {
    let mut places = Vec::new();
    for words in expressions {
        for (start, window) in sentence.windows(words.len()).enumerate() {
            let mut pairs = window.iter().zip(words);
            if pairs.all(|(written, word)| word.fits(written)) {
                places.push((start, start + words.len()));
            }
        }
    }
    places
}

fn sentences(text: &str) -> Vec<Vec<String>> {
    let mut sentences = vec![Vec::new()];
    for token in tokens(text) {
        match token {
            Token::Word(word) | Token::Run(word) => {
                if let Some(last) = sentences.last_mut() {
                    last.push(word);
                }
            }
            Token::End => sentences.push(Vec::new()),
        }
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_danger_is_found() {
        let check = |text: &str, expected: &[Danger]| assert_eq!(dangers(text), expected, "{text}");
        check(
            "After the update all my photos are gone",
            &[Danger::DataLoss],
        );
        check("My account was HACKED!", &[Danger::Security]);
        check("The app won’t open anymore", &[Danger::CannotStart]);
        check("it crashes as soon as I log in", &[Danger::CannotStart]);
        check("They charged me twice and no refund", &[Danger::Payment]);
        check(
            "起動しません。二重請求された",
            &[Danger::CannotStart, Danger::Payment],
        );
    }

    #[test]
    fn what_is_far_apart_or_harmless_is_not_raised() {
        for text in [
            "",
            "Never lost a thing. Photos look great",
            "won't open the door for my package",
            "great refund policy",
            "I lost my way and took pictures",
            "時々再起動しないと繋がらない",
        ] {
            assert_eq!(dangers(text), [], "{text}");
        }
    }
}
