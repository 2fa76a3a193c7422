//! Whose report it is: what stands above its title.

/// A company.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brand {
    /// Its name.
    pub company: Option<String>,
    /// Its logo as the address of an image that holds the image itself, `data:image/png;base64,…`.
    pub logo: Option<String>,
}

/// The kind of an image that a page may hold, by its first bytes. An SVG runs nothing as an image.
#[must_use]
pub fn image_kind(bytes: &[u8]) -> Option<&'static str> {
    let text = bytes.get(..512.min(bytes.len())).unwrap_or_default();
    let holds = |word: &[u8]| text.windows(word.len()).any(|part| part == word);
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("image/webp"),
        _ if holds(b"<svg") => Some("image/svg+xml"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_known_by_their_first_bytes() {
        assert_eq!(image_kind(b"\x89PNG\r\n"), Some("image/png"));
        assert_eq!(image_kind(b"RIFF1234WEBPVP8"), Some("image/webp"));
        assert_eq!(image_kind(b"<?xml?><svg xmlns="), Some("image/svg+xml"));
        assert_eq!(image_kind(b"<html>"), None);
        assert_eq!(image_kind(b""), None);
    }
}
