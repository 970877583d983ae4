use aws_sdk_dynamodb::types::AttributeValue;

use super::*;
use crate::emulators::testing::{Stack, soon};

mod deployed;

type Test = anyhow::Result<()>;

const SMALL: &str = r#"
Parameters:
  Most: {Type: Number, Default: 7}
  Reserved: {Type: Number, Default: 0}
  Nothing: {Type: String}
Conditions:
  Reserves: {Fn::Not: [{Fn::Equals: [{Ref: Reserved}, "0"]}]}
Globals:
  Function:
    Timeout: 7
    Role: {Fn::GetAtt: [Plain, Arn]}
    LoggingConfig: {LogGroup: {Ref: Log}}
Resources:
  Files:
    Type: AWS::S3::Bucket
    DependsOn: Admission
    Properties:
      BucketName: {Fn::Sub: ["${Prefix}-${AWS::StackName}", {Prefix: {Fn::Select: [1, {Fn::Split: [":", "a:b"]}]}}]}
      NotificationConfiguration:
        QueueConfigurations:
          - Event: s3:ObjectCreated:*
            Queue: {Fn::GetAtt: [Work, Arn]}
            Filter: {S3Key: {Rules: [{Name: prefix, Value: in/}, {Name: suffix, Value: .csv}]}}
  Bare: {Type: AWS::S3::Bucket}
  Admission:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [{Ref: Work}]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: s3.amazonaws.com}
            Action: sqs:SendMessage
            Resource: {Fn::GetAtt: [Work, Arn]}
            Condition: {ArnEquals: {aws:SourceArn: "arn:aws:s3:::b-waybill"}, StringEquals: {aws:SourceAccount: {Ref: AWS::AccountId}}}
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
  Log: {Type: AWS::Logs::LogGroup}
  Plain:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies: []
  Writer:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: writer
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Sid: A, Effect: Allow, Action: [dynamodb:GetItem, dynamodb:PutItem], Resource: {Fn::GetAtt: [Things, Arn]}}
              - {Effect: Allow, Action: s3:GetObject, Resource: [{Fn::Sub: "${Files.Arn}/in/*"}, {Fn::Sub: "${Files.Arn}/out/*"}]}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Role: {Fn::GetAtt: [Writer, Arn]}
      Environment: {Variables: {UNKNOWN: {Fn::ImportValue: x}}}
      EventInvokeConfig: {MaximumRetryAttempts: 1}
      RecursiveLoop: Allow
      ReservedConcurrentExecutions: {Fn::If: [Reserves, {Ref: Reserved}, {Ref: AWS::NoValue}]}
      Events:
        A: {Type: SQS, Properties: {Queue: {Fn::GetAtt: [Work, Arn]}, ScalingConfig: {MaximumConcurrency: {Ref: Most}}}}
        B: {Type: SQS, Properties: {Queue: {Fn::GetAtt: [Dead, Arn]}, BatchSize: 1}}
        C: {Type: Schedule, Properties: {Schedule: rate(5 minutes)}}
        D: {Type: HttpApi, Properties: {ApiId: {Ref: Unread}}}
  Slow: {Type: AWS::Serverless::Function, Properties: {Timeout: 900}}
"#;

#[test]
fn names_functions_parameters_and_defaults_are_resolved_as_cloudformation_does() -> Test {
    let template = Template::parse(SMALL)?;
    let told = Notification {
        queue: "Work".to_owned(),
        bucket: "b-waybill".to_owned(),
        prefix: "in/".to_owned(),
        suffix: ".csv".to_owned(),
    };
    assert_eq!(template.buckets["Files"], Bucket { name: "b-waybill".to_owned(), notifications: vec![told] });
    assert_eq!(template.buckets["Bare"].name, "bare");
    assert_eq!(template.tables["Things"].name, "waybill-things");
    assert_eq!(template.tables["Things"].time_to_live, None);
    assert_eq!(
        template.queues["Work"].attributes["RedrivePolicy"],
        r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:morgue","maxReceiveCount":3}"#
    );
    let table = "arn:aws:dynamodb:us-east-1:000000000000:table/waybill-things";
    let permissions = [
        ("dynamodb:GetItem", table),
        ("dynamodb:PutItem", table),
        ("s3:GetObject", "arn:aws:s3:::b-waybill/in/*"),
        ("s3:GetObject", "arn:aws:s3:::b-waybill/out/*"),
    ];
    let permission =
        |(action, resource): (&str, &str)| Permission { action: action.to_owned(), resource: resource.to_owned() };
    let messages = |queue: &str, batch_size, maximum_concurrency| Messages {
        queue: queue.to_owned(),
        batch_size,
        reports_failures: false,
        maximum_concurrency,
    };
    let expected = Function {
        name: "Worker".to_owned(),
        role: Role { name: "Writer".to_owned(), permissions: permissions.map(permission).to_vec() },
        log_group: "Log".to_owned(),
        timeout: Duration::from_secs(7),
        messages: vec![messages("Work", 10, Some(7)), messages("morgue", 1, None)],
        schedule: Some(Duration::from_secs(300)),
        retries: 1,
        reserved_concurrency: None,
        may_loop: true,
    };
    assert_eq!(template.functions["Worker"], expected);
    let slow = &template.functions["Slow"];
    assert_eq!((slow.timeout, slow.retries, slow.may_loop), (Duration::from_secs(900), 2, false));
    assert_eq!(slow.role, Role { name: "Plain".to_owned(), permissions: Vec::new() });
    let reserving = SMALL.replacen("Default: 0", "Default: 3", 1);
    assert_eq!(Template::parse(&reserving)?.functions["Worker"].reserved_concurrency, Some(3));
    Ok(())
}

