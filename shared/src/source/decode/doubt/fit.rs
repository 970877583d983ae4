//! Counts how badly the characters of a word fit together, in whatever code page the word was read.
//!
//! A byte written in another code page mostly decodes to a character in an impossible place, such as a sign or a
//! capital within a word, `ì` before a letter, or `ñ` before a consonant. Each such place is an oddity. A rule may
//! fail for a few real words, because no word is judged alone, only in comparison with other readings of the same
//! bytes.

#[cfg(test)]
thread_local! {
    /// Count of letters which this thread has inspected around the judged places.
    pub(super) static LOOKS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// A word of letters, digits and characters beyond ASCII, with the characters right before and after it.
pub struct Word<'a> {
    pub characters: &'a [char],
    pub before: char,
    pub behind: char,
    /// True if an opening quote stands earlier in the line.
    pub quoted: bool,
}

/// Letters beyond ASCII which occur together in a language or in a group of similar languages.
const ALPHABETS: [&str; 19] = [
    // Germanic: German, Dutch, Swedish and Finnish, Danish and Norwegian, Icelandic, Faroese.
    "äöüßéèà",
    "áäéèêëíïóöüúç",
    "åäöéèüà",
    "åäöéüšž",
    "æøåéèêóòôäöü",
    "áðéíóúýþæö",
    "áðíóúýæø",
    // Romance: French, Spanish, Portuguese, Italian, Catalan, Romanian.
    "àâæçéèêëîïôœùûüÿöä",
    "áéíóúñüçà",
    "áâãàçéêíóôõúüñ",
    "àèéìíîòóùú",
    "àçéèíïóòúüñ",
    "ăâîșțşţáéöü",
    // Polish, Czech and Slovak, Hungarian, Southern Slavic.
    "ąćęłńóśźżé",
    "áäčďéěíĺľňóôöŕřšťúůüýž",
    "áéíóöőúüűä",
    "čćđšžé",
    // Turkish, Albanian too; Baltic: Latvian, Lithuanian, Estonian.
    "çğıiöşüâîûëé\u{307}",
    "āčēģīķļņšūžąęėįųäöõüé",
];

/// Letters beyond ASCII of single languages, listed for the languages written in code pages other than Windows-1252,
/// and for the languages of Windows-1252, which old Macs and DOS wrote in code pages of their own.
const LANGUAGES: [&str; 20] = [
    // Polish, Czech, Slovak, Hungarian, Southern Slavic, Romanian.
    "ąćęłńóśźż",
    "áčďéěíňóřšťúůýž",
    "áäčďéíĺľňóôŕšťúýž",
    "áéíóöőúüű",
    "čćđšž",
    "ăâîșțşţ",
    // Turkish, Latvian, Lithuanian, Estonian.
    "çğıiöşüâîû\u{307}",
    "āčēģīķļņšūžŗō",
    "ąčęėįšųūž",
    "äöõüšž",
    // German, Dutch, Swedish and Finnish, Danish and Norwegian, Icelandic, French, Spanish, Portuguese, Italian,
    // Catalan.
    "äöüßéèà",
    "áäéèêëíïóöúü",
    "åäöéüà",
    "æøåéèêóòô",
    "áðéíóúýþæö",
    "àâæçéèêëîïôœùûüÿ",
    "áéíóúñü",
    "áâãàçéêíóôõúü",
    "àèéìíîòóù",
    "àçéèíïóòúü",
];

/// A bit for each of the [`LANGUAGES`].
pub(super) const ALL_LANGUAGES: u32 = (1 << LANGUAGES.len()) - 1;

/// The languages which have all letters of a word, as a set of bits.
pub(super) fn languages(word: &[char]) -> u32 {
    let has_all = |alphabet: &str| {
        let mut foreign = word.iter().filter(|c| !c.is_ascii() && is_letter(**c));
        foreign.all(|&c| alphabet.contains(first_lower(c)))
    };
    (0..).zip(LANGUAGES).filter(|(_, alphabet)| has_all(alphabet)).fold(0, |set, (bit, _): (u32, _)| set | 1 << bit)
}

