//! The ledger page of a chunk: the outcome of each row, and a glance over the chunk's entries.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::{Row, ThingId};
use crate::store::keys::Kind;
use crate::store::packing::packed;
use crate::things::sums::Sums;

/// The outcome of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The row created an entry.
    Created,
    /// The row was skipped, because its user is unknown and the import has no fallback user.
    Skipped,
    /// The row was skipped as a duplicate, because an earlier import created the same entry.
    Duplicate,
    /// The row has an error, which the page describes.
    Failed,
}

/// The outcomes of a chunk's rows, with facts about the entries created.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Outcomes in the order of the rows, as runs: an outcome and the number of consecutive rows with the outcome.
    pub outcomes: Vec<(Outcome, u32)>,
    /// The first and the last day of the chunk's entries, or `None` without entries.
    pub dates: Option<(Date, Date)>,
    /// The users to whom the chunk's entries belong, in ascending order of ids.
    pub users: Vec<ThingId>,
    /// Totals of the entries per project and tag, in ascending order of kind and id.
    pub totals: Vec<Total>,
    /// Per project in `totals`, in the same order: the users with entries in the project, as positions in `users`.
    pub project_users: Vec<Vec<u16>>,
    /// The errors of failed rows, in the order of the rows.
    pub errors: Vec<PageError>,
    /// Users named by rows but unknown to the account, each once, spelt as in the file.
    pub unknown_users: Vec<String>,
    /// The number of rows which name an unknown user.
    pub unknown_user_rows: u32,
    /// Projects named by rows which the account lacks and the import may not create, each once.
    pub unknown_projects: Vec<String>,
}

/// The totals of a chunk's entries for a project or a tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Total {
    /// Project or tag, since pages hold no totals of users or clients.
    pub kind: Kind,
    /// The id of the project or tag.
    pub id: ThingId,
    /// The number of entries with the project or tag, and the total, billable and invoiced seconds.
    pub sums: Sums,
}

/// The reason why a row failed. Whole rows are not stored: on request, the cells are read from the file again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageError {
    /// The number of the failed data row within the file, counted from 1.
    pub row: Row,
    /// The physical line on which the row begins; the header is on line 1 if nothing stands above.
    pub line: u64,
    /// The name of the column in the file, or empty if the error concerns the whole row.
    pub column: String,
    /// The error code in snake case, for example `invalid_date`.
    pub code: String,
    /// The value of the cell, shortened.
    pub value: String,
    /// A message for people, for example `person: "Ada" is the name of several users (7, 8)`.
    pub message: String,
}

/// Facts about many entries, by which filters skip all entries at once.
#[derive(Clone, Copy, Debug)]
pub struct Glance<'a> {
    /// The number of entries.
    pub entries: u64,
    /// The first and the last day of the entries.
    pub dates: Option<(Date, Date)>,
    /// The users to whom the entries belong.
    pub users: &'a [ThingId],
    /// Totals per project and tag.
    pub totals: &'a [Total],
}

impl Page {
    /// The projects of the chunk's entries, each with the users who have entries in the project.
    pub fn participants(&self) -> impl Iterator<Item = (ThingId, impl Iterator<Item = ThingId> + '_)> + '_ {
        let projects = self.totals.iter().filter(|total| total.kind == Kind::Project);
        projects.zip(&self.project_users).map(|(project, users)| {
            let users = users.iter().filter_map(|&user| self.users.get(usize::from(user)).copied());
            (project.id, users)
        })
    }
}

impl PageError {
    /// The approximate number of bytes which the error takes in a packed page.
    pub(crate) fn size(&self) -> usize {
        self.column.len() + self.code.len() + self.value.len() + self.message.len()
    }
}

impl Glance<'_> {
    /// The number of entries with this project or tag.
    pub fn of(&self, kind: Kind, id: ThingId) -> u64 {
        let total = self.totals.iter().find(|total| total.kind == kind && total.id == id);
        total.map_or(0, |total| total.sums.entries.unsigned_abs())
    }
}

/// The most bytes of a packed page: an item has at most 400 KB, and a chunk has further attributes.
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

    /// The glance over the chunk's entries as loaded, before any edit by hand.
    pub fn glance(&self) -> Glance<'_> {
        let entries = self.count(Outcome::Created);
        Glance { entries, dates: self.dates, users: &self.users, totals: &self.totals }
    }

    /// Shortens the page until an item can hold the page. If errors and names repeat too much text of the rows, later
    /// errors keep only row, line and code, and only the first names stay, with an ellipsis in place of the rest.
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
