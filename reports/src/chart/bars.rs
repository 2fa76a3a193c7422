//! Bars: the distribution of ratings, and the split of those who used a phrase.

use super::{Scale, Svg, nth};
use crate::number;

const WIDTH: f64 = 420.0;
const ROW: f64 = 38.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 60.0;

/// How many ratings of each star this week (filled) and the week before (outlined), five stars
/// first.
pub(crate) fn rating_bars(id: &str, title: &str, now: &[u64; 5], before: &[u64; 5]) -> String {
    let mut svg = Svg::new(id, "chart small", (WIDTH, ROW.mul_add(5.0, 30.0)), title);
    let most = now.iter().chain(before).copied().max().unwrap_or(0);
    let x = Scale::linear(0.0, as_length(most).max(1.0), LEFT, WIDTH - RIGHT);
    let mut told = Vec::new();
    for (row, star) in (0..5).rev().enumerate() {
        let top = nth(row).mul_add(ROW, 2.0);
        let (this, last) = (now[star], before[star]);
        svg.text(
            "label strong",
            (LEFT - 10.0, top + 16.0),
            "end",
            &format!("{} ★", star + 1),
        );
        bar(&mut svg, ("bar now", 14.0), top, &x, (this, "this week"));
        bar(
            &mut svg,
            ("bar before", 9.0),
            top + 17.0,
            &x,
            (last, "the week before"),
        );
        told.push(format!(
            "{} stars: {}, before {}",
            star + 1,
            number::count(this),
            number::count(last)
        ));
    }
    svg.line("axis", (LEFT, 0.0), (LEFT, ROW * 5.0));
    let key = ROW.mul_add(5.0, 16.0);
    svg.rect("bar now", (LEFT, key - 9.0), (16.0, 10.0), "");
    svg.text("label", (LEFT + 22.0, key), "start", "this week");
    svg.rect("bar before", (LEFT + 102.0, key - 9.0), (16.0, 10.0), "");
    svg.text("label", (LEFT + 124.0, key), "start", "the week before");
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
