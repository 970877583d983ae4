//! The first pass: reads the whole file once, in pieces, and makes a plan.
//!
//! 1. The *head*, which is some first kilobytes of text, decides the delimiter and, by the header, what the form knows
//!    of the file. Most refused files are refused here.
//! 2. The *body* cuts the rest of the file into records, places the records into chunks, and passes the cells
//!    to the form.
//! 3. The *end* lets the form decide how the cells are read. Decisions which stay open are refused only here,
//!    after the whole file has been read.

use super::choose::{Chosen, choose};
use super::headers::Headers;
use super::layout::Layout;
use super::lengths::RowLengths;
use super::refusal::Refusal;
use super::remembered::RememberedMapping;
use super::span::{ChunkSpan, Chunks, Placed};
use super::title::{below_title, is_quoted_whole, quoted_whole};
use super::{Form, Head, LayoutOf, RefusalOf, TextOptions};
use crate::source::{self, DELIMITERS, Decoder, Encoding, Judged, MAX_RECORD, QuoteRules, Record, RecordEnd, Records};
use crate::values::dates;
use crate::values::times;

/// Length in bytes of the text which is inspected before the delimiter and the meaning of the header are decided.
const HEAD: usize = 16 * 1024;

/// Count of bytes which are decoded and split at once. Their text stays in a processor's nearest cache between the steps.
const PIECE: usize = 4000;

const HEADLESS: &str = "the file has no header";

/// The first pass over a file, which receives the file in pieces.
pub struct Survey<F: Form> {
    options: F::Options,
    /// The delimiter which the caller asked for.
    asked: Option<u8>,
    quotes: QuoteRules,
    /// True if the bytes were made from a worksheet or from JSON.
    sheet: bool,
    /// True if the bytes were made from objects of JSON.
    objects: bool,
    decoder: Decoder,
    stage: Stage<F>,
    chunks: Chunks,
}

/// The plan of a whole file: how its rows are read, and in which chunks they are loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan<F: Form> {
    pub layout: LayoutOf<F>,
    /// Count of data rows in all chunks.
    pub rows: u64,
    /// Chunks not yet given out by [`Survey::take_chunks`].
    pub chunks: Vec<ChunkSpan>,
    /// Physical line of a row of totals at the end, which is no data row.
    pub total_row: Option<u64>,
    /// The meaning of the header.
    pub known: F::Known,
}

impl<F: Form> Plan<F> {
    /// The remembered mapping by which the file was read.
    pub fn recalled(&self) -> Option<&RememberedMapping> {
        F::recalled(&self.known)
    }
}

enum Stage<F: Form> {
    Head {
        text: String,
        /// Length of the text at which the head is inspected again.
        enough: usize,
    },
    Body(Box<Body<F>>),
}

/// The decisions made from the head, and the state of reading the body.
struct Body<F: Form> {
    records: Records,
    judged: Judged,
    headers: Headers,
    header_read: bool,
    known: F::Known,
    watch: F::Watch,
    /// Evidence about lines skipped above the header, for people.
    title: Option<String>,
}

impl<F: Form> Survey<F> {
    /// Begins a survey which cuts the file into chunks of `rows_per_chunk` rows (at least one).
    pub fn new(options: F::Options, rows_per_chunk: u32) -> Self {
        let text_options = F::text_options(&options);
        Self::with(options, text_options, false, rows_per_chunk)
    }

    /// Begins a survey of a worksheet which [`packed`](crate::packed) has turned into UTF-8 with commas, with a line
    /// for each row of the sheet. The caller's options for encoding and delimiter are ignored.
    pub fn of_sheet(options: F::Options, rows_per_chunk: u32) -> Self {
        let made = TextOptions { encoding: Some(Encoding::Utf8), delimiter: Some(b','), quotes: QuoteRules::Usual };
        Self::with(options, made, true, rows_per_chunk)
    }

    /// Begins a survey of objects of JSON which [`packed`](crate::packed) has turned into a table like a worksheet's.
    pub fn of_objects(options: F::Options, rows_per_chunk: u32) -> Self {
        Self { objects: true, ..Self::of_sheet(options, rows_per_chunk) }
    }

    fn with(options: F::Options, text_options: TextOptions, sheet: bool, rows_per_chunk: u32) -> Self {
        Self {
            decoder: Decoder::new(text_options.encoding),
            options,
            asked: text_options.delimiter,
            quotes: text_options.quotes,
            sheet,
            objects: false,
            stage: Stage::Head { text: String::new(), enough: HEAD },
            chunks: Chunks::new(rows_per_chunk),
        }
    }

