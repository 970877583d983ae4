//! Names of people.

use std::borrow::Cow;

use super::words;

/// The titles that follow a name behind a comma and are not first names.
const TITLES: [&str; 14] =
    ["jr", "sr", "ii", "iii", "iv", "phd", "md", "esq", "cpa", "mba", "inc", "llc", "ltd", "gmbh"];

/// Turns "Last, First" into "First Last". A name without a comma, or with a title behind the comma, stays unchanged.
pub(crate) fn first_name_first(name: Cow<'_, str>) -> Cow<'_, str> {
    let Some(comma) = name.bytes().position(|byte| byte == b',') else {
        return name;
    };
    let (last, first) = (name[..comma].trim(), name[comma + 1..].trim());
    let bare = first.replace('.', "").to_lowercase();
    let is_title = TITLES.contains(&bare.as_str());
    if last.is_empty() || first.is_empty() || first.contains(',') || is_title {
        return name;
    }
    Cow::Owned(format!("{first} {last}"))
}

/// Joins a first and a last name, either of which may be missing.
pub(crate) fn joined<'r>(first: Option<Cow<'r, str>>, last: Option<Cow<'r, str>>) -> Option<Cow<'r, str>> {
    match (first, last) {
        (Some(first), Some(last)) => Some(Cow::Owned(words::joined(&first, " ", &last))),
        (first, last) => first.or(last),
    }
}

/// Returns whether a word is an e-mail address: no blanks, a name before a single `@`, and a host with a
/// dot behind the `@`.
pub(crate) fn is_email(word: &str) -> bool {
    if memchr::memchr(b'@', word.as_bytes()).is_none() {
        return false;
    }
    let parts = word.split_once('@');
    let plain = !word.contains(char::is_whitespace);
    plain && parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_and_first_name_are_turned_round_unless_they_are_none() {
        for (written, name) in [
            ("Field, Jo", "Jo Field"),
            ("Field,Jo Ann", "Jo Ann Field"),
            ("Jo Field", "Jo Field"),
            ("Jo Field, Jr.", "Jo Field, Jr."),
            ("Field,", "Field,"),
            ("a, b, c", "a, b, c"),
        ] {
            assert_eq!(first_name_first(Cow::Borrowed(written)), name);
        }
    }

    #[test]
    fn addresses_are_told_from_names() {
        assert!(is_email("jo@example.com"));
        for word in ["jo", "jo@", "@example.com", "jo @example.com", "jo@here", "a@b.c@d.e"] {
            assert!(!is_email(word), "{word}");
        }
    }
}
