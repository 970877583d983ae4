//! Judges whether words follow the habits of their script, as a measure for the encoding in which a text was decoded.
//!
//! Bytes decoded in a wrong encoding mostly become letters in impossible places: a capital after a small
//! letter, `ь` at the beginning of a word, a sign between letters, a tone mark without a letter below. As
//! in [`fit`](super::super::doubt), a rule may fail for a few real words, because only the count of words
//! which break a rule is used.

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GBK, ISO_2022_JP, SHIFT_JIS};

use super::super::doubt::Word;
use super::super::page::WORD;

/// Counts of how well the words of a text follow the habits of their script.
#[derive(Clone, Debug, Default)]
pub struct Fit {
    /// Count of words with characters beyond ASCII, and count of the odd words among them. Each letter of
    /// East Asia counts as a word.
    pub words: u32,
    pub odd: u32,
    /// Count of letters beyond ASCII; `familiar` counts the letters of East Asia
    /// which are frequent in their language.
    pub letters: u32,
    familiar: u32,
    is_east_asian: bool,
    /// The longest of the first 200 words, at most 24 characters long, as an example for the refusal.
    pub word: String,
}

impl Fit {
    /// Judges a text which was decoded in `encoding`; without an encoding no letter of East Asia counts as common.
    pub fn of(text: &str, encoding: Option<&'static Encoding>) -> Self {
        const LONGEST: usize = 24;
        const FIRST: u32 = 200;
        let mut fit = Self::default();
        let in_word = |letter: char| letter.is_ascii_alphanumeric() || !letter.is_ascii();
        let (mut before, mut rest) = ('\n', text);
        while let Some(start) = rest.find(in_word) {
            before = rest[..start].chars().next_back().unwrap_or(before);
            let word = &rest[start..];
            let end = word.find(|letter| !in_word(letter)).unwrap_or(word.len());
            let (word, behind) = word.split_at(end);
            rest = behind;
            if !word.is_ascii() {
                fit.see(word, before, behind.chars().next().unwrap_or('\n'), encoding);
                let length = word.chars().count();
                if fit.words < FIRST && length <= LONGEST && length > fit.word.chars().count() {
                    fit.word = word.to_owned();
                }
            }
            before = word.chars().next_back().unwrap_or(before);
        }
        fit
    }

    /// True if at most a tenth of the words are odd.
    pub fn is_good(&self) -> bool {
        self.odd * 10 <= self.words
    }

    /// True if at least a fifth of the letters are among the most frequent letters of their language. Only
    /// text of East Asia is judged in this way, because a wrong encoding makes letters of East Asia as well,
    /// and no other habit tells them apart.
    pub fn is_familiar(&self) -> bool {
        !self.is_east_asian || self.familiar * 5 >= self.letters
    }

    fn see(&mut self, word: &str, before: char, behind: char, encoding: Option<&'static Encoding>) {
        let characters: Vec<char> = word.chars().collect();
        self.letters += characters.iter().filter(|c| !c.is_ascii() && c.is_alphabetic()).count() as u32;
        if characters.iter().any(|&c| is_east_asian(c)) {
            self.is_east_asian = true;
            for at in 0..characters.len() {
                if !characters[at].is_ascii() {
                    self.words += 1;
                    self.odd += u32::from(is_odd_east_asian(&characters, at, encoding));
                    self.familiar += u32::from(encoding.is_some_and(|encoding| is_frequent(characters[at], encoding)));
                }
            }
            return;
        }
        self.words += 1;
        let odd = match characters.iter().find_map(|&c| Script::of(c)) {
            None => {
                let is_odd = |piece: &[char]| Word { characters: piece, before, behind, quoted: false }.oddities() > 0;
                characters.chunks(WORD).any(is_odd)
            }
            Some(script) => is_odd(&characters, script),
        };
        self.odd += u32::from(odd);
    }
}

/// A script other than Latin and the scripts of East Asia.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Cyrillic,
    Greek,
    Hebrew,
    Arabic,
    Thai,
}

impl Script {
    fn of(letter: char) -> Option<Self> {
        Some(match letter {
            '\u{370}'..='\u{3ff}' => Self::Greek,
            '\u{400}'..='\u{4ff}' => Self::Cyrillic,
            '\u{590}'..='\u{5ff}' => Self::Hebrew,
            '\u{600}'..='\u{6ff}' | '\u{fb50}'..='\u{feff}' => Self::Arabic,
            '\u{e00}'..='\u{e7f}' => Self::Thai,
            _ => return None,
        })
    }
}