    /// Takes the next bytes of the file, in pieces of any size.
    ///
    /// # Errors
    ///
    /// Refuses the file as soon as some bytes prove the file to be unreadable. The survey ends with the refusal.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), RefusalOf<F>> {
        let mut pieces = bytes.chunks(PIECE);
        let read = pieces.try_for_each(|piece| self.read(Some(piece)));
        read.map_err(|refusal| self.complete(refusal))
    }

    /// The meaning of the header; known as soon as the header has been read, and before the first chunk is complete.
    pub fn known(&self) -> Option<&F::Known> {
        match &self.stage {
            Stage::Head { .. } => None,
            Stage::Body(body) => Some(&body.known),
        }
    }

    /// The remembered mapping by which the file is read; known as soon as the header has been read, and before the first
    /// chunk is complete.
    pub fn recalled(&self) -> Option<&RememberedMapping> {
        F::recalled(self.known()?)
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
    pub fn finish(mut self) -> Result<Plan<F>, RefusalOf<F>> {
        let decided = self.read(None).and_then(|()| self.is_more_than_a_header()).and_then(|()| self.decide());
        let (mut layout, has_total) = decided.map_err(|refusal| self.complete(refusal))?;
        let Self { stage: Stage::Body(body), mut chunks, .. } = self else {
            return Err(Refusal::because(HEADLESS));
        };
        let total_row = if has_total { chunks.drop_last() } else { None };
        let total_row = total_row.map(|record| record.line);
        let (rows, chunks) = chunks.finish()?;
        layout.evidence.extend(total_row.map(|line| format!("line {line} is left out: it is a row of totals")));
        Ok(Plan { layout, rows, chunks, total_row, known: body.known })
    }

    /// Reads the next bytes, or the end of the file with `None`.
    fn read(&mut self, bytes: Option<&[u8]>) -> Result<(), RefusalOf<F>> {
        match (&mut self.stage, bytes) {
            (Stage::Head { text, .. }, Some(bytes)) => self.decoder.push(bytes, text)?,
            (Stage::Head { text, .. }, None) => self.decoder.finish(text)?,
            (Stage::Body(body), bytes) => body.records.decode(&mut self.decoder, bytes)?,
        }
        if let Stage::Head { text, enough } = &mut self.stage {
            let last = bytes.is_none();
            let begun = read_head(text, enough, last, &self.options, (self.asked, self.quotes), &self.decoder);
            // Misread column names are explained by the wrong encoding, which is the refusal's reason.
            let Some(body) = begun.or_else(|refusal| self.decoder.doubts().map_err(Refusal::from).and(Err(refusal)))?
            else {
                return Ok(());
            };
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
            place::<F>(record, headers, watch, &mut self.chunks);
            Ok::<(), RefusalOf<F>>(())
        };
        records.drain(&mut self.decoder, &mut take)?;
        if bytes.is_none() {
            records.finish(self.decoder.encoding(), take)?;
        }
        Ok(self.chunks.check()?)
    }

    /// Refuses a file with a single line which contains values besides column names.
    fn is_more_than_a_header(&self) -> Result<(), RefusalOf<F>> {
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

    /// Lets the form decide, and assembles the layout. True if the last record is a row of totals.
    fn decide(&mut self) -> Result<(LayoutOf<F>, bool), RefusalOf<F>> {
        let Stage::Body(body) = &mut self.stage else {
            return Err(Refusal::because(HEADLESS));
        };
        let has_total = F::end(&mut body.watch);
        let decided = F::decide(&self.options, &body.known, &body.watch, &body.headers)?;
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
        evidence.extend(decided.evidence);
        let layout = Layout {
            encoding: self.decoder.encoding(),
            delimiter: body.judged.dialect.delimiter,
            spaced: body.judged.dialect.spaced,
            backslashes: body.judged.dialect.backslashes,
            apostrophes: body.judged.dialect.apostrophes,
            sheet: self.sheet,
            objects: self.objects,
            headers: body.headers.shown().to_vec(),
            evidence,
            decisions: decided.decisions,
        };
        Ok((layout, has_total))
    }

    /// Adds the decisions made so far to a refusal.
    fn complete(&self, mut refusal: RefusalOf<F>) -> RefusalOf<F> {
        if let Stage::Body(body) = &self.stage {
            F::complete(&mut refusal, &body.known);
            refusal.encoding = Some(self.decoder.encoding());
            refusal.delimiter = Some(body.judged.dialect.delimiter);
            refusal.headers = body.headers.shown().into();
        }
        // A worksheet has neither an encoding nor a delimiter; both belong to the text made from the sheet.
        if self.sheet { Refusal { encoding: None, delimiter: None, ..refusal } } else { refusal }
    }
}

/// The delimiter which the caller asked for, and the rules for quotes.
type Asked = (Option<u8>, QuoteRules);

/// Inspects the head; `None` if more text is needed.
///
/// The inspected sample is always a beginning of `enough` bytes, or the whole file, so the result does not depend on
/// the pieces in which the text arrived.
fn read_head<F: Form>(
    text: &str,
    enough: &mut usize,
    last: bool,
    options: &F::Options,
    asked: Asked,
    decoder: &Decoder,
) -> Result<Option<Body<F>>, RefusalOf<F>> {
    while text.len() >= *enough {
        let sample = &text[..text.floor_char_boundary(*enough)];
        let hopeless = *enough > MAX_RECORD;
        if let Some(body) = begin(text, sample, hopeless, options, asked, decoder)? {
            return Ok(Some(body));
        }
        *enough *= 2;
    }
    if last { begin(text, text, true, options, asked, decoder) } else { Ok(None) }
}

/// Decides by a sample of the text. `None` if the first record of the sample is incomplete; with `last`
/// the sample decides in any case.
fn begin<F: Form>(
    text: &str,
    sample: &str,
    last: bool,
    options: &F::Options,
    (asked, quotes): Asked,
    decoder: &Decoder,
) -> Result<Option<Body<F>>, RefusalOf<F>> {
    if last && sample.trim().is_empty() {
        return Err(Refusal::because("the file is empty: nothing is written in it"));
    }
    let (declared, skipped) = match source::declared(sample) {
        Some((delimiter, length)) => (Some(delimiter), length),
        None => (None, 0),
    };
    let said = asked.or(declared);
    let delimiters = match &said {
        Some(b'"' | b'\n' | b'\r' | 0x80..) => {
            return Err(Refusal::because("`delimiter` must be one ASCII character, and no quote or line break"));
        }
        Some(said) => std::slice::from_ref(said),
        None => &DELIMITERS,
    };
    let head = Head { text: &sample[skipped..], complete: last, delimiters, asked, quotes };
    let judged = source::judge(head.text, last, delimiters, quotes);
    if judged.is_empty() && !last {
        return Ok(None);
    }
    let encoding = decoder.encoding();
    let (chosen, title) = match choose::<F>(judged, asked, options) {
        Ok(chosen) => (chosen, None),
        Err(refusal) => match below_title::<F>(head, options) {
            Some(Ok((chosen, title))) => (chosen, Some(title)),
            Some(Err(refusal)) => return Err(Refusal { encoding: Some(encoding), ..refusal }),
            None if is_quoted_whole::<F>(head, options) => return Err(quoted_whole(encoding)),
            None => return Err(F::advise(Refusal { encoding: Some(encoding), ..refusal }, head, options)),
        },
    };
    let Chosen { judged, headers, known } = chosen;
    let lengths = RowLengths::new(&headers, judged.surplus.unwrap_or(0) as u32);
    let watch = F::watch(&known, &headers, lengths, &judged);
    let above = skipped + title.as_ref().map_or(0, |title| title.length);
    let lines = u64::from(skipped > 0) + title.as_ref().map_or(0, |title| title.lines);
    let origin = decoder.mark() + encoding.source_len(&text[..above]);
    let mut records = Records::new(judged.dialect, origin, 1 + lines);
    records.text().push_str(&text[above..]);
    let title = title.map(|title| title.said);
    Ok(Some(Body { records, judged, headers, header_read: false, known, watch, title }))
}

/// Places a data record into the chunks, and passes its cells to the form.
#[inline]
fn place<F: Form>(record: Record<'_>, headers: &Headers, watch: &mut F::Watch, chunks: &mut Chunks) {
    let unclosed = record.ending == RecordEnd::UnclosedQuote;
    let readable = record.cells.filter(|_| !unclosed);
    F::see(watch, record.line, readable, headers, chunks.rows());
    chunks.add(Placed {
        line: record.line,
        last_line: record.last_line,
        source: record.source,
        oversized: record.cells.is_none(),
        unclosed,
    });
}
