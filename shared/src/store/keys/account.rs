//! The items of an account wherever they lie, for an export and for the deletion of the account.

use aws_sdk_dynamodb::types::AttributeValue;

use super::schema::{INDEX_WORK, index_work_of};
use super::{Item, account, token};
use crate::id::AccountId;

/// The condition that holds for each item of an account, and for no other item of the three tables.
///
/// | items | told by |
/// |---|---|
/// | imports, chunks, records, things, events, and most others | the partition key, which is `A#` and the account or continues behind it with `#` |
/// | tokens | the attribute `account`, because their key is a hash |
/// | the account in the list of accounts | the key |
/// | fields whose index items are being made | the sort key |
#[derive(Clone, Debug)]
pub struct AccountItems {
    /// The filter expression of a scan.
    pub expression: &'static str,
    /// The values which the expression names.
    pub values: Item,
    /// The name which the expression gives to an attribute.
    pub names: [(&'static str, &'static str); 1],
}

impl AccountItems {
    /// The condition for an account.
    pub fn of(number: AccountId) -> Self {
        let text = |text: String| AttributeValue::S(text);
        let listed = account(number);
        let values = [
            (":own", text(format!("A#{number}"))),
            (":below", text(format!("A#{number}#"))),
            (":token", text(token("").pk)),
            (":account", AttributeValue::N(number.to_string())),
            (":accounts", text(listed.pk)),
            (":listed", text(listed.sk)),
            (":work", text(INDEX_WORK.to_owned())),
            (":work_of", text(index_work_of(number))),
        ];
        Self {
            expression: "pk = :own OR begins_with(pk, :below) OR (begins_with(pk, :token) AND #account = :account) \
                         OR (pk = :accounts AND sk = :listed) OR (pk = :work AND begins_with(sk, :work_of))",
            values: values.map(|(name, value)| (name.to_owned(), value)).into(),
            names: [("#account", "account")],
        }
    }
}
