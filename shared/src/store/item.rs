//! A stored item.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// A stored item: attributes by name, its keys `pk` and `sk` among them.
pub type Item = HashMap<String, AttributeValue>;
