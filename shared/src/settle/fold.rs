//! The fold of an import: ledger pages and notes are added up when the import settles.
//!
//! | result | stored in |
//! |---|---|
//! | totals per project and tag | the import's references |
//! | the content of a hundred pages | summaries, for lists |
//! | errors and unknown names | the findings |
//! | failed and skipped rows by cause | the causes |
//! | projects and tags made | the list of made things |
//!
//! Every result is written by SET, so a second fold is harmless. A resumed import is folded again when it settles, in
//! its next round; a worker which is late for its round sets nothing ([`Write::in_round`]).
//!
//! # Many names
//!
//! An import may name as many projects and tags as the file has rows, so names are folded in the order of their ids, a
//! **window** at a time. A pass over all pages and notes adds up the lowest ids behind the mark, and drops the highest
//! ids whenever memory would hold too many. Every id left at the end of the pass has met all pages, so its totals are
//! complete. The names of a window are written in **steps**. A step moves the mark (see [`FoldMark`]), and stores the
//! things made up to the mark, in a single transaction on the condition that the mark has not moved. A late worker
//! therefore moves nothing back, and the slower of two workers stops. An invocation without time left stops after a
//! step, and a later invocation continues from the mark. The fold of k names takes k /
//! [`Portions::names_at_once`](crate::portions::Portions) passes, plus a pass per further invocation.
//!
//! An ordinary import takes a single window and step, and has no mark. Pages and notes no longer change in the round
//! which is folded: every chunk is committed, or the import was stopped and no loader holds a claim.

use std::collections::btree_map::IntoIter;
use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;

use jiff::civil::Date;

use crate::concurrent::drained;
use crate::id::{ChunkNo, Row, ThingId};
use crate::import::{Import, ImportError, Tally};
use crate::ledger::{Chunk, Page};
use crate::portions::TimeLeft;
use crate::results::causes::Causes;
use crate::results::findings::Findings;
use crate::results::made::{Few, FoldMark, made_of};
use crate::results::summary::Summing;
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Write};
use crate::things::note::Note;
use crate::things::reference::{self, MOST_PARTICIPANTS};
use crate::things::sums::Sums;

/// The most totals written at once.
const WRITES_IN_FLIGHT: usize = 16;
/// The number of names between two looks at the clock.
const SLICE: usize = 500;

/// The result of a complete fold.
pub(super) struct Folded {
    /// The numbers of shared things which the import made; the number of entities is left out.
    pub made: Tally,
    /// The first and the last day of the import's entries, or `None` without entries.
    pub days: Option<(Date, Date)>,
}

/// The end of a fold.
pub(super) enum Fold {
    /// All names are folded.
    Done(Folded),
    /// Time was up; a later invocation continues from the mark.
    Unfinished,
    /// A second worker is folding, or the status of the import has changed.
    Left,
}

/// Folds an import from its mark on, as far as time allows.
///
/// A missing reference belongs to an import being undone, and is not made again.
pub(super) async fn fold(services: &Services, import: &Import, time: &TimeLeft) -> Result<Fold, ImportError> {
    let mut mark = FoldMark::read(services, import).await?;
    loop {
        let window = Window::gather(services, import, &mut mark).await?;
        let is_last = window.end.is_none();
        let mut names = window.names.into_iter().peekable();
        loop {
            let step = Step::take(services, import, &mut names, time).await?;
            let is_done = is_last && names.peek().is_none();
            if is_done && mark.is_new() && step.made.len() <= services.portions.made_a_block {
                return keep(services, import, mark.days, Few::of(step.made)).await;
            }
            if let Some(after) = step.last {
                let moved = mark.advance(services, import, after, &step.made).await?;
                if !moved || Import::find(services, import.account, import.id).await?.updated_at != import.updated_at {
                    return Ok(Fold::Left);
                }
            }
            if is_done {
                return Ok(Fold::Done(Folded { made: mark.tally(), days: mark.days }));
            }
            if time.is_up(&services.clock) {
                return Ok(Fold::Unfinished);
            }
            if names.peek().is_none() {
                break;
            }
        }
    }
}

/// Ends the fold of an ordinary import by storing the ids of made things in a single item.
async fn keep(services: &Services, import: &Import, days: Option<(Date, Date)>, few: Few) -> Result<Fold, ImportError> {
    if let Some(write) = few.write(import)
        && !services.store.attempt(write).await?
    {
        return Ok(Fold::Left);
    }
    Ok(Fold::Done(Folded { made: few.tally(), days }))
}

