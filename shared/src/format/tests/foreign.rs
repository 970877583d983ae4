//! Files in every encoding of the Encoding Standard. With the option `encoding` each file is read
//! like its twin in UTF-8, chunk by chunk. Without the option each file is read rightly, or refused
//! without advice which would import mojibake.

use std::collections::HashMap;

use proptest::prelude::*;

use super::matrix::Dice;
use super::*;
use crate::source::Encoding;
use crate::source::checks::cesu8;

/// Encodings which a caller can name, in addition to UTF-8 and UTF-16.
const LEGACY: [&str; 37] = [
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "windows-874",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-8-i",
    "iso-8859-10",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "koi8-r",
    "koi8-u",
    "ibm866",
    "macintosh",
    "x-mac-cyrillic",
    "shift_jis",
    "euc-jp",
    "iso-2022-jp",
    "gbk",
    "gb18030",
    "big5",
    "euc-kr",
    "cesu-8",
    "utf-8",
];

/// The bytes of a character or two, with the text they decode to.
type Unit = (Vec<u8>, String);

/// The characters of an encoding beyond ASCII, as known to the decoder. A decoder knows more than an encoder writes,
/// for example second codes of the same character, and characters of three or four bytes.
fn units(name: &str) -> Vec<Unit> {
    let wide = |letter: &str| (cesu8(letter), letter.to_owned());
    let plain = |letter: &str| (letter.as_bytes().to_vec(), letter.to_owned());
    match name {
        "utf-8" => return ["é", "€", "表", "🚀", "\u{10ffff}", "\u{e000}"].map(plain).to_vec(),
        // CESU-8 may write a character beyond U+FFFF in both ways.
        "cesu-8" => {
            return [wide("🚀"), wide("\u{10ffff}"), wide("\u{10000}"), plain("🚀"), plain("é"), plain("表")].to_vec();
        }
        "iso-2022-jp" => {
            let unit = |(bytes, text): (&[u8], &str)| (bytes.to_vec(), text.to_owned());
            return [
                (&b"\x1b$BI=\x1b(Ba"[..], "表a"),
                (b"\x1b$B%\"I=F|\x1b(B,", "ア表日,"),
                (b"\x1b(J\\~\x1b(B;", "¥‾;"),
                (b"\x1b(I1\x1b(B ", "ｱ "),
                (b"\x1b(Bx", "x"),
            ]
            .map(unit)
            .to_vec();
        }
        _ => {}
    }
    let encoding = encoding_rs::Encoding::for_label(name.as_bytes()).unwrap();
    let ones = (0x80..=0xff_u8).map(|a| vec![a]);
    let twos = (0x81..=0xfe_u8).step_by(5).flat_map(|a| (0x40..=0xfe_u8).map(move |b| vec![a, b]));
    let threes = (0xa1..=0xfe_u8).step_by(7).flat_map(|a| (0xa1..=0xfe_u8).step_by(9).map(move |b| vec![0x8f, a, b]));
    let fours = (0x30..=0x39_u8).flat_map(|b| (0x81..=0xfe_u8).step_by(9).map(move |c| vec![0x81, b, c, 0x35]));
    let read = |bytes: Vec<u8>| {
        let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes)?.into_owned();
        let one = text.chars().count() <= 2 && !text.chars().any(|c| c.is_ascii() || c.is_control());
        one.then_some((bytes, text))
    };
    let is_japanese = name == "euc-jp";
    let several = if encoding.is_single_byte() { 0 } else { usize::MAX };
    let all = ones
        .chain(twos.take(several))
        .chain(threes.take(if is_japanese { several } else { 0 }))
        .chain(fours.take(several));
    all.filter_map(read).collect()
}

/// A table in an encoding, and the same table in UTF-8.
fn twins(name: &str, picks: &[Vec<usize>], line_end: &str, quoted: bool) -> (Vec<u8>, String) {
    let units = units(name);
    let ascii = ["a", " ", "\\", "|", "x", ";", "0", "\"\"", "\n", "\r\n", ","];
    let header = format!("date,person,minutes,description,project{line_end}");
    let (mut bytes, mut text) = (header.clone().into_bytes(), header);
    for (row, picks) in picks.iter().enumerate() {
        let before = format!("2024-03-{:02},Jo,{},\"", 1 + row % 28, row % 60);
        bytes.extend_from_slice(before.as_bytes());
        text.push_str(&before);
        for pick in picks {
            match pick % 3 {
                0 => {
                    let letter = ascii[pick / 3 % ascii.len()];
                    let letter = if quoted || letter.len() == 1 && !letter.contains(['\n', '\r', ',', ';', '|']) {
                        letter
                    } else {
                        "y"
                    };
                    bytes.extend_from_slice(letter.as_bytes());
                    text.push_str(letter);
                }
                _ => {
                    let (unit, letter) = &units[pick / 3 % units.len()];
                    bytes.extend_from_slice(unit);
                    text.push_str(letter);
                }
            }
        }
        let behind = format!("\",Site{line_end}");
        bytes.extend_from_slice(behind.as_bytes());
        text.push_str(&behind);
    }
    (bytes, text)
}

