//! The first pass over the file of any kind, behind an interface without the kind, for the plan.
//!
//! The pass takes pieces of many kilobytes, so the dynamic calls cost nothing beside the loops over records, which are
//! compiled for each form.

use super::{Kind, OptionsOf};
use crate::format::FormatName;
use crate::packed::Unpacked;
use crate::table::{ChunkSpan, RememberedMapping, StoredLayout, Survey};

pub use super::refused_file::RefusedFile;

/// A first pass over a file, which receives the bytes in pieces.
pub trait FileSurvey {
    /// Takes the next bytes. Refuses the file as soon as some bytes prove it to be unreadable.
    fn push(&mut self, bytes: &[u8]) -> Result<(), RefusedFile>;

    /// Takes the chunks completed since the last call.
    fn take_chunks(&mut self) -> Vec<ChunkSpan>;

    /// The remembered mapping by which the file is read; known before the first chunk is complete.
    fn recalled(&self) -> Option<&RememberedMapping>;

    /// Ends the file after all bytes. Refuses a file which leaves a decision open.
    fn finish(self: Box<Self>) -> Result<Surveyed, RefusedFile>;
}

/// The result of a first pass.
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// The number of data rows.
    pub rows: u64,
    /// The chunks not yet taken.
    pub chunks: Vec<ChunkSpan>,
    /// The decisions by which rows are read.
    pub layout: StoredLayout,
    /// The format as shown to people, or `None` if the kind has no formats.
    pub format: Option<FormatName>,
    /// The remembered mapping by which the file was read, or `None`.
    pub recalled: Option<RememberedMapping>,
}

/// The first pass over a file of a kind.
pub struct KindSurvey<K: Kind> {
    survey: Survey<K::Form>,
    from: Unpacked,
}

impl<K: Kind> KindSurvey<K> {
    /// Begins the pass over a table which came out of `from`.
    pub fn new(options: OptionsOf<K>, from: Unpacked, rows_per_chunk: u32) -> Self {
        Self { survey: from.survey(options, rows_per_chunk), from }
    }
}

impl<K: Kind> FileSurvey for KindSurvey<K> {
    fn push(&mut self, bytes: &[u8]) -> Result<(), RefusedFile> {
        self.survey.push(bytes).map_err(|refusal| self.from.tell_refused(refusal).into())
    }

    fn take_chunks(&mut self) -> Vec<ChunkSpan> {
        self.survey.take_chunks()
    }

    fn recalled(&self) -> Option<&RememberedMapping> {
        self.survey.recalled()
    }

    fn finish(self: Box<Self>) -> Result<Surveyed, RefusedFile> {
        let Self { survey, from } = *self;
        let mut plan = survey.finish().map_err(|refusal| from.tell_refused(refusal))?;
        from.tell(&mut plan);
        Ok(Surveyed {
            rows: plan.rows,
            layout: StoredLayout::of(&plan.layout),
            format: K::format(&plan.layout),
            recalled: plan.recalled().cloned(),
            chunks: plan.chunks,
        })
    }
}
