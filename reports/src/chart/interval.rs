//! Dots with their intervals on one common scale: releases against each other.

use super::{Scale, Svg, nth};
use crate::text::short;

const WIDTH: f64 = 460.0;
const ROW: f64 = 34.0;
const LEFT: f64 = 104.0;
const RIGHT: f64 = 118.0;
const TOP: f64 = 6.0;

/// One row.
pub(crate) struct Dot {
    /// What is measured.
    pub(crate) name: String,
    /// The value.
    pub(crate) value: f64,
    /// Its interval, where there is one.
    pub(crate) interval: Option<(f64, f64)>,
    /// The value as text.
    pub(crate) text: String,
    /// What the value rests on, as text.
    pub(crate) n: String,
    /// The class of its verdict: pass, warn, fail or thin.
    pub(crate) class: &'static str,
}

/// Draws one row a dot; `tick` words the values of the axis.
pub(crate) fn interval_dots(
    id: &str,
    title: &str,
    dots: &[Dot],
    tick: impl Fn(f64) -> String,
) -> String {
    let floor = nth(dots.len()).mul_add(ROW, TOP);
    let mut svg = Svg::new(id, "chart small", (WIDTH, floor + 26.0), title);
    let lows = dots.iter().map(|dot| {
        dot.interval
            .map_or(dot.value, |(low, _)| low.min(dot.value))
    });
    let highs = dots.iter().map(|dot| {
        dot.interval
            .map_or(dot.value, |(_, high)| high.max(dot.value))
    });
    let (Some(low), Some(high)) = (lows.reduce(f64::min), highs.reduce(f64::max)) else {
        return svg.finish();
    };
    let room = ((high - low) * 0.08).max(high.abs() * 1e-3).max(1e-6);
    let x = Scale::linear(low - room, high + room, LEFT, WIDTH - RIGHT);
    for value in x.ticks(3) {
        svg.line("grid", (x.place(value), TOP), (x.place(value), floor));
        svg.text(
            "label",
            (x.place(value), floor + 17.0),
            "middle",
            &tick(value),
        );
    }
    let mut told = Vec::new();
    for (index, dot) in dots.iter().enumerate() {
        let middle = (nth(index) + 0.5).mul_add(ROW, TOP);
        svg.text(
            "label strong",
            (LEFT - 12.0, middle + 4.5),
            "end",
            &short(&dot.name, 13),
        );
        if let Some((from, to)) = dot.interval {
            let (from, to) = (x.place(from), x.place(to));
            svg.line(
                &format!("whisker {}", dot.class),
                (from, middle),
                (to, middle),
            );
            for end in [from, to] {
                svg.line(
                    &format!("whisker {}", dot.class),
                    (end, middle - 5.0),
                    (end, middle + 5.0),
                );
            }
        }
        draw_mark(&mut svg, dot, (x.place(dot.value), middle));
        svg.text(
            "label strong",
            (WIDTH - RIGHT + 12.0, middle + 1.0),
            "start",
            &dot.text,
        );
        svg.text(
            "label faint",
            (WIDTH - RIGHT + 12.0, middle + 14.0),
            "start",
            &dot.n,
        );
        told.push(format!("{}: {}, {}", dot.name, dot.text, dot.n));
    }
    svg.describe(&told.join("; "));
    svg.finish()
}

/// The verdict's own shape, so that colour is not needed to tell it.
fn draw_mark(svg: &mut Svg, dot: &Dot, centre: (f64, f64)) {
    let (x, y) = centre;
    let class = format!("mark {}", dot.class);
    let hint = format!("{}: {}, {}", dot.name, dot.text, dot.n);
    match dot.class {
        "fail" => svg.rect(&class, (x - 5.5, y - 5.5), (11.0, 11.0), &hint),
        "warn" => {
            let corners = [(x, y - 6.5), (x + 6.5, y + 5.0), (x - 6.5, y + 5.0)];
            svg.polygon(&class, &corners, &hint);
        }
        _ => svg.circle(&class, centre, 5.5, &hint),
    }
}
