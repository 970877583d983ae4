//! A write of an item, to be sent alone or as part of a transaction.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use serde::Serialize;

use super::{Item, Key, Table, encode};

/// A put, update or delete of an item, with an optional condition.
///
/// Expressions name attributes as `#name`. The mapping from `#name` to the attribute is read from the expression, so
/// callers need not think of DynamoDB's reserved words. Values are bound to `:name` by [`bind`](Self::bind).
#[derive(Clone, Debug)]
pub struct Write {
    pub(super) key: Key,
    pub(super) effect: Effect,
    pub(super) condition: Option<String>,
    pub(super) names: Option<HashMap<String, String>>,
    pub(super) values: Option<HashMap<String, AttributeValue>>,
}

#[derive(Clone, Debug)]
pub(super) enum Effect {
    Put(Item),
    Update(String),
    Delete,
}

impl Write {
    /// Puts `value` at `key`, in place of any item there.
    pub fn put(key: Key, value: &impl Serialize) -> Self {
        let item = encode(&key, value);
        Self::put_item(key, item)
    }

    /// Puts an item that is already encoded, with the key attributes.
    pub fn put_item(key: Key, item: Item) -> Self {
        Self::new(key, Effect::Put(item))
    }

    /// Writes only if the item still has the version that was read.
    #[must_use]
    pub fn if_version(self, seen: u64) -> Self {
        self.when("#version = :seen").bind(":seen", seen)
    }

    /// Changes the item at `key` by an update expression, e.g. `ADD #n :one`.
    pub fn update(key: Key, expression: &str) -> Self {
        let mut write = Self::new(key, Effect::Update(expression.to_owned()));
        write.name(expression);
        write
    }

    /// Deletes the item at `key`; a missing item is no error.
    pub fn delete(key: Key) -> Self {
        Self::new(key, Effect::Delete)
    }

    /// Sets the condition, which replaces an earlier condition.
    pub fn when(mut self, condition: &str) -> Self {
        self.name(condition);
        self.condition = Some(condition.to_owned());
        self
    }

    /// Adds a condition that must hold as well.
    pub fn and_when(self, condition: &str) -> Self {
        match self.condition.clone() {
            Some(before) => self.when(&format!("({before}) AND {condition}")),
            None => self.when(condition),
        }
    }

    /// Adds the condition that a counter still has the value `seen`, where 0 means that the attribute is absent. `name`
    /// begins with `#`, e.g. `#references`.
    pub fn when_counted(self, name: &str, seen: u64) -> Self {
        let value = format!(":seen_{}", name.trim_start_matches('#'));
        match seen {
            0 => self.and_when(&format!("attribute_not_exists({name})")),
            seen => self.and_when(&format!("{name} = {value}")).bind(&value, seen),
        }
    }

    /// Marks the written item with the round of loading in which its content was added up, and refuses the write if the
    /// item has the mark of a later round. An import has a further round each time when a person resumes the import, so
    /// a late worker of an earlier round changes nothing that a later round wrote. Round 0 leaves no mark.
    ///
    /// # Panics
    /// If the write is no update that begins with `SET`.
    pub fn in_round(mut self, round: u32) -> Self {
        if round == 0 {
            return self.and_when("attribute_not_exists(#round)");
        }
        let Effect::Update(expression) = &mut self.effect else { panic!("only updates have a round") };
        let rest = expression.strip_prefix("SET ").expect("the update begins with SET");
        *expression = format!("SET #round = :round, {rest}");
        self.and_when("(attribute_not_exists(#round) OR #round <= :round)").bind(":round", round)
    }

    /// Sets the condition that no item stands at the key.
    pub fn when_absent(self) -> Self {
        self.when("attribute_not_exists(#pk)")
    }

    /// Sets the condition that an item stands at the key.
    pub fn when_present(self) -> Self {
        self.when("attribute_exists(#pk)")
    }

    /// Binds `:name` in the expressions to a value.
    pub fn bind(self, name: &str, value: impl Serialize) -> Self {
        let value = serde_dynamo::to_attribute_value(value).expect("our own values encode");
        self.bind_attribute(name, value)
    }

    /// Binds `:name` in the expressions to a value that is already an attribute.
    pub fn bind_attribute(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.get_or_insert_default().insert(name.to_owned(), value);
        self
    }

    fn new(key: Key, effect: Effect) -> Self {
        Self { key, effect, condition: None, names: None, values: None }
    }

    fn name(&mut self, expression: &str) {
        for piece in expression.split('#').skip(1) {
            let end = piece.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(piece.len());
            let name = piece[..end].to_owned();
            self.names.get_or_insert_default().insert(format!("#{name}"), name);
        }
    }

    pub(super) fn in_transaction<'a>(self, table: impl Fn(Table) -> &'a str) -> TransactWriteItem {
        let table = table(self.key.table);
        let key = Some(self.key.attributes());
        let whole = TransactWriteItem::builder();
        let done = "every required part of the write is set";
        match self.effect {
            Effect::Put(item) => {
                let put =
                    Put::builder().table_name(table).set_item(Some(item)).set_condition_expression(self.condition);
                let put = put.set_expression_attribute_names(self.names).set_expression_attribute_values(self.values);
                whole.put(put.build().expect(done)).build()
            }
            Effect::Update(expression) => {
                let update = Update::builder().table_name(table).set_key(key).update_expression(expression);
                let update = update.set_condition_expression(self.condition).set_expression_attribute_names(self.names);
                whole.update(update.set_expression_attribute_values(self.values).build().expect(done)).build()
            }
            Effect::Delete => {
                let delete = Delete::builder().table_name(table).set_key(key).set_condition_expression(self.condition);
                let delete = delete.set_expression_attribute_names(self.names);
                whole.delete(delete.set_expression_attribute_values(self.values).build().expect(done)).build()
            }
        }
    }
}
