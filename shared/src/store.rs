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

pub mod keys;
mod query;
mod write;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeValue, ConsumedCapacity, DeleteRequest, KeysAndAttributes, PutRequest, ReturnConsumedCapacity,
    ReturnValue, ReturnValuesOnConditionCheckFailure, WriteRequest,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::drained::drained;

pub use keys::Key;
pub use query::Query;
pub use write::Write;

/// A stored item.
pub type Item = HashMap<String, AttributeValue>;

/// How long a batch or a transaction is tried without progress. Far shorter than the margin that leases keep.
const FRUITLESS: Duration = Duration::from_secs(8);
/// The most that one batch request takes.
pub const ITEMS_A_BATCH: usize = 25;
/// Batch requests under way at once for one caller.
pub const BATCHES_IN_FLIGHT: usize = 4;

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

/// What can go wrong between us and the tables.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A condition did not hold: nothing was written.
    #[error("a condition did not hold at {at:?}")]
    Refused {
        /// Which writes of the transaction were refused (`[0]` for a single write).
        at: Vec<usize>,
        /// The item that stands there instead, for a single write.
        found: Option<Box<Item>>,
    },
    /// DynamoDB kept throttling, or a transaction kept meeting others.
    #[error("the table made no progress for seconds: {0}")]
    Busy(String),
    /// The request failed; whether it took effect is unknown.
    #[error("{0}")]
    Sdk(String),
    /// A stored item is not what this version writes.
    #[error("a stored item cannot be read: {0}")]
    Shape(String),
}

impl StoreError {
    /// Whether a condition did not hold.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
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

#[derive(Default)]
struct Meter {
    write_milliunits: AtomicU64,
    read_milliunits: AtomicU64,
}

/// Capacity units that DynamoDB charged.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Consumed {
    /// Write units.
    pub write: f64,
    /// Read units.
    pub read: f64,
}

impl Store {
    /// The tables behind `client`.
    pub fn new(client: Client, names: TableNames) -> Self {
        Self { client, names: Arc::new(names), meter: Arc::default() }
    }

    /// What all calls through this store (and its clones) consumed so far.
    pub fn consumed(&self) -> Consumed {
        let units = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64 / 1000.0;
        Consumed { write: units(&self.meter.write_milliunits), read: units(&self.meter.read_milliunits) }
    }

    fn name(&self, table: Table) -> &str {
        match table {
            Table::Imports => &self.names.imports,
            Table::Workspace => &self.names.workspace,
            Table::Events => &self.names.events,
        }
    }

    fn read_units(&self, consumed: Option<&ConsumedCapacity>) {
        Meter::count(&self.meter.read_milliunits, consumed);
    }

    fn write_units(&self, consumed: Option<&ConsumedCapacity>) {
        Meter::count(&self.meter.write_milliunits, consumed);
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
        self.read_units(answer.consumed_capacity());
        Ok(answer.item)
    }

    /// The item at `key`, decoded.
    pub async fn read<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, StoreError> {
        self.get(key).await?.map(decode).transpose()
    }

