//! The ledger page of a chunk: the outcome of each row, and a glance over the chunk's entries.

use serde::{Deserialize, Serialize};

use super::glance::{ChunkGlance, Glance};
use super::page_error::PageError;
use crate::store::packing::packed;

/// The outcome of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// The row created an entity.
    Created,
    /// The row changed an entity.
    Updated,
    /// The row found nothing to change.
    Unchanged,
    /// The row was skipped for the reason given.
    Skipped(SkipReason),
    /// The row deleted an entity.
    Deleted,
    /// The row could not be parsed or loaded; the page has an error for the row.
    Failed,
}

/// The reason why a row was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SkipReason {
    /// No user of the account has the name or address in the row, and the import has no fallback user.
    UnknownUser,
    /// The row is a duplicate: the account has an entry of the same row, or a person with the same address or name.
    AlreadyThere,
    /// No profile, or no subprofile, has the key of the row.
    NoMatch,
    /// A profile has the key of the row, and the action leaves a match alone.
    MatchKept,
    /// A later row of the file has the same key and wrote in place of the row.
    SameKeyLater,
    /// A profile, or a person, has the key of the row, and the update policy leaves a match alone.
    Policy,
}

impl SkipReason {
    /// All reasons, in the order in which doors show the reasons.
    pub const ALL: [Self; 6] =
        [Self::UnknownUser, Self::AlreadyThere, Self::NoMatch, Self::MatchKept, Self::SameKeyLater, Self::Policy];

    /// The reason as a code in snake case, for example `unknown_user`.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::AlreadyThere => "already_there",
            Self::NoMatch => "no_match",
            Self::MatchKept => "match_kept",
            Self::SameKeyLater => "same_key_later",
            Self::Policy => "policy",
        }
    }
}

/// The outcomes of a chunk's rows, with a glance over the entities created.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Outcomes in the order of the rows, as runs: an outcome and the number of consecutive rows with the outcome.
    pub outcomes: Vec<(Outcome, u32)>,
    /// A glance over the chunk's entities, in the form which the kind of rows needs.
    pub glance: ChunkGlance,
    /// Ids of shared things which rows created or found in place of an entity of their own, as pairs of the row's offset
    /// in the chunk and the id, in ascending order. Empty for time entries. On a page without outcomes, which is that of a
    /// chunk behind those of the file, the ids of records removed as missing.
    pub became: Vec<(u32, u64)>,
    /// The errors of failed rows, in the order of the rows.
    pub errors: Vec<PageError>,
}

/// The most bytes of a packed page: an item has at most 400 KB, and a chunk has other attributes.
const MOST_BYTES: usize = 380_000;

impl Page {
    /// Appends the outcome of the next row.
    pub fn push(&mut self, outcome: Outcome) {
        match self.outcomes.last_mut() {
            Some((last, run)) if *last == outcome => *run += 1,
            _ => self.outcomes.push((outcome, 1)),
        }
    }

    /// The outcomes, with runs expanded: an outcome per row.
    pub fn each_outcome(&self) -> impl Iterator<Item = Outcome> {
        self.outcomes.iter().flat_map(|&(outcome, run)| std::iter::repeat_n(outcome, run as usize))
    }

