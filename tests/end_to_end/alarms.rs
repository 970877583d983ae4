//! The alarms of the template: each is evaluated over values that a test causes, once on either side of its threshold, or is listed
//! as an alarm over a metric that only AWS makes.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, ensure};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use reqwest::Method;
use serde_json::json;
use shared::clock::Clock;
use waybill::system::Options;
use waybill::template::Template;
use waybill::template::alarms::Alarm;

use crate::logged::Lines;
use crate::stack::Stack;

/// The metrics that only AWS makes, with the dimension by which an alarm chooses the resource, as the user guides of Lambda, API
/// Gateway, DynamoDB and EventBridge Pipes list them. Their alarms were never seen going off.
const OF_AWS: [(&str, &str, &str); 6] = [
    ("AWS/Lambda", "Errors", "FunctionName"),
    ("AWS/Lambda", "Throttles", "FunctionName"),
    ("AWS/Lambda", "Invocations", "FunctionName"),
    ("AWS/ApiGateway", "5xx", "ApiId"),
    ("AWS/DynamoDB", "WriteThrottleEvents", "TableName"),
    ("AWS/EventBridge/Pipes", "ExecutionFailed", "PipeName"),
];

fn alarms() -> anyhow::Result<&'static BTreeMap<String, Alarm>> {
    Ok(&Template::embedded()?.alarms)
}

/// The alarms over a metric of queues, with the names of the queues.
fn of_queues(metric: &str) -> anyhow::Result<Vec<(&'static Alarm, &'static str)>> {
    let found = alarms()?.values().filter(|alarm| alarm.namespace == "AWS/SQS" && alarm.metric_name == metric);
    found
        .map(|alarm| Ok((alarm, alarm.dimensions.get("QueueName").context("an alarm without a queue")?.as_str())))
        .collect()
}

