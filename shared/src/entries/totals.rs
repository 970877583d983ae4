//! What is told of projects and tags besides what they say themselves: totals, participants, the import that made them.

use std::collections::BTreeSet;

use crate::concurrent::drained;
use crate::id::{AccountId, ImportId, ThingId};
use crate::import::roll;
use crate::services::Services;
use crate::store::{StoreError, Table, decode, keys};
use crate::things::Thing;
use crate::things::reference::{Reference, referrer};
use crate::things::retired::Retirements;
use crate::things::sums::Sums;

/// References read at once.
const READ_AT_ONCE: usize = 8;

/// What is told of a project or tag besides what it says itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Over all who refer to it.
    pub sums: Sums,
    /// Whose entries a project has or had.
    pub participants: BTreeSet<ThingId>,
    /// The import that made it, if that is not undone.
    pub import: Option<ImportId>,
}

/// What is told of projects or tags, in their order. An import counts from its end to its undo.
pub async fn told(services: &Services, account: AccountId, things: &[Thing]) -> Result<Vec<Told>, StoreError> {
    // Only what others were merged into counts their references as well.
    let merged = things.iter().any(|thing| thing.merges > 0);
    let retirements = if merged { Retirements::read(services, account).await? } else { Retirements::default() };
    let retirements = &retirements;
    let read = things.iter().map(|thing| async move {
        let mut references = Vec::new();
        for id in retirements.meaning(thing.kind, thing.id) {
            for item in services.store.all(keys::references(account, thing.kind, id)).await? {
                let by = referrer(&keys::Key::of(Table::Workspace, &item))?;
                references.push((by, decode::<Reference>(item)?));
            }
        }
        Ok::<_, StoreError>(references)
    });
    let references = drained(read, READ_AT_ONCE).await?;
    let referrers = references.iter().flatten().map(|(import, _)| *import);
    let imports: BTreeSet<_> = referrers.chain(things.iter().map(|thing| thing.created_by)).collect();
    let lines = roll::lines(services, account, &imports).await?;
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
