//! Reads a table of any kind: finds how its bytes are cut into cells, reads the file twice, and turns records into rows.
//!
//! The module promises the same for every kind of table, whose own rules are a [`Form`]:
//!
//! - **The whole file decides.** [`Survey`] reads the file once and makes a [`Plan`]: chunks, and a [`Layout`] with the
//!   decisions and their evidence. A file which leaves a decision open gets a [`Refusal`].
//! - **No silent loss.** Each data record is a row or an error with line, column and value. Only a row of totals at the
//!   end is left out, and the evidence says so.
//! - **Any order, any machine.** [`Rows`] reads a chunk by the layout and the chunk's bytes alone.
//!
//! # Why a trait
//!
//! The search for a delimiter, a title above the header, the cutting into chunks, torn quotes and rows of the wrong
//! length concern contacts as much as time entries. Columns, the readings of their cells and the parsed row differ. This
//! module calls the form, and no form calls this module's passes. Calls are static: a row takes about a microsecond, and
//! the compiler inlines the form's functions into both passes.
//!
//! | step | function of the form |
//! |---|---|
//! | the sheets of a spreadsheet | [`Form::header_columns`] |
//! | the head of the file: delimiter and header | [`Form::text_options`], [`Form::know`], [`Form::advise`] |
//! | each record of the first pass | [`Form::watch`], [`Form::see`] |
//! | the end of the first pass | [`Form::end`], [`Form::decide`] |
//! | before the first chunk is stored | [`Form::recalled`] |
//! | a refusal after the header is known | [`Form::complete`] |
//! | each record of the second pass | [`Form::readings`], [`Form::joins_rows`], [`Form::rules_out`], [`Form::is_complete`], [`Form::read`] |

mod choose;
mod error;
mod fault;
mod given;
mod headers;
mod layout;
mod lengths;
mod mapping;
mod refusal;
mod remembered;
mod rows;
mod span;
mod survey;
mod title;
mod verdict;

use std::collections::BTreeSet;
use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::source::{Encoding, Judged, QuoteRules, RawField, RecordCells};

pub(crate) use error::excerpt;
pub use error::{ErrorCode, NO_VALUE, RowError, VALUE};
pub use fault::Fault;
pub(crate) use fault::is_remark;
pub use given::{Given, NULL};
pub(crate) use headers::is_too_long;
pub use headers::{Headers, RowEnds};
pub use layout::Layout;
pub use lengths::RowLengths;
pub use mapping::{MappedField, Mapping, WrongMapping};
pub(crate) use refusal::quoted;
pub use refusal::{Ambiguous, Refusal};
pub use remembered::{HeaderFingerprint, NoFingerprint, Remembered, RememberedMapping};
pub(crate) use rows::letters;
pub use rows::{ChunkError, RowIter, Rows, TableRow};
pub use span::{ChunkSpan, Oversized};
pub use survey::{Plan, Survey};
pub(crate) use title::{MOST_CELLS, MOST_LINES};
pub use verdict::{StoredLayout, Verdict};

