//! Step lines: the share of users on each release by day or by age, labelled where the lines end.

use super::{Scale, Svg, at, nth, spread};
use crate::number;
use crate::text::short;

const SIZE: (f64, f64) = (760.0, 320.0);
const LEFT: f64 = 48.0;
const RIGHT: f64 = 168.0;
/// Room above the labels of first days, and of each row of them.
const ABOVE: f64 = 10.0;
const ROW: f64 = 12.0;
/// Width of a letter of a label, generously.
const LETTER: f64 = 6.4;
const BOTTOM: f64 = 34.0;

/// Most lines that a reader can tell apart; more are in the table.
pub(crate) const LINES_MAX: usize = 4;

/// One line.
pub(crate) struct StepLine {
    /// What it is called at its end.
    pub(crate) name: String,
    /// (place on the axis from 0, share in [0, 1]), in order.
    pub(crate) points: Vec<(usize, f64)>,
    /// The place at which it was first seen, where that lies among the points.
    pub(crate) first_seen: Option<usize>,
}

/// Draws up to [`LINES_MAX`] lines over an axis of places, each with what is written below it.
pub(crate) fn step_lines(id: &str, title: &str, lines: &[StepLine], places: &[String]) -> String {
    let shown = &lines[..lines.len().min(LINES_MAX)];
    let mut svg = Svg::new(id, "chart wide", SIZE, title);
    let x = Scale::linear(0.0, nth(places.len().max(1)), LEFT, SIZE.0 - RIGHT);
    let seen = seen_labels(shown, &x);
    let rows = seen.iter().map(|label| label.row).max().unwrap_or(0) + 1;
    let top = ABOVE + ROW * nth(rows);
    let y = Scale::linear(0.0, 1.0, SIZE.1 - BOTTOM, top);
    draw_axes(&mut svg, places, &x, &y);
    for label in &seen {
        label.draw(&mut svg, top);
    }
    let mut ends: Vec<End> = Vec::new();
    let mut told = Vec::new();
    for (index, line) in shown.iter().enumerate() {
        let Some((last, share)) = line.points.last() else {
            continue;
        };
        draw_line(&mut svg, index, line, (&x, &y));
        ends.push(End {
            index,
            share: *share,
            at: (x.place(nth(last + 1)), y.place(*share)),
        });
        told.push(format!("{} ends at {}", line.name, number::percent(*share)));
    }
    draw_labels(&mut svg, ends, shown, top);
    svg.describe(&told.join("; "));
    svg.finish()
}

/// Where a line is first seen, and what is written there.
struct SeenLabel {
    index: usize,
    from: f64,
    text: String,
    is_left: bool,
    /// Rows from below, so that labels that would meet stand above each other.
    row: usize,
}

impl SeenLabel {
    /// From where to where its text goes.
    fn extent(&self) -> (f64, f64) {
        let width = 4.0 + LETTER * nth(self.text.chars().count());
        if self.is_left {
            (self.from - width, self.from)
        } else {
            (self.from, self.from + width)
        }
    }

    fn draw(&self, svg: &mut Svg, top: f64) {
        let level = top - 8.0 - ROW * nth(self.row);
        let class = format!("seen s{}", self.index + 1);
        svg.line(
            &class,
            (self.from, SIZE.1 - BOTTOM),
            (self.from, level + 4.0),
        );
        let (anchor, shift) = if self.is_left {
            ("end", -4.0)
        } else {
            ("start", 4.0)
        };
        svg.text(
            "label faint",
            (self.from + shift, level),
            anchor,
            &self.text,
        );
    }
}

fn seen_labels(lines: &[StepLine], x: &Scale) -> Vec<SeenLabel> {
    let mut labels: Vec<SeenLabel> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let has = |place: &usize| line.points.iter().any(|point| point.0 == *place);
        let Some(place) = line.first_seen.filter(has) else {
            continue;
        };
        let from = x.place(nth(place));
        let mut label = SeenLabel {
            index,
            from,
            text: format!("{} first seen", short(&line.name, 14)),
            is_left: from > SIZE.0 * 0.6,
            row: 0,
        };
        let (low, high) = label.extent();
        let meets = |row: usize| {
            let others = labels.iter().filter(|other| other.row == row);
            let mut extents = others.map(SeenLabel::extent);
            extents.any(|(from, to)| low < to && from < high)
        };
        label.row = (0..).find(|row| !meets(*row)).unwrap_or(0);
        labels.push(label);
    }
    labels
}

