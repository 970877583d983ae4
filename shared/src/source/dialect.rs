//! Detects the dialect of a text: the delimiter, judged outside quotes over several records, a blank after each
//! delimiter, and the quotes of files which may have others than `"`.

use std::borrow::Cow;

use super::quotes::{QuoteMark, QuoteRules, QuotedShare, is_in_apostrophes};
use super::{Dialect, RawField, RecordCells, RecordEnd, Splitter, Tear, is_blank, tear};

/// The delimiters which are tried in detection.
pub const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Largest count of records inspected.
const RECORDS: usize = 200;

/// Largest count of cells kept from the first record, which is far more than a table has and little memory for
/// a line of a million delimiters.
const HEADER: usize = 10_000;

/// Statistics of a text which was split in a certain dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub dialect: Dialect,
    /// The rules by which the quotes were found.
    pub rules: QuoteRules,
    /// The columns of the first record whose cells stand in apostrophes, in a dialect with apostrophes.
    pub quoted_names: Vec<usize>,
    /// Cells of the first record, at most 10,000.
    pub header: Vec<String>,
    /// Count of inspected records after the first.
    pub records: usize,
    /// Count of inspected records with as many cells as the first.
    pub agreeing: usize,
    /// Count of empty cells by which each record exceeds the first; 0 if the records differ in this count, `None` if
    /// every record is shorter than the first.
    pub surplus: Option<usize>,
    /// Count of cells after a delimiter, and count of such cells which begin with a blank.
    cells: usize,
    blank: usize,
    /// Count of records torn by a backslash before a quote.
    torn: usize,
    /// The cells in apostrophes behind the first record, in a dialect with apostrophes.
    share: QuotedShare,
}

/// Splits the beginning of a text with each of `delimiters`, and returns the results with the likeliest first. The
/// result is empty while the first record is incomplete; `complete` is true if the text ends here.
pub fn judge(text: &str, complete: bool, delimiters: &[u8], rules: QuoteRules) -> Vec<Judged> {
    let has_backslashes = memchr::memmem::find(text.as_bytes(), b"\\\"").is_some();
    let (is_loose, mark) = match rules {
        QuoteRules::Usual => (false, Some(QuoteMark::Double)),
        QuoteRules::Loose(mark) => (true, mark),
    };
    let double = |plain: Dialect| {
        let mut judged = split(text, complete, plain)?;
        if has_backslashes && let Some(other) = split(text, complete, Dialect { backslashes: true, ..plain }) {
            // Where the backslash only ends a path, reading it as an escape joins records.
            let agrees_more = other.agreeing * judged.records.max(1) > judged.agreeing * other.records.max(1);
            if agrees_more || judged.torn > 0 && judged.records == other.records && other.agreeing >= judged.agreeing {
                judged = other;
            }
        }
        let spaced = is_loose || judged.cells > 0 && judged.blank * 10 >= judged.cells * 9;
        if spaced { split(text, complete, Dialect { spaced, ..judged.dialect }) } else { Some(judged) }
    };
    let judge = |&delimiter: &u8| {
        let plain = Dialect { delimiter, spaced: false, backslashes: false, apostrophes: false, sheet: false };
        let single = || split(text, complete, Dialect { apostrophes: true, ..plain });
        let judged = match mark {
            Some(QuoteMark::Double) => double(plain),
            Some(QuoteMark::Single) => single(),
            None => likelier(single(), double(plain)),
        };
        judged.map(|judged| Judged { rules, ..judged })
    };
    let mut judged: Vec<Judged> = delimiters.iter().filter_map(judge).collect();
    // A single column is no table. Otherwise the agreement of records on their number of cells is stronger evidence
    // than the number, because a decimal comma makes columns as well, but not the same number in each row.
    judged.sort_by(|a, b| {
        let table = |judged: &Judged| judged.header.len() > 1;
        let share = |this: &Judged, other: &Judged| this.agreeing * other.records.max(1);
        table(b).cmp(&table(a)).then(share(b, a).cmp(&share(a, b))).then(b.header.len().cmp(&a.header.len()))
    });
    judged
}

impl Judged {
    /// True if the cells stand in apostrophes: those behind the first record, or of a single record its own.
    fn is_in_apostrophes(&self) -> bool {
        match self.records {
            0 => self.quoted_names.len() == self.header.len(),
            _ => self.share.is_evidence(),
        }
    }
}

/// The reading by apostrophes, if the cells prove it and the reading by `"` does not agree more with the first record.
fn likelier(single: Option<Judged>, double: Option<Judged>) -> Option<Judged> {
    let is_single = |single: &Judged| {
        let agrees_more =
            |double: &Judged| double.agreeing * single.records.max(1) > single.agreeing * double.records.max(1);
        single.is_in_apostrophes() && !double.as_ref().is_some_and(agrees_more)
    };
    if single.as_ref().is_some_and(is_single) { single } else { double }
}

fn split(text: &str, complete: bool, dialect: Dialect) -> Option<Judged> {
    let mut splitter = Splitter::new(dialect, 1);
    let mut judged: Option<Judged> = None;
    while splitter.scan(text.as_bytes()) {
        see(&mut judged, dialect, text, splitter.fields());
        if judged.as_ref().is_some_and(|judged| judged.records == RECORDS) {
            return judged;
        }
    }
    let last = if complete { splitter.finish(text.as_bytes()) } else { None };
    // An apostrophe at the beginning of a name takes in the rest of the text, which proves nothing.
    let is_name = dialect.apostrophes && last == Some(RecordEnd::UnclosedQuote) && judged.is_some();
    if last.is_some() && !is_name {
        see(&mut judged, dialect, text, splitter.fields());
    }
    judged
}

