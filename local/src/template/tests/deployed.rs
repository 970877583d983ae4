//! Tests of the deployed template: its queues, its caps, and its loops of messages.

use std::collections::BTreeSet;

use anyhow::Context;
use serde_json::json;
use shared::events::SOURCE;
use shared::queue::QueueUrls;
use shared::quotas::Quotas;
use shared::retention::Retention;
use shared::services::ResourceNames;
use shared::store::TableNames;

use super::*;
use crate::emulators::arn;
use crate::environment::Environment;

#[test]
fn the_deployed_template_is_understood() -> Test {
    let template = Template::embedded()?;
    let names = |names: Vec<&String>| names.into_iter().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(names(template.tables.keys().collect()), "EventsTable ImportsTable WorkspaceTable");
    assert_eq!(names(template.buckets.keys().collect()), "Bucket");
    assert_eq!(
        names(template.queues.keys().collect()),
        "ArrivalDeadLetters ArrivalQueue EventsDeadLetters FollowUpsQueue LoadDeadLetters LoadQueue RevertDeadLetters RevertQueue WebhookDeadLetters WebhookQueue WorkDeadLetters WorkQueue"
    );
    assert_eq!(
        names(template.functions.keys().collect()),
        "ApiFunction LoaderFunction NotifierFunction ParserFunction RevertFunction SweepFunction"
    );
    for (function, queues) in [
        ("ParserFunction", &["ArrivalQueue", "WorkQueue"][..]),
        ("LoaderFunction", &["LoadQueue"]),
        ("RevertFunction", &["RevertQueue"]),
        ("SweepFunction", &[]),
        ("NotifierFunction", &["WebhookQueue"]),
        ("ApiFunction", &[]),
    ] {
        let sources = template.functions[function].messages.iter();
        assert_eq!(sources.map(|messages| messages.queue.as_str()).collect::<Vec<_>>(), queues, "{function}");
    }
    assert!(template.functions["SweepFunction"].schedule.is_some());
    let told: Vec<String> = template
        .notifications()
        .into_iter()
        .map(|told| format!("{} {}*{} {}", told.bucket, told.prefix, told.suffix, told.queue))
        .collect();
    assert_eq!(told, ["waybill-local uploads/* ArrivalQueue", "waybill-local inbox/* ArrivalQueue"]);
    assert_eq!(template.functions["ApiFunction"].reserved_concurrency, None);
    Ok(())
}

#[test]
fn a_message_stays_hidden_for_six_times_as_long_as_its_function_can_run() -> Test {
    let template = Template::embedded()?;
    for function in template.functions.values() {
        for source in &function.messages {
            let visibility: u64 = template.queues[&source.queue].attributes["VisibilityTimeout"].parse()?;
            assert!(visibility >= 6 * function.timeout.as_secs(), "{} {}", function.name, source.queue);
            assert!(source.reports_failures, "{} {}", function.name, source.queue);
            assert!((1..=10).contains(&source.batch_size), "{} {}", function.name, source.queue);
        }
    }
    Ok(())
}

#[test]
fn the_functions_that_queues_drive_cannot_take_the_concurrency_of_an_account() -> Test {
    let template = Template::embedded()?;
    let mut all = 0;
    for function in template.functions.values() {
        for source in &function.messages {
            let most =
                source.maximum_concurrency.with_context(|| format!("no cap: {} {}", function.name, source.queue))?;
            assert!((2..=1000).contains(&most), "{} {}", function.name, source.queue);
            all += most;
        }
    }
    // An account has 1,000 simultaneous calls, and most of these calls must remain free for the API.
    assert!(all <= 100, "{all}");
    Ok(())
}

/// Name of the dead-letter queue of a queue, or `None` if the queue has none.
fn dead_letters(queue: &Queue) -> anyhow::Result<Option<String>> {
    let Some(policy) = queue.attributes.get("RedrivePolicy") else { return Ok(None) };
    let policy: Value = serde_json::from_str(policy)?;
    Ok(policy["deadLetterTargetArn"].as_str().and_then(arn::queue_name).map(str::to_owned))
}