fn draw_axes(svg: &mut Svg, places: &[String], x: &Scale, y: &Scale) {
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
    let every = places.len().div_ceil(7).max(1);
    for (index, place) in places.iter().enumerate().step_by(every) {
        let middle = x.place(nth(index) + 0.5);
        svg.text("label", (middle, SIZE.1 - 10.0), "middle", place);
    }
}

fn draw_line(svg: &mut Svg, index: usize, line: &StepLine, scales: (&Scale, &Scale)) {
    let (x, y) = scales;
    let mut d: Vec<String> = Vec::new();
    let mut expected = None;
    for (place, share) in &line.points {
        let place = *place;
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
    }
    svg.path(&format!("step s{}", index + 1), &d.concat());
}

/// Where a line ends, which may be before the axis does.
struct End {
    index: usize,
    share: f64,
    at: (f64, f64),
}

fn draw_labels(svg: &mut Svg, mut ends: Vec<End>, lines: &[StepLine], top: f64) {
    ends.sort_by(|a, b| a.at.1.total_cmp(&b.at.1).then(a.index.cmp(&b.index)));
    let mut places: Vec<f64> = ends.iter().map(|end| end.at.1).collect();
    spread(&mut places, 18.0, top, SIZE.1 - BOTTOM);
    let edge = SIZE.0 - RIGHT;
    for (end, place) in ends.into_iter().zip(places) {
        let number = end.index + 1;
        svg.line(&format!("lead s{number}"), end.at, (edge + 10.0, place));
        let text = format!(
            "{}  {}",
            short(&lines[end.index].name, 14),
            number::percent(end.share)
        );
        svg.text(
            &format!("end s{number}"),
            (edge + 14.0, place + 4.5),
            "start",
            &text,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, first_seen: usize) -> StepLine {
        StepLine {
            name: name.to_owned(),
            points: (0..28).map(|place| (place, 0.5)).collect(),
            first_seen: Some(first_seen),
        }
    }

    #[test]
    fn a_line_that_ends_before_the_axis_is_led_to_its_label() {
        let places: Vec<String> = (0..10).map(|place| format!("day {place}")).collect();
        let mut own = line("2.1.0", 40);
        own.points.truncate(5);
        let svg = step_lines("a", "b", &[own], &places);
        let middle = at(Scale::linear(0.0, 10.0, LEFT, SIZE.0 - RIGHT).place(5.0));
        let lead = format!(r#"<line class="lead s1" x1="{middle}""#);
        assert!(svg.contains(&lead), "{svg}");
        assert!(svg.contains("2.1.0  50.0%") && !svg.contains("first seen"));
    }

    #[test]
    fn releases_that_begin_together_do_not_write_into_each_other() {
        let lines = [
            line("2.0.0", 1),
            line("2.0.1", 2),
            line("2.1.0-beta.1", 23),
            line("2.1.0", 24),
        ];
        let x = Scale::linear(0.0, 28.0, LEFT, SIZE.0 - RIGHT);
        let labels = seen_labels(&lines, &x);
        let rows: Vec<usize> = labels.iter().map(|label| label.row).collect();
        assert_eq!(rows, [0, 1, 0, 1]);
        for (n, a) in labels.iter().enumerate() {
            for b in labels.iter().skip(n + 1).filter(|b| b.row == a.row) {
                let (a, b) = (a.extent(), b.extent());
                assert!(a.1 <= b.0 || b.1 <= a.0, "{a:?} {b:?}");
            }
        }
        let apart = [line("1", 0), line("2", 19)];
        let labels = seen_labels(&apart, &x);
        assert!(labels.iter().all(|label| label.row == 0));
    }
}