fn is_east_asian(letter: char) -> bool {
    matches!(letter, '\u{3000}'..='\u{9fff}' | '\u{ac00}'..='\u{d7ff}' | '\u{e000}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
        || letter >= '\u{20000}'
}

/// True if the word breaks a habit of its script.
fn is_odd(word: &[char], script: Script) -> bool {
    // Signs may stand around a word, and ASCII letters and digits may stand beside a hyphen which is not ASCII.
    let is_letter = |c: char| c.is_alphabetic() || is_mark(c);
    let mut parts = word.split(|&c| !is_letter(c) && !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let beside_letter = |at: usize| {
        let before = at.checked_sub(1).map(|at| word[at]);
        [before, word.get(at + 1).copied()].into_iter().flatten().any(is_letter)
    };
    let strange = (0..word.len()).any(|at| {
        let c = word[at];
        !c.is_ascii() && !is_letter(c) && !is_sign(c) && (beside_letter(at) || !is_unit(c))
    });
    let within = word.len() > 2
        && (1..word.len() - 1).any(|at| {
            let sign = !is_letter(word[at]) && !word[at].is_ascii_digit();
            sign && is_letter(word[at - 1]) && is_letter(word[at + 1]) && !is_joint(word[at])
        });
    // A closing quotation mark cannot begin a word.
    let closes = word.len() > 1 && word[0] == '’' && is_letter(word[1]);
    strange || within || closes || parts.any(|part| is_odd_part(part, script))
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}' | '\u{5b0}'..='\u{5c7}' | '\u{64b}'..='\u{655}')
}

/// True for signs which may stand around words.
fn is_sign(c: char) -> bool {
    "«»„“”‘’‚‹›…–—№·\u{a0}،؛؟".contains(c)
}

/// True for signs which stand alone or beside digits.
fn is_unit(c: char) -> bool {
    "§°•€£±×©®™½¼¾²³".contains(c)
}

/// True for signs which may stand between letters.
fn is_joint(c: char) -> bool {
    "–—’·\u{a0}…".contains(c)
}

fn is_odd_part(part: &[char], script: Script) -> bool {
    let foreign = |&c: &char| c.is_alphabetic() && Script::of(c) != Some(script);
    if part.iter().any(foreign) {
        return true;
    }
    let letters: Vec<char> = part.iter().copied().filter(|c| !c.is_ascii_digit()).collect();
    if letters.is_empty() {
        return false;
    }
    match script {
        Script::Cyrillic => is_odd_case(&letters) || is_odd_cyrillic(&lower(&letters)),
        Script::Greek => is_odd_case(&letters) || is_odd_greek(&letters),
        Script::Hebrew => letters.iter().rev().skip(1).any(|c| "ךםןףץ".contains(*c)),
        Script::Arabic => {
            letters.iter().rev().skip(1).any(|c| "ةى".contains(*c))
                || letters.windows(3).any(|w| w[0] == w[1] && w[1] == w[2])
        }
        Script::Thai => is_odd_thai(&letters),
    }
}

fn lower(letters: &[char]) -> Vec<char> {
    letters.iter().flat_map(|c| c.to_lowercase()).collect()
}

/// True if a capital follows a small letter, or if a word mixes capitals and small letters in any way except
/// a single capital at the beginning.
fn is_odd_case(letters: &[char]) -> bool {
    let capitals = letters.iter().filter(|c| c.is_uppercase()).count();
    let small = letters.iter().filter(|c| c.is_lowercase()).count();
    capitals > 0 && small > 0 && !(capitals == 1 && letters[0].is_uppercase())
}

fn is_odd_cyrillic(letters: &[char]) -> bool {
    const VOWELS: &str = "аеёиоуыэюяіїєўѣ";
    let is_vowel = |c: char| VOWELS.contains(c);
    let is_russian = letters.iter().any(|c| "ыьъйщюяёэ".contains(*c));
    let place = |at: usize| match letters[at] {
        // No word begins with these letters, and neither ь nor ы follows a vowel.
        'ь' | 'ъ' | 'ы' => at == 0 || letters[at - 1] != 'ў' && is_vowel(letters[at - 1]) && letters[at] != 'ъ',
        'й' => at > 0 && !is_vowel(letters[at - 1]) && !matches!(letters[at - 1], 'ь' | 'ъ'),
        'э' => at > 0 && is_vowel(letters[at - 1]) && letters[at - 1] != 'о',
        // Letters of Serbian and Macedonian, which hardly occur beside letters of Russian.
        'ђ' | 'ѓ' | 'ћ' | 'ќ' | 'џ' | 'ѕ' | 'љ' | 'њ' | 'ј' => is_russian,
        _ => false,
    };
    let crowd = letters.len() > 3 && !letters.iter().any(|&c| is_vowel(c) || c == 'ъ' || c == 'р');
    let run = letters.split(|&c| is_vowel(c)).map(<[char]>::len).max().unwrap_or(0);
    let vowels = letters.split(|&c| !is_vowel(c)).map(<[char]>::len).max().unwrap_or(0);
    (0..letters.len()).any(place) || crowd || run > 5 || vowels > 3
}

fn is_odd_greek(letters: &[char]) -> bool {
    const ACCENTED: &str = "άέήίόύώΐΰΆΈΉΊΌΎΏ";
    const VOWELS: &str = "αεηιουωάέήίόύώϊϋΐΰ";
    let accents = letters.iter().filter(|c| ACCENTED.contains(**c)).count();
    let last = letters.len() - 1;
    let sigma = letters.iter().enumerate().any(|(at, &c)| c == 'ς' && at < last || c == 'σ' && at == last && last > 0);
    let low = lower(letters);
    let crowd = letters.len() > 3 && !low.iter().any(|c| VOWELS.contains(*c));
    let run = low.split(|c| VOWELS.contains(*c)).map(<[char]>::len).max().unwrap_or(0);
    accents > 1 || sigma || crowd || run > 4
}

fn is_odd_thai(letters: &[char]) -> bool {
    let is_consonant = |c: char| matches!(c, '\u{e01}'..='\u{e2e}');
    let leads = |c: char| matches!(c, '\u{e40}'..='\u{e44}');
    (0..letters.len()).any(|at| {
        let (before, behind) = (at.checked_sub(1).map(|at| letters[at]), letters.get(at + 1));
        match letters[at] {
            c if is_mark(c) => !before.is_some_and(|before| is_consonant(before) || is_mark(before)),
            c if leads(c) => !behind.is_some_and(|&behind| is_consonant(behind)),
            _ => false,
        }
    })
}

/// True if the letter of East Asia is hardly possible in its place.
fn is_odd_east_asian(word: &[char], at: usize, encoding: Option<&'static Encoding>) -> bool {
    let between = |at: usize| word.get(at).is_some_and(char::is_ascii_lowercase);
    if at > 0 && between(at - 1) && between(at + 1) {
        return true;
    }
    match word[at] {
        // Half-width kana mostly come from signs of other encodings.
        '\u{ff61}'..='\u{ff9f}' => true,
        // Chinese and Korean texts have no kana except the dot between names.
        '\u{3041}'..='\u{30fa}' => !encoding.is_some_and(is_japanese),
        '\u{3000}'..='\u{30ff}' | '\u{ff00}'..='\u{ff5e}' => false,
        '\u{2010}'..='\u{203b}' | '\u{2160}'..='\u{217f}' | '\u{2190}'..='\u{21ff}' | '\u{2460}'..='\u{2473}' => false,
        '\u{25a0}'..='\u{266f}' | '·' | '×' | '±' | '°' | '§' => false,
        letter => !encoding.is_some_and(|encoding| is_common(letter, encoding)),
    }
}

fn is_japanese(encoding: &'static Encoding) -> bool {
    [SHIFT_JIS, EUC_JP, ISO_2022_JP].contains(&encoding)
}

/// The most frequent letters of written Chinese and of Chinese office words, in simplified characters.
const CHINESE: &str = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多\
    经么去法学如都同现当没动面起看定天分还进好小部其些主样理心本前开但因只从想实日月工新文件目项客户议修改报告网站设计准备材料代码审查测试\
    系统功更电话沟通复错误档团队务周总结";
/// The most frequent letters of written Chinese and of Chinese office words, in traditional characters.
const TRADITIONAL: &str = "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作里用道行所然家種事成方多\
    經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心本前開但因只從想實日月工新文件目項客戶議修改報告網站設計準備材料程式碼審查測試\
    系統功更電話溝通復錯誤檔團隊務週總結專案畫";
/// The most frequent syllables of written Korean, including words of office work.
const KOREAN: &str = "이다는의에을를가고하지로사은한리서도자기어나인시그아대과들일스수정으해있보부전여만라면게와장관원제상주성지유적안동러구비연조회\
    공요거음위트바되않것없때무실우선진소치신화발문터내예니저세미모방업영용공개생산교통국체민당경치계획고객디작검토테트웹드버설능오류";

/// True if the letter is among the most frequent letters of the encoding's language; in Japanese every kana is.
fn is_frequent(letter: char, encoding: &'static Encoding) -> bool {
    match encoding {
        _ if encoding == GBK => CHINESE.contains(letter),
        _ if encoding == BIG5 => TRADITIONAL.contains(letter),
        _ if encoding == EUC_KR => KOREAN.contains(letter),
        _ => matches!(letter, '\u{3041}'..='\u{30ff}'),
    }
}

/// True if the letter is in the common half of an encoding of East Asia, into
/// which the standards sort frequent letters.
fn is_common(letter: char, encoding: &'static Encoding) -> bool {
    let mut utf8 = [0; 4];
    let (bytes, _, lossy) = match encoding {
        // Both encodings code the same set of letters in different bytes.
        _ if encoding == ISO_2022_JP => EUC_JP.encode(letter.encode_utf8(&mut utf8)),
        _ => encoding.encode(letter.encode_utf8(&mut utf8)),
    };
    let &[lead, trail] = &bytes[..] else {
        return false;
    };
    let pair = u16::from_be_bytes([lead, trail]);
    let among = match encoding {
        _ if encoding == GBK => 0xb0a1..=0xd7f9,
        _ if encoding == BIG5 => 0xa440..=0xc67e,
        _ if encoding == SHIFT_JIS => 0x889f..=0x9872,
        _ if encoding == EUC_KR => 0xb0a1..=0xc8fe,
        _ => 0xb0a1..=0xcfd3,
    };
    !lossy && among.contains(&pair)
}
