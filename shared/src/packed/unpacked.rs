//! A table on its way out of its packing.

use super::limits::NotUnpacked;
use crate::format::{FormatName, Mapping, Plan, ReadingOptions, Refusal, Remembered, Survey};

/// Bytes of a table that are surveyed, or given away, at a time.
pub(super) const PIECE: usize = 256 * 1024;

/// What the caller says about a spreadsheet.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The format, if it is known; it tells the header.
    pub format: Option<FormatName>,
    /// The columns of a table that is no format's, which tell its header.
    pub mapping: Option<Mapping>,
    /// What is remembered for headers; it counts where neither a format nor a mapping is said.
    pub remembered: Remembered,
    /// The name of the sheet.
    pub sheet: Option<String>,
}

/// Takes the pieces of a table as they come out.
pub type Sink<'s> = &'s mut dyn FnMut(&[u8]) -> Result<(), NotUnpacked>;

/// What was unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpacked {
    /// It was a sheet: to be read by [`Survey::of_sheet`].
    pub sheet: bool,
    /// Where the table came from, for people.
    pub evidence: Vec<String>,
    /// What else is to be said of it: a hidden sheet that fits as well, rows that the spreadsheet hides.
    pub notes: Vec<String>,
}

impl Unpacked {
    /// A table that stands in the file as it is, or will come out of its packing.
    pub fn plain(sheet: bool) -> Self {
        Self { sheet, evidence: Vec::new(), notes: Vec::new() }
    }

    /// The survey for the table.
    pub fn survey(&self, options: ReadingOptions, rows_per_chunk: u32) -> Survey {
        if self.sheet { Survey::of_sheet(options, rows_per_chunk) } else { Survey::new(options, rows_per_chunk) }
    }

    /// Says in a plan where its table came from.
    pub fn tell(&self, plan: &mut Plan) {
        plan.layout.evidence.splice(0..0, self.evidence.iter().chain(&self.notes).cloned());
    }

    /// Says in a refusal what was looked at.
    pub fn tell_refused(&self, mut refusal: Refusal) -> Refusal {
        refusal.reasons.extend(self.evidence.iter().map(|from| format!("the table is from {from}")));
        refusal.reasons.extend(self.notes.iter().cloned());
        refusal
    }
}