#[test]
fn each_alarm_is_over_a_queue_or_over_a_metric_that_somebody_makes() -> anyhow::Result<()> {
    let template = Template::embedded()?;
    for (id, alarm) in alarms()? {
        let Alarm { namespace, metric_name, dimensions, .. } = alarm;
        ensure!(alarm.alarm_description.len() > 20, "{id} says nothing of itself");
        match namespace.as_str() {
            "AWS/SQS" => {
                let queue = &dimensions["QueueName"];
                ensure!(template.queues.values().any(|known| known.name == *queue), "{id}: {queue}");
            }
            "Waybill" => {
                assert_eq!(*dimensions, BTreeMap::from([("Service".to_owned(), "waybill".to_owned())]), "{id}");
            }
            _ => {
                let known = OF_AWS.iter().find(|of| (of.0, of.1) == (namespace.as_str(), metric_name.as_str()));
                let (.., dimension) = known.with_context(|| format!("{id} is over {namespace} {metric_name}"))?;
                assert_eq!(dimensions.keys().collect::<Vec<_>>(), [dimension], "{id}");
                let resource = &dimensions[*dimension];
                let is_known = template.functions.contains_key(resource)
                    || template.tables.values().any(|table| table.name == *resource)
                    || ["HttpApi", "EventsPipe"].contains(&resource.as_str());
                ensure!(is_known, "{id}: {resource}");
            }
        }
    }
    // Whatever is polled has an alarm over its dead letters and its age, and each function over its errors and throttles.
    let (depths, ages) =
        (of_queues("ApproximateNumberOfMessagesVisible")?, of_queues("ApproximateAgeOfOldestMessage")?);
    for queue in template.queues.values() {
        let polled =
            template.functions.values().flat_map(|function| &function.messages).any(|by| by.queue == queue.name);
        assert_eq!(polled, ages.iter().any(|(_, name)| *name == queue.name), "{}", queue.name);
        assert_eq!(
            queue.name.contains("DeadLetters"),
            depths.iter().any(|(_, name)| *name == queue.name),
            "{}",
            queue.name
        );
    }
    for function in template.functions.keys() {
        for metric in ["Errors", "Throttles"] {
            let is_watched = |alarm: &Alarm| alarm.metric_name == metric && alarm.dimensions.values().eq([function]);
            ensure!(alarms()?.values().any(is_watched), "{function} has no alarm over {metric}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_message_that_is_given_up_sets_the_alarm_of_its_dead_letters_off() -> anyhow::Result<()> {
    let stack = Stack::by_hand(10).await?;
    let queues = stack.system.queues();
    let polled = ["ArrivalQueue", "WorkQueue", "LoadQueue", "RevertQueue", "WebhookQueue"];
    let all = of_queues("ApproximateNumberOfMessagesVisible")?;
    ensure!(all.len() >= polled.len());
    let depth = |queue: &str| -> anyhow::Result<Vec<f64>> { Ok(vec![queues.depth(queue)?.visible as f64]) };
    for (alarm, queue) in &all {
        ensure!(!alarm.goes_off(&[depth(queue)?]), "{queue} is empty");
    }
    for queue in polled {
        queues.send(queue, "a text that nobody can read", None)?;
        let letters = queue.replace("Queue", "DeadLetters");
        // Each receive makes the message visible again at once; the one behind the last of the redrive policy moves it.
        for _ in 0..20 {
            queues.take(queue, 1, Some(0))?;
        }
        let (alarm, _) = all.iter().find(|(_, name)| *name == letters).context("no alarm")?;
        ensure!(alarm.goes_off(&[depth(&letters)?]), "{letters}: {:?}", queues.depth(&letters)?);
    }
    Ok(())
}

#[tokio::test]
async fn a_message_that_waits_too_long_sets_the_alarm_of_its_queue_off() -> anyhow::Result<()> {
    let clock = Clock::standing_at(1_790_000_000_000);
    let stack = Stack::with(Options { workers: 0, clock: clock.clone(), ..Options::default() }).await?;
    let queues = stack.system.queues();
    for (alarm, queue) in of_queues("ApproximateAgeOfOldestMessage")? {
        let age = || -> anyhow::Result<Vec<f64>> { Ok(vec![queues.age_of_oldest(queue)?.as_secs_f64()]) };
        let threshold = Duration::from_secs(alarm.threshold.into());
        queues.send(queue, "{}", None)?;
        clock.turn(threshold);
        let before = age()?;
        clock.turn(Duration::from_secs(1));
        let after = age()?;
        let periods = |value: &Vec<f64>| vec![value.clone(); alarm.evaluation_periods];
        ensure!(
            !alarm.goes_off(&periods(&before)) && alarm.goes_off(&periods(&after)),
            "{queue}: {before:?} {after:?}"
        );
        ensure!(!alarm.goes_off(&[periods(&before), vec![after]].concat()), "{queue}: a single period is enough");
        queues.purge(queue)?;
        assert_eq!(age()?, [0.0]);
    }
    Ok(())
}

fn own(metric: &str) -> anyhow::Result<&'static Alarm> {
    let found = alarms()?.values().find(|alarm| alarm.namespace == "Waybill" && alarm.metric_name == metric);
    found.with_context(|| format!("no alarm over {metric}"))
}

#[tokio::test]
async fn an_import_that_is_given_up_sets_an_alarm_off() -> anyhow::Result<()> {
    let clock = Clock::standing_at(1_790_000_000_000);
    let stack = Stack::with(Options { workers: 0, clock: clock.clone(), ..Options::default() }).await?;
    let asked = json!({ "upload": true, "file_size": 9, "file_name": "March.csv" });
    let made = stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo").json(&asked);
    stack.answer(made).await?.expect(201)?;
    let alarm = own("GivenUp")?;
    let sweep = async || -> anyhow::Result<Vec<f64>> {
        let (done, mut values) = Lines::metrics_of(sweep::handle(&stack.functions().sweep)).await;
        done?;
        assert_eq!(values["OpenImports"], [1.0]);
        values.remove("GivenUp").context("no value")
    };
    let before = sweep().await?;
    ensure!(before == [0.0] && !alarm.goes_off(&[before]));
    // An upload is awaited for two hours.
    clock.turn(Duration::from_secs(3 * 3600));
    let after = sweep().await?;
    ensure!(after == [1.0] && alarm.goes_off(&[after]));
    ensure!(!alarm.goes_off(&[Vec::new()]), "no value is a reason for alarm");
    Ok(())
}

#[tokio::test]
async fn messages_that_fail_again_and_again_set_an_alarm_off() -> anyhow::Result<()> {
    let stack = Stack::by_hand(10).await?;
    let alarm = own("FailedMessages")?;
    let failed = async |count: usize| -> anyhow::Result<Vec<f64>> {
        let mut event = SqsEvent::default();
        for at in 0..count {
            let mut message = SqsMessage::default();
            (message.message_id, message.body) = (Some(at.to_string()), Some("a text that nobody can read".to_owned()));
            event.records.push(message);
        }
        let (answer, mut values) = Lines::metrics_of(loader::handle(&stack.functions().loader, event)).await;
        assert_eq!(answer.batch_item_failures.len(), count);
        Ok(values.remove("FailedMessages").unwrap_or_default())
    };
    let threshold = usize::try_from(alarm.threshold)?;
    let (few, many) = (failed(threshold).await?, failed(threshold + 1).await?);
    let periods = |values: &Vec<f64>| vec![values.clone(); alarm.evaluation_periods];
    ensure!(!alarm.goes_off(&periods(&few)) && alarm.goes_off(&periods(&many)), "{few:?} {many:?}");
    ensure!(failed(0).await?.is_empty());
    Ok(())
}

#[test]
fn alarms_over_metrics_of_aws_go_off_above_their_thresholds_and_not_below() -> anyhow::Result<()> {
    for (id, alarm) in
        alarms()?.iter().filter(|(_, alarm)| alarm.namespace.starts_with("AWS/") && alarm.namespace != "AWS/SQS")
    {
        let threshold = f64::from(alarm.threshold);
        let periods = |value: f64| vec![vec![value]; alarm.evaluation_periods];
        let sides = [threshold - 1.0, threshold + 1.0].map(|value| alarm.goes_off(&periods(value)));
        // The sweep is watched for calls that do not come, with or without a value.
        let waits_for_calls = alarm.metric_name == "Invocations";
        assert_eq!(sides, if waits_for_calls { [true, false] } else { [false, true] }, "{id}");
        assert_eq!(alarm.goes_off(&vec![Vec::new(); alarm.evaluation_periods]), waits_for_calls, "{id}");
    }
    Ok(())
}
