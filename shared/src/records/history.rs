//! The facts about imports and images that a decision on a record needs, read from the tables when a decision asks.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ancestry::{Ancestry, Missing};
use super::image::Album;
use super::record::{HAND_CHUNK, Record, Writer};
use crate::id::{AccountId, ImportId, RecordId};
use crate::import::Import;
use crate::services::Services;
use crate::store::keys::RecordKind;
use crate::store::{Key, StoreError};

/// The facts read so far, shared by the rows of a chunk that are worked on at once.
///
/// A fact costs a read unit for an import, and a lookup of an image ([`Album::find`]). Each is read once for a chunk.
pub struct History<'s> {
    services: &'s Services,
    account: AccountId,
    known: Mutex<Ancestry>,
    chunk_sizes: Mutex<BTreeMap<ImportId, u32>>,
}

impl<'s> History<'s> {
    /// No facts but the rows in a chunk of an import, and whether the import is undone.
    pub fn new(services: &'s Services, import: &Import) -> Self {
        let history = Self {
            services,
            account: import.account,
            known: Mutex::default(),
            chunk_sizes: Mutex::new(BTreeMap::from([(import.id, import.rows_per_chunk)])),
        };
        history.known().add_standing(import.id, is_undone(import));
        history
    }

    /// Asks a decision about a record until no fact is missing.
    pub async fn decided<T>(
        &self,
        record: RecordId,
        decide: impl Fn(&Ancestry) -> Result<T, Missing>,
    ) -> Result<T, StoreError> {
        loop {
            let decision = decide(&self.known());
            match decision {
                Ok(decision) => return Ok(decision),
                Err(missing) => self.learn(missing, record).await?,
            }
        }
    }

    /// Forgets which imports stand, so that the next decisions read again.
    pub fn forget_standing(&self) {
        self.known().forget_standing();
    }

    /// The storage key of a record, or `None` if no import made the record.
    pub async fn key(&self, kind: RecordKind, record: RecordId) -> Result<Option<Key>, StoreError> {
        let rows = match record.import() {
            import if import.is_by_hand() => Some(HAND_CHUNK),
            import => self.chunk_size(import).await?,
        };
        Ok(rows.map(|rows| Record::key(self.account, kind, record, rows)))
    }

    async fn learn(&self, missing: Missing, record: RecordId) -> Result<(), StoreError> {
        match missing {
            Missing::Standing(import) => {
                let read = Import::get(self.services, self.account, import).await?;
                if let Some(read) = &read {
                    self.sizes().insert(import, read.rows_per_chunk);
                }
                self.known().add_standing(import, read.is_some_and(|read| is_undone(&read)));
            }
            Missing::Image(writer) => {
                let image = self.image(writer, record).await?;
                self.known().add_image(writer, record, image);
            }
        }
        Ok(())
    }

    async fn image(&self, writer: Writer, record: RecordId) -> Result<Option<super::image::Former>, StoreError> {
        let (import, row) = (writer.import(), writer.row());
        let Some(rows) = self.chunk_size(import).await? else { return Ok(None) };
        let album = Album { account: self.account, import, chunk: row.chunk(rows) };
        Ok(album.find(self.services, row, record).await?.map(|image| image.former))
    }

    /// The number of rows in a chunk of an import, or `None` for an import that is not there.
    async fn chunk_size(&self, import: ImportId) -> Result<Option<u32>, StoreError> {
        if let Some(&rows) = self.sizes().get(&import) {
            return Ok(Some(rows));
        }
        let Some(read) = Import::get(self.services, self.account, import).await? else { return Ok(None) };
        self.sizes().insert(import, read.rows_per_chunk);
        Ok(Some(read.rows_per_chunk))
    }

    fn known(&self) -> MutexGuard<'_, Ancestry> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sizes(&self) -> MutexGuard<'_, BTreeMap<ImportId, u32>> {
        self.chunk_sizes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `true` for an import that is undone or being undone, also if the undo was that of an aborted import.
fn is_undone(import: &Import) -> bool {
    import.status.is_gone() || import.reverted_at.is_some()
}