/// Each row with its line, and each chunk with its text.
fn told(bytes: &[u8], encoding: &str, rows_per_chunk: u32, piece: usize) -> (Vec<String>, Vec<(u64, u64, String)>) {
    let options = ReadingOptions { encoding: Some(encoding.parse().unwrap()), delimiter: Some(b','), ..plainly() };
    let plan = survey(bytes, &options, rows_per_chunk, piece).unwrap_or_else(|refusal| panic!("{encoding}: {refusal}"));
    let mut rows = Vec::new();
    load(bytes, &plan, |row| rows.push(format!("{}: {}", row.line, tell(row))));
    let text = |span: &crate::table::ChunkSpan| {
        let bytes = &bytes[span.start as usize..span.end as usize];
        (span.first_row, span.first_line, plan.layout.encoding.decode(bytes).unwrap().into_owned())
    };
    let chunks = plan.chunks.iter().map(text).collect();
    (rows, chunks)
}

proptest! {
    #[test]
    fn any_text_in_any_encoding_and_any_pieces_is_its_twin_in_utf_8_chunk_by_chunk(
        name in prop::sample::select(LEGACY.to_vec()),
        picks in prop::collection::vec(prop::collection::vec(any::<usize>(), 0..30), 1..9),
        line_end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        quoted in any::<bool>(),
        rows_per_chunk in 1..4_u32,
        piece in 1..300_usize,
        piece_of_twin in 1..300_usize,
    ) {
        let (bytes, text) = twins(name, &picks, line_end, quoted);
        let of_file = told(&bytes, name, rows_per_chunk, piece);
        prop_assert_eq!(&of_file, &told(text.as_bytes(), "utf-8", rows_per_chunk, piece_of_twin), "{}", name);
        prop_assert_eq!(of_file.0.len(), picks.len());
    }
}

#[test]
fn each_encoding_has_characters_of_all_its_lengths() {
    let lengths = |name: &str| {
        let mut lengths: Vec<usize> = units(name).iter().map(|(bytes, _)| bytes.len()).collect();
        lengths.sort_unstable();
        lengths.dedup();
        lengths
    };
    for name in LEGACY {
        assert!(units(name).len() >= 5, "{name}");
    }
    assert_eq!(lengths("windows-1251"), [1]);
    assert_eq!(lengths("shift_jis"), [1, 2]);
    assert_eq!(lengths("gbk"), [1, 2, 4]);
    assert_eq!(lengths("euc-jp"), [2, 3]);
    // The second byte of a character may look like a delimiter or an escape.
    for (name, trail) in [("shift_jis", b'|'), ("gbk", b'|'), ("big5", b'\\')] {
        assert!(units(name).iter().any(|(bytes, _)| bytes.get(1) == Some(&trail)), "{name}");
    }
}

#[test]
fn half_a_character_that_looks_like_a_delimiter_is_none() {
    // 表 is 0x95 0x5C in Shift_JIS and ポ is 0x83 0x7C, whose second bytes are a backslash and a bar.
    let text = "date|person|minutes|description\n2024-03-04|Jo|5|表ポ\n2024-03-05|Jo|6|x\n";
    let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(text);
    let options = ReadingOptions { encoding: Some("shift_jis".parse().unwrap()), ..plainly() };
    assert_eq!(
        read_with(&bytes, &options).unwrap(),
        ["2024-03-04 | 300 s | name: Jo | text: 表ポ", "2024-03-05 | 360 s | name: Jo | text: x"]
    );
}

