//! Cells that were guarded for spreadsheets, as they were before: `'=1+1` was written for `=1+1`, so
//! that no program runs it, and `'4.10` for `4.10`, so that none takes it for a number.

/// Characters that make a spreadsheet run a cell (OWASP "CSV Injection", CWE-1236).
const TRIGGERS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// A cell without the `'` that was put in front of what would be run or taken for something else.
#[must_use]
pub fn unguarded(cell: &str) -> &str {
    let is_skipped =
        |c: char| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}');
    let runs = |text: &&str| text.trim_start_matches(is_skipped).starts_with(TRIGGERS);
    let is_guarded = |text: &&str| runs(text) || lake::is_retyped(text);
    cell.strip_prefix('\'').filter(is_guarded).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_would_be_run_was_guarded() {
        for (cell, was) in [
            ("'=1+1", "=1+1"),
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
