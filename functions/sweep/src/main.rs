//! The Lambda `bootstrap` of the sweep function, which a schedule invokes.

use aws_lambda_events::eventbridge::EventBridgeEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use shared::environment::Service;
use shared::services::{Services, log_json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    log_json();
    let services = Services::from_env("sweep", &[Service::DynamoDb]).await?;
    let services = &services;
    run(service_fn(async |_: LambdaEvent<EventBridgeEvent>| {
        sweep::handle(services).await.map(drop).map_err(Error::from)
    }))
    .await
}
