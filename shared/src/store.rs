//! DynamoDB: keys, items, queries, and writes that finish.
//!
//! All items of the three tables are read and written through this module, over the AWS SDK. Locally the SDK talks to
//! an embedded DynamoDB, so the project has a single storage path. Callers rely on three promises:
//!
//! - A batch write is complete when the call returns: the items that DynamoDB left unprocessed, and no further
//!   items, were sent again.
//! - A condition that did not hold is a separate error ([`StoreError::Refused`]), which gives the position of the
//!   refused write in the transaction.
//! - The capacity units of each call are counted ([`Store::consumed`]), so the price of an import
//!   is measured, not estimated.

mod batch;
mod commit;
mod counter;
mod error;
mod item;
pub mod keys;
mod meter;
pub(crate) mod packing;
mod patience;
mod query;
mod scan;
mod write;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use error::is_passing;
use error::sdk;
use meter::Meter;

pub use batch::{BATCHES_IN_FLIGHT, ITEMS_A_BATCH};
pub use counter::{Dated, number};
pub use error::StoreError;
pub use item::Item;
pub use keys::Key;
pub use meter::Consumed;
pub(crate) use patience::{Patience, retry};
pub use query::Query;
pub use write::Write;

/// The three tables of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// Imports, chunks with their ledger pages, notes of touched things, counters, mappings.
    Imports,
    /// Accounts, tokens, users, clients, projects, tags and entries.
    Workspace,
    /// The outbox of events, which leave through the table's stream.
    Events,
}

/// The names of the three tables in this deployment, from the function's environment.
#[derive(Clone, Debug)]
pub struct TableNames {
    /// The name of the table of imports, chunks and counters.
    pub imports: String,
    /// The name of the table of accounts, shared things and entries.
    pub workspace: String,
    /// The name of the table of events.
    pub events: String,
}

/// The three tables; clones share connections and the meter.
#[derive(Clone)]
pub struct Store {
    client: Client,
    names: Arc<TableNames>,
    meter: Arc<Meter>,
}

/// The pages of a query, read from DynamoDB as the caller asks for the next page.
pub struct Pages<'s> {
    store: &'s Store,
    next: Option<Query>,
}

impl Pages<'_> {
    /// The items of the next page, or `None` after the last page. A page may be empty and not the last.
    pub async fn next(&mut self) -> Result<Option<Vec<Item>>, StoreError> {
        let Some(query) = self.next.take() else {
            return Ok(None);
        };
        let (items, last) = self.store.page(&query).await?;
        self.next = last.map(|last| query.after(last));
        Ok(Some(items))
    }
}

impl Store {
    /// The tables of these names, reached through `client`.
    pub fn new(client: Client, names: TableNames) -> Self {
        Self { client, names: Arc::new(names), meter: Arc::default() }
    }

    /// The same tables with the same meter, reached through another client.
    pub fn through(&self, client: Client) -> Self {
        Self { client, ..self.clone() }
    }

    /// The same tables with a meter of its own at zero. The units count on this store's meter too.
    pub fn metered(&self) -> Self {
        Self { meter: Arc::new(Meter::within(&self.meter)), ..self.clone() }
    }

    /// The capacity units that all calls through this store and all clones have consumed so far.
    pub fn consumed(&self) -> Consumed {
        self.meter.consumed()
    }

    /// The capacity units of a table that all calls through this store and all clones have consumed so far.
    pub fn consumed_of(&self, table: Table) -> Consumed {
        self.meter.consumed_of(self.name(table))
    }

    fn name(&self, table: Table) -> &str {
        match table {
            Table::Imports => &self.names.imports,
            Table::Workspace => &self.names.workspace,
            Table::Events => &self.names.events,
        }
    }

    /// Reads the item at `key` with a strongly consistent read.
    pub async fn get(&self, key: &Key) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(self.name(key.table))
            .set_key(Some(key.attributes()))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(sdk)?;
        self.meter.read(answer.consumed_capacity());
        Ok(answer.item)
    }

    /// Reads the item at `key` and decodes the item as a `T`.
    pub async fn read<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, StoreError> {
        self.get(key).await?.map(decode).transpose()
    }

    /// Reads a page of a query: the items, and the last key if further pages follow.
    pub async fn page(&self, query: &Query) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        if query.is_empty() {
            return Ok((Vec::new(), None));
        }
        let answer = query
            .request(&self.client, self.name(query.table))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(sdk)?;
        self.meter.read(answer.consumed_capacity());
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    /// The pages of a query, to be read in order.
    pub fn pages(&self, query: Query) -> Pages<'_> {
        Pages { store: self, next: Some(query) }
    }

    /// Reads all items of a query into memory. Only for queries whose results are bounded by design.
    pub async fn all(&self, query: Query) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::new();
        let mut pages = self.pages(query);
        while let Some(items) = pages.next().await? {
            found.extend(items);
        }
        Ok(found)
    }

    /// Reads all items of a query, decoded as `T`. Only for queries whose results are bounded by design.
    pub async fn read_all<T: DeserializeOwned>(&self, query: Query) -> Result<Vec<T>, StoreError> {
        self.all(query).await?.into_iter().map(decode).collect()
    }
}

/// The version of items, stored in the attribute `v`.
const ITEM_VERSION: u64 = 1;

/// Encodes a value as an item at `key`, with the attribute `v`, the version that this code writes.
pub fn encode(key: &Key, value: &impl Serialize) -> Item {
    let mut item: Item = serde_dynamo::to_item(value).expect("our own types encode as maps");
    item.extend(key.attributes());
    item.insert("v".to_owned(), AttributeValue::N(ITEM_VERSION.to_string()));
    item
}

/// Decodes an item as a `T`.
///
/// # Errors
/// [`StoreError::Newer`] for an item written by a later version of the code, and [`StoreError::Shape`] for an item that
/// lacks the attributes of a `T`.
pub fn decode<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    let version = item.get("v").and_then(|version| version.as_n().ok()?.parse().ok()).unwrap_or(ITEM_VERSION);
    if version > ITEM_VERSION {
        return Err(StoreError::Newer(version));
    }
    serde_dynamo::from_item(item).map_err(|error| StoreError::Shape(error.to_string()))
}
