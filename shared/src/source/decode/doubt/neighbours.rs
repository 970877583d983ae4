//! Tables of neighbouring letters, in the languages of Windows-1252 and of the code pages easily mistaken for
//! Windows-1252.
//!
//! A word such as `pârskats` breaks no rule of any language. Yet the letter â between p and r is rare in the
//! languages of Windows-1252, while ā, which is the same byte in Windows-1257, is frequent in this place in Latvian.
//! For each letter which another code page reads differently, and for each neighbour before and after the letter,
//! the tables below say which of the two readings is likelier, and by how much. They were counted over word lists of
//! spelling checkers, namely Hunspell's lists for twenty languages (German, French, Spanish, Portuguese, Italian,
//! Catalan, Danish, Norwegian, Swedish, Icelandic and Dutch against Hungarian, Croatian, Polish, Czech, Slovak,
//! Romanian, Turkish, Lithuanian and Latvian).
//!
//! A digit is a logarithm: how many times more frequent the pair is in Windows-1252, taken from the language with the
//! highest frequency.
//!
//! | digit | frequency in Windows-1252 compared with the rival code page |
//! |---|---|
//! | 4 | equal |
//! | 5 | e times as frequent |
//! | 3 | an e-th as frequent |
//! | 8 | 50 times as frequent, or more |
//! | 0 | a fiftieth as frequent, or less |
//!
//! The digits stand for the neighbours none, a, b … z in this order; a letter with an accent counts as the plain
//! letter.

use unicode_normalization::UnicodeNormalization;

/// A letter in Windows-1252, the digits of the neighbours before the letter, and the digits of the neighbours after.
type Row = (char, &'static str, &'static str);

/// The table of neighbours for a rival code page.
#[derive(Clone, Copy)]
pub(super) enum Neighbours {
    /// Table for Windows-1250, of Central Europe, against Windows-1252.
    Central,
    /// Table for Windows-1254, of Turkey, against Windows-1252.
    Turkish,
    /// Table for Windows-1257, of the Baltic countries, against Windows-1252.
    Baltic,
    /// No table: the letters of the rival code page are signs in Windows-1252, so word lists cannot help.
    Unknown,
}

impl Neighbours {
    fn rows(self) -> &'static [Row] {
        match self {
            Self::Central => &CENTRAL,
            Self::Turkish => &TURKISH,
            Self::Baltic => &BALTIC,
            Self::Unknown => &[],
        }
    }

    /// Highest score at which words are hardly written in Windows-1252. The limit of Windows-1250 is lower, because
    /// Portuguese `amanhã` and `maçã` resemble words of Romanian.
    pub fn unlikely(self) -> i32 {
        match self {
            Self::Central => -5,
            Self::Turkish | Self::Baltic | Self::Unknown => -4,
        }
    }

    /// How much likelier the word, as read in Windows-1252, is in Windows-1252 than in the rival code
    /// page. Above 0 Windows-1252 is likelier.
    pub fn score(self, word: &[char]) -> i32 {
        let lower = |c: char| c.to_lowercase().next().unwrap_or(c);
        let at = |at: Option<usize>| at.and_then(|at| word.get(at)).map_or(0, |&c| place(lower(c)));
        let of_place = |(index, &c): (usize, &char)| {
            let (_, before, behind) = self.rows().iter().find(|(letter, ..)| *letter == lower(c))?;
            let digit = |digits: &str, place: usize| i32::from(digits.as_bytes()[place]) - i32::from(b'4');
            Some(digit(before, at(index.checked_sub(1))) + digit(behind, at(Some(index + 1))))
        };
        word.iter().enumerate().filter(|(_, c)| !c.is_ascii()).filter_map(of_place).sum()
    }
}

/// Index of a neighbour among the digits of a row: 0 is no letter, 1 is a.
fn place(letter: char) -> usize {
    let base = match letter {
        'ø' | 'œ' => 'o',
        'æ' => 'a',
        'ß' => 's',
        'ð' => 'd',
        'þ' => 't',
        _ => letter.nfd().next().unwrap_or(letter),
    };
    if base.is_ascii_lowercase() { usize::from(base as u8 - b'a') + 1 } else { 0 }
}

