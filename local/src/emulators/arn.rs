//! Amazon resource names (ARNs) of the local resources, in the spelling of AWS.

/// Number of the AWS account which owns every local resource.
pub const ACCOUNT: &str = "000000000000";
/// AWS region in which every local resource lies.
pub const REGION: &str = "us-east-1";

/// ARN of a queue, for example `arn:aws:sqs:us-east-1:000000000000:work`.
pub fn queue(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

/// Name of the queue in an ARN, or `None` if the ARN belongs to another service, account or region.
pub fn queue_name(arn: &str) -> Option<&str> {
    arn.strip_prefix(&queue("")).filter(|name| !name.is_empty())
}

/// ARN of a table, for example `arn:aws:dynamodb:us-east-1:000000000000:table/imports`.
pub fn table(name: &str) -> String {
    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}")
}

/// ARN of a bucket, for example `arn:aws:s3:::files`, which names neither region nor account.
pub fn bucket(name: &str) -> String {
    format!("arn:aws:s3:::{name}")
}

/// ARN of an index, which is the table's ARN followed by `/index/` and the name.
pub fn index(table: &str, index: &str) -> String {
    format!("{}/index/{index}", self::table(table))
}

/// ARN of an object, which is the bucket's ARN followed by a slash and the key.
pub fn object(bucket: &str, key: &str) -> String {
    format!("{}/{key}", self::bucket(bucket))
}

/// ARN of a role, for example `arn:aws:iam::000000000000:role/loader`, which names no region.
pub fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// Name of the role in an ARN, or `None` if the ARN belongs to another service or account.
pub fn role_name(arn: &str) -> Option<&str> {
    arn.strip_prefix(&role("")).filter(|name| !name.is_empty())
}

/// ARN of a log group with all of its log streams, for which the final `:*` stands.
pub fn log_group(name: &str) -> String {
    format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*")
}