/// The facts about a project or tag, added up over pages and notes.
#[derive(Default)]
struct Name {
    /// The totals over the pages, or `None` for a thing which is only noted.
    sums: Option<Sums>,
    /// The users with entries in a project.
    users: BTreeSet<ThingId>,
    /// `true` if the import noted the thing, and so may have made the thing.
    noted: bool,
}

/// The lowest names behind the mark, within the bound of memory.
struct Window {
    after: Option<(Kind, ThingId)>,
    /// The first name left to the next window, or `None` if this window is the last.
    end: Option<(Kind, ThingId)>,
    names: BTreeMap<(Kind, ThingId), Name>,
    /// The number of names, plus the number of users over all projects.
    weight: usize,
    most: usize,
}

impl Window {
    /// Reads all pages and notes. The first window also folds everything which is not kept by name.
    async fn gather(services: &Services, import: &Import, mark: &mut FoldMark) -> Result<Self, ImportError> {
        let (account, id) = (import.account, import.id);
        let (names, most) = (BTreeMap::new(), services.portions.names_at_once);
        let mut window = Self { after: mark.after, end: None, names, weight: 0, most };
        let mut first = mark.is_new().then(|| First::of(import));
        let mut pages = services.store.pages(import.all_chunks());
        while let Some(items) = pages.next().await? {
            for item in items {
                let Chunk { number, page, .. } = Chunk::decode(item)?;
                if let Some(page) = &page {
                    window.add(page);
                }
                if let Some(write) = first.as_mut().and_then(|first| first.add(number, page)) {
                    services.store.attempt(write).await?;
                }
            }
        }
        let mut pages = services.store.pages(keys::notes(account, id));
        while let Some(items) = pages.next().await? {
            for item in &items {
                Note::all([item])?.into_iter().for_each(|note| window.note(note));
            }
        }
        if let Some(first) = first {
            mark.days = first.days;
            let causes = first.causes.write(import);
            let findings = first.findings.writes(import).into_iter();
            for write in findings.chain(causes).chain(first.summing.and_then(Summing::last)) {
                // Refused for a worker which is late for its round.
                services.store.attempt(write).await?;
            }
        }
        Ok(window)
    }

    /// The name's entry in the window, or `None` for a name outside the window.
    fn name(&mut self, name: (Kind, ThingId)) -> Option<&mut Name> {
        if self.after.is_some_and(|after| name <= after) || self.end.is_some_and(|end| name >= end) {
            return None;
        }
        Some(self.names.entry(name).or_insert_with(|| {
            self.weight += 1;
            Name::default()
        }))
    }

    fn add(&mut self, page: &Page) {
        for total in page.glance.totals() {
            if let Some(name) = self.name((total.kind, total.id)) {
                name.sums.get_or_insert_default().add(&total.sums);
            }
            self.shrink();
        }
        for (project, users) in page.glance.participants() {
            let Some(name) = self.names.get_mut(&(Kind::Project, project)) else { continue };
            let before = name.users.len();
            name.users.extend(users);
            while name.users.len() > MOST_PARTICIPANTS {
                name.users.pop_last();
            }
            self.weight += name.users.len() - before;
            self.shrink();
        }
    }

    fn note(&mut self, note: Note) {
        if let Kind::Project | Kind::Tag | Kind::Company = note.kind
            && let Some(name) = self.name((note.kind, note.id))
        {
            name.noted = true;
        }
        self.shrink();
    }

    /// Leaves the highest names to the next window while the window is too large.
    fn shrink(&mut self) {
        while self.weight > self.most
            && self.names.len() > 1
            && let Some((name, Name { users, .. })) = self.names.pop_last()
        {
            self.weight -= 1 + users.len();
            self.end = Some(name);
        }
    }
}

/// The results of the first pass which are not kept by name.
struct First {
    summing: Option<Summing>,
    findings: Findings,
    causes: Causes,
    rows_per_chunk: u64,
    days: Option<(Date, Date)>,
}

impl First {
    fn of(import: &Import) -> Self {
        Self {
            summing: Summing::of(import),
            findings: Findings::default(),
            causes: Causes::default(),
            rows_per_chunk: u64::from(import.rows_per_chunk),
            days: None,
        }
    }

