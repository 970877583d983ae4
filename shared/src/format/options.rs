//! The options by which a caller says how a file is read.

use serde::{Deserialize, Serialize};

use super::mapping::Mapping;
use super::name::FormatName;
use super::remembered::{self, Mapped};
use crate::source::Encoding;
use crate::table::{Headers, Remembered};
use crate::values::dates::DateOrder;
use crate::values::numbers::DecimalMark;

/// Reading options as given by the caller. An option which is `None` is decided by the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReadingOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FormatName>,
    /// The field of each column, for a table without a known format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Mapping>,
    /// Mappings remembered by the account for headers, used only if the caller gives neither a format nor a mapping.
    #[serde(skip)]
    pub remembered: Remembered,
    /// An ASCII character other than a quote or a line break.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// The order for ambiguous dates; `2024-01-31` is the same date under every order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_order: Option<DateOrder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal_mark: Option<DecimalMark>,
}

impl ReadingOptions {
    /// The mapping by which a file with this header is read.
    pub(super) fn mapped(&self, headers: &Headers) -> Mapped {
        match (&self.mapping, self.format) {
            (Some(mapping), _) => Mapped { mapping: Some(mapping.clone()), ..Mapped::default() },
            (None, Some(_)) => Mapped::default(),
            (None, None) => remembered::recall(&self.remembered, headers),
        }
    }
}
