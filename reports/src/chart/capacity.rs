//! One bar as long as the capacity, filled by the items of the plan.

use super::{Scale, Svg};
use crate::number;
use crate::text::short;

const SIZE: (f64, f64) = (760.0, 84.0);
const TOP: f64 = 24.0;
const HEIGHT: f64 = 36.0;

/// One item's part of the bar.
pub(crate) struct Segment {
    /// Its id.
    pub(crate) name: String,
    /// Its title, shown on hover.
    pub(crate) title: String,
    /// Its person-days.
    pub(crate) person_days: f64,
}

/// Draws the segments one after the other and the capacity as a line.
pub(crate) fn capacity_bar(id: &str, title: &str, capacity: f64, segments: &[Segment]) -> String {
    let mut svg = Svg::new(id, "chart wide", SIZE, title);
    let ends: Vec<f64> = segments
        .iter()
        .scan(0.0, |end, segment| {
            *end += segment.person_days.max(0.0);
            Some(*end)
        })
        .collect();
    let used = ends.last().copied().unwrap_or(0.0);
    let x = Scale::linear(0.0, used.max(capacity), 1.0, SIZE.0 - 70.0);
    svg.rect(
        "room",
        (x.place(0.0), TOP),
        (x.place(capacity) - x.place(0.0), HEIGHT),
        "",
    );
    let mut start = x.place(0.0);
    let mut told = Vec::new();
    for (index, (segment, end)) in segments.iter().zip(&ends).enumerate() {
        let end = x.place(*end);
        let work = number::days_of_work(segment.person_days);
        let hint = format!("{} {}: {work}", segment.name, segment.title);
        let class = if index % 2 == 0 {
            "load even"
        } else {
            "load odd"
        };
        svg.rect(
            class,
            (start, TOP),
            ((end - start - 1.5).max(0.5), HEIGHT),
            &hint,
        );
        let room = (end - start - 12.0) / 8.2;
        let fits = |most: f64| room >= most;
        if fits(4.0) {
            let letters = (4..=14).rev().find(|n| fits(f64::from(*n))).unwrap_or(4);
            let letters = usize::try_from(letters).unwrap_or(4);
            svg.text(
                "inside",
                (start + 7.0, TOP + 16.0),
                "start",
                &short(&segment.name, letters),
            );
            svg.text("inside thin", (start + 7.0, TOP + 29.0), "start", &work);
        }
        told.push(hint);
        start = end;
    }
    let line = x.place(capacity);
    svg.line("limit", (line, TOP - 6.0), (line, TOP + HEIGHT + 6.0));
    let text = format!("capacity {}", number::days_of_work(capacity));
    svg.text("label strong", (line, TOP - 11.0), "middle", &text);
    svg.text("label", (x.place(0.0), TOP + HEIGHT + 18.0), "start", "0");
    svg.describe(&told.join("; "));
    svg.finish()
}
