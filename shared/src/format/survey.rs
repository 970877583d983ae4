//! The first pass: reads the whole file once, in pieces, and makes a plan.
//!
//! 1. The *head*, which is some first kilobytes of text, decides the delimiter and, by the header, the format.
//!    Most refused files are refused here.
//! 2. The *body* cuts the rest of the file into records, places the records into chunks, and passes the cells
//!    of each column to a profile.
//! 3. The *end* decides the reading of each column by its profile. Readings which stay open are refused only here,
//!    after the whole file has been read.

use super::candidate::Candidate;
use super::choose::{Chosen, choose};
use super::decide;
use super::layout::Layout;
use super::name::FormatName;
use super::options::ReadingOptions;
use super::refusal::Refusal;
use super::remembered::{Mapped, RememberedMapping};
use super::suggest::suggest;
use super::title::{below_title, is_quoted_whole, quoted_whole};
use super::watch::Watch;
use crate::source::{self, DELIMITERS, Decoder, Encoding, Judged, MAX_RECORD, Record, RecordEnd, Records};
use crate::table::{ChunkSpan, Chunks, Headers, Placed, RowLengths};
use crate::values::dates;
use crate::values::times;

/// Length in bytes of the text which is inspected before the delimiter and the format are decided.
const HEAD: usize = 16 * 1024;

/// Count of bytes which are decoded and split at once. Their text stays in a processor's nearest cache between the steps.
const PIECE: usize = 4000;

/// The first pass over a file, which receives the file in pieces.
pub struct Survey {
    options: ReadingOptions,
    /// True if the bytes were made from a worksheet.
    sheet: bool,
    decoder: Decoder,
    stage: Stage,
    chunks: Chunks,
}

/// The plan of a whole file: how its rows are read, and in which chunks they are loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub layout: Layout,
    /// Count of data rows in all chunks.
    pub rows: u64,
    /// Chunks not yet given out by [`Survey::take_chunks`].
    pub chunks: Vec<ChunkSpan>,
    /// Physical line of a row of totals at the end, which is no data row.
    pub total_row: Option<u64>,
    /// The remembered mapping by which the file was read.
    pub recalled: Option<RememberedMapping>,
}

enum Stage {
    Head {
        text: String,
        /// Length of the text at which the head is inspected again.
        enough: usize,
    },
    Body(Box<Body>),
}

/// The decisions made from the head, and the state of reading the body.
struct Body {
    records: Records,
    judged: Judged,
    format: FormatName,
    candidates: Vec<Candidate>,
    headers: Headers,
    header_read: bool,
    watch: Watch,
    /// Evidence about lines skipped above the header, for people.
    title: Option<String>,
    mapped: Mapped,
}

impl Survey {
    /// Begins a survey which cuts the file into chunks of `rows_per_chunk` rows (at least one).
    pub fn new(options: ReadingOptions, rows_per_chunk: u32) -> Self {
        Self {
            decoder: Decoder::new(options.encoding),
            options,
            sheet: false,
            stage: Stage::Head { text: String::new(), enough: HEAD },
            chunks: Chunks::new(rows_per_chunk),
        }
    }

    /// Begins a survey of a worksheet which [`packed`](crate::packed) has turned into UTF-8 with commas, with a line
    /// for each row of the sheet. The caller's options for encoding and delimiter are ignored.
    pub fn of_sheet(options: ReadingOptions, rows_per_chunk: u32) -> Self {
        let made = ReadingOptions { encoding: Some(Encoding::Utf8), delimiter: Some(b','), ..options };
        Self { sheet: true, ..Self::new(made, rows_per_chunk) }
    }

