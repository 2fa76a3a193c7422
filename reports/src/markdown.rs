//! Text as content of Markdown: for a pull request, a wiki, a mail without HTML.
//!
//! What people wrote must stay text in any renderer: no markup, no HTML, no cell or line of a table
//! that is not ours, no link that makes itself (`https:`, `www.`, `a@b`, `#7`), and nobody is called by
//! a name after `@`.

use std::fmt::{self, Write};

use askama::filters::Escaper;

/// Follows `@` and `#`, so that no name of a person and no number of an issue follows.
const WORD_JOINER: char = '\u{2060}';

/// Escapes what templates of Markdown show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Markdown;

impl Escaper for Markdown {
    fn write_escaped_str<W: Write>(&self, mut into: W, text: &str) -> fmt::Result {
        let lower = text.to_ascii_lowercase();
        for (place, c) in text.char_indices() {
            let follows = |next: &str| {
                lower
                    .get(place..)
                    .is_some_and(|rest| rest.starts_with(next))
            };
            match c {
                '\n' | '\r' => into.write_char(' ')?,
                '&' => into.write_str("&amp;")?,
                '<' => into.write_str("&lt;")?,
                '>' => into.write_str("&gt;")?,
                '@' => write!(into, "&#64;{WORD_JOINER}")?,
                '#' => write!(into, "\\#{WORD_JOINER}")?,
                ':' if follows("://") => into.write_str("&#58;")?,
                'w' | 'W' if follows("www.") => write!(into, "&#{};", u32::from(c))?,
                '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => {
                    into.write_char('\\')?;
                    into.write_char(c)?;
                }
                other => into.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// A rendered page with at most one empty line in a row, and one line break at its end.
pub(crate) fn tidy(page: &str) -> String {
    let mut tidied = String::with_capacity(page.len());
    for line in page.lines().map(str::trim_end) {
        if line.is_empty() && (tidied.is_empty() || tidied.ends_with("\n\n")) {
            continue;
        }
        tidied.push_str(line);
        tidied.push('\n');
    }
    tidied.truncate(tidied.trim_end().len());
    tidied.push('\n');
    tidied
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut into = String::new();
        Markdown.write_escaped_str(&mut into, text).unwrap();
        into
    }

    #[test]
    fn what_people_wrote_stays_text() {
        assert_eq!(escaped("a | b\n#7"), "a \\| b \\#\u{2060}7");
        assert_eq!(escaped("<img src=x>"), "&lt;img src=x&gt;");
        assert_eq!(
            escaped("[x](https://evil.test) HTTP://E WWW.e"),
            "\\[x\\](https&#58;//evil.test) HTTP&#58;//E &#87;WW.e"
        );
        assert_eq!(escaped("@here a@b"), "&#64;\u{2060}here a&#64;\u{2060}b");
        assert_eq!(escaped("`$(x)`_*~\\"), "\\`\\$(x)\\`\\_\\*\\~\\\\");
        assert_eq!(escaped("95 %: 3 to 5, 日本 🛳"), "95 %: 3 to 5, 日本 🛳");
    }

    #[test]
    fn empty_lines_do_not_pile_up() {
        assert_eq!(tidy("\n\na  \n\n\n\nb\n\n"), "a\n\nb\n");
    }
}
