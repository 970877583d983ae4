//! What makes two rows the same row, whichever file they stand in.
//!
//! A later export of the same time holds rows that an earlier one held. They are told by the values themselves, as they
//! were read: so neither the encoding, the delimiter, the order of the dates nor the order of the columns matters, nor
//! does case or spacing in names. Left out is what changes while a row stays the same row: whether it has been invoiced,
//! rates and amounts, and columns that no field is for. Two rows of one file may well be equal; the second is another
//! row, so whoever compares has to count.

use std::fmt::Write;

use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::entry::EntryRow;

/// 64 bits of SHA-256 over the values of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub u64);

/// Between two values: no cell that was read as a name or a text begins or ends with it.
const SEPARATOR: char = '\u{1f}';

impl EntryRow<'_> {
    /// The row's fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut values = String::with_capacity(256);
        let person = self.person.email.as_deref().or(self.person.name.as_deref());
        for value in [person, self.client.as_deref(), self.project.as_deref(), self.task.as_deref()] {
            name(&mut values, value.unwrap_or_default());
        }
        let mut tags: Vec<_> = self.tags.iter().map(|tag| tag.name.to_lowercase()).collect();
        tags.sort_unstable();
        tags.iter().for_each(|tag| name(&mut values, tag));
        values.push(SEPARATOR);
        let text = self.text.as_deref().unwrap_or_default();
        let time = |time: Option<Time>| time.map(|time| time.to_string()).unwrap_or_default();
        let (start, end, billable) = (time(self.start), time(self.end), self.billable.unwrap_or(true));
        write!(values, "{text}{SEPARATOR}{} {start} {end} {} {billable}", self.date, self.seconds).expect("a string");
        let digest = Sha256::digest(values.as_bytes());
        Fingerprint(u64::from_be_bytes(*digest.first_chunk().expect("32 bytes")))
    }
}

/// Adds a name as names are compared.
fn name(values: &mut String, name: &str) {
    for word in name.split_whitespace() {
        values.extend(word.chars().flat_map(char::to_lowercase));
        values.push(' ');
    }
    values.push(SEPARATOR);
}
