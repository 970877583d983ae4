//! Numbers that identify accounts, imports, rows and entities, with a type for each kind.
//!
//! The id of an entry is derived from the row, never drawn: `import × 1 000 000 000 + row`. A retry therefore writes
//! the same keys again, an import needs no list of entries, and an id leads to a storage key by arithmetic. All ids
//! stay below 2^53, so that no JSON parser rounds an id.
//!
//! An id has a single spelling, in which Waybill also shows the id: digits without a sign or leading zeros. `01` and
//! `+1` are not ids, so two different paths or keys never name the same entity.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The highest row number of an import. An import's number times `MAX_ROWS + 1` is the base of the entries' ids.
pub const MAX_ROWS: u64 = 999_999_999;
/// The highest number of an import, by hand or not, for which all ids of its rows stay below 2^53.
const LAST_HAND_NUMBER: u64 = 9_007_198;
/// The first of the 100,000 hand numbers: import numbers for profiles and subprofiles that people made. A database has
/// a hand number of its own, so the partitions of its records made by hand can be enumerated.
pub const FIRST_HAND_NUMBER: u64 = LAST_HAND_NUMBER - 99_999;
/// The highest number that the counter of an account's imports gives out. The hand numbers begin above.
pub const MAX_IMPORTS: u64 = FIRST_HAND_NUMBER - 1;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                canonical(text).map(Self)
            }
        }
    };
}

/// The text is not the spelling of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be digits without a sign or leading zeros")]
pub struct NotAnId;

fn canonical(text: &str) -> Result<u64, NotAnId> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let shown = digits && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| shown).ok_or(NotAnId)
}

number!(
    /// The number of an account (tenant), part of every key.
    AccountId
);
number!(
    /// The number of an import within an account, from 1 to [`MAX_IMPORTS`]. [`ImportId::HAND`] and the numbers from
    /// [`FIRST_HAND_NUMBER`] stand for entities that people made by hand.
    ImportId
);
number!(
    /// The number of a data row of an import, from 1. For entries made by hand, the account's counter.
    Row
);
number!(
    /// The number of a chunk of an import, from 0. A chunk holds 1,000 rows unless the import says otherwise.
    ChunkNo
);
number!(
    /// The id of an entry, which contains the import and the row: row 5 of import 3 is entry 3,000,000,005.
    EntryId
);
number!(
    /// The id of a record, such as a person, which contains the import and the row as the id of an entry does. Records
    /// made by hand belong to import 0, or to the hand number of their database; people by hand share the counter of the
    /// account's users, so ids of users and people never meet.
    RecordId
);
number!(
    /// The id of a user, client, project, tag or company, unique within the account and kind.
    ThingId
);
number!(
    /// The id of a database, which owns profiles, or of a collection, which owns subprofiles.
    OwnerId
);
number!(
    /// The id of a part of a schema, such as a field or a rule, unique among the parts of its sort in the account.
    PartId
);
number!(
    /// The number of a schedule within an account, from 1.
    ScheduleId
);
number!(
    /// The id of the column mapping that an account has stored for a header.
    MappingId
);
number!(
    /// The number of a webhook within an account, from 1. The number of a deleted webhook is not given out again.
    WebhookId
);

impl ImportId {
    /// The import number 0, to which all entities made by hand belong.
    pub const HAND: Self = Self(0);

    /// `true` for [`ImportId::HAND`] and for the hand numbers of databases: no import has such a number.
    pub fn is_by_hand(self) -> bool {
        self == Self::HAND || self.0 >= FIRST_HAND_NUMBER
    }
}

/// Gives an id the arithmetic `import × 1 000 000 000 + row`.
macro_rules! of_row {
    ($name:ident, $what:literal) => {
        impl $name {
            #[doc = concat!("The id of the ", $what, " that `row` of `import` creates.")]
            pub fn of(import: ImportId, row: Row) -> Self {
                Self(import.0 * (MAX_ROWS + 1) + row.0)
            }

            #[doc = concat!("The import that created the ", $what, ", or [`ImportId::HAND`].")]
            pub fn import(self) -> ImportId {
                ImportId(self.0 / (MAX_ROWS + 1))
            }

            #[doc = concat!("The row from which the ", $what, " was created.")]
            pub fn row(self) -> Row {
                Row(self.0 % (MAX_ROWS + 1))
            }
        }
    };
}