/// A kind of table, such as time entries. A unit type implements the trait.
///
/// All functions are pure: the same arguments give the same answer, in any process. No state outlives a file, so a plan
/// made by one machine is read by another.
pub trait Form: Copy + Debug + Eq + 'static {
    /// The fewest columns of a table. A text without any delimiter has a single column, and is seldom a table.
    const LEAST_COLUMNS: usize = 2;

    /// The caller's wishes about a file. A spreadsheet is unpacked in a thread of its own, with a copy of the wishes.
    type Options: Clone + Debug + Default + Send + Sync + 'static;
    /// The meaning of the header: for example the format, and the column of each role.
    type Known: Clone + Debug + Eq;
    /// The observations of the first pass, whose size does not depend on the size of the file.
    type Watch;
    /// The form's part of the stored [`Layout`]. The part is stored flat: its names must differ from those of the layout.
    type Decisions: Clone + Debug + Eq + Serialize + DeserializeOwned;
    /// The form's part of a [`Refusal`], shown flat beside the refusal's own names.
    type Considered: Clone + Debug + Default + Eq + Serialize;
    /// A layout prepared for the second pass.
    type Readings<'l>;
    /// The parsed row, which borrows from the text of the chunk and from the layout.
    type Row<'r>: Clone + Debug;

    /// The wishes which concern bytes and delimiters.
    fn text_options(options: &Self::Options) -> TextOptions;

    /// The columns which have a role, if the cells can be the header of a readable table; `None` otherwise. Chooses the
    /// sheet of a spreadsheet, and the row of the sheet's header.
    fn header_columns(cells: &[String], options: &Self::Options) -> Option<BTreeSet<usize>>;

    /// Finds the meaning of a header. Called for each delimiter which makes a table, the likeliest first, and for lines
    /// below a title. The first header which is known is taken; if none is, the first refusal is shown.
    fn know(headers: &Headers, options: &Self::Options) -> Result<Self::Known, RefusalOf<Self>>;

    /// The remembered mapping by which the file is read, if any.
    fn recalled(known: &Self::Known) -> Option<&RememberedMapping>;

    /// Adds to the refusal of an unknown header any advice by which the caller may have the table read.
    fn advise(refusal: RefusalOf<Self>, head: Head<'_>, options: &Self::Options) -> RefusalOf<Self>;

    /// Adds the meaning of the header to a refusal which comes after the header.
    fn complete(refusal: &mut RefusalOf<Self>, known: &Self::Known);

    /// Begins the observations. `lengths` are the observations on the number of cells, for the watch to keep. `judged` has
    /// the dialect, as found in the head of the file.
    fn watch(known: &Self::Known, headers: &Headers, lengths: RowLengths, judged: &Judged) -> Self::Watch;

    /// Observes a record on `line`, which follows `rows` records; `cells` is `None` if the record cannot be read.
    fn see(watch: &mut Self::Watch, line: u64, cells: Option<RecordCells<'_>>, headers: &Headers, rows: u64);

    /// Ends the file. True if the last record is a row of totals, which then is no data row.
    fn end(watch: &mut Self::Watch) -> bool;

    /// Decides by the options and the observations how the cells are read. A decision which stays open, or which the
    /// options and the cells contradict, refuses the file.
    fn decide(
        options: &Self::Options,
        known: &Self::Known,
        watch: &Self::Watch,
        headers: &Headers,
    ) -> Result<Decided<Self::Decisions>, RefusalOf<Self>>;

    /// Prepares a layout for the rows of a chunk.
    fn readings<'l>(layout: &'l LayoutOf<Self>) -> Self::Readings<'l>;

    /// The decided ends of rows.
    fn ends(readings: &Self::Readings<'_>) -> RowEnds;

    /// True if a record of several lines is two rows which unpaired quotes have joined.
    fn joins_rows(readings: &Self::Readings<'_>, cells: RecordCells<'_>, delimiter: u8) -> bool;

    /// The error of a record which is no data row, such as a row of subtotals; `None` for nearly every record.
    fn rules_out(readings: &Self::Readings<'_>, cells: RecordCells<'_>) -> Option<RowError>;

    /// True if a record without its last cells is a whole row. With `leaves_out` the file leaves empty cells at the ends
    /// of its rows out; otherwise the record itself must prove that no cell was lost.
    fn is_complete(readings: &Self::Readings<'_>, cells: RecordCells<'_>, leaves_out: bool) -> bool;

    /// Parses the cells of a row. The fields have the width of the header, or are a whole row without the last cells.
    fn read<'r>(
        readings: &'r Self::Readings<'_>,
        text: &'r str,
        fields: &[RawField],
    ) -> Result<Self::Row<'r>, RowError>;
}

/// The layout of a file of the form.
pub type LayoutOf<F> = Layout<<F as Form>::Decisions>;

/// The refusal of a file of the form.
pub type RefusalOf<F> = Refusal<<F as Form>::Considered>;

/// The caller's wishes about bytes and delimiters. A wish which is `None` is decided by the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextOptions {
    pub encoding: Option<Encoding>,
    /// An ASCII character other than a quote or a line break.
    pub delimiter: Option<u8>,
    pub quotes: QuoteRules,
}

/// The beginning of a file, in which the header is searched.
#[derive(Clone, Copy, Debug)]
pub struct Head<'t> {
    pub text: &'t str,
    /// True if the text ends here, or is so long that its first record counts as complete.
    pub complete: bool,
    /// The delimiters which the file may have.
    pub delimiters: &'t [u8],
    /// The delimiter which the caller asked for.
    pub asked: Option<u8>,
    pub quotes: QuoteRules,
}

/// The decisions of a form, with sentences for people about the deciding cells.
#[derive(Clone, Debug)]
pub struct Decided<D> {
    pub decisions: D,
    pub evidence: Vec<String>,
}
