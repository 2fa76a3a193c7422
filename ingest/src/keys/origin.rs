//! The origin of a page, as browsers send it: scheme, host and port (RFC 6454, section 6.2).

use serde::{Deserialize, Serialize};
use url::Url;

use super::KeyError;

/// The origin of a page, spelled as browsers do: `https://example.com`, `http://localhost:3000`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

impl Origin {
    /// Reads an origin. Capital letters, a slash at the end and the scheme's own port are allowed
    /// and left out.
    ///
    /// # Errors
    /// [`KeyError::Origin`] for what is no scheme, host and port.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let refused = || KeyError::Origin(text.chars().take(200).collect());
        let url = Url::parse(text).map_err(|_| refused())?;
        let is_bare = url.path().len() <= 1
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !is_bare || !url.origin().is_tuple() {
            return Err(refused());
        }
        Ok(Self(url.origin().ascii_serialization()))
    }

    /// The origin's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Origin {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        Self::parse(&text)
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_as_browsers_spell_them() {
        let spelled = |text| Origin::parse(text).ok().map(|origin| origin.0);
        let shop = Some("https://shop.example".to_owned());
        for text in [
            "https://shop.example",
            "https://Shop.Example/",
            "https://shop.example:443",
        ] {
            assert_eq!(spelled(text), shop, "{text}");
        }
        assert_eq!(
            spelled("http://localhost:3000").as_deref(),
            Some("http://localhost:3000")
        );
        for text in [
            "",
            "null",
            "*",
            "shop.example",
            "https://shop.example/cart",
            "https://a@b.example",
            "file:///x",
        ] {
            assert_eq!(spelled(text), None, "{text}");
        }
    }
}
