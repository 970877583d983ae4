use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lambda_events::sqs::BatchItemFailure;
use aws_sdk_s3::primitives::ByteStream;
use futures::future::BoxFuture;
use tokio::sync::Notify;

use serde_json::json;

use super::*;
use crate::emulators::arn;
use crate::emulators::s3::Notification;
use crate::emulators::sqs::{Attributes, Depth};
use crate::emulators::testing::{Stack, soon};
use crate::template::Messages;

type Test = anyhow::Result<()>;
type Answer = Result<SqsBatchResponse, String>;

/// A queue `work` whose messages come back after ten seconds and are given up after two receives.
async fn stack() -> anyhow::Result<Stack> {
    let notification = Notification { bucket: "files".to_owned(), prefix: "inbox/".to_owned(), suffix: String::new() };
    let stack = Stack::with(None, vec![notification]).await?;
    stack.s3.create_bucket().bucket("files").send().await?;
    let queues = stack.emulators.queues();
    queues.create("dead", &Attributes::new())?;
    let policy = json!({"deadLetterTargetArn": arn::queue("dead"), "maxReceiveCount": 2}).to_string();
    let attributes = [("VisibilityTimeout", "10".to_owned()), ("RedrivePolicy", policy)];
    queues.create("work", &attributes.map(|(name, value)| (name.to_owned(), value)).into())?;
    Ok(stack)
}

fn function() -> Function {
    Function {
        name: "Worker".to_owned(),
        timeout: Duration::from_secs(5),
        messages: Some(Messages { queue: "work".to_owned(), batch_size: 5, reports_failures: true }),
        objects: Vec::new(),
        schedule: Some(Duration::from_secs(60)),
        retries: 2,
        on_failure: Some("dead".to_owned()),
    }
}

/// The bodies that a handler was called with, in order.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn add(&self, body: Option<&str>) {
        if let Ok(mut seen) = self.0.lock() {
            seen.push(body.unwrap_or_default().to_owned());
        }
    }

    fn sorted(&self) -> Vec<String> {
        let mut seen = self.0.lock().map(|seen| seen.clone()).unwrap_or_default();
        seen.sort();
        seen
    }
}

fn failed(ids: Vec<String>) -> SqsBatchResponse {
    let mut answer = SqsBatchResponse::default();
    answer.batch_item_failures = ids
        .into_iter()
        .map(|id| {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            failure
        })
        .collect();
    answer
}

/// Fails the messages whose body begins with "bad", by what `how` does.
fn handler<H>(seen: &Seen, how: H) -> impl Fn(SqsEvent) -> BoxFuture<'static, Answer> + use<H>
where
    H: Fn(&str) -> Answer + Clone + Send + Sync + 'static,
{
    let seen = seen.clone();
    move |event| {
        let (seen, how) = (seen.clone(), how.clone());
        Box::pin(async move {
            let mut bad = Vec::new();
            for message in &event.records {
                seen.add(message.body.as_deref());
                if message.body.as_deref().is_some_and(|body| body.starts_with("bad")) {
                    bad.push(message.message_id.clone().unwrap_or_default());
                }
            }
            match bad.as_slice() {
                [] => Ok(SqsBatchResponse::default()),
                [first, ..] => how(first),
            }
        })
    }
}

/// Waits until a queue is as deep as that.
async fn until(stack: &Stack, queue: &str, depth: Depth) -> anyhow::Result<()> {
    let queues = stack.emulators.queues();
    soon(async {
        loop {
            let changed = queues.changed();
            if queues.depth(queue) == Ok(depth) {
                return;
            }
            changed.await;
        }
    })
    .await
}

const ONE_IN_FLIGHT: Depth = Depth { visible: 0, in_flight: 1, delayed: 0 };

const ONE_VISIBLE: Depth = Depth { visible: 1, in_flight: 0, delayed: 0 };

