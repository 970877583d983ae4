//! Parameters as callers give them: JSON, or names with brackets in a query or a form, read alike.
//!
//! The order of members counts, because of two spellings of a field's name the later one wins. Where a number, a boolean or a
//! text is expected, any of them is read as the vendor's language would.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value that a caller gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Given {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false` of JSON.
    Flag(bool),
    /// A number of JSON, as PHP writes numbers.
    Number(String),
    /// A text of JSON, or a value of a query or a form.
    Text(String),
    /// A list of JSON.
    List(Vec<Given>),
    /// An object of JSON, or names with brackets, in the order given. A name is there once.
    Map(Vec<(String, Given)>),
}

impl Given {
    /// The member with a name, which is compared with regard to case.
    pub fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(members) => members.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The members of a map with their names, and no member of an empty list.
    pub fn members(&self) -> Option<Vec<(&str, &Self)>> {
        match self {
            Self::Map(members) => Some(members.iter().map(|(name, value)| (name.as_str(), value)).collect()),
            Self::List(items) if items.is_empty() => Some(Vec::new()),
            _ => None,
        }
    }

    /// The items of a list, or the values of a map without their names.
    pub fn items(&self) -> Option<Vec<&Self>> {
        match self {
            Self::List(items) => Some(items.iter().collect()),
            Self::Map(members) => Some(members.iter().map(|(_, value)| value).collect()),
            _ => None,
        }
    }

    /// The value as a text, as PHP would cast the value. `None` for lists and maps.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Null => Some(String::new()),
            Self::Flag(flag) => Some(if *flag { "1" } else { "" }.to_owned()),
            Self::Number(text) | Self::Text(text) => Some(text.clone()),
            Self::List(_) | Self::Map(_) => None,
        }
    }

    /// True for `true`, `yes`, and numbers from 1 on; likewise as texts, without regard to case.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Flag(flag) => *flag,
            Self::Number(text) | Self::Text(text) => match text.parse::<f64>() {
                Ok(number) => number.abs() >= 1.0,
                Err(_) => text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("yes"),
            },
            Self::List(items) => !items.is_empty(),
            Self::Map(members) => !members.is_empty(),
        }
    }

    /// The value as a whole number, as PHP would cast the value: the number at the beginning of a text, else 0.
    pub fn integer(&self) -> i64 {
        match self {
            Self::Null => 0,
            Self::Flag(flag) => i64::from(*flag),
            Self::Number(text) | Self::Text(text) => leading_integer(text),
            Self::List(items) => i64::from(!items.is_empty()),
            Self::Map(members) => i64::from(!members.is_empty()),
        }
    }

    /// Puts a value at a path of names. A name that is there already gets the new value; an empty name appends.
    fn put(&mut self, path: &[&str], value: String) {
        let Some((name, rest)) = path.split_first() else {
            *self = Self::Text(value);
            return;
        };
        if !matches!(self, Self::Map(_)) {
            *self = Self::Map(Vec::new());
        }
        let Self::Map(members) = self else { return };
        let name = match name.is_empty() {
            true => {
                let next = members.iter().filter_map(|(name, _)| name.parse::<u64>().ok()).max();
                next.map_or(0, |last| last.saturating_add(1)).to_string()
            }
            false => (*name).to_owned(),
        };
        // The value that counts is the last one, and so is its place.
        let mut kept = Self::Null;
        if let Some(at) = members.iter().position(|(known, _)| *known == name) {
            kept = members.remove(at).1;
        }
        kept.put(rest, value);
        members.push((name, kept));
    }

    /// The map of a query or of a form. A name such as `fields[0]` or `fields[Email]` leads into a map.
    pub fn of_form(text: &[u8]) -> Option<Self> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(text).ok()?;
        if pairs.len() > MOST_PAIRS {
            return None;
        }
        let mut all = Self::Map(Vec::new());
        for (name, value) in pairs {
            let path = path(&name);
            if path.len() <= DEEPEST {
                all.put(&path, value);
            }
        }
        Some(all)
    }

    /// The parameters in a body of JSON: an object, or an empty list for none.
    pub fn of_json(text: &[u8]) -> Option<Self> {
        match serde_json::from_slice(text).ok()? {
            Self::List(items) if items.is_empty() => Some(Self::Map(Vec::new())),
            map @ Self::Map(_) => Some(map),
            _ => None,
        }
    }
}

/// The most parameters of a query or of a form. Each is compared with the others.
const MOST_PAIRS: usize = 2000;
/// The most names in a path of brackets.
const DEEPEST: usize = 8;

/// The names in `a[b][c]`. A name whose brackets do not close is a name as a whole.
fn path(name: &str) -> Vec<&str> {
    let Some((first, mut rest)) = name.split_once('[') else { return vec![name] };
    if first.is_empty() {
        return vec![name];
    }
    let mut path = vec![first];
    loop {
        let Some((inner, behind)) = rest.split_once(']') else { return vec![name] };
        path.push(inner);
        match behind.strip_prefix('[') {
            Some(more) => rest = more,
            None => return path,
        }
    }
}

