//! Things that were merged into another, or deleted, while entries still name them.
//!
//! An import may have given a project a million entries; no transaction rewrites them, nor do the 29 seconds of a request. So a
//! merge and a deletion change how entries are read and leave the entries as they are stored. The thing is **retired**:
//!
//! | effect of retiring a thing | how it is undone or ends |
//! |---|---|
//! | its item stays, without a key and marked `retired`, so that its id is not used again | removed with its last reference |
//! | nobody sees or finds it, and no new reference to it can come | – |
//! | its references and their totals stay where they are | each goes with its import, or with the last entry by hand |
//! | it is one reference to the thing that it was merged into | dropped in the transaction that removes it |
//! | a [`Retirement`] says what entries that name it mean | removed in the same transaction |
//!
//! Readers resolve an entry as it is read ([`Retirements::resolve`]): a merged project or tag is the other one, a deleted tag is
//! none, and hashtags in the text follow. An edit of an entry writes it as it is read. The totals of a thing are the sums over
//! its own references and over those of all that was merged into it; that is right for tags because no entry has both of two
//! tags that were merged ([`crate::edit::overlap`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Thing;
use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Write};
use crate::values::hashtags::hashtags;

/// How entries that name a retired thing are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retirement {
    /// Project, tag or client.
    pub kind: Kind,
    /// The id of the retired thing.
    pub id: ThingId,
    /// The thing that it was merged into; none if it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub into: Option<ThingId>,
    /// The key that it had, e.g. `meetings`.
    pub key: String,
    /// The name that hashtags of a merged tag have from now on; none: they are plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// All retirements of an account.
#[derive(Clone, Debug, Default)]
pub struct Retirements(BTreeMap<(Kind, ThingId), Retirement>);

impl Retirements {
    /// The retirements as of now: about a hundred bytes for each.
    pub async fn read(services: &Services, account: AccountId) -> Result<Self, StoreError> {
        let all: Vec<Retirement> = services.store.read_all(keys::retirements(account)).await?;
        Ok(Self(all.into_iter().map(|one| ((one.kind, one.id), one)).collect()))
    }

    /// The same with one more, which is not stored.
    pub fn with(&self, one: Retirement) -> Self {
        let mut all = self.clone();
        all.0.insert((one.kind, one.id), one);
        all
    }

    /// The thing that an id means: itself, or what it was merged into; none if that was deleted.
    pub fn meant(&self, kind: Kind, id: ThingId) -> Option<ThingId> {
        self.way(kind, id).last().map_or(Some(id), |last| last.into)
    }

    /// The ids that mean a thing: its own, and those of all that was merged into it. None if it is itself retired.
    pub fn meaning(&self, kind: Kind, id: ThingId) -> Vec<ThingId> {
        if self.0.contains_key(&(kind, id)) {
            return Vec::new();
        }
        let merged = self.0.range((kind, ThingId(0))..=(kind, ThingId(u64::MAX))).map(|((_, merged), _)| *merged);
        [id].into_iter().chain(merged.filter(|&merged| self.meant(kind, merged) == Some(id))).collect()
    }

    /// The retirement of a thing, if it is retired.
    pub(crate) fn of(&self, kind: Kind, id: ThingId) -> Option<&Retirement> {
        self.0.get(&(kind, id))
    }

    /// How many merges lie between an id and the thing that it means.
    pub fn steps(&self, kind: Kind, id: ThingId) -> usize {
        self.way(kind, id).count()
    }

    /// The retirements on the way from an id to the thing that it means.
    pub(crate) fn way(&self, kind: Kind, id: ThingId) -> impl Iterator<Item = &Retirement> {
        let next = move |id: Option<ThingId>| self.0.get(&(kind, id?));
        // A retired thing never comes back, so the way has an end.
        std::iter::successors(next(Some(id)), move |one| next(one.into))
    }
}

/// How the retirement of a thing in favour of another, or of none, is written down.
pub fn retirement(thing: &Thing, into: Option<&Thing>) -> Retirement {
    let is_hashtag = |name: &str| matches!(hashtags(&format!("#{name}")).as_slice(), [tag] if tag.name == name);
    let name = into.map(|into| into.name.clone()).filter(|name| thing.kind == Kind::Tag && is_hashtag(name));
    Retirement { kind: thing.kind, id: thing.id, into: into.map(|into| into.id), key: thing.key.clone(), name }
}

/// The writes that retire a thing that somebody refers to, if nobody has edited it since it was read.
pub fn retire(account: AccountId, thing: &Thing, into: Option<&Thing>) -> Vec<Write> {
    let key = keys::thing(account, thing.kind, thing.id);
    let mut set = "SET #retired = :true, #orphan = :true, #key = :none, #version = :next".to_owned();
    // Others may lie behind a renamed thing; with its sign it loses what showed that.
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
    let mut writes = vec![retired, Write::put(keys::retirement(account, thing.kind, thing.id), &said).when_absent()];
    writes.extend(thing.alias_at.map(|sign| Write::delete(keys::thing(account, thing.kind, sign))));
    if let Some(into) = into {
        let merged = Write::update(keys::thing(account, into.kind, into.id), "ADD #refs :one, #merges :one");
        writes.push(merged.when("#version = :seen").bind(":one", 1).bind(":seen", into.version));
    }
    writes
}

/// Requires of the first and the last of the writes of [`retire`] that no edit by hand has given either tag to an entry, and no
/// import has begun to refer to either, since both were read.
pub fn fenced(mut writes: Vec<Write>, tag: &Thing, into: &Thing) -> Vec<Write> {
    for (at, seen) in [(0, tag), (writes.len() - 1, into)] {
        let write = writes.remove(at).and_when("#refs = :refs").bind(":refs", seen.refs);
        writes.insert(at, write.when_counted("#touched", seen.touched));
    }
    writes
}
