//! How names are kept and compared.

use unicode_normalization::UnicodeNormalization;

use crate::id::ThingId;

/// The longest name, in bytes, both as it is written and as it is compared: names are keys, and keys have at most 1 KB.
pub const LONGEST_NAME: usize = 500;
/// A name does not grow by more when it is brought into one Unicode form: `\u{fdfa}` has 3 bytes, and 33 then.
const MOST_GROWTH: usize = 16;

/// Trimmed, and every run of white space one space: how a name is shown.
pub fn tidy(name: &str) -> String {
    let mut tidy = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        if !tidy.is_empty() {
            tidy.push(' ');
        }
        tidy.push_str(word);
    }
    tidy
}

/// How a name is compared: tidied, without regard to case, and in one Unicode form.
pub fn normal(name: &str) -> String {
    if name.is_ascii() {
        return tidy(name).to_ascii_lowercase();
    }
    tidy(&name.nfkc().collect::<String>()).to_lowercase().nfkc().collect()
}

/// Whether a name is short enough to be kept.
pub fn is_short(name: &str) -> bool {
    let grows = || !name.is_ascii() && name.len() * MOST_GROWTH > LONGEST_NAME;
    name.len() <= LONGEST_NAME && (!grows() || normal(name).len() <= LONGEST_NAME)
}

/// The key of a project: its client, as an id, and its name. Two clients' "Website" stay two.
pub fn project_key(client: Option<ThingId>, name: &str) -> String {
    format!("{}\u{1f}{}", client.map_or_else(String::new, |client| client.to_string()), normal(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_spacing_and_unicode_form() {
        assert_eq!(normal("  Caf\u{e9}   Nord "), normal("cafe\u{301} NORD"));
        assert_eq!(tidy(" P  Maintenance "), "P Maintenance");
        assert!(is_short(&"x".repeat(500)) && is_short(&"ä".repeat(250)) && is_short(&"\u{fdfa}".repeat(15)));
        assert!(!is_short(&"x".repeat(501)) && !is_short(&"\u{fdfa}".repeat(80)));
        assert_ne!(project_key(Some(ThingId(1)), "Web"), project_key(Some(ThingId(2)), "Web"));
        assert_ne!(project_key(None, "Web"), project_key(Some(ThingId(2)), "Web"));
    }
}
