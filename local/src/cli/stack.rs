//! The outputs of a deployed stack.
//!
//! CloudFormation is asked by one request that is signed here. Its SDK is larger than DynamoDB's, would cost each first build
//! a minute of processor time, and would serve for this one question.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::ProvideCredentials;
use aws_sdk_dynamodb::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_types::service_config::ServiceConfigKey;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::Reader;
use quick_xml::events::Event;
use waybill::http_client;

/// The longest wait for the answer.
const PATIENCE: Duration = Duration::from_secs(15);
const FORM: &str = "application/x-www-form-urlencoded";

/// The values of the outputs by their keys, with the credentials and for the region of `config`.
pub async fn outputs(config: &SdkConfig, stack: &str) -> anyhow::Result<HashMap<String, String>> {
    let region = config.region().context("no region is set; set AWS_REGION, or a region in the AWS profile")?.as_ref();
    let address = address(config, region).await?;
    let name = utf8_percent_encode(stack, NON_ALPHANUMERIC);
    let body = format!("Action=DescribeStacks&Version=2010-05-15&StackName={name}");

    let credentials = config.credentials_provider().context("no credentials are set")?.provide_credentials().await?;
    let identity = credentials.into();
    let parameters = v4::SigningParams::builder().identity(&identity).region(region).name("cloudformation");
    let parameters = parameters.time(SystemTime::now()).settings(SigningSettings::default()).build()?.into();
    let signed = [("content-type", FORM)].into_iter();
    let signable = SignableRequest::new("POST", address.as_str(), signed, SignableBody::Bytes(body.as_bytes()))?;
    let (instructions, _) = sign(signable, &parameters)?.into_parts();

    let mut request = http_client::builder().timeout(PATIENCE).build()?.post(&address).header("content-type", FORM);
    for (name, value) in instructions.headers() {
        request = request.header(name, value);
    }
    let answer = request.body(body).send().await?;
    let status = answer.status();
    let said = Answer::parse(&answer.text().await?);
    if !status.is_success() {
        bail!("CloudFormation answered {status}: {}", said.error);
    }
    Ok(said.outputs)
}

/// Where CloudFormation is: at an address that takes the place of AWS, or beside DynamoDB, whose SDK knows the domains of all
/// partitions.
async fn address(config: &SdkConfig, region: &str) -> anyhow::Result<String> {
    let key = ServiceConfigKey::builder().service_id("CloudFormation").env("AWS_ENDPOINT_URL").profile("endpoint_url");
    let key = key.build().context("all three parts of the key are given")?;
    let own = config.service_config().and_then(|service| service.load_config(key));
    if let Some(own) = own.as_deref().or(config.endpoint_url()).filter(|address| !address.is_empty()) {
        return Ok(format!("{}/", own.trim_end_matches('/')));
    }
    let asked = Params::builder().region(region).build()?;
    let dynamodb = DefaultResolver::new().resolve_endpoint(&asked).await.map_err(|error| anyhow::anyhow!(error))?;
    let domain = dynamodb.url().split_once("//dynamodb.").context("DynamoDB's address does not begin with its name")?.1;
    Ok(format!("https://cloudformation.{domain}/"))
}

/// What of an answer is used.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answer {
    outputs: HashMap<String, String>,
    /// The text of `Message`; of an answer that is no XML of CloudFormation's, the answer.
    error: String,
}

impl Answer {
    fn parse(xml: &str) -> Self {
        let mut reader = Reader::from_str(xml);
        let mut answer = Self { error: xml.to_owned(), ..Self::default() };
        let (mut text, mut key) = (String::new(), String::new());
        loop {
            match reader.read_event() {
                Ok(Event::Start(_)) => text.clear(),
                Ok(Event::Text(part)) => text.push_str(&part),
                Ok(Event::GeneralRef(reference)) => text.push_str(&character(&reference)),
                Ok(Event::End(end)) => match end.local_name().as_ref() {
                    "OutputKey" => key = std::mem::take(&mut text),
                    "OutputValue" => {
                        answer.outputs.insert(std::mem::take(&mut key), std::mem::take(&mut text));
                    }
                    "Message" => answer.error = std::mem::take(&mut text),
                    _ => {}
                },
                Ok(Event::Eof) | Err(_) => return answer,
                Ok(_) => {}
            }
        }
    }
}

/// The character that a reference such as `amp` or `#39` stands for.
fn character(reference: &quick_xml::events::BytesRef) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    quick_xml::escape::resolve_predefined_entity(reference).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_found_in_an_answer() {
        let xml = r#"<?xml version="1.0"?>
<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>
  <Parameters><member><ParameterKey>LogLevel</ParameterKey><ParameterValue>info</ParameterValue></member></Parameters>
  <Outputs>
    <member><OutputKey>BucketName</OutputKey><OutputValue>waybill-bucket-1</OutputValue><Description>Where &lt;files&gt; are</Description></member>
    <member><OutputKey>WorkQueueUrl</OutputKey><OutputValue>https://sqs.example.com/1/work?a=1&amp;b=&#39;2&#39;</OutputValue></member>
  </Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"#;
        let expected =
            [("BucketName", "waybill-bucket-1"), ("WorkQueueUrl", "https://sqs.example.com/1/work?a=1&b='2'")];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(Answer::parse(xml).outputs, HashMap::from(expected));
    }

    #[test]
    fn errors_are_told_in_the_words_of_the_answer() {
        let xml = "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>\
                   <Message>Stack with id a&amp;b does not exist</Message></Error></ErrorResponse>";
        assert_eq!(Answer::parse(xml).error, "Stack with id a&b does not exist");
        assert_eq!(Answer::parse("502 Bad Gateway").error, "502 Bad Gateway");
        assert_eq!(Answer::parse("").outputs, HashMap::new());
    }

    #[tokio::test]
    async fn cloudformation_is_found_in_each_partition_and_at_a_given_address() -> anyhow::Result<()> {
        let config = |url: Option<&str>| {
            let mut config = SdkConfig::builder();
            config.set_endpoint_url(url.map(str::to_owned));
            config.build()
        };
        for (region, url, expected) in [
            ("eu-central-1", None, "https://cloudformation.eu-central-1.amazonaws.com/"),
            ("us-gov-west-1", None, "https://cloudformation.us-gov-west-1.amazonaws.com/"),
            ("cn-north-1", None, "https://cloudformation.cn-north-1.amazonaws.com.cn/"),
            ("us-east-1", Some("http://127.0.0.1:4566"), "http://127.0.0.1:4566/"),
        ] {
            assert_eq!(address(&config(url), region).await?, expected);
        }
        Ok(())
    }
}
