//! Step lines: the share of users on each release by day, labelled where the lines end.

use super::{Scale, Svg, at, nth, spread};
use crate::day;
use crate::number;
use crate::text::short;

const SIZE: (f64, f64) = (760.0, 320.0);
const LEFT: f64 = 48.0;
const RIGHT: f64 = 168.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 34.0;

/// Most lines that a reader can tell apart; more are in the table.
pub(crate) const LINES_MAX: usize = 4;

/// One line.
pub(crate) struct StepLine {
    /// What it is called at its end.
    pub(crate) name: String,
    /// (day as `YYYY-MM-DD`, share in [0, 1]), oldest first.
    pub(crate) points: Vec<(String, f64)>,
    /// The day on which it was first seen, where that lies among the points.
    pub(crate) first_seen: Option<String>,
}

/// Draws up to [`LINES_MAX`] lines over the given days (ascending, without gaps).
pub(crate) fn step_lines(id: &str, title: &str, lines: &[StepLine], days: &[String]) -> String {
    let shown = &lines[..lines.len().min(LINES_MAX)];
    let mut svg = Svg::new(id, "chart wide", SIZE, title);
    let x = Scale::linear(0.0, nth(days.len().max(1)), LEFT, SIZE.0 - RIGHT);
    let y = Scale::linear(0.0, 1.0, SIZE.1 - BOTTOM, TOP);
    draw_axes(&mut svg, days, &x, &y);
    let mut ends: Vec<(usize, f64, f64)> = Vec::new();
    let mut told = Vec::new();
    for (index, line) in shown.iter().enumerate() {
        let Some((_, share)) = line.points.last() else {
            continue;
        };
        draw_line(&mut svg, index, line, days, (&x, &y));
        ends.push((index, *share, y.place(*share)));
        told.push(format!("{} ends at {}", line.name, number::percent(*share)));
    }
    draw_labels(&mut svg, ends, shown);
    svg.describe(&told.join("; "));
    svg.finish()
}

fn draw_axes(svg: &mut Svg, days: &[String], x: &Scale, y: &Scale) {
    for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let half = (tick - 0.5_f64).abs() < 0.01;
        let level = y.place(tick);
        svg.line(
            if half { "half" } else { "grid" },
            (LEFT, level),
            (SIZE.0 - RIGHT, level),
        );
        svg.text(
            "label",
            (LEFT - 8.0, level + 4.0),
            "end",
            &number::percent_short(tick),
        );
    }
    let every = days.len().div_ceil(7).max(1);
    for (index, day) in days.iter().enumerate().step_by(every) {
        let middle = x.place(nth(index) + 0.5);
        svg.text("label", (middle, SIZE.1 - 10.0), "middle", &day::short(day));
    }
}

fn draw_line(
    svg: &mut Svg,
    index: usize,
    line: &StepLine,
    days: &[String],
    scales: (&Scale, &Scale),
) {
    let (x, y) = scales;
    let mut d: Vec<String> = Vec::new();
    let mut expected = None;
    for (day, share) in &line.points {
        let Ok(place) = days.binary_search(day) else {
            continue;
        };
        let (from, to, level) = (
            x.place(nth(place)),
            x.place(nth(place + 1)),
            y.place(*share),
        );
        if expected == Some(place) {
            d.push(format!("V{}H{}", at(level), at(to)));
        } else {
            d.push(format!("M{} {}H{}", at(from), at(level), at(to)));
        }
        expected = Some(place + 1);
        if line.first_seen.as_deref() == Some(day.as_str()) {
            svg.line(
                &format!("seen s{}", index + 1),
                (from, SIZE.1 - BOTTOM),
                (from, TOP - 4.0),
            );
            let name = format!("{} first seen", short(&line.name, 14));
            let anchor = if from > SIZE.0 * 0.6 { "end" } else { "start" };
            let shift = if anchor == "end" { -4.0 } else { 4.0 };
            svg.text("label faint", (from + shift, TOP - 8.0), anchor, &name);
        }
    }
    svg.path(&format!("step s{}", index + 1), &d.concat());
}

fn draw_labels(svg: &mut Svg, mut ends: Vec<(usize, f64, f64)>, lines: &[StepLine]) {
    ends.sort_by(|a, b| a.2.total_cmp(&b.2).then(a.0.cmp(&b.0)));
    let mut places: Vec<f64> = ends.iter().map(|end| end.2).collect();
    spread(&mut places, 18.0, TOP, SIZE.1 - BOTTOM);
    let edge = SIZE.0 - RIGHT;
    for ((index, share, level), place) in ends.into_iter().zip(places) {
        svg.line(
            &format!("lead s{}", index + 1),
            (edge, level),
            (edge + 10.0, place),
        );
        let text = format!(
            "{}  {}",
            short(&lines[index].name, 14),
            number::percent(share)
        );
        svg.text(
            &format!("end s{}", index + 1),
            (edge + 14.0, place + 4.5),
            "start",
            &text,
        );
    }
}
