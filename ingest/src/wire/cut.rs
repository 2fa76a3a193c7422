//! Cutting the plain forms of a body into its events fast: an array, an object around an array, one
//! object a line, one object. What is not plainly one of these is left to [`super::split`], which
//! takes more and says what is wrong.
//!
//! Invariant: where both cut a body, they cut it in the same places.

use std::ops::Range;

use serde::de::IgnoredAny;

use super::split::{Content, Split, SplitError, is_lines};

/// Brackets within each other that are followed: the limit of the reader of events, too.
const DEPTH_MAX: usize = 120;

/// What a cut came to; `None` leaves it to the slower reader.
type Cut<T> = Option<Result<T, SplitError>>;

/// Cuts a body.
pub(super) fn cut(body: &[u8], content: Content, limit: usize) -> Cut<Split> {
    let text = std::str::from_utf8(body).ok()?;
    let mut cutter = Cutter { body, at: 0 };
    match cutter.peek()? {
        b'[' => {
            let pieces = cutter.elements(limit)?;
            (cutter.peek().is_none() || pieces.is_err()).then_some(())?;
            Some(pieces.map(of_pieces))
        }
        b'{' => match lines(text, limit) {
            None if is_lines(text) => None,
            None => cutter.object(content, limit),
            split => split,
        },
        _ => None,
    }
}

fn of_pieces(pieces: Vec<Range<usize>>) -> Split {
    Split {
        pieces,
        ..Split::default()
    }
}

/// Lines of which each begins and ends as an object does. A brace at the end of a line can only be
/// followed by another at the beginning of the next if the first line is an object by itself.
fn lines(text: &str, limit: usize) -> Cut<Split> {
    text.trim_ascii().contains('\n').then_some(())?;
    let mut pieces = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_ascii();
        if !trimmed.is_empty() {
            (trimmed.starts_with('{') && trimmed.ends_with('}')).then_some(())?;
            if pieces.len() == limit {
                return Some(Err(SplitError::TooMany { limit }));
            }
            let from = start + (line.len() - line.trim_ascii_start().len());
            pieces.push(from..from + trimmed.len());
        }
        start += line.len();
    }
    Some(Ok(of_pieces(pieces)))
}

/// Goes through a body from value to value, without a look at what lies within them but for
/// brackets and strings.
struct Cutter<'a> {
    body: &'a [u8],
    at: usize,
}

