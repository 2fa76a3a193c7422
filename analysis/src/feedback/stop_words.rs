//! Words that carry no theme: grammar, and verdicts that the stars say already.
//!
//! Short lists of our own making. A language without a list still gets themes, with some grammar
//! in them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const ENGLISH: &str = "a about after again ago all already also always am an and another any anymore \
    anyone anything app application applications apps are around as ask at away back be because been \
    before being both but by came can come comes coming could day days did do does doing done down \
    during each either else especially etc even ever every everyone everything few find for from get \
    gets getting give given go goes going gone got had happen happened has have having he her here hers \
    him his how however i i'd i'll i'm i've if im in instead into is it it's its ive just keep know \
    last let like lot lots made make makes making many may maybe me mean might more most much must my \
    myself need needs next now of off often ok okay on once one ones only or other others our out over \
    own people per please pls plz put really said same saw say says see seem seems she should since so \
    some someone something sometimes soon still such sure take takes than thank thanks that that's the \
    their them then there these they they're thing things think this those though thought through thru \
    till time times to today too took tried try trying u until up upon ur us use used user users uses \
    using usually very via want wanted wants was way we week weeks well went were what whatever when \
    where whether which while who whole why will with within would year years yes yet you you're your \
    yours yrs first second third constantly continuously completely show shows showing compare compared \
    understand leave leaves leaving today tomorrow able allow allows totally properly automatically \
    sudden suddenly recently currently simply finally almost hour hours minute minutes min mins month \
    months whole half add believe hope wish guys sir madam dear hi hello team company part point \
    kind sort bit side different full big small old new long little read write told tell telling \
    ask asked asking send sent";

/// Hindi and Urdu in Latin letters, which detectors take for anything: applied to every text.
const ROMANISED_HINDI: &str = "aap aapka ab agar aur bahut bhai bhi bohot hai hain ho hota hota hu hua \
    hum isko iska jab jo ka kar karke karna karo kar ke ki kiya ko koi kuch kya liye main mai me mein \
    mera mere meri mujhe ne par raha rahe rahi sab se toh tha thi the wala ye yeh yah yar";

const GERMAN: &str = "aber alle alles als also am an app auch auf aus bei beim bin bis bitte da damit \
    dann das dass dem den der des die dies diese dieser doch durch ein eine einem einen einer eines er \
    es etwas für gibt habe haben hat hatte ich ihr im immer in ist ja jetzt kann können leider mal man \
    mehr mein meine mich mir mit muss nach noch nun nur oder ohne schon sehr seit sich sie sind so über \
    um und uns von vor war warum was weil wenn wer werden wie wieder wir wird wo wurde zu zum zur";

const FRENCH: &str = "a ai application au aussi aux avec avoir bien c'est car ce cela ces cette chaque \
    comme dans de depuis des du elle en encore est et être fait il ils j'ai je jours l'application la le \
    les leur lors lui ma mais me même mes moi mon nous on ont ou où par peu peut plus pour quand que \
    quel qui quoi sa sans se ses si son sont suis sur ta te toujours tous tout toute toutes tres très tu \
    un une vos votre vous y";

const SPANISH: &str = "a al algo app aplicación aplicacion como con cuando cual de del desde donde dos \
    e el ella en era eres es esa ese eso esta está están este esto estoy fue ha hace hacer han hasta hay \
    he la las le les lo los mas más me mi mis mucho muy nada ni nos o para pero poder por porque puede \
    puedo que qué quien se sea ser si sí sin sobre solo son su sus también tan te tener tengo tiene todo \
    todos tu un una uno unos y ya yo";

const PORTUGUESE: &str = "a agora ao aos app aplicativo as assim até com como da das de dela dele depois \
    do dos e ela ele em era essa esse esta está estão este eu faz fica foi for há isso isto já la mais mas \
    me mesmo meu minha muito na nas nem no nos nossa nosso o os ou para pela pelo pode por porque pra \
    quando que quem se sem ser seu sua só são também te tem tenho ter todo tudo tá um uma umas uns vai \
    você vocês";

const ITALIAN: &str = "a ad ai al alla anche app applicazione c'è che chi ci come con cosa cui da dal \
    dalla degli dei del della delle di dove e è ed era fa fare gli ha hanno ho i il in io la le lo loro \
    ma me mi mia mio molto nel nella noi o ogni per perché più poi può quando quello questa questo se sei \
    si sia solo sono su sul tutto un una uno va";

