//! The Lambda `bootstrap` of the revert function, which receives the revert queue.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use shared::environment::Service;
use shared::services::{Services, log_json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    log_json();
    let services = Services::from_env("revert", &[Service::DynamoDb]).await?;
    let services = &services;
    run(service_fn(async |event: LambdaEvent<SqsEvent>| Ok::<_, Error>(revert::handle(services, event.payload).await)))
        .await
}