#[test]
fn a_line_of_iso_2022_jp_that_ends_outside_of_ascii_is_refused() {
    let options = ReadingOptions { encoding: Some("iso-2022-jp".parse().unwrap()), ..plainly() };
    let file = b"date,person,minutes,description\n2024-03-04,Jo,5,\x1b(J\\100\n2024-03-05,Jo,6,\\x\n";
    let reason = read_with(file, &options).unwrap_err().to_string();
    assert_eq!(
        reason,
        "byte 55 (counted from 0) on line 2 ends a line outside of ASCII, which is not read of iso-2022-jp: save the file as UTF-8"
    );
    // Without the option, the escapes of ISO-2022-JP look like ASCII.
    let file = b"date,person,minutes,description\n2024-03-04,Jo,5,\x1b$B2q5D$N=`Hw\x1b(B\n";
    let reason = refused(file).to_string();
    assert!(reason.contains("say encoding=iso-2022-jp"), "{reason}");
    assert_eq!(read_with(file, &options).unwrap(), ["2024-03-04 | 300 s | name: Jo | text: 会議の準備"]);
}

#[test]
fn bytes_that_an_encoding_does_not_have_are_refused_with_their_place() {
    for (name, bytes, said) in [
        ("windows-1253", &b"a\r\n\"x\r\xaa\""[..], "byte 6 (counted from 0) on line 3 is not valid windows-1253"),
        ("windows-1251", b"a\nb\n\x98", "byte 4 (counted from 0) on line 3 is not valid windows-1251"),
        ("shift_jis", b"a\n\x95\x5c\x95\n", "byte 4 (counted from 0) on line 2 is not valid shift_jis"),
        ("shift_jis", b"a\n\x95\x5c\x80\n", "byte 4 (counted from 0) on line 2 is not valid shift_jis"),
        ("gbk", b"a\n\xc4\xe3\n\xff", "byte 5 (counted from 0) on line 3 is not valid gbk"),
        ("euc-kr", b"a\n\xb0\xa1,\xb0", "byte 5 (counted from 0) on line 2 is not valid euc-kr"),
        ("euc-jp", b"a\n\0", "byte 2 (counted from 0) on line 2 is zero: this is binary data, not text"),
        ("cesu-8", b"a\n\xed\xa0\xbd\xed\xba\x80\xed\xa0\xbd", "byte 8 (counted from 0) on line 2 is not valid cesu-8"),
    ] {
        let options = ReadingOptions { encoding: Some(name.parse().unwrap()), ..plainly() };
        for piece in [1, 2, 3, 100] {
            let refusal = survey(bytes, &options, 3, piece).unwrap_err();
            assert!(refusal.to_string().starts_with(said), "{name}: {refusal}");
        }
    }
}

