//! Lists of matches by the places of rows, in 16 bytes a match, or 24 with the profile of a subprofile.

use crate::id::RecordId;

/// The matches of places, ascending once sorted.
#[derive(Clone, Debug, Default)]
pub struct MatchList {
    /// The places in the order of `ids`.
    places: Vec<u32>,
    ids: Vec<u64>,
}

impl MatchList {
    /// Adds a match of a place.
    pub fn add(&mut self, place: u32, id: RecordId) {
        self.places.push(place);
        self.ids.push(id.0);
    }

    /// Sorts the matches by place and id. A match that was added twice counts once.
    pub fn sort(&mut self) {
        let mut pairs: Vec<(u32, u64)> =
            std::mem::take(&mut self.places).into_iter().zip(std::mem::take(&mut self.ids)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        (self.places, self.ids) = pairs.into_iter().unzip();
    }

    fn range(&self, place: u32) -> std::ops::Range<usize> {
        let start = self.places.partition_point(|other| *other < place);
        start..start + self.places[start..].partition_point(|other| *other == place)
    }

    /// The matches of a place.
    pub fn of(&self, place: usize) -> &[u64] {
        u32::try_from(place).map_or(&[], |place| &self.ids[self.range(place)])
    }

    /// Leaves only the matches for which `keeps` is true of place and id.
    pub fn retain(&mut self, keeps: impl Fn(u32, u64) -> bool) {
        let pairs = self.places.iter().zip(&self.ids).map(|(&place, &id)| (place, id));
        (self.places, self.ids) = pairs.filter(|&(place, id)| keeps(place, id)).unzip();
    }

    /// The places which have matches, each with its matches.
    pub fn lists(&self) -> impl Iterator<Item = (u32, &[u64])> + '_ {
        let begins = |at: &usize| *at == 0 || self.places[at - 1] != self.places[*at];
        (0..self.places.len()).filter(begins).map(|at| {
            let place = self.places[at];
            (place, &self.ids[self.range(place)])
        })
    }
}

/// The matching subprofiles of places with their profiles, ascending once sorted.
#[derive(Clone, Debug, Default)]
pub struct MatchedPairs {
    matches: MatchList,
    /// The profile of each match as added, until the matches are sorted.
    pairs: Vec<(u32, u64, u64)>,
}

impl MatchedPairs {
    /// Adds a match of a place.
    pub fn add(&mut self, place: u32, id: RecordId, parent: RecordId) {
        self.pairs.push((place, id.0, parent.0));
    }

    /// The profiles of all matches, each once.
    pub fn parents(&self) -> Vec<RecordId> {
        let mut parents: Vec<_> = self.pairs.iter().map(|pair| RecordId(pair.2)).collect();
        parents.sort_unstable();
        parents.dedup();
        parents
    }

    /// Leaves only the matches with these profiles.
    pub fn retain(&mut self, is_seen: impl Fn(RecordId) -> bool) {
        self.pairs.retain(|pair| is_seen(RecordId(pair.2)));
    }

    /// Sorts the matches by place and id.
    pub fn sort(&mut self) {
        self.matches = MatchList::default();
        self.pairs.iter().for_each(|&(place, id, _)| self.matches.add(place, RecordId(id)));
        self.matches.sort();
    }

    /// The matches of a place.
    pub fn of(&self, place: usize) -> &[u64] {
        self.matches.of(place)
    }

    /// The profiles of the matches of each place.
    pub fn by_parent(&self) -> MatchList {
        let mut parents = MatchList::default();
        self.pairs.iter().for_each(|&(place, _, parent)| parents.add(place, RecordId(parent)));
        parents.sort();
        parents
    }
}