impl Word<'_> {
    /// Count of odd places in the word.
    pub fn oddities(&self) -> u32 {
        let places: u32 = (0..self.characters.len())
            .filter(|&at| !self.characters[at].is_ascii())
            .map(|at| if is_letter(self.characters[at]) { u32::from(self.odd_letter(at)) } else { self.odd_sign(at) })
            .sum();
        let strange = self.characters.split(|&c| !is_letter(c)).filter(|letters| is_babel(letters)).count();
        places + strange as u32
    }

    /// True if the word has a letter which is possible in this place but seldom in the languages of Windows-1252.
    pub fn is_rare(&self) -> bool {
        (0..self.characters.len()).any(|at| {
            let right: String = self.sides(at).1.iter().map(|&c| first_lower(c)).collect();
            let begins = |starts: &[&str]| starts.iter().any(|start| right.starts_with(start));
            match first_lower(self.characters[at]) {
                'ð' | 'þ' | 'ý' | 'ì' => true,
                'ò' => !right.is_empty(),
                'â' => !begins(&["t", "ch", "g", "m", "n", "l", "p", "c"]),
                'î' => !begins(&["t", "n", "l", "m", "ch"]),
                'û' => !begins(&["t", "r", "l", "ch", "m"]),
                'è' => right.starts_with(['k', 'z', 'w', 'j', 'x', 'a', 'o', 'u']),
                _ => false,
            }
        })
    }

    /// The character `step` places from the character at `at`.
    fn near(&self, at: usize, step: isize) -> char {
        match at.checked_add_signed(step) {
            Some(place) => self.characters.get(place).copied().unwrap_or(self.behind),
            None => self.before,
        }
    }

    /// The letters right before a place and right after the place.
    fn sides(&self, at: usize) -> (&[char], &[char]) {
        let (before, behind) = (&self.characters[..at], &self.characters[at + 1..]);
        let start = before.iter().rposition(|&c| !is_letter(c)).map_or(0, |sign| sign + 1);
        let end = behind.iter().position(|&c| !is_letter(c)).unwrap_or(behind.len());
        #[cfg(test)]
        LOOKS.with(|looks| looks.set(looks.get() + (before.len() - start + end) as u64));
        (&before[start..], &behind[..end])
    }

    fn odd_letter(&self, at: usize) -> bool {
        let letter = self.characters[at];
        let (before, behind) = (self.near(at, -1), self.near(at, 1));
        let capital = letter.is_uppercase();
        // The letter ß stays ß within a word in capitals.
        let case = match (before.is_uppercase(), behind.is_uppercase()) {
            _ if capital && before.is_lowercase() => true,
            (true, true) => !capital && letter != 'ß',
            (true, false) => capital && behind.is_lowercase(),
            (false, true) if capital => !is_letter(before) && self.near(at, 2).is_lowercase(),
            (false, true) => true,
            (false, false) => false,
        };
        if case || behind.is_ascii_digit() && !capital && !is_letter(before) {
            return true;
        }
        let (left, right) = self.sides(at);
        let lower = |letters: &[char]| letters.iter().flat_map(|c| c.to_lowercase()).collect::<String>();
        odd_between(&lower(left), first_lower(letter), &lower(right))
    }

    fn odd_sign(&self, at: usize) -> u32 {
        let sign = self.characters[at];
        let (left, right) = self.sides(at);
        let (before, behind) = (!left.is_empty(), !right.is_empty());
        let (within, beside) = (before && behind, before || behind);
        let digit = self.near(at, -1).is_ascii_digit();
        let lower_before = left.last().is_some_and(|c| c.is_lowercase());
        let lower_behind = right.first().is_some_and(|c| c.is_lowercase());
        let quoted = self.quoted || self.characters[..at].iter().any(|&c| "‚„‹‘“›".contains(c));
        let odd = match sign {
            '’' | '‘' | '´' if within => !is_elision(left, right),
            '‘' | '’' if before => !quoted && !is_cut(left),
            '‘' | '’' => right.len() > 1 && is_no_word(right, true),
            '–' | '—' | '\u{a0}' if within => {
                let short = left.len().min(right.len());
                let vowels = left.last().is_some_and(|&c| is_vowel(c)) && right.first().is_some_and(|&c| is_vowel(c));
                let spanish = sign == '–' && vowels && short <= 3;
                let single = matches!(left, [letter] if is_consonant(*letter));
                let torn = single || is_no_word(left, false) || is_no_word(right, true) || is_ending(right);
                lower_behind && (spanish && lower_before || torn && sign != '–' || torn && lower_before)
            }
            '—' => lower_before && !self.behind.is_ascii_punctuation(),
            '–' | '\u{a0}' => false,
            '…' => behind && (is_no_word(right, true) || before && is_no_word(left, false)),
            '‚' | '„' => before || right.len() > 2 && is_no_word(right, true),
            '“' | '‹' | '›' if before && !behind => !quoted,
            '“' | '”' | '‹' | '›' | '«' | '»' | '¬' => within || right.len() > 2 && is_no_word(right, true),
            '™' | '®' | '©' => within || lower_behind,
            '†' | '‡' => beside,
            '•' => lower_before,
            '€' => within || lower_behind && !digit,
            '£' => lower_before || within || lower_behind && right.len() > 2,
            '¢' | '¥' | '¤' => before || lower_behind && !digit,
            '½' | '¼' | '¾' => before || behind && right.len() > 2 && !digit,
            '§' => lower_before && !self.near(at, 1).is_ascii_digit(),
            '¡' | '¿' => before || digit || right.len() > 2 && is_no_word(right, true),
            '°' => within && left.len() > 2,
            '²' | '³' | '¹' => left.len() > 2 || lower_behind || behind && !digit && left.is_empty(),
            'µ' => before || right.len() > 2,
            'ª' | 'º' => behind || left.len() > 3,
            '·' => beside && (left.is_empty() || !matches!(right, ['l' | 'L' | 'e' | 's' | 'n', ..])),
            '\u{ad}' => false,
            '±' | '×' | '÷' => beside && (lower_before || lower_behind),
            'ˆ' => true,
            '´' | '¨' | '˜' | '¯' | '¸' | 'ƒ' | '‰' | '¦' | '¶' => beside,
            // Box drawings, mathematical signs and control characters.
            _ => return 2,
        };
        u32::from(odd)
    }
}

