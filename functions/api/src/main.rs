//! The Lambda `bootstrap` of the API function, which serves the router under API Gateway.

use api::gateway::function;
use api::router;
use lambda_http::Error;
use lambda_http::lambda_runtime::run;
use shared::environment::Service;
use shared::services::{Services, log_json};

// One thread: the function has less than one processor (512 MB of memory), handles one request at a time, and surveys files in
// threads of their own. Further threads would only cost time at the start.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log_json();
    run(function(router(Services::from_env("api", &[Service::DynamoDb]).await?))).await
}
