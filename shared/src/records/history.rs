//! The facts about imports and images that a decision on a record needs, read from the tables when a decision asks.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ancestry::{Ancestry, Missing};
use super::image::{Album, Image, ImagesOfChunk};
use super::record::{HAND_CHUNK, Record, RecordRef, Writer};
use crate::id::{AccountId, ImportId};
use crate::import::Import;
use crate::services::Services;
use crate::store::keys::RecordKind;
use crate::store::{Key, StoreError};
use crate::things::Thing;

/// The facts read so far, shared by the rows of a chunk that are worked on at once.
///
/// A fact costs a read unit for an import or a thing, and a lookup of an image ([`Album::find`]). Each is read once for a chunk.
pub struct History<'s> {
    services: &'s Services,
    account: AccountId,
    /// The facts by kind of record, because records of two kinds may have the same id.
    known: Mutex<BTreeMap<RecordKind, Ancestry>>,
    /// Whether the import itself is undone.
    own: (ImportId, bool),
    /// Imports by number, or `None` for a number without an import.
    imports: Mutex<BTreeMap<ImportId, Option<WritingImport>>>,
}

/// An import, as far as the place and the lifetime of its images depend on it.
#[derive(Clone, Copy, Debug)]
struct WritingImport {
    rows_per_chunk: u32,
    /// `true` if the undo of the import can no longer be asked for, so images of the import may have expired.
    is_over: bool,
}

impl<'s> History<'s> {
    /// No facts but the rows in a chunk of an import, and whether the import is undone.
    pub fn new(services: &'s Services, import: &Import) -> Self {
        Self {
            services,
            account: import.account,
            known: Mutex::default(),
            own: (import.id, is_undone(import)),
            imports: Mutex::new(BTreeMap::from([(import.id, Some(WritingImport::of(services, import)))])),
        }
    }

    /// Asks a decision about a record until no fact is missing.
    pub async fn decided<T>(
        &self,
        record: RecordRef,
        decide: impl Fn(&Ancestry) -> Result<T, Missing>,
    ) -> Result<T, StoreError> {
        loop {
            let decision = self.with_known(record.0, |known| decide(known));
            match decision {
                Ok(decision) => return Ok(decision),
                Err(missing) => self.learn(missing, record).await?,
            }
        }
    }

    /// Forgets which imports stand, so that the next decisions read again.
    pub fn forget_standing(&self) {
        self.known().values_mut().for_each(Ancestry::forget_standing);
    }

    /// Forgets which things are there, because a write was refused.
    pub fn forget_things(&self) {
        self.known().values_mut().for_each(Ancestry::forget_things);
    }

    /// Notes images which the caller has read of the history's own import.
    pub fn add_images(&self, images: &ImagesOfChunk) {
        for image in images.values() {
            let writer = image.writer(self.own.0);
            self.with_known(image.kind, |known| known.add_image(writer, image.record, Some(image.clone())));
        }
    }

    /// The storage key of a record, or `None` if no import made the record.
    pub async fn key(&self, (kind, record): RecordRef) -> Result<Option<Key>, StoreError> {
        let rows = match record.import() {
            import if import.is_by_hand() => Some(HAND_CHUNK),
            import => self.import(import).await?.map(|import| import.rows_per_chunk),
        };
        Ok(rows.map(|rows| Record::key(self.account, kind, record, rows)))
    }

    async fn learn(&self, missing: Missing, record: RecordRef) -> Result<(), StoreError> {
        match missing {
            Missing::Standing(import) => {
                let read = Import::get(self.services, self.account, import).await?;
                self.imports().insert(import, read.as_ref().map(|read| WritingImport::of(self.services, read)));
                let is_undone = read.is_some_and(|read| is_undone(&read));
                self.with_known(record.0, |known| known.add_standing(import, is_undone));
            }
            Missing::Image(writer) => {
                let by = self.import(writer.import()).await?;
                let image = match by {
                    Some(by) => self.image(writer, by, record).await?,
                    None => None,
                };
                let has_expired = image.is_none() && by.is_some_and(|by| by.is_over);
                self.with_known(record.0, |known| match has_expired {
                    true => known.add_expired(writer, record.1),
                    false => known.add_image(writer, record.1, image),
                });
            }
            Missing::Thing(thing) => {
                let there = match record.0.refers_by() {
                    Some((_, kind)) => Thing::standing(self.services, self.account, kind, thing).await?,
                    None => None,
                };
                self.with_known(record.0, |known| known.add_thing(thing, there.is_some()));
            }
        }
        Ok(())
    }

    async fn image(&self, writer: Writer, by: WritingImport, record: RecordRef) -> Result<Option<Image>, StoreError> {
        let (import, row) = (writer.import(), writer.row());
        let album = Album { account: self.account, import, chunk: row.chunk(by.rows_per_chunk) };
        album.find(self.services, row, record).await
    }

    /// The import with a number, read once, or `None` for an import that is not there.
    async fn import(&self, import: ImportId) -> Result<Option<WritingImport>, StoreError> {
        if let Some(&known) = self.imports().get(&import) {
            return Ok(known);
        }
        let read = Import::get(self.services, self.account, import).await?;
        let read = read.map(|read| WritingImport::of(self.services, &read));
        self.imports().insert(import, read);
        Ok(read)
    }

    fn with_known<T>(&self, kind: RecordKind, work: impl FnOnce(&mut Ancestry) -> T) -> T {
        let mut known = self.known();
        let known = known.entry(kind).or_insert_with(|| {
            let mut ancestry = Ancestry::of(kind);
            ancestry.add_standing(self.own.0, self.own.1);
            ancestry
        });
        work(known)
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<RecordKind, Ancestry>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn imports(&self) -> MutexGuard<'_, BTreeMap<ImportId, Option<WritingImport>>> {
        self.imports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WritingImport {
    fn of(services: &Services, import: &Import) -> Self {
        Self { rows_per_chunk: import.rows_per_chunk, is_over: import.undo_ended(services).is_some() }
    }
}

/// `true` for an import that is undone or being undone, also if the undo was that of an aborted import.
fn is_undone(import: &Import) -> bool {
    import.status.is_gone() || import.reverted_at.is_some()
}
