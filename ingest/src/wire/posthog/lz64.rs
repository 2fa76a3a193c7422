//! Unpacking what very old builds of the browser SDK send: LZ-string in base 64.
//!
//! The format writes codes of a growing width, the lowest bit first, into digits of six bits, the
//! highest bit first. A code is a phrase that is known, a new character of 8 or 16 bits, or the
//! end. After each phrase one more is known: the phrase before it and its own first character. So
//! phrases are kept as links and take no room of their own; what they unpack to is limited.

/// Why a text cannot be unpacked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// It is no whole text of this form.
    Unreadable,
    /// It unpacks to more than is allowed.
    TooLarge,
}

const BYTE: usize = 0;
const UNIT: usize = 1;
const END: usize = 2;
/// The code of the first phrase.
const FIRST: usize = 3;
/// The width of the very first code.
const WIDTH_MIN: u32 = 2;
const WIDTH_MAX: u32 = 30;

/// A phrase: the one that it goes on from, and its own last unit of UTF-16.
#[derive(Debug, Clone, Copy)]
struct Phrase {
    before: Option<usize>,
    first: u16,
    last: u16,
    units: usize,
}

/// The codes of a text.
struct Codes<'a> {
    digits: &'a [u8],
    /// Bits of the first digit that were taken.
    taken: u32,
    width: u32,
    /// Phrases until codes are a bit wider.
    left: usize,
}

impl Codes<'_> {
    fn bit(&mut self) -> Result<usize, Broken> {
        let (digit, rest) = self.digits.split_first().ok_or(Broken::Unreadable)?;
        let digit = value_of(*digit).ok_or(Broken::Unreadable)?;
        let bit = digit >> (5 - self.taken) & 1;
        self.taken += 1;
        if self.taken == 6 {
            (self.digits, self.taken) = (rest, 0);
        }
        Ok(usize::from(bit))
    }

    fn number(&mut self, width: u32) -> Result<usize, Broken> {
        (0..width).try_fold(0, |number, place| Ok(number | self.bit()? << place))
    }

    fn code(&mut self) -> Result<usize, Broken> {
        self.number(self.width)
    }

    /// The character that follows the code of one.
    fn unit(&mut self, code: usize) -> Result<u16, Broken> {
        let unit = self.number(if code == BYTE { 8 } else { 16 })?;
        u16::try_from(unit).map_err(|_| Broken::Unreadable)
    }

    /// One more phrase is known.
    fn count(&mut self) -> Result<(), Broken> {
        self.left -= 1;
        if self.left == 0 {
            self.left = 1 << self.width;
            self.width += 1;
        }
        (self.width <= WIDTH_MAX)
            .then_some(())
            .ok_or(Broken::Unreadable)
    }
}

fn value_of(digit: u8) -> Option<u8> {
    Some(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// Unpacks a text to at most `units_max` units of UTF-16.
pub(super) fn unpack(packed: &[u8], units_max: usize) -> Result<String, Broken> {
    let mut codes = Codes {
        digits: packed,
        taken: 0,
        width: WIDTH_MIN,
        left: 1,
    };
    let mut phrases: Vec<Phrase> = Vec::new();
    let mut units: Vec<u16> = Vec::new();
    let mut last: Option<usize> = None;
    loop {
        let index = match codes.code()? {
            END => return String::from_utf16(&units).map_err(|_| Broken::Unreadable),
            code @ (BYTE | UNIT) => {
                let unit = codes.unit(code)?;
                phrases.push(Phrase {
                    before: None,
                    first: unit,
                    last: unit,
                    units: 1,
                });
                codes.count()?;
                phrases.len() - 1
            }
            code => code - FIRST,
        };
        if let Some(before) = last {
            let start = phrases.get(before).copied().ok_or(Broken::Unreadable)?;
            let is_next = index == phrases.len();
            let said = if is_next {
                Some(&start)
            } else {
                phrases.get(index)
            };
            let next = said.ok_or(Broken::Unreadable)?.first;
            phrases.push(Phrase {
                before: Some(before),
                first: start.first,
                last: next,
                units: start.units + 1,
            });
            codes.count()?;
        }
        say(&phrases, index, &mut units, units_max)?;
        last = Some(index);
    }
}

/// Writes a phrase, from its end on.
fn say(
    phrases: &[Phrase],
    index: usize,
    units: &mut Vec<u16>,
    units_max: usize,
) -> Result<(), Broken> {
    let mut phrase = phrases.get(index).ok_or(Broken::Unreadable)?;
    let from = units.len();
    if phrase.units > units_max - from {
        return Err(Broken::TooLarge);
    }
    units.resize(from + phrase.units, 0);
    for unit in units.iter_mut().skip(from).rev() {
        *unit = phrase.last;
        match phrase.before.and_then(|before| phrases.get(before)) {
            Some(before) => phrase = before,
            None => break,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(packed: &str) -> Result<String, Broken> {
        unpack(packed.as_bytes(), 1000)
    }

    /// Packed by the library that the SDK used.
    const PACKED: [(&str, &str); 3] = [
        ("N4IgpgbmB2AuIC4QEMQF8g==", r#"{"event":"a"}"#),
        (
            "N4IgpgbmB2AuIC4QGMCGAzAlwAkLwbgAPZABoQAHAJwHtSxzYBLMAZ0VFUQG0BGInv3ogCYAuiQAm9Jg2jJYAfXpjEIAK5cQAXw1A===",
            r#"{"event":"café 😀","properties":{"a":[1,1,1,1,1,2],"distinct_id":"u1"}}"#,
        ),
        ("Q===", ""),
    ];

    #[test]
    fn what_the_library_packs_is_unpacked() {
        for (packed, plain) in PACKED {
            assert_eq!(of(packed).as_deref(), Ok(plain));
        }
    }

    #[test]
    fn what_is_cut_off_or_made_up_is_unreadable() {
        for (packed, _) in PACKED {
            for end in 0..packed.trim_end_matches('=').len() - 1 {
                assert!(of(&packed[..end]).is_err(), "{packed} cut at {end}");
            }
        }
        for broken in ["", "=", "?", "////", "{}", "\u{e9}"] {
            assert_eq!(of(broken), Err(Broken::Unreadable), "{broken}");
        }
    }

    #[test]
    fn what_grows_beyond_its_limit_is_refused() {
        // 300 times the same letter.
        let packed = b"IY18ZXTt/DFOS1b0c1oA";
        assert_eq!(unpack(packed, 300), Ok("a".repeat(300)));
        assert_eq!(unpack(packed, 299), Err(Broken::TooLarge));
    }
}
