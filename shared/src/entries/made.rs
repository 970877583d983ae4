//! The projects and tags that an import made.
//!
//! Its notes name everything that it touches, and only the things themselves tell who made them; so what it made is kept
//! when it settles. A few ids lie in the head item (`made`). Many lie in blocks (`made#00000`, …) of some thousand ids, and the
//! head tells where each block begins and how many ids it has: so a page of the list reads the head and the blocks of the
//! page, wherever it lies. While an import of many names settles, the head is also the mark of how far that has come
//! (see [`crate::settle::fold`]).
//!
//! A thing that is deleted by hand afterwards is counted out in the transaction that deletes it: in the item `unmade`, and
//! in its block.

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

/// Items of notes, of up to forty each, whose things are looked at before the import is settled.
const NOTES_BEFORE_THE_END: usize = 25;

/// The ids of a few projects and tags, ascending.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Few {
    pub projects: Vec<ThingId>,
    pub tags: Vec<ThingId>,
}

impl Few {
    pub fn of(things: impl IntoIterator<Item = (Kind, ThingId)>) -> Self {
        let mut few = Self::default();
        for (kind, id) in things {
            match kind {
                Kind::Project => few.projects.push(id),
                Kind::Tag => few.tags.push(id),
                Kind::Client | Kind::User => {}
            }
        }
        few
    }

    fn ids(&self, kind: Kind) -> &[ThingId] {
        match kind {
            Kind::Project => &self.projects,
            Kind::Tag => &self.tags,
            Kind::Client | Kind::User => &[],
        }
    }

    /// The write that keeps them in the head, unless the head is a mark already. Nothing, if there is nothing to keep.
    pub fn write(&self, import: &Import) -> Option<Write> {
        if self.projects.is_empty() && self.tags.is_empty() {
            return None;
        }
        let blob = AttributeValue::B(Blob::new(packed(self)));
        let key = keys::made(import.account, import.id);
        Some(Write::update(key, "SET #made = :made").when("attribute_not_exists(#steps)").bind_attribute(":made", blob))
    }
}

/// A block of ids that an import made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Block {
    kind: Kind,
    /// The lowest of its ids; the ids of the next block of the kind are higher than all of its own.
    first: ThingId,
    /// How many ids it has.
    made: u32,
}

/// How far the settling of an import of many names has come. All names up to `after` are folded: their totals are set, and
/// those of them that the import made lie in the blocks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct FoldMark {
    /// How often it was moved.
    #[serde(skip)]
    steps: u64,
    /// The last name that is folded.
    pub after: Option<(Kind, ThingId)>,
    /// The first and the last day of the import's entries.
    pub days: Option<(Date, Date)>,
    blocks: Vec<Block>,
}

impl FoldMark {
    /// The mark of an import; one that was never moved, if it has none.
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

    /// Whether no name is folded yet, as far as is known.
    pub fn is_new(&self) -> bool {
        self.steps == 0
    }

    /// How many projects, or tags, the folded names have that the import made.
    pub fn count(&self, kind: Kind) -> u64 {
        self.blocks.iter().filter(|block| block.kind == kind).map(|block| u64::from(block.made)).sum()
    }

