//! The trait by which a kind of rows plugs into the engine: into plan, load, ledger and undo.
//!
//! The engine is the same for all kinds: it claims chunks by leases, commits pages together with counts, fences chunks
//! for an undo, folds totals, and settles imports. A kind decides how its rows are read, which writes a row makes, and
//! how these writes are taken back. `docs/adding-a-kind.md` lists the parts which a new kind owes.
//!
//! | verb of the engine | function of the kind | the engine's part |
//! |---|---|---|
//! | plan | [`Kind::schema`], [`Kind::reading`], [`Kind::format`] | a pass over the file, chunks, the verdict |
//! | join | [`Kind::join`] | the file's rows in order, the start of the load by what was noted ([`join`](mod@join)) |
//! | load | [`Kind::load`] | claim, bytes, commit of page and counts |
//! | remove | [`Kind::remove_missing`] | chunks behind those of the file, claim, commit |
//! | undo | [`Kind::undo`] | fence, the mark with its counts, the release of references |
//! | settle | [`Kind::made_with`] | totals, summaries, findings, status |
//! | show | [`Kind::evidence`] | everything else of a report |
//!
//! Calls are static, so the loops over rows are compiled for each kind by itself. [`crate::dispatch`] chooses the kind
//! by the type of the import, and no other part of the engine knows the kinds by name.

pub mod bits;
pub mod join;
pub mod planned_file;
mod refused_file;
pub mod survey;

use jiff::Zoned;
use serde_json::Value;

use crate::format::FormatName;
use crate::id::Row;
use crate::import::{Counts, Import, ImportError, Joined, Options};
use crate::lease::Lease;
use crate::ledger::{Chunk, FollowUp, Page, UndoFate};
use crate::mappings::MadeWith;
use crate::profile_form::PinnedSchema;
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::RecordKind;
use crate::table::{Form, LayoutOf, Remembered, Rows, StoredLayout};
use planned_file::PlannedFile;
use refused_file::RefusedFile;

/// The options which a kind's form takes.
pub type OptionsOf<K> = <<K as Kind>::Form as Form>::Options;

/// A kind of rows. A unit type implements the trait.
pub trait Kind: Sized {
    /// The form of the kind's tables.
    type Form: Form;

    /// The records which the undo of a chunk may keep, because somebody else wrote to them since; none for a kind whose undo
    /// keeps nothing.
    const KEEPS: &'static [RecordKind];

    /// The options with which the form reads the file of an import with these options, given the account's remembered
    /// mappings.
    fn reading(options: &Options, remembered: &Remembered) -> OptionsOf<Self>;

    /// The format of the file as shown to people, or `None` if the kind has no formats.
    fn format(layout: &LayoutOf<Self::Form>) -> Option<FormatName>;

    /// The layout as shown to people, with the evidence for its decisions.
    fn evidence(layout: &LayoutOf<Self::Form>) -> Value;

    /// The mapping which the account is to remember for the header of a file, if the import settles with loaded rows.
    /// `None` if the file was read without a mapping.
    fn made_with(import: &Import) -> Option<MadeWith<'_>>;

    /// `true` if an import pins the schema of a database before its file is read.
    const PINS_SCHEMA: bool = false;

    /// The schema which the import pins before its file is read. `now` is the present moment in the account's zone. Called
    /// only if the kind [pins a schema](Self::PINS_SCHEMA).
    fn schema(
        services: &Services,
        import: &Import,
        now: &Zoned,
    ) -> impl Future<Output = Result<Result<PinnedSchema, RefusedFile>, ImportError>> + Send {
        let _ = (services, import, now);
        async { Err(ImportError::Impossible("an import of this type has no schema".to_owned())) }
    }

    /// `true` if the rows of the import's file are compared with the entities that stand.
    fn joins(import: &Import) -> bool;

    /// Compares the rows of the import's file with the entities that stand, and notes for the loaders what they need: in the
    /// chunks which rows stand already ([`PlannedFile::note`], [`Chunk::is_there`]), or in items of the kind's own. Returns what
    /// the import's item is to hold, which the start of the load sets.
    ///
    /// Called only if [`joins`](Self::joins), and again when a stopped import goes on. Writes nothing but notes.
    fn join(file: &PlannedFile<'_, Self::Form>) -> impl Future<Output = Result<Option<Joined>, ImportError>> + Send;

    /// Writes the entities of a claimed chunk's rows, and tells the outcome of every row.
    ///
    /// A loader may die at any point, and the chunk is then loaded again (`tries` of the chunk is above 1): a second
    /// call must leave the same items as a single call. The worker may write until its lease ends, and looks at the
    /// lease before each window of writes. The engine commits the page with the counts.
    fn load(
        held: &HeldChunk<'_>,
        rows: &Rows<'_, Self::Form>,
    ) -> impl Future<Output = Result<Loaded, ImportError>> + Send;

    /// Removes the records of a claimed chunk behind those of the file, which the join noted as missing ([`Joined::missing`]).
    /// A second call must leave the same items as a single call. Called only if the join noted any.
    fn remove_missing(held: &HeldChunk<'_>) -> impl Future<Output = Result<Loaded, ImportError>> + Send {
        let _ = held;
        async { Err(ImportError::Impossible("an import of this type removes no records".to_owned())) }
    }

    /// Takes back the writes of a fenced chunk's rows, also those of a loader which died before its commit. A second
    /// call changes nothing more and gives the same answer.
    fn undo(held: &HeldChunk<'_>) -> impl Future<Output = Result<Undone, ImportError>> + Send;
}

/// A chunk in the hands of a worker, which may write as long as its lease lives.
#[derive(Clone, Copy)]
pub struct HeldChunk<'a> {
    /// The clients.
    pub services: &'a Services,
    /// The import of the chunk: for a load as read after the chunk was taken, for an undo as read before.
    pub import: &'a Import,
    /// The chunk as it was when taken. An undone chunk has its page if it was committed.
    pub chunk: &'a Chunk,
    /// The worker's lease.
    pub lease: &'a Lease,
}

/// The result of loading a chunk.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The outcome of every row, a glance, and the errors; small enough for an item ([`Page::fitted`]).
    pub page: Page,
    /// The counts by outcome, and the kind's own counts. The engine adds the chunk itself.
    pub counts: Counts,
    /// The records to which the rows wrote, in the order of the rows; empty unless the import has follow-ups.
    pub follow_ups: Vec<FollowUp>,
}

/// The result of undoing a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undone {
    /// The number of entities removed which people could see. Items left by a dead loader are not counted.
    pub removed: u64,
    /// The rows whose entities stay, because somebody else wrote to them since; ascending.
    pub kept: Vec<Row>,
    /// The fates of rows which changed or deleted what stood before the import; ascending.
    pub fates: Vec<(Row, UndoFate)>,
    /// The records to which the undo wrote, in the order of the rows; empty unless the import has follow-ups.
    pub follow_ups: Vec<FollowUp>,
}

/// Decodes the layout of a kind's file.
pub fn layout_of<K: Kind>(layout: &StoredLayout) -> Result<LayoutOf<K::Form>, StoreError> {
    layout.decode::<K::Form>().map_err(|error| StoreError::Shape(format!("a layout of another kind: {error}")))
}
