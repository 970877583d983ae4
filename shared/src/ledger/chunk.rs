//! A chunk of an import, as it is stored.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::before::PageBefore;
use super::page::{Outcome, Page};
use crate::format::{ChunkSpan, Oversized};
use crate::id::ChunkNo;
use crate::store::packing::{packed, unpacked, unpacked_since};
use crate::store::{Item, StoreError, decode};

/// Where a chunk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChunkState {
    /// To be loaded.
    Planned,
    /// Loaded; its entities can be seen.
    Committed,
    /// Fenced: being undone.
    Reverting,
    /// Undone.
    Reverted,
}

/// A chunk of an import, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// Which, from 0.
    pub number: ChunkNo,
    /// Its first data row.
    pub first_row: u64,
    /// How many rows it has.
    pub rows: u32,
    /// The physical line where its first row begins.
    pub first_line: u64,
    /// Where its bytes begin in the file.
    pub start: u64,
    /// Where they end.
    pub end: u64,
    /// Records in between that are too long to be read, and whose bytes are passed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub oversized: Vec<Oversized>,
    /// Runs of rows that are there already and are to be left out: the offset here, and how many. Until it is committed.
    #[serde(skip)]
    pub there: Vec<(u32, u32)>,
    /// Where it stands.
    pub state: ChunkState,
    /// Who works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<String>,
    /// Until when, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<i64>,
    /// Times it was claimed, until it is committed: one that died may have left entries that the next does not make.
    #[serde(default)]
    pub tries: u32,
    /// Entries of it that were deleted by hand.
    #[serde(default)]
    pub dropped: u64,
    /// Entries of it were edited by hand: what the page says at a glance need not hold for them.
    #[serde(default)]
    pub edited: bool,
    /// What its rows became, once it is committed.
    #[serde(skip)]
    pub page: Option<Page>,
}

impl Chunk {
    /// A chunk that is planned.
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
            state: ChunkState::Planned,
            lease: None,
            lease_until: None,
            tries: 0,
            dropped: 0,
            edited: false,
            page: None,
        }
    }

    /// Which part of the file it is.
    pub fn span(&self) -> ChunkSpan {
        let oversized = self.oversized.clone();
        let (first_row, rows, first_line) = (self.first_row, self.rows, self.first_line);
        ChunkSpan { first_row, rows, first_line, start: self.start, end: self.end, oversized }
    }

    /// Reads a stored chunk.
    pub fn decode(mut item: Item) -> Result<Self, StoreError> {
        let page = match item.remove("page") {
            Some(AttributeValue::B(blob)) => Some(unpacked_since::<_, PageBefore>(blob.as_ref())?),
            _ => None,
        };
        let there = match item.remove("there") {
            Some(AttributeValue::B(blob)) => unpacked(blob.as_ref())?,
            _ => Vec::new(),
        };
        Ok(Self { page, there, ..decode(item)? })
    }

    /// Whether a row, by its offset, is there already.
    pub fn is_there(&self, offset: u64) -> bool {
        self.there.iter().any(|&(first, rows)| (u64::from(first)..u64::from(first + rows)).contains(&offset))
    }

    /// Entries that stand.
    pub fn standing(&self) -> u64 {
        if self.state == ChunkState::Committed { self.loaded() } else { 0 }
    }

    /// Entries that stood when it was last committed.
    pub fn loaded(&self) -> u64 {
        self.page.as_ref().map_or(0, |page| page.count(Outcome::Created) - self.dropped)
    }
}

/// Runs of a chunk's rows as an attribute.
pub fn runs_attribute(runs: &[(u32, u32)]) -> AttributeValue {
    AttributeValue::B(Blob::new(packed(&runs)))
}

/// A page as an attribute.
pub fn page_attribute(page: &Page) -> AttributeValue {
    AttributeValue::B(Blob::new(packed(page)))
}
