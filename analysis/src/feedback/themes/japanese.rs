//! Words of Japanese without a dictionary: by changes of script and by endings.
//!
//! A run of katakana is a word. A run of kanji is one up to four characters, and pairs from its
//! start beyond, as most compounds are built. Kanji with the hiragana that inflects them are one
//! word where the ending tells that something fails or is too much ("使えない", "見づらい", "重い"):
//! these are what complaints are made of. Of hiragana alone, the words of a short list count.

const KANJI_WORD_MAX: usize = 4;

/// Endings that make what stands before them a statement, longest first where one begins another.
const ENDINGS: [&str; 10] = [
    "ませんでした",
    "なくなった",
    "なくなり",
    "なかった",
    "ません",
    "にくい",
    "づらい",
    "やすい",
    "すぎ",
    "ない",
];

/// Characters between kanji and such an ending.
const STEM_MAX: usize = 3;

/// Particles: what follows them is another word.
const PARTICLES: [char; 9] = ['が', 'を', 'は', 'も', 'の', 'に', 'で', 'と', 'へ'];

const HIRAGANA_WORDS: [&str; 26] = [
    "できなくなった",
    "できませんでした",
    "できなかった",
    "できません",
    "できない",
    "つながらない",
    "つながりません",
    "わかりにくい",
    "わかりづらい",
    "わかりません",
    "わからない",
    "めんどくさい",
    "めんどう",
    "おかしい",
    "うるさい",
    "しつこい",
    "ありがたい",
    "うれしい",
    "たまらない",
    "かからない",
    "なくなった",
    "ほしい",
    "ひどい",
    "ください",
    "たくさん",
    "まったく",
];

/// Of those, the ones that hold no theme.
const HIRAGANA_GRAMMAR: [&str; 3] = ["ください", "たくさん", "まったく"];

/// What a run of hiragana after another run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hiragana<'a> {
    /// Inflects the kanji before it up to this many bytes.
    Ending(usize),
    /// A word of its own, at these bytes.
    Word(&'a str, usize),
    /// One particle: the phrase goes on after it.
    Particle,
    /// Grammar: the phrase ends.
    End,
}

/// Reads a run of hiragana; `after_kanji` is the number of kanji before it.
pub(super) fn hiragana(run: &str, after_kanji: usize) -> Hiragana<'_> {
    if let Some(bytes) = ending(run, after_kanji).filter(|_| after_kanji > 0) {
        return Hiragana::Ending(bytes);
    }
    let found = HIRAGANA_WORDS
        .into_iter()
        .filter_map(|word| Some((run.find(word)?, word)))
        .min_by_key(|(at, word)| (*at, std::cmp::Reverse(word.len())));
    if let Some((at, word)) = found.filter(|(_, word)| !HIRAGANA_GRAMMAR.contains(word)) {
        return Hiragana::Word(&run[at..at + word.len()], at);
    }
    let mut characters = run.chars();
    match (characters.next(), characters.next()) {
        (Some(only), None) if PARTICLES.contains(&only) => Hiragana::Particle,
        _ => Hiragana::End,
    }
}

fn ending(run: &str, after_kanji: usize) -> Option<usize> {
    for (stem, (at, _)) in run.char_indices().enumerate().take(STEM_MAX + 1) {
        let rest = &run[at..];
        if let Some(ending) = ENDINGS.into_iter().find(|ending| rest.starts_with(ending)) {
            let is_another_word =
                stem > 0 && run.starts_with(PARTICLES) || stem == 0 && ending == "ない";
            return (!is_another_word).then_some(at + ending.len());
        }
    }
    adjective(run).filter(|_| after_kanji == 1)
}

/// "い" or "しい" where it ends a word, as in 重い and 新しい, and begins no polite verb.
fn adjective(run: &str) -> Option<usize> {
    let end = ["しい", "い"]
        .into_iter()
        .find(|end| run.starts_with(end))?
        .len();
    let goes_on = ['ま', 'た', 'て', 'つ', 'な', 'や', 'に'];
    (!run[end..].starts_with(goes_on)).then_some(end)
}

/// The words of a run of kanji.
pub(super) fn kanji_words(run: &str) -> Vec<&str> {
    let starts: Vec<usize> = run
        .char_indices()
        .map(|(at, _)| at)
        .chain([run.len()])
        .collect();
    let characters = starts.len() - 1;
    if characters <= KANJI_WORD_MAX {
        return vec![run];
    }
    // Of an odd number the last three stay together, as in 対応自販機.
    let pairs = characters / 2;
    (0..pairs)
        .map(|pair| {
            let end = if pair + 1 == pairs {
                characters
            } else {
                2 * pair + 2
            };
            &run[starts[2 * pair]..starts[end]]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_that_complain_stay_with_their_kanji() {
        let ending = |text: &str| Hiragana::Ending(text.len());
        assert_eq!(hiragana("えないので", 1), ending("えない"));
        assert_eq!(hiragana("しない", 2), ending("しない"));
        assert_eq!(hiragana("づらくて", 1), Hiragana::End);
        assert_eq!(hiragana("づらい", 1), ending("づらい"));
        assert_eq!(hiragana("い", 1), ending("い"));
        assert_eq!(hiragana("います", 1), Hiragana::End);
        assert_eq!(hiragana("がない", 2), Hiragana::End);
    }

    #[test]
    fn words_of_hiragana_and_particles() {
        assert_eq!(hiragana("ができない", 0), Hiragana::Word("できない", 3));
        assert_eq!(hiragana("が", 2), Hiragana::Particle);
        assert_eq!(hiragana("ですが", 2), Hiragana::End);
    }

    #[test]
    fn long_compounds_fall_into_pairs() {
        assert_eq!(kanji_words("電子決済手段"), ["電子", "決済", "手段"]);
        assert_eq!(kanji_words("対応自販機"), ["対応", "自販機"]);
        assert_eq!(kanji_words("通信障害"), ["通信障害"]);
    }
}
