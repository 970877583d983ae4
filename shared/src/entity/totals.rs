//! What is told of projects and tags besides what they say themselves: totals, participants, the import that made them.

use std::collections::BTreeSet;

use super::Thing;
use super::reference::{Reference, Sums, referrer};
use crate::drained::drained;
use crate::id::{AccountId, ImportId, ThingId};
use crate::import::roll;
use crate::services::Services;
use crate::store::{Item, StoreError, Table, decode, keys};

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
    let read = things.iter().map(|thing| async move {
        let items = services.store.all(keys::references(account, thing.kind, thing.id)).await?;
        let by = |item: Item| Ok((referrer(&keys::Key::of(Table::Workspace, &item))?, decode::<Reference>(item)?));
        items.into_iter().map(by).collect::<Result<Vec<_>, StoreError>>()
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
