use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::emulators::testing::soon;

type Test = anyhow::Result<()>;

const NOW: Receive = Receive { max: 10, wait: Some(0), visibility_timeout: None };

const LONG: Receive = Receive { max: 10, wait: Some(20), visibility_timeout: None };

fn queues(attributes: &[(&str, &str)]) -> anyhow::Result<(Arc<Queues>, Clock)> {
    let clock = Clock::steady();
    let queues = Queues::new(clock.clone());
    queues.create("dead", &Attributes::new())?;
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    queues.create("work", &attributes.collect())?;
    Ok((Arc::new(queues), clock))
}

fn bodies(messages: &[Received]) -> Vec<&str> {
    messages.iter().map(|message| message.body.as_str()).collect()
}

fn depth(visible: usize, in_flight: usize, delayed: usize) -> Depth {
    Depth { visible, in_flight, delayed }
}

#[tokio::test]
async fn a_received_message_is_hidden_until_its_time_out_and_then_comes_again_with_another_handle() -> Test {
    let (queues, clock) = queues(&[("VisibilityTimeout", "30")])?;
    queues.send("work", "a", None)?;
    let first = queues.receive("work", NOW).await?;
    assert_eq!(queues.receive("work", NOW).await?, []);
    assert_eq!(queues.depth("work")?, depth(0, 1, 0));
    clock.turn(Duration::from_secs(31));
    assert_eq!(queues.depth("work")?, depth(1, 0, 0));
    let second = queues.receive("work", NOW).await?;
    assert_eq!(second[0].message_id, first[0].message_id);
    assert_ne!(second[0].receipt_handle, first[0].receipt_handle);
    assert_eq!(first[0].attributes["ApproximateReceiveCount"], "1");
    assert_eq!(second[0].attributes["ApproximateReceiveCount"], "2");
    assert_eq!(first[0].attributes["SentTimestamp"], second[0].attributes["SentTimestamp"]);
    Ok(())
}

#[tokio::test]
async fn a_time_out_and_a_long_poll_end_although_the_clock_is_set_back() -> Test {
    let (queues, clock) = queues(&[("VisibilityTimeout", "1")])?;
    queues.send("work", "a", None)?;
    assert_eq!(queues.receive("work", NOW).await?.len(), 1);
    clock.set_back(Duration::from_secs(3600));
    assert_eq!(bodies(&soon(queues.receive("work", LONG)).await??), ["a"]);
    let poll = Receive { wait: Some(1), ..LONG };
    let waited = queues.receive("dead", poll);
    clock.set_back(Duration::from_secs(3600));
    assert_eq!(soon(waited).await??, []);
    Ok(())
}

#[tokio::test]
async fn only_the_latest_receipt_handle_deletes() -> Test {
    let (queues, clock) = queues(&[])?;
    queues.send("work", "a", None)?;
    let first = queues.receive("work", NOW).await?;
    clock.turn(Duration::from_secs(31));
    let second = queues.receive("work", NOW).await?;
    queues.delete("work", &first[0].receipt_handle)?;
    assert_eq!(queues.depth("work")?, depth(0, 1, 0));
    queues.delete("work", &second[0].receipt_handle)?;
    assert!(queues.is_empty("work")?);
    queues.delete("work", &second[0].receipt_handle)?;
    Ok(())
}

#[tokio::test]
async fn a_handle_whose_time_out_has_passed_still_deletes_if_no_one_received_the_message_again() -> Test {
    let (queues, clock) = queues(&[])?;
    queues.send("work", "a", None)?;
    let received = queues.receive("work", NOW).await?;
    clock.turn(Duration::from_secs(31));
    queues.delete("work", &received[0].receipt_handle)?;
    assert!(queues.is_empty("work")?);
    Ok(())
}

#[test]
fn a_handle_that_is_none_or_another_queues_is_refused() -> Test {
    let (queues, _) = queues(&[])?;
    queues.send("dead", "a", None)?;
    let received = queues.take("dead", 1, None)?;
    for handle in ["", "nonsense", &received[0].receipt_handle] {
        assert_eq!(queues.delete("work", handle), Err(SqsError::ReceiptHandleIsInvalid));
        let changed = queues.change_visibility("work", handle, 1);
        assert_eq!(changed, Err(SqsError::ReceiptHandleIsInvalid));
    }
    Ok(())
}

