//! The keys of the tables Imports and Events.

use super::{Key, digest};
use crate::id::{AccountId, ChunkNo, ImportId, MappingId, ThingId};
use crate::store::{Query, Table};

/// The counters that share out an import's counts, so that loaders do not queue for one item.
pub const COUNTERS: u64 = 16;
/// The chunks that one page of a query has at most. A megabyte of them, DynamoDB's own measure, takes tens of megabytes
/// of memory once it is decoded.
const CHUNKS_A_PAGE: usize = 100;
/// The imports that an item of the roll tells of: it stays below one write unit.
const IMPORTS_A_ROLL: u64 = 50;

/// What is counted for an account.
#[derive(Clone, Copy, Debug)]
pub enum Counter {
    /// The number of the last import.
    Imports,
    /// The number of the last entry made by hand.
    Entries,
    /// The id of the last user made by hand.
    Users,
}

/// A counter of the account.
pub fn counter(account: AccountId, counter: Counter) -> Key {
    let name = match counter {
        Counter::Imports => "imports",
        Counter::Entries => "entries",
        Counter::Users => "users",
    };
    Key::imports(format!("A#{account}"), name)
}

fn import_partition(account: AccountId, import: ImportId) -> String {
    format!("A#{account}#I#{import}")
}

/// The import that an index led to, from its partition key.
pub fn import_of(pk: &str) -> Option<(AccountId, ImportId)> {
    let (account, import) = pk.strip_prefix("A#")?.split_once("#I#")?;
    Some((AccountId(account.parse().ok()?), ImportId(import.parse().ok()?)))
}

/// The import itself.
pub fn import(account: AccountId, import: ImportId) -> Key {
    Key::imports(import_partition(account, import), "import")
}

/// What the import's file was found to be, or why it was refused: written once, apart from the import,
/// whose transitions would otherwise pay for its size each time.
pub fn verdict(account: AccountId, import: ImportId) -> Key {
    Key::imports(import_partition(account, import), "reading")
}

/// What the sweep last saw of the import.
pub fn watch(account: AccountId, import: ImportId) -> Key {
    Key::imports(import_partition(account, import), "watch")
}

/// A chunk with its ledger page.
pub fn chunk(account: AccountId, import: ImportId, chunk: ChunkNo) -> Key {
    Key::imports(import_partition(account, import), format!("chunk#{chunk:07}"))
}

/// The chunks of an import from `first` to `last`, both included.
pub fn chunks(account: AccountId, import: ImportId, first: ChunkNo, last: ChunkNo) -> Query {
    let sk = |chunk: ChunkNo| format!("chunk#{chunk:07}");
    let query = Query::partition(Table::Imports, import_partition(account, import)).between(sk(first), sk(last));
    query.limit(CHUNKS_A_PAGE)
}

/// The counter item that a chunk adds to.
pub fn counts(account: AccountId, import: ImportId, chunk: ChunkNo) -> Key {
    Key::imports(import_partition(account, import), format!("count#{:02}", chunk.0 % COUNTERS))
}

/// What a hundred chunks hold together.
pub fn summary(account: AccountId, import: ImportId, number: u64) -> Key {
    Key::imports(import_partition(account, import), format!("summary#{number:05}"))
}

/// All summaries of an import, by number.
pub fn summaries(account: AccountId, import: ImportId) -> Query {
    Query::partition(Table::Imports, import_partition(account, import)).prefix("summary#")
}

/// The projects and tags that the import made.
pub fn made(account: AccountId, import: ImportId) -> Key {
    Key::imports(import_partition(account, import), "made")
}

/// So many of their ids, where one item does not take them all.
pub fn made_block(account: AccountId, import: ImportId, number: usize) -> Key {
    Key::imports(import_partition(account, import), format!("made#{number:05}"))
}

/// How far the end of the import's undo has come.
pub fn release(account: AccountId, import: ImportId) -> Key {
    Key::imports(import_partition(account, import), "release")
}

/// Those of them that were deleted by hand.
pub fn unmade(account: AccountId, import: ImportId) -> Key {
    Key::imports(import_partition(account, import), "unmade")
}

/// What the import's rows have to say to people, gathered from its pages.
pub fn findings(account: AccountId, import: ImportId) -> Key {
    Key::imports(import_partition(account, import), "findings")
}

