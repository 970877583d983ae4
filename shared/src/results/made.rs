//! The projects, tags and companies made by an import, kept as a list for answers and reports.
//!
//! The notes of an import name everything the import touched, and only a thing tells who made it. The list of made
//! things is therefore computed and stored when the import settles:
//!
//! | item | content |
//! |---|---|
//! | `made`, the head | up to a few thousand ids, or the place and size of each block |
//! | `made#00000`, … | a block of some thousand ids |
//! | `unmade` | ids or counts of made things which people deleted later |
//!
//! A page of the list costs the head and the blocks of the page, wherever the page lies. While an import with many
//! names settles in steps, the head also is the mark of progress (see `settle/fold.rs`).
//!
//! The transaction which deletes a made thing by hand also records the deletion in `unmade` and in the thing's block.

use std::collections::{BTreeSet, HashMap, HashSet};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ImportId, ThingId};
use crate::import::{Import, ImportError, Tally};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::packing::{packed, unpacked};
use crate::store::{Item, StoreError, Write};
use crate::things::Thing;
use crate::things::note::Note;

/// How many items of notes, of up to forty notes each, are read for the list before the import settles.
const NOTES_BEFORE_THE_END: usize = 25;

/// The ids of a few things of each kind in ascending order, small enough for the head item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Few {
    projects: Vec<ThingId>,
    tags: Vec<ThingId>,
    companies: Vec<ThingId>,
}

impl Few {
    pub fn of(things: impl IntoIterator<Item = (Kind, ThingId)>) -> Self {
        let mut few = Self::default();
        for (kind, id) in things {
            match kind {
                Kind::Project => few.projects.push(id),
                Kind::Tag => few.tags.push(id),
                Kind::Company => few.companies.push(id),
                Kind::Client | Kind::User => {}
            }
        }
        few
    }

    /// The numbers of things of each kind.
    pub fn tally(&self) -> Tally {
        tally_of(|kind| self.ids(kind).len() as u64)
    }

    fn ids(&self, kind: Kind) -> &[ThingId] {
        match kind {
            Kind::Project => &self.projects,
            Kind::Tag => &self.tags,
            Kind::Company => &self.companies,
            Kind::Client | Kind::User => &[],
        }
    }

    /// The write which stores the ids in the head, unless the head is a mark of progress already. `None` if there are
    /// no ids.
    pub fn write(&self, import: &Import) -> Option<Write> {
        if self.projects.is_empty() && self.tags.is_empty() && self.companies.is_empty() {
            return None;
        }
        let blob = AttributeValue::B(Blob::new(packed(self)));
        let key = keys::made(import.account, import.id);
        let write = Write::update(key, "SET #made = :made").when("attribute_not_exists(#steps)");
        Some(write.bind_attribute(":made", blob).in_round(import.round))
    }
}

/// The tally of things by a count of each kind; the number of entities is left out.
fn tally_of(count: impl Fn(Kind) -> u64) -> Tally {
    let [projects, tags, companies] = [Kind::Project, Kind::Tag, Kind::Company].map(count);
    Tally { entries: 0, projects, tags, companies }
}

/// A block of ids of things of a kind made by an import.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Block {
    kind: Kind,
    /// The lowest id of the block; all ids of the kind's next block are higher than all ids of this block.
    first: ThingId,
    /// The number of ids in the block, including ids of things deleted later.
    made: u32,
}

/// The progress of settling an import with many names. Every name up to `after` is folded: the totals of the name are
/// set, and if the import made the thing, the id lies in a block.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct FoldMark {
    /// How often the mark was moved; the fence against a second worker.
    #[serde(skip)]
    steps: u64,
    /// The last folded name, or `None` before the first step.
    pub after: Option<(Kind, ThingId)>,
    /// The first and the last day of the import's entries, or `None` for an import without entries.
    pub days: Option<(Date, Date)>,
    blocks: Vec<Block>,
}

impl FoldMark {
    /// The mark stored for an import, or a mark which was never moved.
    pub async fn read(services: &Services, import: &Import) -> Result<Self, StoreError> {
        let head = services.store.get(&keys::made(import.account, import.id)).await?;
        Ok(head.as_ref().map(Self::decode).transpose()?.flatten().unwrap_or_default())
    }

    fn decode(head: &Item) -> Result<Option<Self>, StoreError> {
        match head.get("folded") {
            Some(AttributeValue::B(mark)) => Ok(Some(Self { steps: steps(head), ..unpacked(mark.as_ref())? })),
            _ => Ok(None),
        }
    }

    /// `true` if no name is folded yet according to the mark.
    pub fn is_new(&self) -> bool {
        self.steps == 0
    }

    /// The numbers of things which the import made among the folded names.
    pub fn tally(&self) -> Tally {
        let of = |kind| self.blocks.iter().filter(move |block| block.kind == kind);
        tally_of(|kind| of(kind).map(|block| u64::from(block.made)).sum())
    }

