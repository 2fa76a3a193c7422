use super::*;

fn texts<'a>(said: &'a [(String, &'a str)]) -> Vec<Text<'a>> {
    said.iter()
        .map(|(author, text)| Text {
            id: author,
            author,
            text,
            stars: Some(1.0),
        })
        .collect()
}

/// `times` users who say each of `lines`.
fn said<'a>(prefix: &str, lines: &[(&'a str, usize)]) -> Vec<(String, &'a str)> {
    let of_line = |(line, times): &(&'a str, usize)| {
        let author = |n| (format!("{prefix}-{line}-{n}"), *line);
        (0..*times).map(author).collect::<Vec<_>>()
    };
    lines.iter().flat_map(of_line).collect()
}

fn found(now: &[(&str, usize)], earlier: &[(&str, usize)]) -> Themes {
    let (now, earlier) = (said("now", now), said("before", earlier));
    let compared = Compared {
        now: &texts(&now),
        earlier: &texts(&earlier),
        unknown: &[],
    };
    themes(compared, &ThemeRules::default())
}

#[test]
fn a_planted_theme_is_new_and_the_rest_is_steady() {
    let now = [
        ("login screen frozen", 40),
        ("map is slow", 100),
        ("good", 400),
    ];
    let earlier = [("map is slow", 105), ("good", 430)];
    let themes = found(&now, &earlier);
    let standings: Vec<(&str, Standing)> = themes
        .themes
        .iter()
        .map(|theme| (theme.name.as_str(), theme.standing))
        .collect();
    let expected = [
        ("login screen frozen", Standing::New),
        ("map is slow", Standing::Steady),
    ];
    assert_eq!(standings, expected);
    assert_eq!(themes.unmatched.n, 540);
    assert!((themes.unmatched.value.unwrap() - 400.0 / 540.0).abs() < 1e-12);
    let theme = &themes.themes[0];
    assert_eq!(
        (theme.share.n, theme.low_users, theme.high_users),
        (540, 40, 0)
    );
    assert!(theme.difference.as_ref().unwrap().low.unwrap() > 0.0);
}

#[test]
fn one_person_makes_no_theme() {
    let lines: Vec<(String, &str)> = vec![("one".to_owned(), "login screen frozen"); 50];
    let compared = Compared {
        now: &texts(&lines),
        earlier: &[],
        unknown: &[],
    };
    assert!(themes(compared, &ThemeRules::default()).themes.is_empty());
}

#[test]
fn nothing_before_means_no_claim() {
    let themes = found(&[("login screen frozen", 40)], &[]);
    assert_eq!(themes.themes[0].standing, Standing::Steady);
    assert_eq!(
        (themes.themes[0].z, themes.themes[0].difference.clone()),
        (None, None)
    );
    let none = found(&[], &[]);
    assert!(none.themes.is_empty() && none.unmatched.value.is_none());
}

#[test]
fn a_theme_is_known_again_by_its_words() {
    let first = found(&[("login screen frozen", 40)], &[]);
    let known: Vec<KnownTheme> = first
        .themes
        .iter()
        .map(|theme| KnownTheme {
            id: "theme-of-old".to_owned(),
            name: theme.name.clone(),
            keys: theme.keys.clone(),
        })
        .collect();
    let lines = [
        ("frozen login screen again", 9),
        ("login screen frozen", 9),
        ("map is slow", 9),
    ];
    let mut later = found(&lines, &[]);
    carry(&known, &mut later.themes);
    let id_of = |name: &str| {
        let theme = later
            .themes
            .iter()
            .find(|theme| theme.name.contains(name))
            .unwrap();
        theme.id.clone()
    };
    assert_eq!(id_of("login"), "theme-of-old");
    assert_ne!(id_of("map"), "theme-of-old");
    let distinct: BTreeSet<&String> = later.themes.iter().map(|theme| &theme.id).collect();
    assert_eq!(distinct.len(), later.themes.len());
}