    /// Adds the next chunk. Returns the write of a summary which is now complete.
    fn add(&mut self, number: ChunkNo, page: Option<Page>) -> Option<Write> {
        let write = self.summing.as_mut().and_then(|summing| summing.add(number, page.as_ref()));
        if let Some(page) = page {
            if let Some((first, last)) = page.glance.dates() {
                self.days = Some(self.days.map_or((first, last), |days| (days.0.min(first), days.1.max(last))));
            }
            self.causes.add(Row(number.0 * self.rows_per_chunk + 1), &page);
            self.findings.add(page);
        }
        write
    }
}

/// The names folded in a step.
#[derive(Default)]
struct Step {
    /// The last name of the step, or `None` for an empty step.
    last: Option<(Kind, ThingId)>,
    /// The things which the import made among the names.
    made: Vec<(Kind, ThingId)>,
}

impl Step {
    /// Folds the next names; fewer than a full step if time is up.
    async fn take(
        services: &Services,
        import: &Import,
        names: &mut Peekable<IntoIter<(Kind, ThingId), Name>>,
        time: &TimeLeft,
    ) -> Result<Self, ImportError> {
        let mut step = Self::default();
        let mut left = services.portions.names_a_step;
        while left > 0 {
            let slice: Vec<_> = names.by_ref().take(left.min(SLICE)).collect();
            let Some(&(last, _)) = slice.last() else { break };
            drained(slice.iter().filter_map(|name| set(services, import, name)), WRITES_IN_FLIGHT).await?;
            let noted: Vec<_> = slice.iter().filter(|(_, name)| name.noted).map(|(name, _)| *name).collect();
            step.made.extend(made_of(services, import, &noted).await?);
            step.last = Some(last);
            left -= slice.len();
            if time.is_up(&services.clock) {
                break;
            }
        }
        Ok(step)
    }
}

/// The write which sets a name's totals on the import's reference.
fn set<'s>(
    services: &'s Services,
    import: &Import,
    ((kind, id), name): &((Kind, ThingId), Name),
) -> Option<impl Future<Output = Result<(), StoreError>> + use<'s>> {
    let users = (*kind == Kind::Project).then_some(&name.users);
    let write = reference::loaded(import.account, *kind, *id, import.id, name.sums.as_ref()?, users);
    let write = write.in_round(import.round);
    Some(async move { services.store.attempt(write).await.map(drop) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{ChunkGlance, EntriesGlance, Total};

    fn window(after: Option<(Kind, ThingId)>, most: usize) -> Window {
        Window { after, end: None, names: BTreeMap::new(), weight: 0, most }
    }

    /// A page on which a project of each of these ids has an entry of each of these users.
    fn page(projects: &[u64], users: &[u64]) -> Page {
        let sums = Sums { entries: users.len() as i64, ..Sums::default() };
        let total = |&id| Total { kind: Kind::Project, id: ThingId(id), sums };
        let places: Vec<u16> = (0..users.len() as u16).collect();
        let glance = EntriesGlance {
            users: users.iter().copied().map(ThingId).collect(),
            totals: projects.iter().map(total).collect(),
            project_users: vec![places; projects.len()],
            ..EntriesGlance::default()
        };
        Page { glance: ChunkGlance::Entries(glance), ..Page::default() }
    }

    #[test]
    fn windows_of_any_size_add_up_to_the_whole() {
        let pages: Vec<Page> = (0..40).map(|n| page(&[n % 7, n % 11 + 20, n + 100], &[n % 3, n % 5])).collect();
        let fold = |most| {
            let (mut folded, mut after, mut windows) = (BTreeMap::new(), None, 0);
            loop {
                let mut window = window(after, most);
                pages.iter().for_each(|page| window.add(page));
                assert!(window.weight <= most || window.names.len() == 1);
                windows += 1;
                let end = window.end;
                after = window.names.keys().next_back().copied().or(after);
                folded.extend(window.names.into_iter().map(|(key, name)| (key, (name.sums, name.users))));
                if end.is_none() {
                    return (folded, windows);
                }
            }
        };
        let (whole, windows) = fold(usize::MAX);
        assert_eq!((whole.len(), windows), (7 + 11 + 40, 1));
        for most in [1, 2, 3, 10, 50] {
            let (folded, windows) = fold(most);
            assert_eq!(folded, whole, "by windows of {most}");
            assert!(windows > 1, "{windows} windows of {most}");
        }
    }
}