    /// Moves the mark on to `after` and stores the ids made up to there, ascending. `false` if another worker moved the
    /// mark first: nothing is written then, and the other worker continues.
    pub async fn advance(
        &mut self,
        services: &Services,
        import: &Import,
        after: (Kind, ThingId),
        made: &[(Kind, ThingId)],
    ) -> Result<bool, StoreError> {
        let (account, id) = (import.account, import.id);
        let mut next = Self { after: Some(after), ..self.clone() };
        let mut writes = Vec::new();
        for same in made.chunk_by(|one, other| one.0 == other.0) {
            for some in same.chunks(services.portions.made_a_block) {
                let ids: Vec<ThingId> = some.iter().map(|(_, id)| *id).collect();
                let block = AttributeValue::B(Blob::new(packed(&ids)));
                let key = keys::made_block(account, id, next.blocks.len());
                // Ids deleted by hand belong to an earlier round.
                writes.push(Write::update(key, "SET #ids = :ids REMOVE #gone").bind_attribute(":ids", block));
                let made = u32::try_from(ids.len()).expect("a block is small");
                next.blocks.push(Block { kind: some[0].0, first: ids[0], made });
            }
        }
        next.steps += 1;
        let head = AttributeValue::B(Blob::new(packed(&next)));
        let unmoved = match self.steps {
            0 => "attribute_not_exists(#steps) AND attribute_not_exists(#made)",
            _ => "#steps = :seen",
        };
        let write = Write::update(keys::made(account, id), "SET #folded = :folded, #steps = :steps").when(unmoved);
        let write = write.bind_attribute(":folded", head).bind(":steps", next.steps).in_round(import.round);
        writes.push(if self.steps == 0 { write } else { write.bind(":seen", self.steps) });
        let moved = services.store.attempt_all(writes).await?;
        if moved {
            *self = next;
        }
        Ok(moved)
    }
}

/// How often the settling of an import moved the mark; 0 for an import with few names.
pub async fn folded_steps(services: &Services, import: &Import) -> Result<u64, StoreError> {
    Ok(services.store.get(&keys::made(import.account, import.id)).await?.as_ref().map_or(0, steps))
}

fn steps(head: &Item) -> u64 {
    match head.get("steps") {
        Some(AttributeValue::N(steps)) => steps.parse().unwrap_or_default(),
        _ => 0,
    }
}

/// The projects, tags and companies which an import made and nobody deleted since.
pub struct Made {
    account: AccountId,
    import: ImportId,
    ids: Ids,
}

/// The place of the ids.
enum Ids {
    Here(Few),
    /// The blocks, and the number of ids deleted by hand per block number.
    Blocks(Vec<Block>, HashMap<usize, u64>),
}

impl Made {
    /// The things present now. Before the import settles, only the first notes of the import are considered.
    pub async fn read(services: &Services, import: &Import) -> Result<Self, StoreError> {
        let (account, id) = (import.account, import.id);
        let made = |ids| Self { account, import: id, ids };
        if import.tally.is_none() {
            return Ok(made(Ids::Here(noted(services, import).await?)));
        }
        let Some(head) = services.store.get(&keys::made(account, id)).await? else {
            return Ok(made(Ids::Here(Few::default())));
        };
        let unmade = services.store.get(&keys::unmade(account, id)).await?.unwrap_or_default();
        if let Some(mark) = FoldMark::decode(&head)? {
            let gone = |(name, value): (String, AttributeValue)| match (name.strip_prefix('b'), value) {
                (Some(block), AttributeValue::N(gone)) => Some((block.parse().ok()?, gone.parse().ok()?)),
                _ => None,
            };
            return Ok(made(Ids::Blocks(mark.blocks, unmade.into_iter().filter_map(gone).collect())));
        }
        // The head of a resumed import which made nothing has only the mark of its round.
        let Some(AttributeValue::B(few)) = head.get("made") else {
            return Ok(made(Ids::Here(Few::default())));
        };
        let mut few: Few = unpacked(few.as_ref())?;
        let gone = numbers(&unmade, "ids");
        for ids in [&mut few.projects, &mut few.tags, &mut few.companies] {
            ids.retain(|id| !gone.contains(id));
            ids.sort_unstable();
        }
        Ok(made(Ids::Here(few)))
    }

    /// The number of things of a kind.
    pub fn count(&self, kind: Kind) -> u64 {
        match &self.ids {
            Ids::Here(few) => few.ids(kind).len() as u64,
            Ids::Blocks(blocks, gone) => standing(blocks, gone, kind).map(|(_, standing)| standing).sum(),
        }
    }

