//! The Lambda `bootstrap` of the API.

use api::router;
use lambda_http::{Error, run};
use shared::services::{Services, log_json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    log_json();
    run(router(Services::from_env("api").await?)).await
}