    /// The number of rows with this outcome.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes.iter().filter(|(kind, _)| *kind == outcome).map(|&(_, run)| u64::from(run)).sum()
    }

    /// The records removed as missing, each with its offset in the chunk; none in a chunk with rows of the file.
    pub fn removed(&self) -> &[(u32, u64)] {
        if self.outcomes.is_empty() { &self.became } else { &[] }
    }

    /// The number of entities which the rows created in the chunk's own partition. A row which created a shared thing,
    /// such as a company, is not counted, and of profiles with subprofiles the profiles alone are.
    pub fn entities(&self) -> u64 {
        if let ChunkGlance::Profiles(glance) = &self.glance {
            return glance.profiles.into();
        }
        let mut things = self.became.iter().map(|&(offset, _)| offset).peekable();
        let (mut entities, mut end) = (0, 0);
        for &(outcome, run) in &self.outcomes {
            end += run;
            let of_things = std::iter::from_fn(|| things.next_if(|&offset| offset < end)).count() as u64;
            if outcome == Outcome::Created {
                entities += u64::from(run) - of_things;
            }
        }
        entities
    }

    /// The glance over the chunk's entities in the form which filters take, as loaded, before any edit by hand.
    pub fn glance(&self) -> Glance<'_> {
        let (dates, users, totals) = (self.glance.dates(), self.glance.users(), self.glance.totals());
        Glance { entries: self.entities(), dates, users, totals }
    }

    /// Shortens the page until an item can hold the page. If errors and names repeat too much text of the rows, later
    /// errors keep only row, line and code, and only the first names stay, with an ellipsis in place of the rest.
    pub fn fitted(mut self) -> Self {
        if packed(&self).len() <= MOST_BYTES {
            return self;
        }
        let errors = std::mem::take(&mut self.errors);
        let names: Vec<_> = self.glance.lists_of_names().into_iter().map(std::mem::take).collect();
        let fifth = MOST_BYTES.saturating_sub(packed(&self).len()) / 5;
        let mut room = 2 * fifth;
        let fit = |error: PageError| match room.checked_sub(error.size()) {
            Some(left) => {
                room = left;
                error
            }
            None => {
                let message = "the row cannot be read".to_owned();
                PageError { column: String::new(), value: String::new(), message, ..error }
            }
        };
        self.errors = errors.into_iter().map(fit).collect();
        self.glance.fit(packed(&self).len(), MOST_BYTES);
        let first = |names: Vec<String>| {
            let (all, mut bytes) = (names.len(), 0);
            let room = |name: &String| {
                bytes += name.len() + 2;
                bytes <= fifth
            };
            let mut first: Vec<String> = names.into_iter().take_while(room).collect();
            if first.len() < all {
                first.push("…".to_owned());
            }
            first
        };
        for (list, names) in self.glance.lists_of_names().into_iter().zip(names) {
            *list = first(names);
        }
        self
    }

    /// The offset, among the chunk's rows, of the entry with exactly `behind` entries after it in the chunk, or `None`
    /// if the chunk has too few entries.
    pub fn offset_before(&self, behind: u64) -> Option<u64> {
        let mut left = behind;
        let mut end: u64 = self.outcomes.iter().map(|&(_, run)| u64::from(run)).sum();
        for &(outcome, run) in self.outcomes.iter().rev() {
            let run = u64::from(run);
            if outcome == Outcome::Created {
                if left < run {
                    return Some(end - left - 1);
                }
                left -= run;
            }
            end -= run;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use jiff::civil::Date;

    use super::super::glance::{EntriesGlance, Total};
    use super::*;
    use crate::id::{Row, ThingId};
    use crate::store::StoreError;
    use crate::store::keys::Kind;
    use crate::store::packing::unpacked;
    use crate::things::sums::Sums;

    fn page_of_a_thousand() -> Page {
        let mut page = Page::default();
        (0..1000).for_each(|row| page.push(if row == 500 { Outcome::Failed } else { Outcome::Created }));
        let dates = Some((Date::constant(2026, 1, 1), Date::constant(2026, 12, 31)));
        let sums = Sums { entries: 50, seconds: 180_000, billable_seconds: 90_000, invoiced_seconds: 0 };
        let total = |id| Total { kind: Kind::Tag, id: ThingId((1u64 << 51) + id), sums };
        let totals = (0..40).map(total).collect();
        page.glance = ChunkGlance::Entries(EntriesGlance { dates, totals, ..EntriesGlance::default() });
        page
    }

    fn entries(page: &Page) -> &EntriesGlance {
        let ChunkGlance::Entries(entries) = &page.glance else { panic!("a page of entries") };
        entries
    }

    #[test]
    fn a_page_survives_packing_and_a_usual_one_fits_one_write_unit() {
        let page = page_of_a_thousand();
        let packed = packed(&page);
        assert_eq!(unpacked::<Page>(&packed).unwrap(), page);
        assert!(packed.len() < 900, "{} bytes", packed.len());
        assert_eq!(page.count(Outcome::Created), 999);
        assert_eq!(page.each_outcome().position(|outcome| outcome == Outcome::Failed), Some(500));
    }

    #[test]
    fn a_page_that_repeats_too_much_of_its_rows_is_cut_down_to_an_item() {
        let text = |letters: usize| "語".repeat(letters);
        let error = |row| PageError {
            row: Row(row),
            line: row + 1,
            column: text(40),
            code: "invalid_date".to_owned(),
            value: text(80),
            message: text(130),
        };
        let names = || (0..500).map(|n| format!("{n:04}{}", text(80))).collect::<Vec<_>>();
        let page = Page {
            errors: (1..=500).map(error).collect(),
            glance: ChunkGlance::Entries(EntriesGlance {
                unknown_users: names(),
                unknown_projects: names(),
                ..entries(&page_of_a_thousand()).clone()
            }),
            ..page_of_a_thousand()
        };
        assert!(packed(&page).len() > 500_000);
        let fitted = page.clone().fitted();
        assert!(packed(&fitted).len() < 400_000, "{} bytes", packed(&fitted).len());
        assert_eq!((&fitted.errors[0], fitted.glance.totals()), (&page.errors[0], page.glance.totals()));
        let told = |page: &Page| page.errors.iter().map(|error| (error.row, error.line)).collect::<Vec<_>>();
        assert_eq!(told(&fitted), told(&page));
        assert_eq!(entries(&fitted).unknown_users.last().map(String::as_str), Some("…"));
        let usual = page_of_a_thousand();
        assert_eq!(usual.clone().fitted(), usual);
    }

    #[test]
    fn a_page_of_the_version_before_is_read_and_others_are_told_apart() {
        // A page written by version 7: two rows created, one row without a user, one duplicate, one failed row.
        let before = "07040002030001030101050100010a323032362d30312d30350a323032362d30322d323702070901020b04b054901c0001020001\
                      010d536f6d65626f647920456c736501010648696464656e0001050604446174650c696e76616c69645f646174650533312e322e\
                      11446174653a206e6f207375636820646179";
        let mut bytes: Vec<u8> =
            (0..before.len()).step_by(2).map(|at| u8::from_str_radix(&before[at..at + 2], 16).unwrap()).collect();
        let page: Page = unpacked(&bytes).unwrap();
        let (no_user, there) = (SkipReason::UnknownUser, SkipReason::AlreadyThere);
        let outcomes =
            [(Outcome::Created, 2), (Outcome::Skipped(no_user), 1), (Outcome::Skipped(there), 1), (Outcome::Failed, 1)];
        assert_eq!(page.outcomes, outcomes);
        let entries = entries(&page);
        assert_eq!((page.errors[0].line, entries.users.len(), entries.unknown_user_rows), (6, 2, 1));
        assert_eq!(entries.unknown_projects, ["Hidden"]);
        assert_eq!(unpacked::<Page>(&packed(&page)).unwrap(), page);
        bytes[0] = 9;
        assert!(matches!(unpacked::<Page>(&bytes), Err(StoreError::Newer(9))));
        bytes[0] = 6;
        assert!(matches!(unpacked::<Page>(&bytes), Err(StoreError::Shape(_))));
    }

    #[test]
    fn a_row_which_created_a_company_is_no_entity_of_the_chunk() {
        let outcomes =
            vec![(Outcome::Created, 3), (Outcome::Unchanged, 2), (Outcome::Failed, 1), (Outcome::Created, 4)];
        let of = |became: &[u32]| {
            let became = became.iter().map(|&offset| (offset, 1 << 50)).collect();
            Page { outcomes: outcomes.clone(), became, ..Page::default() }.entities()
        };
        assert_eq!([of(&[]), of(&[0]), of(&[0, 1, 3, 4]), of(&[2, 6, 9]), of(&[3])], [7, 6, 5, 4, 7]);
    }

    #[test]
    fn an_entry_is_found_by_how_many_are_behind_it() {
        let page = page_of_a_thousand();
        let offsets: Vec<_> = [0, 498, 499, 998, 999].map(|behind| page.offset_before(behind)).to_vec();
        assert_eq!(offsets, [Some(999), Some(501), Some(499), Some(0), None]);
    }
}
