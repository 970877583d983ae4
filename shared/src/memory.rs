//! What this process remembers of the imports that it works on, and who of it goes first.
//!
//! The chunks of an import name the same projects and tags again and again. Once the import refers to a thing, the
//! reference stands until the import's undo lets go of it, which waits for the end of every lease; so whoever loads a
//! chunk under a living lease may rely on what an earlier chunk found or made here. And those who meet new names at the
//! same time would all look, note and try, of whom one succeeds and all pay; here one goes first and the others find
//! what it has found. Several tasks see at once that theirs was the last chunk, and one settles for all. What is
//! forgotten, or was never known in another process, is looked up and done again: nothing but the price depends on it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::format::Verdict;
use crate::id::{AccountId, ImportId, ThingId};
use crate::store::keys::Kind;

/// Imports that are remembered; loaders work on few at once.
const MOST_IMPORTS: usize = 8;
/// Names of one import that are remembered: memory must not grow with the file.
const MOST_NAMES: usize = 4096;

/// What is remembered, by import. Clones share it.
#[derive(Clone, Default)]
pub struct Memory {
    imports: Arc<Mutex<Vec<Remembered>>>,
}

struct Remembered {
    account: AccountId,
    import: ImportId,
    names: Names,
    verdict: Arc<OnceCell<Verdict>>,
    ending: Ending,
}

/// What one import refers to. Holding the lock is going first.
pub type Names = Arc<tokio::sync::Mutex<References>>;

/// Holding the lock is settling an import, or ending its undo.
pub type Ending = Arc<tokio::sync::Mutex<()>>;

/// Things that an import refers to, by kind and key.
#[derive(Default)]
pub struct References {
    things: HashMap<(Kind, String), Reference>,
}

/// A thing that the import refers to.
struct Reference {
    id: ThingId,
    /// Its spelling in the table sorts no later than this, or is not the import's to change.
    spelling: String,
    /// Likewise its client's.
    client_spelling: Option<String>,
}

impl Memory {
    /// What is known of an import.
    pub fn of(&self, account: AccountId, import: ImportId) -> Names {
        self.remembered(account, import, |known| Arc::clone(&known.names))
    }

    /// What an import's file was found to be, once it was planned; it never changes from then on.
    pub fn verdict(&self, account: AccountId, import: ImportId) -> Arc<OnceCell<Verdict>> {
        self.remembered(account, import, |known| Arc::clone(&known.verdict))
    }

    /// Who settles an import, or ends its undo: one task of this process at a time, and others leave it to that one.
    pub fn ending(&self, account: AccountId, import: ImportId) -> Ending {
        self.remembered(account, import, |known| Arc::clone(&known.ending))
    }

    fn remembered<T>(&self, account: AccountId, import: ImportId, of: impl FnOnce(&Remembered) -> T) -> T {
        let mut imports = self.imports.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = imports.iter().find(|known| (known.account, known.import) == (account, import)) {
            return of(known);
        }
        if imports.len() >= MOST_IMPORTS {
            imports.remove(0);
        }
        let known =
            Remembered { account, import, names: Names::default(), verdict: Arc::default(), ending: Ending::default() };
        let what = of(&known);
        imports.push(known);
        what
    }
}

impl References {
    /// What the import refers to by this key, if it is spelt as early as this already.
    pub fn get(&self, kind: Kind, key: &str, spelling: &str, client_spelling: Option<&str>) -> Option<ThingId> {
        let known = self.things.get(&(kind, key.to_owned()))?;
        let early = known.spelling.as_str() <= spelling && known.client_spelling.as_deref() <= client_spelling;
        early.then_some(known.id)
    }

    /// The import refers to this, and it is spelt so or earlier.
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
