//! The first pass over JSON: the keys of all objects.

use std::collections::HashMap;

use super::elements::Elements;
use super::object::{Members, Parsed, is_reserved, parse};
use crate::packed::limits::NotUnpacked;

/// The most keys of a file, and the most bytes of their names: no header of a table is longer.
const MOST_KEYS: usize = 1_000;
const LONGEST_KEYS: usize = 32 * 1024;

/// Collects the keys of a file that arrives in pieces of any size.
#[derive(Default)]
pub struct JsonKeys {
    elements: Elements,
    keys: Keys,
}

/// The columns of the table: the keys in the order of their first appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    pub(super) names: Vec<String>,
    pub(super) places: HashMap<String, usize>,
    length: usize,
    /// True if some value is an object or a list.
    nested: bool,
}

impl JsonKeys {
    /// Takes the next bytes of the file.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), NotUnpacked> {
        let keys = &mut self.keys;
        self.elements.push(piece, &mut |element| keys.see(parse(&element)?))
    }

    /// Ends the file and returns the columns.
    pub fn finish(mut self) -> Result<Keys, NotUnpacked> {
        let keys = &mut self.keys;
        self.elements.finish(&mut |element| keys.see(parse(&element)?))?;
        let why = if self.elements.count == 0 {
            "the JSON array is empty"
        } else if keys.names.iter().all(|name| name.trim().is_empty()) {
            "no object in the JSON has a key"
        } else if keys.nested && self.elements.count == 1 && !self.elements.array {
            "the JSON is one object with objects or lists inside: an array of objects is taken, or an object on each line"
        } else {
            return Ok(self.keys);
        };
        Err(NotUnpacked::Unreadable(why.to_owned()))
    }
}

impl Keys {
    fn see(&mut self, element: Parsed<'_>) -> Result<(), NotUnpacked> {
        let Parsed::Object(Members(members)) = element else { return Ok(()) };
        for (key, value) in members {
            self.nested |= value.get().starts_with(['{', '[']);
            self.add(key)?;
        }
        Ok(())
    }

    fn add(&mut self, key: String) -> Result<(), NotUnpacked> {
        if self.places.contains_key(&key) {
            return Ok(());
        }
        if key.contains(is_reserved) {
            return Err(NotUnpacked::Unreadable("a key in the JSON has characters that are no text".to_owned()));
        }
        self.length += key.len();
        if self.names.len() == MOST_KEYS || self.length > LONGEST_KEYS {
            let said = format!(
                "the objects have more than {MOST_KEYS} different keys, or keys of more than {LONGEST_KEYS} bytes"
            );
            return Err(NotUnpacked::Unreadable(said));
        }
        self.places.insert(key.clone(), self.names.len());
        self.names.push(key);
        Ok(())
    }
}