const DUTCH: &str = "aan al alle als app ben bij dan dat de der deze die dit doen door dus een en er \
    gaat geen haar had hebben heb heeft het hier hij hoe ik in is je kan kunnen maar me meer met mij mijn \
    moet na naar nog nu of om omdat ook op over te tot u uit van veel voor want was wat we wel werd wij \
    wordt ze zeer zich zijn zo zou";

const JAPANESE: &str = "アプリ 自分 場合 本当 今回 以前 最近 毎回 毎日 今日 昨日 先日 全然 何度 時間 \
    時点 利用 使用 必要 出来 様 人 方 事 時 今 何 中 前 後 為 以上 以外 以降 一切 普通 結局 感じ 途中 \
    状態 部分 一番 一度 二度 何回 毎度 現在 当然 理由 意味 問題 コレ ソレ ココ コト モノ ダメ 使い 思い \
    言い 行い 願い お願い 次第 全部 全て 結構 多分 大変 非常 回 度 日 月 年 分 円 個 件 番 目 的 者 \
    星";

/// Verdicts: the stars say them already. They may stand in a phrase, not make one up.
const VERDICTS: &str = "amazing appreciate average awesome awful bad beautiful best better brilliant \
    cool decent disappointed disappointing enjoy excellent exceptional experience fabulous fantastic \
    favorite fine garbage glad good gr8 great greatest happy hate helpful hopeless horrible improve \
    improved impressed incredible joke kudos like liked love loved lovely loving nice ok outstanding \
    pathetic perfect perfectly poor pretty rating ridiculous rubbish sad satisfied smart star stars \
    stupid suck sucks super superb terrible trash ugly useful useless usefull waste wonderful worse \
    worst worthless wow zero review reviews recommend recommended highly absolutely completely totally \
    extremely definitely actually literally exactly world ever must five nic nyc gud vry supar supper suprb excelent exelent osm awsome veri \
    bakwas accha acha achha badhiya \
    bekar sunder gut super schlecht toll top mies bueno buena excelente malo mala mejor peor bom boa \
    ótimo otimo ruim bon bonne mauvais nul bello brutto ottimo goed slecht \
    最高 最低 最悪 良い 悪い 満足 不満 残念 大好 評価 便利 素晴らしい すばらしい よい いい ひどい 酷い";

/// Words that turn the next one around.
const NEGATIONS: &str = "not no never none nothing without cannot cant dont doesnt didnt wont wouldnt \
    isnt wasnt arent werent couldnt hasnt havent shouldnt unable nahi nahin nhi nicht kein keine nie no \
    não nao ne pas jamais non niet nooit";

static GRAMMAR: LazyLock<BTreeMap<&'static str, BTreeSet<&'static str>>> = LazyLock::new(|| {
    let lists = [
        ("deu", GERMAN),
        ("fra", FRENCH),
        ("spa", SPANISH),
        ("por", PORTUGUESE),
        ("ita", ITALIAN),
        ("nld", DUTCH),
        ("jpn", JAPANESE),
    ];
    let read = |(language, list): (&'static str, &'static str)| {
        (language, list.split_whitespace().collect())
    };
    lists.into_iter().map(read).collect()
});

static EVERYWHERE: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let lists = [ENGLISH, ROMANISED_HINDI];
    lists.into_iter().flat_map(str::split_whitespace).collect()
});

static VERDICT: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| VERDICTS.split_whitespace().collect());

static NEGATION: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| NEGATIONS.split_whitespace().collect());

/// What a word can do in a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Says what it is about.
    Plain,
    /// Says that it is good or bad.
    Verdict,
    /// Turns what follows around.
    Negation,
    /// Holds a phrase together, and stands at no end of it.
    Grammar,
}

/// The role of a lower-case word in a text of a language.
pub(super) fn role(word: &str, language: Option<&str>) -> Role {
    if word.ends_with("n't") || NEGATION.contains(word.replace('\'', "").as_str()) {
        return Role::Negation;
    }
    let grammar = language.and_then(|language| GRAMMAR.get(language));
    if EVERYWHERE.contains(word) || grammar.is_some_and(|list| list.contains(word)) {
        Role::Grammar
    } else if VERDICT.contains(word) {
        Role::Verdict
    } else {
        Role::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_apply_to_their_language() {
        assert_eq!(role("war", Some("deu")), Role::Grammar);
        assert_eq!(role("war", Some("eng")), Role::Plain);
        assert_eq!(role("doesn't", None), Role::Negation);
        assert_eq!(role("good", None), Role::Verdict);
    }
}
