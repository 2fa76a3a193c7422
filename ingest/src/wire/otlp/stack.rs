//! The frames of a stack trace, which OpenTelemetry sends as the text that each language prints:
//! Python, JavaScript (V8 and others), Java and Kotlin. Lines of other forms are passed over.

use std::borrow::Cow;

use crate::wire::fingerprint::Frame;

/// Lines of a trace that are looked at.
const LINES_MAX: usize = 2_000;
/// Parts of a path or a name that are of a library or of the language itself.
const LIBRARIES: [&str; 6] = [
    "site-packages",
    "dist-packages",
    "/lib/python",
    "node_modules",
    "node:",
    "<frozen ",
];
/// Packages of Java and Kotlin that are of no app.
const PACKAGES: [&str; 8] = [
    "java.",
    "javax.",
    "jdk.",
    "sun.",
    "kotlin.",
    "kotlinx.",
    "android.",
    "androidx.",
];

/// The frames of a trace, innermost last.
pub(super) fn frames(trace: &str) -> Vec<Frame<'_>> {
    let lines = || trace.lines().take(LINES_MAX).map(str::trim);
    let python: Vec<Frame<'_>> = lines().filter_map(python).collect();
    if !python.is_empty() {
        return python;
    }
    let mut frames: Vec<Frame<'_>> = lines().filter_map(innermost_first).collect();
    frames.reverse();
    frames
}

/// `File "/srv/shop/cart.py", line 7, in pay`
fn python(line: &str) -> Option<Frame<'_>> {
    let (path, rest) = line.strip_prefix("File \"")?.split_once('"')?;
    let (_, function) = rest.split_once(", in ")?;
    Some(frame(path, function))
}

/// `at pay (file:///srv/cart.js:7:9)`, `at cart.js:7:9`, `pay@https://shop.example/cart.js:7:9`,
/// `at com.example.Cart.pay(Cart.java:7)`
fn innermost_first(line: &str) -> Option<Frame<'_>> {
    let Some(call) = line.strip_prefix("at ") else {
        let (function, place) = line.split_once('@')?;
        return place
            .contains(':')
            .then(|| frame(without_line(place), function));
    };
    let Some((function, place)) = call
        .strip_suffix(')')
        .and_then(|call| call.rsplit_once('('))
    else {
        return Some(frame(without_line(call), ""));
    };
    let is_java = function.contains('.') && !function.contains(' ') && !place.contains('/');
    let qualified = is_java.then(|| function.rsplit_once('.')).flatten();
    match qualified {
        Some((class, method)) if !place.contains("node:") && !place.contains(".js") => {
            Some(Frame {
                module: Some(Cow::Borrowed(class)),
                function: Some(Cow::Borrowed(method)),
                in_app: !PACKAGES.iter().any(|package| class.starts_with(package)),
            })
        }
        _ => Some(frame(without_line(place), function.trim())),
    }
}

/// A place without the line and column behind it.
fn without_line(place: &str) -> &str {
    place.trim_end_matches(|c: char| c.is_ascii_digit() || c == ':')
}

/// A frame by its file, whose folders differ from machine to machine.
fn frame<'a>(path: &'a str, function: &'a str) -> Frame<'a> {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let file = file.split(['?', '#']).next().unwrap_or(file);
    let function = function.strip_prefix("async ").unwrap_or(function);
    Frame {
        module: Some(Cow::Borrowed(file)).filter(|file| !file.is_empty()),
        function: Some(Cow::Borrowed(function)).filter(|function| !function.is_empty()),
        in_app: !LIBRARIES.iter().any(|part| path.contains(part)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(trace: &str, expected: &[(&str, &str, bool)]) {
        let found = frames(trace);
        let found: Vec<_> = found
            .iter()
            .map(|frame| {
                let text = |part: &Option<Cow<'_, str>>| part.as_deref().unwrap_or("").to_owned();
                (text(&frame.module), text(&frame.function), frame.in_app)
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(module, function, own)| ((*module).to_owned(), (*function).to_owned(), *own))
            .collect();
        assert_eq!(found, expected, "{trace}");
    }

    #[test]
    fn traces_of_each_language_are_read_innermost_last() {
        check(
            "Traceback (most recent call last):\n  File \"/srv/shop/app.py\", line 3, in serve\n    \
             pay()\n  File \"/usr/lib/python3.11/json/__init__.py\", line 346, in loads\nKeyError: 'x'",
            &[("app.py", "serve", true), ("__init__.py", "loads", false)],
        );
        check(
            "TypeError: x is not a function\n    at pay (/srv/shop/cart.js:7:9)\n    at async \
             run (node:internal/main:1:2)\n    at /srv/node_modules/x/i.js:1:1",
            &[
                ("i.js", "", false),
                ("main", "run", false),
                ("cart.js", "pay", true),
            ],
        );
        check(
            "pay@https://shop.example/cart.js?v=2:7:9\nhttps://shop.example/a@b",
            &[("cart.js", "pay", true)],
        );
        check(
            "java.lang.IllegalStateException: no\n\tat com.example.Cart.pay(Cart.java:7)\n\tat \
             java.util.List.of(List.java:1)\nCaused by: x",
            &[
                ("java.util.List", "of", false),
                ("com.example.Cart", "pay", true),
            ],
        );
        check("", &[]);
        let junk = "at \nFile \"\nat (\n@:\nat )(\nat é:1\nFile \"é\", in";
        assert!(frames(junk).len() <= junk.lines().count());
    }
}
