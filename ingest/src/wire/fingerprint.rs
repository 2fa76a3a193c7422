//! What groups equal errors where the SDK does not say: their types and the functions of the app
//! that they came through.
//!
//! Line and column numbers are left out, since each release moves them, and so are the words of the
//! error, since they hold ids and amounts. Frames of libraries are left out where the app has any
//! of its own, since the same fault is reached through several of them.
//!
//! Invariant: a fingerprint begins with the version of this rule. Whoever changes what goes in
//! raises it, so that old groups are not mistaken for new ones.

use std::borrow::Cow;

use xxhash_rust::xxh3::Xxh3;

/// The version of the rule, as fingerprints begin with it.
const VERSION: &str = "v1:";
/// Frames of one exception that count, from the innermost on: recursion makes stacks of any length.
const FRAMES_MAX: usize = 20;
/// Exceptions of a chain that count.
const EXCEPTIONS_MAX: usize = 10;
/// Longest run of digits that is a part of a name; a longer one is an id that a build or a run made.
const DIGITS_MAX: usize = 3;

/// One exception of a chain.
#[derive(Debug, Clone, Default)]
pub(crate) struct Exception<'a> {
    /// Its type; empty where it has none.
    pub(crate) kind: Cow<'a, str>,
    /// Its stack, innermost last.
    pub(crate) frames: Vec<Frame<'a>>,
}

/// One frame of a stack.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frame<'a> {
    /// The module, or the file where no module is named.
    pub(crate) module: Option<Cow<'a, str>>,
    pub(crate) function: Option<Cow<'a, str>>,
    /// Whether it is the app's own code.
    pub(crate) in_app: bool,
}

/// The fingerprint of a chain of exceptions; `None` where they name neither a type nor a frame.
pub(crate) fn fingerprint(exceptions: &[Exception<'_>]) -> Option<String> {
    let mut hash = Xxh3::new();
    let mut says_anything = false;
    for exception in exceptions.iter().take(EXCEPTIONS_MAX) {
        says_anything |= !exception.kind.is_empty();
        put(&mut hash, 'E', &exception.kind);
        let own = exception.frames.iter().any(|frame| frame.in_app);
        let counting = exception.frames.iter().rev();
        let counting = counting.filter(|frame| frame.in_app || !own);
        for frame in counting.take(FRAMES_MAX) {
            says_anything |= frame.module.is_some() || frame.function.is_some();
            put(&mut hash, 'M', frame.module.as_deref().unwrap_or_default());
            let function = frame.function.as_deref().unwrap_or_default();
            put(&mut hash, 'F', function);
        }
    }
    says_anything.then(|| format!("{VERSION}{:032x}", hash.digest128()))
}

/// Adds one word, with what it is before it and an end that no word holds behind it.
fn put(hash: &mut Xxh3, what: char, word: &str) {
    let mut mark = [0; 4];
    hash.update(what.encode_utf8(&mut mark).as_bytes());
    let mut rest = word.as_bytes();
    while let Some(start) = rest.iter().position(u8::is_ascii_digit) {
        let (before, digits) = rest.split_at(start);
        let end = digits.iter().position(|byte| !byte.is_ascii_digit());
        let (digits, behind) = digits.split_at(end.unwrap_or(digits.len()));
        hash.update(before);
        let kept = if digits.len() > DIGITS_MAX {
            b"#"
        } else {
            digits
        };
        hash.update(kept);
        rest = behind;
    }
    hash.update(rest);
    hash.update(&[0xff]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(module: &'static str, function: &'static str, in_app: bool) -> Frame<'static> {
        Frame {
            module: Some(module.into()),
            function: Some(function.into()),
            in_app,
        }
    }

    fn one(kind: &'static str, frames: Vec<Frame<'static>>) -> Option<String> {
        let kind = kind.into();
        fingerprint(&[Exception { kind, frames }])
    }

    #[test]
    fn frames_of_libraries_do_not_matter_where_the_app_has_its_own() {
        let own = || frame("shop.cart", "pay", true);
        let plain = one("KeyError", vec![own()]);
        let through = one("KeyError", vec![frame("flask.app", "run", false), own()]);
        assert_eq!(plain, through);
        let inside = one("KeyError", vec![own(), frame("json", "loads", false)]);
        assert_eq!(plain, inside);
        assert!(plain.unwrap().starts_with("v1:"));
        let none_of_its_own = |module| one("KeyError", vec![frame(module, "loads", false)]);
        assert_ne!(none_of_its_own("json"), none_of_its_own("yaml"));
    }

    #[test]
    fn type_function_module_and_order_matter() {
        let (a, b) = (|| frame("shop", "a", true), || frame("shop", "b", true));
        let base = one("E", vec![a(), b()]);
        for other in [
            one("F", vec![a(), b()]),
            one("E", vec![b(), a()]),
            one("E", vec![a()]),
            one("E", vec![a(), frame("shop", "c", true)]),
            one("E", vec![a(), frame("bank", "b", true)]),
            one("E", vec![]),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn ids_in_names_do_not_matter_and_small_numbers_do() {
        let of = |module| one("E", vec![frame(module, "f", true)]);
        assert_eq!(
            of("assets/index-20261101.js"),
            of("assets/index-20261203.js")
        );
        assert_ne!(of("md5"), of("md4"));
    }

    #[test]
    fn deep_stacks_count_from_the_innermost_frame_on() {
        let deep = |outermost| {
            let mut frames = vec![frame("m", outermost, true)];
            frames.extend((0..FRAMES_MAX).map(|_| frame("m", "recurse", true)));
            one("RecursionError", frames)
        };
        assert_eq!(deep("a"), deep("b"));
    }

    #[test]
    fn nothing_that_says_anything_has_no_fingerprint() {
        assert_eq!(fingerprint(&[]), None);
        assert_eq!(one("", vec![Frame::default()]), None);
        assert!(one("E", vec![]).is_some());
    }
}