/// Words of a language, and the encodings in which the language was written before UTF-8.
#[rustfmt::skip]
const LANGUAGES: [(&[&str], &[&str]); 21] = [
    (&["windows-1251", "koi8-r", "ibm866", "iso-8859-5"],
     &["Посадка", "обрезка деревьев", "созвон с заказчиком", "Иван Петров", "отчёт", "правка макета", "встреча", "подготовка",
       "сайт", "исправление ошибок", "совещание", "Мария", "обсуждение", "настройка сервера", "звонок", "ревью кода", "Ёлка"]),
    (&["windows-1251", "koi8-u"],
     &["зустріч з клієнтом", "робота над сайтом", "звіт за місяць", "правка", "нарада", "Олексій", "підготовка", "їжа", "їздив",
       "обговорення", "виправлення", "налаштування", "дзвінок", "Київ"]),
    (&["windows-1251"],
     &["среща с клиента", "работа по сайта", "отчет", "поправка", "подготовка", "Георги", "обаждане", "преглед", "къща", "ъгъл"]),
    (&["windows-1253", "iso-8859-7"],
     &["συνάντηση με πελάτη", "εργασία", "διόρθωση", "αναφορά μηνός", "σχέδιο", "Γιώργος", "τηλέφωνο", "έλεγχος", "προετοιμασία",
       "ανάπτυξη", "δοκιμές", "Μαρία", "Άννα", "κώδικας"]),
    (&["windows-1255"],
     &["פגישה עם לקוח", "עבודה על האתר", "תיקון", "דוח חודשי", "הכנה", "דוד כהן", "שיחה", "בדיקות", "פיתוח", "עיצוב"]),
    (&["windows-1256"],
     &["اجتماع مع العميل", "العمل على الموقع", "تقرير شهري", "تصحيح", "محمد", "إعداد", "تطوير", "اختبار", "مكالمة", "مراجعة"]),
    (&["windows-874"],
     &["ประชุมกับลูกค้า", "แก้ไขเว็บไซต์", "รายงานประจำเดือน", "สมชาย", "เตรียมเอกสาร", "ทดสอบระบบ", "พัฒนา", "ออกแบบ"]),
    (&["shift_jis", "euc-jp"],
     &["会議の準備", "打ち合わせ", "資料の作成", "修正", "顧客との会議", "サイトの更新", "田中さん", "テスト", "レビュー", "設計書を書く",
       "電話対応", "開発環境の構築", "表の作成", "ソフトウェア"]),
    (&["gbk", "gb18030"],
     &["客户会议", "修改报告", "网站设计", "三月总结", "准备材料", "代码审查", "测试系统", "王小明", "开发新功能", "项目计划", "电话沟通",
       "修复错误", "更新文档", "团队会议"]),
    (&["big5"],
     &["客戶會議", "修改報告", "網站設計", "準備資料", "程式碼審查", "測試系統", "王小明", "開發新功能", "專案計畫", "電話溝通", "更新文件",
       "團隊會議", "功能測試"]),
    (&["euc-kr"],
     &["고객 회의", "보고서 수정", "웹사이트 디자인", "회의 준비", "코드 검토", "테스트", "김철수", "기능 개발", "전화 통화", "문서 작성",
       "오류 수정", "주간 회의", "서버 설정"]),
    (&["windows-1250", "iso-8859-2"],
     &["zażółć gęślą jaźń", "spotkanie z klientem", "święta i środa", "Łukasz", "poprawki błędów", "źródło", "księgowość", "przegląd",
       "zgłoszenie", "obsługa", "Małgorzata", "ćwiczenia", "późny", "wdrożenie"]),
    (&["windows-1250", "iso-8859-2"],
     &["příliš žluťoučký kůň", "schůzka s klientem", "Dvořák a Růžička", "příprava", "oprava chyb", "účetnictví", "Škoda", "překlad",
       "vývoj", "přehled", "Jiří", "řešení", "měsíční zpráva", "ťuhýk"]),
    (&["windows-1250", "iso-8859-2"],
     &["kőszív ember fia", "megbeszélés az ügyféllel", "könyvelő", "hibajavítás", "előkészítés", "tűzfal", "Győr", "fűtés",
       "jelentés", "szűrő", "gyűlés", "időpont", "bővítés"]),
    (&["windows-1250", "iso-8859-2"],
     &["sastanak s klijentom", "Čišćenje", "razvoj", "održavanje", "Đorđe", "žičara", "šuma", "rješenje", "potvrđivanje",
       "računovodstvo", "Željko", "ćuprija"]),
    (&["windows-1254"],
     &["müşteri toplantısı", "Işık", "rapor düzeltme", "görüşme", "çalışma", "İstanbul", "geliştirme", "öğle", "Şahin", "değişiklik",
       "eğitim", "sunuş", "bağlantı"]),
    (&["windows-1257", "iso-8859-13"],
     &["susitikimas su klientu", "ataskaitų ruošimas", "Šarūnas", "klaidų taisymas", "Žemaitė", "pokalbis", "įvairūs", "kūrimas",
       "peržiūra", "ąžuolas", "šešėlis", "svarbūs"]),
    (&["windows-1257"],
     &["tikšanās ar klientu", "pārskats", "kļūdu labošana", "Bērziņš", "sagatavošana", "izstrāde", "Līga", "ģimene", "ķermenis",
       "šūšana", "ņemšana"]),
    (&["macintosh", "windows-1252"],
     &["réunion avec le client", "préparation", "Hélène", "forêt", "déjà", "garçon", "vérification", "Noël", "développement", "été",
       "mise à jour", "l’équipe"]),
    (&["macintosh", "windows-1252"],
     &["Besprechung", "Größe ändern", "Jürgen Müller", "Übung", "Prüfung", "Änderung", "Köln", "Straße", "für Höfer", "Büro",
       "Lösung", "Maß"]),
    (&["macintosh", "windows-1252"],
     &["reunión con el cliente", "mañana", "diseño", "revisión", "José", "Peña", "código", "año", "teléfono", "página",
       "corrección", "señal"]),
];

