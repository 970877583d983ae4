//! Calls the API function as Lambda does, with an event of API Gateway, and returns its answer.

use anyhow::Context as _;
use api::gateway::function;
use axum::Router;
use lambda_http::request::LambdaRequest;
use lambda_http::{Context, LambdaEvent, Service};
use serde_json::{Value, json};
use shared::services::Services;

/// The API function with clients of its own.
pub struct Function(Router);

/// The request id which every call carries.
pub const REQUEST_ID: &str = "8f5e4a6e-0000-4000-8000-000000000001";

impl Function {
    /// Creates the function with the given clients.
    pub fn of(services: Services) -> Self {
        Self(api::router(services))
    }

    /// Calls the function. The path may include a query.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> anyhow::Result<Value> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let headers: Value = headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let event = json!({
            "version": "2.0",
            "routeKey": "ANY /{proxy+}",
            "rawPath": path,
            "rawQueryString": query,
            "headers": headers,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "api",
                "domainName": "api.example.com",
                "domainPrefix": "api",
                "http": {
                    "method": method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "tests",
                },
                "requestId": "gateway",
                "routeKey": "ANY /{proxy+}",
                "stage": "$default",
                "time": "12/Mar/2026:19:03:58 +0000",
                "timeEpoch": 1_773_342_238_000_u64,
            },
            "body": body,
            "isBase64Encoded": false,
        });
        let request: LambdaRequest = serde_json::from_value(event)?;
        let mut context = Context::default();
        context.request_id = REQUEST_ID.to_owned();
        let mut function = function(self.0.clone());
        let answer = function.call(LambdaEvent::new(request, context)).await;
        serde_json::to_value(answer.ok().context("the function failed")?).map_err(Into::into)
    }
}
