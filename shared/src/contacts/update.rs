//! The changes which the rows of a chunk make to people who stand.
//!
//! | effect | trace | why a second try is harmless |
//! |---|---|---|
//! | companies to which people move, found or made, and referred to | the notes, written first | ids come from names, a reference is made once |
//! | before-images, people, counts at companies | see [`crate::records::apply`] | a person tells by `by` which row has written |
//!
//! Changes come before new people, because a person may be gone by now, or have another address. The row then creates a person
//! like a row without a match.

use std::collections::{BTreeMap, BTreeSet};

use super::decide::{new_company, wanted};
use super::parsed::{MOST_TEXT, MetPerson, ParsedContact, size};
use super::{PEOPLE, Person, resolve};
use crate::id::{RecordId, ThingId};
use crate::import::ImportError;
use crate::kind::HeldChunk;
use crate::ledger::{Outcome, SkipReason};
use crate::profile_form::UpdatePolicy;
use crate::records::apply::{Applied, Changes, Target};
use crate::store::keys::{Kind, RecordKind};
use crate::table::{ErrorCode, RowError};
use crate::things::Thing;
use crate::things::names::{normal, tidy};
use crate::things::spelling::keep_first;
use crate::things::user::normal_email;

/// Changes the people whom the rows have found, and notes the outcomes in the rows. A row whose person is gone is left to create
/// a person.
pub async fn change_all(held: &HeldChunk<'_>, rows: &mut [ParsedContact<'_>]) -> Result<(), ImportError> {
    let Some(policy) = held.import.options.contacts.update_policy else { return Ok(()) };
    if policy == UpdatePolicy::Skip {
        for row in rows {
            row.met = row.meets().map(|(id, _)| MetPerson { id, outcome: Outcome::Skipped(SkipReason::Policy) });
        }
        return Ok(());
    }
    let HeldChunk { services, import, chunk, lease } = *held;
    let rules = [PEOPLE];
    let changes = Changes::new((services, lease), (import, chunk), &rules);
    let names: Vec<_> = rows.iter().filter_map(|row| Some((RecordKind::Person, row.meets()?.0))).collect();
    let (mut people, mut written) = (BTreeMap::new(), BTreeSet::new());
    for record in changes.records(&names).await?.into_values() {
        people.insert(record.id, Person::of(&record)?);
        written.extend(record.by.filter(|(by, _)| *by == import.id).map(|(_, row)| row));
    }
    // An earlier try has written to the people of these rows.
    refuse_too_large(rows.iter_mut().filter(|row| !written.contains(&row.row)), &people);
    let companies = companies(held, policy, rows, &people).await?;
    let target = |row: &ParsedContact<'_>| {
        let (record, person) = row.meets()?;
        let company = companies.get(&record).copied();
        let address = person.email.as_deref().map(normal_email);
        let wanted = wanted(policy, person, company);
        Some(Target { row: row.row, kind: RecordKind::Person, record, address, wanted })
    };
    let (mut of_rows, mut targets, mut taken) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (at, row) in rows.iter().enumerate() {
        if let Some(target) = target(row)
            && taken.insert(target.record)
        {
            of_rows.push(at);
            targets.push(target);
        }
    }
    for ((at, target), applied) in of_rows.into_iter().zip(&targets).zip(changes.apply(&targets).await?) {
        let outcome = match applied {
            Applied::Written => Outcome::Updated,
            Applied::Unchanged | Applied::Held => Outcome::Unchanged,
            Applied::Gone => continue,
        };
        rows[at].met = Some(MetPerson { id: target.record, outcome });
    }
    Ok(())
}

/// The companies to which people move, by the person: found or made, and referred to.
async fn companies(
    held: &HeldChunk<'_>,
    policy: UpdatePolicy,
    rows: &[ParsedContact<'_>],
    people: &BTreeMap<RecordId, Person>,
) -> Result<BTreeMap<RecordId, ThingId>, ImportError> {
    let present: BTreeSet<ThingId> = people.values().filter_map(|person| person.company).collect();
    let present: Vec<_> = present.into_iter().map(|id| (Kind::Company, id)).collect();
    let present = Thing::get_many(held.services, held.import.account, &present).await?.into_iter();
    let keys: BTreeMap<ThingId, String> = present.map(|company| (company.id, company.key)).collect();
    let (mut moving, mut names) = (Vec::new(), BTreeMap::new());
    for row in rows {
        let Some((id, cells)) = row.meets() else { continue };
        let Some(person) = people.get(&id) else { continue };
        let key = person.company.and_then(|company| keys.get(&company));
        if let Some(name) = new_company(policy, cells, person, |name| key == Some(&normal(name))) {
            moving.push((id, normal(name)));
            keep_first(&mut names, normal(name), tidy(name));
        }
    }
    let ids = resolve::find_or_make(held, names).await?;
    Ok(moving.into_iter().filter_map(|(person, key)| Some((person, *ids.get(&key)?))).collect())
}

/// Makes a row an error whose texts would not fit into the item of the person beside those which the person has.
fn refuse_too_large<'p, 'r: 'p>(
    rows: impl Iterator<Item = &'p mut ParsedContact<'r>>,
    people: &BTreeMap<RecordId, Person>,
) {
    for row in rows {
        let Some((id, cells)) = row.meets() else { continue };
        let has = people.get(&id).map_or(0, |person| serde_json::to_string(person).map_or(0, |text| text.len()));
        if has + size(cells) > MOST_TEXT {
            let message = format!("the person of this address would have more than {MOST_TEXT} bytes of text");
            row.contact = Err(RowError::of_row(ErrorCode::TooLarge, "", message));
        }
    }
}
