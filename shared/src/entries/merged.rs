//! Resolves merged and deleted projects and tags in entries ([`crate::things::retired`]).

use super::Entry;
use crate::id::ThingId;
use crate::store::keys::Kind;
use crate::things::names::normal;
use crate::things::retired::Retirements;
use crate::values::hashtags::retagged;

impl Retirements {
    /// The project of an entry after resolving merges, or `None` without a project or if the project was deleted.
    pub fn project(&self, entry: &Entry) -> Option<ThingId> {
        entry.project.and_then(|project| self.meant(Kind::Project, project))
    }

    /// Changes an entry to the form which people see: project, tags and hashtags in the text follow all merges and
    /// deletions.
    pub fn resolve(&self, entry: &mut Entry) {
        entry.project = self.project(entry);
        let retired: Vec<_> = entry.tags.iter().filter_map(|&tag| self.of(Kind::Tag, tag)).collect();
        if retired.is_empty() {
            return;
        }
        if let Some(text) = &entry.text {
            entry.text = Some(retagged(text, |name| {
                let key = normal(name);
                let first = retired.iter().find(|one| one.key == key)?;
                Some(self.way(Kind::Tag, first.id).fold((name.to_owned(), true), |(name, _), one| match &one.name {
                    Some(next) => (next.clone(), true),
                    None => (name, false),
                }))
            }));
        }
        let mut tags = Vec::with_capacity(entry.tags.len());
        for tag in entry.tags.iter().filter_map(|&tag| self.meant(Kind::Tag, tag)) {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        entry.tags = tags;
    }
}