/// Rows with `texts` texts in a language, among rows in ASCII.
fn foreign(dice: &mut Dice, words: &[&str], texts: usize) -> Vec<String> {
    let mut rows: Vec<String> = (0..texts)
        .map(|_| {
            let word = dice.pick(words);
            if dice.roll(3) == 0 { format!("{word}, {}", dice.pick(words)) } else { word.to_owned() }
        })
        .collect();
    for _ in 0..dice.roll(10) {
        let at = dice.roll(rows.len() as u64 + 1) as usize;
        rows.insert(at, dice.pick(&["call", "Weekly review", "SEO", "v2.1 release", "fix #12"]).to_owned());
    }
    rows
}

/// The texts of a file and the evidence for its encoding, or the refusal.
fn texts(bytes: &[u8], encoding: Option<Encoding>) -> Result<(Vec<String>, String), Refusal> {
    let options = ReadingOptions { encoding, ..plainly() };
    let plan = survey(bytes, &options, 3, 1000)?;
    let mut texts = Vec::new();
    load(bytes, &plan, |row| texts.push(row.parsed.as_ref().unwrap().text.as_deref().unwrap_or_default().to_owned()));
    Ok((texts, plan.layout.evidence[0].clone()))
}

/// True if the evidence shows a word of the text.
fn means(said: &str, text: &str) -> bool {
    text.split(' ').any(|word| !word.is_ascii() && said.contains(&format!("{:?}", word.trim_matches(','))))
}

#[test]
fn no_file_of_seven_thousand_in_another_encoding_is_misread_nor_does_its_refusal_advise_mojibake() {
    let mut dice = Dice(0xc0de_9a6e);
    let mut advised: HashMap<&str, (u32, u32)> = HashMap::new();
    let kinds: Vec<_> =
        LANGUAGES.iter().flat_map(|(names, words)| names.iter().map(move |name| (*name, *words))).collect();
    let (mut wrong, mut guesses, mut needless) = (Vec::new(), 0, 0);
    for number in 0..7400 {
        let (name, words) = kinds[number % kinds.len()];
        let few = 1 + dice.roll(25) as usize;
        let rows = foreign(&mut dice, words, few);
        let lines = rows.iter().map(|text| format!("2024-03-04,Jo,5,\"{text}\",Site\n"));
        let file = format!("date,person,minutes,description,project\n{}", lines.collect::<String>());
        let (bytes, _, lossy) = encoding_rs::Encoding::for_label(name.as_bytes()).unwrap().encode(&file);
        if lossy || bytes == file.as_bytes() {
            continue;
        }
        match texts(&bytes, None) {
            Ok((read, _)) if read == rows => {}
            // No rule can decide, and the evidence says so and shows the intended words.
            Ok((_, said)) if said.contains("a guess by few words") && rows.iter().any(|row| means(&said, row)) => {
                guesses += 1;
            }
            Ok((read, _)) => {
                let pair = read.iter().zip(&rows).find(|(read, row)| read != row).unwrap();
                wrong.push(format!("{name}, {few} texts: misread {pair:?}"));
            }
            Err(refusal) if name == "windows-1252" => {
                // Some words are likelier in another encoding, and the refusal proposes no encoding.
                let said = refusal.to_string();
                assert!(said.contains("say which with `encoding`") || !said.contains("encoding="), "{said}");
                needless += 1;
            }
            Err(refusal) => {
                let said = refusal.to_string();
                let advice =
                    said.split_once("encoding=").map(|(_, rest)| rest.split([',', ' ']).next().unwrap().to_owned());
                let advised = advised.entry(name).or_default();
                if few >= 8 {
                    advised.1 += 1;
                    advised.0 += u32::from(advice.is_some());
                }
                if let Some(advice) = advice {
                    match texts(&bytes, Some(advice.parse().unwrap())) {
                        Ok((read, _)) if read == rows => {}
                        read => wrong.push(format!(
                            "{name}, {few} texts: advises {advice}, {:?} for {rows:?}",
                            read.map(|(r, _)| r[0].clone()).map_err(|e| e.to_string())
                        )),
                    }
                } else {
                    assert!(
                        said.contains("save the file as UTF-8")
                            || said.contains("UTF-8, but for")
                            || said.contains("two encodings"),
                        "{said}"
                    );
                }
            }
        }
    }
    for (name, (told, all)) in advised {
        assert!(all >= 60 && told * 100 >= all * 80, "{name}: {told} of {all} refusals say which encoding it is");
    }
    assert!(needless < 5, "{needless} files in Windows-1252 are refused");
    assert!(guesses < 40, "{guesses} files are read by a guess that is wrong");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(60)].join("\n"));
}
