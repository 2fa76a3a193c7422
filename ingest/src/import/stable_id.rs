//! Ids for rows that have none of their own: the same content in the same file gets the same id at
//! each import. Rows that are equal are told apart by their number among their equals, so that two
//! people who both wrote "good" count as two.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::keys::hexadecimal;

const ID_BYTES: usize = 16;

/// The kinds of rows that ids are derived for.
pub(crate) const PREFIXES: [&str; 3] = ["event", "feedback", "review"];

/// Whether an id has the form of one that was derived from a row's content.
pub(crate) fn is_derived(id: &str) -> bool {
    let mut parts = id.split('-');
    let is_known = parts
        .next()
        .is_some_and(|prefix| PREFIXES.contains(&prefix));
    let is_hash =
        |hash: &str| hash.len() == 2 * ID_BYTES && hash.bytes().all(|b| b.is_ascii_hexdigit());
    is_known && parts.next().is_some_and(is_hash)
}

/// How often each content was seen.
#[derive(Debug, Default)]
pub(crate) struct StableIds {
    seen: BTreeMap<[u8; ID_BYTES], u64>,
    derived: u64,
}

impl StableIds {
    /// The id of the next row with these parts.
    pub(crate) fn next_id(&mut self, prefix: &str, parts: &[&str]) -> String {
        let mut hasher = Sha256::new();
        for part in parts {
            // With its length before each part, no two lists of parts hash alike by shifting.
            hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let digest = hasher.finalize();
        let mut short = [0_u8; ID_BYTES];
        short.copy_from_slice(&digest[..ID_BYTES]);
        self.derived += 1;
        let count = self.seen.entry(short).or_default();
        *count += 1;
        let id = [prefix, "-", &hexadecimal(&short)].concat();
        if *count == 1 {
            id
        } else {
            format!("{id}-{count}")
        }
    }

    /// How many ids were derived.
    pub(crate) fn derived(&self) -> u64 {
        self.derived
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_content_gets_equal_ids_in_each_run_and_different_ones_within_a_run() {
        let run = || {
            let mut ids = StableIds::default();
            [["a", "b"], ["ab", ""], ["a", "b"], ["", "ab"]].map(|parts| ids.next_id("r", &parts))
        };
        let [first, shifted, again, other] = run();
        assert_eq!(
            run(),
            [first.clone(), shifted.clone(), again.clone(), other.clone()]
        );
        assert_eq!(again, format!("{first}-2"));
        assert!(first != shifted && shifted != other && first != other);
    }

    #[test]
    fn derived_ids_are_told_from_others() {
        let mut ids = StableIds::default();
        for prefix in PREFIXES {
            assert!(is_derived(&ids.next_id(prefix, &["a"])));
            assert!(
                is_derived(&ids.next_id(prefix, &["a"])),
                "and the second of two equals"
            );
        }
        for other in [
            "",
            "event",
            "event-7",
            "5f0c",
            "other-0123456789abcdef0123456789abcdef",
        ] {
            assert!(!is_derived(other), "{other}");
        }
    }
}
