//! Charts as inline SVG: six marks, one axis module, no script.
//!
//! Invariants: colours come only from classes (so that dark mode, print and forced colours work);
//! each chart has a `title` that says its message and a `desc` with its range; coordinates have at
//! most two decimals and ids are given, so the bytes are the same on every run; shape or dash goes
//! with each colour; text is text. Scaling a number to a coordinate is the only arithmetic.

mod bars;
mod capacity;
mod interval;
mod scatter;
mod spark;
mod step;

pub(crate) use bars::{Pair, pair_bars, rating_bars, split_bar};
pub(crate) use capacity::{Segment, capacity_bar};
pub(crate) use interval::{Dot, interval_dots};
pub(crate) use scatter::{Mark, Point, effort_value};
pub(crate) use spark::{spark_text, sparkline};
pub(crate) use step::{StepLine, step_lines};

use crate::text::escape;

/// An SVG under construction.
pub(crate) struct Svg {
    id: String,
    class: &'static str,
    width: f64,
    height: f64,
    title: String,
    desc: String,
    parts: Vec<String>,
}

impl Svg {
    /// Starts a drawing of the given size; `title` is the message, `desc` the range and the trend.
    pub(crate) fn new(id: &str, class: &'static str, size: (f64, f64), title: &str) -> Self {
        Self {
            id: id.to_owned(),
            class,
            width: size.0,
            height: size.1,
            title: title.to_owned(),
            desc: String::new(),
            parts: Vec::new(),
        }
    }

    /// Says what the drawing shows, for those who do not see it.
    pub(crate) fn describe(&mut self, desc: &str) {
        desc.clone_into(&mut self.desc);
    }

    /// A straight line.
    pub(crate) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        self.parts.push(format!(
            r#"<line class="{class}" x1="{}" y1="{}" x2="{}" y2="{}"/>"#,
            at(from.0),
            at(from.1),
            at(to.0),
            at(to.1)
        ));
    }

    /// A path.
    pub(crate) fn path(&mut self, class: &str, d: &str) {
        self.parts
            .push(format!(r#"<path class="{class}" d="{d}"/>"#));
    }

    /// A box from its upper left corner; `hint` is shown on hover.
    pub(crate) fn rect(&mut self, class: &str, corner: (f64, f64), size: (f64, f64), hint: &str) {
        let shape = format!(
            r#"<rect class="{class}" x="{}" y="{}" width="{}" height="{}""#,
            at(corner.0),
            at(corner.1),
            at(size.0.max(0.0)),
            at(size.1.max(0.0))
        );
        self.close(shape, "rect", hint);
    }

    /// A dot.
    pub(crate) fn circle(&mut self, class: &str, centre: (f64, f64), radius: f64, hint: &str) {
        let shape = format!(
            r#"<circle class="{class}" cx="{}" cy="{}" r="{}""#,
            at(centre.0),
            at(centre.1),
            at(radius)
        );
        self.close(shape, "circle", hint);
    }

    /// A closed shape through points.
    pub(crate) fn polygon(&mut self, class: &str, points: &[(f64, f64)], hint: &str) {
        let corners: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{},{}", at(*x), at(*y)))
            .collect();
        let shape = format!(r#"<polygon class="{class}" points="{}""#, corners.join(" "));
        self.close(shape, "polygon", hint);
    }

    fn close(&mut self, shape: String, element: &str, hint: &str) {
        if hint.is_empty() {
            self.parts.push(format!("{shape}/>"));
        } else {
            self.parts.push(format!(
                "{shape}><title>{}</title></{element}>",
                escape(hint)
            ));
        }
    }

    /// Text; `anchor` is start, middle or end.
    pub(crate) fn text(&mut self, class: &str, place: (f64, f64), anchor: &str, text: &str) {
        self.parts.push(format!(
            r#"<text class="{class}" x="{}" y="{}" text-anchor="{anchor}">{}</text>"#,
            at(place.0),
            at(place.1),
            escape(text)
        ));
    }

    /// The finished element.
    pub(crate) fn finish(self) -> String {
        let Self {
            id,
            class,
            width,
            height,
            title,
            desc,
            parts,
        } = self;
        let (title, desc) = (escape(&title), escape(&desc));
        format!(
            concat!(
                r#"<svg role="img" class="{class}" viewBox="0 0 {width} {height}" "#,
                r#"aria-labelledby="{id}-t {id}-d"><title id="{id}-t">{title}</title>"#,
                r#"<desc id="{id}-d">{desc}</desc>{body}</svg>"#
            ),
            class = class,
            width = at(width),
            height = at(height),
            id = id,
            title = title,
            desc = desc,
            body = parts.concat()
        )
    }
}

/// A coordinate: at most two decimals, no trailing zeros, never `-0`.
pub(crate) fn at(x: f64) -> String {
    let text = format!("{x:.2}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" || !x.is_finite() {
        "0".to_owned()
    } else {
        short.to_owned()
    }
}

/// A position among others as a coordinate's factor.
pub(crate) fn nth(index: usize) -> f64 {
    f64::from(u32::try_from(index).unwrap_or(u32::MAX))
}

/// A mapping from values to coordinates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    log: bool,
}

impl Scale {
    /// A linear scale from values `low..high` to coordinates `from..to`.
    pub(crate) fn linear(low: f64, high: f64, from: f64, to: f64) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self {
            low,
            high,
            from,
            to,
            log: false,
        }
    }

    /// A logarithmic scale; `low` must be above 0.
    pub(crate) fn log(low: f64, high: f64, from: f64, to: f64) -> Self {
        let low = low.max(f64::MIN_POSITIVE);
        let high = if high > low { high } else { low * 10.0 };
        Self {
            low,
            high,
            from,
            to,
            log: true,
        }
    }

    /// The coordinate of a value; values outside land on the edge.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        let part = if self.log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        part.mul_add(self.to - self.from, self.from)
    }

    /// Round values within the scale, for an axis of about `count` ticks.
    pub(crate) fn ticks(&self, count: usize) -> Vec<f64> {
        if self.log {
            self.log_ticks()
        } else {
            self.linear_ticks(count)
        }
    }

    fn linear_ticks(&self, count: usize) -> Vec<f64> {
        let step = nice_step((self.high - self.low) / nth(count.max(1)));
        let first = (self.low / step).ceil();
        (0..50)
            .map(|index| (first + nth(index)) * step)
            .take_while(|tick| *tick <= step.mul_add(1e-6, self.high))
            .collect()
    }

    fn log_ticks(&self) -> Vec<f64> {
        let steps: &[f64] = if self.high / self.low > 300.0 {
            &[1.0]
        } else {
            &[1.0, 2.0, 5.0]
        };
        let first = self.low.log10().floor();
        (0..20)
            .flat_map(|index| {
                let decade = 10_f64.powf(first + nth(index));
                steps.iter().map(move |step| step * decade)
            })
            .filter(|tick| *tick >= self.low * 0.999 && *tick <= self.high * 1.001)
            .collect()
    }
}

