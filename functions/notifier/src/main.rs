//! The Lambda `bootstrap` of the notifier function, which a pipe calls with records of the outbox's stream.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use shared::environment::required;
use shared::events::Record;
use shared::services::log_json;

#[tokio::main]
async fn main() -> Result<(), Error> {
    log_json();
    let api_url = required("API_URL")?;
    let api_url = &api_url;
    run(service_fn(async |event: LambdaEvent<Vec<Record>>| {
        notifier::handle(event.payload, api_url).map_err(|unreadable| {
            tracing::error!(error = %unreadable, "an event of the outbox cannot be published");
            Error::from(unreadable)
        })
    }))
    .await
}
