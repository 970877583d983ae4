//! Names and e-mail addresses as compared: how names and addresses are tidied, normalised and bounded.

use unicode_normalization::UnicodeNormalization;

/// The longest name in bytes, both as written and as compared: names are part of keys, and a key has at most 1 KB.
pub const LONGEST_NAME: usize = 500;
/// The most growth of a name when normalised to NFKC: `\u{fdfa}` grows from 3 bytes to 33.
const MOST_GROWTH: usize = 16;

/// The form in which a name is shown: trimmed, with every run of white space replaced by a space.
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

/// The form in which a name is compared: tidied, in lower case, and normalised to NFKC.
pub fn normal(name: &str) -> String {
    if name.is_ascii() {
        return tidy(name).to_ascii_lowercase();
    }
    tidy(&name.nfkc().collect::<String>()).to_lowercase().nfkc().collect()
}

/// `true` if the name is at most [`LONGEST_NAME`] bytes long, as written and as compared.
pub fn is_short(name: &str) -> bool {
    let grows = || !name.is_ascii() && name.len() * MOST_GROWTH > LONGEST_NAME;
    name.len() <= LONGEST_NAME && (!grows() || normal(name).len() <= LONGEST_NAME)
}

/// The form in which addresses are compared: trimmed, in lower case.
pub fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// `true` for a text in the form of an e-mail address: characters, a single `@`, characters, no white space. Only
/// sending a mail can tell if the address exists.
pub fn is_email(text: &str) -> bool {
    let ends = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    ends && text.matches('@').count() == 1 && !text.contains(char::is_whitespace)
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
    }

    #[test]
    fn addresses_have_one_sign_between_letters() {
        assert_eq!(normal_email(" Jo@Example.COM "), "jo@example.com");
        assert!(is_email("jo@example.com") && is_email("jo@here"));
        for text in ["", "@", "jo@", "@example.com", "jo example.com", "j o@example.com", "jo@a@b"] {
            assert!(!is_email(text), "{text}");
        }
    }
}
