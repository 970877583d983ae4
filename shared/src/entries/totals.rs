//! Facts about projects and tags which are computed rather than stored in the thing: totals, participants, the maker.

use std::collections::BTreeSet;

use crate::concurrent::drained;
use crate::id::{AccountId, ImportId, ThingId};
use crate::import::{RollOf, roll};
use crate::services::Services;
use crate::store::{StoreError, Table, decode, keys};
use crate::things::Thing;
use crate::things::reference::{Reference, referrer};
use crate::things::retired::Retirements;
use crate::things::sums::Sums;

/// The most references read at once.
const READ_AT_ONCE: usize = 8;

/// The computed facts about a project or tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Totals over all references to the thing.
    pub sums: Sums,
    /// The users who have or had entries in a project, or empty for tags.
    pub participants: BTreeSet<ThingId>,
    /// The import which made the thing, or `None` if people made the thing or the import is undone.
    pub import: Option<ImportId>,
}

/// The computed facts about projects or tags, in the order given. The entries of an import count from the import's
/// settling until its undo.
pub async fn told(services: &Services, account: AccountId, things: &[Thing]) -> Result<Vec<Told>, StoreError> {
    // Retirements matter only for things into which further things were merged, because the references of both count.
    let merged = things.iter().any(|thing| thing.merges > 0);
    let retirements = if merged { Retirements::read(services, account).await? } else { Retirements::default() };
    let retirements = &retirements;
    let read = things.iter().map(|thing| async move {
        let mut references = Vec::new();
        for id in retirements.meaning(thing.kind(), thing.id) {
            for item in services.store.all(keys::references(account, thing.kind(), id)).await? {
                let by = referrer(&keys::Key::of(Table::Workspace, &item))?;
                references.push((by, decode::<Reference>(item)?));
            }
        }
        Ok::<_, StoreError>(references)
    });
    let references = drained(read, READ_AT_ONCE).await?;
    let referrers = references.iter().flatten().map(|(import, _)| *import);
    let imports: BTreeSet<_> = referrers.chain(things.iter().map(|thing| thing.created_by)).collect();
    let lines = roll::lines(services, account, RollOf::Entries, &imports).await?;
    let counts =
        |import: ImportId| import == ImportId::HAND || lines.get(&import).is_some_and(|line| line.standing().is_some());
    let is_gone = |import: ImportId| lines.get(&import).is_some_and(roll::Line::is_gone);
    let tell = |(thing, references): (&Thing, Vec<(ImportId, Reference)>)| {
        let import = Some(thing.created_by).filter(|&import| import != ImportId::HAND && !is_gone(import));
        let mut told = Told { import, ..Told::default() };
        for (_, reference) in references.into_iter().filter(|(import, _)| counts(*import)) {
            told.sums.add(&reference.sums());
            told.participants.extend(reference.users.into_iter().chain(reference.hand_users));
        }
        told
    };
    Ok(things.iter().zip(references).map(tell).collect())
}
