//! The follow-ups of a chunk: the records to which its rows wrote, for systems that go on working with these records.
//!
//! An import with the option `followups` stores the list with the chunk's commit, and the undo of the chunk stores a list of
//! its own in the place of the first. A flag of the chunk tells that the messages of the list have yet to be sent.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::id::RecordId;
use crate::store::StoreError;
use crate::store::keys::RecordKind;
use crate::store::packing::{packed, unpacked};
use crate::wire::wire_words;

wire_words! {
    /// The write that a follow-up tells of.
    #[derive(PartialOrd, Ord)]
    Followed {
        /// The import created the record.
        Created = "created",
        /// The import changed the record.
        Updated = "updated",
        /// The import deleted a record that stood, or its undo removed a record that the import had created.
        Removed = "removed",
        /// The undo of the import gave the record its former values back, or brought the record back.
        Restored = "restored",
    }
}

/// A follow-up: a record to which a row of the chunk wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FollowUp {
    /// The offset of the row in the chunk.
    pub offset: u32,
    /// The kind of the record.
    pub kind: RecordKind,
    /// The record.
    pub record: RecordId,
    /// The write.
    pub followed: Followed,
}

/// A follow-up as packed: the id is the difference from the id before.
type Packed = (u32, RecordKind, Followed, i64);

/// Packs follow-ups into a binary attribute: some six bytes each for rows that lie side by side.
pub fn follow_ups_attribute(follow_ups: &[FollowUp]) -> AttributeValue {
    let mut last = 0;
    let difference = |FollowUp { offset, kind, record, followed }: &FollowUp| -> Packed {
        let before = std::mem::replace(&mut last, record.0);
        (*offset, *kind, *followed, record.0.wrapping_sub(before).cast_signed())
    };
    let differences: Vec<Packed> = follow_ups.iter().map(difference).collect();
    AttributeValue::B(Blob::new(packed(&differences)))
}

/// Unpacks the follow-ups of a chunk.
pub(super) fn follow_ups_of(bytes: &[u8]) -> Result<Vec<FollowUp>, StoreError> {
    let mut last = 0_u64;
    let follow_up = |(offset, kind, followed, difference): Packed| {
        last = last.wrapping_add(difference.cast_unsigned());
        FollowUp { offset, kind, record: RecordId(last), followed }
    };
    Ok(unpacked::<Vec<Packed>>(bytes)?.into_iter().map(follow_up).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follow_ups_come_out_as_they_went_in_and_take_few_bytes() -> Result<(), StoreError> {
        let created = |offset: u32| FollowUp {
            offset,
            kind: RecordKind::Profile,
            record: RecordId(8_000_000_001 + u64::from(offset)),
            followed: Followed::Created,
        };
        let mut all: Vec<FollowUp> = (0..1000).map(created).collect();
        for (at, followed) in [Followed::Updated, Followed::Removed, Followed::Restored].into_iter().enumerate() {
            let (kind, record) = (RecordKind::Subprofile, RecordId(8_907_199_000_000_007 - at as u64 * 3_000_000_000));
            all.push(FollowUp { offset: 999, kind, record, followed });
        }
        let AttributeValue::B(bytes) = follow_ups_attribute(&all) else { panic!("a binary attribute") };
        assert_eq!(follow_ups_of(bytes.as_ref())?, all);
        assert!(bytes.as_ref().len() < 6_000, "{}", bytes.as_ref().len());
        Ok(())
    }
}
