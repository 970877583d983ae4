//! Which tags an entry by hand has.
//!
//! The `#hashtags` of a text are tags, by the rules that files are read by; so are names that are given beside it. A new
//! text takes the hashtags of the old one away and brings its own; tags that did not come from the old text stay, for
//! nobody said that they should go. A tag that is written with a `*` makes the entry unbillable, as it does in a file.

use std::collections::BTreeSet;

use super::input::EntryInput;
use super::{EditError, things};
use crate::entries::Entry;
use crate::entries::entry::MOST_TAGS;
use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::Kind;
use crate::things::find::{Found, find};
use crate::things::names::{is_short, normal};
use crate::values::hashtags::Tag;
use crate::values::hashtags::{hashtags, marked};

/// Which tags an entry is to have; those that are not there yet are still to be made.
pub(super) struct Tagging {
    tags: Vec<Wanted>,
    unbillable: bool,
}

enum Wanted {
    There(ThingId),
    /// As it is compared, and as it is written.
    New(String, String),
}

impl Tagging {
    /// What follows from the input for `entry`, which still has its old text; nothing, if its tags stay. Nothing is made
    /// of what cannot be taken.
    pub async fn of(
        services: &Services,
        account: AccountId,
        entry: &Entry,
        input: &EntryInput,
    ) -> Result<Option<Self>, EditError> {
        let new_text = input.text.as_ref().filter(|text| **text != entry.text);
        let in_text = new_text.map(|text| text.as_deref().map(hashtags).unwrap_or_default());
        let given: Option<Vec<_>> = input.tags.as_ref().map(|names| names.iter().map(|name| marked(name)).collect());
        if in_text.is_none() && given.is_none() {
            return Ok(None);
        }
        let field = if given.is_some() { "tags" } else { "description" };
        let written: Vec<Tag<'_>> = given.iter().flatten().chain(in_text.iter().flatten()).cloned().collect();
        let keys: BTreeSet<String> = written.iter().map(|tag| normal(&tag.name)).collect();
        if keys.len() > MOST_TAGS || written.iter().any(|tag| tag.name.is_empty() || !is_short(&tag.name)) {
            return Err(EditError::Invalid(field));
        }
        let mut tags = Vec::with_capacity(keys.len());
        for tag in &written {
            let key = normal(&tag.name);
            add(
                &mut tags,
                match find(services, account, Kind::Tag, &key).await? {
                    Found::There(tag) => Wanted::There(tag.id),
                    Found::Absent(_) => Wanted::New(key, tag.name.to_string()),
                },
            );
        }
        if given.is_none() {
            let gone = of_text(services, account, entry.text.as_deref().unwrap_or_default()).await?;
            let stay = entry.tags.iter().filter(|tag| !gone.contains(tag));
            stay.for_each(|&tag| add(&mut tags, Wanted::There(tag)));
        }
        if tags.len() > MOST_TAGS {
            return Err(EditError::Invalid(field));
        }
        Ok(Some(Self { tags, unbillable: written.iter().any(|tag| tag.unbillable) }))
    }

    /// Makes the tags that are not there, and gives all of them to the entry.
    pub async fn apply(self, services: &Services, account: AccountId, entry: &mut Entry) -> Result<(), EditError> {
        entry.tags.clear();
        for tag in self.tags {
            let tag = match tag {
                Wanted::There(tag) => tag,
                Wanted::New(_, name) => things::named(services, account, Kind::Tag, &name).await?,
            };
            // A tag that is given twice may have been made by somebody else between the two looks.
            if !entry.tags.contains(&tag) {
                entry.tags.push(tag);
            }
        }
        if self.unbillable {
            entry.billable = false;
        }
        Ok(())
    }
}

fn add(tags: &mut Vec<Wanted>, tag: Wanted) {
    let same = |other: &Wanted| match (other, &tag) {
        (Wanted::There(one), Wanted::There(other)) => one == other,
        (Wanted::New(one, _), Wanted::New(other, _)) => one == other,
        _ => false,
    };
    if !tags.iter().any(same) {
        tags.push(tag);
    }
}

/// The tags that a text names and that are there.
async fn of_text(services: &Services, account: AccountId, text: &str) -> Result<Vec<ThingId>, StoreError> {
    let mut tags = Vec::new();
    for tag in hashtags(text) {
        if let Found::There(tag) = find(services, account, Kind::Tag, &normal(&tag.name)).await? {
            tags.push(tag.id);
        }
    }
    Ok(tags)
}