#[test]
fn each_queue_that_is_polled_has_dead_letters_of_its_own_which_nobody_else_writes_to() -> Test {
    let template = Template::embedded()?;
    let mut owners = BTreeMap::new();
    for queue in template.queues.values() {
        if let Some(dead) = dead_letters(queue)? {
            assert_eq!(owners.insert(dead, &queue.name), None, "two queues share the dead letters of {}", queue.name);
        }
    }
    let polled = |queue: &str| {
        template.functions.values().flat_map(|function| &function.messages).any(|source| source.queue == queue)
    };
    // Nothing of the template polls the follow-ups, and the pipe of the events has no queue before its dead letters.
    let apart = ["FollowUpsQueue", "EventsDeadLetters"];
    for name in template.queues.keys().filter(|name| !apart.contains(&name.as_str())) {
        assert_eq!(owners.contains_key(name), !polled(name), "{name} is polled, or keeps dead letters");
        assert_eq!(owners.values().any(|owner| *owner == name), polled(name), "{name}");
    }
    for function in template.functions.values() {
        for dead in owners.keys() {
            let arn = arn::queue(dead);
            let sends = |permission: &Permission| permission.covers("sqs:SendMessage", &arn);
            assert!(!function.role.permissions.iter().any(sends), "{} sends to {dead}", function.name);
        }
    }
    Ok(())
}

/// Functions which a message or an object from this function may call.
fn drives<'t>(template: &'t Template, function: &'t Function) -> impl Iterator<Item = &'t Function> {
    let reaches = |queue: &str| {
        let arn = arn::queue(queue);
        let by_message = |permission: &Permission| permission.covers("sqs:SendMessage", &arn);
        let by_object = |permission: &Permission| {
            template.notifications().iter().any(|told| {
                let object = arn::object(&told.bucket, &format!("{}x{}", told.prefix, told.suffix));
                told.queue == queue && permission.covers("s3:PutObject", &object)
            })
        };
        function.role.permissions.iter().any(|permission| by_message(permission) || by_object(permission))
    };
    template.functions.values().filter(move |driven| driven.messages.iter().any(|source| reaches(&source.queue)))
}

#[test]
fn the_functions_that_may_loop_are_those_that_messages_of_their_own_can_lead_back_to() -> Test {
    let template = Template::embedded()?;
    for function in template.functions.values() {
        let mut reached: Vec<&Function> = drives(template, function).collect();
        let mut next = 0;
        while let Some(function) = reached.get(next).copied() {
            next += 1;
            for driven in drives(template, function) {
                if !reached.contains(&driven) {
                    reached.push(driven);
                }
            }
        }
        let comes_back = reached.contains(&function);
        assert_eq!(function.may_loop, comes_back, "{}: Lambda ends its chains, or ought to", function.name);
    }
    Ok(())
}

/// The prefixes of the objects that expire, each with the days.
fn expiring(template: &str) -> anyhow::Result<Vec<(String, u64)>> {
    let document = Document::parse(template)?;
    let bucket = document.raw("Bucket").map_err(anyhow::Error::msg)?;
    let rules = document.resolve(&bucket["LifecycleConfiguration"]["Rules"]).map_err(anyhow::Error::msg)?;
    let expires = |rule: &Value| Some((rule["Prefix"].as_str()?.to_owned(), rule["ExpirationInDays"].as_u64()?));
    Ok(rules.as_array().into_iter().flatten().filter_map(expires).collect())
}

#[test]
fn files_and_reports_expire_only_if_the_deployment_says_after_how_many_days() -> Test {
    let unpacked = || ("unpacked/".to_owned(), 30);
    assert_eq!(expiring(TEMPLATE)?, [unpacked()]);
    let mut chosen = TEMPLATE.to_owned();
    for (name, days) in [("FileDays", "90"), ("ReportDays", "365")] {
        let parameter = |default: &str| format!("  {name}:\n    Type: Number\n    Default: {default}\n");
        assert!(chosen.contains(&parameter("0")), "{name}");
        chosen = chosen.replace(&parameter("0"), &parameter(days));
    }
    let files = ["sources/", "uploads/", "inbox/"].map(|prefix| (prefix.to_owned(), 90));
    let reports = ("outbox/".to_owned(), 365);
    assert_eq!(expiring(&chosen)?, [vec![unpacked()], files.to_vec(), vec![reports]].concat());
    Ok(())
}

