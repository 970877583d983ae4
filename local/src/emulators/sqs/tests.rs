//! Tests of the SQS emulator over HTTP, through the product's own client.

use std::time::Duration;

use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, MessageSystemAttributeName,
    QueueAttributeName, SendMessageBatchRequestEntry,
};

use super::*;
use crate::emulators::testing::{Stack, soon};

type Test = anyhow::Result<()>;

async fn queue(stack: &Stack, name: &str, attributes: &[(QueueAttributeName, &str)]) -> anyhow::Result<String> {
    let mut request = stack.sqs.create_queue().queue_name(name);
    for (name, value) in attributes {
        request = request.attributes(name.clone(), *value);
    }
    let created = request.send().await?;
    Ok(created.queue_url.unwrap_or_default())
}

fn entry(id: &str, body: impl Into<String>) -> anyhow::Result<SendMessageBatchRequestEntry> {
    Ok(SendMessageBatchRequestEntry::builder().id(id).message_body(body).build()?)
}

#[tokio::test]
async fn a_message_is_sent_received_and_deleted() -> Test {
    let stack = Stack::start().await?;
    let url = queue(&stack, "work", &[]).await?;
    let sent = stack.sqs.send_message().queue_url(&url).message_body("grüße & \"<1>\"\n").send().await?;
    let received = stack
        .sqs
        .receive_message()
        .queue_url(&url)
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .send()
        .await?;
    let message = &received.messages()[0];
    assert_eq!(message.body(), Some("grüße & \"<1>\"\n"));
    assert_eq!(message.message_id(), sent.message_id());
    // Printed by the command `printf 'grüße & "<1>"\n' | md5sum`.
    assert_eq!(message.md5_of_body(), Some("9c87fa8292c502cec4fc36ff16602619"));
    assert_eq!(sent.md5_of_message_body(), message.md5_of_body());
    let attributes = message.attributes().into_iter().flatten();
    let mut names: Vec<&str> = attributes.map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let all = ["ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount", "SenderId", "SentTimestamp"];
    assert_eq!(names, all);
    let handle = message.receipt_handle().unwrap_or_default();
    stack.sqs.delete_message().queue_url(&url).receipt_handle(handle).send().await?;
    assert!(stack.emulators.queues().is_empty("work")?);
    Ok(())
}

#[tokio::test]
async fn a_batch_is_sent_changed_and_deleted_entry_by_entry() -> Test {
    let stack = Stack::start().await?;
    let url = queue(&stack, "work", &[]).await?;
    let sent = stack
        .sqs
        .send_message_batch()
        .queue_url(&url)
        .entries(entry("good", "a")?)
        .entries(entry("bad", "\u{1}")?)
        .entries(SendMessageBatchRequestEntry::builder().id("late").message_body("b").delay_seconds(900).build()?)
        .send()
        .await?;
    let succeeded: Vec<_> = sent.successful().iter().map(|entry| entry.id()).collect();
    assert_eq!(succeeded, ["good", "late"]);
    let failed: Vec<_> = sent.failed().iter().map(|entry| (entry.id(), entry.code())).collect();
    assert_eq!(failed, [("bad", "InvalidMessageContents")]);

    let received = stack.sqs.receive_message().queue_url(&url).max_number_of_messages(10).send().await?;
    let handle = received.messages()[0].receipt_handle().unwrap_or_default();
    let changed = stack
        .sqs
        .change_message_visibility_batch()
        .queue_url(&url)
        .entries(
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id("a")
                .receipt_handle(handle)
                .visibility_timeout(600)
                .build()?,
        )
        .entries(
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id("b")
                .receipt_handle("none")
                .visibility_timeout(600)
                .build()?,
        )
        .send()
        .await?;
    assert_eq!(changed.successful().len(), 1);
    assert_eq!(changed.failed()[0].code(), "ReceiptHandleIsInvalid");
    let deleted = stack
        .sqs
        .delete_message_batch()
        .queue_url(&url)
        .entries(DeleteMessageBatchRequestEntry::builder().id("a").receipt_handle(handle).build()?)
        .entries(DeleteMessageBatchRequestEntry::builder().id("b").receipt_handle("none").build()?)
        .send()
        .await?;
    assert_eq!(deleted.successful().len(), 1);
    assert_eq!(deleted.failed()[0].code(), "ReceiptHandleIsInvalid");
    let depth = stack.emulators.queues().depth("work")?;
    assert_eq!((depth.visible, depth.in_flight, depth.delayed), (0, 0, 1));
    Ok(())
}

#[tokio::test]
async fn a_batch_that_sqs_would_not_take_is_refused_as_a_whole() -> Test {
    let stack = Stack::start().await?;
    let url = queue(&stack, "work", &[]).await?;
    let send = |entries| stack.sqs.send_message_batch().queue_url(&url).set_entries(Some(entries)).send();

    let empty = send(Vec::new()).await.map_err(|error| error.into_service_error());
    assert!(empty.is_err_and(|error| error.is_empty_batch_request()));

    let eleven = (0..11).map(|id| entry(&id.to_string(), "a")).collect::<Result<_, _>>()?;
    let eleven = send(eleven).await.map_err(|error| error.into_service_error());
    assert!(eleven.is_err_and(|error| error.is_too_many_entries_in_batch_request()));

    let half = "a".repeat(queues::MAX_BYTES / 2);
    let long = send(vec![entry("a", &half)?, entry("b", half.clone() + "a")?]).await;
    assert!(long.is_err_and(|error| error.into_service_error().is_batch_request_too_long()));
    send(vec![entry("a", &half)?, entry("b", &half)?]).await?;

    let twice = send(vec![entry("a", "a")?, entry("a", "b")?]).await;
    assert!(twice.is_err_and(|error| error.into_service_error().is_batch_entry_ids_not_distinct()));

    let strange = send(vec![entry("a b", "a")?]).await;
    assert!(strange.is_err_and(|error| error.into_service_error().is_invalid_batch_entry_id()));
    Ok(())
}

