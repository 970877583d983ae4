//! The outcome of each row of an import, a page of rows at a time.
//!
//! The ledger pages hold the outcomes as runs, so a page of rows is read from the items of the chunks in which its rows lie:
//! one or two of them without a filter, wherever the page lies.
//!
//! # Filters
//!
//! A filter may pass over many chunks. The counts of the import tell how many rows match altogether, and the place of a page
//! tells how many of them the pages before have shown. So a scan ends with its last match, and does not read on to the end of
//! the import. The first reads take few chunks and later reads take more ([`CHUNKS`]). A page whose reads are used up
//! ([`Portions::ledger_reads_a_page`](crate::portions::Portions::ledger_reads_a_page)) ends early, with the place up to which
//! the page has come.
//!
//! # Rows without an outcome
//!
//! A row of a chunk that is not committed is pending. An undo leaves the ledger pages as they are, so the rows of an undone
//! import keep their outcomes. An import whose file is not planned yet has no rows.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::reason;
use crate::id::{ChunkNo, ImportId, MAX_ROWS, RecordId, Row};
use crate::import::{Counts, Import};
use crate::ledger::{
    Chunk, ChunkGlance, ContactUpdatesGlance, Outcome, Page, PageError, ProfilesGlance, SkipReason, UndoFate, fates,
};
use crate::services::Services;
use crate::store::{StoreError, keys};
use crate::wire::wire_words;

/// The number of chunks in the first reads of a page with a filter; each further read takes as many as the last.
const CHUNKS: [usize; 4] = [4, 16, 64, 100];

wire_words! {
    /// The outcome of a row, or `Pending` for a row without an outcome.
    RowOutcome {
        /// The row created an entity.
        Created = "created",
        /// The row changed an entity.
        Updated = "updated",
        /// The row found nothing to change.
        Unchanged = "unchanged",
        /// The row was left out.
        Skipped = "skipped",
        /// The row deleted an entity.
        Deleted = "deleted",
        /// The row could not be parsed or loaded.
        Failed = "failed",
        /// The row is not loaded.
        Pending = "pending",
    }
}

impl RowOutcome {
    /// All outcomes, in the order in which doors show counts.
    pub const ALL: [Self; 7] =
        [Self::Created, Self::Updated, Self::Unchanged, Self::Skipped, Self::Deleted, Self::Failed, Self::Pending];

    /// The number of rows with this outcome among an import's counts.
    fn count(self, counts: &Counts) -> u64 {
        match self {
            Self::Created => counts.created,
            Self::Updated => counts.updated,
            Self::Unchanged => counts.unchanged,
            Self::Skipped => counts.skipped,
            Self::Deleted => counts.deleted,
            Self::Failed => counts.failed,
            Self::Pending => counts.pending.unwrap_or_default(),
        }
    }
}

/// The outcomes without the reason of a skip.
impl From<Outcome> for RowOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Created => Self::Created,
            Outcome::Updated => Self::Updated,
            Outcome::Unchanged => Self::Unchanged,
            Outcome::Skipped(_) => Self::Skipped,
            Outcome::Deleted => Self::Deleted,
            Outcome::Failed => Self::Failed,
        }
    }
}

/// A row with its outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct RowResult {
    /// The number of the data row within the file, from 1.
    pub row: Row,
    /// The outcome of the row.
    pub outcome: RowOutcome,
    /// The reason why the row was skipped, or `None` for a row that was not skipped.
    pub skipped: Option<SkipReason>,
    /// The error of a failed row.
    pub error: Option<PageError>,
    /// The id of the shared thing, such as a company, which the row created or found in place of an entity of its own.
    pub became: Option<u64>,
    /// The person whom the row found by the address and changed, or left as the person is.
    pub met: Option<RecordId>,
    /// Other records which the key of the row matched, and to which the row did not write.
    pub others: Vec<u64>,
    /// The later row of the file with the same key, which counts in place of the row.
    pub later: Option<Row>,
    /// Cells of the row which were emptied because their field cannot hold the value.
    pub emptied: Vec<PageError>,
    /// The fate in the undo of what the row changed or deleted.
    pub fate: Option<UndoFate>,
}

