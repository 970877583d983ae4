//! A set of ids of records, with a bit for each id.
//!
//! The ids of the records that an import or people made follow each other, so a million of them take some 150 KB.

use std::collections::BTreeMap;

use crate::id::RecordId;

/// The ids of a page, and the words in which a page has a bit for each.
const IDS_A_PAGE: u64 = 1024;
const WORDS: usize = 16;

/// A set of ids, in pages of neighbouring ids.
#[derive(Clone, Debug, Default)]
pub struct IdSet {
    pages: BTreeMap<u64, [u64; WORDS]>,
    count: u64,
}

/// The page of an id, the word in the page, and the bit in the word.
fn place(RecordId(id): RecordId) -> (u64, usize, u64) {
    let bit = id % IDS_A_PAGE;
    (id / IDS_A_PAGE, (bit / 64) as usize, 1 << (bit % 64))
}

impl IdSet {
    /// Adds an id; an id that is there already changes nothing.
    pub fn insert(&mut self, id: RecordId) {
        let (page, word, bit) = place(id);
        let word = &mut self.pages.entry(page).or_default()[word];
        self.count += u64::from(*word & bit == 0);
        *word |= bit;
    }

    /// `true` if the set has the id.
    pub fn contains(&self, id: RecordId) -> bool {
        let (page, word, bit) = place(id);
        self.pages.get(&page).is_some_and(|page| page[word] & bit != 0)
    }

    /// The number of ids.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The ids in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = RecordId> + '_ {
        self.pages.iter().flat_map(|(page, words)| {
            let has = move |bit: &u64| words[(bit / 64) as usize] & (1 << (bit % 64)) != 0;
            (0..IDS_A_PAGE).filter(has).map(move |bit| RecordId(page * IDS_A_PAGE + bit))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_each_id_once_and_gives_them_in_order() {
        let ids = [8_907_199_000_000_001, 5, 1023, 1024, 7_000_000_001, 5, 63, 64, 0];
        let mut set = IdSet::default();
        ids.iter().for_each(|&id| set.insert(RecordId(id)));
        let found: Vec<u64> = set.iter().map(|id| id.0).collect();
        assert_eq!(found, [0, 5, 63, 64, 1023, 1024, 7_000_000_001, 8_907_199_000_000_001]);
        assert_eq!(set.count(), 8);
        assert!(set.contains(RecordId(64)) && !set.contains(RecordId(65)) && !set.contains(RecordId(7_000_000_002)));
    }
}