/// True if no language of Windows-1252 or of the rival code pages has the lower-case letter between these lower-case
/// letters before and after.
fn odd_between(left: &str, letter: char, right: &str) -> bool {
    let first = right.chars().next();
    let last = left.chars().next_back();
    let (starts, ends) = (last.is_none(), first.is_none());
    let after = |letters: &str| last.is_some_and(|c| letters.contains(c));
    let before = |letters: &str| first.is_some_and(|c| letters.contains(c));
    let after_vowel = last.is_some_and(is_vowel);
    let before_vowel = first.is_some_and(is_vowel);
    let within_consonants = first.is_some_and(is_consonant) && last.is_some_and(is_consonant);
    if "šžçñßğşčňďť".contains(letter) && (within_consonants || is_crowd(left, right)) {
        return true;
    }
    if "àâäåæøòùìõôûąęăěůőűāēīūėįųı".contains(letter)
        && after_vowel
        && before_vowel
        && !(letter == 'ø' && before("e"))
        && !after("y")
        && !before("y")
    {
        return true;
    }
    if starts && ends {
        return !"àâäåæèéêíóöøúüôáz".contains(letter);
    }
    match letter {
        'á' => {
            let settled = ["cu", "gu", "qu", "ju", "tu", "hu", "du", "su", "nu"].iter().any(|end| left.ends_with(end));
            after("ao") && !left.ends_with("cro")
                || after("u") && !settled
                || left.ends_with("ei")
                || left.ends_with("ie")
        }
        'ã' => {
            let roman = after("tcszrbgp") && left.len() > 3 && left != "crist";
            !before("oei") && !ends && right != "s" || ends && roman || left.contains('ã')
        }
        'à' => starts && right.starts_with('s') && right.len() > 1,
        'ä' | 'å' => letter == 'ä' && (right == "e" || right == "es") || starts && before("é"),
        'æ' => before("wzqu") || after("aeouyi") && ends,
        'ç' => !before_vowel && !ends,
        'è' => {
            let greek = ["n", "ne", "nes", "nement"].contains(&right) && left.ends_with('i') && !left.ends_with("gi");
            before_vowel && !right.starts_with("ix")
                || after("ae") && !left.ends_with("ga")
                || after("i") && ends && left != "p"
                || after("u") && ends && !left.ends_with("qu")
                || after("o") && !before("mtls") && left != "cio"
                || before("kzwj")
                || before("n") && !["ne", "nc", "nt", "ns", "nd", "ni"].iter().any(|start| right.starts_with(start))
                || after_vowel && right.starts_with("ni")
                || greek
                || starts && !before("rsvmxpn")
        }
        'ê' => {
            let second = right.chars().nth(1);
            let closed = before("tpqlrgcv") && second.is_some_and(|c| is_consonant(c) && !"rhs".contains(c));
            before("dbkzjwgæ")
                || closed
                || before("c") && !right.starts_with("ch")
                || before("s") && right != "s" && !right.starts_with("ss")
                || ends && (after("ijwk") || left.len() > 3 && after("ntrl"))
                || starts && !before("tnmxvch")
        }
        'ë' => starts && before("l"),
        'í' => starts && before_vowel,
        'ì' => !ends || starts,
        'î' => before("gdkzpbvfj") || starts && !before("lnm"),
        'ï' => !after_vowel,
        'ð' => starts || !after_vowel && !after("rgfln"),
        'þ' => {
            !(before_vowel || before("rjv"))
                || after("eioyptc")
                || !starts && right.chars().count() < 2
                || after("au") && before("aeiouyý")
        }
        'ý' => {
            after("y")
                || left.contains('ý') && !left.contains(['ð', 'þ'])
                || starts && (before("lnbdhzpg") || right.starts_with("st"))
        }
        'ñ' => !before_vowel,
        'ò' => starts && before("lnt") || after("aeo") && (ends || before("k")),
        'õ' => {
            let later = left.chars().any(is_vowel) && !left.ends_with('v');
            // Estonian has no accents, and in Portuguese the letter õ stands only before e.
            let accent = left.chars().chain(right.chars()).any(|c| "áíéóú".contains(c));
            (later || accent) && !before("e") || ends && !left.is_empty()
        }
        'ø' => {
            let allowed =
                before("y") || first == Some('e') && matches!(&right[1..], "" | "t" | "n" | "r" | "ne" | "rne");
            before_vowel && !allowed || after_vowel && !after("y") && ends
        }
        'ù' => !ends || after("aeo") && left.len() > 1,
        'û' => {
            let closed = after("yk") || right == "s" && left.len() > 2;
            !before("trlmnsc") && !ends || before("c") && !right.starts_with("ch") || closed
        }
        'ÿ' => !after_vowel,
        'š' => starts && before("bdgz"),
        'ž' => before("tpscfqh") || starts && before("k"),
        'œ' => {
            after_vowel || !before("uietdnsc") || before("ndsc") && !starts && left != "l" || before("t") && left != "f"
        }
        'ß' => starts || last.is_some_and(is_consonant) || before("cj"),
        _ => false,
    }
}