/// The round step (1, 2 or 5 times a power of ten) at or above a raw one.
fn nice_step(raw: f64) -> f64 {
    if raw.is_nan() || raw <= 0.0 {
        return 1.0;
    }
    let decade = 10_f64.powf(raw.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|f| f * decade >= raw * 0.999);
    factor.unwrap_or(10.0) * decade
}

/// The end of an axis from 0 that holds `value` with a round number.
pub(crate) fn round_up(value: f64) -> f64 {
    let step = nice_step(value / 4.0);
    (value / step).ceil() * step
}

/// Moves places (already in ascending order) apart so that neighbours are at least `gap` apart,
/// within `low..high`.
pub(crate) fn spread(places: &mut [f64], gap: f64, low: f64, high: f64) {
    let mut floor = low;
    for place in places.iter_mut() {
        *place = place.max(floor);
        floor = *place + gap;
    }
    let mut ceiling = high;
    for place in places.iter_mut().rev() {
        *place = place.min(ceiling);
        ceiling = *place - gap;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short_and_stable() {
        assert_eq!(at(1.0), "1");
        assert_eq!(at(-0.001), "0");
        assert_eq!(at(12.345_6), "12.35");
        assert_eq!(at(100.0), "100");
        assert_eq!(at(f64::NAN), "0");
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(
            Scale::linear(0.0, 10.0, 0.0, 1.0).ticks(5),
            vec![0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
        );
        let narrow = Scale::linear(3.9, 4.4, 0.0, 1.0).ticks(3);
        assert!(
            narrow.iter().all(|tick| (3.9..=4.4001).contains(tick)),
            "{narrow:?}"
        );
        assert!(narrow.len() >= 2);
        assert_eq!(Scale::log(1.0, 10.0, 0.0, 1.0).ticks(5).len(), 4);
        assert!((round_up(37.0) - 40.0).abs() < 1e-9);
    }

    #[test]
    fn labels_are_pushed_apart_within_bounds() {
        let mut places = vec![10.0, 11.0, 12.0, 95.0, 99.0];
        spread(&mut places, 14.0, 8.0, 100.0);
        assert!(
            places
                .windows(2)
                .all(|pair| pair[1] - pair[0] >= 14.0 - 1e-9),
            "{places:?}"
        );
        assert!(
            places.iter().all(|place| (8.0..=100.0).contains(place)),
            "{places:?}"
        );
    }
}
