//! The page of a chunk: the outcome of each row, and what the chunk holds at a glance.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::{Row, ThingId};
use crate::store::keys::Kind;
use crate::store::packing::packed;
use crate::things::sums::Sums;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It became an entry.
    Created,
    /// It was left out, for its user is unknown.
    Skipped,
    /// It was left out, for it is there already.
    Duplicate,
    /// It could not be read.
    Failed,
}

/// What a chunk's rows became.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Outcomes in the order of the rows, as runs.
    pub outcomes: Vec<(Outcome, u32)>,
    /// The first and the last day of its entries.
    pub dates: Option<(Date, Date)>,
    /// Whose entries it holds, ascending.
    pub users: Vec<ThingId>,
    /// Entries per project and tag.
    pub totals: Vec<Total>,
    /// For each project among these, in their order: who of the users has entries of it, by their place among them.
    pub project_users: Vec<Vec<u16>>,
    /// Why rows failed, in their order.
    pub errors: Vec<PageError>,
    /// Users that rows name and nobody knows, each once, as they are written.
    pub unknown_users: Vec<String>,
    /// Rows that name them.
    pub unknown_user_rows: u32,
    /// Projects that rows name and that were not to be created, each once.
    pub unknown_projects: Vec<String>,
}

/// The entries that a chunk has of a project or tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Total {
    /// Project or tag.
    pub kind: Kind,
    /// Which.
    pub id: ThingId,
    /// How many, how long.
    pub sums: Sums,
}

/// Why a row failed. The cells themselves are read again from the file when they are asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageError {
    /// The row.
    pub row: Row,
    /// The physical line where it begins, the header's being 1.
    pub line: u64,
    /// The column as it is named in the file, or empty for the row as a whole.
    pub column: String,
    /// What kind of error, in snake case.
    pub code: String,
    /// The value, cut short.
    pub value: String,
    /// For people.
    pub message: String,
}

/// What many entries are at a glance, so that filters pass over them.
#[derive(Clone, Copy, Debug)]
pub struct Glance<'a> {
    /// How many they are.
    pub entries: u64,
    /// Their first and last day.
    pub dates: Option<(Date, Date)>,
    /// Whose they are.
    pub users: &'a [ThingId],
    /// How many of them are of which project and tag.
    pub totals: &'a [Total],
}

impl Page {
    /// The projects that it has entries of, each with those whose entries they are.
    pub fn participants(&self) -> impl Iterator<Item = (ThingId, impl Iterator<Item = ThingId> + '_)> + '_ {
        let projects = self.totals.iter().filter(|total| total.kind == Kind::Project);
        projects.zip(&self.project_users).map(|(project, users)| {
            let users = users.iter().filter_map(|&user| self.users.get(usize::from(user)).copied());
            (project.id, users)
        })
    }
}

impl PageError {
    /// About how many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        self.column.len() + self.code.len() + self.value.len() + self.message.len()
    }
}

impl Glance<'_> {
    /// How many entries are of a project or have a tag.
    pub fn of(&self, kind: Kind, id: ThingId) -> u64 {
        let total = self.totals.iter().find(|total| total.kind == kind && total.id == id);
        total.map_or(0, |total| total.sums.entries.unsigned_abs())
    }
}

/// The most bytes of a packed page: an item has at most 400 KB, and a chunk has other attributes.
const MOST_BYTES: usize = 380_000;

impl Page {
    /// Adds the outcome of the next row.
    pub fn push(&mut self, outcome: Outcome) {
        match self.outcomes.last_mut() {
            Some((last, run)) if *last == outcome => *run += 1,
            _ => self.outcomes.push((outcome, 1)),
        }
    }

    /// The outcomes, one for each row.
    pub fn each_outcome(&self) -> impl Iterator<Item = Outcome> {
        self.outcomes.iter().flat_map(|&(outcome, run)| std::iter::repeat_n(outcome, run as usize))
    }

    /// How many rows became `outcome`.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes.iter().filter(|(kind, _)| *kind == outcome).map(|&(_, run)| u64::from(run)).sum()
    }

    /// What its entries are at a glance, before any edit by hand.
    pub fn glance(&self) -> Glance<'_> {
        let entries = self.count(Outcome::Created);
        Glance { entries, dates: self.dates, users: &self.users, totals: &self.totals }
    }

    /// The page as an item takes it. Where errors and names repeat too much of the rows, errors keep their rows, lines and
    /// codes, and of the names the first stay, with an ellipsis for the others.
    pub fn fitted(mut self) -> Self {
        if packed(&self).len() <= MOST_BYTES {
            return self;
        }
        let errors = std::mem::take(&mut self.errors);
        let names = [std::mem::take(&mut self.unknown_users), std::mem::take(&mut self.unknown_projects)];
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
        [self.unknown_users, self.unknown_projects] = names.map(first);
        self
    }

    /// The offset, among the chunk's rows, of the entry that has so many others of the chunk behind it.
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
    use super::*;
    use crate::store::packing::unpacked;

    fn page_of_a_thousand() -> Page {
        let mut page = Page::default();
        (0..1000).for_each(|row| page.push(if row == 500 { Outcome::Failed } else { Outcome::Created }));
        page.dates = Some((Date::constant(2026, 1, 1), Date::constant(2026, 12, 31)));
        let sums = Sums { entries: 50, seconds: 180_000, billable_seconds: 90_000, invoiced_seconds: 0 };
        let total = |id| Total { kind: Kind::Tag, id: ThingId((1u64 << 51) + id), sums };
        page.totals = (0..40).map(total).collect();
        page
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
            unknown_users: names(),
            unknown_projects: names(),
            ..page_of_a_thousand()
        };
        assert!(packed(&page).len() > 500_000);
        let fitted = page.clone().fitted();
        assert!(packed(&fitted).len() < 400_000, "{} bytes", packed(&fitted).len());
        assert_eq!((&fitted.errors[0], &fitted.totals), (&page.errors[0], &page.totals));
        let told = |page: &Page| page.errors.iter().map(|error| (error.row, error.line)).collect::<Vec<_>>();
        assert_eq!(told(&fitted), told(&page));
        assert_eq!(fitted.unknown_users.last().map(String::as_str), Some("…"));
        let usual = page_of_a_thousand();
        assert_eq!(usual.clone().fitted(), usual);
    }

    #[test]
    fn a_page_of_another_version_is_refused() {
        let mut packed = packed(&page_of_a_thousand());
        packed[0] = 9;
        assert!(unpacked::<Page>(&packed).is_err());
    }

    #[test]
    fn an_entry_is_found_by_how_many_are_behind_it() {
        let page = page_of_a_thousand();
        let offsets: Vec<_> = [0, 498, 499, 998, 999].map(|behind| page.offset_before(behind)).to_vec();
        assert_eq!(offsets, [Some(999), Some(501), Some(499), Some(0), None]);
    }
}
