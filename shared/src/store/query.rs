//! Queries: reading a partition of a table, or of an index, in the order of the sort keys.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

use super::{Item, Table};

/// A query for the items of a partition.
#[derive(Clone, Debug)]
pub struct Query {
    pub(super) table: Table,
    index: Option<(&'static str, &'static str)>,
    partition: String,
    range: Range,
    descending: bool,
    limit: Option<i32>,
    after: Option<Item>,
    projection: Option<&'static str>,
    /// The paths of the attributes to return; all attributes if there is no path.
    paths: Vec<Vec<String>>,
}

#[derive(Clone, Debug)]
enum Range {
    All,
    Prefix(String),
    Between(String, String),
    /// From a value of an index's sort key to another, both included, with the name of the attribute.
    Span(&'static str, AttributeValue, AttributeValue),
}

impl Query {
    /// All items of a partition of the table, ascending by sort key.
    pub fn partition(table: Table, pk: impl Into<String>) -> Self {
        Self {
            table,
            index: None,
            partition: pk.into(),
            range: Range::All,
            descending: false,
            limit: None,
            after: None,
            projection: None,
            paths: Vec::new(),
        }
    }

    /// All items of an index's partition, where `hash` is the attribute that serves as the index's partition key.
    pub fn index(table: Table, name: &'static str, hash: &'static str, value: impl Into<String>) -> Self {
        Self { index: Some((name, hash)), ..Self::partition(table, value) }
    }

    /// Limits the query to sort keys that begin with `prefix`.
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { range: Range::Prefix(prefix.into()), ..self }
    }

    /// Limits the query to sort keys from `low` to `high`, both included.
    pub fn between(self, low: impl Into<String>, high: impl Into<String>) -> Self {
        Self { range: Range::Between(low.into(), high.into()), ..self }
    }

    /// Limits the query of an index to sort keys from `low` to `high`, both included, where `range` is the attribute that
    /// serves as the index's sort key.
    pub fn span(self, range: &'static str, low: AttributeValue, high: AttributeValue) -> Self {
        Self { range: Range::Span(range, low, high), ..self }
    }

    /// Returns the items with the highest sort key first.
    pub fn descending(self) -> Self {
        Self { descending: true, ..self }
    }

    /// Returns the items in this direction.
    pub fn ascending(self, ascending: bool) -> Self {
        Self { descending: !ascending, ..self }
    }

    /// Returns at most `limit` items in a page.
    pub fn limit(self, limit: usize) -> Self {
        Self { limit: i32::try_from(limit).ok(), ..self }
    }

    /// Continues after the last key of an earlier page.
    pub fn after(self, last: Item) -> Self {
        Self { after: Some(last), ..self }
    }

    /// Returns the keys of the items without further attributes.
    pub fn keys_only(self) -> Self {
        self.only("pk, sk")
    }

    /// Returns the named attributes only, separated by commas. DynamoDB charges as much as for the whole items.
    pub fn only(self, attributes: &'static str) -> Self {
        Self { projection: Some(attributes), ..self }
    }

    /// Returns the attributes at these paths only, for example `fields` and then `17` for a field of a record. The price is that
    /// of the whole items.
    pub fn at_paths<'p>(self, paths: impl IntoIterator<Item = &'p [&'p str]>) -> Self {
        let owned = |path: &[&str]| path.iter().map(|&name| name.to_owned()).collect();
        Self { paths: paths.into_iter().map(owned).collect(), ..self }
    }

    /// `true` if no sort key lies in the range. DynamoDB refuses such a range, as an error of the caller.
    pub(super) fn is_empty(&self) -> bool {
        match &self.range {
            Range::Between(low, high) => low > high,
            Range::Span(_, AttributeValue::S(low), AttributeValue::S(high)) => low > high,
            Range::Span(_, AttributeValue::N(low), AttributeValue::N(high)) => {
                low.parse::<i64>().ok().zip(high.parse().ok()).is_some_and(|(low, high)| low > high)
            }
            Range::All | Range::Prefix(_) | Range::Span(..) => false,
        }
    }

    pub(super) fn request(&self, client: &Client, table: &str) -> QueryFluentBuilder {
        let (index, hash) = self.index.map_or((None, "pk"), |(name, hash)| (Some(name.to_owned()), hash));
        let mut names = HashMap::from([("#pk".to_owned(), hash.to_owned())]);
        let mut values = HashMap::from([(":pk".to_owned(), AttributeValue::S(self.partition.clone()))]);
        let mut condition = "#pk = :pk".to_owned();
        match &self.range {
            Range::All => {}
            Range::Prefix(prefix) => {
                condition.push_str(" AND begins_with(#sk, :low)");
                names.insert("#sk".to_owned(), "sk".to_owned());
                values.insert(":low".to_owned(), AttributeValue::S(prefix.clone()));
            }
            Range::Between(low, high) => {
                condition.push_str(" AND #sk BETWEEN :low AND :high");
                names.insert("#sk".to_owned(), "sk".to_owned());
                values.insert(":low".to_owned(), AttributeValue::S(low.clone()));
                values.insert(":high".to_owned(), AttributeValue::S(high.clone()));
            }
            Range::Span(range, low, high) => {
                condition.push_str(" AND #sk BETWEEN :low AND :high");
                names.insert("#sk".to_owned(), (*range).to_owned());
                values.insert(":low".to_owned(), low.clone());
                values.insert(":high".to_owned(), high.clone());
            }
        }
        let mut projection = self.projection.map(str::to_owned);
        if !self.paths.is_empty() {
            let mut name = |name: &String| {
                let found = names.iter().find(|(_, known)| *known == name).map(|(short, _)| short.clone());
                let short = found.unwrap_or_else(|| format!("#a{}", names.len()));
                names.insert(short.clone(), name.clone());
                short
            };
            let path = |path: &Vec<String>| path.iter().map(&mut name).collect::<Vec<_>>().join(".");
            projection = Some(self.paths.iter().map(path).collect::<Vec<_>>().join(", "));
        }
        client
            .query()
            .table_name(table)
            // DynamoDB cannot read an index with strong consistency, so callers read the items again by their keys.
            .consistent_read(index.is_none())
            .set_index_name(index)
            .key_condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .set_projection_expression(projection)
            .scan_index_forward(!self.descending)
            .set_limit(self.limit)
            .set_exclusive_start_key(self.after.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_whose_end_lies_before_its_start_is_empty() {
        let query = || Query::partition(Table::Workspace, "a");
        let number = |number: i64| AttributeValue::N(number.to_string());
        for (low, high, is_empty) in [(1, 2, false), (2, 2, false), (3, 2, true), (10, 9, true)] {
            let (first, last) = (format!("{low:09}"), format!("{high:09}"));
            assert_eq!(query().between(&first, &last).is_empty(), is_empty, "{low} {high}");
            let text = |text: &String| AttributeValue::S(text.clone());
            assert_eq!(query().span("sk", text(&first), text(&last)).is_empty(), is_empty, "{low} {high}");
            assert_eq!(query().span("sk", number(low), number(high)).is_empty(), is_empty, "{low} {high}");
        }
        assert!(!query().is_empty() && !query().prefix("b").is_empty());
    }
}
