//! The type of an item as DynamoDB stores and returns items.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// An item of a table, as attributes by name, among them the keys `pk` and `sk`.
pub type Item = HashMap<String, AttributeValue>;