#[tokio::test]
async fn a_delayed_message_is_visible_after_its_delay() -> Test {
    let (queues, clock) = queues(&[("DelaySeconds", "5")])?;
    queues.send("work", "the queue's delay", None)?;
    queues.send("work", "its own", Some(900))?;
    queues.send("work", "none", Some(0))?;
    assert_eq!(queues.depth("work")?, depth(1, 0, 2));
    assert_eq!(bodies(&queues.receive("work", NOW).await?), ["none"]);
    clock.turn(Duration::from_secs(5));
    assert_eq!(bodies(&queues.receive("work", NOW).await?), ["the queue's delay"]);
    clock.turn(Duration::from_secs(900));
    assert!(bodies(&queues.receive("work", NOW).await?).contains(&"its own"));
    Ok(())
}

#[tokio::test]
async fn a_turned_clock_wakes_who_waits_for_a_message() -> Test {
    let (queues, clock) = queues(&[])?;
    queues.send("work", "a", Some(900))?;
    let waiting = tokio::spawn({
        let queues = Arc::clone(&queues);
        async move { queues.receive("work", LONG).await }
    });
    tokio::task::yield_now().await;
    clock.turn(Duration::from_secs(10));
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    queues.send("work", "b", None)?;
    assert_eq!(bodies(&soon(waiting).await???), ["b"]);

    let waiting = tokio::spawn({
        let queues = Arc::clone(&queues);
        async move { queues.receive("work", LONG).await }
    });
    tokio::task::yield_now().await;
    clock.turn(Duration::from_secs(900));
    assert!(bodies(&soon(waiting).await???).contains(&"a"));
    Ok(())
}

#[tokio::test]
async fn a_long_poll_without_a_message_ends_after_its_time() -> Test {
    let (queues, clock) = queues(&[])?;
    let waiting = tokio::spawn({
        let queues = Arc::clone(&queues);
        async move { queues.receive("work", LONG).await }
    });
    tokio::task::yield_now().await;
    clock.turn(Duration::from_secs(20));
    assert_eq!(soon(waiting).await???, []);
    Ok(())
}

#[tokio::test]
async fn a_change_of_visibility_counts_from_now_and_zero_shows_the_message_at_once() -> Test {
    let (queues, clock) = queues(&[])?;
    queues.send("work", "a", None)?;
    let received = queues.receive("work", NOW).await?;
    let handle = &received[0].receipt_handle;
    queues.change_visibility("work", handle, 600)?;
    clock.turn(Duration::from_secs(599));
    assert_eq!(queues.depth("work")?, depth(0, 1, 0));
    queues.change_visibility("work", handle, 0)?;
    assert_eq!(queues.depth("work")?, depth(1, 0, 0));
    assert_eq!(queues.change_visibility("work", handle, 9), Err(SqsError::MessageNotInflight));
    let again = queues.receive("work", NOW).await?;
    let stale = queues.change_visibility("work", handle, 9);
    assert!(matches!(stale, Err(SqsError::InvalidParameterValue { .. })), "{stale:?}");
    queues.delete("work", &again[0].receipt_handle)?;
    let gone = queues.change_visibility("work", &again[0].receipt_handle, 9);
    assert!(matches!(gone, Err(SqsError::InvalidParameterValue { .. })), "{gone:?}");
    Ok(())
}

#[tokio::test]
async fn a_message_that_would_be_received_once_too_often_goes_to_the_dead_letters() -> Test {
    let policy = r#"{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": "2"}"#;
    let (queues, clock) = queues(&[("RedrivePolicy", policy), ("VisibilityTimeout", "10")])?;
    let sent = queues.send("work", "poison", None)?;
    for _ in 0..2 {
        assert_eq!(bodies(&queues.receive("work", NOW).await?), ["poison"]);
        assert_eq!(queues.depth("dead")?, depth(0, 0, 0));
        clock.turn(Duration::from_secs(10));
    }
    queues.send("work", "good", None)?;
    assert_eq!(bodies(&queues.receive("work", NOW).await?), ["good"]);
    let dead = queues.receive("dead", NOW).await?;
    assert_eq!(dead[0].message_id, sent.message_id);
    assert_eq!(dead[0].attributes["DeadLetterQueueSourceArn"], arn::queue("work"));
    assert_eq!(queues.depth("work")?, depth(0, 1, 0));
    Ok(())
}

