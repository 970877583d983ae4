//! Reads any table as a table of profiles: the [`Form`] of profiles.

use std::collections::BTreeSet;

use super::header::ProfileHeader;
use super::layout::{ProfileDecisions, ProfileLayout, Profiles, ProfilesConsidered};
use super::options::ProfileReading;
use super::read::ProfileReader;
use super::row::ProfileRow;
use super::watch::ProfileWatch;
use crate::source::{Judged, QuoteRules, RawField, RecordCells};
use crate::table::{
    Decided, Form, Head, Headers, Refusal, RememberedMapping, RowEnds, RowError, RowLengths, TextOptions,
};

impl Form for Profiles {
    /// A list of addresses or numbers has a single column.
    const LEAST_COLUMNS: usize = 1;

    type Options = ProfileReading;
    type Known = ProfileHeader;
    type Watch = ProfileWatch;
    type Decisions = ProfileDecisions;
    type Considered = ProfilesConsidered;
    type Readings<'l> = ProfileReader<'l>;
    type Row<'r> = ProfileRow<'r>;

    fn text_options(options: &ProfileReading) -> TextOptions {
        let ProfileReading { encoding, delimiter, quote, .. } = *options;
        TextOptions { encoding, delimiter, quotes: QuoteRules::Loose(quote) }
    }

    fn header_columns(cells: &[String], options: &ProfileReading) -> Option<BTreeSet<usize>> {
        ProfileHeader::columns_of(cells, options)
    }

    fn know(headers: &Headers, options: &ProfileReading) -> Result<ProfileHeader, Refusal<ProfilesConsidered>> {
        ProfileHeader::of(headers, options)
    }

    /// The names of a database's fields are its own, so no mapping is remembered.
    fn recalled(_: &ProfileHeader) -> Option<&RememberedMapping> {
        None
    }

    fn advise(refusal: Refusal<ProfilesConsidered>, _: Head<'_>, _: &ProfileReading) -> Refusal<ProfilesConsidered> {
        refusal
    }

    fn complete(_: &mut Refusal<ProfilesConsidered>, _: &ProfileHeader) {}

    fn watch(known: &ProfileHeader, _: &Headers, lengths: RowLengths, judged: &Judged) -> ProfileWatch {
        ProfileWatch::new(known, lengths, judged)
    }

    #[inline]
    fn see(watch: &mut ProfileWatch, line: u64, cells: Option<RecordCells<'_>>, headers: &Headers, _: u64) {
        if let Some(cells) = cells {
            watch.see(line, cells, headers);
        }
    }

    /// No list of profiles ends with a row of totals.
    fn end(_: &mut ProfileWatch) -> bool {
        false
    }

    fn decide(
        options: &ProfileReading,
        known: &ProfileHeader,
        watch: &ProfileWatch,
        _: &Headers,
    ) -> Result<Decided<ProfileDecisions>, Refusal<ProfilesConsidered>> {
        if let Some(reason) = watch.lengths.shifted() {
            return Err(Refusal::because(reason));
        }
        let quotes = watch.quotes().map_err(Refusal::because)?;
        let wishes = (options.ignore_empty, options.invalid_values);
        let decisions = ProfileDecisions::new(known.columns.clone(), known.keys.clone(), wishes, watch.lengths.ends());
        let lengths = watch.lengths.evidence("an address in its place");
        Ok(Decided { decisions, evidence: known.said.iter().cloned().chain(quotes).chain(lengths).collect() })
    }

    fn readings(layout: &ProfileLayout) -> ProfileReader<'_> {
        ProfileReader::new(layout)
    }

    #[inline]
    fn ends(reader: &ProfileReader<'_>) -> RowEnds {
        reader.ends()
    }

    /// No cell of a profile has a form by which the lines of a cell could be told to be rows.
    fn joins_rows(_: &ProfileReader<'_>, _: RecordCells<'_>, _: u8) -> bool {
        false
    }

    fn rules_out(_: &ProfileReader<'_>, _: RecordCells<'_>) -> Option<RowError> {
        None
    }

    fn is_complete(reader: &ProfileReader<'_>, cells: RecordCells<'_>, leaves_out: bool) -> bool {
        reader.is_complete(cells, leaves_out)
    }

    #[inline]
    fn read<'r>(reader: &'r ProfileReader<'_>, text: &'r str, fields: &[RawField]) -> Result<ProfileRow<'r>, RowError> {
        reader.read(text, fields)
    }
}