#[tokio::test]
async fn a_batch_arrives_as_lambda_hands_it_over_and_is_deleted_when_it_succeeds() -> Test {
    let stack = stack().await?;
    let sent = stack.emulators.queues().send("work", "a", None)?;
    let event = Arc::new(Mutex::new(None));
    let mut delivery = Delivery::new(&stack.emulators, stack.clock.clone());
    let got = Arc::clone(&event);
    delivery.messages(&function(), 1, move |event| {
        let got = Arc::clone(&got);
        async move {
            *got.lock().map_err(|error| error.to_string())? = serde_json::to_value(&event).ok();
            Answer::Ok(SqsBatchResponse::default())
        }
    })?;
    soon(delivery.idle()).await?;
    let event = event.lock().ok().and_then(|mut event| event.take()).unwrap_or_default();
    let record = &event["Records"][0];
    assert_eq!(record["messageId"], sent.message_id);
    assert_eq!(record["body"], "a");
    assert_eq!(record["md5OfBody"], sent.md5_of_body);
    assert_eq!(record["eventSource"], "aws:sqs");
    assert_eq!(record["eventSourceARN"], "arn:aws:sqs:us-east-1:000000000000:work");
    assert_eq!(record["awsRegion"], "us-east-1");
    assert_eq!(record["attributes"]["ApproximateReceiveCount"], "1");
    assert!(record["attributes"]["SentTimestamp"].is_string());
    assert!(record["receiptHandle"].is_string());
    soon(delivery.stop()).await?;
    Ok(())
}

#[tokio::test]
async fn only_the_messages_named_as_failed_come_back_and_go_to_the_dead_letters_in_the_end() -> Test {
    let stack = stack().await?;
    let queues = stack.emulators.queues();
    for body in ["a", "b", "bad", "c", "d"] {
        queues.send("work", body, None)?;
    }
    let seen = Seen::default();
    let mut delivery = Delivery::new(&stack.emulators, stack.clock.clone());
    delivery.messages(&function(), 2, handler(&seen, |bad| Ok(failed(vec![bad.to_owned()]))))?;
    until(&stack, "work", ONE_IN_FLIGHT).await?;
    assert_eq!(seen.sorted(), ["a", "b", "bad", "c", "d"]);
    stack.clock.turn(Duration::from_secs(10));
    // Received a second time, in flight again, and then once too often.
    soon(async {
        while seen.sorted().len() < 6 {
            tokio::task::yield_now().await;
        }
    })
    .await?;
    until(&stack, "work", ONE_IN_FLIGHT).await?;
    stack.clock.turn(Duration::from_secs(10));
    soon(delivery.idle()).await?;
    assert_eq!(seen.sorted(), ["a", "b", "bad", "bad", "c", "d"]);
    assert_eq!(queues.take("dead", 10, None)?[0].body, "bad");
    Ok(())
}