impl RowResult {
    /// The id of the result, `import × 1 000 000 000 + row`, which never changes.
    pub fn id(&self, import: ImportId) -> u64 {
        import.0 * (MAX_ROWS + 1) + self.row.0
    }

    /// The id of the entity that the row created, of the person whom the row found, or of the shared thing that the row created
    /// or found; `None` for any other row. The entity of a row has the id of the row's result.
    pub fn record(&self, import: ImportId) -> Option<u64> {
        self.became.or(self.met.map(|met| met.0)).or((self.outcome == RowOutcome::Created).then(|| self.id(import)))
    }

    /// The code of the error, or of the reason why the row was skipped.
    pub fn code(&self) -> Option<&str> {
        self.error.as_ref().map(|error| error.code.as_str()).or(self.skipped.map(SkipReason::code))
    }

    /// The message of the error, or the reason why the row was skipped, in words.
    pub fn message(&self) -> Option<Cow<'_, str>> {
        if let Some(error) = &self.error {
            return Some(Cow::Borrowed(&error.message));
        }
        let reason = reason(self.skipped?);
        Some(self.later.map_or(Cow::Borrowed(reason), |later| Cow::Owned(format!("{reason}: row {later}"))))
    }
}

/// The place of a row in a scan, behind which a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowPlace {
    /// The last row that the scan has shown or passed over.
    pub row: Row,
    /// The number of rows that the scan has shown.
    pub shown: u64,
}

/// The description of a page of rows.
#[derive(Clone, Debug)]
pub struct RowQuery {
    /// The outcomes to find; empty for all.
    pub outcomes: Vec<RowOutcome>,
    /// `true` if the first row of the file comes first.
    pub ascending: bool,
    /// The place behind which the page begins, or `None` for the first page.
    pub after: Option<RowPlace>,
    /// The number of rows in a page, at least 1.
    pub take: usize,
}

/// A page of rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowPage {
    /// The rows in order.
    pub rows: Vec<RowResult>,
    /// The number of rows from the first of the page to the end of the list. An estimate if the list has a filter and rows
    /// got an outcome since the scan began, or may still get one.
    pub remaining: u64,
    /// The place behind which the next page begins, or `None` after the last page.
    pub next: Option<RowPlace>,
}

impl RowPage {
    /// The first and the last row by chunk, of the rows which became an entity of their own.
    pub fn spans(&self, rows_per_chunk: u32) -> BTreeMap<ChunkNo, (Row, Row)> {
        let mut spans = BTreeMap::new();
        for row in self.rows.iter().filter(|found| found.became.is_none()).map(|found| found.row) {
            let (first, last) = spans.entry(row.chunk(rows_per_chunk)).or_insert((row, row));
            (*first, *last) = (row.min(*first), row.max(*last));
        }
        spans
    }
}

/// Finds a page of an import's rows.
pub async fn page(services: &Services, import: &Import, query: &RowQuery) -> Result<RowPage, StoreError> {
    let Some((first, last)) = query.range(import) else { return Ok(RowPage::default()) };
    let there = last.0 - first.0 + 1;
    if query.outcomes.is_empty() {
        return unfiltered(services, import, query, (first, last), there).await;
    }
    let shown = query.after.map_or(0, |after| after.shown);
    let counts = import.counts(services).await?;
    let matching: u64 = query.outcomes.iter().map(|outcome| outcome.count(&counts)).sum();
    let left = matching.saturating_sub(shown).min(there);
    // The count is exact once no row can get an outcome any more, unless pending rows were shown that have one by now.
    let is_outdated = shown > 0 && query.outcomes.contains(&RowOutcome::Pending);
    let exact = Some(left).filter(|_| import.is_sealed() && !is_outdated);
    // Without an exact count, one row more than the page takes tells whether there is a next page.
    let take = query.take as u64;
    let wanted = exact.map_or(take + 1, |left| left.min(take));
    let mut walk = Walk { rows: Vec::new(), passed: None };
    let is_cut = walk.gather(services, import, query, (first, last), wanted as usize).await?;
    let Walk { mut rows, passed } = walk;
    let is_more = rows.len() > query.take;
    rows.truncate(query.take);
    let found = rows.len() as u64;
    // A page that is not full has come to the end, whatever the count says: rows that the scan passed over while they were
    // pending may match by now.
    let is_more = is_more || found == take && exact.is_some_and(|left| left > found);
    let row = match (is_more, is_cut) {
        (_, true) => passed,
        (true, false) => rows.last().map(|row| row.row),
        (false, false) => None,
    };
    let next = row.map(|row| RowPlace { row, shown: shown + found });
    let remaining = if next.is_some() { left.max(found + 1) } else { found };
    Ok(RowPage { rows, remaining, next })
}