/// Names among the findings that lie apart, for they are many: `users` or `projects`.
pub fn found_names(account: AccountId, import: ImportId, which: &str) -> Key {
    Key::imports(import_partition(account, import), format!("findings#{which}"))
}

/// All counter items of an import.
pub fn all_counts(account: AccountId, import: ImportId) -> Query {
    Query::partition(Table::Imports, import_partition(account, import)).prefix("count#")
}

/// A line of an import's history.
pub fn history(account: AccountId, import: ImportId, at_ms: i64, status: &str) -> Key {
    Key::imports(import_partition(account, import), format!("history#{at_ms:015}#{status}"))
}

/// An import's history, oldest first.
pub fn histories(account: AccountId, import: ImportId) -> Query {
    Query::partition(Table::Imports, import_partition(account, import)).prefix("history#")
}

/// Notes of shared things that the import touches, by what they say; written before the touch.
pub fn note(account: AccountId, import: ImportId, said: &[u8]) -> Key {
    Key::imports(format!("{}#notes", import_partition(account, import)), digest(&[said]))
}

/// The place of a note, for a query that goes on behind it.
pub fn note_at(account: AccountId, import: ImportId, sk: &str) -> Key {
    Key::imports(format!("{}#notes", import_partition(account, import)), sk)
}

/// The notes of an import.
pub fn notes(account: AccountId, import: ImportId) -> Query {
    Query::partition(Table::Imports, format!("{}#notes", import_partition(account, import)))
}

/// The claim of a request that its sender gave a key.
pub fn request(account: AccountId, user: ThingId, key: &str) -> Key {
    let digest = digest(&[user.to_string().as_bytes(), key.as_bytes()]);
    Key::imports(format!("A#{account}#K#{digest}"), "request")
}

/// The claim of an object as the source of an import: bucket, key and ETag.
pub fn source(account: AccountId, bucket: &str, object: &str, etag: &str) -> Key {
    let digest = digest(&[bucket.as_bytes(), object.as_bytes(), etag.as_bytes()]);
    Key::imports(format!("A#{account}#S#{digest}"), "source")
}

/// The mapping that an account remembers for a header.
pub fn mapping(account: AccountId, id: MappingId) -> Key {
    Key::imports(format!("A#{account}#mappings"), format!("{id:016}"))
}

/// All mappings that an account remembers, by id.
pub fn mappings(account: AccountId) -> Query {
    Query::partition(Table::Imports, format!("A#{account}#mappings"))
}

/// A dropped import's place in line. Drops of entries wait for each other, as will those of other kinds.
pub fn turn(account: AccountId, import: ImportId) -> Key {
    Key::imports(format!("A#{account}#turns"), format!("entries#{import:07}"))
}

/// The line of dropped imports, by number.
pub fn turns(account: AccountId) -> Query {
    Query::partition(Table::Imports, format!("A#{account}#turns")).prefix("entries#")
}

/// The imports of an account, by number.
pub fn import_list(account: AccountId) -> Query {
    Query::index(Table::Imports, "list", "list", format!("A#{account}"))
}

/// The value of the attribute `list`.
pub fn list_value(account: AccountId) -> String {
    format!("A#{account}")
}

/// The imports of all accounts that are not settled.
pub fn open_imports() -> Query {
    Query::index(Table::Imports, "open", "open", "open")
}

/// The item of the account's roll that tells of an import.
pub fn roll(account: AccountId, import: ImportId) -> Key {
    Key::imports(format!("A#{account}#roll"), format!("{:06}", import.0 / IMPORTS_A_ROLL))
}

/// The roll of an account.
pub fn rolls(account: AccountId) -> Query {
    Query::partition(Table::Imports, format!("A#{account}#roll"))
}

/// How many entries of a partition of those made by hand stand.
pub fn hand_count(account: AccountId, chunk: ChunkNo) -> Key {
    Key::imports(format!("A#{account}#hand"), format!("{chunk:07}"))
}

/// Likewise of all partitions.
pub fn hand_counts(account: AccountId) -> Query {
    Query::partition(Table::Imports, format!("A#{account}#hand"))
}

/// The counter of accounts.
pub fn account_counter() -> Key {
    Key::imports("accounts".to_owned(), "last")
}

/// An event of the outbox.
pub fn event(account: AccountId, import: ImportId, event: &str) -> Key {
    Key { table: Table::Events, pk: import_partition(account, import), sk: event.to_owned() }
}