of_row!(EntryId, "entry");
of_row!(RecordId, "record");

impl Row {
    /// The chunk that contains the row.
    pub fn chunk(self, rows_per_chunk: u32) -> ChunkNo {
        ChunkNo((self.0 - 1) / u64::from(rows_per_chunk))
    }
}

impl ThingId {
    /// The id of the client, project, tag or company with this key, as the `probe`-th choice (from 0). A hash of account, kind
    /// and key gives the id, so two loaders that race for a new name derive the same id. A loader takes the next probe
    /// when a thing with a different key holds the id already.
    pub fn derive(account: AccountId, kind: &str, key: &str, probe: u32) -> Self {
        // Users are numbered from 1 by a counter, so hashed ids start above the counted ids.
        Self(hashed(&[&account.to_string(), kind, &probe.to_string(), key]) | (1 << 51))
    }
}

impl MappingId {
    /// The id of the mapping for a header, derived from the header's fingerprint.
    pub fn derive(account: AccountId, header: &str) -> Self {
        Self(hashed(&[&account.to_string(), "mapping", header]) | (1 << 51))
    }
}

/// The first 52 bits of the SHA-256 of the parts.
fn hashed(parts: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digest = hash.finalize();
    u64::from_be_bytes(*digest.first_chunk().expect("32 bytes")) >> 12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_an_entry_or_a_record_leads_back_to_its_import_and_row_and_stays_below_2_to_the_53() {
        let id = EntryId::of(ImportId(LAST_HAND_NUMBER), Row(MAX_ROWS));
        assert_eq!((id.import(), id.row()), (ImportId(LAST_HAND_NUMBER), Row(MAX_ROWS)));
        assert!(id.0 < 1 << 53);
        let record = RecordId::of(id.import(), id.row());
        assert_eq!((record.0, record.import(), record.row()), (id.0, id.import(), id.row()));
    }

    #[test]
    fn the_hand_numbers_are_the_100_000_above_the_numbers_of_imports() {
        assert_eq!((FIRST_HAND_NUMBER, LAST_HAND_NUMBER - FIRST_HAND_NUMBER), (8_907_199, 99_999));
        let by_hand = [0, 1, MAX_IMPORTS, FIRST_HAND_NUMBER, LAST_HAND_NUMBER].map(|n| ImportId(n).is_by_hand());
        assert_eq!(by_hand, [true, false, false, true, true]);
    }

    #[test]
    fn an_id_has_one_spelling() {
        for text in ["0", "1", "70", "18446744073709551615"] {
            assert_eq!(text.parse::<AccountId>().map(|id| id.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "01", "00", "+1", "-1", " 1", "1 ", "1_0", "١", "1.0", "18446744073709551616"] {
            assert_eq!(text.parse::<ImportId>(), Err(NotAnId), "{text:?}");
        }
    }

    #[test]
    fn rows_fall_into_chunks_of_exactly_their_size() {
        let chunks: Vec<u64> = (1..=7).map(|row| Row(row).chunk(3).0).collect();
        assert_eq!(chunks, [0, 0, 0, 1, 1, 1, 2]);
    }

    #[test]
    fn a_things_id_depends_on_account_kind_key_and_probe() {
        let id = |account, kind, key, probe| ThingId::derive(AccountId(account), kind, key, probe);
        let base = id(1, "tag", "work", 0);
        assert_eq!(base, id(1, "tag", "work", 0));
        for other in
            [id(2, "tag", "work", 0), id(1, "project", "work", 0), id(1, "tag", "works", 0), id(1, "tag", "work", 1)]
        {
            assert_ne!(base, other);
        }
        assert!(base.0 < 1 << 52);
    }
}
