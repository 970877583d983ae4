//! The meaning of a header: the target of each column, and the columns of the key fields.

use std::collections::BTreeSet;

use super::columns::{LinkedColumn, ProfileTarget};
use super::keys::{fields, key_targets};
use super::layout::ProfilesConsidered;
use super::options::{ProfileAction, ProfileReading};
use crate::table::{Headers, Refusal, is_too_long, quoted};

/// The meaning of a header of profiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileHeader {
    /// The columns whose cells are read, in the order of the file.
    pub(super) columns: Vec<LinkedColumn>,
    /// The columns of the key fields, in the order of the caller.
    pub(super) keys: Vec<u32>,
    /// Sentences for people about the columns.
    pub(super) said: Vec<String>,
}

/// A column as found by its name.
struct Found {
    column: usize,
    target: ProfileTarget,
    /// The target for people.
    said: String,
}

impl ProfileHeader {
    /// Finds the targets of a header's columns. The error has all reasons for refusing the file.
    pub(super) fn of(headers: &Headers, options: &ProfileReading) -> Result<Self, Refusal<ProfilesConsidered>> {
        let refused = |reasons: Vec<String>| {
            let headers = headers.shown().into();
            Refusal { headers, reasons, ..Refusal::default() }
        };
        let found = found(headers.shown(), options);
        if found.is_empty() {
            let said = format!(
                "no column is a field of the database: found {}; the database has {}",
                quoted(headers.shown()),
                fields(&options.schema)
            );
            return Err(refused(vec![said]));
        }
        let mut reasons = twice(&found, headers);
        let targets = key_targets(&options.schema, &options.key_fields).unwrap_or_else(|wrong| {
            reasons.push(wrong.to_string());
            Vec::new()
        });
        let mut keys = Vec::new();
        for (name, target) in &targets {
            match found.iter().find(|found| found.target == *target) {
                Some(found) => keys.push(found.column as u32),
                None => reasons.push(format!(
                    "`key_fields` names {name:?}, and the file has no such column; found {}",
                    quoted(headers.shown())
                )),
            }
        }
        reasons.extend(collections_apart(&found, options));
        if reasons.is_empty() {
            reasons.extend(unkeyed(&found, &targets, options));
        }
        if !reasons.is_empty() {
            return Err(refused(reasons));
        }
        Ok(Self::with(found, keys, headers, options))
    }

    fn with(found: Vec<Found>, keys: Vec<u32>, headers: &Headers, options: &ProfileReading) -> Self {
        let is_key = |column: usize| keys.contains(&(column as u32));
        let is_read = |found: &Found| {
            is_key(found.column)
                || options.action != ProfileAction::Delete && !matches!(found.target, ProfileTarget::Number)
        };
        let name = |column: usize| headers.shown()[column].clone();
        let (read, unread): (Vec<Found>, Vec<Found>) = found.into_iter().partition(is_read);
        let linked = |found: &Found| {
            let key = if is_key(found.column) { ", a key" } else { "" };
            format!("{:?} is {}{key}", name(found.column), found.said)
        };
        let linked: Vec<String> = read.iter().map(linked).collect();
        let mut said = vec![format!("each row is a profile: {}", linked.join("; "))];
        if !unread.is_empty() {
            let why = match options.action {
                ProfileAction::Delete => "a deletion reads the columns of key fields alone",
                _ => "ID is read as a key field alone",
            };
            let names: Vec<String> = unread.iter().map(|found| name(found.column)).collect();
            said.push(format!("not read: {}; {why}", quoted(&names)));
        }
        let columns = [&read, &unread].into_iter().flatten().map(|found| found.column).collect::<BTreeSet<_>>();
        let others = (0..headers.shown().len()).filter(|column| !columns.contains(column));
        let others: Vec<String> = others.map(name).filter(|name| !name.is_empty()).collect();
        if !others.is_empty() {
            said.push(format!("columns without a field in the database are not imported: {}", quoted(&others)));
        }
        let columns =
            read.into_iter().map(|Found { column, target, .. }| LinkedColumn { column: column as u32, target });
        Self { columns: columns.collect(), keys, said }
    }

    /// The columns which have a target, if the cells can be a header; `None` otherwise. A header with other faults can be
    /// one, so that the survey refuses the file with the faults.
    pub(super) fn columns_of(cells: &[String], options: &ProfileReading) -> Option<BTreeSet<usize>> {
        if is_too_long(cells) {
            return None;
        }
        let found = found(Headers::new(cells.to_vec()).shown(), options);
        (!found.is_empty()).then(|| found.into_iter().map(|found| found.column).collect())
    }
}

fn found(names: &[String], options: &ProfileReading) -> Vec<Found> {
    let named = names.iter().enumerate().filter_map(|(column, name)| {
        let (target, said) = ProfileTarget::named(&options.schema, name)?;
        Some(Found { column, target, said })
    });
    named.collect()
}

/// The reasons for refusing a header with two columns of one target.
fn twice(found: &[Found], headers: &Headers) -> Vec<String> {
    let name = |found: &Found| &headers.shown()[found.column];
    let mut reasons = Vec::new();
    for (at, second) in found.iter().enumerate() {
        if let Some(first) = found[..at].iter().find(|first| first.target == second.target) {
            reasons.push(format!(
                "columns {} and {}, {:?} and {:?}, are both {}: take one away",
                first.column + 1,
                second.column + 1,
                name(first),
                name(second),
                second.said
            ));
        }
    }
    reasons
}

/// The reason for refusing a file with columns of several collections: a row writes to one subprofile.
fn collections_apart(found: &[Found], options: &ProfileReading) -> Option<String> {
    let ids: BTreeSet<u64> = found.iter().filter_map(|found| found.target.collection()).collect();
    let all = options.schema.collections.iter().filter(|collection| ids.contains(&collection.id));
    let names: Vec<String> = all.map(|collection| collection.name.clone()).collect();
    (names.len() > 1)
        .then(|| format!("the file has columns of several collections, {}: import one at a time", quoted(&names)))
}

/// The reasons for refusing columns of collections without the key fields by which subprofiles are found: the profile's
/// own, and for actions which look for a subprofile also the collection's.
fn unkeyed(found: &[Found], keys: &[(String, ProfileTarget)], options: &ProfileReading) -> Vec<String> {
    let collections: BTreeSet<u64> = found.iter().filter_map(|found| found.target.collection()).collect();
    if collections.is_empty() || options.action == ProfileAction::Delete {
        return Vec::new();
    }
    let mut reasons = Vec::new();
    if keys.iter().all(|(_, target)| target.collection().is_some()) {
        reasons.push(
            "the file has columns of subprofiles, and `key_fields` names no field of the database by which their profiles \
             are found"
                .to_owned(),
        );
    }
    let unkeyed = options.schema.collections.iter().filter(|collection| {
        collections.contains(&collection.id)
            && keys.iter().all(|(_, target)| target.collection() != Some(collection.id))
    });
    if options.action.finds_subprofiles() {
        reasons.extend(unkeyed.map(|collection| {
            format!(
                "the file has columns of the collection {:?}, and `key_fields` names no field of that collection, by which \
                 `action={}` would find a subprofile",
                collection.name, options.action
            )
        }));
    }
    reasons
}
