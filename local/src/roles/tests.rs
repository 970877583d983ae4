use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, KeysAndAttributes, Put, PutRequest, TransactWriteItem, Update, WriteRequest,
};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use std::time::Duration;

use super::*;
use crate::emulators::testing::Stack;

type Test = anyhow::Result<()>;

/// A stack whose clients have a guard. Its tables, buckets and queues do not exist, so a request which passes the
/// guard gets the service's answer about a missing resource.
struct Guarded {
    stack: Stack,
    guard: Guard,
    dynamodb: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
}

const TABLE: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/things";
const INDEX: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/things/index/list";
const BUCKET: &str = "arn:aws:s3:::files";
const INBOX: &str = "arn:aws:s3:::files/inbox/*";
const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:work";

impl Guarded {
    async fn by(permissions: &[(&str, &str)]) -> anyhow::Result<Self> {
        let stack = Stack::start().await?;
        let permission =
            |(action, resource): &(&str, &str)| Permission { action: (*action).into(), resource: (*resource).into() };
        let permissions = permissions.iter().map(permission).collect();
        let guard = Guard::new(Role { name: "WorkerRole".to_owned(), permissions });
        let dynamodb = stack.dynamodb.config().to_builder().interceptor(guard.clone()).build();
        let s3 = stack.s3.config().to_builder().interceptor(guard.clone()).build();
        let sqs = stack.sqs.config().to_builder().interceptor(guard.clone()).build();
        Ok(Self {
            stack,
            guard,
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb),
            s3: aws_sdk_s3::Client::from_conf(s3),
            sqs: aws_sdk_sqs::Client::from_conf(sqs),
        })
    }

    fn url(&self) -> String {
        format!("{}/000000000000/work", self.stack.emulators.sqs_url())
    }

    /// Sends a request for each operation, and returns the error of each operation by its name.
    async fn everything(&self) -> anyhow::Result<Vec<(&'static str, String)>> {
        let mut said = Vec::new();
        macro_rules! say {
            ($name:literal, $call:expr) => {
                said.push((
                    $name,
                    $call.await.map(|_| String::new()).unwrap_or_else(|e| DisplayErrorContext(e).to_string()),
                ))
            };
        }
        let text = || AttributeValue::S("a".to_owned());
        let (d, s, q) = (&self.dynamodb, &self.s3, &self.sqs);
        say!("GetItem", d.get_item().table_name("things").key("pk", text()).send());
        say!("PutItem", d.put_item().table_name("things").item("pk", text()).send());
        say!("UpdateItem", d.update_item().table_name("things").key("pk", text()).send());
        say!("DeleteItem", d.delete_item().table_name("things").key("pk", text()).send());
        say!("Scan", d.scan().table_name("things").send());
        say!("Query", d.query().table_name("things").key_condition_expression("pk = :a").send());
        let query = d.query().table_name("things").index_name("list").key_condition_expression("pk = :a");
        say!("Query index", query.send());
        let keys = KeysAndAttributes::builder().keys([("pk".to_owned(), text())].into()).build()?;
        say!("BatchGetItem", d.batch_get_item().request_items("things", keys).send());
        let write = WriteRequest::builder().put_request(PutRequest::builder().item("pk", text()).build()?).build();
        say!("BatchWriteItem", d.batch_write_item().request_items("things", vec![write]).send());
        let put = Put::builder().table_name("things").item("pk", text()).build()?;
        let put = TransactWriteItem::builder().put(put).build();
        say!("Transact put", d.transact_write_items().transact_items(put).send());
        let update =
            Update::builder().table_name("things").key("pk", text()).update_expression("SET a = :a").build()?;
        let update = TransactWriteItem::builder().update(update).build();
        say!("Transact update", d.transact_write_items().transact_items(update).send());
        let delete = Delete::builder().table_name("things").key("pk", text()).build()?;
        let delete = TransactWriteItem::builder().delete(delete).build();
        say!("Transact delete", d.transact_write_items().transact_items(delete).send());
        let check = ConditionCheck::builder().table_name("things").key("pk", text());
        let check = check.condition_expression("attribute_exists(pk)").build()?;
        let check = TransactWriteItem::builder().condition_check(check).build();
        say!("Transact check", d.transact_write_items().transact_items(check).send());
        say!("ListTables", d.list_tables().send());
        let body = || ByteStream::from_static(b"a");
        say!("PutObject", s.put_object().bucket("files").key("inbox/a").body(body()).send());
        say!("PutObject if", s.put_object().bucket("files").key("inbox/a").if_match("x").body(body()).send());
        say!("GetObject", s.get_object().bucket("files").key("inbox/a").send());
        say!("HeadObject", s.head_object().bucket("files").key("inbox/a").send());
        say!("GetObject elsewhere", s.get_object().bucket("files").key("inboxes/a").send());
        say!("DeleteObject", s.delete_object().bucket("files").key("inbox/a").send());
        say!("CopyObject", s.copy_object().bucket("files").key("inbox/b").copy_source("files/inbox%2Fa").send());
        say!("CopyObject from elsewhere", s.copy_object().bucket("files").key("inbox/b").copy_source("files/a").send());
        say!("CreateMultipartUpload", s.create_multipart_upload().bucket("files").key("inbox/a").send());
        let part = s.upload_part().bucket("files").key("inbox/a").upload_id("1").part_number(1);
        say!("UploadPart", part.body(body()).send());
        say!(
            "CompleteMultipartUpload",
            s.complete_multipart_upload().bucket("files").key("inbox/a").upload_id("1").send()
        );
        say!("AbortMultipartUpload", s.abort_multipart_upload().bucket("files").key("inbox/a").upload_id("1").send());
        say!("ListObjectsV2", s.list_objects_v2().bucket("files").send());
        let soon = PresigningConfig::expires_in(Duration::from_secs(60))?;
        say!("PutObject presigned", s.put_object().bucket("files").key("inbox/a").presigned(soon));
        say!("SendMessage", q.send_message().queue_url(self.url()).message_body("a").send());
        say!("ReceiveMessage", q.receive_message().queue_url(self.url()).send());
        say!("DeleteMessage", q.delete_message().queue_url(self.url()).receipt_handle("a").send());
        let put_off = q.change_message_visibility().queue_url(self.url()).receipt_handle("a").visibility_timeout(1);
        say!("ChangeMessageVisibility", put_off.send());
        say!("GetQueueAttributes", q.get_queue_attributes().queue_url(self.url()).send());
        Ok(said)
    }

    async fn allowed(&self) -> anyhow::Result<Vec<&'static str>> {
        let said = self.everything().await?.into_iter();
        Ok(said.filter(|(_, error)| !error.contains("AccessDeniedException")).map(|(name, _)| name).collect())
    }
}

