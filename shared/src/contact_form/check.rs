//! The rules for a row of contacts, and their messages.
//!
//! | field | a file | `import_data` |
//! |---|---|---|
//! | name of a company row | required | required |
//! | company of a person | may be missing | required |
//! | first name | a name or an address is required | required |
//! | address | in the form of an address | in the form of an address |
//! | every text | at most [`LONGEST_NAME`] bytes, no zero character | the same |
//!
//! All faults of a row are found, in the order of the fields. The messages are those of Rails, because the clients of
//! the Productive door know these: `First name can't be blank`. Whether a company exists or an address is taken is
//! known to the account only, so the callers add these faults ([`Wrong::MustExist`], [`Wrong::Taken`]).

use serde::{Deserialize, Serialize};

use super::field::ContactField;
use super::row::PersonRow;
use crate::values::compared::{LONGEST_NAME, is_email, is_short, normal_email};

/// The rules by which a row is an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rules {
    /// The rules for files: a person needs a name or an address.
    #[default]
    File,
    /// The rules of the Productive door: a person needs a company and a first name.
    ImportData,
}

/// A fault of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The field is required and empty.
    Blank,
    /// The address does not have the form of an address, or the text has a zero character.
    Invalid,
    /// The text has more than [`LONGEST_NAME`] bytes.
    TooLong,
    /// Somebody else has the address.
    Taken,
    /// No company has the name.
    MustExist,
}

impl Wrong {
    /// The message behind the name of the field, for example `can't be blank`.
    pub fn message(self) -> String {
        match self {
            Self::Blank => "can't be blank".to_owned(),
            Self::Invalid => "is invalid".to_owned(),
            Self::TooLong => format!("is too long (maximum is {LONGEST_NAME} bytes)"),
            Self::Taken => "has already been taken".to_owned(),
            Self::MustExist => "must exist".to_owned(),
        }
    }
}

/// The name of a column in a message: `first_name` is `First name`.
pub fn humanized(column: &str) -> String {
    let words = column.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The faults of a person, in the order of the fields. In a file, a person without a name and an address has a fault of
/// the first name.
pub fn person(row: &PersonRow<'_>, rules: Rules) -> Vec<(ContactField, Wrong)> {
    let PersonRow { company, first_name, last_name, email, title, .. } = row;
    let is_nobody = first_name.is_none() && last_name.is_none() && email.is_none();
    let (needs_company, needs_name) = match rules {
        Rules::File => (false, is_nobody),
        Rules::ImportData => (true, first_name.is_none()),
    };
    let fields = [
        (ContactField::Company, company, needs_company),
        (ContactField::FirstName, first_name, needs_name),
        (ContactField::LastName, last_name, false),
        (ContactField::Email, email, false),
        (ContactField::Title, title, false),
    ];
    let wrong = |(field, text, is_needed): (ContactField, &Option<_>, bool)| {
        let wrong = match text.as_deref() {
            None => is_needed.then_some(Wrong::Blank),
            Some(text) if field == ContactField::Email => address(text),
            Some(text) => name(text),
        };
        wrong.map(|wrong| (field, wrong))
    };
    let mut faults: Vec<_> = fields.into_iter().filter_map(wrong).collect();
    faults.extend(row.tags.iter().find_map(|tag| name(tag)).map(|wrong| (ContactField::Tags, wrong)));
    faults
}

/// The fault of a company's name, which is empty if nothing is written there.
pub fn company(text: &str) -> Option<Wrong> {
    if text.is_empty() { Some(Wrong::Blank) } else { name(text) }
}

/// The fault of a name, a title or a label.
fn name(text: &str) -> Option<Wrong> {
    if text.contains('\0') {
        return Some(Wrong::Invalid);
    }
    (!is_short(text)).then_some(Wrong::TooLong)
}

/// The fault of an address, which is a part of a key like a name.
fn address(text: &str) -> Option<Wrong> {
    if text.len() > LONGEST_NAME || normal_email(text).len() > LONGEST_NAME {
        return Some(Wrong::TooLong);
    }
    (text.contains('\0') || !is_email(text)).then_some(Wrong::Invalid)
}
