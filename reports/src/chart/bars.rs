//! Bars: the distribution of ratings and of active days, and the split of those who used a phrase.

use super::{Scale, Svg, nth};
use crate::number;

const WIDTH: f64 = 420.0;
const ROW: f64 = 38.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 60.0;

/// A count now (filled) above the one before (outlined).
pub(crate) struct Pair {
    pub(crate) label: String,
    pub(crate) now: u64,
    pub(crate) before: u64,
}

/// How many ratings of each star now and before, five stars first.
pub(crate) fn rating_bars(
    id: &str,
    title: &str,
    (now, before): (&[u64; 5], &[u64; 5]),
    whens: (&str, &str),
) -> String {
    let stars = (1..).zip(now.iter().zip(before));
    let mut pairs: Vec<Pair> = stars
        .map(|(star, (now, before))| Pair {
            label: format!("{star} ★"),
            now: *now,
            before: *before,
        })
        .collect();
    pairs.reverse();
    pair_bars(id, title, &pairs, whens)
}

/// Pairs of counts, from top to bottom, and what the two of each are called.
pub(crate) fn pair_bars(id: &str, title: &str, pairs: &[Pair], whens: (&str, &str)) -> String {
    let bottom = ROW * nth(pairs.len());
    let mut svg = Svg::new(id, "chart small", (WIDTH, bottom + 30.0), title);
    let counts = pairs.iter().flat_map(|pair| [pair.now, pair.before]);
    let most = counts.max().unwrap_or(0);
    let x = Scale::linear(0.0, as_length(most).max(1.0), LEFT, WIDTH - RIGHT);
    let mut told = Vec::new();
    for (row, pair) in pairs.iter().enumerate() {
        let top = nth(row).mul_add(ROW, 2.0);
        let place = (LEFT - 10.0, top + 16.0);
        svg.text("label strong", place, "end", &pair.label);
        bar(&mut svg, ("bar now", 14.0), top, &x, (pair.now, whens.0));
        let below = top + 17.0;
        bar(
            &mut svg,
            ("bar before", 9.0),
            below,
            &x,
            (pair.before, whens.1),
        );
        told.push(format!(
            "{}: {}, before {}",
            pair.label,
            number::count(pair.now),
            number::count(pair.before)
        ));
    }
    svg.line("axis", (LEFT, 0.0), (LEFT, bottom));
    let key = bottom + 16.0;
    svg.rect("bar now", (LEFT, key - 9.0), (16.0, 10.0), "");
    svg.text("label", (LEFT + 22.0, key), "start", whens.0);
    svg.rect("bar before", (LEFT + 112.0, key - 9.0), (16.0, 10.0), "");
    svg.text("label", (LEFT + 134.0, key), "start", whens.1);
    svg.describe(&told.join("; "));
    svg.finish()
}

fn bar(svg: &mut Svg, look: (&str, f64), top: f64, x: &Scale, shown: (u64, &str)) {
    let (class, height) = look;
    let (count, week) = shown;
    let end = x.place(as_length(count));
    let text = number::count(count);
    svg.rect(
        class,
        (LEFT, top),
        (end - LEFT, height),
        &format!("{text} {week}"),
    );
    let label = if class.ends_with("now") {
        "label strong"
    } else {
        "label faint"
    };
    svg.text(label, (end + 6.0, top + height / 2.0 + 4.0), "start", &text);
}

/// A bar as long as `all` is of `most`: those with low ratings first, then neither, then high.
pub(crate) fn split_bar(id: &str, title: &str, most: u64, all: u64, low: u64, high: u64) -> String {
    let size = (132.0, 14.0);
    let mut svg = Svg::new(id, "split", size, title);
    svg.describe(title);
    let x = Scale::linear(0.0, as_length(most.max(1)), 0.0, size.0);
    let ends = [
        x.place(as_length(low)),
        x.place(as_length(all.saturating_sub(high))),
        x.place(as_length(all)),
    ];
    svg.rect("part rest", (0.0, 2.0), (ends[2], 10.0), "");
    svg.rect("part low", (0.0, 2.0), (ends[0], 10.0), "");
    svg.rect(
        "part high",
        (ends[1].max(ends[0]), 2.0),
        (ends[2] - ends[1].max(ends[0]), 10.0),
        "",
    );
    svg.finish()
}

/// A count as a length; beyond 2^32 a bar's end is the same pixel anyway.
pub(crate) fn as_length(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
