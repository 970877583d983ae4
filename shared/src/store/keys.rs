//! Where each item lies. Nothing else in the project spells a key.
//!
//! The account is part of every key. What a row creates lies in a partition named by account, kind,
//! import and chunk, so whatever rows an import wrote can be found by arithmetic.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Item, Query, Table};
use crate::id::{AccountId, ChunkNo, ImportId, MappingId, Row, ThingId};

/// The counters that share out an import's counts, so that loaders do not queue for one item.
pub const COUNTERS: u64 = 16;
/// The chunks that one page of a query has at most. A megabyte of them, DynamoDB's own measure, takes tens of megabytes
/// of memory once it is decoded.
const CHUNKS_A_PAGE: usize = 100;
/// The imports that an item of the roll tells of: it stays below one write unit.
const IMPORTS_A_ROLL: u64 = 50;

/// A table, a partition key and a sort key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The table.
    pub table: Table,
    /// The partition key.
    pub pk: String,
    /// The sort key.
    pub sk: String,
}

impl Key {
    fn imports(pk: String, sk: impl Into<String>) -> Self {
        Self { table: Table::Imports, pk, sk: sk.into() }
    }

    fn workspace(pk: String, sk: impl Into<String>) -> Self {
        Self { table: Table::Workspace, pk, sk: sk.into() }
    }

    /// The key as attributes.
    pub fn attributes(&self) -> Item {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        Item::from([("pk".to_owned(), text(&self.pk)), ("sk".to_owned(), text(&self.sk))])
    }

    /// The key of an item that was read.
    pub fn of(table: Table, item: &Item) -> Self {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
        Self { table, pk: text("pk"), sk: text("sk") }
    }
}

/// The kinds of shared things: each has a unique, normalised value as its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A person with an account.
    User,
    /// Whom projects are for.
    Client,
    /// What entries are booked on.
    Project,
    /// A label of entries.
    Tag,
}

impl Kind {
    /// As it stands in keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Client => "client",
            Self::Project => "project",
            Self::Tag => "tag",
        }
    }
}

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

// --- Imports ---

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

// --- Workspace ---

/// An account.
pub fn account(account: AccountId) -> Key {
    Key::workspace("accounts".to_owned(), format!("{account:010}"))
}

/// All accounts, by number.
pub fn accounts() -> Query {
    Query::partition(Table::Workspace, "accounts".to_owned())
}

/// The counter of accounts.
pub fn account_counter() -> Key {
    Key::imports("accounts".to_owned(), "last")
}

/// A token, by the SHA-256 of its text in hexadecimal digits.
pub fn token(hash: &str) -> Key {
    Key::workspace(format!("T#{hash}"), "token")
}

/// The mention of a token among those of its account.
pub fn token_of(account: AccountId, id: &str) -> Key {
    Key::workspace(format!("A#{account}#tokens"), id)
}

/// The mentions of an account's tokens.
pub fn tokens(account: AccountId) -> Query {
    Query::partition(Table::Workspace, format!("A#{account}#tokens"))
}

/// A shared thing.
pub fn thing(account: AccountId, kind: Kind, id: ThingId) -> Key {
    Key::workspace(format!("A#{account}#{}", kind.as_str()), format!("{id:016}"))
}

/// All shared things of a kind.
pub fn things(account: AccountId, kind: Kind) -> Query {
    Query::partition(Table::Workspace, format!("A#{account}#{}", kind.as_str()))
}

/// How entries that name a retired thing are read.
pub fn retirement(account: AccountId, kind: Kind, id: ThingId) -> Key {
    Key::workspace(format!("A#{account}#retired"), format!("{}#{id}", kind.as_str()))
}

/// All retirements of an account.
pub fn retirements(account: AccountId) -> Query {
    Query::partition(Table::Workspace, format!("A#{account}#retired"))
}

/// A reference: `referrer` (an import, or [`ImportId::HAND`]) has entries that name the thing.
pub fn reference(account: AccountId, kind: Kind, id: ThingId, referrer: ImportId) -> Key {
    Key::workspace(format!("A#{account}#ref#{}#{id}", kind.as_str()), format!("{referrer:07}"))
}

/// Who refers to a thing.
pub fn references(account: AccountId, kind: Kind, id: ThingId) -> Query {
    Query::partition(Table::Workspace, format!("A#{account}#ref#{}#{id}", kind.as_str()))
}

/// The claim of an e-mail address by a user.
pub fn email(account: AccountId, email: &str) -> Key {
    Key::workspace(format!("A#{account}#email"), email)
}

/// A user's name; several users may have the same.
pub fn user_name(account: AccountId, name: &str, id: ThingId) -> Key {
    Key::workspace(format!("A#{account}#name"), format!("{name}\u{1f}{id}"))
}

/// The users of a name.
pub fn users_named(account: AccountId, name: &str) -> Query {
    Query::partition(Table::Workspace, format!("A#{account}#name")).prefix(format!("{name}\u{1f}"))
}

/// An entry.
pub fn entry(account: AccountId, import: ImportId, chunk: ChunkNo, row: Row) -> Key {
    Key::workspace(format!("A#{account}#entry#{import}#{chunk}"), format!("{row:09}"))
}

/// The entries of a chunk up to a row.
pub fn entries_up_to(account: AccountId, import: ImportId, chunk: ChunkNo, last: Row) -> Query {
    entries(account, import, chunk).between(format!("{:09}", 0), format!("{last:09}"))
}

/// The entries of a chunk.
pub fn entries(account: AccountId, import: ImportId, chunk: ChunkNo) -> Query {
    Query::partition(Table::Workspace, format!("A#{account}#entry#{import}#{chunk}"))
}

// --- Events ---

/// An event of the outbox.
pub fn event(account: AccountId, import: ImportId, event: &str) -> Key {
    Key { table: Table::Events, pk: import_partition(account, import), sk: event.to_owned() }
}

/// SHA-256 of some parts, in hexadecimal digits.
pub fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    hex(&hash.finalize())
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