#[tokio::test]
async fn each_permission_allows_its_operations_and_no_other() -> Test {
    for (action, resource, operations) in [
        ("dynamodb:GetItem", TABLE, &["GetItem"][..]),
        ("dynamodb:PutItem", TABLE, &["PutItem", "Transact put"]),
        ("dynamodb:UpdateItem", TABLE, &["UpdateItem", "Transact update"]),
        ("dynamodb:DeleteItem", TABLE, &["DeleteItem", "Transact delete"]),
        ("dynamodb:ConditionCheckItem", TABLE, &["Transact check"]),
        ("dynamodb:Scan", TABLE, &["Scan"]),
        ("dynamodb:Query", TABLE, &["Query"]),
        ("dynamodb:Query", INDEX, &["Query index"]),
        ("dynamodb:BatchGetItem", TABLE, &["BatchGetItem"]),
        ("dynamodb:BatchWriteItem", TABLE, &["BatchWriteItem"]),
        ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:000000000000:table/others", &[]),
        ("s3:GetObject", INBOX, &["GetObject", "HeadObject"]),
        (
            "s3:PutObject",
            INBOX,
            &["PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "PutObject presigned"],
        ),
        ("s3:DeleteObject", INBOX, &["DeleteObject"]),
        ("s3:AbortMultipartUpload", INBOX, &["AbortMultipartUpload"]),
        ("s3:ListBucket", BUCKET, &["ListObjectsV2"]),
        ("sqs:SendMessage", QUEUE, &["SendMessage"]),
        ("sqs:ReceiveMessage", QUEUE, &["ReceiveMessage"]),
        ("sqs:DeleteMessage", QUEUE, &["DeleteMessage"]),
        ("sqs:ChangeMessageVisibility", QUEUE, &["ChangeMessageVisibility"]),
        ("sqs:GetQueueAttributes", QUEUE, &["GetQueueAttributes"]),
        ("sqs:SendMessage", "arn:aws:sqs:us-east-1:000000000000:work2", &[]),
    ] {
        let guarded = Guarded::by(&[(action, resource)]).await?;
        assert_eq!(guarded.allowed().await?, operations, "{action} {resource}");
        assert_eq!(guarded.guard.unused().is_empty(), !operations.is_empty(), "{action} {resource}");
    }
    let both = Guarded::by(&[("s3:GetObject", INBOX), ("s3:PutObject", INBOX)]).await?.allowed().await?;
    for both_needed in ["PutObject if", "CopyObject"] {
        assert!(both.contains(&both_needed), "{both:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_refusal_says_who_may_not_do_what_and_is_not_tried_again() -> Test {
    let guarded = Guarded::by(&[("dynamodb:PutItem", TABLE)]).await?;
    let began = std::time::Instant::now();
    let said = guarded.everything().await?;
    assert!(began.elapsed() < Duration::from_secs(5), "the SDK tried again");
    let words = "AccessDeniedException: the role WorkerRole is not authorized to perform dynamodb:BatchGetItem on \
                 arn:aws:dynamodb:us-east-1:000000000000:table/things";
    assert!(said.iter().any(|(name, error)| *name == "BatchGetItem" && error.contains(words)), "{said:?}");
    let unknown = "an operation whose permissions are not known here on DynamoDB ListTables";
    assert!(said.iter().any(|(name, error)| *name == "ListTables" && error.contains(unknown)), "{said:?}");
    let refused = guarded.guard.refused();
    assert!(refused.iter().any(|denied| denied.action == "dynamodb:BatchGetItem" && denied.resource == TABLE));
    Ok(())
}

#[tokio::test]
async fn without_list_bucket_an_object_that_is_not_there_looks_like_one_that_may_not_be_seen() -> Test {
    for (may_list, head, get) in [(false, 403, Some("AccessDenied")), (true, 404, Some("NoSuchKey"))] {
        let list = ("s3:ListBucket", BUCKET);
        let permissions = [("s3:GetObject", INBOX), list];
        let guarded = Guarded::by(if may_list { &permissions } else { &permissions[..1] }).await?;
        guarded.stack.s3.create_bucket().bucket("files").send().await?;
        let looked = guarded.s3.head_object().bucket("files").key("inbox/a").send().await;
        let status = looked.as_ref().err().and_then(|error| error.raw_response()).map(|raw| raw.status().as_u16());
        assert_eq!(status, Some(head), "{looked:?}");
        let got = guarded.s3.get_object().bucket("files").key("inbox/a").send().await;
        assert_eq!(got.as_ref().err().and_then(ProvideErrorMetadata::code), get, "{got:?}");
        assert_eq!(guarded.guard.used().len(), permissions[..1 + usize::from(may_list)].len());
    }
    Ok(())
}

#[test]
fn a_function_that_lambda_cannot_drive_or_log_for_is_refused() -> Test {
    let template = Template::embedded()?;
    for function in template.functions.values() {
        Guard::new(function.role.clone()).lambda(function)?;
        let needed = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
        let needed = if function.messages.is_empty() { &[][..] } else { &needed };
        for action in needed.iter().chain(&["logs:CreateLogStream", "logs:PutLogEvents"]) {
            let mut role = function.role.clone();
            role.permissions.retain(|permission| permission.action != *action);
            let refused = Guard::new(role).lambda(function);
            assert!(refused.as_ref().is_err_and(|denied| denied.action == *action), "{action}: {refused:?}");
        }
    }
    Ok(())
}
