//! The Lambda `bootstrap` of the parser function, which receives the arrival queue and the work queue.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use shared::environment::Service;
use shared::services::{Services, log_json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    log_json();
    let services = Services::from_env("parser", &[Service::DynamoDb, Service::S3]).await?;
    let services = &services;
    run(service_fn(async |event: LambdaEvent<SqsEvent>| Ok::<_, Error>(parser::handle(services, event.payload).await)))
        .await
}
