//! The numbers that name things, each a type of its own.
//!
//! A row's entity id is derived, not drawn: `import × 1 000 000 000 + row`. A retry therefore writes
//! the same keys again, an import needs no list of what it made, and an id leads to its storage key
//! by arithmetic. All ids stay below 2^53, so that they survive any JSON reader.
//!
//! An id has one spelling: digits without a sign and without leading zeros, as it is shown. `01` and `+1` are no ids, so
//! that two paths or keys never mean the same thing.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Rows of one import; also the factor between an import's number and the ids of its rows.
pub const MAX_ROWS: u64 = 999_999_999;
/// The highest import number whose rows' ids stay below 2^53.
pub const MAX_IMPORTS: u64 = 9_007_198;

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

/// A text that no id is shown as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be digits without a sign or leading zeros")]
pub struct NotAnId;

fn canonical(text: &str) -> Result<u64, NotAnId> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let shown = digits && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| shown).ok_or(NotAnId)
}

number!(
    /// An account (tenant); part of every key.
    AccountId
);
number!(
    /// An import, numbered per account from 1. [`ImportId::HAND`] stands for what people made by hand.
    ImportId
);
number!(
    /// A data row of an import, from 1; for what was made by hand, a counter.
    Row
);
number!(
    /// A chunk of an import, from 0.
    ChunkNo
);
number!(
    /// An entry: its import and row in one number.
    EntryId
);
number!(
    /// A shared thing: user, client, project or tag.
    ThingId
);
number!(
    /// A mapping that an account remembers for a header.
    MappingId
);

impl ImportId {
    /// The "import" of everything made by hand.
    pub const HAND: Self = Self(0);
}

impl EntryId {
    /// The id of what `row` of `import` became.
    pub fn of(import: ImportId, row: Row) -> Self {
        Self(import.0 * (MAX_ROWS + 1) + row.0)
    }

    /// The import that made it.
    pub fn import(self) -> ImportId {
        ImportId(self.0 / (MAX_ROWS + 1))
    }

    /// The row that it came from.
    pub fn row(self) -> Row {
        Row(self.0 % (MAX_ROWS + 1))
    }
}

impl Row {
    /// The chunk that the row belongs to.
    pub fn chunk(self, rows_per_chunk: u32) -> ChunkNo {
        ChunkNo((self.0 - 1) / u64::from(rows_per_chunk))
    }
}

impl ThingId {
    /// The id of the thing with this key, the `probe`th choice: 52 bits of a hash, so that it does not
    /// depend on which of two racing loaders came first. A higher probe is taken when another key
    /// already sits on the id.
    pub fn derive(account: AccountId, kind: &str, key: &str, probe: u32) -> Self {
        // Small ids belong to what is counted (users), so the hashed ones start above them.
        Self(hashed(&[&account.to_string(), kind, &probe.to_string(), key]) | (1 << 51))
    }
}

impl MappingId {
    /// The id of the mapping for a header, told by the header's fingerprint.
    pub fn derive(account: AccountId, header: &str) -> Self {
        Self(hashed(&[&account.to_string(), "mapping", header]) | (1 << 51))
    }
}

/// 52 bits of SHA-256 over some parts.
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
    fn an_entry_id_leads_back_to_its_import_and_row_and_stays_below_2_to_the_53() {
        let id = EntryId::of(ImportId(MAX_IMPORTS), Row(MAX_ROWS));
        assert_eq!((id.import(), id.row()), (ImportId(MAX_IMPORTS), Row(MAX_ROWS)));
        assert!(id.0 < 1 << 53);
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
