//! The companies which the rows of a chunk name: found or made, each noted before the first write, and referred to.
//!
//! A company is shared by many rows of many imports, as projects and tags are, so a company costs a write unit or two the
//! first time that an import meets its name, and nothing afterwards: this process remembers what the import refers to.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::parsed::ParsedContact;
use crate::contact_form::ContactRow;
use crate::id::ThingId;
use crate::import::ImportError;
use crate::kind::HeldChunk;
use crate::store::keys::Kind;
use crate::things::Thing;
use crate::things::ensure::touch_all;
use crate::things::ensure::wanted::WantedThing;
use crate::things::names::{normal, tidy};
use crate::things::spelling::keep_first;

/// The companies named by rows.
#[derive(Clone, Debug, Default)]
pub struct Companies {
    /// The ids by normalised name.
    pub ids: HashMap<String, ThingId>,
    /// Companies of rows with a company alone which this import made.
    pub made: HashSet<ThingId>,
}

/// Finds or makes the companies of all rows which can be loaded.
pub async fn resolve(held: &HeldChunk<'_>, rows: &[ParsedContact<'_>]) -> Result<Companies, ImportError> {
    let HeldChunk { services, import, .. } = *held;
    let (names, alone) = named(rows);
    let ids = find_or_make(held, names).await?;
    let alone: Vec<_> = alone.iter().filter_map(|key| Some((Kind::Company, *ids.get(key)?))).collect();
    let there = Thing::get_many(services, import.account, &alone).await?.into_iter();
    let made = there.filter(|company| company.created_by == import.id).map(|company| company.id).collect();
    Ok(Companies { ids, made })
}

/// Finds or makes companies, which are given as spelling by key, and refers to them. Returns their ids by key.
pub async fn find_or_make(
    held: &HeldChunk<'_>,
    names: BTreeMap<String, String>,
) -> Result<HashMap<String, ThingId>, ImportError> {
    let HeldChunk { services, import, lease, .. } = *held;
    let mut ids = HashMap::new();
    if names.is_empty() {
        return Ok(ids);
    }
    let known = services.memory.of(import.account, import.id, import.round);
    let mut known = known.lock().await;
    lease.check(&services.clock)?;
    let mut wanted = Vec::new();
    for (key, name) in names {
        match known.get(Kind::Company, &key, &name, None) {
            Some(id) => drop(ids.insert(key, id)),
            None => wanted.push(WantedThing { kind: Kind::Company, key, name, client: None }),
        }
    }
    let found = touch_all(services, &import.maker(), &wanted, lease).await?;
    for (WantedThing { key, name, .. }, id) in wanted.into_iter().zip(found) {
        let Some(id) = id else { continue };
        ids.insert(key.clone(), id);
        known.remember(Kind::Company, key, id, name, None);
    }
    Ok(ids)
}

/// The companies in the rows by key, each with the spelling which sorts first, and the keys of rows with a company
/// alone. A row which creates no person names no company of a person.
fn named(rows: &[ParsedContact<'_>]) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let (mut names, mut alone) = (BTreeMap::new(), BTreeSet::new());
    for row in rows {
        let name = match &row.contact {
            Ok(ContactRow::Company { name }) => {
                alone.insert(normal(name));
                Some(name)
            }
            Ok(ContactRow::Person(person)) if row.creates() => person.company.as_ref(),
            Ok(ContactRow::Person(_)) | Err(_) => None,
        };
        if let Some(name) = name {
            keep_first(&mut names, normal(name), tidy(name));
        }
    }
    (names, alone)
}
