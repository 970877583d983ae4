//! Names of schema parts: how names are tidied, judged and compared.

use super::SchemaError;
use crate::values::compared::{LONGEST_NAME, is_short, normal, tidy};

/// The longest description of a database or a view in bytes.
pub const LONGEST_DESCRIPTION: usize = 10_000;

/// The form in which names of parts are compared.
pub fn compared(name: &str) -> String {
    normal(name)
}

/// `true` if two names are the same name.
pub fn is_same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || compared(a) == compared(b)
}

/// The name as stored.
///
/// # Errors
/// [`SchemaError::Invalid`] for a name that is empty, too long or a number.
pub fn tidied(name: &str) -> Result<String, SchemaError> {
    let tidy = tidy(name);
    let why = match () {
        () if tidy.is_empty() => "must not be empty",
        () if !is_short(&tidy) => "must have at most 500 bytes",
        () if tidy.bytes().all(|byte| byte.is_ascii_digit()) => "must not be a number",
        () if tidy.chars().any(char::is_control) => "must not have control characters",
        () => return Ok(tidy),
    };
    Err(SchemaError::invalid("name", name, why))
}

/// Refuses a text of more than [`LONGEST_NAME`] bytes, for names which may be empty and may be used twice.
///
/// # Errors
/// [`SchemaError::Invalid`] with the property.
pub fn judged_label(property: &'static str, text: &str) -> Result<(), SchemaError> {
    match text.len() > LONGEST_NAME {
        true => Err(SchemaError::invalid(property, text, "must have at most 500 bytes")),
        false => Ok(()),
    }
}

/// Refuses a description of more than [`LONGEST_DESCRIPTION`] bytes.
///
/// # Errors
/// [`SchemaError::Invalid`] with the property `description`.
pub fn judged_description(text: &str) -> Result<(), SchemaError> {
    match text.len() > LONGEST_DESCRIPTION {
        true => Err(SchemaError::invalid("description", text, "must have at most 10,000 bytes")),
        false => Ok(()),
    }
}

/// The name of a field as stored. Filters write a field, an operator and a value in one text, and columns of a file write a
/// collection and a field with a dot, so a field's name has neither operators nor dots.
///
/// # Errors
/// [`SchemaError::Invalid`], also for a name with a dot, a bracket or a letter of an operator.
pub fn tidied_field(name: &str) -> Result<String, SchemaError> {
    let tidy = tidied(name)?;
    match tidy.contains(['.', '=', '<', '>', '!', '~', '[', ']']) {
        true => Err(SchemaError::invalid("name", name, "must not have any of . = < > ! ~ [ ]")),
        false => Ok(tidy),
    }
}

/// The name of a collection as stored: letters, digits and underscores.
///
/// # Errors
/// [`SchemaError::Invalid`] for any other name.
pub fn tidied_collection(name: &str) -> Result<String, SchemaError> {
    let tidy = tidied(name)?;
    match tidy.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
        true => Ok(tidy),
        false => Err(SchemaError::invalid("name", name, "must have letters, digits and underscores only")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_tidied_and_is_no_number() {
        assert_eq!(tidied("  My   customers ").ok().as_deref(), Some("My customers"));
        for name in ["", "  ", "12", " 7 ", "a\u{7}b", &"x".repeat(501)] {
            assert!(matches!(tidied(name), Err(SchemaError::Invalid { property: "name", .. })), "{name:?}");
        }
        assert!(is_same("E-Mail", "e-mail") && is_same("Größe", "GRÖßE ") && !is_same("größe", "grösse"));
    }

    #[test]
    fn fields_have_no_operators_and_collections_no_spaces() {
        assert_eq!(tidied_field("Last name").ok().as_deref(), Some("Last name"));
        for name in ["a.b", "a=b", "a<b", "a!", "a~b", "a[0]"] {
            assert!(tidied_field(name).is_err(), "{name}");
        }
        assert_eq!(tidied_collection("Old_Orders2").ok().as_deref(), Some("Old_Orders2"));
        for name in ["Old Orders", "a-b", "a.b", "3"] {
            assert!(tidied_collection(name).is_err(), "{name}");
        }
    }
}
