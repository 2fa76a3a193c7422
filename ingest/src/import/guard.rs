//! Cells that were guarded for spreadsheets, as they were before: `'=1+1` was written for `=1+1`, so
//! that no program runs it, and `'4.10` for `4.10`, so that none takes it for a number.

/// A cell without the `'` that was put in front of what would be run or taken for something else.
#[must_use]
pub fn unguarded(cell: &str) -> &str {
    let behind = cell.strip_prefix('\'');
    behind.filter(|text| lake::is_marked(text)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_would_be_run_was_guarded() {
        for (cell, was) in [
            ("'=1+1", "=1+1"),
            ("''=1+1", "'=1+1"),
            ("' -2", " -2"),
            ("'\u{200b}@x", "\u{200b}@x"),
            ("'＝cmd", "＝cmd"),
            ("'4.10", "4.10"),
            ("'TRUE", "TRUE"),
            ("'90s music", "'90s music"),
            ("'fine'", "'fine'"),
            ("'", "'"),
            ("=1", "=1"),
            ("", ""),
        ] {
            assert_eq!(unguarded(cell), was);
        }
    }
}