    /// Takes the next bytes of the file, in pieces of any size.
    ///
    /// # Errors
    ///
    /// Refuses the file as soon as some bytes prove the file to be unreadable. The survey ends with the refusal.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let mut pieces = bytes.chunks(PIECE);
        let read = pieces.try_for_each(|piece| self.read(Some(piece)));
        read.map_err(|refusal| self.complete(refusal))
    }

    /// The remembered mapping by which the file is read; known as soon as the header has been read, and
    /// before the first chunk is complete.
    pub fn recalled(&self) -> Option<&RememberedMapping> {
        match &self.stage {
            Stage::Head { .. } => None,
            Stage::Body(body) => body.mapped.recalled.as_ref(),
        }
    }

    /// Takes the chunks which have been completed since the last call.
    pub fn take_chunks(&mut self) -> Vec<ChunkSpan> {
        self.chunks.take()
    }

    /// Ends the file after all bytes have been pushed, and returns the plan.
    ///
    /// # Errors
    ///
    /// Refuses a file which cannot be read, for example because some dates or numbers have more than one reading.
    pub fn finish(mut self) -> Result<Plan, Refusal> {
        let layout = self.read(None).and_then(|()| self.is_more_than_a_header()).and_then(|()| self.decide());
        let (mut layout, has_total) = layout.map_err(|refusal| self.complete(refusal))?;
        let total_row = if has_total { self.chunks.drop_last() } else { None };
        let recalled = self.recalled().cloned();
        let (rows, chunks) = self.chunks.finish()?;
        let total_row = total_row.map(|record| record.line);
        layout.evidence.extend(total_row.map(|line| format!("line {line} is left out: it is a row of totals")));
        Ok(Plan { layout, rows, chunks, total_row, recalled })
    }

    /// Reads the next bytes, or the end of the file with `None`.
    fn read(&mut self, bytes: Option<&[u8]>) -> Result<(), Refusal> {
        match (&mut self.stage, bytes) {
            (Stage::Head { text, .. }, Some(bytes)) => self.decoder.push(bytes, text)?,
            (Stage::Head { text, .. }, None) => self.decoder.finish(text)?,
            (Stage::Body(body), bytes) => body.records.decode(&mut self.decoder, bytes)?,
        }
        if let Stage::Head { text, enough } = &mut self.stage {
            let last = bytes.is_none();
            let begun = read_head(text, enough, last, &self.options, &self.decoder);
            // Misread column names are explained by the wrong encoding, which is the refusal's reason.
            let Some(body) = begun.or_else(|refusal| self.decoder.doubts().map_err(Refusal::from).and(Err(refusal)))?
            else {
                return Ok(());
            };
            self.options.mapping = body.mapped.mapping.clone();
            self.stage = Stage::Body(Box::new(body));
        }
        let Stage::Body(body) = &mut self.stage else {
            return Ok(());
        };
        let Body { records, headers, header_read, watch, .. } = &mut **body;
        let mut take = |record: Record<'_>| {
            if !std::mem::replace(header_read, true) {
                return Ok(());
            }
            place(record, headers, watch, &mut self.chunks);
            Ok::<(), Refusal>(())
        };
        records.drain(&mut self.decoder, &mut take)?;
        if bytes.is_none() {
            records.finish(self.decoder.encoding(), take)?;
        }
        Ok(self.chunks.check()?)
    }

    /// Refuses a file with a single line which contains values besides column names.
    fn is_more_than_a_header(&self) -> Result<(), Refusal> {
        let Stage::Body(body) = &self.stage else {
            return Ok(());
        };
        let is_data = |name: &String| name.contains('@') || dates::read(name).is_some() || times::read(name).is_some();
        if self.chunks.rows() > 0 || !body.headers.shown().iter().any(is_data) {
            return Ok(());
        }
        Err(Refusal::because(
            "the file is one long line: were its line breaks lost on the way? (curl takes them out of `-d @file`, not of \
             `-F file=@file`)",
        ))
    }

    /// Decides the reading of each column, and assembles the layout. True if the last record is a row of totals.
    fn decide(&mut self) -> Result<(Layout, bool), Refusal> {
        let Stage::Body(body) = &mut self.stage else {
            return Err(Refusal::because("the file has no header"));
        };
        let has_total = body.watch.finish();
        let decided = decide::decide(&self.options, body.format, &body.watch, &body.headers)?;
        let mut evidence = Vec::new();
        if !self.sheet {
            evidence.push(self.decoder.evidence());
            evidence.push(format!(
                "delimiter {:?}: {} columns in {} of the first {} rows",
                char::from(body.judged.dialect.delimiter),
                body.judged.header.len(),
                body.judged.agreeing,
                body.judged.records
            ));
        }
        evidence.extend(body.title.clone());
        evidence.extend(body.mapped.said.clone());
        evidence.extend(decided.evidence);
        let layout = Layout {
            format: body.format,
            encoding: self.decoder.encoding(),
            delimiter: body.judged.dialect.delimiter,
            spaced: body.judged.dialect.spaced,
            backslashes: body.judged.dialect.backslashes,
            sheet: self.sheet,
            headers: body.headers.shown().to_vec(),
            date_order: decided.date_order,
            decimal_mark: decided.decimal_mark,
            candidates: body.candidates.clone(),
            evidence,
            columns: decided.columns,
            rules: decided.rules,
        };
        Ok((layout, has_total))
    }

    /// Adds the decisions made so far to a refusal.
    fn complete(&self, mut refusal: Refusal) -> Refusal {
        let encoding = self.decoder.encoding();
        if let Stage::Body(body) = &self.stage {
            refusal.reasons.extend(body.mapped.said.clone());
        }
        let refusal = match &self.stage {
            Stage::Head { .. } => refusal,
            Stage::Body(body) => Refusal {
                encoding: Some(encoding),
                delimiter: Some(body.judged.dialect.delimiter),
                headers: body.headers.shown().into(),
                candidates: body.candidates.clone().into(),
                ..refusal
            },
        };
        // A worksheet has neither an encoding nor a delimiter; both belong to the text made from the sheet.
        if self.sheet { Refusal { encoding: None, delimiter: None, ..refusal } } else { refusal }
    }
}

