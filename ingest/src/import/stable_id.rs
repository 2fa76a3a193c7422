//! Ids for rows that have none of their own: the same content in the same file gets the same id at
//! each import. Rows that are equal are told apart by their number among their equals, so that two
//! people who both wrote "good" count as two.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::keys::hexadecimal;

const ID_BYTES: usize = 16;

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
}