#[test]
fn every_variable_that_a_function_reads_is_given_by_the_template_and_by_the_local_environment() -> anyhow::Result<()> {
    let queue = || "http://127.0.0.1:1/000000000000/Queue".to_owned();
    let names = ResourceNames {
        tables: TableNames { imports: "I".to_owned(), workspace: "W".to_owned(), events: "E".to_owned() },
        bucket: "B".to_owned(),
        queues: QueueUrls {
            arrival: queue(),
            work: queue(),
            load: queue(),
            revert: queue(),
            follow_ups: queue(),
            webhooks: queue(),
        },
    };
    let retention = Retention { undo: "30".parse()?, ..Retention::default() };
    let read = names.variables().into_iter().map(|(name, _)| name);
    let quotas = Quotas { file_bytes: 7.into(), ..Quotas::default() };
    let read = read.chain(retention.variables().map(|(name, _)| name));
    let read = read.chain(quotas.variables().map(|(name, _)| name));
    let read: BTreeSet<_> = read.map(str::to_owned).collect();
    let environment =
        Environment::new("http://host.docker.internal:4566", "http://127.0.0.1:8080", &names, retention, quotas);
    assert!(environment.lines().any(|line| line == "UNDO_DAYS=30"));
    let local: Vec<_> = environment.lines().collect();
    assert!(
        local.contains(&"WORK_QUEUE_URL=http://host.docker.internal:4566/000000000000/Queue".to_owned()),
        "{local:?}"
    );
    for line in ["AWS_ENDPOINT_URL=http://host.docker.internal:4566", "API_URL=http://127.0.0.1:8080"] {
        assert!(local.contains(&line.to_owned()), "{local:?}");
    }
    for name in &read {
        assert!(local.iter().any(|line| line.starts_with(&format!("{name}="))), "{name} {local:?}");
    }
    let document = Document::parse(TEMPLATE).map_err(|error| anyhow::anyhow!("{error}"))?;
    let functions: Vec<_> = document.of_kind(FUNCTION).collect();
    assert_eq!(functions.len(), 6);
    for id in functions {
        let given = document.function(id).map_err(anyhow::Error::msg)?["Environment"]["Variables"].clone();
        let mut given: BTreeSet<_> = given.as_object().context("no variables")?.keys().cloned().collect();
        // `sam local invoke` overrides only what the template gives, so the address has to be among it.
        assert!(given.remove("AWS_ENDPOINT_URL") && given.remove("RUST_LOG"), "{id}");
        // Without the key the API derives one, which is for processes outside of AWS.
        assert!(given.remove("CURSOR_KEY"), "{id}");
        assert_eq!(given.remove("API_URL"), id == "NotifierFunction", "{id}");
        assert_eq!(given, read, "{id}");
    }
    Ok(())
}

/// The template with the default of a parameter in place of an empty text.
fn given(template: &str, parameter: &str, value: &str) -> String {
    let empty = format!("  {parameter}:\n    Type: String\n    Default: \"\"\n");
    assert!(template.contains(&empty), "{parameter}");
    template.replacen(&empty, &empty.replace("\"\"", value), 1)
}

#[test]
fn a_stack_over_given_tables_and_a_given_bucket_makes_none_and_names_those_wherever_it_named_its_own() -> Test {
    let names = [
        ("ImportsTableName", "ImportsTable", "old-imports"),
        ("WorkspaceTableName", "WorkspaceTable", "old-workspace"),
        ("BucketName", "waybill-local", "old-bucket"),
    ];
    let text = names.iter().fold(TEMPLATE.to_owned(), |text, (parameter, _, name)| given(&text, parameter, name));
    let (own, over) = (Template::parse(TEMPLATE)?, Template::parse(&text)?);
    assert_eq!(over.tables.keys().collect::<Vec<_>>(), ["EventsTable"]);
    assert!(over.buckets.is_empty(), "{:?}", over.buckets);
    let shown = |template: &Template| format!("{:#?}", (&template.functions, &template.alarms, &template.queues));
    let renamed = names.iter().fold(shown(&own), |text, (_, own, name)| text.replace(own, name));
    assert_eq!(shown(&over), renamed);
    let document = Document::parse(&text)?;
    let variables = document.function("ApiFunction").map_err(anyhow::Error::msg)?["Environment"]["Variables"].clone();
    for (variable, name) in
        [("IMPORTS_TABLE", "old-imports"), ("WORKSPACE_TABLE", "old-workspace"), ("BUCKET", "old-bucket")]
    {
        assert_eq!(document.resolve(&variables[variable]).map_err(anyhow::Error::msg)?, name, "{variable}");
    }
    let admits = |bucket| policies::admission(&document, bucket, "ArrivalQueue").map_err(anyhow::Error::msg);
    assert_eq!((admits("old-bucket")?, admits("waybill-local")?), (Some("ArrivalQueuePolicy"), None));
    assert_eq!(document.kind("BucketPolicy"), None);
    Ok(())
}

