//! A cache of this process for the imports in progress, with locks by which a single task of an import goes first.
//!
//! Only the price of an import depends on this cache. An entry that was evicted, or that only another process has, is
//! looked up or computed again.
//!
//! - **References.** The chunks of an import name the same projects and tags again and again. Once the import refers to
//!   a thing, the reference stands until the import's undo releases the thing, and the undo waits for the end of every
//!   lease. A chunk under a live lease may therefore rely on a thing found or made by an earlier chunk. Between two rounds
//!   of a resumed import people may delete things, so each round has a cache of its own.
//! - **A lock for new names.** Chunks that meet the same new names at once would all look, note and write, and
//!   only the first write would succeed. With the lock a single chunk goes first, and the next chunks find the
//!   results in the cache.
//! - **A lock for the end.** Several tasks may see at once that the last chunk is done. With the lock a single
//!   task settles the import.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::id::{AccountId, ImportId, ThingId};
use crate::store::keys::Kind;
use crate::table::Verdict;

/// The largest number of imports in the cache. A loader process works on few imports at once.
const MOST_IMPORTS: usize = 8;
/// The largest number of names in the cache for an import, bounded so that memory does not grow with the file.
const MOST_NAMES: usize = 4096;

/// The cache, by account and import; clones share the cache.
#[derive(Clone, Default)]
pub struct Memory {
    imports: Arc<Mutex<Vec<ImportMemory>>>,
}

struct ImportMemory {
    account: AccountId,
    import: ImportId,
    round: u32,
    names: KnownThings,
    verdict: Arc<OnceCell<Verdict>>,
    ending: EndLock,
}

/// The references of an import known to this process. The task that holds the lock is the first to resolve names.
pub type KnownThings = Arc<tokio::sync::Mutex<References>>;

/// The lock under which a task settles an import, or ends the import's undo.
pub type EndLock = Arc<tokio::sync::Mutex<()>>;

/// The things to which an import refers, by kind and key.
#[derive(Default)]
pub struct References {
    things: HashMap<(Kind, String), Reference>,
}

/// A thing to which the import refers.
struct Reference {
    id: ThingId,
    /// The thing's stored spelling sorts at or before this text, or the import must not change the spelling.
    spelling: String,
    /// The same for the spelling of a project's client. `None` for a project without a client, and for
    /// all kinds but projects.
    client_spelling: Option<String>,
}

impl Memory {
    /// The cached references of an import in a round of loading, empty for an import that this process has not met.
    pub fn of(&self, account: AccountId, import: ImportId, round: u32) -> KnownThings {
        self.remembered(account, import, round, |known| Arc::clone(&known.names))
    }

    /// The verdict on an import's file (format, encoding, columns, or a refusal). The plan writes the verdict once, and
    /// no step changes the verdict afterwards.
    pub fn verdict(&self, account: AccountId, import: ImportId, round: u32) -> Arc<OnceCell<Verdict>> {
        self.remembered(account, import, round, |known| Arc::clone(&known.verdict))
    }

    /// The lock that a task of this process holds while settling the import or ending the import's undo. Tasks that
    /// find the lock taken leave the work to the holder.
    pub fn ending(&self, account: AccountId, import: ImportId, round: u32) -> EndLock {
        self.remembered(account, import, round, |known| Arc::clone(&known.ending))
    }

    fn remembered<T>(
        &self,
        account: AccountId,
        import: ImportId,
        round: u32,
        of: impl FnOnce(&ImportMemory) -> T,
    ) -> T {
        let mut imports = self.imports.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) =
            imports.iter().find(|known| (known.account, known.import, known.round) == (account, import, round))
        {
            return of(known);
        }
        if imports.len() >= MOST_IMPORTS {
            imports.remove(0);
        }
        let known = ImportMemory {
            account,
            import,
            round,
            names: KnownThings::default(),
            verdict: Arc::default(),
            ending: EndLock::default(),
        };
        let what = of(&known);
        imports.push(known);
        what
    }
}

impl References {
    /// The id of the thing with this key, if the import refers to the thing and the stored spelling sorts at or
    /// before `spelling` (and the client's at or before `client_spelling`). `None` means that the caller has to
    /// look in the table.
    pub fn get(&self, kind: Kind, key: &str, spelling: &str, client_spelling: Option<&str>) -> Option<ThingId> {
        let known = self.things.get(&(kind, key.to_owned()))?;
        let early = known.spelling.as_str() <= spelling && known.client_spelling.as_deref() <= client_spelling;
        early.then_some(known.id)
    }

    /// Records that the import refers to the thing, and that the stored spelling sorts at or before `spelling`.
    pub fn remember(
        &mut self,
        kind: Kind,
        key: String,
        id: ThingId,
        spelling: String,
        client_spelling: Option<String>,
    ) {
        if self.things.len() >= MOST_NAMES {
            self.things.clear();
        }
        self.things.insert((kind, key), Reference { id, spelling, client_spelling });
    }
}
