//! Names that try to break out of each language, and what each language must hold.

use analysis::findings::{HealthFindings, Verdict};

use super::*;
use crate::fixtures;

const HOSTILE: [&str; 7] = [
    "<script>alert(1)</script>\"'&",
    "../../etc/passwd",
    "\u{202e}0.2.4\u{2066}",
    "4.2.0\n::error::x\r\n##[error]y",
    "%0a::error title=a,b::c",
    "a|b\\\"} 7\n# HELP x",
    "\u{0}\u{1b}[2J\u{9b}\u{fffe}]]>",
];

fn named(release: &str) -> HealthFindings {
    HealthFindings {
        release: release.to_owned(),
        baseline: Some(release.to_owned()),
        reason: format!("worse than {release}"),
        ..fixtures::health()
    }
}

fn hostile() -> impl Iterator<Item = HealthFindings> {
    let long = "9".repeat(400);
    HOSTILE
        .into_iter()
        .map(str::to_owned)
        .chain([long])
        .map(|name| named(&name))
}

#[test]
fn annotations_are_three_at_most_and_no_name_begins_a_command() {
    let found = github(&fixtures::health());
    let first = found.annotations.lines().next().unwrap();
    assert!(
        first.starts_with("::error title=Release 3.2.0|[2J%3A CRITICAL::RELEASE CRITICAL - sail"),
        "{first}"
    );
    assert_eq!(found.outputs, "verdict=fail\nscore=0\n");
    for findings in hostile() {
        let found = github(&findings);
        let lines: Vec<&str> = found.annotations.lines().collect();
        assert!(lines.len() <= 3, "{lines:?}");
        for line in lines {
            let rest = line.strip_prefix("::error title=").unwrap();
            let title = rest.split("::").next().unwrap();
            assert!(!title.contains([',', ':']), "{line}");
            assert!(
                !line.contains("##[") && !line.contains('\u{202e}'),
                "{line}"
            );
            assert!(!line.contains("%0a::"), "{line}");
        }
        assert!(!found.summary.contains("<script"), "{}", found.summary);
        assert_eq!(found.outputs.lines().count(), 2);
    }
}

#[test]
fn summary_is_a_table_whose_cells_stay_in_their_columns() {
    for findings in hostile() {
        let summary = github(&findings).summary;
        let rows: Vec<&str> = summary
            .lines()
            .filter(|line| line.starts_with('|'))
            .collect();
        assert_eq!(rows.len(), 2 + findings.checks.len(), "{summary}");
        for row in rows {
            let bars = row.replace("\\|", "").matches('|').count();
            assert_eq!(bars, 8, "{row}");
        }
    }
}

#[test]
fn test_report_counts_its_cases_and_says_why_twice() {
    let xml = junit(&fixtures::health());
    assert!(xml.contains("tests=\"3\" failures=\"2\" errors=\"0\" skipped=\"1\""));
    assert!(xml.contains("<failure message=\"crash-free sessions fell by 3.1 pp\""));
    assert!(xml.contains(">crash-free sessions fell by 3.1 pp</failure>"));
    assert!(xml.contains("name=\"rating_mean\" time=\"0\"><skipped message=\""));
    for findings in hostile() {
        let xml = junit(&findings);
        let is_writable =
            |c: char| c == '\n' || (c >= ' ' && !('\u{fffe}'..='\u{ffff}').contains(&c));
        assert!(xml.chars().all(is_writable), "{xml:?}");
        let opened = xml.matches("<testcase ").count();
        assert_eq!((opened, xml.matches("</testcase>").count()), (3, 3));
        // Each bracket that opens belongs to an element of ours.
        let ours = [
            "?xml",
            "testsuite",
            "testcase",
            "failure",
            "skipped",
            "system-out",
            "/",
        ];
        for rest in xml.split('<').skip(1) {
            assert!(ours.iter().any(|name| rest.starts_with(name)), "{rest}");
        }
    }
}

#[test]
fn gauges_are_one_sample_a_line_whatever_the_name() {
    let text = prometheus(&fixtures::health());
    assert!(text.contains("# TYPE shipwake_release_health gauge\n"));
    assert!(
        text.contains(
            "shipwake_release_check_value{app=\"sail\",environment=\"production\",\
             release=\"3.2.0|[2J\",check=\"crash_free_sessions\"} 0.963\n"
        ),
        "{text}"
    );
    let expected = text.lines().count();
    for findings in hostile() {
        let text = prometheus(&findings);
        assert_eq!(text.lines().count(), expected, "{text}");
        let is_sample = |line: &&str| !line.starts_with("# ");
        for line in text.lines().filter(is_sample) {
            let (labels, value) = line.rsplit_once("} ").unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
            let quotes = labels
                .replace("\\\\", "")
                .replace("\\\"", "")
                .matches('"')
                .count();
            assert_eq!(quotes % 2, 0, "{line}");
        }
    }
}

#[test]
fn only_the_releases_judged_last_have_gauges() {
    let mut gauges = ReleaseGauges::of_at_most(2);
    assert_eq!(gauges.to_text(), "");
    for release in ["1", "2", "3", "2"] {
        gauges.judged(&named(release));
    }
    let unknown = HealthFindings {
        checks: Vec::new(),
        verdict: Verdict::InsufficientData,
        ..named("never seen")
    };
    gauges.judged(&unknown);
    let text = gauges.to_text();
    let has = |release: &str| text.contains(&format!("release=\"{release}\"}} 2\n"));
    assert!(
        !has("1") && has("2") && has("3") && !text.contains("never seen"),
        "{text}"
    );
    assert_eq!(
        text.matches("# TYPE shipwake_release_health gauge").count(),
        1
    );
}

#[test]
fn monitor_line_has_one_bar_and_no_figures_without_checks() {
    for findings in hostile() {
        let line = crate::health_nagios(&findings);
        assert_eq!(
            (line.lines().count(), line.matches('|').count()),
            (1, 1),
            "{line}"
        );
        let bare = HealthFindings {
            checks: Vec::new(),
            ..findings
        };
        let line = crate::health_nagios(&bare);
        assert_eq!(line.matches('|').count(), 0, "{line}");
        assert!(line.contains("worse than"), "{line}");
    }
}