#[test]
fn a_redrive_policy_without_its_queue_is_refused() -> Test {
    let (queues, _) = queues(&[])?;
    let policy = r#"{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:nowhere", "maxReceiveCount": 2}"#;
    let attributes = Attributes::from([("RedrivePolicy".to_owned(), policy.to_owned())]);
    let refused = queues.set_attributes("work", &attributes);
    assert!(matches!(refused, Err(SqsError::InvalidParameterValue { .. })), "{refused:?}");
    Ok(())
}

#[test]
fn a_message_is_forgotten_when_its_retention_is_over() -> Test {
    let (queues, clock) = queues(&[("MessageRetentionPeriod", "60")])?;
    queues.send("work", "a", None)?;
    clock.turn(Duration::from_secs(30));
    queues.send("work", "b", None)?;
    clock.turn(Duration::from_secs(30));
    assert_eq!(bodies(&queues.take("work", 10, None)?), ["b"]);
    Ok(())
}

#[test]
fn a_receive_takes_no_more_than_it_asked_for_and_none_twice() -> Test {
    let (queues, _) = queues(&[])?;
    for number in 0..25 {
        queues.send("work", &number.to_string(), None)?;
    }
    let mut taken: Vec<String> = Vec::new();
    for expected in [10, 10, 5, 0] {
        let batch = queues.take("work", 10, None)?;
        assert_eq!(batch.len(), expected);
        taken.extend(batch.into_iter().map(|message| message.body));
    }
    taken.sort_by_key(|body| body.parse::<u32>().ok());
    assert_eq!(taken, (0..25).map(|number| number.to_string()).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn a_receive_that_hides_nothing_gives_each_message_once() -> Test {
    let (queues, _) = queues(&[])?;
    queues.send("work", "a", None)?;
    queues.send("work", "b", None)?;
    let taken = queues.take("work", 10, Some(0))?;
    assert_eq!(bodies(&taken), ["a", "b"]);
    assert_eq!(queues.depth("work")?, depth(2, 0, 0));
    Ok(())
}

#[test]
fn a_body_that_sqs_would_not_take_is_refused() -> Test {
    let (queues, _) = queues(&[])?;
    assert_eq!(queues.send("work", "a\u{1}b", None), Err(SqsError::InvalidMessageContents));
    assert_eq!(queues.send("work", "", None), Err(SqsError::MissingParameter { name: "MessageBody" }));
    let too_long = queues.send("work", &"a".repeat(MAX_BYTES + 1), None);
    assert!(matches!(too_long, Err(SqsError::InvalidParameterValue { .. })), "{too_long:?}");
    queues.send("work", &"a".repeat(MAX_BYTES), None)?;
    let too_late = queues.send("work", "a", Some(901));
    assert!(matches!(too_late, Err(SqsError::InvalidParameterValue { .. })), "{too_late:?}");
    Ok(())
}

#[test]
fn a_queue_is_created_once_with_one_set_of_attributes() -> Test {
    let (queues, _) = queues(&[("VisibilityTimeout", "40")])?;
    let with = |seconds: &str| Attributes::from([("VisibilityTimeout".to_owned(), seconds.to_owned())]);
    queues.create("work", &with("40"))?;
    queues.create("work", &Attributes::new())?;
    let different = queues.create("work", &with("41"));
    assert!(matches!(different, Err(SqsError::QueueNameExists { .. })), "{different:?}");
    let fifo = queues.create("work.fifo", &Attributes::new());
    assert!(matches!(fifo, Err(SqsError::UnsupportedOperation { .. })), "{fifo:?}");
    let unknown = queues.create("other", &Attributes::from([("FifoQueue".to_owned(), "true".to_owned())]));
    assert!(matches!(unknown, Err(SqsError::InvalidAttributeName { .. })), "{unknown:?}");
    assert_eq!(queues.names("w"), ["work"]);
    Ok(())
}

#[tokio::test]
async fn purging_takes_everything() -> Test {
    let (queues, _) = queues(&[])?;
    queues.send("work", "a", None)?;
    queues.send("work", "b", None)?;
    queues.send("work", "c", Some(10))?;
    queues.take("work", 1, None)?;
    queues.purge("work")?;
    assert!(queues.is_empty("work")?);
    assert_eq!(queues.depth("work")?, depth(0, 0, 0));
    Ok(())
}
