//! The keys of the items in the table Workspace.

use super::{Key, Kind, RecordKind, digest};
use crate::id::{AccountId, ChunkNo, ImportId, OwnerId, RecordId, Row, ThingId};
use crate::store::{Query, StoreError, Table};

/// An account's own item, under the account's number.
pub fn account(account: AccountId) -> Key {
    Key::workspace("accounts".to_owned(), format!("{account:010}"))
}

/// All accounts, by number.
pub fn accounts() -> Query {
    Query::partition(Table::Workspace, "accounts".to_owned())
}

/// A token's record, by the SHA-256 of the token's text in hexadecimal digits.
pub fn token(hash: &str) -> Key {
    Key::workspace(format!("T#{hash}"), "token")
}

/// `true` for the key of a token's record, and for that of the item that lists a token in its account.
pub fn is_token(key: &Key) -> bool {
    key.table == Table::Workspace && (key.pk.starts_with("T#") || key.pk.ends_with("#tokens"))
}

/// The item that lists a token in the account, by the token's short id.
pub fn token_of(account: AccountId, id: &str) -> Key {
    Key::workspace(format!("A#{account}#tokens"), id)
}

/// The items that list an account's tokens.
pub fn tokens(account: AccountId) -> Query {
    Query::partition(Table::Workspace, format!("A#{account}#tokens"))
}

/// A shared thing, which is a user, client, project, tag or company.
pub fn thing(account: AccountId, kind: Kind, id: ThingId) -> Key {
    Key::workspace(format!("A#{account}#{}", kind.name()), format!("{id:016}"))
}

/// All shared things of a kind, by id.
pub fn things(account: AccountId, kind: Kind) -> Query {
    Query::partition(Table::Workspace, format!("A#{account}#{}", kind.name()))
}

/// The shared things of a kind with a higher id than `after`, by id.
pub fn things_behind(account: AccountId, kind: Kind, after: ThingId) -> Query {
    // Ids have at most sixteen digits, and a longer text sorts before no key of a thing.
    things(account, kind).between(format!("{:016}", after.0.saturating_add(1)), "9".repeat(16))
}

/// The retirement of a thing, which says how readers resolve entries that name the merged or deleted thing.
pub fn retirement(account: AccountId, kind: Kind, id: ThingId) -> Key {
    Key::workspace(format!("A#{account}#retired"), format!("{}#{id}", kind.name()))
}

/// All retirements of an account, which readers load before resolving entries.
pub fn retirements(account: AccountId) -> Query {
    Query::partition(Table::Workspace, format!("A#{account}#retired"))
}

/// A reference to a thing, where `referrer` is the import whose entries name the thing, or [`ImportId::HAND`].
pub fn reference(account: AccountId, kind: Kind, id: ThingId, referrer: ImportId) -> Key {
    Key::workspace(format!("A#{account}#ref#{}#{id}", kind.name()), format!("{referrer:07}"))
}

/// All references to a thing, by the number of the referring import.
pub fn references(account: AccountId, kind: Kind, id: ThingId) -> Query {
    Query::partition(Table::Workspace, format!("A#{account}#ref#{}#{id}", kind.name()))
}

/// The claim of an e-mail address by a user or a person, which keeps the address unique in the account.
pub fn email(account: AccountId, email: &str) -> Key {
    Key::workspace(format!("A#{account}#email"), email)
}

/// The index item of a user's name, by which users are found, with the user's id because names may repeat.
pub fn user_name(account: AccountId, name: &str, id: ThingId) -> Key {
    Key::workspace(format!("A#{account}#name"), format!("{name}\u{1f}{id}"))
}

/// The index items of all users with this name.
pub fn users_named(account: AccountId, name: &str) -> Query {
    Query::partition(Table::Workspace, format!("A#{account}#name")).prefix(format!("{name}\u{1f}"))
}

/// An entry, in the partition of the import and the chunk.
pub fn entry(account: AccountId, import: ImportId, chunk: ChunkNo, row: Row) -> Key {
    Key::workspace(format!("A#{account}#entry#{import}#{chunk}"), format!("{row:09}"))
}

/// The entries of a chunk up to and including the row `last`.
pub fn entries_up_to(account: AccountId, import: ImportId, chunk: ChunkNo, last: Row) -> Query {
    entries_between(account, import, chunk, Row(0), last)
}

/// The entries of a chunk from the row `first` to `last`, both included.
pub fn entries_between(account: AccountId, import: ImportId, chunk: ChunkNo, first: Row, last: Row) -> Query {
    entries(account, import, chunk).between(format!("{first:09}"), format!("{last:09}"))
}

/// The entries that a chunk has created, in the order of the rows.
pub fn entries(account: AccountId, import: ImportId, chunk: ChunkNo) -> Query {
    Query::partition(Table::Workspace, format!("A#{account}#entry#{import}#{chunk}"))
}

/// A record, in the partition of the import and the chunk whose row created the record.
pub fn record(account: AccountId, kind: RecordKind, import: ImportId, chunk: ChunkNo, row: Row) -> Key {
    Key::workspace(record_partition(account, kind, import, chunk), format!("{row:09}"))
}

/// The records that a chunk has created, in the order of the rows.
pub fn records(account: AccountId, kind: RecordKind, import: ImportId, chunk: ChunkNo) -> Query {
    Query::partition(Table::Workspace, record_partition(account, kind, import, chunk))
}

/// The records of a chunk from the row `first` to `last`, both included.
pub fn records_between(
    account: AccountId,
    kind: RecordKind,
    import: ImportId,
    chunk: ChunkNo,
    (first, last): (Row, Row),
) -> Query {
    records(account, kind, import, chunk).between(format!("{first:09}"), format!("{last:09}"))
}

/// The index item by which a record is found by the value of a field of its owner. Values of any length are compared by
/// the first 128 bits of their digest.
pub fn index_item(account: AccountId, owner: OwnerId, field: &str, value: &str, record: RecordId) -> Key {
    Key::workspace(index_partition(account, owner, field, value), format!("{record:016}"))
}

/// The index items of all records with this value, by id.
pub fn index_items(account: AccountId, owner: OwnerId, field: &str, value: &str) -> Query {
    Query::partition(Table::Workspace, index_partition(account, owner, field, value))
}

/// The record to which an index item leads.
pub fn record_of_index_item(key: &Key) -> Result<RecordId, StoreError> {
    let id = key.sk.parse().map(RecordId);
    id.map_err(|_| StoreError::Shape(format!("an index item without an id: {}", key.sk)))
}

fn index_partition(account: AccountId, owner: OwnerId, field: &str, value: &str) -> String {
    let digest = digest(&[value.as_bytes()]);
    format!("A#{account}#ix#{owner}#{field}#{}", &digest[..32])
}

fn record_partition(account: AccountId, kind: RecordKind, import: ImportId, chunk: ChunkNo) -> String {
    format!("A#{account}#{}#{import}#{chunk}", kind.name())
}
