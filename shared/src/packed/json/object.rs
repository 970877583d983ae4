//! Parses an element into keys and values.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::elements::Element;
use crate::packed::limits::NotUnpacked;
use crate::table::{Fault, excerpt};

/// The members of a JSON object in their order, also of a key that the object has twice, each value as the text that was
/// sent.
pub struct Members<'e>(pub Vec<(String, &'e RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// A parsed element.
pub(super) enum Parsed<'e> {
    /// An object.
    Object(Members<'e>),
    /// The element is no object, or is too long; with the beginning of its text.
    Fault(Fault, String),
}

/// Parses an element. Damaged JSON is an error of the file.
pub(super) fn parse<'e>(element: &Element<'e>) -> Result<Parsed<'e>, NotUnpacked> {
    let Some(text) = element.text else {
        return Ok(Parsed::Fault(Fault::TooLong, String::new()));
    };
    let damaged = |why: &dyn fmt::Display| {
        let Element { number, at, .. } = element;
        NotUnpacked::Unreadable(format!("element {number} (from byte {at}) is no JSON: {why}"))
    };
    let text = std::str::from_utf8(text).map_err(|error| damaged(&error))?;
    if text.starts_with('{') {
        return serde_json::from_str(text).map(Parsed::Object).map_err(|error| damaged(&error));
    }
    serde_json::from_str::<&RawValue>(text).map_err(|error| damaged(&error))?;
    Ok(Parsed::Fault(Fault::NoObject, excerpt(text)))
}

/// A value as a cell.
pub(super) enum Cell<'e> {
    /// `null`.
    Null,
    /// A number or a boolean, as written.
    Bare(&'e str),
    /// A text.
    Text(String),
    /// A value that no cell holds.
    Fault(Fault, &'e str),
}

impl<'e> Cell<'e> {
    pub fn of(value: &'e RawValue) -> Self {
        let text = value.get();
        match text.as_bytes().first() {
            Some(b'"') => match serde_json::from_str::<String>(text) {
                Ok(text) if !text.contains(is_reserved) => Self::Text(text),
                _ => Self::Fault(Fault::NoText, text.split(is_reserved).next().unwrap_or_default()),
            },
            Some(b'{' | b'[') => Self::Fault(Fault::Nested, text.split(is_reserved).next().unwrap_or_default()),
            Some(b'n') => Self::Null,
            _ => Self::Bare(text),
        }
    }
}

/// True for characters that Unicode reserves for use inside a program.
pub(super) fn is_reserved(letter: char) -> bool {
    ('\u{fdd0}'..='\u{fdef}').contains(&letter)
}
