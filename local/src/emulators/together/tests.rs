use std::net::Ipv4Addr;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};

use super::*;
use crate::emulators::testing::http_client;
use crate::emulators::{ACCESS_KEY_ID, Emulators, Options, SECRET_ACCESS_KEY, arn};

type Test = anyhow::Result<()>;

fn client() -> anyhow::Result<reqwest::Client> {
    Ok(crate::http_client::loopback().build()?)
}

async fn start() -> anyhow::Result<(Emulators, String)> {
    let together = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let emulators = Emulators::start(Options { together, ..Options::default() }).await?;
    let url = emulators.together_url().unwrap_or_default().to_owned();
    Ok((emulators, url))
}

/// As a function has it that is told of one address.
fn config(url: &str) -> SdkConfig {
    let credentials = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "static");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(arn::REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(url)
        .http_client(http_client())
        .build()
}

#[tokio::test]
async fn a_request_reaches_the_service_that_it_is_for() -> Test {
    let (emulators, url) = start().await?;
    let config = config(&url);
    let dynamodb = aws_sdk_dynamodb::Client::new(&config);
    let key = AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S).build()?;
    let schema = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash).build()?;
    let table = dynamodb.create_table().table_name("Things").billing_mode(BillingMode::PayPerRequest);
    table.attribute_definitions(key).key_schema(schema).send().await?;
    assert_eq!(dynamodb.list_tables().send().await?.table_names(), ["Things"]);

    let sqs = aws_sdk_sqs::Client::new(&config);
    let queue = sqs.create_queue().queue_name("work").send().await?;
    // The URL of a queue leads to the address that it was asked for at.
    assert_eq!(queue.queue_url(), Some(format!("{url}/000000000000/work").as_str()));
    sqs.send_message().set_queue_url(queue.queue_url.clone()).message_body("hello").send().await?;
    let received = sqs.receive_message().set_queue_url(queue.queue_url).send().await?;
    assert_eq!(received.messages()[0].body(), Some("hello"));

    let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(s3);
    s3.create_bucket().bucket("files").send().await?;
    let key = "inbox/1/März (2).csv";
    s3.put_object().bucket("files").key(key).body(ByteStream::from_static(b"a,b")).send().await?;
    let lifetime = PresigningConfig::expires_in(Duration::from_secs(60))?;
    let there = s3.get_object().bucket("files").key(key).presigned(lifetime).await?;
    let got = client()?.get(there.uri()).send().await?.error_for_status()?;
    assert_eq!(got.text().await?, "a,b");

    // They are the services that this process has at addresses of their own.
    assert_eq!(emulators.queues().names(""), ["work"]);
    Ok(())
}

#[tokio::test]
async fn no_page_and_no_other_name_reaches_them() -> Test {
    let (_emulators, url) = start().await?;
    for (name, value, status) in
        [("Origin", "https://evil.example", 403), ("Sec-Fetch-Site", "cross-site", 403), ("Host", "evil.example", 421)]
    {
        for target in ["DynamoDB_20120810.ListTables", "AmazonSQS.ListQueues", ""] {
            let post = client()?.post(&url).header("X-Amz-Target", target).body("{}");
            assert_eq!(post.header(name, value).send().await?.status(), status, "{target} {name}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() -> Test {
    let (_emulators, url) = start().await?;
    let together = Some(url.trim_start_matches("http://").parse()?);
    let refused = Emulators::start(Options { together, ..Options::default() }).await.err();
    let told = refused.map(|error| error.to_string()).unwrap_or_default();
    assert!(told.starts_with(&format!("AWS cannot be served at {}: ", url.trim_start_matches("http://"))), "{told}");
    Ok(())
}

#[tokio::test]
async fn containers_are_told_of_the_name_that_they_have_for_this_machine() -> Test {
    let address = |text: &str| text.parse().map(host);
    assert_eq!(address("0.0.0.0:4566")?, "host.docker.internal");
    assert_eq!(address("[::]:4566")?, "host.docker.internal");
    assert_eq!(address("172.17.0.1:4566")?, "172.17.0.1");
    assert_eq!(address("[::1]:4566")?, "[::1]");

    let together = Some(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
    let emulators = Emulators::start(Options { together, ..Options::default() }).await?;
    let url = emulators.together_url().unwrap_or_default().to_owned();
    let here = url.replace("host.docker.internal", "127.0.0.1");
    let name = url.trim_start_matches("http://");
    for (host, status) in [(name, 200), ("host.docker.internal:1", 421), ("evil.example", 421)] {
        let post = client()?.post(&here).header("X-Amz-Target", "AmazonSQS.ListQueues").body("{}");
        assert_eq!(post.header("Host", host).send().await?.status(), status, "{host}");
    }
    Ok(())
}
