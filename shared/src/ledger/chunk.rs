//! The chunk of an import as stored: position in the file, state, lease, and ledger page.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::fates::FateRun;
use super::follow_up::{FollowUp, follow_ups_of};
use super::page::Page;
use crate::id::ChunkNo;
use crate::store::packing::{packed, unpacked};
use crate::store::{Item, StoreError, decode};
use crate::table::{ChunkSpan, Oversized};

/// The state of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChunkState {
    /// Written by the plan, to be loaded.
    Planned,
    /// Loaded, and the entities can be seen by people.
    Committed,
    /// Fenced by an undo, which is deleting the entities.
    Reverting,
    /// Undone: all entities of the chunk are deleted.
    Reverted,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// The chunk of an import as stored in the table of imports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// The number of the chunk within the import, from 0.
    pub number: ChunkNo,
    /// The number of the first data row, counted from 1.
    pub first_row: u64,
    /// The number of rows in the chunk, at most the import's `rows_per_chunk`.
    pub rows: u32,
    /// The physical line on which the first row begins.
    pub first_line: u64,
    /// The offset of the chunk's first byte in the file, or in the table unpacked from the file.
    pub start: u64,
    /// The offset behind the chunk's last byte.
    pub end: u64,
    /// Records of the chunk which are too long to be parsed; the loader skips the bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub oversized: Vec<Oversized>,
    /// Runs of rows whose entities stand already: the offset in the chunk, and the number of rows. Empty once the chunk
    /// is committed.
    #[serde(skip)]
    pub there: Vec<(u32, u32)>,
    /// Runs of rows whose entities the undo of the chunk kept, like `there`. Empty before the undo.
    #[serde(skip)]
    pub kept: Vec<(u32, u32)>,
    /// The fates of rows which changed or deleted records, in the undo of the chunk. Empty before the undo.
    #[serde(skip)]
    pub fates: Vec<FateRun>,
    /// The records to which the chunk's rows wrote, or after an undo those to which the undo wrote. Empty unless the import
    /// has follow-ups.
    #[serde(skip)]
    pub follow_ups: Vec<FollowUp>,
    /// `true` while the messages of the follow-ups have yet to be sent.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unsent: bool,
    /// The state of the chunk between the plan and an undo.
    pub state: ChunkState,
    /// The token of the lease whose holder works on the chunk, or `None` when nobody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<String>,
    /// The end of the lease in milliseconds since the epoch, or `None` without a lease.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<i64>,
    /// How many times the chunk was claimed before the commit. A holder which died may have left entries that the next
    /// holder does not create.
    #[serde(default)]
    pub tries: u32,
    /// The number of the chunk's entities which were deleted by hand, without subprofiles.
    #[serde(default)]
    pub dropped: u64,
    /// The number of the chunk's subprofiles which were deleted by hand.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped_subprofiles: u64,
    /// `true` if an entry of the chunk was edited by hand, so the page's glance may be wrong.
    #[serde(default)]
    pub edited: bool,
    /// The ledger page, or `None` until the chunk is committed.
    #[serde(skip)]
    pub page: Option<Page>,
}

impl Chunk {
    /// A chunk as written by the plan: without duplicates, lease and ledger page.
    pub fn planned(number: ChunkNo, span: ChunkSpan) -> Self {
        let ChunkSpan { first_row, rows, first_line, start, end, oversized } = span;
        Self {
            number,
            first_row,
            rows,
            first_line,
            start,
            end,
            oversized,
            there: Vec::new(),
            kept: Vec::new(),
            fates: Vec::new(),
            follow_ups: Vec::new(),
            unsent: false,
            state: ChunkState::Planned,
            lease: None,
            lease_until: None,
            tries: 0,
            dropped: 0,
            dropped_subprofiles: 0,
            edited: false,
            page: None,
        }
    }

    /// The position of the chunk in the file, as needed for reading and parsing the bytes.
    pub fn span(&self) -> ChunkSpan {
        let oversized = self.oversized.clone();
        let (first_row, rows, first_line) = (self.first_row, self.rows, self.first_line);
        ChunkSpan { first_row, rows, first_line, start: self.start, end: self.end, oversized }
    }

    /// Parses a stored chunk, including the packed ledger page and the packed runs of duplicates.
    pub fn decode(mut item: Item) -> Result<Self, StoreError> {
        let page = match item.remove("page") {
            Some(AttributeValue::B(blob)) => Some(unpacked(blob.as_ref())?),
            _ => None,
        };
        let (there, kept) = (runs_of(&mut item, "there")?, runs_of(&mut item, "kept")?);
        let fates = match item.remove("fates") {
            Some(AttributeValue::B(blob)) => unpacked(blob.as_ref())?,
            _ => Vec::new(),
        };
        let follow_ups = match item.remove("follow_ups") {
            Some(AttributeValue::B(blob)) => follow_ups_of(blob.as_ref())?,
            _ => Vec::new(),
        };
        Ok(Self { page, there, kept, fates, follow_ups, ..decode(item)? })
    }

    /// `true` if the plan found that the entity of the row at this offset in the chunk stands already.
    pub fn is_there(&self, offset: u64) -> bool {
        self.there.iter().any(|&(first, rows)| (u64::from(first)..u64::from(first + rows)).contains(&offset))
    }

    /// The number of entities which people can see: 0 unless the chunk is committed.
    pub fn standing(&self) -> u64 {
        if self.state == ChunkState::Committed { self.loaded() } else { 0 }
    }

    /// The number of entities at the time of the last commit, minus entities deleted by hand.
    pub fn loaded(&self) -> u64 {
        self.page.as_ref().map_or(0, |page| page.entities().saturating_sub(self.dropped))
    }
}

/// Takes packed runs of rows out of a chunk's item.
fn runs_of(item: &mut Item, name: &str) -> Result<Vec<(u32, u32)>, StoreError> {
    match item.remove(name) {
        Some(AttributeValue::B(blob)) => unpacked(blob.as_ref()),
        _ => Ok(Vec::new()),
    }
}

/// Packs runs of a chunk's rows, such as duplicates, into a binary attribute.
pub fn runs_attribute(runs: &[(u32, u32)]) -> AttributeValue {
    AttributeValue::B(Blob::new(packed(&runs)))
}

/// Packs the fates of a chunk's rows in an undo into a binary attribute.
pub fn fates_attribute(runs: &[FateRun]) -> AttributeValue {
    AttributeValue::B(Blob::new(packed(&runs)))
}

/// Packs a ledger page into a binary attribute of the chunk's item.
pub fn page_attribute(page: &Page) -> AttributeValue {
    AttributeValue::B(Blob::new(packed(page)))
}