#[test]
fn what_is_not_understood_is_refused_by_name() {
    for (change, to, named) in [
        ("BillingMode: PAY_PER_REQUEST", "LocalSecondaryIndexes: []", "Things"),
        ("{Queue: {Fn::GetAtt: [Work, Arn]}, Scaling", "{Queue: {Fn::ImportValue: x}, Scaling", "Fn::ImportValue"),
        ("deadLetterTargetArn: {Fn::GetAtt: [Dead", "deadLetterTargetArn: {Fn::GetAtt: [Death", "Death.Arn"),
        ("rate(5 minutes)", "cron(0 * * * ? *)", "Worker: event C"),
        ("Type: Schedule", "Type: SNS", "SNS"),
        ("ScalingConfig: {Max", "ScalingConfig: {Minimum: 2, Max", "Minimum"),
        ("{Ref: Most}", "{Ref: Nothing}", "the parameter Nothing has no default"),
        ("[Reserves, {Ref", "[Unreserved, {Ref", "no condition Unreserved"),
        ("MaximumRetryAttempts: 1", "DestinationConfig: {}", "DestinationConfig"),
        ("RecursiveLoop: Allow", "RecursiveLoop: Sometimes", "Sometimes"),
        ("RecursiveLoop: Allow", "ProvisionedConcurrencyConfig: {}", "ProvisionedConcurrencyConfig"),
        ("Role: {Fn::GetAtt: [Writer, Arn]}", "Role: arn:aws:iam::aws:role/Admin", "no role"),
        ("Role: {Fn::GetAtt: [Writer, Arn]}", "Policies: [AmazonDynamoDBFullAccess]", "Policies"),
        ("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "Files: only"),
        ("DependsOn: Admission", "DependsOn: []", "Files: it does not wait for Admission"),
        ("s3:::b-waybill", "s3:::b-", "no policy lets S3 send to Work"),
        ("ArnEquals", "ArnLike", "Admission: ArnLike of aws:SourceArn"),
        ("Queues: [{Ref: Work}]", "Queues: [{Ref: Dead}]", "no policy lets S3 send to Work"),
        ("Sid: A, Effect: Allow", "Sid: A, Effect: Deny", "Deny"),
        ("Sid: A, Effect: Allow, Action", "Sid: A, Effect: Allow, NotAction", "NotAction"),
        ("Sid: A, ", "Sid: A, Condition: {}, ", "Condition"),
        ("dynamodb:PutItem", "dynamodb:*", "dynamodb:* is more than one action"),
        ("Service: lambda", "Service: ec2", "Lambda may not take it"),
        ("Policies: []", "Policies: [], ManagedPolicyArns: []", "ManagedPolicyArns"),
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
    create(&stack, template).await?;

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
    for table in template.tables.values() {
        let time_to_live = stack.dynamodb.describe_time_to_live().table_name(&table.name).send().await?;
        let description = time_to_live.time_to_live_description();
        let attribute = description.and_then(|description| description.attribute_name());
        assert_eq!(attribute, Some("expires"), "{}", table.name);
    }
    let events = &template.tables["EventsTable"].name;
    let described = stack.dynamodb.describe_table().table_name(events).send().await?;
    let stream = described.table().and_then(|table| table.stream_specification());
    assert!(stream.is_none_or(|stream| !stream.stream_enabled()), "streams are to stay off");

    create(&stack, template).await?;
    Ok(())
}

#[tokio::test]
async fn an_index_of_the_template_lists_what_has_its_keys() -> Test {
    let stack = Stack::start().await?;
    let template = Template::embedded()?;
    create(&stack, template).await?;
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
    create(&stack, template).await?;
    let table = &template.tables["WorkspaceTable"].name;
    let put = stack.dynamodb.put_item().table_name(table).item("pk", text("a")).item("sk", text("b"));
    put.send().await?;
    soon(stack.emulators.shutdown()).await?;

    let stack = start().await?;
    create(&stack, template).await?;
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
