//! The options by which a caller says how a file of contacts is read.

use super::check::Rules;
use super::field::ContactMapping;
use crate::source::Encoding;
use crate::table::Remembered;

/// Reading options as given by the caller. An option which is `None` is decided by the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactReading {
    /// The field of each column, for a table whose column names are not known.
    pub mapping: Option<ContactMapping>,
    /// Mappings remembered by the account for headers, used only if the caller gives no mapping.
    pub remembered: Remembered,
    /// An ASCII character other than a quote or a line break.
    pub delimiter: Option<u8>,
    pub encoding: Option<Encoding>,
    /// The rules by which a row is an error.
    pub rules: Rules,
}
