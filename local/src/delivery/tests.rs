use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lambda_events::s3::S3Event;
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
use crate::template::{Messages, Role};

mod objects;

type Test = anyhow::Result<()>;
type Answer = Result<SqsBatchResponse, String>;

/// A stack with two queues, `work` and `arrivals`. Their messages return after ten seconds, and move to a
/// dead-letter queue after two receives. S3 notifies `arrivals` of new objects under `inbox/`.
async fn stack() -> anyhow::Result<Stack> {
    stack_on(None).await
}

async fn stack_on(data: Option<std::path::PathBuf>) -> anyhow::Result<Stack> {
    let notification = Notification {
        queue: "arrivals".to_owned(),
        bucket: "files".to_owned(),
        prefix: "inbox/".to_owned(),
        suffix: String::new(),
    };
    let stack = Stack::with(data, vec![notification]).await?;
    // The bucket may exist already, from an earlier run on the same data.
    let _ = stack.s3.create_bucket().bucket("files").send().await;
    let queues = stack.emulators.queues();
    for (queue, dead) in [("work", "dead"), ("arrivals", "dead arrivals")] {
        let dead = dead.replace(' ', "-");
        queues.create(&dead, &Attributes::new())?;
        let policy = json!({"deadLetterTargetArn": arn::queue(&dead), "maxReceiveCount": 2}).to_string();
        let attributes = [("VisibilityTimeout", "10".to_owned()), ("RedrivePolicy", policy)];
        queues.create(queue, &attributes.map(|(name, value)| (name.to_owned(), value)).into())?;
    }
    Ok(stack)
}

fn source(queue: &str) -> Messages {
    Messages { queue: queue.to_owned(), batch_size: 5, reports_failures: true, maximum_concurrency: None }
}

fn function() -> Function {
    Function {
        name: "Worker".to_owned(),
        role: Role { name: "WorkerRole".to_owned(), permissions: Vec::new() },
        log_group: "WorkerLog".to_owned(),
        timeout: Duration::from_secs(5),
        messages: vec![source("work")],
        schedule: Some(Duration::from_secs(60)),
        retries: 2,
        reserved_concurrency: None,
        may_loop: false,
    }
}

/// The function whose queue S3 notifies of new objects.
fn arrivals() -> Function {
    Function { messages: vec![source("arrivals")], ..function() }
}

/// The object keys in the S3 notifications of a batch, in the encoding of the messages.
fn keys(event: &SqsEvent) -> Vec<String> {
    let body = |message: &aws_lambda_events::sqs::SqsMessage| {
        serde_json::from_str::<S3Event>(message.body.as_deref().unwrap_or_default()).expect("S3 sent this")
    };
    let records = event.records.iter().flat_map(|message| body(message).records);
    records.map(|record| record.s3.object.key.unwrap_or_default()).collect()
}

/// The message bodies with which a handler was called, in the order of the calls.
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

/// Builds a handler which answers with `how` for the messages whose body begins with "bad".
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

/// Waits until the queue has exactly the given depth.
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
    // The bad message is received a second time, is in flight again, and would then be received too often.
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
        // Both messages moved to the dead-letter queue, because neither was deleted after its failed call.
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
async fn no_more_batches_are_worked_on_at_once_than_the_template_lets() -> Test {
    for (of_queue, of_function, most) in [(Some(2), None, 2), (Some(4), Some(3), 3), (None, None, 5)] {
        let stack = stack().await?;
        for number in 0..60 {
            stack.emulators.queues().send("work", &number.to_string(), None)?;
        }
        let (now, highest) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let source = Messages { maximum_concurrency: of_queue, batch_size: 1, ..source("work") };
        let function = Function { messages: vec![source], reserved_concurrency: of_function, ..function() };
        let mut delivery = Delivery::new(&stack.emulators, stack.clock.clone());
        let (counted, seen) = (Arc::clone(&now), Arc::clone(&highest));
        delivery.messages(&function, 5, move |_| {
            let (now, highest) = (Arc::clone(&counted), Arc::clone(&seen));
            async move {
                highest.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
                now.fetch_sub(1, Ordering::SeqCst);
                Answer::Ok(SqsBatchResponse::default())
            }
        })?;
        soon(delivery.idle()).await?;
        assert!(highest.load(Ordering::SeqCst) <= most, "{highest:?} of {most}");
    }
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
        // The schedule counts its interval from its first poll, so the task must be polled once before the clock
        // turns.
        tokio::task::yield_now().await;
        soon(delivery.idle()).await?;
        tokio::task::yield_now().await;
        stack.clock.turn(Duration::from_secs(60));
        soon(called.notified()).await?;
    }
    soon(delivery.stop()).await
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

/// A delivery whose only call has begun and waits for the signal `go`.
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
    delivery.notifications(stack.emulators.created_objects());
    delivery.messages(&arrivals(), 1, move |event: SqsEvent| {
        keys(&event).iter().for_each(|key| noted.add(Some(key)));
        async { Answer::Ok(SqsBatchResponse::default()) }
    })?;
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
