//! Effort against value: each open item a mark, the plan filled, the rest outlined.

use super::{Scale, Svg, round_up};
use crate::number;
use crate::text::short;

const SIZE: (f64, f64) = (760.0, 430.0);
const LEFT: f64 = 66.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = 50.0;
const LABEL_CHARS_MAX: usize = 24;
/// Items told in the description; the tables of the page hold the rest.
const TOLD_MAX: usize = 20;

/// The shape of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A bug.
    Circle,
    /// A feature.
    Square,
    /// Anything else.
    Triangle,
}

/// One item.
pub(crate) struct Point {
    /// Its label, drawn where there is room.
    pub(crate) name: String,
    /// All about it, on hover.
    pub(crate) hint: String,
    /// Person-days.
    pub(crate) effort: f64,
    /// Value.
    pub(crate) value: f64,
    /// Its shape.
    pub(crate) mark: Mark,
    /// Whether it is in the plan.
    pub(crate) chosen: bool,
    /// Whether it should be labelled: the plan and the near misses.
    pub(crate) labelled: bool,
}

/// Draws the items; a scale is logarithmic where the values span more than a factor of 40.
pub(crate) fn effort_value(id: &str, title: &str, points: &[Point]) -> String {
    let mut svg = Svg::new(id, "chart wide", SIZE, title);
    let x = scale(
        points.iter().map(|point| point.effort),
        LEFT,
        SIZE.0 - RIGHT,
    );
    let y = scale(points.iter().map(|point| point.value), SIZE.1 - BOTTOM, TOP);
    draw_axes(&mut svg, &x, &y);
    let spots: Vec<(f64, f64)> = points
        .iter()
        .map(|point| (x.place(point.effort), y.place(point.value)))
        .collect();
    let mut taken: Vec<Area> = spots.iter().map(|spot| Area::around(*spot)).collect();
    for (point, spot) in points.iter().zip(&spots) {
        draw_mark(&mut svg, point, *spot);
    }
    for (point, spot) in points
        .iter()
        .zip(&spots)
        .filter(|(point, _)| point.labelled)
    {
        let text = short(&point.name, LABEL_CHARS_MAX);
        let Some((area, place, anchor)) = free_place(&text, *spot, &taken) else {
            continue;
        };
        taken.push(area);
        let class = if point.chosen {
            "label strong"
        } else {
            "label"
        };
        svg.text(class, place, anchor, &text);
    }
    let told = points.iter().filter(|point| point.labelled).take(TOLD_MAX);
    let told: Vec<&str> = told.map(|point| point.hint.as_str()).collect();
    svg.describe(&told.join("; "));
    svg.finish()
}

fn scale(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Scale {
    let high = values.clone().reduce(f64::max).unwrap_or(1.0);
    let low = values.reduce(f64::min).unwrap_or(0.0);
    if low > 0.0 && high / low > 40.0 {
        Scale::log(low * 0.7, high * 1.4, from, to)
    } else {
        Scale::linear(0.0, round_up(high * 1.05), from, to)
    }
}

fn draw_axes(svg: &mut Svg, x: &Scale, y: &Scale) {
    let floor = SIZE.1 - BOTTOM;
    for tick in x.ticks(8) {
        svg.line("grid", (x.place(tick), TOP), (x.place(tick), floor));
        svg.text(
            "label",
            (x.place(tick), floor + 18.0),
            "middle",
            &number::plain(tick),
        );
    }
    for tick in y.ticks(5) {
        svg.line(
            "grid",
            (LEFT, y.place(tick)),
            (SIZE.0 - RIGHT, y.place(tick)),
        );
        svg.text(
            "label",
            (LEFT - 8.0, y.place(tick) + 4.0),
            "end",
            &number::magnitude(tick),
        );
    }
    svg.line("axis", (LEFT, floor), (SIZE.0 - RIGHT, floor));
    svg.line("axis", (LEFT, TOP), (LEFT, floor));
    let middle = f64::midpoint(LEFT, SIZE.0 - RIGHT);
    svg.text(
        "label",
        (middle, SIZE.1 - 8.0),
        "middle",
        "effort, person-days →",
    );
    svg.text(
        "label",
        (LEFT + 6.0, TOP - 4.0),
        "start",
        "↑ value (reach × impact × confidence)",
    );
}

fn draw_mark(svg: &mut Svg, point: &Point, spot: (f64, f64)) {
    let class = if point.chosen { "item in" } else { "item out" };
    let (x, y) = spot;
    match point.mark {
        Mark::Circle => svg.circle(class, spot, 6.0, &point.hint),
        Mark::Square => svg.rect(class, (x - 5.5, y - 5.5), (11.0, 11.0), &point.hint),
        Mark::Triangle => {
            let corners = [(x, y - 7.0), (x + 7.0, y + 5.5), (x - 7.0, y + 5.5)];
            svg.polygon(class, &corners, &point.hint);
        }
    }
}

/// A box that a mark or a label covers.
#[derive(Debug, Clone, Copy)]
struct Area {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Area {
    fn around((x, y): (f64, f64)) -> Self {
        Self {
            left: x - 8.0,
            right: x + 8.0,
            top: y - 8.0,
            bottom: y + 8.0,
        }
    }

    fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    fn inside(&self) -> bool {
        self.left >= LEFT
            && self.right <= SIZE.0
            && self.top >= TOP
            && self.bottom <= SIZE.1 - BOTTOM
    }
}

/// The first of right, left, above, below and the corners where a label covers nothing.
fn free_place(
    text: &str,
    spot: (f64, f64),
    taken: &[Area],
) -> Option<(Area, (f64, f64), &'static str)> {
    let width = super::nth(text.chars().count()) * 6.9;
    let (x, y) = spot;
    let tries = [
        ((x + 11.0, y + 4.0), "start"),
        ((x - 11.0, y + 4.0), "end"),
        ((x, y - 12.0), "middle"),
        ((x, y + 20.0), "middle"),
        ((x + 9.0, y - 9.0), "start"),
        ((x + 9.0, y + 17.0), "start"),
        ((x - 9.0, y - 9.0), "end"),
        ((x - 9.0, y + 17.0), "end"),
    ];
    tries.into_iter().find_map(|(place, anchor)| {
        let left = match anchor {
            "start" => place.0,
            "end" => place.0 - width,
            _ => place.0 - width / 2.0,
        };
        let area = Area {
            left,
            right: left + width,
            top: place.1 - 11.0,
            bottom: place.1 + 3.0,
        };
        let free = area.inside() && !taken.iter().any(|other| other.meets(&area));
        free.then_some((area, place, anchor))
    })
}
