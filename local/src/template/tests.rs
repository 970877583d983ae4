use aws_sdk_dynamodb::types::AttributeValue;

use super::*;
use crate::emulators::testing::{Stack, soon};

type Test = anyhow::Result<()>;

#[test]
fn the_deployed_template_is_understood() -> Test {
    let template = Template::embedded()?;
    let names = |names: Vec<&String>| names.into_iter().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(names(template.tables.keys().collect()), "EventsTable ImportsTable WorkspaceTable");
    assert_eq!(names(template.buckets.keys().collect()), "Bucket");
    assert_eq!(
        names(template.queues.keys().collect()),
        "LoadDeadLetters LoadQueue RevertDeadLetters RevertQueue WorkDeadLetters WorkQueue"
    );
    assert_eq!(
        names(template.functions.keys().collect()),
        "ApiFunction LoaderFunction ParserFunction RevertFunction SweepFunction"
    );
    for (function, queue) in [
        ("ParserFunction", Some("WorkQueue")),
        ("LoaderFunction", Some("LoadQueue")),
        ("RevertFunction", Some("RevertQueue")),
        ("SweepFunction", None),
        ("ApiFunction", None),
    ] {
        let messages = template.functions[function].messages.as_ref();
        assert_eq!(messages.map(|messages| messages.queue.as_str()), queue, "{function}");
    }
    assert!(template.functions["SweepFunction"].schedule.is_some());
    assert!(
        template.functions.values().all(|function| function.name == "ParserFunction" || function.objects.is_empty())
    );
    let told: Vec<String> = template
        .notifications()
        .into_iter()
        .map(|told| format!("{} {}*{}", told.bucket, told.prefix, told.suffix))
        .collect();
    assert_eq!(told, ["waybill-local inbox/*", "waybill-local uploads/*"]);
    Ok(())
}

#[test]
fn a_message_stays_hidden_longer_than_its_function_can_run() -> Test {
    // Lambda refuses a source whose messages come back while they are worked on.
    let template = Template::embedded()?;
    for function in template.functions.values() {
        let Some(messages) = &function.messages else {
            continue;
        };
        let visibility: u64 = template.queues[&messages.queue].attributes["VisibilityTimeout"].parse()?;
        assert!(visibility > function.timeout.as_secs(), "{}", function.name);
        assert!(messages.reports_failures, "{}", function.name);
        assert!((1..=10).contains(&messages.batch_size), "{}", function.name);
    }
    Ok(())
}

const SMALL: &str = r#"
Globals:
  Function: {Timeout: 7}
Resources:
  Files:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: {Fn::Sub: ["${Prefix}-${AWS::StackName}", {Prefix: {Fn::Select: [1, {Fn::Split: [":", "a:b"]}]}}]}
  Plain: {Type: AWS::S3::Bucket}
  Things:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: {Fn::Sub: "${AWS::StackName}-things"}
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      TimeToLiveSpecification: {AttributeName: expires, Enabled: false}
  Work:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 10
      RedrivePolicy: {deadLetterTargetArn: {Fn::GetAtt: [Dead, Arn]}, maxReceiveCount: 3}
  Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: morgue}}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {UNKNOWN: {Fn::ImportValue: x}}}
      EventInvokeConfig: {MaximumRetryAttempts: 1, DestinationConfig: {OnFailure: {Type: SQS, Destination: {Fn::GetAtt: [Dead, Arn]}}}}
      Events:
        A: {Type: SQS, Properties: {Queue: {Fn::GetAtt: [Work, Arn]}}}
        B:
          Type: S3
          Properties:
            Bucket: {Ref: Files}
            Events: s3:ObjectCreated:*
            Filter: {S3Key: {Rules: [{Name: prefix, Value: in/}, {Name: suffix, Value: .csv}]}}
        C: {Type: Schedule, Properties: {Schedule: rate(5 minutes)}}
  Slow: {Type: AWS::Serverless::Function, Properties: {Timeout: 900}}
"#;

#[test]
fn names_functions_and_defaults_are_resolved_as_cloudformation_does() -> Test {
    let template = Template::parse(SMALL)?;
    assert_eq!(template.buckets["Files"].name, "b-waybill");
    assert_eq!(template.buckets["Plain"].name, "plain");
    assert_eq!(template.tables["Things"].name, "waybill-things");
    assert_eq!(template.tables["Things"].time_to_live, None);
    assert_eq!(
        template.queues["Work"].attributes["RedrivePolicy"],
        r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:morgue","maxReceiveCount":3}"#
    );
    let expected = Function {
        name: "Worker".to_owned(),
        timeout: Duration::from_secs(7),
        messages: Some(Messages { queue: "Work".to_owned(), batch_size: 10, reports_failures: false }),
        objects: vec![Notification {
            bucket: "b-waybill".to_owned(),
            prefix: "in/".to_owned(),
            suffix: ".csv".to_owned(),
        }],
        schedule: Some(Duration::from_secs(300)),
        retries: 1,
        on_failure: Some("morgue".to_owned()),
    };
    assert_eq!(template.functions["Worker"], expected);
    assert_eq!(template.functions["Slow"].timeout, Duration::from_secs(900));
    assert_eq!(template.functions["Slow"].retries, 2);
    Ok(())
}

