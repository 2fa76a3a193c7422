use super::*;

fn page() -> String {
    let Found::Metrics(metrics) = look_up(None) else {
        panic!("nothing is computed");
    };
    dictionary_text(&metrics)
}

/// The page without its line breaks, as a reader takes it in.
fn read(page: &str) -> String {
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_page_answers_what_a_newcomer_asks() {
    let page = read(&page());
    for answer in [
        "A user who is on two releases in one day, or in one week, counts once in the total",
        "It divides by the distinct users with a session that began in the window",
        "Promoters answered 9 or 10, detractors 0 to 6; 7 and 8 are passive",
        "Replies of the team are not counted as feedback",
        "Sessions without a user are left out.",
        "A value without data is empty and never 0",
    ] {
        assert!(page.contains(answer), "{answer}");
    }
}

#[test]
fn only_what_is_computed_is_on_the_page() {
    let text = page();
    for metric in registry() {
        let heading = format!("[{}]", metric.id);
        assert_eq!(text.contains(&heading), metric.is_computed(), "{heading}");
    }
}

#[test]
fn lines_fit_a_terminal_and_fractions_have_their_line() {
    let text = page();
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
        assert_eq!(line, line.trim_end(), "{line:?}");
    }
    let Found::Metrics(nps) = look_up(Some("nps")) else {
        panic!("nps is computed");
    };
    let text = dictionary_text(&nps);
    assert!(
        text.contains(
            "      100 × (promoters − detractors)\n      ──────────────────────────────\n               NPS answers\n"
        ),
        "{text}"
    );
}

#[test]
fn a_fraction_within_a_mean_is_not_torn_apart() {
    assert_eq!(fraction("a ÷ b"), Some(("a", "b")));
    assert_eq!(fraction("mean of (a ÷ b)"), None);
    assert_eq!(fraction("a"), None);
}

#[test]
fn a_name_finds_its_metric_or_group_and_a_wrong_one_is_answered() {
    let ids = |asked| match look_up(Some(asked)) {
        Found::Metrics(metrics) => metrics.iter().map(|metric| metric.id).collect(),
        _ => Vec::new(),
    };
    assert_eq!(ids("csat"), ["csat"]);
    assert_eq!(
        ids("stability"),
        [
            "crash_free_sessions",
            "crash_free_users",
            "error_rate",
            "users_with_errors"
        ]
    );
    assert!(matches!(look_up(Some("no_such")), Found::Nothing(names) if names.contains(&"nps")));
    let undone = registry().find(|metric| !metric.is_computed());
    if let Some(metric) = undone {
        assert_eq!(look_up(Some(metric.id)), Found::NotComputed(metric));
    }
}

#[test]
fn each_form_holds_each_metric() {
    let Found::Metrics(metrics) = look_up(None) else {
        panic!("nothing is computed");
    };
    let json: serde_json::Value =
        serde_json::from_str(&dictionary_json(&metrics).unwrap()).unwrap();
    assert_eq!(json.as_array().unwrap().len(), metrics.len());
    let csv = dictionary_csv(&metrics);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), metrics.len());
    let markdown = dictionary_markdown(&metrics);
    for (metric, row) in metrics.iter().zip(&rows) {
        assert_eq!(&row[0], metric.id);
        assert!(markdown.contains(&format!("(`{}`)", metric.id)));
    }
}