static CENTRAL: [Row; 19] = [
    ('º', "002030344044230013034044444", "003020244043000014230024444"),
    ('à', "848887885873878764888845775", "848754883642888388887784744"),
    ('ã', "051437124844120414241424640", "040005001004000804000004441"),
    ('å', "868468888887888784887685563", "878688886767888584888584452"),
    ('æ', "408781888188878054858085503", "018681887176877465888380545"),
    ('è', "205850686312564144435144734", "405770885000463178865244846"),
    ('ê', "244755754100434834334880440", "310104404640488125743773621"),
    ('ì', "442744344443811434872424444", "662001440300010214000404440"),
    ('ï', "273448444434542844244824441", "437888676455768358887376747"),
    ('ð', "064444884844440644744654481", "868471888688888574888684464"),
    ('ñ', "854555454444544444254644404", "083038464840424844403844444"),
    ('ò', "525854784631778364757344704", "708885882541878086877064845"),
    ('õ', "040503001320030334000403500", "010103010100000114000103440"),
    ('ø', "607663877486888124885265522", "538482887187888284878485485"),
    ('ù', "466340651723353204355323442", "742122333423012334102304440"),
    ('û', "244435223314423835321425401", "033522222411354444324304440"),
    ('þ', "511070674145342324376144554", "024243444184454534844384484"),
    ('ÿ', "102400444134344044244144414", "111104424343010444244440444"),
    ('œ', "202720644013336044365051501", "004064445632102304174850444"),
];

static TURKISH: [Row; 4] = [
    ('ð', "454443884444443544844454414", "868132888388456674488474402"),
    ('ý', "253004213442101414221404400", "053005363680101414231614400"),
    ('þ', "514470571143756244485114504", "022123122380002624700354434"),
    ('ž', "544454444544544544444544445", "554445445544455444454444445"),
];

static BALTIC: [Row; 27] = [
    ('à', "637887867854877784768855776", "838856885613768588866764744"),
    ('á', "588886888888888784787787688", "787866768845878667856874768"),
    ('â', "333523325200221014211218441", "321202034200244125001304450"),
    ('ã', "467888788874887584888684847", "844447444544454844454444447"),
    ('æ', "878787888787888584888685565", "878788887888888785877784545"),
    ('ç', "180107012501104514200704450", "681004414200010804000804440"),
    ('è', "325840868551575454637374734", "817670876052888378878354815"),
    ('ê', "748885786844878874878884446", "846754444645888475788774645"),
    ('ë', "080208203800000804000704440", "242636824800456436723744866"),
    ('ì', "006480444043766064475074442", "854040444044343444433334443"),
    ('í', "458645888078888564788787884", "887485887068888577888684648"),
    ('î', "260001131003000404000304440", "340203304000112104001404440"),
    ('ï', "251106404240544804341544442", "515766655034568128677236745"),
    ('ð', "061014854420101504521534450", "756141868570344234661634422"),
    ('ñ', "884558454844544844454844444", "484448464844444844444844444"),
    ('ò', "428744876360888264886374743", "807542884031887076667034843"),
    ('ô', "565766867554666474867474544", "745464644544877454868564444"),
    ('ø', "868688888688888684888685565", "788588887788888784888685485"),
    ('ù', "478674664846776544788444444", "844444444444444444444444444"),
    ('ú', "888887778888888584888654677", "888887885868888686888786566"),
    ('û', "012113506002122605110326441", "442302303120321314123404440"),
    ('ý', "758484667448888464888444444", "756485775687878464888664454"),
    ('þ', "420010624244445234363134511", "232003314280000414700334442"),
    ('ÿ', "444444444444444444544444444", "444444444445444444444444444"),
    ('œ', "845755646544556564565454544", "545764445645657444576854444"),
    ('š', "554445444544444544454554454", "564445444445444544455544444"),
    ('ž', "544454444544544544444544445", "554445445544455444454444445"),
];
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_have_a_digit_for_each_neighbour() {
        for table in [Neighbours::Central, Neighbours::Turkish, Neighbours::Baltic] {
            for (letter, before, behind) in table.rows() {
                for digits in [before, behind] {
                    assert!(
                        digits.len() == 27 && digits.bytes().all(|digit| (b'0'..=b'8').contains(&digit)),
                        "{letter}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_word_is_likelier_where_its_neighbours_are_frequent() {
        let score = |table: Neighbours, word: &str| table.score(&word.chars().collect::<Vec<_>>());
        for (table, ours, theirs) in [
            (Neighbours::Central, "première", "imprimã"),
            (Neighbours::Turkish, "Þórður", "Yýldýz"),
            (Neighbours::Baltic, "Tromsø", "pârskats"),
        ] {
            assert!(score(table, ours) > 0, "{ours}: {}", score(table, ours));
            assert!(score(table, theirs) < 0, "{theirs}: {}", score(table, theirs));
        }
    }
}
