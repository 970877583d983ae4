//! Retired things: things which were merged or deleted while entries still name the id.
//!
//! An import may have given a project a million entries. No transaction can rewrite so many, nor can a request in its
//! 29 seconds, so a merge and a deletion leave entries as stored and change how entries are read. The thing is
//! **retired**:
//!
//! | effect of retiring a thing | how the effect is undone or ends |
//! |---|---|
//! | the item stays, without a key and marked `retired`, so the id is not reused | removed with its last reference |
//! | nobody sees or finds the thing, and no new reference to the thing can be made | – |
//! | references to the thing keep their totals | each ends with its import, or with the last entry by hand |
//! | the thing counts as a reference to its merge target | dropped in the transaction which removes the thing |
//! | a [`Retirement`] tells how to read entries naming the thing | removed in the same transaction |
//!
//! Readers resolve every entry after reading ([`Retirements::resolve`]): a merged project or tag becomes the merge
//! target, a deleted tag disappears, and hashtags in the text follow. An edit by hand writes the entry as resolved. The
//! totals of a thing are the sums over the references to the thing and to everything merged into the thing. For tags
//! the sum is right because no entry has both of two merged tags ([`crate::edit::overlap`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Thing;
use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Write};
use crate::values::hashtags::hashtags;

/// How to read entries which name a retired thing; stored until the thing is removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retirement {
    /// Project, tag or client; users are never retired.
    pub kind: Kind,
    /// The id of the retired thing.
    pub id: ThingId,
    /// The thing into which the retired thing was merged, or `None` if the retired thing was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub into: Option<ThingId>,
    /// The key of the thing before retirement, for example `meetings`.
    pub key: String,
    /// The name which replaces the hashtags of a merged tag in texts, or `None` if the hashtags become plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// All retirements of an account, held in memory by whoever reads entries.
#[derive(Clone, Debug, Default)]
pub struct Retirements(BTreeMap<(Kind, ThingId), Retirement>);

impl Retirements {
    /// Reads the present retirements of an account, at about a hundred bytes each.
    pub async fn read(services: &Services, account: AccountId) -> Result<Self, StoreError> {
        let all: Vec<Retirement> = services.store.read_all(keys::retirements(account)).await?;
        Ok(Self(all.into_iter().map(|one| ((one.kind, one.id), one)).collect()))
    }

    /// A copy with a further retirement which is not stored.
    pub fn with(&self, one: Retirement) -> Self {
        let mut all = self.clone();
        all.0.insert((one.kind, one.id), one);
        all
    }

    /// The thing meant by an id: the thing itself or its merge target, resolved to the end, or `None` if the last thing
    /// was deleted.
    pub fn meant(&self, kind: Kind, id: ThingId) -> Option<ThingId> {
        self.way(kind, id).last().map_or(Some(id), |last| last.into)
    }

    /// All ids which mean a thing: the thing's id and the ids merged into the thing. Empty if the thing is itself
    /// retired.
    pub fn meaning(&self, kind: Kind, id: ThingId) -> Vec<ThingId> {
        if self.0.contains_key(&(kind, id)) {
            return Vec::new();
        }
        let merged = self.0.range((kind, ThingId(0))..=(kind, ThingId(u64::MAX))).map(|((_, merged), _)| *merged);
        [id].into_iter().chain(merged.filter(|&merged| self.meant(kind, merged) == Some(id))).collect()
    }

    /// The retirement of a thing, or `None` if the thing is not retired.
    pub(crate) fn of(&self, kind: Kind, id: ThingId) -> Option<&Retirement> {
        self.0.get(&(kind, id))
    }

    /// The number of merges between an id and the thing which the id means; 0 for a thing never merged.
    pub fn steps(&self, kind: Kind, id: ThingId) -> usize {
        self.way(kind, id).count()
    }

    /// The retirements on the way from an id to the thing which the id means, in order.
    pub(crate) fn way(&self, kind: Kind, id: ThingId) -> impl Iterator<Item = &Retirement> {
        let next = move |id: Option<ThingId>| self.0.get(&(kind, id?));
        // A retired thing never returns, so the chain of merges has an end.
        std::iter::successors(next(Some(id)), move |one| next(one.into))
    }
}

/// The retirement of `thing` in favour of `into`, or `None` for a deletion.
pub fn retirement(thing: &Thing, into: Option<&Thing>) -> Retirement {
    let is_hashtag = |name: &str| matches!(hashtags(&format!("#{name}")).as_slice(), [tag] if tag.name == name);
    let name = into.map(|into| into.name.clone()).filter(|name| thing.kind() == Kind::Tag && is_hashtag(name));
    Retirement { kind: thing.kind(), id: thing.id, into: into.map(|into| into.id), key: thing.key.clone(), name }
}

/// The writes which retire a thing with references; refused if somebody edited the thing after it was read.
pub fn retire(account: AccountId, thing: &Thing, into: Option<&Thing>) -> Vec<Write> {
    let key = keys::thing(account, thing.kind(), thing.id);
    let mut set = "SET #retired = :true, #orphan = :true, #key = :none, #version = :next".to_owned();
    // Other things may lie behind a renamed thing. Without its sign, only the `displaced` mark still tells a search to
    // go on.
    if thing.alias_at.is_some() {
        set.push_str(", #displaced = :true");
    }
    set.push_str(" REMOVE #alias_at");
    if thing.client().is_some() {
        set.push_str(", #project.#client");
    }
    let retired = Write::update(key, &set)
        .when("#version = :seen AND #refs > :zero")
        .bind(":true", true)
        .bind(":none", "")
        .bind(":next", thing.version + 1)
        .bind(":seen", thing.version)
        .bind(":zero", 0);
    let said = retirement(thing, into);
    let mut writes = vec![retired, Write::put(keys::retirement(account, thing.kind(), thing.id), &said).when_absent()];
    writes.extend(thing.alias_at.map(|sign| Write::delete(keys::thing(account, thing.kind(), sign))));
    if let Some(into) = into {
        let merged = Write::update(keys::thing(account, into.kind(), into.id), "ADD #refs :one, #merges :one");
        writes.push(merged.if_version(into.version).bind(":one", 1));
    }
    writes
}

/// Adds fences to the first and the last write of [`retire`]: the writes are refused if, since both tags were read, an
/// edit by hand gave either tag to an entry with further tags, or an import began to refer to either tag.
pub fn fenced(mut writes: Vec<Write>, tag: &Thing, into: &Thing) -> Vec<Write> {
    for (at, seen) in [(0, tag), (writes.len() - 1, into)] {
        let write = writes.remove(at).and_when("#refs = :refs").bind(":refs", seen.refs);
        writes.insert(at, write.when_counted("#touched", seen.touched));
    }
    writes
}
