//! The values of the fields of profiles and subprofiles, as stored: a text for each field, whatever the field's type.
//!
//! Two conversions lead to a stored text. An import converts strictly ([`convert`]): a text that the field cannot hold is
//! an error of the row. A write by hand converts as the vendor does ([`convert_by_hand`]) and never refuses a text,
//! because clients of the vendor know no such refusal.
//!
//! | type | stored as | strict | by hand |
//! |---|---|---|---|
//! | `integer` | `-12`, 64 bits | digits with a sign, zeros behind a dot | PHP's cast: the number in front, cut at the dot, else `0` |
//! | `float` | `1.5`, `1.0E+25` | a number with a decimal point | PHP's cast: the number in front, else `0` |
//! | `date`, `empty_date` | `2024-03-05` | the four spellings of [`convert`] | a part of PHP's `strtotime`, see `moments.rs` |
//! | `datetime`, `empty_datetime` | `2024-03-05 14:00:00` | likewise | likewise |
//! | `select` | one of the options, or empty | an option, or empty | an option, else empty |
//! | `email` | the text | an address, or empty | the text |
//! | every other type | the text | the text | the text |
//!
//! Promises, held by property tests: a text that the strict conversion accepts becomes the same text by hand, and a stored
//! text becomes itself under both conversions. The latter differs from the vendor in one place: a date before the year 0
//! empties an `empty_date`, where the vendor stores `0000-00-00` and would empty that text when written again.

mod bad_value;
mod moments;
mod numbers;
mod select;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use jiff::Zoned;

use super::compared::is_email;
use super::words;
use crate::wire::wire_words;
pub use bad_value::{BadValue, BadValueCode};
pub use select::options_of;

wire_words! {
    /// The type of a field of a database or a collection.
    FieldType {
        Integer = "integer",
        Float = "float",
        Date = "date",
        /// A date that may be missing: the empty value is an empty text, and `0000-00-00` for [`FieldType::Date`].
        EmptyDate = "empty_date",
        Datetime = "datetime",
        EmptyDatetime = "empty_datetime",
        Text = "text",
        Email = "email",
        Phone = "phone",
        PhoneFax = "phone_fax",
        PhoneGsm = "phone_gsm",
        /// One of the options which the field's `value` lists, see [`options_of`].
        Select = "select",
        /// A long text.
        Big = "big",
        ForeignKey = "foreign_key",
    }
}

impl FieldType {
    /// The stored text of a field of this type that holds nothing, for example `0` for an integer.
    pub fn empty(self) -> &'static str {
        match self {
            Self::Integer | Self::Float => "0",
            Self::Date => "0000-00-00",
            Self::Datetime => "0000-00-00 00:00:00",
            _ => "",
        }
    }

    /// True if values of this type are compared without regard to case and outer blanks, where values are keys.
    pub fn is_text(self) -> bool {
        !matches!(
            self,
            Self::Integer | Self::Float | Self::Date | Self::EmptyDate | Self::Datetime | Self::EmptyDatetime
        )
    }

    /// `Some(true)` for dates with a time of day, `Some(false)` for dates without, `None` for every other type.
    fn has_time(self) -> Option<bool> {
        match self {
            Self::Date | Self::EmptyDate => Some(false),
            Self::Datetime | Self::EmptyDatetime => Some(true),
            _ => None,
        }
    }
}

/// Converts a text for a field strictly, as imports do. `options` are the options of a field of the type `select`, and
/// are ignored for other types. An empty or blank text is the type's empty value.
///
/// Dates have the form `YYYY-MM-DD`, `YYYY/MM/DD`, `DD-MM-YYYY` or `MM/DD/YYYY`; behind a blank or a `T` a time `hh:mm` or
/// `hh:mm:ss` may follow. A field without a time takes midnight only, because another time would be lost.
///
/// # Errors
/// The field cannot hold the text, or only with a loss.
pub fn convert(field_type: FieldType, options: &[String], text: &str) -> Result<String, BadValue> {
    if let Some(has_time) = field_type.has_time() {
        let moment = moments::strict(words::trim(text), has_time)?;
        return Ok(moment.map_or_else(|| field_type.empty().to_owned(), |moment| moments::stored(moment, has_time)));
    }
    match field_type {
        FieldType::Integer => numbers::strict_integer(words::trim(text)),
        FieldType::Float => numbers::strict_float(words::trim(text)),
        FieldType::Email if !text.is_empty() && !is_email(text) => {
            Err(BadValue::new(BadValueCode::Email, "is no e-mail address"))
        }
        FieldType::Select if !text.is_empty() && !options.iter().any(|option| option == text) => {
            Err(BadValue::new(BadValueCode::Option, select::not_an_option(options)))
        }
        _ => Ok(text.to_owned()),
    }
}

/// Converts a text for a field as the vendor does for writes by hand. Every text has a result: the type's empty value if
/// the text cannot be read. `now` is the present moment in the account's zone, for dates such as `yesterday` and dates
/// with a zone of their own.
pub fn convert_by_hand(field_type: FieldType, options: &[String], text: &str, now: &Zoned) -> String {
    if let Some(has_time) = field_type.has_time() {
        let moment = moments::by_hand(words::trim(text), now);
        return moment.map_or_else(|| field_type.empty().to_owned(), |moment| moments::stored(moment, has_time));
    }
    match field_type {
        FieldType::Integer => numbers::integer_by_hand(words::trim(text)),
        FieldType::Float => numbers::float_by_hand(words::trim(text)),
        FieldType::Select if !options.iter().any(|option| option == text) => String::new(),
        _ => text.to_owned(),
    }
}

/// The form in which a stored text is compared where its field is a key: an e-mail address and every other text without
/// regard to case and outer blanks, numbers and dates as stored. `None` for an empty text or date, which matches nothing.
pub fn as_key(field_type: FieldType, stored: &str) -> Option<Cow<'_, str>> {
    if !field_type.is_text() {
        let is_empty = field_type.has_time().is_some() && stored == field_type.empty();
        return (!is_empty).then_some(Cow::Borrowed(stored));
    }
    let trimmed = words::trim(stored);
    let is_lower = trimmed.is_ascii() && !trimmed.bytes().any(|byte| byte.is_ascii_uppercase());
    let key = if is_lower { Cow::Borrowed(trimmed) } else { Cow::Owned(trimmed.to_lowercase()) };
    (!key.is_empty()).then_some(key)
}

/// The text which a new profile has in a field that nobody filled. `value` is the field's own `value`: the default, or the
/// options of a `select` with the default marked by an asterisk.
pub fn default_of(field_type: FieldType, value: &str, now: &Zoned) -> String {
    match field_type {
        FieldType::Select => select::default_of(value),
        _ => convert_by_hand(field_type, &[], value, now),
    }
}
