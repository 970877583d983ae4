//! Creates the template's resources on the emulators, through the same clients as the product's.

use aws_sdk_dynamodb::error::{BuildError, DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, TableDescription, TimeToLiveSpecification,
};
use aws_sdk_sqs::types::QueueAttributeName;

use super::{Bucket, Index, Key, Queue, Table, Template};

/// The reasons for which a resource could not be created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    #[error("{name} cannot be created: {reason}")]
    Refused { name: String, reason: String },
    #[error(
        "{name} is there and differs from the template: it was made by another version, so use another data directory"
    )]
    Different { name: String },
    #[error("the template defines a table that DynamoDB cannot have: {0}")]
    Incomplete(#[from] BuildError),
}

impl Template {
    /// Creates the missing tables, buckets and queues. Existing buckets and queues stay as they are, and an
    /// existing table must have the template's keys and indexes.
    pub async fn create(
        &self,
        dynamodb: &aws_sdk_dynamodb::Client,
        s3: &aws_sdk_s3::Client,
        sqs: &aws_sdk_sqs::Client,
    ) -> Result<(), CreateError> {
        for table in self.tables.values() {
            table.create(dynamodb).await?;
        }
        for bucket in self.buckets.values() {
            bucket.create(s3).await?;
        }
        // A dead-letter queue must exist before the queue whose redrive policy names it.
        let (named, naming): (Vec<_>, Vec<_>) =
            self.queues.values().partition(|queue| !queue.attributes.contains_key("RedrivePolicy"));
        for queue in named.into_iter().chain(naming) {
            queue.create(sqs).await?;
        }
        Ok(())
    }
}

impl Table {
    async fn create(&self, dynamodb: &aws_sdk_dynamodb::Client) -> Result<(), CreateError> {
        let refused = |reason| refused(&self.name, reason);
        let mut request = dynamodb
            .create_table()
            .table_name(&self.name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(keys(&self.keys)?));
        for attribute in &self.attributes {
            request = request.attribute_definitions(
                AttributeDefinition::builder()
                    .attribute_name(&attribute.attribute_name)
                    .attribute_type(ScalarAttributeType::from(attribute.attribute_type.as_str()))
                    .build()?,
            );
        }
        for index in &self.indexes {
            request = request.global_secondary_indexes(index.definition()?);
        }
        match request.send().await {
            Ok(_) => {}
            Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_in_use_exception()) => {
                let there = dynamodb.describe_table().table_name(&self.name).send().await;
                let there = there.map_err(|error| refused(said(&error)))?;
                return self.check(there.table());
            }
            Err(error) => return Err(refused(said(&error))),
        }
        if let Some(attribute) = &self.time_to_live {
            let time_to_live = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build()?;
            let request = dynamodb.update_time_to_live().table_name(&self.name);
            let answer = request.time_to_live_specification(time_to_live).send().await;
            answer.map_err(|error| refused(said(&error)))?;
        }
        Ok(())
    }

    /// Refuses an existing table with other keys or indexes, because its reads would fail
    /// later with unclear errors.
    fn check(&self, there: Option<&TableDescription>) -> Result<(), CreateError> {
        let different = || CreateError::Different { name: self.name.clone() };
        let there = there.ok_or_else(different)?;
        let indexes = there.global_secondary_indexes();
        let mut same = there.key_schema() == keys(&self.keys)? && indexes.len() == self.indexes.len();
        for index in &self.indexes {
            let there = indexes.iter().find(|there| there.index_name() == Some(&index.index_name));
            let wanted = keys(&index.key_schema)?;
            same &= there.is_some_and(|there| there.key_schema() == wanted);
        }
        if same { Ok(()) } else { Err(different()) }
    }
}

impl Index {
    fn definition(&self) -> Result<GlobalSecondaryIndex, BuildError> {
        let mut projection =
            Projection::builder().projection_type(ProjectionType::from(self.projection.projection_type.as_str()));
        for attribute in &self.projection.non_key_attributes {
            projection = projection.non_key_attributes(attribute);
        }
        GlobalSecondaryIndex::builder()
            .index_name(&self.index_name)
            .set_key_schema(Some(keys(&self.key_schema)?))
            .projection(projection.build())
            .build()
    }
}

impl Bucket {
    async fn create(&self, s3: &aws_sdk_s3::Client) -> Result<(), CreateError> {
        match s3.create_bucket().bucket(&self.name).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_bucket_already_owned_by_you()) => {
                Ok(())
            }
            Err(error) => Err(refused(&self.name, said(&error))),
        }
    }
}

impl Queue {
    async fn create(&self, sqs: &aws_sdk_sqs::Client) -> Result<(), CreateError> {
        let mut request = sqs.create_queue().queue_name(&self.name);
        for (name, value) in &self.attributes {
            request = request.attributes(QueueAttributeName::from(name.as_str()), value);
        }
        let answer = request.send().await;
        answer.map_err(|error| refused(&self.name, said(&error)))?;
        Ok(())
    }
}

fn keys(keys: &[Key]) -> Result<Vec<KeySchemaElement>, BuildError> {
    keys.iter()
        .map(|key| {
            KeySchemaElement::builder()
                .attribute_name(&key.attribute_name)
                .key_type(KeyType::from(key.key_type.as_str()))
                .build()
        })
        .collect()
}

fn refused(name: &str, reason: String) -> CreateError {
    CreateError::Refused { name: name.to_owned(), reason }
}

/// The service's error message, or the client's error if no answer arrived.
fn said(error: &(impl ProvideErrorMetadata + std::error::Error)) -> String {
    match error.message() {
        Some(message) => message.to_owned(),
        None => DisplayErrorContext(error).to_string(),
    }
}