    /// Moves the mark on to `after`, with what was made up to there, ascending. False, if another worker moved it meanwhile:
    /// then nothing is written, and the other one goes on.
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
                writes.push(Write::update(key, "SET #ids = :ids").bind_attribute(":ids", block));
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
        let write = write.bind_attribute(":folded", head).bind(":steps", next.steps);
        writes.push(if self.steps == 0 { write } else { write.bind(":seen", self.steps) });
        match services.store.transact(writes).await {
            Ok(()) => {
                *self = next;
                Ok(true)
            }
            Err(error) if error.is_refused() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// How often the mark of an import's settling was moved.
pub async fn folded_steps(services: &Services, import: &Import) -> Result<u64, StoreError> {
    Ok(services.store.get(&keys::made(import.account, import.id)).await?.as_ref().map_or(0, steps))
}

fn steps(head: &Item) -> u64 {
    match head.get("steps") {
        Some(AttributeValue::N(steps)) => steps.parse().unwrap_or_default(),
        _ => 0,
    }
}

/// The projects and tags that an import made and that stand.
pub struct Made {
    account: AccountId,
    import: ImportId,
    ids: Ids,
}

/// Where the ids are.
enum Ids {
    Here(Few),
    /// The blocks, and how many ids of each were deleted by hand.
    Blocks(Vec<Block>, HashMap<usize, u64>),
}

impl Made {
    /// What stands as of now; before the import is settled, among the first names that it noted.
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
        let Some(AttributeValue::B(few)) = head.get("made") else {
            return Err(StoreError::Shape("a list of what was made without ids".to_owned()));
        };
        let (mut few, gone): (Few, _) = (unpacked(few.as_ref())?, numbers(&unmade, "ids"));
        for ids in [&mut few.projects, &mut few.tags] {
            ids.retain(|id| !gone.contains(id));
            ids.sort_unstable();
        }
        Ok(made(Ids::Here(few)))
    }

    /// How many projects, or tags, there are.
    pub fn count(&self, kind: Kind) -> u64 {
        match &self.ids {
            Ids::Here(few) => few.ids(kind).len() as u64,
            Ids::Blocks(blocks, gone) => standing(blocks, gone, kind).map(|(_, standing)| standing).sum(),
        }
    }

    /// At most `take` ids, the highest first, behind the first `skip` ones.
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

/// The blocks of a kind by their numbers, with how many of their ids stand.
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

/// What an unsettled import made and what stands of it, as far as the first items of its notes tell.
pub(crate) async fn noted(services: &Services, import: &Import) -> Result<Few, StoreError> {
    let first = keys::notes(import.account, import.id).limit(NOTES_BEFORE_THE_END);
    let (items, _) = services.store.page(&first).await?;
    let named = Note::all(&items)?.into_iter().map(|note| (note.kind, note.id));
    let named: BTreeSet<_> = named.filter(|(kind, _)| *kind != Kind::User).collect();
    let named: Vec<_> = named.into_iter().collect();
    Ok(Few::of(made_of(services, import, &named).await?))
}

/// Those of the things that the import made and that stand, ascending.
pub(crate) async fn made_of(
    services: &Services,
    import: &Import,
    named: &[(Kind, ThingId)],
) -> Result<Vec<(Kind, ThingId)>, StoreError> {
    let things = Thing::get_many(services, import.account, named).await?.into_iter();
    let made = things.filter(|thing| thing.created_by == import.id && !thing.is_spent());
    let mut made: Vec<_> = made.map(|thing| (thing.kind, thing.id)).collect();
    made.sort_unstable();
    Ok(made)
}

/// The writes that count out a thing that an import made and that is deleted by hand.
pub async fn unmade(services: &Services, account: AccountId, thing: &Thing) -> Result<Vec<Write>, StoreError> {
    let import = thing.created_by;
    let key = keys::unmade(account, import);
    let ids = AttributeValue::Ns(vec![thing.id.to_string()]);
    let head = services.store.get(&keys::made(account, import)).await?;
    let Some(mark) = head.as_ref().map(FoldMark::decode).transpose()?.flatten() else {
        return Ok(vec![Write::update(key, "ADD #ids :ids").bind_attribute(":ids", ids)]);
    };
    let mut blocks = mark.blocks.iter().enumerate().rev();
    let Some((number, _)) = blocks.find(|(_, block)| block.kind == thing.kind && block.first <= thing.id) else {
        return Ok(Vec::new());
    };
    Ok(vec![
        Write::update(key, &format!("ADD #b{number} :one")).bind(":one", 1),
        Write::update(keys::made_block(account, import, number), "ADD #gone :ids").bind_attribute(":ids", ids),
    ])
}

/// What an import has created that is not settled: entries by its counts, projects and tags by its first notes.
pub async fn tally(services: &Services, import: &Import) -> Result<Tally, ImportError> {
    let few = noted(services, import).await?;
    let entries = import.counts(services).await?.created;
    Ok(Tally { entries, projects: few.projects.len() as u64, tags: few.tags.len() as u64 })
}
