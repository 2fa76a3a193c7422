//! Whether a release may go out, with what a person can sign and say was done.

use std::collections::BTreeMap;

use analysis::findings::{ReleaseCheck, Verdict};
use askama::Template;

use crate::Parts;
use crate::error::Result;
use crate::page::ChipView;
use crate::release_check::{name, signature, standing, told};
use crate::text::{clean, short};
use crate::wording::verdict;

/// Longest title of an item.
const TITLE_CHARS_MAX: usize = 160;

#[derive(Template)]
#[template(path = "board/checklist.html")]
struct ChecklistView {
    app: String,
    environment: String,
    release: String,
    standing: &'static str,
    checks: Vec<(ChipView, &'static str, String)>,
    items: Vec<ItemView>,
}

struct ItemView {
    id: String,
    title: String,
    signature: String,
    is_signed: bool,
    is_overdue: bool,
}

/// The go/no-go check of a release: the part `checklist`.
///
/// # Errors
/// [`crate::Error::Page`] if it can't be rendered.
pub fn release_check_parts(found: &ReleaseCheck) -> Result<Parts> {
    let checks = found.checks.iter().map(|check| {
        let stands = match (check.verdict, check.is_blocking) {
            (Verdict::Fail, false) => Verdict::Warn,
            (stands, _) => stands,
        };
        (verdict(stands).into(), name(check.check), told(check))
    });
    let items = found.by_hand.iter().map(|item| ItemView {
        id: item.item.clone(),
        title: short(&item.title, TITLE_CHARS_MAX),
        signature: signature(item),
        is_signed: item.signed_at.is_some(),
        is_overdue: item.is_overdue,
    });
    let view = ChecklistView {
        app: found.app.clone(),
        environment: found.environment.clone(),
        release: found.release.clone(),
        standing: standing(found.verdict),
        checks: checks.collect(),
        items: items.collect(),
    };
    Ok(Parts {
        title: clean(&found.release),
        as_of: found.evaluated_at.clone(),
        parts: BTreeMap::from([("checklist".to_owned(), view.render()?)]),
        ..Parts::default()
    })
}
