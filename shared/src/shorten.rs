//! Shortens texts from files before a message repeats the texts to people.

/// Cuts a text to at most `letters` characters. If anything is cut, the last character is `…`.
pub fn cut(text: &mut String, letters: usize) {
    if text.len() > letters && text.char_indices().nth(letters).is_some() {
        let end = text.char_indices().nth(letters.saturating_sub(1)).map_or(0, |(end, _)| end);
        text.truncate(end);
        text.push('…');
    }
}

/// The text, cut to at most `letters` characters.
pub fn shortened(text: impl Into<String>, letters: usize) -> String {
    let mut text = text.into();
    cut(&mut text, letters);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_letters_and_the_mark_is_one_of_them() {
        assert_eq!(shortened("äöüß", 4), "äöüß");
        assert_eq!(shortened("äöüßa", 4), "äöü…");
        assert_eq!(shortened("", 4), "");
    }
}
