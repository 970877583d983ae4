//! Lists of matches by the places of rows, in 12 bytes a match, or 36 while subprofiles wait for their profiles.

use crate::id::RecordId;

/// A record that matches the rows of a place.
///
/// The id is kept in its two halves, the higher first, so that a match takes 12 bytes and not 16: a file of a million rows may
/// have a million matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    place: u32,
    halves: [u32; 2],
}

impl Match {
    fn new(place: u32, RecordId(id): RecordId) -> Self {
        Self { place, halves: [(id >> 32) as u32, (id & u64::from(u32::MAX)) as u32] }
    }

    /// The id of the record.
    pub fn id(self) -> RecordId {
        let [high, low] = self.halves.map(u64::from);
        RecordId(high << 32 | low)
    }
}

/// The matches of places, ascending by place and id once sorted.
#[derive(Clone, Debug, Default)]
pub struct MatchList {
    matches: Vec<Match>,
}

impl MatchList {
    /// Adds a match of a place.
    pub fn add(&mut self, place: u32, id: RecordId) {
        self.matches.push(Match::new(place, id));
    }

    /// Sorts the matches by place and id. A match that was added twice counts once.
    pub fn sort(&mut self) {
        self.matches.sort_unstable();
        self.matches.dedup();
        self.matches.shrink_to_fit();
    }

    /// The matches of a place.
    pub fn of(&self, place: usize) -> &[Match] {
        let Ok(place) = u32::try_from(place) else { return &[] };
        let behind = &self.matches[self.matches.partition_point(|other| other.place < place)..];
        &behind[..behind.partition_point(|other| other.place == place)]
    }

    /// Leaves only the matches for which `keeps` is true of place and id.
    pub fn retain(&mut self, keeps: impl Fn(u32, RecordId) -> bool) {
        self.matches.retain(|own| keeps(own.place, own.id()));
    }

    /// The places which have matches, each with its matches.
    pub fn lists(&self) -> impl Iterator<Item = (u32, &[Match])> + '_ {
        self.matches.chunk_by(|one, other| one.place == other.place).map(|list| (list[0].place, list))
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
    pub fn of(&self, place: usize) -> &[Match] {
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