    /// The items at `keys` that exist, in no order (strongly consistent).
    pub async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::with_capacity(keys.len());
        for hundred in keys.chunks(100) {
            let mut wanted: HashMap<String, KeysAndAttributes> = HashMap::new();
            for key in hundred {
                let name = self.name(key.table).to_owned();
                let entry = wanted.remove(&name);
                let keys = entry.map(|k| k.keys).unwrap_or_default();
                let keys = keys.into_iter().chain([key.attributes()]).collect();
                let asked = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
                wanted.insert(name, asked.build().expect("keys are set"));
            }
            let mut patience = Patience::new();
            while !wanted.is_empty() {
                let answer = self
                    .client
                    .batch_get_item()
                    .set_request_items(Some(wanted))
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .map_err(sdk)?;
                for consumed in answer.consumed_capacity() {
                    self.read_units(Some(consumed));
                }
                let before = found.len();
                found.extend(answer.responses.unwrap_or_default().into_values().flatten());
                wanted = answer.unprocessed_keys.unwrap_or_default();
                if !wanted.is_empty() {
                    patience.wait(found.len() > before, "unprocessed keys").await?;
                }
            }
        }
        Ok(found)
    }

    /// One page of a query: its items, and the key to go on after if there is more.
    pub async fn page(&self, query: &Query) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let answer = query
            .request(&self.client, self.name(query.table))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(sdk)?;
        self.read_units(answer.consumed_capacity());
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    /// Everything that a query finds. Only for what is bounded by design.
    pub async fn all(&self, mut query: Query) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::new();
        loop {
            let (items, last) = self.page(&query).await?;
            found.extend(items);
            match last {
                None => return Ok(found),
                Some(last) => query = query.after(last),
            }
        }
    }

    /// Everything that a query finds, decoded.
    pub async fn read_all<T: DeserializeOwned>(&self, query: Query) -> Result<Vec<T>, StoreError> {
        self.all(query).await?.into_iter().map(decode).collect()
    }

    /// One write; for an update, the item as it is after it. Meeting a transaction is waited out.
    pub async fn write(&self, write: Write) -> Result<Option<Item>, StoreError> {
        let mut patience = Patience::new();
        loop {
            match self.write_once(write.clone()).await {
                Err(StoreError::Busy(why)) => patience.wait(false, &why).await?,
                done => return done,
            }
        }
    }

    async fn write_once(&self, write: Write) -> Result<Option<Item>, StoreError> {
        let table = self.name(write.key.table);
        let old = ReturnValuesOnConditionCheckFailure::AllOld;
        let total = ReturnConsumedCapacity::Total;
        let key = write.key.attributes();
        match write.effect {
            write::Effect::Put(item) => {
                let call = self.client.put_item().table_name(table).set_item(Some(item));
                let call = call.set_condition_expression(write.condition).set_expression_attribute_names(write.names);
                let call = call.set_expression_attribute_values(write.values).return_consumed_capacity(total);
                let answer = call.return_values_on_condition_check_failure(old).send().await.map_err(refused)?;
                self.write_units(answer.consumed_capacity());
                Ok(None)
            }
            write::Effect::Update(update) => {
                let call = self.client.update_item().table_name(table).set_key(Some(key)).update_expression(update);
                let call = call.set_condition_expression(write.condition).set_expression_attribute_names(write.names);
                let call = call.set_expression_attribute_values(write.values).return_consumed_capacity(total);
                let call = call.return_values(ReturnValue::AllNew).return_values_on_condition_check_failure(old);
                let answer = call.send().await.map_err(refused)?;
                self.write_units(answer.consumed_capacity());
                Ok(answer.attributes)
            }
            write::Effect::Delete => {
                let call = self.client.delete_item().table_name(table).set_key(Some(key));
                let call = call.set_condition_expression(write.condition).set_expression_attribute_names(write.names);
                let call = call.set_expression_attribute_values(write.values).return_consumed_capacity(total);
                let answer = call.return_values_on_condition_check_failure(old).send().await.map_err(refused)?;
                self.write_units(answer.consumed_capacity());
                Ok(None)
            }
        }
    }

    /// All of `writes` or none of them. Meeting another transaction is waited out.
    pub async fn transact(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        let writes: Vec<_> = writes.into_iter().map(|write| write.in_transaction(|table| self.name(table))).collect();
        let mut patience = Patience::new();
        loop {
            let call = self.client.transact_write_items().set_transact_items(Some(writes.clone()));
            let error = match call.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await {
                Ok(answer) => {
                    for consumed in answer.consumed_capacity() {
                        self.write_units(Some(consumed));
                    }
                    return Ok(());
                }
                Err(error) => error,
            };
            let Some(service) = error.as_service_error() else {
                return Err(sdk(error));
            };
            if let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
                canceled,
            ) = service
            {
                let code = |reason: &aws_sdk_dynamodb::types::CancellationReason| reason.code().map(str::to_owned);
                let codes: Vec<_> = canceled.cancellation_reasons().iter().map(code).collect();
                let at: Vec<usize> = (0..codes.len())
                    .filter(|&i| codes[i].as_deref() == Some("ConditionalCheckFailed"))
                    .collect();
                if !at.is_empty() {
                    return Err(StoreError::Refused { at, found: None });
                }
                let passing = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
                if codes.iter().flatten().any(|code| passing.contains(&code.as_str())) {
                    patience.wait(false, "transactions in conflict").await?;
                    continue;
                }
            } else if service.meta().code() == Some("TransactionInProgressException") {
                patience.wait(false, "the same transaction is under way").await?;
                continue;
            }
            return Err(sdk(error));
        }
    }

    /// Puts items without conditions, 25 a request, a few requests at once.
    pub async fn put_all(&self, items: Vec<(Table, Item)>) -> Result<(), StoreError> {
        let put = |(table, item)| {
            let put = PutRequest::builder().set_item(Some(item)).build().expect("the item is set");
            (table, WriteRequest::builder().put_request(put).build())
        };
        self.batches(items.into_iter().map(put).collect()).await
    }

    /// Deletes items without conditions, likewise.
    pub async fn delete_all(&self, keys: Vec<Key>) -> Result<(), StoreError> {
        let delete = |key: Key| {
            let delete = DeleteRequest::builder().set_key(Some(key.attributes())).build().expect("the key is set");
            (key.table, WriteRequest::builder().delete_request(delete).build())
        };
        self.batches(keys.into_iter().map(delete).collect()).await
    }

    async fn batches(&self, mut requests: Vec<(Table, WriteRequest)>) -> Result<(), StoreError> {
        let mut batches = Vec::with_capacity(requests.len().div_ceil(ITEMS_A_BATCH));
        while !requests.is_empty() {
            let rest = requests.split_off(requests.len().min(ITEMS_A_BATCH));
            batches.push(self.batch(std::mem::replace(&mut requests, rest)));
        }
        drained(batches, BATCHES_IN_FLIGHT).await.map(drop)
    }

    async fn batch(&self, requests: Vec<(Table, WriteRequest)>) -> Result<(), StoreError> {
        let mut wanted: HashMap<String, Vec<WriteRequest>> = HashMap::new();
        for (table, request) in requests {
            wanted.entry(self.name(table).to_owned()).or_default().push(request);
        }
        let count = |wanted: &HashMap<String, Vec<WriteRequest>>| wanted.values().map(Vec::len).sum::<usize>();
        let mut left = count(&wanted);
        let mut patience = Patience::new();
        while left > 0 {
            let call = self.client.batch_write_item().set_request_items(Some(wanted));
            let answer = call.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.map_err(sdk)?;
            for consumed in answer.consumed_capacity() {
                self.write_units(Some(consumed));
            }
            wanted = answer.unprocessed_items.unwrap_or_default();
            let still = count(&wanted);
            if still > 0 {
                patience.wait(still < left, "unprocessed items").await?;
            }
            left = still;
        }
        Ok(())
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

impl Meter {
    fn count(counter: &AtomicU64, consumed: Option<&ConsumedCapacity>) {
        let units = consumed.and_then(|c| c.capacity_units).unwrap_or_default();
        counter.fetch_add((units * 1000.0).round() as u64, Ordering::Relaxed);
    }
}

/// Jittered back-off, for a bounded time without progress.
struct Patience {
    fruitless: u32,
    since: Instant,
}

impl Patience {
    fn new() -> Self {
        Self { fruitless: 0, since: Instant::now() }
    }

    async fn wait(&mut self, progress: bool, what: &str) -> Result<(), StoreError> {
        if progress {
            *self = Self::new();
        }
        self.fruitless += 1;
        if self.since.elapsed() > FRUITLESS {
            return Err(StoreError::Busy(what.to_owned()));
        }
        let ceiling = 20u64 << self.fruitless.min(6);
        let mut random = [0u8; 8];
        getrandom::fill(&mut random).map_err(|error| StoreError::Sdk(error.to_string()))?;
        tokio::time::sleep(Duration::from_millis(u64::from_le_bytes(random) % ceiling + 1)).await;
        Ok(())
    }
}

/// Encodes a value as an item at `key`, with the version that this code writes.
pub fn encode(key: &Key, value: &impl Serialize) -> Item {
    let mut item: Item = serde_dynamo::to_item(value).expect("our own types encode as maps");
    item.extend(key.attributes());
    item.insert("v".to_owned(), AttributeValue::N("1".to_owned()));
    item
}

/// Decodes an item.
pub fn decode<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    serde_dynamo::from_item(item).map_err(|error| StoreError::Shape(error.to_string()))
}

