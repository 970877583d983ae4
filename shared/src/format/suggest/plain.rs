//! Converts column names to the form in which the dictionary compares them.

use crate::values::words;

/// Converts a name to lower-case words without accents: `startDate`, `Start_date` and
/// `Start date:` all become `start date`.
pub(super) fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut before = ' ';
    for letter in words::seen(name).chars() {
        if letter.is_ascii_uppercase() && before.is_ascii_lowercase() {
            plain.push(' ');
        }
        before = letter;
        for letter in letter.to_lowercase() {
            match bare(letter) {
                Some(letters) => plain.push_str(letters),
                None if letter == '\'' || letter == '’' => {}
                None if letter.is_alphanumeric() => plain.push(letter),
                None if matches!(letter, '\u{300}'..='\u{36f}') => {}
                None => plain.push(' '),
            }
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The letter without its accent, for example `a` for `ä`; `None` for a letter without an accent.
fn bare(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' => "d",
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì'..='ï' | 'ī' | 'į' | 'ı' => "i",
        'ĺ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ř' => "r",
        'ś' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ț' => "t",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'ά' => "α",
        'έ' => "ε",
        'ή' => "η",
        'ί' | 'ϊ' | 'ΐ' => "ι",
        'ό' => "ο",
        'ύ' | 'ϋ' | 'ΰ' => "υ",
        'ώ' => "ω",
        'ς' => "σ",
        'ё' => "е",
        _ => return None,
    })
}
