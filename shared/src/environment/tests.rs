//! Which variables lead where.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;

use super::*;

const LAMBDA: [(&str, &str); 3] =
    [("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")];

/// The variables that Lambda sets, with others, of which the last of a name holds.
fn with(others: &[(&str, &str)]) -> Environment {
    let variables = [&LAMBDA, others].concat();
    let value = |name: &str| variables.iter().rfind(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
    Environment::of(value).expect("Lambda sets all of them")
}

/// Notes where requests go, and sends none.
#[derive(Clone, Debug, Default)]
struct Noted(Arc<Mutex<Vec<String>>>);

impl HttpConnector for Noted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.0.lock().expect("no test panics while it holds them").push(request.uri().to_owned());
        HttpConnectorFuture::ready(Err(ConnectorError::user("nothing is sent".into())))
    }
}

impl Noted {
    fn client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_, _| connector.clone())
    }

    fn last(&self) -> String {
        self.0.lock().expect("no test panics while it holds them").pop().expect("a request was made")
    }
}

#[tokio::test]
async fn connections_are_opened_to_where_the_clients_send() {
    for others in [
        &[][..],
        &[("AWS_REGION", "us-gov-west-1")],
        &[("AWS_REGION", "cn-north-1")],
        &[("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")],
        &[("AWS_ENDPOINT_URL", "https://vpce.example.com:8443/path")],
        &[("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000"), ("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9324")],
        &[("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"), ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:8000")],
        &[("AWS_ENDPOINT_URL", ""), ("AWS_ENDPOINT_URL_S3", "")],
    ] {
        let environment = with(others);
        let sent = Noted::default();
        let config = environment.config(&Connections::plain()).into_builder().http_client(sent.client()).build();
        let (dynamodb, s3, sqs) = clients(&config);
        let _ = dynamodb.list_tables().send().await;
        let tables = sent.last();
        let _ = s3.head_object().bucket("files").key("a").send().await;
        let files = sent.last();
        let _ = sqs.list_queues().send().await;
        for (service, uri) in [(Service::DynamoDb, tables), (Service::S3, files), (Service::Sqs, sent.last())] {
            let address = environment.address(service, "files").await.expect("each region has the three services");
            assert!(uri.starts_with(&address), "{others:?}: {uri} does not begin with {address}");
        }
    }
    let s3 = with(&[]).address(Service::S3, "files").await;
    assert_eq!(s3.as_deref(), Some("https://files.s3.eu-central-1.amazonaws.com/"));
}

#[test]
fn only_endpoints_of_aws_are_trusted_by_amazons_roots_alone() {
    for (others, roots) in [
        (&[][..], Some(Roots::Amazon)),
        (&[("AWS_REGION", "us-gov-east-1")], Some(Roots::Amazon)),
        (&[("AWS_REGION", "cn-northwest-1")], Some(Roots::System)),
        (&[("AWS_REGION", "us-isob-east-1")], Some(Roots::System)),
        (&[("SSL_CERT_FILE", "/etc/own.pem")], Some(Roots::System)),
        (&[("SSL_CERT_FILE", ""), ("AWS_ENDPOINT_URL", "")], Some(Roots::Amazon)),
        (&[("AWS_ENDPOINT_URL", "https://emulator.example.com")], Some(Roots::System)),
        (&[("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000")], Some(Roots::System)),
        (&[("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")], None),
    ] {
        assert_eq!(with(others).roots(), roots, "{others:?}");
    }
}

#[test]
fn a_missing_setting_is_named() {
    for (name, _) in LAMBDA {
        let left =
            |asked: &str| LAMBDA.iter().find(|(n, _)| *n == asked && asked != name).map(|(_, v)| (*v).to_owned());
        let missing = Environment::of(left).expect_err("a setting is missing");
        assert_eq!(missing.to_string(), format!("the environment variable {name} is not set"));
    }
}
