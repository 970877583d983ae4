//! The Lambda `bootstrap` of the parser.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use parser::Trigger;
use shared::services::{Services, log_json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    log_json();
    let services = Services::from_env().await?;
    let services = &services;
    run(service_fn(async |event: LambdaEvent<Trigger>| Ok::<_, Error>(parser::handle(services, event.payload).await?)))
        .await
}
