//! Reads any table as a table of time entries: the [`Form`] of time entries.

use std::collections::BTreeSet;

use super::candidate::Considered;
use super::decide::decide;
use super::decisions::Decisions;
use super::known::{KnownHeader, header_columns};
use super::name::FormatName;
use super::options::ReadingOptions;
use super::read::Reader;
use super::row::EntryRow;
use super::suggest::suggest;
use super::time_entries::{Layout, Refusal, Rows, TimeEntries};
use super::watch::Watch;
use crate::contact_form::can_only_be_contacts;
use crate::source::{Judged, RawField, RecordCells};
use crate::table::{
    ChunkError, ChunkSpan, Decided, Form, Head, Headers, RememberedMapping, RowEnds, RowError, RowLengths, TextOptions,
};

impl Form for TimeEntries {
    type Options = ReadingOptions;
    type Known = KnownHeader;
    type Watch = Watch;
    type Decisions = Decisions;
    type Considered = Considered;
    type Readings<'l> = Reader<'l>;
    type Row<'r> = EntryRow<'r>;

    fn text_options(options: &ReadingOptions) -> TextOptions {
        TextOptions { encoding: options.encoding, delimiter: options.delimiter, ..TextOptions::default() }
    }

    fn header_columns(cells: &[String], options: &ReadingOptions) -> Option<BTreeSet<usize>> {
        header_columns(cells, options)
    }

    fn know(headers: &Headers, options: &ReadingOptions) -> Result<KnownHeader, Refusal> {
        KnownHeader::of(headers, options)
    }

    fn recalled(known: &KnownHeader) -> Option<&RememberedMapping> {
        known.mapped.recalled.as_ref()
    }

    fn advise(mut refusal: Refusal, head: Head<'_>, options: &ReadingOptions) -> Refusal {
        // A caller who names a format or the columns knows the table already.
        let is_unknown = options.format.is_none() && options.mapping.is_none();
        if is_unknown && can_only_be_contacts(&refusal.headers) {
            refusal.reasons.push(
                "the columns are those of contacts: an import with `type=ContactImport` takes people and companies"
                    .to_owned(),
            );
        }
        if let Some(suggestion) = is_unknown.then(|| suggest(head)).flatten() {
            let score = suggestion.score;
            refusal
                .reasons
                .push(format!("`suggested_mapping` is a `mapping` that may read it, as sure as {score} of 100"));
            refusal.considered.suggested_mapping = Some(suggestion);
        }
        refusal
    }

    fn complete(refusal: &mut Refusal, known: &KnownHeader) {
        refusal.reasons.extend(known.mapped.said.clone());
        refusal.considered.candidates = known.candidates.clone().into();
    }

    fn watch(known: &KnownHeader, headers: &Headers, lengths: RowLengths, _: &Judged) -> Watch {
        // FreshBooks Classic writes MM/DD/YY or DD/MM/YY, depending on the account; in other formats a
        // two-digit year may also stand first.
        let years_last = known.format == FormatName::Freshbooks;
        Watch::new(known.roles.clone(), headers, years_last, lengths)
    }

    #[inline]
    fn see(watch: &mut Watch, line: u64, cells: Option<RecordCells<'_>>, headers: &Headers, rows: u64) {
        watch.see(line, cells, headers, rows);
    }

    fn end(watch: &mut Watch) -> bool {
        watch.finish()
    }

    fn decide(
        options: &ReadingOptions,
        known: &KnownHeader,
        watch: &Watch,
        headers: &Headers,
    ) -> Result<Decided<Decisions>, Refusal> {
        decide(options, known, watch, headers)
    }

    fn readings(layout: &Layout) -> Reader<'_> {
        Reader::new(layout)
    }

    #[inline]
    fn ends(reader: &Reader<'_>) -> RowEnds {
        reader.ends()
    }

    #[inline]
    fn joins_rows(reader: &Reader<'_>, cells: RecordCells<'_>, delimiter: u8) -> bool {
        reader.joins_rows(cells, delimiter)
    }

    #[inline]
    fn rules_out(reader: &Reader<'_>, cells: RecordCells<'_>) -> Option<RowError> {
        reader.subtotal(cells)
    }

    fn is_complete(reader: &Reader<'_>, cells: RecordCells<'_>, leaves_out: bool) -> bool {
        reader.is_complete(cells, leaves_out)
    }

    #[inline]
    fn read<'r>(reader: &'r Reader<'_>, text: &'r str, fields: &[RawField]) -> Result<EntryRow<'r>, RowError> {
        reader.read(text, fields)
    }
}

impl Layout {
    /// The rows of a chunk, as described at [`Rows::new`].
    pub fn rows<'a>(&'a self, span: &ChunkSpan, bytes: &'a [u8]) -> Result<Rows<'a>, ChunkError> {
        Rows::new(self, span, bytes)
    }
}
