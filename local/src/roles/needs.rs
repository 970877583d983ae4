//! Lists the permissions which each request needs, according to the service authorization reference of AWS.
//!
//! - A transaction needs the permissions of its parts, while a batch has actions of its own.
//! - A query of an index needs a permission for the index, and none for the table.
//! - Every write of an object, in parts or as a whole, needs `s3:PutObject`. A `HEAD` request needs `s3:GetObject`.

use aws_sdk_dynamodb::config::ConfigBag;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemInput;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemInput;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::operation::scan::ScanInput;
use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsInput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::TransactWriteItem;
use aws_sdk_s3::operation::abort_multipart_upload::AbortMultipartUploadInput;
use aws_sdk_s3::operation::complete_multipart_upload::CompleteMultipartUploadInput;
use aws_sdk_s3::operation::copy_object::CopyObjectInput;
use aws_sdk_s3::operation::create_multipart_upload::CreateMultipartUploadInput;
use aws_sdk_s3::operation::delete_object::DeleteObjectInput;
use aws_sdk_s3::operation::get_object::GetObjectInput;
use aws_sdk_s3::operation::head_object::HeadObjectInput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Input;
use aws_sdk_s3::operation::put_object::PutObjectInput;
use aws_sdk_s3::operation::upload_part::UploadPartInput;
use aws_sdk_sqs::operation::change_message_visibility::ChangeMessageVisibilityInput;
use aws_sdk_sqs::operation::delete_message::DeleteMessageInput;
use aws_sdk_sqs::operation::get_queue_attributes::GetQueueAttributesInput;
use aws_sdk_sqs::operation::receive_message::ReceiveMessageInput;
use aws_sdk_sqs::operation::send_message::SendMessageInput;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchInput;
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use percent_encoding::percent_decode_str;

use crate::emulators::arn;

/// A pair of action and resource for which a request needs a permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) action: &'static str,
    /// ARN of the resource, without wildcards.
    pub(super) resource: String,
}

/// The needs of a request, or `None` for an operation which this module does not know.
pub(super) fn of(input: &Input) -> Option<Vec<Need>> {
    of_tables(input).or_else(|| of_objects(input)).or_else(|| of_queues(input))
}

/// Bucket from which a request reads an object, or `None` for a request of another kind.
pub(super) fn reads_from(input: &Input) -> Option<&str> {
    let head = input.downcast_ref::<HeadObjectInput>().and_then(HeadObjectInput::bucket);
    head.or_else(|| input.downcast_ref::<GetObjectInput>().and_then(GetObjectInput::bucket))
}

/// Service and operation of the request which is being prepared, for example `S3 GetObject`.
pub(super) fn name(config: &ConfigBag) -> String {
    config.load::<Metadata>().map_or_else(String::new, |asked| format!("{} {}", asked.service(), asked.name()))
}

fn of_tables(input: &Input) -> Option<Vec<Need>> {
    if let Some(input) = input.downcast_ref::<QueryInput>() {
        return Some(vec![read_many("dynamodb:Query", input.table_name(), input.index_name())]);
    }
    if let Some(input) = input.downcast_ref::<ScanInput>() {
        return Some(vec![read_many("dynamodb:Scan", input.table_name(), input.index_name())]);
    }
    if let Some(input) = input.downcast_ref::<BatchGetItemInput>() {
        let tables = input.request_items().into_iter().flatten();
        return Some(tables.map(|(name, _)| table("dynamodb:BatchGetItem", Some(name))).collect());
    }
    if let Some(input) = input.downcast_ref::<BatchWriteItemInput>() {
        let tables = input.request_items().into_iter().flatten();
        return Some(tables.map(|(name, _)| table("dynamodb:BatchWriteItem", Some(name))).collect());
    }
    if let Some(input) = input.downcast_ref::<TransactWriteItemsInput>() {
        return Some(input.transact_items().iter().flat_map(of_part).collect());
    }
    if let Some(input) = input.downcast_ref::<TransactGetItemsInput>() {
        let gets = input.transact_items().iter().filter_map(|part| part.get());
        return Some(gets.map(|get| table("dynamodb:GetItem", Some(get.table_name()))).collect());
    }
    let get = input.downcast_ref().map(|input: &GetItemInput| table("dynamodb:GetItem", input.table_name()));
    let put = input.downcast_ref().map(|input: &PutItemInput| table("dynamodb:PutItem", input.table_name()));
    let update = input.downcast_ref().map(|input: &UpdateItemInput| table("dynamodb:UpdateItem", input.table_name()));
    let delete = input.downcast_ref().map(|input: &DeleteItemInput| table("dynamodb:DeleteItem", input.table_name()));
    get.or(put).or(update).or(delete).map(|need| vec![need])
}