#[test]
fn the_pipe_leads_from_the_outbox_by_the_notifier_to_the_bus_and_gives_up_to_its_own_dead_letters() -> Test {
    let document = Document::parse(TEMPLATE)?;
    assert_eq!(document.of_kind("AWS::Pipes::Pipe").collect::<Vec<_>>(), ["EventsPipe"]);
    let pipe = document.raw("EventsPipe").map_err(anyhow::Error::msg)?;
    let arn = |id: &str| json!({ "Fn::GetAtt": [id, "Arn"] });
    assert_eq!(pipe["Source"], json!({ "Fn::GetAtt": ["EventsTable", "StreamArn"] }));
    assert_eq!(pipe["Enrichment"], arn("NotifierFunction"));
    let stream = &pipe["SourceParameters"]["DynamoDBStreamParameters"];
    assert_eq!(stream["DeadLetterConfig"]["Arn"], arn("EventsDeadLetters"));
    assert_eq!(stream["OnPartialBatchItemFailure"], "AUTOMATIC_BISECT");
    for (limit, most) in [("BatchSize", 10), ("MaximumRetryAttempts", 1_000), ("MaximumRecordAgeInSeconds", 86_400)] {
        assert!(stream[limit].as_u64().is_some_and(|value| (1..=most).contains(&value)), "{limit}: {stream}");
    }
    let target = &pipe["TargetParameters"];
    let bus = json!({ "Source": SOURCE, "DetailType": "$.type", "Time": "$.occurred_at" });
    assert_eq!(target, &json!({ "EventBridgeEventBusParameters": bus }));
    // Each step of the way is allowed by the pipe's role, and nothing else is, but for a key of the owner's own.
    let role = document.raw("EventsPipeRole").map_err(anyhow::Error::msg)?;
    let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array().context("no statements")?;
    let always = statements.iter().filter(|statement| statement.get("Fn::If").is_none());
    let allowed: Vec<_> = always.map(|statement| (&statement["Action"], &statement["Resource"])).collect();
    let read =
        ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"].map(|name| format!("dynamodb:{name}"));
    let expected = [
        (json!(read), json!({ "Fn::Sub": "${EventsTable.Arn}/stream/*" })),
        (json!("lambda:InvokeFunction"), arn("NotifierFunction")),
        (json!("events:PutEvents"), pipe["Target"].clone()),
        (json!("sqs:SendMessage"), arn("EventsDeadLetters")),
    ];
    assert_eq!(allowed, expected.iter().map(|(action, resource)| (action, resource)).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn the_event_bus_is_given_by_its_name_or_by_its_arn() -> Test {
    let target = |text: &str| {
        let document = Document::parse(text)?;
        let target = &document.raw("EventsPipe").map_err(anyhow::Error::msg)?["Target"];
        document.resolve(target).map_err(anyhow::Error::msg)
    };
    let own = |name: &str| json!(format!("arn:aws:events:us-east-1:000000000000:event-bus/{name}"));
    assert_eq!(target(TEMPLATE)?, own("default"));
    for (bus, expected) in
        [("orders", own("orders")), ("arn:aws:events:x:1:event-bus/y", json!("arn:aws:events:x:1:event-bus/y"))]
    {
        let given = TEMPLATE.replacen("Default: default\n", &format!("Default: \"{bus}\"\n"), 1);
        assert_eq!(target(&given)?, expected, "{bus}");
    }
    Ok(())
}
