//! The keys of an account's schema: databases with their fields, collections, interests and views.
//!
//! The parts of a database lie in a partition of the database, so a query reads them all. Another partition of the account
//! lists the databases, holds their unique names, and leads from the id of any part to its database.

use super::Key;
use crate::id::{AccountId, ImportId, OwnerId, PartId};
use crate::store::{Query, Table};
use crate::wire::wire_words;

wire_words! {
    /// The sorts of parts of a schema. Ids are counted by sort, from 1 in each account.
    #[derive(PartialOrd, Ord)]
    SchemaSort {
        /// A table of profiles.
        Database = "database",
        /// A table of subprofiles inside of a database.
        Collection = "collection",
        /// A column of a database or of a collection.
        Field = "field",
        /// A label that a profile has or lacks.
        Interest = "interest",
        /// A selection of the profiles of a database.
        View = "view",
        /// A rule of a view.
        Rule = "rule",
        /// A condition of a rule.
        Condition = "condition",
    }
}

/// A part of a database, or the database itself under its own id.
pub fn schema_part(account: AccountId, database: OwnerId, sort: SchemaSort, id: PartId) -> Key {
    Key::workspace(format!("A#{account}#schema#{database}"), format!("{}#{id:010}", sort.name()))
}

/// A database with all of its parts.
pub fn schema(account: AccountId, database: OwnerId) -> Query {
    Query::partition(Table::Workspace, format!("A#{account}#schema#{database}"))
}

/// The item that leads from a part's id to the database of the part. The items of the databases are the account's list of
/// databases.
pub fn schema_place(account: AccountId, sort: SchemaSort, id: PartId) -> Key {
    Key::workspace(format!("A#{account}#schema"), format!("{}#{id:010}", sort.name()))
}

/// The list of an account's databases, by id.
pub fn databases(account: AccountId) -> Query {
    let prefix = format!("{}#", SchemaSort::Database.name());
    Query::partition(Table::Workspace, format!("A#{account}#schema")).prefix(prefix)
}

/// The claim of a database's name, as compared, which keeps the name unique in the account.
pub fn database_name(account: AccountId, name: &str) -> Key {
    Key::workspace(format!("A#{account}#schema"), format!("name#{name}"))
}

/// The work that the edits of a database's fields ask of the sweep.
pub fn index_work(account: AccountId, database: OwnerId) -> Key {
    Key::imports(INDEX_WORK.to_owned(), format!("{}{database}", index_work_of(account)))
}

/// The partition of the work on index items of all accounts.
pub(super) const INDEX_WORK: &str = "index work";

/// The beginning of the sort keys of an account's work.
pub(super) fn index_work_of(account: AccountId) -> String {
    format!("{account:010}#")
}

/// The work on index items of all accounts.
pub fn all_index_work() -> Query {
    Query::partition(Table::Imports, INDEX_WORK)
}

/// The database of an item of such work.
pub fn database_of_index_work(key: &Key) -> Option<(AccountId, OwnerId)> {
    let (account, database) = key.sk.split_once('#')?;
    // Ids have no leading zeros.
    Some((AccountId(account.parse::<u64>().ok()?), database.parse().ok()?))
}

/// The counter of the ids of a sort.
pub fn schema_counter(account: AccountId, sort: SchemaSort) -> Key {
    Key::imports(format!("A#{account}"), format!("schema#{}", sort.name()))
}

/// The counter of the hand numbers that databases and collections have been given.
pub fn hand_number_counter(account: AccountId) -> Key {
    Key::imports(format!("A#{account}"), "schema#hand")
}

/// The counter of the rows of a hand number.
pub fn hand_row_counter(account: AccountId, hand: ImportId) -> Key {
    Key::imports(format!("A#{account}"), format!("hand#{hand}"))
}

/// The counter of the builds of all views.
pub fn build_counter(account: AccountId) -> Key {
    Key::imports(format!("A#{account}"), "schema#build")
}

/// A block of the ids of a view's profiles, as a build stored them.
pub fn members(account: AccountId, view: PartId, build: u64, block: usize) -> Key {
    Key::workspace(members_partition(account, view), format!("{build:010}#{block:07}"))
}

/// The blocks of a build of a view, by id.
pub fn members_of(account: AccountId, view: PartId, build: u64) -> Query {
    Query::partition(Table::Workspace, members_partition(account, view)).prefix(format!("{build:010}#"))
}

/// The blocks of all builds of a view.
pub fn all_members(account: AccountId, view: PartId) -> Query {
    Query::partition(Table::Workspace, members_partition(account, view))
}

/// The blocks of all builds of a view below number `before`.
pub fn members_before(account: AccountId, view: PartId, before: u64) -> Query {
    // A block's key is longer than the number alone, so blocks of build `before` sort behind.
    all_members(account, view).between("0", format!("{before:010}"))
}

fn members_partition(account: AccountId, view: PartId) -> String {
    format!("A#{account}#members#{view}")
}