    /// At most `take` ids in descending order, behind the first `skip` ids.
    pub async fn ids(
        &self,
        services: &Services,
        kind: Kind,
        mut skip: u64,
        take: usize,
    ) -> Result<Vec<ThingId>, StoreError> {
        let (blocks, gone) = match &self.ids {
            Ids::Here(few) => {
                let skip = usize::try_from(skip).unwrap_or(usize::MAX);
                return Ok(few.ids(kind).iter().rev().skip(skip).take(take).copied().collect());
            }
            Ids::Blocks(blocks, gone) => (blocks, gone),
        };
        let mut found = Vec::new();
        for (number, standing) in standing(blocks, gone, kind).rev() {
            if skip >= standing {
                skip -= standing;
                continue;
            }
            let item = services.store.get(&keys::made_block(self.account, self.import, number)).await?;
            let item = item.unwrap_or_default();
            let Some(AttributeValue::B(ids)) = item.get("ids") else {
                return Err(StoreError::Shape("a block of what was made without ids".to_owned()));
            };
            let (ids, gone): (Vec<ThingId>, _) = (unpacked(ids.as_ref())?, numbers(&item, "gone"));
            let ids = ids.into_iter().rev().filter(|id| !gone.contains(id));
            found.extend(ids.skip(usize::try_from(skip).unwrap_or(usize::MAX)).take(take - found.len()));
            skip = 0;
            if found.len() == take {
                break;
            }
        }
        Ok(found)
    }
}

/// The numbers of a kind's blocks, each with the count of ids not deleted by hand.
fn standing<'b>(
    blocks: &'b [Block],
    gone: &'b HashMap<usize, u64>,
    kind: Kind,
) -> impl DoubleEndedIterator<Item = (usize, u64)> + 'b {
    let of_kind = blocks.iter().enumerate().filter(move |(_, block)| block.kind == kind);
    of_kind.map(|(number, block)| {
        let gone = gone.get(&number).copied().unwrap_or_default();
        (number, u64::from(block.made).saturating_sub(gone))
    })
}

fn numbers(item: &Item, name: &str) -> HashSet<ThingId> {
    match item.get(name) {
        Some(AttributeValue::Ns(ids)) => ids.iter().filter_map(|id| id.parse().ok()).map(ThingId).collect(),
        _ => HashSet::new(),
    }
}

/// The things made by an unsettled import and present now, as far as the first items of notes tell.
pub(crate) async fn noted(services: &Services, import: &Import) -> Result<Few, StoreError> {
    let first = keys::notes(import.account, import.id).limit(NOTES_BEFORE_THE_END);
    let (items, _) = services.store.page(&first).await?;
    let named = Note::all(&items)?.into_iter().map(|note| (note.kind, note.id));
    let named: BTreeSet<_> = named.filter(|(kind, _)| *kind != Kind::User).collect();
    let named: Vec<_> = named.into_iter().collect();
    Ok(Few::of(made_of(services, import, &named).await?))
}

/// The things among `named` which the import made and which are visible, ascending.
pub(crate) async fn made_of(
    services: &Services,
    import: &Import,
    named: &[(Kind, ThingId)],
) -> Result<Vec<(Kind, ThingId)>, StoreError> {
    let things = Thing::get_many(services, import.account, named).await?.into_iter();
    let made = things.filter(|thing| thing.created_by == import.id);
    let mut made: Vec<_> = made.map(|thing| (thing.kind(), thing.id)).collect();
    made.sort_unstable();
    Ok(made)
}

/// The writes which record the deletion by hand of a thing which an import made.
pub async fn unmade(services: &Services, account: AccountId, thing: &Thing) -> Result<Vec<Write>, StoreError> {
    let import = thing.created_by;
    let key = keys::unmade(account, import);
    let ids = AttributeValue::Ns(vec![thing.id.to_string()]);
    let head = services.store.get(&keys::made(account, import)).await?;
    let Some(mark) = head.as_ref().map(FoldMark::decode).transpose()?.flatten() else {
        return Ok(vec![Write::update(key, "ADD #ids :ids").bind_attribute(":ids", ids)]);
    };
    let mut blocks = mark.blocks.iter().enumerate().rev();
    let Some((number, _)) = blocks.find(|(_, block)| block.kind == thing.kind() && block.first <= thing.id) else {
        return Ok(Vec::new());
    };
    Ok(vec![
        Write::update(key, &format!("ADD #b{number} :one")).bind(":one", 1),
        Write::update(keys::made_block(account, import, number), "ADD #gone :ids").bind_attribute(":ids", ids),
    ])
}

/// A provisional tally for an import which has not settled: entries by the counters, projects and tags by the first
/// notes.
pub async fn tally(services: &Services, import: &Import) -> Result<Tally, ImportError> {
    let made = noted(services, import).await?.tally();
    Ok(Tally { entries: import.counts(services).await?.entities(), ..made })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn ids_of_the_version_before_are_read() {
        // Written by version 7: project 5, the tags 7 and 8, and no companies.
        let few: Few = unpacked(&[7, 1, 5, 2, 7, 8, 0]).unwrap();
        let things = [(Kind::Project, 5), (Kind::Tag, 7), (Kind::Tag, 8)].map(|(kind, id)| (kind, ThingId(id)));
        assert_eq!(few, Few::of(things));
        let all = Few::of(things.into_iter().chain([(Kind::Company, ThingId(9)), (Kind::Client, ThingId(1))]));
        assert_eq!(unpacked::<Few>(&packed(&all)).unwrap(), all);
        assert_eq!(all.tally(), Tally { entries: 0, projects: 1, tags: 2, companies: 1 });
    }
}