fn sdk<E>(error: SdkError<E>) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
{
    StoreError::Sdk(DisplayErrorContext(&error).to_string())
}

/// Tells a condition that did not hold from other failures of a single write.
fn refused<E>(error: SdkError<E>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + Refusal + Send + Sync + 'static,
{
    // The SDK does not try this one again.
    if error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("TransactionConflictException") {
        return StoreError::Busy("a transaction holds the item".to_owned());
    }
    match error.as_service_error().and_then(Refusal::refusal) {
        Some(found) => StoreError::Refused { at: vec![0], found: found.map(Box::new) },
        None => sdk(error),
    }
}

trait Refusal {
    /// `Some` if a condition did not hold, with the item that stands there.
    fn refusal(&self) -> Option<Option<Item>>;
}

macro_rules! refusal {
    ($($error:path),+) => {
        $(impl Refusal for $error {
            fn refusal(&self) -> Option<Option<Item>> {
                match self {
                    Self::ConditionalCheckFailedException(failed) => Some(failed.item.clone()),
                    _ => None,
                }
            }
        })+
    };
}

refusal!(
    aws_sdk_dynamodb::operation::put_item::PutItemError,
    aws_sdk_dynamodb::operation::update_item::UpdateItemError,
    aws_sdk_dynamodb::operation::delete_item::DeleteItemError
);
