//! Tags: in a column of their own, joined by commas, or in a text, marked with `#`.

use std::borrow::Cow;

use super::entry::Tag;
use super::words;

/// The tags of a column.
pub(super) fn listed(cell: Option<Cow<'_, str>>) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    match cell {
        None => {}
        Some(Cow::Borrowed(cell)) => {
            cell.split(',')
                .for_each(|name| add(&mut tags, Cow::Borrowed(name), false));
        }
        Some(Cow::Owned(cell)) => {
            cell.split(',')
                .for_each(|name| add(&mut tags, Cow::Owned(name.to_owned()), false));
        }
    }
    tags
}

/// The tags of Freckle's column, which may carry a `#` in front and a `*` behind.
pub(super) fn listed_with_marks(cell: &str) -> Vec<Tag<'static>> {
    let mut tags = Vec::new();
    for name in cell.split(',') {
        let name = words::trim(name).trim_start_matches('#');
        let bare = name.trim_end_matches('*');
        add(
            &mut tags,
            Cow::Owned(bare.to_owned()),
            bare.len() < name.len(),
        );
    }
    tags
}

/// The `#hashtags` of a text. A tag begins behind a blank or an opening bracket and goes as far as
/// letters and digits do, with `-`, `_`, `.`, `/`, `&`, `+` and `:` between them.
pub(super) fn hashtags(text: &str) -> Vec<Tag<'static>> {
    let mut tags = Vec::new();
    let mut before = ' ';
    for (at, letter) in text.char_indices() {
        let opens = letter == '#' && !before.is_alphanumeric() && before != '#' && before != '/';
        before = letter;
        if !opens {
            continue;
        }
        let rest = &text[at + 1..];
        let end = rest
            .find(|letter: char| !is_inside(letter))
            .unwrap_or(rest.len());
        let name =
            rest[..end].trim_end_matches(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let unbillable = rest[name.len()..].starts_with('*');
        if name.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_') {
            add(&mut tags, Cow::Owned(name.to_owned()), unbillable);
        }
    }
    tags
}

fn is_inside(letter: char) -> bool {
    letter.is_alphanumeric() || "-_./&+:".contains(letter)
}

/// Adds a tag unless it is empty or there already.
fn add<'r>(tags: &mut Vec<Tag<'r>>, name: Cow<'r, str>, unbillable: bool) {
    let name = words::collapsed(words::trimmed(name));
    match tags.iter_mut().find(|tag| words::same(&tag.name, &name)) {
        _ if name.is_empty() => {}
        Some(tag) => tag.unbillable |= unbillable,
        None => tags.push(Tag { name, unbillable }),
    }
}
