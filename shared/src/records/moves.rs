//! The counts of records at the things to which the records refer, such as the companies of people, and the writes by
//! which the counts follow a change.
//!
//! | a record | is counted at its thing by the reference of |
//! |---|---|
//! | made by hand, or kept by the undo of its maker | people |
//! | made by an import, with the thing of its maker, or of people | the maker |
//! | made by an import, with the thing which another import gave to the record | people |
//!
//! People's reference goes with the last record that it counts, so an import which gives things to records of others leaves
//! no reference behind when its undo takes them away again.
//!
//! An import which gives another thing to a record refers to both things itself: to the new thing, which the import may have
//! made, and to the former thing, so that the former thing stands when the undo gives the thing back ([`hold`]). Both
//! references are noted before they are made, and dropped after the last chunk is undone.

use std::collections::{BTreeMap, BTreeSet};

use super::record::Record;
use crate::id::{AccountId, ImportId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind, RecordKind};
use crate::store::{StoreError, Write};
use crate::things::note::Note;
use crate::things::reference::{Differences, Shift, refer};
use crate::things::retired::Retirements;
use crate::things::sums::Sums;

/// The import whose references count the record at its things, or [`ImportId::HAND`] for people.
pub fn referrer(kind: RecordKind, record: &Record) -> ImportId {
    let is_moved = kind.refers_by().is_some_and(|(field, _)| {
        let writer = record.writer(field);
        !writer.import().is_by_hand() && writer.import() != record.maker()
    });
    if record.orphan || is_moved { ImportId::HAND } else { record.maker() }
}

/// The most records which get other things in one transaction. Each writes its own item and at most two for each of its two
/// things, and a transaction takes a hundred writes.
pub const MOVED_TOGETHER: usize = 16;

/// The differences which a change makes to the numbers of records that references count.
#[derive(Debug, Default)]
pub struct Moves(BTreeMap<(ImportId, Kind, ThingId), i64>);

impl Moves {
    /// The move of a record from the things of one version to the things of another.
    pub fn between(
        kind: RecordKind,
        (before, held): (&Record, &BTreeSet<(Kind, ThingId)>),
        (after, holds): (&Record, &BTreeSet<(Kind, ThingId)>),
    ) -> Self {
        let mut moves = Self::default();
        moves.count(referrer(kind, before), held, -1);
        moves.count(referrer(kind, after), holds, 1);
        moves
    }

    /// Adds `by` records to the reference of `referrer` to each of the things.
    pub fn count(&mut self, referrer: ImportId, things: &BTreeSet<(Kind, ThingId)>, by: i64) {
        for &(kind, id) in things {
            let named = (referrer, kind, id);
            let difference = self.0.entry(named).or_default();
            *difference += by;
            if *difference == 0 {
                self.0.remove(&named);
            }
        }
    }

    /// Adds the moves of another record.
    pub fn join(&mut self, other: Self) {
        for ((referrer, kind, id), by) in other.0 {
            self.count(referrer, &BTreeSet::from([(kind, id)]), by);
        }
    }

    /// `true` if no number differs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The writes which change the references, with the removal of each thing that loses its last reference and whose maker
    /// is undone. The transaction with the writes is refused if a thing is gone.
    pub async fn writes(self, services: &Services, account: AccountId) -> Result<Vec<Write>, StoreError> {
        let mut of_referrers: BTreeMap<ImportId, Differences> = BTreeMap::new();
        for ((referrer, kind, id), entries) in self.0 {
            let sums = Sums { entries, ..Sums::default() };
            of_referrers.entry(referrer).or_default().sums.insert((kind, id), sums);
        }
        let (mut writes, mut shift) = (Vec::new(), Shift::default());
        for (referrer, differences) in of_referrers {
            writes.extend(differences.writes(services, account, referrer, &mut shift).await?);
        }
        writes.extend(shift.writes(services, account, &Retirements::default(), ImportId::HAND).await?);
        Ok(writes)
    }
}

/// Lets an import refer to a thing, unless the import refers to the thing already. The reference is noted first. `false` if
/// the thing is gone, or was changed in between.
pub async fn hold(
    services: &Services,
    account: AccountId,
    import: ImportId,
    (kind, id): (Kind, ThingId),
) -> Result<bool, StoreError> {
    let reference = keys::reference(account, kind, id, import);
    if services.store.get(&reference).await?.is_some() {
        return Ok(true);
    }
    Note::put_all(services, account, import, &[Note { kind, id, client: None }]).await?;
    let refers = services.store.attempt_all(refer(account, kind, id, import).to_vec()).await?;
    // A second loader of the import may have been first.
    Ok(refers || services.store.get(&reference).await?.is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::{RecordId, Row};
    use crate::records::record::{Fields, Writer};

    const COMPANY: &str = "company";

    fn person(maker: u64, company: u64) -> Record {
        let fields = Fields::from([(COMPANY.to_owned(), json!(company))]);
        Record::new(RecordId::of(ImportId(maker), Row(1)), fields, 1)
    }

    fn moved(record: &Record, company: u64, writer: Writer) -> Record {
        let mut after = record.clone();
        after.set(COMPANY, Some(json!(company)), writer);
        after
    }

    fn things(record: &Record) -> BTreeSet<(Kind, ThingId)> {
        let company = record.fields.get(COMPANY).and_then(serde_json::Value::as_u64);
        company.map(|id| (Kind::Company, ThingId(id))).into_iter().collect()
    }

    fn moves(before: &Record, after: &Record) -> Vec<(u64, u64, i64)> {
        let Moves(moves) = Moves::between(RecordKind::Person, (before, &things(before)), (after, &things(after)));
        moves.into_iter().map(|((referrer, _, id), by)| (referrer.0, id.0, by)).collect()
    }

    #[test]
    fn people_count_a_record_from_the_moment_another_import_gives_it_a_thing() {
        let (other, by_hand) = (Writer::of(ImportId(7), Row(2)), Writer::HAND);
        let made = person(3, 10);
        let updated = moved(&made, 20, other);
        assert_eq!(moves(&made, &updated), [(0, 20, 1), (3, 10, -1)]);
        assert_eq!(moves(&updated, &made), [(0, 20, -1), (3, 10, 1)]);
        // An edit by hand gives the record back to its maker.
        let edited = moved(&updated, 30, by_hand);
        assert_eq!(moves(&updated, &edited), [(0, 20, -1), (3, 30, 1)]);
        // Another field changes nothing, and neither does the undo of the maker for a record that people count already.
        let mut titled = updated.clone();
        titled.set("title", Some(json!("Baker")), other);
        assert_eq!(moves(&updated, &titled), []);
        assert_eq!(moves(&updated, &Record { orphan: true, ..updated.clone() }), []);
        assert_eq!(moves(&made, &Record { orphan: true, ..made.clone() }), [(0, 10, 1), (3, 10, -1)]);
        // Two imports which give the same thing one after another change no number.
        assert_eq!(moves(&updated, &moved(&updated, 20, Writer::of(ImportId(8), Row(1)))), []);
    }

    #[test]
    fn people_count_their_own_records_whoever_gives_them_a_thing() {
        let made = person(0, 10);
        let updated = moved(&made, 20, Writer::of(ImportId(7), Row(2)));
        assert_eq!(moves(&made, &updated), [(0, 10, -1), (0, 20, 1)]);
        let mut without = updated.clone();
        without.set(COMPANY, None, Writer::HAND);
        assert_eq!(moves(&updated, &without), [(0, 20, -1)]);
    }
}
