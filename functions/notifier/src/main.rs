//! The Lambda `bootstrap` of the notifier function, which a pipe calls with records of the outbox's stream, and which receives the
//! queue of webhooks.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use notifier::Payload;
use shared::environment::{Service, required};
use shared::services::{Services, log_json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    log_json();
    let api_url = required("API_URL")?;
    let services = Services::from_env("notifier", &[Service::DynamoDb]).await?;
    let (services, api_url) = (&services, &api_url);
    run(service_fn(async |event: LambdaEvent<Payload>| {
        Box::pin(notifier::handle(services, event.payload, api_url)).await.map_err(|failed| {
            tracing::error!(error = %failed, "an event of the outbox cannot be published");
            Error::from(failed)
        })
    }))
    .await
}
