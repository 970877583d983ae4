//! Names of people.

use std::borrow::Cow;

use super::words;

/// The titles that follow a name behind a comma and are not first names.
const TITLES: [&str; 14] =
    ["jr", "sr", "ii", "iii", "iv", "phd", "md", "esq", "cpa", "mba", "inc", "llc", "ltd", "gmbh"];

/// Turns "Last, First" into "First Last". A name without a comma, or with a title behind the comma, stays unchanged.
pub(crate) fn first_name_first(name: Cow<'_, str>) -> Cow<'_, str> {
    match last_and_first(&name) {
        Some((last, first)) => Cow::Owned(format!("{first} {last}")),
        None => name,
    }
}

/// The last and the first name of "Last, First"; `None` for a name without a comma, or with a title behind the comma.
fn last_and_first(name: &str) -> Option<(&str, &str)> {
    let comma = name.bytes().position(|byte| byte == b',')?;
    let (last, first) = (name[..comma].trim(), name[comma + 1..].trim());
    let bare = first.replace('.', "").to_lowercase();
    let is_title = TITLES.contains(&bare.as_str());
    let is_turned = !last.is_empty() && !first.is_empty() && !first.contains(',') && !is_title;
    is_turned.then_some((last, first))
}

/// Joins a first and a last name, either of which may be missing.
pub(crate) fn joined<'r>(first: Option<Cow<'r, str>>, last: Option<Cow<'r, str>>) -> Option<Cow<'r, str>> {
    match (first, last) {
        (Some(first), Some(last)) => Some(Cow::Owned(words::joined(&first, " ", &last))),
        (first, last) => first.or(last),
    }
}

/// The words before a last name which belong to it, in lower case.
const PARTICLES: [&str; 24] = [
    "af", "al", "av", "bin", "da", "das", "de", "del", "della", "den", "der", "di", "do", "dos", "du", "el", "ibn",
    "la", "le", "ten", "ter", "van", "von", "zu",
];

/// Splits a full name into the first names and the last name. "Last, First" is split at the comma. Otherwise the last
/// name is the last word, together with the particles before the word (`van`, `de la`) and the title behind a comma
/// (`Jr.`). A single word is a first name. The blanks of the name are collapsed.
pub(crate) fn split(name: Cow<'_, str>) -> (Option<Cow<'_, str>>, Option<Cow<'_, str>>) {
    if let Some((last, first)) = last_and_first(&name) {
        return (Some(Cow::Owned(first.to_owned())), Some(Cow::Owned(last.to_owned())));
    }
    // A title belongs to the last name.
    let body = name.find(',').unwrap_or(name.len());
    let mut start = name[..body].trim_end().rfind(' ').map_or(0, |blank| blank + 1);
    while let Some(before) = name[..start].trim_end().rfind(' ').map(|blank| blank + 1) {
        let word = name[before..start].trim_end();
        if !PARTICLES.contains(&words::lower(word).as_str()) {
            break;
        }
        start = before;
    }
    if start == 0 {
        return (Some(name).filter(|name| !name.is_empty()), None);
    }
    match name {
        Cow::Borrowed(name) => (Some(Cow::Borrowed(name[..start].trim_end())), Some(Cow::Borrowed(&name[start..]))),
        Cow::Owned(name) => {
            (Some(Cow::Owned(name[..start].trim_end().to_owned())), Some(Cow::Owned(name[start..].to_owned())))
        }
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
    fn a_full_name_is_split_before_its_last_name() {
        for (full, first, last) in [
            ("Jo Field", "Jo", "Field"),
            ("Jo Ann Field", "Jo Ann", "Field"),
            ("Field, Jo Ann", "Jo Ann", "Field"),
            ("Jo van der Field", "Jo", "van der Field"),
            ("Jo De La Brook", "Jo", "De La Brook"),
            ("Jo Field, Jr.", "Jo", "Field, Jr."),
            ("van Field", "van", "Field"),
            ("Jo", "Jo", ""),
            ("Field,", "Field,", ""),
            ("", "", ""),
        ] {
            for name in [Cow::Borrowed(full), Cow::Owned(full.to_owned())] {
                let (split_first, split_last) = split(name);
                let parts = (split_first.unwrap_or_default(), split_last.unwrap_or_default());
                assert_eq!((&*parts.0, &*parts.1), (first, last), "{full}");
            }
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
