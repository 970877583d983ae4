//! Which tags an entry by hand has.
//!
//! The `#hashtags` of a text are tags, by the rules that files are read by; so are names that are given beside it. A new
//! text takes the hashtags of the old one away and brings its own; tags that did not come from the old text stay, for
//! nobody said that they should go. A tag that is written with a `*` makes the entry unbillable, as it does in a file.

use super::{EditError, entries::EntryInput, things};
use crate::entity::find::{Found, find};
use crate::entity::{Entry, normal};
use crate::format::{Tag, hashtags, marked};
use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::Kind;

/// The most tags of an entry by hand: they are written in one transaction.
pub const MOST_TAGS: usize = 30;
/// The longest name of a tag, in bytes: names are keys, and keys have at most 1 KB.
const LONGEST_NAME: usize = 500;

/// Gives `entry`, which still has its old text, the tags that follow from the input.
pub(super) async fn retag(
    services: &Services,
    account: AccountId,
    entry: &mut Entry,
    input: &EntryInput,
) -> Result<(), EditError> {
    let new_text = input.text.as_ref().filter(|text| **text != entry.text);
    let in_text = new_text.map(|text| text.as_deref().map(hashtags).unwrap_or_default());
    let given: Option<Vec<_>> = input.tags.as_ref().map(|names| names.iter().map(|name| marked(name)).collect());
    if in_text.is_none() && given.is_none() {
        return Ok(());
    }
    let field = if given.is_some() { "tags" } else { "description" };
    let written: Vec<Tag<'_>> = given.iter().flatten().chain(in_text.iter().flatten()).cloned().collect();
    if written.iter().any(|tag| tag.name.is_empty() || tag.name.len() > LONGEST_NAME) {
        return Err(EditError::Invalid(field));
    }
    let mut tags = Vec::with_capacity(written.len());
    for tag in &written {
        add(&mut tags, things::tag_named(services, account, &tag.name).await?);
    }
    if given.is_none() {
        let gone = of_text(services, account, entry.text.as_deref().unwrap_or_default()).await?;
        entry.tags.iter().filter(|tag| !gone.contains(tag)).for_each(|&tag| add(&mut tags, tag));
    }
    if tags.len() > MOST_TAGS {
        return Err(EditError::Invalid(field));
    }
    entry.tags = tags;
    if written.iter().any(|tag| tag.unbillable) {
        entry.billable = false;
    }
    Ok(())
}

fn add(tags: &mut Vec<ThingId>, tag: ThingId) {
    if !tags.contains(&tag) {
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
