//! Reads any table as a table of contacts: the [`Form`] of contacts.

use std::collections::BTreeSet;

use super::columns::RowKinds;
use super::header::ContactHeader;
use super::layout::{ContactDecisions, ContactLayout, Contacts, ContactsConsidered};
use super::options::ContactReading;
use super::read::ContactReader;
use super::row::ContactRow;
use super::watch::ContactWatch;
use crate::source::{Judged, RawField, RecordCells};
use crate::table::{
    Decided, Form, Head, Headers, MappedField, Refusal, RememberedMapping, RowEnds, RowError, RowLengths, TextOptions,
    quoted,
};

impl Form for Contacts {
    type Options = ContactReading;
    type Known = ContactHeader;
    type Watch = ContactWatch;
    type Decisions = ContactDecisions;
    type Considered = ContactsConsidered;
    type Readings<'l> = ContactReader<'l>;
    type Row<'r> = ContactRow<'r>;

    fn text_options(options: &ContactReading) -> TextOptions {
        TextOptions { encoding: options.encoding, delimiter: options.delimiter, ..TextOptions::default() }
    }

    fn header_columns(cells: &[String], options: &ContactReading) -> Option<BTreeSet<usize>> {
        ContactHeader::columns_of(cells, options)
    }

    fn know(headers: &Headers, options: &ContactReading) -> Result<ContactHeader, Refusal<ContactsConsidered>> {
        ContactHeader::of(headers, options)
    }

    fn recalled(known: &ContactHeader) -> Option<&RememberedMapping> {
        known.recalled.as_ref()
    }

    fn advise(refusal: Refusal<ContactsConsidered>, _: Head<'_>, _: &ContactReading) -> Refusal<ContactsConsidered> {
        refusal
    }

    fn complete(refusal: &mut Refusal<ContactsConsidered>, known: &ContactHeader) {
        refusal.reasons.extend(known.said.clone());
    }

    fn watch(known: &ContactHeader, _: &Headers, lengths: RowLengths, _: &Judged) -> ContactWatch {
        ContactWatch::new(&known.columns, lengths)
    }

    #[inline]
    fn see(watch: &mut ContactWatch, line: u64, cells: Option<RecordCells<'_>>, headers: &Headers, _: u64) {
        if let Some(cells) = cells {
            watch.see(line, cells, headers);
        }
    }

    /// No list of people ends with a row of totals.
    fn end(_: &mut ContactWatch) -> bool {
        false
    }

    fn decide(
        options: &ContactReading,
        known: &ContactHeader,
        watch: &ContactWatch,
        headers: &Headers,
    ) -> Result<Decided<ContactDecisions>, Refusal<ContactsConsidered>> {
        if let Some(reason) = watch.lengths.shifted().or_else(|| watch.has_no_address(headers)) {
            return Err(Refusal::because(reason));
        }
        let columns = &known.columns;
        let fields = columns.fields.iter().map(|&(field, column)| (field, column as u32)).collect();
        let decisions =
            ContactDecisions { fields, kinds: columns.kinds, rules: options.rules, ends: watch.lengths.ends() };
        Ok(Decided { decisions, evidence: evidence(known, watch, headers) })
    }

    fn readings(layout: &ContactLayout) -> ContactReader<'_> {
        ContactReader::new(layout)
    }

    #[inline]
    fn ends(reader: &ContactReader<'_>) -> RowEnds {
        reader.ends()
    }

    /// No cell of a contact has a form by which the lines of a cell could be told to be rows.
    fn joins_rows(_: &ContactReader<'_>, _: RecordCells<'_>, _: u8) -> bool {
        false
    }

    fn rules_out(_: &ContactReader<'_>, _: RecordCells<'_>) -> Option<RowError> {
        None
    }

    fn is_complete(reader: &ContactReader<'_>, cells: RecordCells<'_>, leaves_out: bool) -> bool {
        reader.is_complete(cells, leaves_out)
    }

    #[inline]
    fn read<'r>(reader: &'r ContactReader<'_>, text: &'r str, fields: &[RawField]) -> Result<ContactRow<'r>, RowError> {
        reader.read(text, fields)
    }
}

/// Sentences for people about the columns.
fn evidence(known: &ContactHeader, watch: &ContactWatch, headers: &Headers) -> Vec<String> {
    let columns = &known.columns;
    let mut evidence: Vec<String> = known.said.iter().cloned().collect();
    let named =
        columns.fields.iter().map(|&(field, column)| format!("{:?} is {}", headers.shown()[column], field.name()));
    let named = named.collect::<Vec<_>>().join(", ");
    let kinds = match columns.kinds {
        RowKinds::People => "each row is a person",
        RowKinds::Companies => "each row is a company",
        RowKinds::Both => "the first column says of each row whether it is a company or a person",
    };
    evidence.push(format!("{kinds}: {named}"));
    for &(_, column) in &columns.fields {
        let same = headers.count_of(column);
        if same > 1 {
            let name = &headers.shown()[column];
            evidence.push(format!("{name:?} comes {same} times: the first is read"));
        }
    }
    let is_free = |column: usize| columns.fields.iter().all(|&(_, other)| other != column);
    let names = headers.shown().iter().enumerate();
    let free: Vec<String> =
        names.filter(|(column, name)| is_free(*column) && !name.is_empty()).map(|(_, name)| name.clone()).collect();
    if !free.is_empty() && columns.kinds != RowKinds::Both {
        let kept = match columns.kinds {
            RowKinds::Companies => "not kept: a row of companies has a name alone",
            RowKinds::People | RowKinds::Both => "kept with each person",
        };
        evidence.push(format!("columns without a field are {kept}: {}", quoted(&free)));
    }
    evidence.extend(watch.lengths.evidence("an address in its place"));
    evidence
}