#[tokio::test]
async fn after_an_error_a_panic_or_an_answer_about_others_nothing_is_deleted() -> Test {
    for how in [
        |_: &str| Answer::Err("no".to_owned()),
        |_: &str| panic!("as a test of it"),
        |_: &str| Ok(failed(vec!["another message".to_owned()])),
        |_: &str| Ok(failed(vec![String::new()])),
    ] {
        let stack = stack().await?;
        let queues = stack.emulators.queues();
        for body in ["a", "bad"] {
            queues.send("work", body, None)?;
        }
        let seen = Seen::default();
        let mut delivery = Delivery::new(&stack.emulators, stack.clock.clone());
        delivery.messages(&function(), 1, handler(&seen, how))?;
        let mut running = delivery.service.running.watch();
        for call in 1..=2 {
            soon(running.wait_for(|load| load.begun == call && load.unsettled == 0)).await??;
            stack.clock.turn(Duration::from_secs(10));
        }
        // Both were given up: neither had been deleted.
        soon(delivery.idle()).await?;
        assert_eq!(seen.sorted(), ["a", "a", "bad", "bad"]);
        assert_eq!(queues.depth("dead")?.visible, 2);
    }
    Ok(())
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_killed_and_its_messages_come_back() -> Test {
    let stack = stack().await?;
    stack.emulators.queues().send("work", "a", None)?;
    let calls = Arc::new(AtomicUsize::new(0));
    let mut delivery = Delivery::new(&stack.emulators, stack.clock.clone());
    let function = Function { timeout: Duration::from_millis(20), ..function() };
    let counted = Arc::clone(&calls);
    delivery.messages(&function, 1, move |_| {
        let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if first {
                std::future::pending::<()>().await;
            }
            Answer::Ok(SqsBatchResponse::default())
        }
    })?;
    let mut running = delivery.service.running.watch();
    soon(running.wait_for(|load| load.begun == 1 && load.unsettled == 0)).await??;
    assert_eq!(stack.emulators.queues().depth("work")?, ONE_IN_FLIGHT);
    stack.clock.turn(Duration::from_secs(10));
    soon(delivery.idle()).await?;
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn as_many_batches_are_worked_on_at_once_as_there_are_pollers() -> Test {
    let stack = stack().await?;
    for number in 0..15 {
        stack.emulators.queues().send("work", &number.to_string(), None)?;
    }
    let meeting = Arc::new(tokio::sync::Barrier::new(3));
    let mut delivery = Delivery::new(&stack.emulators, stack.clock.clone());
    delivery.messages(&function(), 3, move |event: SqsEvent| {
        let meeting = Arc::clone(&meeting);
        async move {
            assert!(event.records.len() <= 5);
            meeting.wait().await;
            Answer::Ok(SqsBatchResponse::default())
        }
    })?;
    soon(delivery.idle()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn idle_waits_for_what_follows_from_what_runs() -> Test {
    let stack = stack().await?;
    let queues = stack.emulators.queues();
    let seen = Seen::default();
    let mut delivery = Delivery::new(&stack.emulators, stack.clock.clone());
    let (s3, sent) = (stack.s3.clone(), Arc::clone(&queues));
    // A message puts a file, the file's event sends a message, and so on, ten times.
    delivery.messages(&function(), 2, move |event: SqsEvent| {
        let s3 = s3.clone();
        async move {
            for message in event.records {
                let left: u32 = message.body.unwrap_or_default().parse().map_err(|_| "no number".to_owned())?;
                let put = s3.put_object().bucket("files").key(format!("inbox/{left}"));
                put.body(ByteStream::default()).send().await.map_err(|error| error.to_string())?;
            }
            Answer::Ok(SqsBatchResponse::default())
        }
    })?;
    let noted = seen.clone();
    delivery.objects(&function(), stack.emulators.created_objects(), 2, move |event: S3Event| {
        let (queues, seen) = (Arc::clone(&sent), noted.clone());
        async move {
            let key = event.records[0].s3.object.key.clone().unwrap_or_default();
            seen.add(Some(&key));
            let left: u32 = key.trim_start_matches("inbox/").parse().map_err(|_| "no number")?;
            if left > 0 {
                queues.send("work", &(left - 1).to_string(), None).map_err(|_| "not sent")?;
            }
            Ok::<_, &str>(())
        }
    });
    queues.send("work", "9", None)?;
    soon(delivery.idle()).await?;
    assert_eq!(seen.sorted(), (0..10).map(|left| format!("inbox/{left}")).collect::<Vec<_>>());
    soon(delivery.stop()).await
}

#[tokio::test]
async fn an_object_is_tried_three_times_and_then_left_at_the_failure_destination() -> Test {
    let stack = stack().await?;
    let calls = Arc::new(AtomicUsize::new(0));
    let mut delivery = Delivery::new(&stack.emulators, stack.clock.clone());
    let counted = Arc::clone(&calls);
    delivery.objects(&function(), stack.emulators.created_objects(), 1, move |_| {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        async move { if call < 4 { Err("not yet") } else { Ok(()) } }
    });
    let put = |key: &str| stack.s3.put_object().bucket("files").key(key).body(ByteStream::default()).send();
    for (key, total) in [("inbox/given up", 3), ("inbox/late", 5)] {
        put(key).await?;
        let idle = delivery.idle();
        tokio::pin!(idle);
        // Each retry waits by the clock.
        soon(async {
            loop {
                tokio::select! {
                    () = &mut idle => return,
                    () = tokio::task::yield_now() => stack.clock.turn(Duration::from_millis(1)),
                }
            }
        })
        .await?;
        assert_eq!(calls.load(Ordering::SeqCst), total, "{key}");
    }
    let dead = stack.emulators.queues().take("dead", 10, None)?;
    assert_eq!(dead.len(), 1);
    let record: serde_json::Value = serde_json::from_str(&dead[0].body)?;
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!(record["requestPayload"]["Records"][0]["s3"]["object"]["key"], "inbox/given+up");
    assert_eq!(record["responsePayload"]["errorMessage"], "error: not yet");
    Ok(())
}

#[tokio::test]
async fn the_schedule_calls_when_the_clock_says_so() -> Test {
    let stack = stack().await?;
    let called = Arc::new(Notify::new());
    let mut delivery = Delivery::new(&stack.emulators, stack.clock.clone());
    let call = Arc::clone(&called);
    let function = Function { retries: 0, ..function() };
    delivery.schedule(&function, move || {
        let call = Arc::clone(&call);
        async move {
            call.notify_one();
            Err("which does not end the schedule")
        }
    });
    for _ in 0..3 {
        // It counts from when it begins to wait, which is when it has been polled once.
        tokio::task::yield_now().await;
        soon(delivery.idle()).await?;
        tokio::task::yield_now().await;
        stack.clock.turn(Duration::from_secs(60));
        soon(called.notified()).await?;
    }
    soon(delivery.stop()).await?;
    assert_eq!(stack.emulators.queues().depth("dead")?.visible, 3);
    Ok(())
}

#[tokio::test]
async fn a_clock_that_is_set_back_by_an_hour_holds_up_no_message_and_no_schedule() -> Test {
    let stack = stack().await?;
    let called = Arc::new(Notify::new());
    let mut delivery = Delivery::new(&stack.emulators, stack.clock.clone());
    delivery.messages(&function(), 1, handler(&Seen::default(), |_| Err("none is bad".to_owned())))?;
    let call = Arc::clone(&called);
    let function = Function { schedule: Some(Duration::from_millis(100)), ..function() };
    delivery.schedule(&function, move || {
        call.notify_one();
        async { Ok::<_, String>(()) }
    });
    stack.emulators.queues().send("work", "a", Some(1))?;
    soon(called.notified()).await?;
    stack.clock.set_back(Duration::from_secs(3600));
    soon(called.notified()).await?;
    until(&stack, "work", Depth::default()).await?;
    soon(delivery.stop()).await
}

/// A delivery whose only call has begun and waits for `go`.
async fn waiting(stack: &Stack, go: &Arc<Notify>, ended: &Arc<AtomicUsize>) -> anyhow::Result<Delivery> {
    stack.emulators.queues().send("work", "a", None)?;
    let begun = Arc::new(Notify::new());
    let mut delivery = Delivery::new(&stack.emulators, stack.clock.clone());
    let (begin, go, ended) = (Arc::clone(&begun), Arc::clone(go), Arc::clone(ended));
    delivery.messages(&function(), 2, move |_| {
        let (begun, go, ended) = (Arc::clone(&begin), Arc::clone(&go), Arc::clone(&ended));
        async move {
            begun.notify_one();
            go.notified().await;
            ended.fetch_add(1, Ordering::SeqCst);
            Answer::Ok(SqsBatchResponse::default())
        }
    })?;
    soon(begun.notified()).await?;
    Ok(delivery)
}

#[tokio::test]
async fn a_stop_lets_what_runs_finish_and_takes_nothing_new() -> Test {
    let stack = stack().await?;
    let (go, ended) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let delivery = waiting(&stack, &go, &ended).await?;
    let stopping = tokio::spawn(delivery.stop());
    tokio::task::yield_now().await;
    stack.emulators.queues().send("work", "b", None)?;
    go.notify_one();
    soon(stopping).await??;
    assert_eq!(ended.load(Ordering::SeqCst), 1);
    assert_eq!(stack.emulators.queues().depth("work")?, ONE_VISIBLE);
    Ok(())
}

#[tokio::test]
async fn a_stop_kills_a_call_that_does_not_end() -> Test {
    let (go, ended) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let stack = stack().await?;
    soon(waiting(&stack, &go, &ended).await?.stop_within(Duration::from_millis(20))).await?;
    assert_eq!((ended.load(Ordering::SeqCst), stack.emulators.queues().depth("work")?), (0, ONE_IN_FLIGHT));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_an_abort_nothing_runs_any_more_and_the_messages_come_back_to_the_next_delivery() -> Test {
    let stack = stack().await?;
    let (go, ended) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let delivery = waiting(&stack, &go, &ended).await?;
    let put = stack.s3.put_object().bucket("files").key("inbox/a").body(ByteStream::default());
    put.send().await?;
    soon(delivery.abort()).await?;
    go.notify_one();
    assert_eq!(ended.load(Ordering::SeqCst), 0);
    assert_eq!(stack.emulators.queues().depth("work")?, ONE_IN_FLIGHT);

    let seen = Seen::default();
    let mut delivery = Delivery::new(&stack.emulators, stack.clock.clone());
    delivery.messages(&function(), 1, handler(&seen, |_| Err("not called".to_owned())))?;
    let noted = seen.clone();
    delivery.objects(&function(), stack.emulators.created_objects(), 1, move |event: S3Event| {
        noted.add(event.records[0].s3.object.key.as_deref());
        async { Ok::<_, String>(()) }
    });
    stack.clock.turn(Duration::from_secs(10));
    soon(delivery.idle()).await?;
    assert_eq!(seen.sorted(), ["a", "inbox/a"]);
    Ok(())
}

#[tokio::test]
async fn a_function_whose_queue_is_not_there_is_refused() -> Test {
    let stack = Stack::start().await?;
    let mut delivery = Delivery::new(&stack.emulators, stack.clock.clone());
    let refused = delivery.messages(&function(), 1, handler(&Seen::default(), |_| Err(String::new())));
    assert_eq!(refused, Err(SqsError::QueueDoesNotExist));
    Ok(())
}
