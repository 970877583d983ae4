//! The table that comes out of a packed file, and the options that choose the table.

use super::limits::NotUnpacked;
use super::packing::Packing;
use crate::table::{Form, Plan, Refusal, Survey};

/// The number of bytes of a table that are surveyed, or passed on, at a time.
pub(super) const PIECE: usize = 256 * 1024;

/// The options by which the sheet of a spreadsheet and the header in the sheet are found.
#[derive(Clone, Debug)]
pub struct WantedSheet<F: Form> {
    /// The wishes about the file, which say what counts as a header ([`Form::header_columns`]).
    pub options: F::Options,
    /// The name of the sheet to read. `None` to choose the sheet by its header.
    pub sheet: Option<String>,
}

impl<F: Form> Default for WantedSheet<F> {
    fn default() -> Self {
        Self { options: F::Options::default(), sheet: None }
    }
}

/// The function that receives the pieces of a table in order.
pub type Sink<'s> = &'s mut dyn FnMut(&[u8]) -> Result<(), NotUnpacked>;

/// The facts about an unpacked table, without the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpacked {
    /// True for a sheet, which is surveyed by [`Survey::of_sheet`].
    pub sheet: bool,
    /// True for objects of JSON, which are surveyed by [`Survey::of_objects`].
    pub objects: bool,
    /// The source of the table, as text for people, e.g. the sheet's name.
    pub evidence: Vec<String>,
    /// Remarks for people: a further sheet that fits but is hidden, rows that the spreadsheet hides.
    pub notes: Vec<String>,
}

impl Unpacked {
    /// A table without evidence from a file with this packing, or from a plain file.
    pub fn from(packing: Option<Packing>) -> Self {
        Self {
            sheet: packing.is_some_and(Packing::is_sheet),
            objects: packing == Some(Packing::Json),
            evidence: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// A survey that suits the kind of table.
    pub fn survey<F: Form>(&self, options: F::Options, rows_per_chunk: u32) -> Survey<F> {
        match self {
            Self { objects: true, .. } => Survey::of_objects(options, rows_per_chunk),
            Self { sheet: true, .. } => Survey::of_sheet(options, rows_per_chunk),
            _ => Survey::new(options, rows_per_chunk),
        }
    }

    /// Puts the source of the table in front of the plan's evidence.
    pub fn tell<F: Form>(&self, plan: &mut Plan<F>) {
        plan.layout.evidence.splice(0..0, self.evidence.iter().chain(&self.notes).cloned());
    }

    /// Adds the source of the table to the reasons of a refusal.
    pub fn tell_refused<C>(&self, mut refusal: Refusal<C>) -> Refusal<C> {
        refusal.reasons.extend(self.evidence.iter().map(|from| format!("the table is from {from}")));
        refusal.reasons.extend(self.notes.iter().cloned());
        refusal
    }
}
