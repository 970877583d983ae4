//! Reads and writes of many items in few requests. A call returns when every item is done: keys and items that DynamoDB
//! left unprocessed are sent again.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, ReturnConsumedCapacity, WriteRequest};

use super::error::sdk;
use super::patience::Patience;
use super::{Item, Key, Store, StoreError, Table};
use crate::concurrent::drained;

/// The number of writes that DynamoDB accepts in a batch request.
pub const ITEMS_A_BATCH: usize = 25;
/// The number of batch requests in flight at once for a caller.
pub const BATCHES_IN_FLIGHT: usize = 4;

impl Store {
    /// Reads the items at `keys` with strong consistency, in any order, and leaves out keys without an item. A repeated
    /// key is read once, because DynamoDB refuses a request that names an item twice.
    pub async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, StoreError> {
        self.get_each(keys, true).await
    }

    /// Reads items like [`get_many`](Self::get_many), for half the price. An item may be missing or as it was a moment ago.
    pub async fn get_many_of_late(&self, keys: &[Key]) -> Result<Vec<Item>, StoreError> {
        self.get_each(keys, false).await
    }

    async fn get_each(&self, keys: &[Key], is_consistent: bool) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::with_capacity(keys.len());
        let mut seen = HashSet::with_capacity(keys.len());
        let keys: Vec<&Key> = keys.iter().filter(|key| seen.insert(*key)).collect();
        for hundred in keys.chunks(100) {
            let mut wanted: HashMap<String, KeysAndAttributes> = HashMap::new();
            for key in hundred {
                let name = self.name(key.table).to_owned();
                let entry = wanted.remove(&name);
                let keys = entry.map(|k| k.keys).unwrap_or_default();
                let keys = keys.into_iter().chain([key.attributes()]).collect();
                let asked = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(is_consistent);
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
                    self.meter.read(Some(consumed));
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

    /// Puts items without conditions, 25 in a request and four requests at once.
    pub async fn put_all(&self, items: Vec<(Table, Item)>) -> Result<(), StoreError> {
        let put = |(table, item)| {
            let put = PutRequest::builder().set_item(Some(item)).build().expect("the item is set");
            (table, WriteRequest::builder().put_request(put).build())
        };
        self.batches(items.into_iter().map(put).collect()).await
    }

    /// Deletes items without conditions, 25 in a request and four requests at once.
    pub async fn delete_all(&self, keys: Vec<Key>) -> Result<(), StoreError> {
        let delete = |key: Key| {
            let delete = DeleteRequest::builder().set_key(Some(key.attributes())).build().expect("the key is set");
            (key.table, WriteRequest::builder().delete_request(delete).build())
        };
        self.batches(keys.into_iter().map(delete).collect()).await
    }

    async fn batches(&self, requests: Vec<(Table, WriteRequest)>) -> Result<(), StoreError> {
        let mut requests = requests.into_iter();
        let batches = std::iter::from_fn(move || {
            let some: Vec<_> = requests.by_ref().take(ITEMS_A_BATCH).collect();
            (!some.is_empty()).then(|| self.batch(some))
        });
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
                self.meter.write(Some(consumed));
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
}