fn of_part(part: &TransactWriteItem) -> impl Iterator<Item = Need> {
    let put = part.put().map(|put| table("dynamodb:PutItem", Some(put.table_name())));
    let update = part.update().map(|update| table("dynamodb:UpdateItem", Some(update.table_name())));
    let delete = part.delete().map(|delete| table("dynamodb:DeleteItem", Some(delete.table_name())));
    let check = part.condition_check();
    let check = check.map(|check| table("dynamodb:ConditionCheckItem", Some(check.table_name())));
    [put, update, delete, check].into_iter().flatten()
}

fn of_objects(input: &Input) -> Option<Vec<Need>> {
    if let Some(input) = input.downcast_ref::<PutObjectInput>() {
        // A write with `If-Match` learns something about the stored object, so the role must allow reads too.
        let condition = input.if_match().map(|_| object("s3:GetObject", input.bucket(), input.key()));
        return Some([object("s3:PutObject", input.bucket(), input.key())].into_iter().chain(condition).collect());
    }
    if let Some(input) = input.downcast_ref::<CopyObjectInput>() {
        let source = percent_decode_str(input.copy_source().unwrap_or_default()).decode_utf8_lossy();
        let (bucket, key) = source.trim_start_matches('/').split_once('/').unwrap_or_default();
        let read = object("s3:GetObject", Some(bucket), Some(key));
        return Some(vec![read, object("s3:PutObject", input.bucket(), input.key())]);
    }
    if let Some(input) = input.downcast_ref::<ListObjectsV2Input>() {
        let resource = arn::bucket(input.bucket().unwrap_or_default());
        return Some(vec![Need { action: "s3:ListBucket", resource }]);
    }
    let get = "s3:GetObject";
    let head = input.downcast_ref().map(|input: &HeadObjectInput| object(get, input.bucket(), input.key()));
    let get = input.downcast_ref().map(|input: &GetObjectInput| object(get, input.bucket(), input.key()));
    let delete = input.downcast_ref();
    let delete = delete.map(|input: &DeleteObjectInput| object("s3:DeleteObject", input.bucket(), input.key()));
    head.or(get).or(delete).or_else(|| of_parts(input)).map(|need| vec![need])
}

/// The need of a request which writes an object in parts.
fn of_parts(input: &Input) -> Option<Need> {
    let put = "s3:PutObject";
    let create = input.downcast_ref();
    let create = create.map(|input: &CreateMultipartUploadInput| object(put, input.bucket(), input.key()));
    let part = input.downcast_ref().map(|input: &UploadPartInput| object(put, input.bucket(), input.key()));
    let complete = input.downcast_ref();
    let complete = complete.map(|input: &CompleteMultipartUploadInput| object(put, input.bucket(), input.key()));
    let abort = input
        .downcast_ref()
        .map(|input: &AbortMultipartUploadInput| object("s3:AbortMultipartUpload", input.bucket(), input.key()));
    create.or(part).or(complete).or(abort)
}

fn of_queues(input: &Input) -> Option<Vec<Need>> {
    let send = "sqs:SendMessage";
    let one = input.downcast_ref().map(|input: &SendMessageInput| queue(send, input.queue_url()));
    let batch = input.downcast_ref().map(|input: &SendMessageBatchInput| queue(send, input.queue_url()));
    let receive = input.downcast_ref();
    let receive = receive.map(|input: &ReceiveMessageInput| queue("sqs:ReceiveMessage", input.queue_url()));
    let delete = input.downcast_ref();
    let delete = delete.map(|input: &DeleteMessageInput| queue("sqs:DeleteMessage", input.queue_url()));
    let put_off = input
        .downcast_ref()
        .map(|input: &ChangeMessageVisibilityInput| queue("sqs:ChangeMessageVisibility", input.queue_url()));
    let look = input.downcast_ref();
    let look = look.map(|input: &GetQueueAttributesInput| queue("sqs:GetQueueAttributes", input.queue_url()));
    one.or(batch).or(receive).or(delete).or(put_off).or(look).map(|need| vec![need])
}

fn table(action: &'static str, name: Option<&str>) -> Need {
    Need { action, resource: arn::table(name.unwrap_or_default()) }
}

fn read_many(action: &'static str, name: Option<&str>, index: Option<&str>) -> Need {
    match index {
        Some(index) => Need { action, resource: arn::index(name.unwrap_or_default(), index) },
        None => table(action, name),
    }
}

fn object(action: &'static str, bucket: Option<&str>, key: Option<&str>) -> Need {
    Need { action, resource: arn::object(bucket.unwrap_or_default(), key.unwrap_or_default()) }
}

/// The need for a queue, whose URL ends with the queue's name.
fn queue(action: &'static str, url: Option<&str>) -> Need {
    let (_, name) = url.and_then(|url| url.rsplit_once('/')).unwrap_or_default();
    Need { action, resource: arn::queue(name) }
}