/// True if more consonants surround a consonant than any language has: the word is without a vowel, two consonants
/// stand before, or three open the word.
fn is_crowd(left: &str, right: &str) -> bool {
    let mut letters = left.chars().chain(right.chars());
    let mut behind = right.chars();
    let (first, second) = (behind.next(), behind.next());
    let consonant = |c: Option<char>| c.is_some_and(is_consonant);
    let onset = |c: Option<char>, among: &str| c.is_some_and(|c| among.contains(c));
    let opens = left.is_empty() && consonant(first) && consonant(second);
    letters.all(is_consonant) || opens && !(onset(first, "kpt") && onset(second, "rlv"))
}

/// True if no language has all letters of the word.
fn is_babel(letters: &[char]) -> bool {
    let mut lower = letters.iter().map(|&c| first_lower(c));
    let foreign: Vec<char> = lower.clone().filter(|c| !c.is_ascii()).collect();
    let northern = foreign.iter().any(|c| "ðþ".contains(*c));
    let eastern = foreign.iter().any(|c| "ąćęłńśźżčďěňřšťůžőűăşţđğı".contains(*c));
    lower.any(|c| northern && "cqwz".contains(c) || eastern && c == 'q')
        || !ALPHABETS.iter().any(|alphabet| foreign.iter().all(|&c| alphabet.contains(c)))
}