/// Inspects the head; `None` if more text is needed.
///
/// The inspected sample is always a beginning of `enough` bytes, or the whole file, so the result does not depend on
/// the pieces in which the text arrived.
fn read_head(
    text: &str,
    enough: &mut usize,
    last: bool,
    options: &ReadingOptions,
    decoder: &Decoder,
) -> Result<Option<Body>, Refusal> {
    while text.len() >= *enough {
        let sample = &text[..text.floor_char_boundary(*enough)];
        let hopeless = *enough > MAX_RECORD;
        if let Some(body) = begin(text, sample, hopeless, options, decoder)? {
            return Ok(Some(body));
        }
        *enough *= 2;
    }
    if last { begin(text, text, true, options, decoder) } else { Ok(None) }
}

/// Decides by a sample of the text. `None` if the first record of the sample is incomplete; with `last`
/// the sample decides in any case.
fn begin(
    text: &str,
    sample: &str,
    last: bool,
    options: &ReadingOptions,
    decoder: &Decoder,
) -> Result<Option<Body>, Refusal> {
    if last && sample.trim().is_empty() {
        return Err(Refusal::because("the file is empty: nothing is written in it"));
    }
    let (declared, skipped) = match source::declared(sample) {
        Some((delimiter, length)) => (Some(delimiter), length),
        None => (None, 0),
    };
    let asked = options.delimiter.or(declared);
    let delimiters = match &asked {
        Some(b'"' | b'\n' | b'\r' | 0x80..) => {
            return Err(Refusal::because("`delimiter` must be one ASCII character, and no quote or line break"));
        }
        Some(asked) => std::slice::from_ref(asked),
        None => &DELIMITERS,
    };
    let judged = source::judge(&sample[skipped..], last, delimiters);
    if judged.is_empty() && !last {
        return Ok(None);
    }
    let encoding = decoder.encoding();
    let (chosen, title) = match choose(judged, options) {
        Ok(chosen) => (chosen, None),
        Err(refusal) => match below_title(&sample[skipped..], last, delimiters, options) {
            Some(Ok((chosen, title))) => (chosen, Some(title)),
            Some(Err(refusal)) => return Err(Refusal { encoding: Some(encoding), ..refusal }),
            None if is_quoted_whole(&sample[skipped..], delimiters, options) => return Err(quoted_whole(encoding)),
            None => {
                // A caller who names a format or the columns knows the table already.
                let is_unknown = options.format.is_none() && options.mapping.is_none();
                let suggestion = is_unknown.then(|| suggest(&sample[skipped..], last, delimiters)).flatten();
                return Err(Refusal { encoding: Some(encoding), ..refusal }.suggesting(suggestion));
            }
        },
    };
    let Chosen { judged, headers, candidates, mapped } = chosen;
    let format = candidates[0].format;
    let roles = match &mapped.mapping {
        Some(mapping) => mapping.roles(&headers)?,
        None => format.declaration().know(&headers).roles,
    };
    // FreshBooks Classic writes MM/DD/YY or DD/MM/YY, depending on the account; in other formats a
    // two-digit year may also stand first.
    let years_last = format == FormatName::Freshbooks;
    let lengths = RowLengths::new(&headers, judged.surplus.unwrap_or(0) as u32);
    let watch = Watch::new(roles, &headers, years_last, lengths);
    let above = skipped + title.as_ref().map_or(0, |title| title.length);
    let lines = u64::from(skipped > 0) + title.as_ref().map_or(0, |title| title.lines);
    let origin = decoder.mark() + encoding.source_len(&text[..above]);
    let mut records = Records::new(judged.dialect, origin, 1 + lines);
    records.text().push_str(&text[above..]);
    let title = title.map(|title| title.said);
    Ok(Some(Body { records, judged, format, candidates, headers, header_read: false, watch, title, mapped }))
}

/// Places a data record into the chunks, and passes its cells to the profiles.
fn place(record: Record<'_>, headers: &Headers, watch: &mut Watch, chunks: &mut Chunks) {
    let unclosed = record.ending == RecordEnd::UnclosedQuote;
    let readable = record.cells.filter(|_| !unclosed);
    watch.see(record.line, readable, headers, chunks.rows());
    chunks.add(Placed {
        line: record.line,
        last_line: record.last_line,
        source: record.source,
        oversized: record.cells.is_none(),
        unclosed,
    });
}