/// The whole number at the beginning of a text, else 0.
fn leading_integer(text: &str) -> i64 {
    let text = text.trim_start();
    let digits = text.trim_start_matches(['+', '-']);
    let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
    let signs = text.len() - digits.len();
    if end == 0 || signs > 1 {
        return 0;
    }
    let limit = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    text[..signs + end].parse().unwrap_or(limit)
}

/// A number as PHP casts it to a text: `1.0` is `1`.
fn number_text(number: f64) -> String {
    if number.is_finite() && number.fract() == 0.0 && number.abs() < 1e15 {
        format!("{number:.0}")
    } else {
        number.to_string()
    }
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GivenVisitor)
    }
}

struct GivenVisitor;

impl<'de> Visitor<'de> for GivenVisitor {
    type Value = Given;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Given, E> {
        Ok(Given::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Given, E> {
        Ok(Given::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Given, E> {
        Ok(Given::Number(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Given, E> {
        Ok(Given::Number(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Given, E> {
        Ok(Given::Number(number_text(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Given, E> {
        Ok(Given::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Given, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Given::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Given, A::Error> {
        let mut members: Vec<Option<(String, Given)>> = Vec::new();
        let mut last: HashMap<String, usize> = HashMap::new();
        while let Some((name, value)) = map.next_entry::<String, Given>()? {
            if let Some(before) = last.insert(name.clone(), members.len()) {
                members[before] = None;
            }
            members.push(Some((name, value)));
        }
        Ok(Given::Map(members.into_iter().flatten().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Given {
        Given::Text(text.to_owned())
    }

    fn map<const N: usize>(members: [(&str, Given); N]) -> Given {
        Given::Map(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    #[test]
    fn brackets_lead_into_maps_and_the_last_of_a_name_wins() {
        let read = |form: &str| Given::of_form(form.as_bytes());
        assert_eq!(read(""), Some(map([])));
        assert_eq!(read("a=1&b=x+y&a=2"), Some(map([("b", text("x y")), ("a", text("2"))])));
        let fields = map([("0", text("a==1")), ("1", text("b==2"))]);
        assert_eq!(read("fields[]=a==1&fields[]=b==2"), Some(map([("fields", fields.clone())])));
        assert_eq!(read("fields%5B0%5D=a%3D%3D1&fields%5B1%5D=b==2"), Some(map([("fields", fields)])));
        let inner = map([("Email", text("x@example.com"))]);
        assert_eq!(read("fields[Email]=x%40example.com"), Some(map([("fields", inner)])));
        assert_eq!(read("a[b=1&[c]=2"), Some(map([("a[b", text("1")), ("[c]", text("2"))])));
        assert_eq!(read("a=1&a[x]=2"), Some(map([("a", map([("x", text("2"))]))])));
    }

    #[test]
    fn a_form_has_a_bounded_number_of_parameters() {
        assert!(Given::of_form("a[]=1&".repeat(MOST_PAIRS).as_bytes()).is_some());
        assert_eq!(Given::of_form("a[]=1&".repeat(MOST_PAIRS + 1).as_bytes()), None);
    }

    #[test]
    fn json_keeps_the_order_and_an_empty_list_is_no_parameters() {
        let read = |json: &str| Given::of_json(json.as_bytes());
        assert_eq!(read("[]"), Some(map([])));
        assert_eq!(
            read(r#"{"b":"x","a":1,"b":2}"#),
            Some(map([("a", Given::Number("1".into())), ("b", Given::Number("2".into()))]))
        );
        for wrong in ["", "[1]", "\"x\"", "{", "null", "{}{}"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn values_are_cast_as_php_casts() {
        for (json, as_text, as_integer, is_true) in [
            ("null", Some(""), 0, false),
            ("true", Some("1"), 1, true),
            ("false", Some(""), 0, false),
            ("-1.9", Some("-1.9"), -1, true),
            ("3.0", Some("3"), 3, true),
            ("\"true\"", Some("true"), 0, true),
            ("\"YES\"", Some("YES"), 0, true),
            ("\"false\"", Some("false"), 0, false),
            ("\"0\"", Some("0"), 0, false),
            ("\"12 apples\"", Some("12 apples"), 12, false),
            ("\"-\"", Some("-"), 0, false),
            ("[]", None, 0, false),
            ("[0]", None, 1, true),
        ] {
            let given: Given = serde_json::from_str(json).expect("JSON");
            assert_eq!(given.text().as_deref(), as_text, "{json}");
            assert_eq!((given.integer(), given.is_true()), (as_integer, is_true), "{json}");
        }
        assert_eq!(text("99999999999999999999").integer(), i64::MAX);
        assert_eq!(text("-99999999999999999999").integer(), i64::MIN);
    }
}
