//! Tags, which stand in a column of their own, separated by commas, or in an entry's text, marked with `#`.

use std::borrow::Cow;

use crate::values::words;

/// A tag's name, without the `#` that marks a tag in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag<'r> {
    pub name: Cow<'r, str>,
    /// True if a `*` stood behind the name, as in `#meeting*`, which makes the entry unbillable.
    pub unbillable: bool,
}

/// The tags of a column. With `tidy`, the cell is printable ASCII without blanks to collapse.
pub(crate) fn listed(cell: Cow<'_, str>, tidy: bool) -> Vec<Tag<'_>> {
    match cell {
        Cow::Borrowed(cell) if tidy => listed_tidy(cell),
        Cow::Borrowed(cell) => {
            let mut tags = Vec::new();
            cell.split(',').for_each(|name| add(&mut tags, Cow::Borrowed(name), false));
            tags
        }
        Cow::Owned(cell) => {
            let mut tags = Vec::new();
            cell.split(',').for_each(|name| add(&mut tags, Cow::Owned(name.to_owned()), false));
            tags
        }
    }
}

/// The tags of a column whose cell is printable ASCII without blanks to collapse.
fn listed_tidy(cell: &str) -> Vec<Tag<'_>> {
    // Room for four tags, which is the room that the first push would make.
    let mut tags: Vec<Tag<'_>> = Vec::with_capacity(4);
    let mut rest = Some(cell);
    while let Some(cell) = rest {
        // Tags are a few letters long, so a plain loop ends before a search made for long texts has begun.
        let comma = cell.bytes().position(|byte| byte == b',');
        let (name, behind) = comma.map_or((cell, None), |comma| (&cell[..comma], Some(&cell[comma + 1..])));
        rest = behind;
        let name = words::trim(name.strip_prefix(' ').unwrap_or(name));
        let is_same = |tag: &Tag<'_>| tag.name.len() == name.len() && tag.name.eq_ignore_ascii_case(name);
        if !name.is_empty() && !tags.iter().any(is_same) {
            tags.push(Tag { name: Cow::Borrowed(name), unbillable: false });
        }
    }
    tags
}

/// The tags of Freckle's column, where a name may have a `#` in front and a `*` behind.
pub(crate) fn listed_with_marks(cell: &str) -> Vec<Tag<'static>> {
    let mut tags = Vec::new();
    for Tag { name, unbillable } in cell.split(',').map(marked) {
        add(&mut tags, name, unbillable);
    }
    tags
}

/// A single tag as people type a tag: with or without a `#` in front, and with or without a `*` behind.
pub fn marked(name: &str) -> Tag<'static> {
    let name = words::trim(name).trim_start_matches('#');
    let bare = name.trim_end_matches('*');
    Tag { name: words::collapsed(words::trimmed(Cow::Owned(bare.to_owned()))), unbillable: bare.len() < name.len() }
}

/// The `#hashtags` of a text. A tag begins behind a blank or an opening bracket and goes on through letters and digits,
/// with `-`, `_`, `.`, `/`, `&`, `+` and `:` between them.
pub fn hashtags(text: &str) -> Vec<Tag<'static>> {
    let mut tags = Vec::new();
    for Mark { name, unbillable, .. } in marks(text) {
        add(&mut tags, Cow::Owned(name.to_owned()), unbillable);
    }
    tags
}

/// The text with some hashtags replaced. `other` gives the new name for a hashtag, and whether the new name is still a
/// hashtag. A word that is no longer a hashtag loses the `#` in front and the `*` behind. `None` keeps the hashtag.
pub fn retagged(text: &str, other: impl Fn(&str) -> Option<(String, bool)>) -> String {
    let mut new = String::with_capacity(text.len());
    let mut copied = 0;
    for Mark { at, name, unbillable } in marks(text) {
        let Some((other, is_tag)) = other(name) else { continue };
        new.push_str(&text[copied..at]);
        if is_tag {
            new.push('#');
        }
        new.push_str(&other);
        copied = at + 1 + name.len() + usize::from(unbillable && !is_tag);
    }
    new.push_str(&text[copied..]);
    new
}

/// A hashtag in a text: the place of the `#` in bytes, the name, and whether a `*` follows.
struct Mark<'t> {
    at: usize,
    name: &'t str,
    unbillable: bool,
}

fn marks(text: &str) -> impl Iterator<Item = Mark<'_>> {
    let mut before = ' ';
    text.char_indices().filter_map(move |(at, letter)| {
        let opens = letter == '#' && !before.is_alphanumeric() && before != '#' && before != '/';
        before = letter;
        let rest = opens.then(|| &text[at + 1..])?;
        let end = rest.find(|letter: char| !is_inside(letter)).unwrap_or(rest.len());
        let name = rest[..end].trim_end_matches(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let begins = name.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        begins.then(|| Mark { at, name, unbillable: rest[name.len()..].starts_with('*') })
    })
}

fn is_inside(letter: char) -> bool {
    letter.is_alphanumeric() || "-_./&+:".contains(letter)
}

/// Adds a tag, trimmed and with its blanks collapsed, unless the name is empty or in the list already.
fn add<'r>(tags: &mut Vec<Tag<'r>>, name: Cow<'r, str>, unbillable: bool) {
    let name = words::collapsed(words::trimmed(name));
    match tags.iter_mut().find(|tag| words::same(&tag.name, &name)) {
        _ if name.is_empty() => {}
        Some(tag) => tag.unbillable |= unbillable,
        None => tags.push(Tag { name, unbillable }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(tags: Vec<Tag<'_>>) -> Vec<String> {
        let mark = |tag: &Tag<'_>| if tag.unbillable { "*" } else { "" };
        tags.iter().map(|tag| format!("{}{}", tag.name, mark(tag))).collect()
    }

    #[test]
    fn hashtags_begin_behind_a_blank_and_end_with_their_letters() {
        let text = "#Dev, (#code-review) #v2.0. C# a#b ##x #größe! http://x/#y #9 # #free* #dev";
        assert_eq!(shown(hashtags(text)), ["Dev", "code-review", "v2.0", "größe", "9", "free*"]);
    }

    #[test]
    fn hashtags_are_replaced_where_they_stand_and_nowhere_else() {
        let other = |name: &str| match name {
            "dev" => Some(("work".to_owned(), true)),
            "free" => Some(("free".to_owned(), false)),
            _ => None,
        };
        assert_eq!(
            retagged("#dev, (#dev*) a#dev #größe #free* dev #dev", other),
            "#work, (#work*) a#dev #größe free dev #work"
        );
    }

    #[test]
    fn a_tag_that_comes_twice_is_unbillable_if_it_is_once() {
        assert_eq!(shown(hashtags("#Über #über*")), ["Über*"]);
    }

    #[test]
    fn listed_tags_are_tidied_and_none_comes_twice() {
        assert_eq!(shown(listed(Cow::Borrowed(" Dev,  deep  work , dev,,"), false)), ["Dev", "deep work"]);
        assert_eq!(shown(listed(Cow::Borrowed("Dev, deep work, dev,,"), true)), ["Dev", "deep work"]);
        assert_eq!(shown(listed_with_marks("#dev, free*, x y")), ["dev", "free*", "x y"]);
    }
}
