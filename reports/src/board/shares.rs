//! Links by which people without a key read one page.

use askama::Template;

use crate::day;
use crate::error::Result;
use crate::text::clean;

/// A page that is shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedPage {
    /// Names the link, and opens nothing.
    pub id: String,
    /// The page with its query.
    pub address: String,
    /// Who shared it.
    pub by: String,
    /// From when on it opens nothing, RFC 3339.
    pub expires_at: String,
    /// Whether it asks for a password.
    pub has_password: bool,
    /// Whether it still opens.
    pub is_open: bool,
}

#[derive(Template)]
#[template(path = "board/shares.html")]
struct SharesView<'a> {
    new: Option<&'a str>,
    shares: Vec<ShareView<'a>>,
    app: &'a str,
}

struct ShareView<'a> {
    id: &'a str,
    address: String,
    by: String,
    until: String,
    has_password: bool,
    is_open: bool,
}

/// The part that lists the links of an app; `new` is one that was just made and is shown this once.
///
/// # Errors
/// [`crate::Error::Page`] if it can't be rendered.
pub fn shares(app: &str, shares: &[SharedPage], new: Option<&str>) -> Result<String> {
    let view = |share: &'_ SharedPage| -> (String, String, String) {
        (
            clean(&share.address),
            clean(&share.by),
            day::instant(&share.expires_at),
        )
    };
    let shares = shares.iter().map(|share| {
        let (address, by, until) = view(share);
        ShareView {
            id: &share.id,
            address,
            by,
            until,
            has_password: share.has_password,
            is_open: share.is_open,
        }
    });
    let view = SharesView {
        new,
        shares: shares.collect(),
        app,
    };
    Ok(view.render()?)
}
