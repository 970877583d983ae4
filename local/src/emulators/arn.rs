//! Names of resources, as AWS writes them.

/// The account that everything local belongs to.
pub const ACCOUNT: &str = "000000000000";
/// The region that everything local lies in.
pub const REGION: &str = "us-east-1";

/// The ARN of a queue.
pub fn queue(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

/// The name of the queue that an ARN speaks of, if it speaks of a queue here.
pub fn queue_name(arn: &str) -> Option<&str> {
    arn.strip_prefix(&queue("")).filter(|name| !name.is_empty())
}

/// The ARN of a table.
pub fn table(name: &str) -> String {
    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}")
}

/// The ARN of a bucket.
pub fn bucket(name: &str) -> String {
    format!("arn:aws:s3:::{name}")
}

/// The ARN of an index of a table.
pub fn index(table: &str, index: &str) -> String {
    format!("{}/index/{index}", self::table(table))
}

/// The ARN of an object.
pub fn object(bucket: &str, key: &str) -> String {
    format!("{}/{key}", self::bucket(bucket))
}

/// The ARN of a role.
pub fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// The name of the role that an ARN speaks of, if it speaks of a role here.
pub fn role_name(arn: &str) -> Option<&str> {
    arn.strip_prefix(&role("")).filter(|name| !name.is_empty())
}

/// The ARN of a group of logs, with the streams in it.
pub fn log_group(name: &str) -> String {
    format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*")
}