#[test]
fn what_is_not_understood_is_refused_by_name() {
    for (change, to, named) in [
        ("BillingMode: PAY_PER_REQUEST", "LocalSecondaryIndexes: []", "Things"),
        ("{Fn::GetAtt: [Work, Arn]}", "{Fn::ImportValue: x}", "Fn::ImportValue"),
        ("[Dead, Arn]", "[Death, Arn]", "Death.Arn"),
        ("rate(5 minutes)", "cron(0 * * * ? *)", "Worker: event C"),
        ("Type: Schedule", "Type: SNS", "SNS"),
        (
            "{Queue: {Fn::GetAtt: [Work, Arn]}}",
            "{Queue: {Fn::GetAtt: [Work, Arn]}, ScalingConfig: {}}",
            "ScalingConfig",
        ),
        ("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "Worker: event B"),
        ("Resources:", "Resources: [", "not readable"),
    ] {
        let changed = SMALL.replacen(change, to, 1);
        assert_ne!(changed, SMALL, "{change}");
        let refused = Template::parse(&changed).map_err(|error| error.to_string());
        assert!(refused.as_ref().is_err_and(|reason| reason.contains(named)), "{to}: {refused:?}");
    }
}

async fn create(stack: &Stack, template: &Template) -> Result<(), CreateError> {
    template.create(&stack.dynamodb, &stack.s3, &stack.sqs).await
}

#[tokio::test]
async fn what_the_template_defines_is_created() -> Test {
    let stack = Stack::start().await?;
    let template = Template::embedded()?;
    create(&stack, &template).await?;

    let tables = stack.dynamodb.list_tables().send().await?;
    let names: Vec<&str> = template.tables.values().map(|table| table.name.as_str()).collect();
    assert_eq!(tables.table_names(), names);
    let buckets = stack.s3.list_buckets().send().await?;
    assert_eq!(buckets.buckets()[0].name(), Some("waybill-local"));
    let queues = stack.emulators.queues();
    for queue in template.queues.values() {
        let attributes = queues.attributes(&queue.name)?;
        for (name, value) in queue.attributes.iter().filter(|(name, _)| *name != "RedrivePolicy") {
            assert_eq!(&attributes[name], value, "{} {name}", queue.name);
        }
        assert_eq!(
            attributes.contains_key("RedrivePolicy"),
            queue.attributes.contains_key("RedrivePolicy"),
            "{}",
            queue.name
        );
    }
    let time_to_live =
        stack.dynamodb.describe_time_to_live().table_name(&template.tables["ImportsTable"].name).send().await?;
    let description = time_to_live.time_to_live_description();
    assert_eq!(description.and_then(|description| description.attribute_name()), Some("expires"));
    let events = &template.tables["EventsTable"].name;
    let described = stack.dynamodb.describe_table().table_name(events).send().await?;
    let stream = described.table().and_then(|table| table.stream_specification());
    assert!(stream.is_none_or(|stream| !stream.stream_enabled()), "streams are to stay off");

    create(&stack, &template).await?;
    Ok(())
}

#[tokio::test]
async fn an_index_of_the_template_lists_what_has_its_keys() -> Test {
    let stack = Stack::start().await?;
    let template = Template::embedded()?;
    create(&stack, &template).await?;
    let table = &template.tables["ImportsTable"].name;
    for number in [1, 2, 10] {
        let put = stack.dynamodb.put_item().table_name(table).item("pk", text(&format!("a1#import#{number}")));
        let put = put.item("sk", text("import")).item("list", text("a1"));
        put.item("number", AttributeValue::N(number.to_string())).send().await?;
    }
    let put = stack.dynamodb.put_item().table_name(table).item("pk", text("a1#import#1"));
    put.item("sk", text("chunk#1")).send().await?;
    let listed = stack
        .dynamodb
        .query()
        .table_name(table)
        .index_name("list")
        .key_condition_expression("#list = :account")
        .expression_attribute_names("#list", "list")
        .expression_attribute_values(":account", text("a1"))
        .scan_index_forward(false)
        .send()
        .await?;
    let numbers: Vec<_> = listed.items().iter().map(|item| item["number"].clone()).collect();
    assert_eq!(numbers, [10, 2, 1].map(|number| AttributeValue::N(number.to_string())));
    Ok(())
}

#[tokio::test]
async fn tables_are_left_as_they_are_with_a_data_directory_and_refused_if_they_differ() -> Test {
    let data = tempfile::tempdir()?;
    let start = || Stack::with(Some(data.path().to_owned()), Vec::new());
    let template = Template::embedded()?;
    let stack = start().await?;
    create(&stack, &template).await?;
    let table = &template.tables["WorkspaceTable"].name;
    let put = stack.dynamodb.put_item().table_name(table).item("pk", text("a")).item("sk", text("b"));
    put.send().await?;
    soon(stack.emulators.shutdown()).await?;

    let stack = start().await?;
    create(&stack, &template).await?;
    let kept = stack.dynamodb.scan().table_name(table).send().await?;
    assert_eq!(kept.count(), 1);

    let mut newer = template.clone();
    let changed = newer.tables.get_mut("ImportsTable").ok_or_else(|| anyhow::anyhow!("no such table"))?;
    changed.indexes[0].key_schema.reverse();
    changed.indexes[0].key_schema[0].key_type = "HASH".to_owned();
    changed.indexes[0].key_schema[1].key_type = "RANGE".to_owned();
    let refused = create(&stack, &newer).await;
    assert!(matches!(&refused, Err(CreateError::Different { name }) if name == "ImportsTable"), "{refused:?}");
    Ok(())
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}