/// A page of all rows, whose chunks are known.
async fn unfiltered(
    services: &Services,
    import: &Import,
    query: &RowQuery,
    (first, last): (Row, Row),
    there: u64,
) -> Result<RowPage, StoreError> {
    let take = (query.take as u64).min(there);
    let range = match query.ascending {
        true => (first, Row(first.0 + take - 1)),
        false => (Row(last.0 + 1 - take), last),
    };
    let mut walk = Walk { rows: Vec::new(), passed: None };
    // A page of up to a hundred rows lies in few chunks, however small these are, so the reads are not limited.
    let unlimited = RowQuery { outcomes: Vec::new(), ..query.clone() };
    walk.gather(services, import, &unlimited, range, query.take).await?;
    let shown = query.after.map_or(0, |after| after.shown) + walk.rows.len() as u64;
    let last = walk.rows.last().filter(|_| there > take);
    let next = last.map(|last| RowPlace { row: last.row, shown });
    Ok(RowPage { rows: walk.rows, remaining: there, next })
}

impl RowQuery {
    /// The first and the last row, in the order of the file, that the page may show. `None` if there is none.
    fn range(&self, import: &Import) -> Option<(Row, Row)> {
        let rows = import.rows?;
        let (first, last) = match (self.after, self.ascending) {
            (None, _) => (1, rows),
            (Some(after), true) => (after.row.0.checked_add(1)?, rows),
            (Some(after), false) => (1, after.row.0.checked_sub(1)?.min(rows)),
        };
        (first <= last).then_some((Row(first), Row(last)))
    }

    fn is_wanted(&self, outcome: RowOutcome) -> bool {
        self.outcomes.is_empty() || self.outcomes.contains(&outcome)
    }
}

/// The rows found so far.
struct Walk {
    rows: Vec<RowResult>,
    /// The last row of the chunks read so far, in the order of the list.
    passed: Option<Row>,
}

impl Walk {
    /// Reads chunks until `wanted` rows are found or the range ends. Returns `true` if the reads were used up before.
    async fn gather(
        &mut self,
        services: &Services,
        import: &Import,
        query: &RowQuery,
        (first, last): (Row, Row),
        wanted: usize,
    ) -> Result<bool, StoreError> {
        let chunk = |row: Row| -> ChunkNo { row.chunk(import.rows_per_chunk) };
        let chunks = keys::chunks(import.account, import.id, chunk(first), chunk(last)).ascending(query.ascending);
        let is_limited = !query.outcomes.is_empty();
        let (mut next, mut reads) = (Some(chunks), 0);
        while self.rows.len() < wanted
            && let Some(chunks) = next.take()
        {
            if is_limited && reads == services.portions.ledger_reads_a_page {
                return Ok(self.passed.is_some());
            }
            let at_once = CHUNKS.get(reads).or(CHUNKS.last()).copied().unwrap_or_default();
            let page = if is_limited { chunks.clone().limit(at_once) } else { chunks.clone() };
            let (items, behind) = services.store.page(&page).await?;
            reads += 1;
            for item in items {
                let chunk = Chunk::decode(item)?;
                self.passed = Some(match query.ascending {
                    true => Row(chunk.first_row + u64::from(chunk.rows) - 1),
                    false => Row(chunk.first_row),
                });
                self.add(query, chunk, (first, last), wanted);
            }
            next = behind.map(|behind| chunks.after(behind));
        }
        Ok(false)
    }

