//! DynamoDB: keys, items, and writes that finish.
//!
//! Everything that is kept goes through here, over the AWS SDK; locally the SDK talks to an embedded
//! DynamoDB, so there is one storage path. Three promises hold for the callers:
//!
//! - A batch write is done when it returns: what DynamoDB left unprocessed was sent again, and only that.
//! - A condition that did not hold is told apart from every other failure ([`StoreError::Refused`]),
//!   with the position of the write that met it.
//! - What each call consumed is counted ([`Store::consumed`]), so that the price of an import is
//!   measured, not estimated.

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
pub use counter::number;
pub use error::StoreError;
pub use item::Item;
pub use keys::Key;
pub use meter::Consumed;
pub(crate) use patience::Patience;
pub use query::Query;
pub use write::Write;

/// The three tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// Imports, chunks with their ledger pages, notes, counters.
    Imports,
    /// Accounts, tokens, and everything that people see.
    Workspace,
    /// The outbox.
    Events,
}

/// The names of the tables.
#[derive(Clone, Debug)]
pub struct TableNames {
    /// Imports.
    pub imports: String,
    /// Workspace.
    pub workspace: String,
    /// Events.
    pub events: String,
}

/// The tables; clones share connections and the meter.
#[derive(Clone)]
pub struct Store {
    client: Client,
    names: Arc<TableNames>,
    meter: Arc<Meter>,
}

/// The pages of a query that are still to be read.
pub struct Pages<'s> {
    store: &'s Store,
    next: Option<Query>,
}

impl Pages<'_> {
    /// The items of the next page; none behind the last one.
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
    /// The tables behind `client`.
    pub fn new(client: Client, names: TableNames) -> Self {
        Self { client, names: Arc::new(names), meter: Arc::default() }
    }

    /// The same tables and the same meter through another client.
    pub fn through(&self, client: Client) -> Self {
        Self { client, ..self.clone() }
    }

    /// What all calls through this store (and its clones) consumed so far.
    pub fn consumed(&self) -> Consumed {
        self.meter.consumed()
    }

    fn name(&self, table: Table) -> &str {
        match table {
            Table::Imports => &self.names.imports,
            Table::Workspace => &self.names.workspace,
            Table::Events => &self.names.events,
        }
    }

    /// The item at `key`, as of now (a strongly consistent read).
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

    /// The item at `key`, decoded.
    pub async fn read<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, StoreError> {
        self.get(key).await?.map(decode).transpose()
    }

    /// One page of a query: its items, and the key to go on after if there is more.
    pub async fn page(&self, query: &Query) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let answer = query
            .request(&self.client, self.name(query.table))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(sdk)?;
        self.meter.read(answer.consumed_capacity());
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    /// The pages of a query, one after the other.
    pub fn pages(&self, query: Query) -> Pages<'_> {
        Pages { store: self, next: Some(query) }
    }

    /// Everything that a query finds. Only for what is bounded by design.
    pub async fn all(&self, query: Query) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::new();
        let mut pages = self.pages(query);
        while let Some(items) = pages.next().await? {
            found.extend(items);
        }
        Ok(found)
    }

    /// Everything that a query finds, decoded.
    pub async fn read_all<T: DeserializeOwned>(&self, query: Query) -> Result<Vec<T>, StoreError> {
        self.all(query).await?.into_iter().map(decode).collect()
    }

    /// Every item of a table, for tests and for the curious; not for the product's own paths.
    pub async fn dump(&self, table: Table) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let call = self.client.scan().table_name(self.name(table)).consistent_read(true);
            let answer = call.set_exclusive_start_key(after).send().await.map_err(sdk)?;
            found.extend(answer.items.unwrap_or_default());
            after = answer.last_evaluated_key;
            if after.is_none() {
                return Ok(found);
            }
        }
    }
}

/// The version of items, in their attribute `v`.
const ITEM_VERSION: u64 = 1;

/// Encodes a value as an item at `key`, with the version that this code writes.
pub fn encode(key: &Key, value: &impl Serialize) -> Item {
    let mut item: Item = serde_dynamo::to_item(value).expect("our own types encode as maps");
    item.extend(key.attributes());
    item.insert("v".to_owned(), AttributeValue::N(ITEM_VERSION.to_string()));
    item
}

/// Decodes an item.
///
/// # Errors
/// [`StoreError::Newer`] for an item that a later version of the code wrote, [`StoreError::Shape`] for one that is no `T`.
pub fn decode<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    let version = item.get("v").and_then(|version| version.as_n().ok()?.parse().ok()).unwrap_or(ITEM_VERSION);
    if version > ITEM_VERSION {
        return Err(StoreError::Newer(version));
    }
    serde_dynamo::from_item(item).map_err(|error| StoreError::Shape(error.to_string()))
}