#[tokio::test]
async fn errors_have_the_codes_that_the_sdk_knows() -> Test {
    let stack = Stack::start().await?;
    let url = queue(&stack, "work", &[]).await?;
    let missing = stack.sqs.send_message().queue_url(format!("{url}x")).message_body("a").send().await;
    assert!(missing.is_err_and(|error| error.into_service_error().is_queue_does_not_exist()));
    let missing = stack.sqs.get_queue_url().queue_name("nowhere").send().await;
    assert!(missing.is_err_and(|error| error.into_service_error().is_queue_does_not_exist()));
    let handle = stack.sqs.delete_message().queue_url(&url).receipt_handle("none").send().await;
    assert!(handle.is_err_and(|error| error.into_service_error().is_receipt_handle_is_invalid()));
    let contents = stack.sqs.send_message().queue_url(&url).message_body("\u{b}").send().await;
    assert!(contents.is_err_and(|error| error.into_service_error().is_invalid_message_contents()));
    let late = stack.sqs.send_message().queue_url(&url).message_body("a").delay_seconds(901).send().await;
    assert_eq!(late.err().and_then(|error| error.code().map(str::to_owned)).as_deref(), Some("InvalidParameterValue"));
    let many = stack.sqs.receive_message().queue_url(&url).max_number_of_messages(11).send().await;
    assert_eq!(many.err().and_then(|error| error.code().map(str::to_owned)).as_deref(), Some("InvalidParameterValue"));
    let untag = stack.sqs.untag_queue().queue_url(&url).tag_keys("a").send().await;
    assert!(untag.is_err_and(|error| error.into_service_error().is_unsupported_operation()));
    Ok(())
}

#[tokio::test]
async fn a_queue_tells_its_settings_and_how_many_messages_it_holds() -> Test {
    let stack = Stack::start().await?;
    queue(&stack, "dead", &[]).await?;
    let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":5}"#;
    let settings = [(QueueAttributeName::VisibilityTimeout, "120"), (QueueAttributeName::RedrivePolicy, policy)];
    let url = queue(&stack, "work", &settings).await?;
    let listed = stack.sqs.list_queues().queue_name_prefix("wo").send().await?;
    assert_eq!(listed.queue_urls(), std::slice::from_ref(&url));
    let found = stack.sqs.get_queue_url().queue_name("work").send().await?;
    assert_eq!(found.queue_url(), Some(url.as_str()));

    for (body, delay) in [("a", 0), ("b", 0), ("c", 60)] {
        stack.sqs.send_message().queue_url(&url).message_body(body).delay_seconds(delay).send().await?;
    }
    stack.sqs.receive_message().queue_url(&url).send().await?;
    stack.sqs.set_queue_attributes().queue_url(&url).attributes(QueueAttributeName::DelaySeconds, "7").send().await?;
    let attributes =
        stack.sqs.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::All).send().await?;
    let attributes: Attributes = attributes
        .attributes()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str().to_owned(), value.clone()))
        .collect();
    let expected = [
        ("ApproximateNumberOfMessages", "1"),
        ("ApproximateNumberOfMessagesDelayed", "1"),
        ("ApproximateNumberOfMessagesNotVisible", "1"),
        ("DelaySeconds", "7"),
        ("MessageRetentionPeriod", "345600"),
        ("QueueArn", "arn:aws:sqs:us-east-1:000000000000:work"),
        ("ReceiveMessageWaitTimeSeconds", "0"),
        ("RedrivePolicy", policy),
        ("VisibilityTimeout", "120"),
    ];
    assert_eq!(attributes, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    stack.sqs.purge_queue().queue_url(&url).send().await?;
    assert!(stack.emulators.queues().is_empty("work")?);
    Ok(())
}

#[tokio::test]
async fn a_long_poll_ends_with_the_message_or_the_turn_of_the_clock() -> Test {
    let stack = Stack::start().await?;
    let url = queue(&stack, "work", &[]).await?;
    let poll = || {
        let poll = stack.sqs.receive_message().queue_url(&url).wait_time_seconds(20).visibility_timeout(5);
        tokio::spawn(poll.send())
    };
    let waiting = poll();
    stack.sqs.send_message().queue_url(&url).message_body("a").send().await?;
    assert_eq!(soon(waiting).await???.messages()[0].body(), Some("a"));
    // The receive's own five seconds count, and not the thirty seconds of the queue.
    let waiting = poll();
    stack.clock.turn(Duration::from_secs(5));
    assert_eq!(soon(waiting).await???.messages()[0].body(), Some("a"));
    Ok(())
}
