//! The options of a field of the type `select`.

use crate::shorten::shortened;

/// The mark of the default, at the beginning or the end of an option's line.
const MARK: char = '*';
/// The most letters of the options that a message lists.
const LISTED: usize = 200;

/// The options which a field's `value` lists, one a line, without the mark of the default. Blanks at the end of a line do
/// not belong to the option, blanks at the beginning do; this is the vendor's rule.
pub fn options_of(value: &str) -> Vec<String> {
    lines(value).map(|(option, _)| option.to_owned()).collect()
}

/// The option with the mark; empty without such an option.
pub(super) fn default_of(value: &str) -> String {
    let marked = lines(value).find(|(_, is_default)| *is_default);
    marked.map_or_else(String::new, |(option, _)| option.to_owned())
}

/// Each option, and whether the option is the default.
fn lines(value: &str) -> impl Iterator<Item = (&str, bool)> {
    value.split(['\r', '\n']).map(str::trim_end).filter(|line| !line.is_empty()).filter_map(|line| {
        let marked = line.strip_suffix(MARK).or_else(|| line.strip_prefix(MARK));
        let option = marked.unwrap_or(line).trim_end();
        (!option.is_empty()).then_some((option, marked.is_some()))
    })
}

/// Completes a sentence about a text that is no option.
pub(super) fn not_an_option(options: &[String]) -> String {
    let listed: Vec<_> = options.iter().map(|option| format!("{option:?}")).collect();
    match listed.as_slice() {
        [] => "is no option: the field has none".to_owned(),
        listed => format!("is none of the field's options: {}", shortened(listed.join(", "), LISTED)),
    }
}
