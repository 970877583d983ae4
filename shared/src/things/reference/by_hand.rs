//! The changes which edits by hand make to references: entries or records leave a thing and come to another.

use std::collections::{BTreeMap, BTreeSet};

use super::{Reference, Shift, adjust};
use crate::id::{AccountId, ImportId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Write};
use crate::things::Thing;
use crate::things::note::Note;
use crate::things::sums::Sums;

/// The differences which an edit makes to the totals of things, and the new participants of projects.
#[derive(Debug, Default)]
pub struct Differences {
    /// The difference of the totals of each thing.
    pub sums: BTreeMap<(Kind, ThingId), Sums>,
    /// Users who are new among the participants of a project.
    pub participants: BTreeMap<(Kind, ThingId), BTreeSet<ThingId>>,
}

impl Differences {
    /// The writes which change the references that `referrer` holds, where the reference of people's own entries and
    /// records goes with the last of them. References made and dropped are added to `shift`.
    ///
    /// An import which comes to refer to a new thing notes the thing first, so the note is written here.
    pub async fn writes(
        mut self,
        services: &Services,
        account: AccountId,
        referrer: ImportId,
        shift: &mut Shift,
    ) -> Result<Vec<Write>, StoreError> {
        let Self { sums, participants } = &mut self;
        sums.retain(|named, delta| *delta != Sums::default() || participants.contains_key(named));
        let nobody = BTreeSet::new();
        let mut writes = Vec::with_capacity(sums.len());
        for (&(kind, id), delta) in &*sums {
            let users = participants.get(&(kind, id)).unwrap_or(&nobody);
            let key = keys::reference(account, kind, id, referrer);
            let reference: Option<Reference> = services.store.read(&key).await?;
            match reference {
                Some(reference) if referrer == ImportId::HAND && reference.sums().entries + delta.entries == 0 => {
                    let delete = Write::delete(key).when("#hand_entries = :seen").bind(":seen", reference.hand_entries);
                    writes.push(delete);
                    shift.add(kind, id, -1);
                }
                Some(_) => {
                    let adjusted = adjust(account, kind, id, referrer, delta, users);
                    // Two edits at once may take the last entries away, and the second of them has to see it.
                    let takes = referrer == ImportId::HAND && delta.entries < 0;
                    writes.push(match takes {
                        true => adjusted.and_when("#hand_entries <> :none_left").bind(":none_left", -delta.entries),
                        false => adjusted,
                    });
                }
                None => {
                    if referrer != ImportId::HAND {
                        note(services, account, referrer, kind, id).await?;
                    }
                    let first = Reference {
                        hand_entries: delta.entries,
                        hand_seconds: delta.seconds,
                        hand_billable: delta.billable_seconds,
                        hand_invoiced: delta.invoiced_seconds,
                        hand_users: users.clone(),
                        ..Reference::default()
                    };
                    writes.push(Write::put(key, &first).when_absent());
                    shift.add(kind, id, 1);
                }
            }
        }
        Ok(writes)
    }
}

/// Notes in the import's partition which thing an entry or a record of the import now refers to.
async fn note(
    services: &Services,
    account: AccountId,
    import: ImportId,
    kind: Kind,
    id: ThingId,
) -> Result<(), StoreError> {
    let client = Thing::get(services, account, kind, id).await?.and_then(|thing| thing.client());
    Note::put_all(services, account, import, &[Note { kind, id, client }]).await
}