    /// Adds the matching rows of a chunk between the first and the last row, until there are `wanted` rows.
    fn add(&mut self, query: &RowQuery, chunk: Chunk, (first, last): (Row, Row), wanted: usize) {
        let mut runs = runs(&chunk);
        if !query.ascending {
            runs.reverse();
        }
        let first_row = chunk.first_row;
        let fate = |offset: u64| chunk.fates.iter().find_map(|run| fates::fate_at(run, offset));
        let Page { mut errors, became, glance, .. } = chunk.page.unwrap_or_default();
        let (glance, met) = match glance {
            ChunkGlance::Profiles(glance) => (glance, Vec::new()),
            ChunkGlance::ContactUpdates(ContactUpdatesGlance { met, later, .. }) => {
                (ProfilesGlance { later, ..ProfilesGlance::default() }, met)
            }
            ChunkGlance::Entries(_) | ChunkGlance::Contacts(_) => (ProfilesGlance::default(), Vec::new()),
        };
        for Run { outcome, first: from, last: to } in runs {
            let word = outcome.map_or(RowOutcome::Pending, RowOutcome::from);
            let (from, to) = (from.max(first.0), to.min(last.0));
            if from > to || !query.is_wanted(word) {
                continue;
            }
            let skipped = match outcome {
                Some(Outcome::Skipped(reason)) => Some(reason),
                _ => None,
            };
            let room = (wanted.saturating_sub(self.rows.len()) as u64).min(to - from + 1);
            for offset in 0..room {
                let row = Row(if query.ascending { from + offset } else { to - offset });
                let error = (word == RowOutcome::Failed).then(|| take(&mut errors, row)).flatten();
                let offset = row.0 - first_row;
                let became = of_row(&became, offset).copied();
                let met = of_row(&met, offset).copied().map(RecordId);
                let others = of_row(&glance.others, offset).cloned().unwrap_or_default();
                let later = of_row(&glance.later, offset).copied().map(Row);
                let emptied = glance.emptied.iter().filter(|cell| cell.row == row).cloned().collect();
                let fate = fate(offset);
                let found = RowResult { row, outcome: word, skipped, error, became, met, others, later, emptied, fate };
                self.rows.push(found);
            }
        }
    }
}

/// The value which belongs to the row at an offset; the pairs are in ascending order of offsets.
fn of_row<T>(pairs: &[(u32, T)], offset: u64) -> Option<&T> {
    let at = pairs.binary_search_by_key(&offset, |(own, _)| u64::from(*own));
    at.ok().map(|at| &pairs[at].1)
}

/// The error of a row out of a chunk's errors, which are in the order of the rows.
fn take(errors: &mut [PageError], row: Row) -> Option<PageError> {
    let at = errors.binary_search_by_key(&row, |error| error.row).ok()?;
    let none = PageError {
        row,
        line: 0,
        column: String::new(),
        code: String::new(),
        value: String::new(),
        message: String::new(),
    };
    Some(std::mem::replace(&mut errors[at], none))
}

/// Consecutive rows with the same outcome; `None` for pending rows.
struct Run {
    outcome: Option<Outcome>,
    first: u64,
    last: u64,
}

/// The runs of a chunk in the order of the rows.
fn runs(chunk: &Chunk) -> Vec<Run> {
    let end = chunk.first_row + u64::from(chunk.rows);
    let mut first = chunk.first_row;
    let mut runs = Vec::new();
    for &(outcome, rows) in chunk.page.iter().flat_map(|page| &page.outcomes) {
        let last = first + u64::from(rows);
        runs.push(Run { outcome: Some(outcome), first, last: last - 1 });
        first = last;
    }
    if first < end {
        runs.push(Run { outcome: None, first, last: end - 1 });
    }
    runs
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