impl Cutter<'_> {
    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        while self.body.get(self.at)?.is_ascii_whitespace() {
            self.at += 1;
        }
        self.body.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// The elements of the array that comes next, which must be objects.
    fn elements(&mut self, limit: usize) -> Cut<Vec<Range<usize>>> {
        let mut pieces = Vec::new();
        self.take(b'[')?;
        if self.peek()? == b']' {
            self.at += 1;
            return Some(Ok(pieces));
        }
        loop {
            (self.peek()? == b'{').then_some(())?;
            let piece = self.value()?;
            if pieces.len() == limit {
                return Some(Err(SplitError::TooMany { limit }));
            }
            pieces.push(piece);
            match self.peek()? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Some(Ok(pieces));
                }
                _ => return None,
            }
        }
    }

    /// The object that comes next and is all there is: itself what is sent, or around a list.
    fn object(&mut self, content: Content, limit: usize) -> Cut<Split> {
        let (mut list, mut is_own) = (None, false);
        let mut split = Split::default();
        self.peek()?;
        let start = self.at;
        self.take(b'{')?;
        while self.peek()? != b'}' {
            let name = self.value()?;
            let name: &str = serde_json::from_slice(&self.body[name]).ok()?;
            self.take(b':')?;
            if content.list_names().contains(&name) {
                // Two lists, or something else under the name of one: not plain.
                (list.is_none() && self.peek()? == b'[').then_some(())?;
                list = Some(self.elements(limit)?);
            } else {
                let value = self.value()?;
                let raw = &self.body[value];
                match name {
                    "app" => split.app = Some(serde_json::from_slice(raw).ok()?),
                    "sent_at" => {
                        let instant: &str = serde_json::from_slice(raw).ok()?;
                        split.sent_at = Some(lake::parse_instant(instant).ok()?);
                    }
                    name => {
                        is_own |= content.own_fields().contains(&name);
                        serde_json::from_slice::<IgnoredAny>(raw).ok()?;
                    }
                }
            }
            match self.peek()? {
                b',' => {
                    self.at += 1;
                    (self.peek()? == b'"').then_some(())?;
                }
                b'}' => {}
                _ => return None,
            }
        }
        self.at += 1;
        let whole = start..self.at;
        self.peek().is_none().then_some(())?;
        match list {
            Some(pieces) if !is_own => Some(pieces.map(|pieces| Split { pieces, ..split })),
            _ => Some(Ok(Split {
                pieces: vec![whole],
                ..split
            })),
        }
    }

    /// Where the value that comes next lies.
    fn value(&mut self) -> Option<Range<usize>> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'"' => self.string()?,
            b'{' | b'[' => self.brackets()?,
            b',' | b':' | b'}' | b']' => return None,
            _ => {
                let rest = &self.body[self.at..];
                let ends =
                    |byte: &u8| matches!(byte, b',' | b'}' | b']' | b':' | b'"' | b'[' | b'{');
                let end = rest
                    .iter()
                    .position(|byte| ends(byte) || byte.is_ascii_whitespace());
                self.at += end.unwrap_or(rest.len());
            }
        }
        Some(start..self.at)
    }

    /// To behind the bracket that closes the one that is next.
    fn brackets(&mut self) -> Option<()> {
        // The open ones, a bit each: set for a brace.
        let (mut open, mut depth) = (0_u128, 0);
        loop {
            match self.body.get(self.at)? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                bracket @ (b'{' | b'[') => {
                    depth += 1;
                    (depth <= DEPTH_MAX).then_some(())?;
                    open = open << 1 | u128::from(*bracket == b'{');
                }
                bracket @ (b'}' | b']') => {
                    ((open & 1 == 1) == (*bracket == b'}')).then_some(())?;
                    open >>= 1;
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return Some(());
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// To behind the string that is next.
    fn string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let rest = self.body.get(self.at..)?;
            self.at += memchr::memchr2(b'"', b'\\', rest)?;
            if self.body[self.at] == b'"' {
                self.at += 1;
                return Some(());
            }
            self.at += 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::split::split_slowly;
    use super::*;

    #[test]
    fn plain_bodies_are_cut_where_the_slower_reader_cuts_them() {
        for body in [
            r#"[{"name":"a"} , {"name":"b","p":[1,{"q":"]\"}"}]},{}]"#,
            "\n [ ] ",
            r#" {"name":"a","app":"shop","events":[{}]} "#,
            r#"{"sent_at":"2026-05-01T09:30:00Z","app":"shop","events":[{"name":"a"}, {}]}"#,
            "{\"name\":\"a\"}\r\n\n{\"name\":\"b\"}\n",
            "{\"name\":\"a\"}\n{\"name\":}\n",
            r#"{"x":1}"#,
        ] {
            for content in [Content::Events, Content::Feedback, Content::Backlog] {
                let fast = cut(body.as_bytes(), content, 10);
                let slow = split_slowly(body.as_bytes(), content, 10);
                assert_eq!(fast, Some(slow), "{body} as {content:?}");
            }
        }
        assert_eq!(
            cut(b"[{},{},{}]", Content::Events, 2),
            Some(Err(SplitError::TooMany { limit: 2 }))
        );
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_slower_reader() {
        for body in [
            &b"[{},{}"[..],
            b"[{}] 2",
            b"[{},]",
            b"[{},7]",
            b"{\"name\":oops}",
            b"{\"events\":[{}],\"batch\":[{}]}",
            b"{\"events\":[{}]",
            b"{\"events\":[{}]} x",
            b"{\"a\":tru,\"events\":[{}]}",
            b"{\"events\":[{}],}",
            b"{\"a\":1 \"events\":[{}]}",
            b"[[}]",
            b"[\"a\\\"]",
            b"{\"sent_at\":7,\"events\":[{}]}",
            b"{\n\"name\":\"a\"}\n{\"name\":\"b\"}",
            b"{\"events\":[{\"a\":\"\n{\"}]}",
            b"[\"\xff\"]",
            b"7",
            b"",
        ] {
            let shown = String::from_utf8_lossy(body);
            assert_eq!(cut(body, Content::Events, 10), None, "{shown}");
        }
    }
}
