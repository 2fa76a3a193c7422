//! A word-sized line of up to 13 weeks.

use super::{Scale, Svg, at, nth};

const SIZE: (f64, f64) = (168.0, 36.0);

/// Draws values oldest first; a week without data is a gap, the last week a dot.
pub(crate) fn sparkline(id: &str, title: &str, desc: &str, values: &[Option<f64>]) -> String {
    let mut svg = Svg::new(id, "spark", SIZE, title);
    svg.describe(desc);
    let known: Vec<f64> = values
        .iter()
        .copied()
        .flatten()
        .filter(|v| v.is_finite())
        .collect();
    let (Some(low), Some(high)) = (
        known.iter().copied().reduce(f64::min),
        known.iter().copied().reduce(f64::max),
    ) else {
        return svg.finish();
    };
    let last = nth(values.len().saturating_sub(1));
    let x = Scale::linear(0.0, last.max(1.0), 5.0, SIZE.0 - 6.0);
    let flat = high <= low;
    let y = Scale::linear(low, high, SIZE.1 - 6.0, 6.0);
    let place = |index: usize, value: f64| {
        (
            x.place(nth(index)),
            if flat { SIZE.1 / 2.0 } else { y.place(value) },
        )
    };
    svg.line("base", (5.0, SIZE.1 - 1.5), (SIZE.0 - 6.0, SIZE.1 - 1.5));
    let mut d: Vec<String> = Vec::new();
    let mut pen_down = false;
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value.filter(|v| v.is_finite()) else {
            pen_down = false;
            continue;
        };
        let (px, py) = place(index, value);
        d.push(format!(
            "{}{} {}",
            if pen_down { "L" } else { "M" },
            at(px),
            at(py)
        ));
        pen_down = true;
    }
    svg.path("line", &d.join(""));
    for (index, value) in values.iter().enumerate() {
        let alone = (index == 0 || values[index - 1].is_none())
            && values.get(index + 1).is_none_or(Option::is_none);
        if let (Some(value), true) = (value, alone) {
            svg.circle("line-dot", place(index, *value), 1.8, "");
        }
    }
    if let Some(Some(value)) = values.last() {
        svg.circle("now", place(values.len() - 1, *value), 3.6, "");
    }
    svg.finish()
}

/// From low to high.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The same in characters: a block a value, a space where there is none; nothing where fewer than two
/// are known.
pub(crate) fn spark_text(values: &[Option<f64>]) -> String {
    let known = || values.iter().flatten().copied().filter(|v| v.is_finite());
    let (Some(low), Some(high)) = (known().reduce(f64::min), known().reduce(f64::max)) else {
        return String::new();
    };
    if known().count() < 2 {
        return String::new();
    }
    let steps = nth(BLOCKS.len());
    let block = |value: &Option<f64>| {
        let Some(value) = value.filter(|v| v.is_finite()) else {
            return ' ';
        };
        let middle = BLOCKS.len() / 2;
        let place = (1..BLOCKS.len()).take_while(|step| {
            let reached = low + (high - low) * nth(*step) / steps;
            value >= reached
        });
        let place = if high > low { place.count() } else { middle };
        BLOCKS.get(place).copied().unwrap_or(' ')
    };
    values.iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_blocks_from_low_to_high_with_gaps() {
        let values = [Some(0.0), Some(4.0), None, Some(8.0)];
        assert_eq!(spark_text(&values), "▁▅ █");
        assert_eq!(spark_text(&[Some(2.0), Some(2.0)]), "▅▅");
        assert_eq!(spark_text(&[Some(2.0), None]), "");
        assert_eq!(spark_text(&[]), "");
    }
}