/// True if an apostrophe between letters belongs to French, to English or to a name.
fn is_elision(left: &[char], right: &[char]) -> bool {
    let lower = |letters: &[char]| letters.iter().map(|&c| first_lower(c)).collect::<String>();
    let name = right.first().is_some_and(|c| c.is_uppercase());
    let (left, right) = (lower(left), lower(right));
    let open = right.chars().next().is_some_and(|c| is_vowel(c) || c == 'h');
    let begins = matches!(left.as_str(), "d" | "l" | "j" | "m" | "t" | "s" | "n" | "c") && (open || name)
        || left == "o"
        || (left.ends_with("qu") || left.ends_with("ll")) && (open || name)
        || matches!(left.as_str(), "sant" | "entr" | "aujourd" | "un" | "mc");
    begins || matches!(right.as_str(), "s" | "t" | "re" | "ll" | "ve" | "d" | "m" | "em")
}

/// True if an apostrophe may stand after the word for letters left out at the end,
/// as in `James’`, `po’` and `goin’`.
fn is_cut(left: &[char]) -> bool {
    let word: String = left.iter().map(|&c| first_lower(c)).collect();
    let capitals = left.iter().all(|c| c.is_uppercase());
    let article = matches!(word.as_str(), "d" | "l" | "o" | "dell" | "all" | "nell" | "sull" | "dall" | "qu");
    let clipped = matches!(word.as_str(), "po" | "mo" | "fa" | "da" | "di" | "va" | "sta" | "be" | "to" | "th");
    capitals || article || clipped || word.ends_with(['s', 'x', 'z', 'n'])
}

/// True if the letters end a Spanish or Portuguese word whose accented letter stands right before, as in `m—dulo`.
fn is_ending(letters: &[char]) -> bool {
    const ENDINGS: [&str; 14] =
        ["io", "ia", "ico", "ica", "igo", "ulo", "ula", "imo", "ima", "ogo", "vel", "vei", "dito", "cter"];
    let word: String = letters.iter().collect();
    let word = word.strip_suffix('s').unwrap_or(&word);
    letters.len() < 6 && ENDINGS.iter().any(|ending| word.ends_with(ending))
}

/// True if lower-case letters cannot be a word, because they have no vowel or begin with impossible consonants.
fn is_no_word(letters: &[char], begins: bool) -> bool {
    let lower = letters.iter().all(|c| c.is_lowercase());
    let cluster = |first: char, second: char| {
        "lmnrh".contains(first) && is_consonant(second) && (first, second) != ('l', 'l')
            || "dtpbkgc".contains(first) && "tpbkgdc".contains(second)
            || first == second && "fstdbp".contains(first)
    };
    lower && (!letters.iter().any(|&c| is_vowel(c)) || begins && letters.len() > 2 && cluster(letters[0], letters[1]))
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !matches!(c, 'ª' | 'º' | 'µ' | 'ƒ' | 'ˆ' | 'ˇ' | 'π' | 'Ω' | '\u{fb01}' | '\u{fb02}')
}

fn first_lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

fn is_vowel(c: char) -> bool {
    "aeiouyáàâäãåæéèêëíìîïóòôöõøúùûüýÿœąęăěůőűāēīūėįųı".contains(first_lower(c))
}

fn is_consonant(c: char) -> bool {
    is_letter(c) && !is_vowel(c)
}
