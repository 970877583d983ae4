//! Fingerprints of rows, by which the same row is recognised in different files.
//!
//! A later export of the same period repeats rows of an earlier export. A fingerprint is made of the parsed
//! values, so encoding, delimiter, order of dates, order of columns, and case and spacing of names have no
//! influence. Values which may change while a row stays the same row are left out: the mark for invoiced entries,
//! rates and amounts, and columns without a field. Two rows of a file may have equal fingerprints and still be two
//! rows, so comparisons must count rows.

use std::fmt::Write;

use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::row::EntryRow;

/// 64 bits of SHA-256 over the values of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub u64);

/// Stands between two values, since no name or text begins or ends with this character after parsing.
const SEPARATOR: char = '\u{1f}';

impl EntryRow<'_> {
    /// The fingerprint of the row, over its names, tags, text, date, times and duration, and over its being billable.
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

/// Appends a name in the form in which names are compared.
fn name(values: &mut String, name: &str) {
    for word in name.split_whitespace() {
        values.extend(word.chars().flat_map(char::to_lowercase));
        values.push(' ');
    }
    values.push(SEPARATOR);
}
