//! Writes with conditions, alone or several in a transaction.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure,
};

use super::error::{refused, sdk, was_made};
use super::patience::Patience;
use super::write::Effect;
use super::{Item, Store, StoreError, Write};

impl Store {
    /// Executes a write, and for an update returns the item after the update. While a transaction holds the item, the
    /// write is retried for some seconds.
    pub async fn write(&self, write: Write) -> Result<Option<Item>, StoreError> {
        let mut patience = Patience::new();
        loop {
            match self.write_once(write.clone()).await {
                Err(StoreError::Busy(why)) => patience.wait(false, &why).await?,
                done => return done,
            }
        }
    }

    /// Sends a single write; `false` if its condition was refused.
    pub async fn attempt(&self, write: Write) -> Result<bool, StoreError> {
        was_made(self.write(write).await)
    }

    /// Sends `writes` as a single transaction; `false` if a condition was refused, in which case nothing was written.
    pub async fn attempt_all(&self, writes: Vec<Write>) -> Result<bool, StoreError> {
        was_made(self.transact(writes).await)
    }

    async fn write_once(&self, write: Write) -> Result<Option<Item>, StoreError> {
        let table = self.name(write.key.table);
        let old = ReturnValuesOnConditionCheckFailure::AllOld;
        let total = ReturnConsumedCapacity::Total;
        let key = write.key.attributes();
        match write.effect {
            Effect::Put(item) => {
                let call = self.client.put_item().table_name(table).set_item(Some(item));
                let call = call.set_condition_expression(write.condition).set_expression_attribute_names(write.names);
                let call = call.set_expression_attribute_values(write.values).return_consumed_capacity(total);
                let answer = call.return_values_on_condition_check_failure(old).send().await.map_err(refused)?;
                self.meter.write(answer.consumed_capacity());
                Ok(None)
            }
            Effect::Update(update) => {
                let call = self.client.update_item().table_name(table).set_key(Some(key)).update_expression(update);
                let call = call.set_condition_expression(write.condition).set_expression_attribute_names(write.names);
                let call = call.set_expression_attribute_values(write.values).return_consumed_capacity(total);
                let call = call.return_values(ReturnValue::AllNew).return_values_on_condition_check_failure(old);
                let answer = call.send().await.map_err(refused)?;
                self.meter.write(answer.consumed_capacity());
                Ok(answer.attributes)
            }
            Effect::Delete => {
                let call = self.client.delete_item().table_name(table).set_key(Some(key));
                let call = call.set_condition_expression(write.condition).set_expression_attribute_names(write.names);
                let call = call.set_expression_attribute_values(write.values).return_consumed_capacity(total);
                let answer = call.return_values_on_condition_check_failure(old).send().await.map_err(refused)?;
                self.meter.write(answer.consumed_capacity());
                Ok(None)
            }
        }
    }

    /// Executes all of `writes` or none of them. While a different transaction holds an item, the transaction is
    /// retried for some seconds.
    pub async fn transact(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        let writes: Vec<_> = writes.into_iter().map(|write| write.in_transaction(|table| self.name(table))).collect();
        let mut patience = Patience::new();
        loop {
            let call = self.client.transact_write_items().set_transact_items(Some(writes.clone()));
            let error = match call.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await {
                Ok(answer) => {
                    for consumed in answer.consumed_capacity() {
                        self.meter.write(Some(consumed));
                    }
                    return Ok(());
                }
                Err(error) => error,
            };
            let Some(service) = error.as_service_error() else {
                return Err(sdk(error));
            };
            if let TransactWriteItemsError::TransactionCanceledException(canceled) = service {
                let code = |reason: &CancellationReason| reason.code().map(str::to_owned);
                let codes: Vec<_> = canceled.cancellation_reasons().iter().map(code).collect();
                let at: Vec<usize> =
                    (0..codes.len()).filter(|&i| codes[i].as_deref() == Some("ConditionalCheckFailed")).collect();
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
}
