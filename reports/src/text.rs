//! What people and apps wrote, made safe to show.
//!
//! Feedback is hostile until shown otherwise: control characters could drive a terminal and bidi
//! overrides could turn a line round. They are taken out here for pages, tables and terminal alike;
//! escaping for HTML is done by the templates, and by [`escape`] inside the charts.

/// Text without control characters and bidi controls; line breaks and tabs become spaces.
pub(crate) fn clean(text: &str) -> String {
    let spaced = text.chars().map(|c| match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        other => other,
    });
    spaced.filter(|&c| !is_control(c)).collect()
}

/// Whether a character steers a display in place of being shown.
pub(crate) fn is_control(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Cleaned text of at most `most` characters, with an ellipsis where it was cut.
pub(crate) fn short(text: &str, most: usize) -> String {
    let cleaned = clean(text);
    let mut kept: String = cleaned.chars().take(most).collect();
    if cleaned.chars().nth(most).is_some() {
        kept.pop();
        kept.push('…');
    }
    kept
}

/// Cleaned text of at most `most` characters that no build log takes for a command: those of GitHub
/// (`##[`) and Azure (`##vso[`) are looked for anywhere in a line.
pub(crate) fn log_safe(text: &str, most: usize) -> String {
    let mut safe = String::new();
    for c in short(text, most).chars() {
        if c == '#' && safe.ends_with('#') {
            safe.push(' ');
        }
        safe.push(c);
    }
    safe
}

/// Cleaned text for a chat: nobody is called by `@` or `<…>`, and what people wrote makes no link and no
/// picture, in Slack's markup or in Markdown.
pub(crate) fn for_chat(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let text = text.replace('>', "&gt;").replace('@', "@\u{2060}");
    let text = text.replace("://", ":\u{2060}//");
    text.replace("www.", "www\u{2060}.")
        .replace("](", "]\u{2060}(")
}

/// Text as content of an SVG or HTML element or attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A version as a label that no spreadsheet takes for a number or a date: `v4.10`.
pub(crate) fn release_label(release: &str) -> String {
    if release.starts_with(|c: char| c.is_ascii_digit()) {
        format!("v{release}")
    } else {
        release.to_owned()
    }
}

/// A part of a file name: letters, digits, dot and dash; anything else becomes a dash, and it never
/// starts with a dot.
pub(crate) fn file_part(text: &str) -> String {
    let safe: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') {
                c
            } else {
                '-'
            }
        })
        .take(63)
        .collect();
    let trimmed = safe.trim_start_matches('.');
    if trimmed.is_empty() {
        "app".to_owned()
    } else {
        trimmed.to_owned()
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_bidi_characters_are_taken_out() {
        assert_eq!(clean("a\u{202e}b\u{1b}[31mc\n\td\u{2066}\0"), "ab[31mc  d");
        assert_eq!(
            clean("four bytes 🛳 stay, 日本語 too"),
            "four bytes 🛳 stay, 日本語 too"
        );
    }

    #[test]
    fn nobody_is_called_and_nothing_is_linked_in_a_chat() {
        assert_eq!(
            for_chat("<!channel> & @here"),
            "&lt;!channel&gt; &amp; @\u{2060}here"
        );
        let link = for_chat("![x](https://evil.test)");
        assert!(!link.contains("](") && !link.contains("://"), "{link}");
    }

    #[test]
    fn names_and_labels_are_harmless() {
        assert_eq!(file_part("../../etc/x y"), "-..-etc-x-y");
        assert_eq!(file_part(""), "app");
        assert_eq!(release_label("4.10"), "v4.10");
        assert_eq!(release_label("unknown"), "unknown");
        assert_eq!(short("abcdef", 4), "abc…");
        assert_eq!(short("abcd", 4), "abcd");
        assert_eq!(
            escape("<a href='x'>&\""),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;"
        );
    }

    #[test]
    fn no_command_of_a_build_log_is_left() {
        assert_eq!(log_safe("a\n##[error]b", 99), "a # #[error]b");
        assert_eq!(log_safe("###vso[x]", 99), "# # #vso[x]");
        assert_eq!(log_safe("a#b", 99), "a#b");
    }

    #[test]
    fn lists_read_as_a_sentence() {
        let parts = |n: usize| (0..n).map(|i| i.to_string()).collect::<Vec<_>>();
        assert_eq!(listed(&parts(0)), "");
        assert_eq!(listed(&parts(1)), "0");
        assert_eq!(listed(&parts(2)), "0 and 1");
        assert_eq!(listed(&parts(3)), "0, 1 and 2");
    }
}
