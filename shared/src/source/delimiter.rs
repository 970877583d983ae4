//! Which delimiter a text has, judged outside quotes over several records.

use std::borrow::Cow;

use super::{Splitter, is_blank};

/// The delimiters that are looked for.
pub const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How many records are looked at.
const RECORDS: usize = 200;

/// What a text looks like under one delimiter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub delimiter: u8,
    /// The cells of the first record.
    pub header: Vec<String>,
    /// Records after the first that were looked at.
    pub records: usize,
    /// How many of them have as many cells as the first.
    pub agreeing: usize,
}

/// Splits the beginning of a text under each of `delimiters`, the likeliest first. Empty as long as
/// the first record is not complete; `complete` says that the text ends here.
pub fn judge(text: &str, complete: bool, delimiters: &[u8]) -> Vec<Judged> {
    let mut judged: Vec<Judged> = delimiters.iter().filter_map(|&delimiter| split(text, complete, delimiter)).collect();
    // One column is no table. Otherwise records that agree on their number of cells tell more than
    // the number: a decimal comma makes columns too, but not the same number in each row.
    judged.sort_by(|a, b| {
        let table = |judged: &Judged| judged.header.len() > 1;
        let share = |this: &Judged, other: &Judged| this.agreeing * other.records.max(1);
        table(b).cmp(&table(a)).then(share(b, a).cmp(&share(a, b))).then(b.header.len().cmp(&a.header.len()))
    });
    judged
}

fn split(text: &str, complete: bool, delimiter: u8) -> Option<Judged> {
    let mut splitter = Splitter::new(delimiter, 1);
    let mut judged: Option<Judged> = None;
    let mut see = |splitter: &Splitter| {
        let fields = splitter.fields();
        if is_blank(text, fields) {
            return 0;
        }
        let judged = judged.get_or_insert_with(|| Judged { delimiter, header: Vec::new(), records: 0, agreeing: 0 });
        if judged.header.is_empty() {
            judged.header = fields.iter().map(|field| field.cell(text)).map(Cow::into_owned).collect();
        } else {
            judged.records += 1;
            judged.agreeing += usize::from(fields.len() == judged.header.len());
        }
        judged.records
    };
    while splitter.scan(text.as_bytes()) {
        if see(&splitter) == RECORDS {
            return judged;
        }
    }
    if complete && splitter.finish(text.as_bytes()).is_some() {
        see(&splitter);
    }
    judged
}

/// A first line `sep=;`, by which a spreadsheet says its delimiter: that delimiter and the length of
/// the line with its break.
pub fn declared(text: &str) -> Option<(u8, usize)> {
    let line = &text[..text.find(['\n', '\r'])?];
    let said = line.trim_matches('"').to_ascii_lowercase();
    let delimiter = match said.strip_prefix("sep=")?.as_bytes() {
        [one] => *one,
        // A tab is trimmed by some editors.
        [] => b'\t',
        _ => return None,
    };
    let rest = &text[line.len()..];
    let breaks = if rest.starts_with("\r\n") { 2 } else { 1 };
    Some((delimiter, line.len() + breaks))
}
