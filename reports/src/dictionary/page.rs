//! The page, for a terminal and as Markdown.

use analysis::metric::Metric;

use super::{RULES, by_group, direction, fraction, places, unit};

/// How wide lines of text are.
const WIDTH: usize = 80;
/// Where the text of a labelled line begins.
const LABEL: usize = 14;

/// The page for a terminal; the words that hold for all metrics stand first where there are several.
#[must_use]
pub fn dictionary_text(metrics: &[&'static Metric]) -> String {
    let mut lines = Vec::new();
    if metrics.len() > 1 {
        lines.push("What holds for all of them".to_owned());
        lines.push(String::new());
        for (word, meaning) in RULES {
            labelled(&mut lines, word, meaning);
        }
    }
    for (group, metrics) in by_group(metrics) {
        if !lines.is_empty() {
            lines.extend([String::new(), String::new()]);
        }
        lines.push(group.title().to_uppercase());
        for metric in metrics {
            lines.push(String::new());
            entry(&mut lines, metric);
        }
    }
    lines.join("\n")
}

fn entry(lines: &mut Vec<String>, metric: &Metric) {
    lines.push(format!("{}  [{}]", metric.name, metric.id));
    lines.extend(wrapped(metric.definition, WIDTH - 2).map(|line| format!("  {line}")));
    lines.push(String::new());
    lines.extend(
        formula(metric.formula)
            .into_iter()
            .map(|line| format!("      {line}")),
    );
    lines.push(String::new());
    let unit = format!("{}; {}", unit(metric.unit), direction(metric.direction));
    labelled(lines, "unit", &unit);
    listed(lines, "edge cases", metric.edge_cases);
    labelled(lines, "interval", metric.interval);
    labelled(lines, "needs", metric.fed_by);
    labelled(lines, "shown in", &places(metric));
    labelled(lines, "source", metric.source);
}

/// A formula; a fraction with its line.
fn formula(text: &str) -> Vec<String> {
    let Some((above, below)) = fraction(text) else {
        return wrapped(text, WIDTH - 6).collect();
    };
    let above: Vec<String> = wrapped(above, WIDTH - 6).collect();
    let below: Vec<String> = wrapped(below, WIDTH - 6).collect();
    let width = |line: &String| line.chars().count();
    let widest = above.iter().chain(&below).map(width).max().unwrap_or(0);
    let centred = |line: String| format!("{line:^widest$}").trim_end().to_owned();
    above
        .into_iter()
        .map(centred)
        .chain([format!("{:─<widest$}", "")])
        .chain(below.into_iter().map(centred))
        .collect()
}

fn labelled(lines: &mut Vec<String>, label: &str, text: &str) {
    let mut label = label;
    for line in wrapped(text, WIDTH - LABEL) {
        lines.push(format!("  {label:width$}{line}", width = LABEL - 2));
        label = "";
    }
}

/// Several texts under one label, each with a mark of its own.
fn listed(lines: &mut Vec<String>, label: &str, texts: &[&str]) {
    let mut label = label;
    for text in texts {
        let mut mark = "- ";
        for line in wrapped(text, WIDTH - LABEL - mark.len()) {
            lines.push(format!("  {label:width$}{mark}{line}", width = LABEL - 2));
            (label, mark) = ("", "  ");
        }
    }
}

fn wrapped(text: &str, width: usize) -> impl Iterator<Item = String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.into_iter()
}

/// The page as Markdown.
#[must_use]
pub fn dictionary_markdown(metrics: &[&'static Metric]) -> String {
    let mut lines = vec!["# Dictionary of metrics".to_owned(), String::new()];
    lines.extend(
        RULES
            .iter()
            .map(|(word, meaning)| format!("- **{word}**: {meaning}")),
    );
    for (group, metrics) in by_group(metrics) {
        lines.extend([String::new(), format!("## {}", group.title())]);
        for metric in metrics {
            lines.extend([
                String::new(),
                format!("### {} (`{}`)", metric.name, metric.id),
            ]);
            lines.extend([String::new(), metric.definition.to_owned()]);
            let formula = format!("**Formula:** {}", metric.formula);
            lines.extend([String::new(), formula, String::new()]);
            let unit = format!("{}; {}", unit(metric.unit), direction(metric.direction));
            lines.push(format!("- Unit: {unit}"));
            lines.extend(
                metric
                    .edge_cases
                    .iter()
                    .map(|text| format!("- Edge case: {text}")),
            );
            lines.push(format!("- Interval: {}", metric.interval));
            lines.push(format!("- Needs: {}", metric.fed_by));
            lines.push(format!("- Shown in: {}", places(metric)));
            lines.push(format!("- Source: {}", metric.source));
        }
    }
    lines.join("\n")
}
