use tokio::net::TcpStream;

use super::testing::{Stack, soon};

type Test = anyhow::Result<()>;

fn addresses(stack: &Stack) -> [String; 3] {
    let emulators = &stack.emulators;
    [emulators.dynamodb_url(), emulators.s3_url(), emulators.sqs_url()].map(|url| url.replace("http://", ""))
}

/// A stack whose clients hold open connections, among them a long poll which waits for a message.
async fn busy() -> anyhow::Result<(Stack, tokio::task::JoinHandle<()>)> {
    let stack = Stack::start().await?;
    stack.dynamodb.list_tables().send().await?;
    stack.s3.list_buckets().send().await?;
    let queue = stack.sqs.create_queue().queue_name("work").send().await?;
    let poll = stack.sqs.receive_message().set_queue_url(queue.queue_url).wait_time_seconds(20);
    let waiting = tokio::spawn(async move {
        // The poll is answered without a message, or refused if the connection was not yet made.
        let _ = poll.send().await;
    });
    stack.sqs.list_queues().send().await?;
    Ok((stack, waiting))
}

#[tokio::test]
async fn after_a_shutdown_no_one_listens_and_no_long_poll_waits() -> Test {
    let (stack, waiting) = busy().await?;
    let addresses = addresses(&stack);
    soon(stack.emulators.shutdown()).await?;
    for address in addresses {
        assert!(TcpStream::connect(&address).await.is_err(), "{address}");
    }
    Ok(soon(waiting).await??)
}

#[tokio::test]
async fn dropping_the_services_ends_them_too() -> Test {
    let (stack, waiting) = busy().await?;
    let addresses = addresses(&stack);
    drop(stack);
    soon(waiting).await??;
    soon(async {
        for address in addresses {
            while TcpStream::connect(&address).await.is_ok() {
                tokio::task::yield_now().await;
            }
        }
    })
    .await
}

#[tokio::test]
async fn no_page_and_no_other_name_reaches_a_service() -> Test {
    let stack = Stack::start().await?;
    let http = crate::http_client::loopback().build()?;
    for address in addresses(&stack) {
        let post = || http.post(format!("http://{address}/")).header("X-Amz-Target", "AmazonSQS.ListQueues").body("{}");
        for (name, value, status) in [
            ("Origin", "https://evil.example", 403),
            ("Sec-Fetch-Site", "cross-site", 403),
            ("Host", "evil.example", 421),
        ] {
            assert_eq!(post().header(name, value).send().await?.status(), status, "{address} {name}");
        }
    }
    Ok(())
}
