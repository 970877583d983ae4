//! The keys of the table Workspace.

use super::{Key, Kind};
use crate::id::{AccountId, ChunkNo, ImportId, Row, ThingId};
use crate::store::{Query, Table};

/// An account.
pub fn account(account: AccountId) -> Key {
    Key::workspace("accounts".to_owned(), format!("{account:010}"))
}

/// All accounts, by number.
pub fn accounts() -> Query {
    Query::partition(Table::Workspace, "accounts".to_owned())
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
