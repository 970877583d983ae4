//! Observes the quotes of a file during the first pass, to see that the whole file has the quotes of its first rows.
//!
//! The head of the file says whether cells stand in apostrophes. The watch counts on to the end of the file. The file is
//! refused if the count contradicts the head, or if the reading by `"` would cut the file into the same cells, because then
//! nothing tells whether the apostrophes are quotes or letters. The option `quote` settles both.

use super::header::ProfileHeader;
use crate::source::{Judged, QuoteMark, QuoteRules, QuotedShare, RecordCells, is_in_apostrophes, looks_quoted};
use crate::table::{Headers, RowLengths, excerpt};

/// The observations on a file of profiles.
pub struct ProfileWatch {
    pub(super) lengths: RowLengths,
    delimiter: u8,
    /// The quotes by which the file is read.
    mark: QuoteMark,
    /// `None` if nothing is to be found: the caller names the quotes, or the table was made from a sheet or JSON.
    found: Option<QuotesFound>,
}

/// The evidence for and against apostrophes.
struct QuotesFound {
    share: QuotedShare,
    /// True if the names of columns that have a field stand in apostrophes.
    names: bool,
    /// The first cell in apostrophes, with its line.
    first: Option<(u64, String)>,
    /// The first cell in apostrophes with either a delimiter or a line break inside, with its line. Any other reading gives
    /// the record more or fewer cells. A cell with both may be two rows, joined by the apostrophes of two names.
    spanning: Option<(u64, String)>,
}

impl ProfileWatch {
    pub(super) fn new(header: &ProfileHeader, lengths: RowLengths, judged: &Judged) -> Self {
        let names = judged.quoted_names.iter();
        let is_read = |name: &usize| header.columns.iter().any(|column| column.column as usize == *name);
        let found = QuotesFound {
            share: QuotedShare::default(),
            names: names.copied().any(|name| is_read(&name)),
            first: None,
            spanning: None,
        };
        let is_open = judged.rules == QuoteRules::Loose(None);
        let mark = if judged.dialect.apostrophes { QuoteMark::Single } else { QuoteMark::Double };
        Self { lengths, delimiter: judged.dialect.delimiter, mark, found: is_open.then_some(found) }
    }

    #[inline]
    pub(super) fn see(&mut self, line: u64, cells: RecordCells<'_>, headers: &Headers) {
        self.lengths.see(line, cells, headers);
        let Some(found) = &mut self.found else { return };
        let is_quoted = match self.mark {
            QuoteMark::Single => is_in_apostrophes,
            QuoteMark::Double => looks_quoted,
        };
        found.share.see(cells, is_quoted);
        if found.first.is_some() && found.spanning.is_some() {
            return;
        }
        let delimiter = char::from(self.delimiter);
        for field in cells.fields.iter().filter(|field| is_quoted(field, cells.text)) {
            let cell = field.cell(cells.text);
            if found.first.is_none() {
                found.first = Some((line, excerpt(&cell)));
            }
            let is_cut = cell.contains(delimiter) != cell.contains(['\n', '\r']);
            if self.mark == QuoteMark::Single && found.spanning.is_none() && is_cut {
                found.spanning = Some((line, excerpt(&cell)));
            }
        }
    }

    /// Sentences for people about apostrophes.
    ///
    /// # Errors
    /// The reason for refusing a file whose quotes stay open.
    pub(super) fn quotes(&self) -> Result<Vec<String>, String> {
        let (found, mark) = match (&self.found, self.mark) {
            (None, QuoteMark::Single) => return Ok(vec!["cells stand in apostrophes, as `quote` says".to_owned()]),
            (None, QuoteMark::Double) => return Ok(Vec::new()),
            (Some(found), mark) => (found, mark),
        };
        let QuotedShare { filled, quoted, .. } = found.share;
        let share = format!("{quoted} of {filled} filled cells");
        match mark {
            QuoteMark::Double if !found.share.is_evidence() => Ok(Vec::new()),
            QuoteMark::Double => {
                Err(format!("the cells are read by `\"`, and {share} stand in apostrophes{}", found.readings()))
            }
            QuoteMark::Single if filled > 0 && !found.share.is_evidence() => Err(format!(
                "the first rows have their cells in apostrophes, and the whole file has not: {share}{}",
                found.readings()
            )),
            QuoteMark::Single => {
                let proof = match (&found.spanning, found.names) {
                    (Some((line, cell)), _) => format!("{cell:?} on line {line} would be cut by any other reading"),
                    (None, true) => "so do names of columns".to_owned(),
                    (None, false) => {
                        return Err(format!(
                            "{share} stand in apostrophes, and nothing else tells whether these are quotes or letters{}",
                            found.readings()
                        ));
                    }
                };
                Ok(vec![format!("cells stand in apostrophes: {share}; {proof}")])
            }
        }
    }
}

impl QuotesFound {
    /// Both readings of the first cell in apostrophes, and the option that chooses.
    fn readings(&self) -> String {
        let example = self.first.as_ref().map(|(line, cell)| {
            let inside = cell.trim().trim_matches('\'');
            format!(": on line {line}, `quote=single` reads {inside:?} and `quote=double` reads \"'{inside}'\"")
        });
        example.unwrap_or_else(|| ": say `quote=single` or `quote=double`".to_owned())
    }
}