fn see(judged: &mut Option<Judged>, dialect: Dialect, text: &str, fields: &[RawField]) {
    if is_blank(text, fields) {
        return;
    }
    let cells = fields.iter().map(|field| field.cell(text));
    match judged {
        None => {
            let header = cells.take(HEADER).map(Cow::into_owned).collect();
            let quoted_names = fields.iter().take(HEADER).enumerate();
            let quoted_names = quoted_names.filter(|(_, field)| dialect.apostrophes && field.is_quoted());
            *judged = Some(Judged {
                dialect,
                rules: QuoteRules::Usual,
                quoted_names: quoted_names.map(|(column, _)| column).collect(),
                header,
                records: 0,
                agreeing: 0,
                surplus: None,
                cells: 0,
                blank: 0,
                torn: 0,
                share: QuotedShare::default(),
            });
        }
        Some(judged) => {
            judged.records += 1;
            if dialect.apostrophes {
                judged.share.see(RecordCells { text, fields }, is_in_apostrophes);
            }
            judged.torn += usize::from(tear(text, fields, dialect.delimiter) == Some(Tear::Backslash));
            judged.agreeing += usize::from(fields.len() == judged.header.len());
            // A short record, as a row of totals may be, is no evidence about surplus cells.
            if let Some(surplus) = fields.get(judged.header.len()..) {
                let empty = surplus.iter().all(|field| field.cell(text).trim().is_empty());
                let this = if empty { surplus.len() } else { 0 };
                judged.surplus = match judged.surplus {
                    None => Some(this),
                    Some(others) => Some(if others == this { this } else { 0 }),
                };
            }
            for cell in cells.skip(1).filter(|cell| !cell.is_empty()) {
                judged.cells += 1;
                judged.blank += usize::from(cell.starts_with(' '));
            }
        }
    }
}

/// The delimiter declared by a first line such as `sep=;`, which spreadsheets write, and the length in bytes of the
/// line with its line break; `None` without such a line.
pub fn declared(text: &str) -> Option<(u8, usize)> {
    let line = &text[..text.find(['\n', '\r'])?];
    let said = line.trim_matches('"').to_ascii_lowercase();
    let delimiter = match said.strip_prefix("sep=")?.as_bytes() {
        [one] => *one,
        // Some editors trim a tab at the end of the line.
        [] => b'\t',
        _ => return None,
    };
    let breaks = if text[line.len()..].starts_with("\r\n") { 2 } else { 1 };
    Some((delimiter, line.len() + breaks))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delimiter(text: &str) -> Option<u8> {
        judge(text, true, &DELIMITERS, QuoteRules::Usual).first().map(|judged| judged.dialect.delimiter)
    }

    #[test]
    fn records_that_agree_tell_more_than_many_columns() {
        assert_eq!(delimiter("a;b;c\n1,5;2,5;x, y\n1;2,25;z\n"), Some(b';'));
        assert_eq!(delimiter("a,b|c,d\n1|2\n3|4\n"), Some(b'|'));
        assert_eq!(delimiter("a\tb\n\"1,2,3\"\t\"4;5\"\n"), Some(b'\t'));
    }

    #[test]
    fn a_text_is_not_judged_before_its_first_record_is_complete() {
        assert!(judge("a,b,c", false, &DELIMITERS, QuoteRules::Usual).is_empty());
        assert!(judge("\"a,\nb", false, b",", QuoteRules::Usual).is_empty());
        assert_eq!(judge("a,b,c", true, b",", QuoteRules::Usual)[0].header, ["a", "b", "c"]);
    }

    #[test]
    fn backslashes_before_quotes_are_told_from_paths() {
        let backslashes = |text: &str| judge(text, true, b",", QuoteRules::Usual)[0].dialect.backslashes;
        assert!(backslashes("a,b\n\"x \\\"y\\\" z\",1\nc,2\n"));
        assert!(backslashes("a,b\n\"x \\\"y, z\\\"\",1\nc,2\n"));
        assert!(!backslashes("a,b\n\"C:\\dir\\\",1\n\"C:\\\",2\n"));
        assert!(!backslashes("a,b\n\"x \\\"\"y\\\"\" z\",1\nc,2\n"));
        assert!(!backslashes("a,b\nx \\\"y\\\" z,1\n"));
    }

    #[test]
    fn apostrophes_are_quotes_only_by_loose_rules_and_where_most_cells_stand_in_them() {
        let apostrophes = |text: &str, rules| judge(text, true, b",", rules)[0].dialect.apostrophes;
        let loose = QuoteRules::Loose(None);
        for (text, is_single) in [
            ("a,b\n'x, y','1'\n", true),
            ("'a', b\n'x', y\n'', z\n", true),
            ("a,b\n'x',y\nz,y\n", false),
            ("'a','b'", true),
            ("'a',b", false),
            ("a,b\n's Hertogenbosch,y\n", false),
            ("a,b,c\n's Brook, Jans',y\n", false),
            ("a,b\n'x','y'\n's Brook,y\n", true),
        ] {
            assert_eq!(apostrophes(text, loose), is_single, "{text}");
            assert!(
                !apostrophes(text, QuoteRules::Usual) && !apostrophes(text, QuoteRules::Loose(Some(QuoteMark::Double)))
            );
            assert!(apostrophes(text, QuoteRules::Loose(Some(QuoteMark::Single))));
        }
    }

    #[test]
    fn a_delimiter_may_be_declared() {
        assert_eq!(declared("sep=;\r\na"), Some((b';', 7)));
        assert_eq!(declared("\"sep=|\"\na"), Some((b'|', 8)));
        assert_eq!(declared("SEP=\na"), Some((b'\t', 5)));
        assert_eq!(declared("sep,arate\n"), None);
        assert_eq!(declared("sep=;"), None);
    }
}
