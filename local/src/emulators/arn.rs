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

/// The ARN of a function.
pub fn function(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
}
