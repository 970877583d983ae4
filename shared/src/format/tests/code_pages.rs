//! Files with a single accented word, in the code pages of the word's language. Windows-1252 is read.
//! Other code pages are read if the bytes mean the same letters, and refused otherwise; the words which
//! no rule can decide are listed.

use super::*;
use crate::source::Encoding;

/// Names and everyday words in the languages of Windows-1252, Mac Roman and code page 850.
const WESTERN: [(&str, &str); 11] = [
    (
        "de",
        "Jörg Jürgen Günther Björn Müller Schröder Schäfer Köhler Groß Weiß Fuß Böhm Straße Größe für Übung Änderung",
    ),
    (
        "fr",
        "Hélène Benoît Anaïs Irène Geneviève Solène François Noël Chloë Léa Zoé Gérard Rémi Raphaël Élodie Éric Forêt déjà août maître cœur garçon",
    ),
    (
        "es",
        "José García Díaz Peña Muñoz Núñez López Martínez Rodríguez Joaquín Álvarez Íñigo Óscar mañana reunión módulo histórico página",
    ),
    ("pt", "João Conceição Gonçalves Simões Inês Antônio Luís Mário amanhã relatório você ações análise"),
    ("it", "Nicolò perché più città così attività lunedì"),
    ("da", "Søren Kjær Bjørn Sørensen Nørregaard Åse Ærø møde køer præcis"),
    ("sv", "Björn Håkan Sjöberg Söderberg Åkesson Öhman Lindström möte åtgärd"),
    ("nb", "Øyvind Bjørg Håkon Pål Tromsø Ålesund miljø nivå"),
    ("fi", "Päivi Jyrki Mäkinen Hämäläinen Väinö työ käyttäen"),
    ("is", "Þórður Sigurður Guðrún Jón Ásgeir fundur þjónusta"),
    ("nl", "Zoë Daniël Noë geïnteresseerd reünie coördinatie"),
];

/// Names and everyday words in the languages of Windows-1250, 1254 and 1257.
const EASTERN: [(&str, &str); 8] = [
    ("windows-1250", "Łukasz Paweł Michał Małgorzata Gdańsk Poznań Wiśniewski Kraków Piątek Środa Żółw spotkań główne"),
    ("windows-1250", "Ondřej Čapek Zdeněk Dvořák Jiří Tomáš Škoda Lukáš Černý Růžena schůzka příprava"),
    ("windows-1250", "Ľuboš Ďurica Maďarič stretnutie úloha Kučera"),
    ("windows-1250", "Győr Győző Gergő Szűcs Kovács Bács erdő fűtés könyvelő"),
    ("windows-1250", "Ţepeş Bălan Ştefan Mureşan şedinţă întâlnire"),
    ("windows-1250", "Đorđe Anđela Ivančić Kovačević Šime Žarko Petrović"),
    ("windows-1254", "Işık Yıldız Şahin Doğan Çelik İstanbul Güneş Ağrı Kılıç Yılmaz Çağlar toplantı"),
    ("windows-1257", "Šarūnas Žemaitė Kęstutis Ēriks Ģirts Bērziņš Līga Jānis"),
];

/// The characters of the bytes 0x80 to 0xff in code page 850.
const CP850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// Encodes a word; `None` if the code page lacks some of its letters.
fn encode(word: &str, page: &str) -> Option<Vec<u8>> {
    if page == "cp850" {
        let byte = |c: char| match CP850.chars().position(|upper| upper == c) {
            Some(at) => u8::try_from(at + 0x80).ok(),
            None => u8::try_from(c).ok().filter(u8::is_ascii),
        };
        return word.chars().map(byte).collect();
    }
    let (bytes, _, lossy) = encoding_rs::Encoding::for_label(page.as_bytes()).unwrap().encode(word);
    (!lossy).then(|| bytes.into_owned())
}

/// A table in English whose row in the middle ends with the text.
fn file(text: &[u8]) -> Vec<u8> {
    let row = b"2024-03-04,Jo,5,Weekly call with the client\n";
    let before = [b"date,person,minutes,description\n".as_slice(), &row.repeat(20), b"2024-03-05,Jo,5,Call "].concat();
    [&before, text, b"\n", &row.repeat(20)].concat()
}

/// The text as read, and the evidence for its encoding; `None` if the file is refused.
fn told_of(bytes: &[u8]) -> Option<(String, String)> {
    let text = text_of(bytes)?;
    let plan = survey(&file(bytes), &plainly(), 100, 1000).unwrap();
    Some((text, plan.layout.evidence[0].clone()))
}

/// The text as read; `None` if the file is refused.
fn text_of(bytes: &[u8]) -> Option<String> {
    let rows = read_with(&file(bytes), &plainly()).ok()?;
    Some(rows[20].split_once("text: Call ").unwrap().1.to_owned())
}

#[test]
fn a_word_is_read_or_refused_in_each_code_page_of_its_language() {
    let western =
        WESTERN.iter().flat_map(|(_, words)| ["windows-1252", "macintosh", "cp850"].map(|page| (page, words)));
    let mut untold = Vec::new();
    for (page, words) in western.chain(EASTERN.iter().map(|(page, words)| (*page, words))) {
        for word in words.split(' ') {
            let Some(bytes) = encode(word, page) else {
                continue;
            };
            let read = told_of(&bytes);
            if page == "windows-1252" {
                assert_eq!(read.map(|(text, _)| text).as_deref(), Some(word), "{page}");
            } else if let Some((text, said)) = read.filter(|(text, _)| text != word) {
                // No rule can decide, and the evidence says so and shows the intended word.
                if !said.contains("a guess by few words") || !said.contains(&format!("{word:?}")) {
                    untold.push((page, word, text, said));
                }
            }
        }
    }
    assert!(untold.is_empty(), "{untold:#?}");
}

#[test]
fn a_sign_in_a_strange_place_does_not_condemn_a_file() {
    let german = "Müller,Größe,Straße,Jürgen,Übung,Schäfer";
    let spanish = "reunión,mañana,señor,página,módulo,qué";
    let french = "réunion,préparation,Hélène,forêt,déjà,garçon";
    for (words, text) in [
        (german, "Let´s"),
        (french, "n°FA2024"),
        (french, "N°dossier"),
        (german, "StGB§12"),
        (german, "20m²Wohnung"),
        (german, "Datei»Neu"),
        (german, "A•B"),
        (german, "1½h"),
        (spanish, "hola¿qué"),
        (spanish, "vale¡ya!"),
        (german, "„Spaß“"),
        (german, "»Spaß«"),
        (german, "Spaß…"),
        (german, "Gruß–"),
    ] {
        let words: Vec<&str> = words.split(',').collect();
        let rows = (0..40).map(|row| format!("2024-03-04,Jo,5,{}\n", words[row % words.len()]));
        let file = format!("date,person,minutes,description\n{}2024-03-05,Jo,5,{text}\n", rows.collect::<String>());
        let rows = read(encode(&file, "windows-1252").unwrap());
        assert_eq!(rows[40], format!("2024-03-05 | 300 s | name: Jo | text: {text}"));
    }
}

#[test]
fn signs_alone_are_read() {
    for text in [
        "Let´s",
        "n°FA2024",
        "N°dossier",
        "StGB§12",
        "20m²Wohnung",
        "Datei»Neu",
        "A•B",
        "µm",
        "¡Hola!",
        "½h",
        "5µs",
        "„Spaß“",
        "»Spaß«",
        "don’t",
        "“quoted”",
        "client – call",
        "wait…",
        "it’s 5°C",
        "word—the next",
        "Foo™",
        "£5 or 20£",
        "‘single’",
        "‚einfach‘",
        "©2024",
        "3×4",
        "±5",
        "50€",
        "L’Oréal",
        "O’Neill",
        "James’ plan",
        "CO²",
        "¿Qué?",
        "l’été d’Inès",
        "un po’",
        "• item",
        "Mo–Fr",
        "”ord”",
    ] {
        assert_eq!(text_of(&encode(text, "windows-1252").unwrap()).as_deref(), Some(text));
    }
}

#[test]
fn signs_of_old_macs_and_of_dos_are_no_letters() {
    for text in
        ["don’t", "“quoted”", "client – call", "wait…", "l’eau", "«oui»", "l’équipe", "d’été", "d’à côté", "L’île"]
    {
        assert_eq!(text_of(&encode(text, "macintosh").unwrap()), None, "{text}");
    }
    for text in ["déjà vu", "«oui»", "20°C"] {
        assert_eq!(text_of(&encode(text, "cp850").unwrap()), None, "{text}");
    }
}

#[test]
fn a_last_letter_and_the_sign_behind_it_are_no_letter_of_utf_8() {
    for text in ["Spaß…", "viel Spaß… dabei", "CAFÉ…", "MENÜ…"] {
        let bytes = file(&encode(text, "windows-1252").unwrap());
        for piece in [1, 2, 3, 1000] {
            let plan = survey(&bytes, &plainly(), 1, piece).unwrap();
            assert_eq!(plan.layout.encoding, Encoding::Windows1252, "{text}");
        }
        assert_eq!(text_of(&encode(text, "windows-1252").unwrap()).as_deref(), Some(text));
    }
    for text in ["Σ…", "ߊߛߎ", "București", "Привет", "Đà Nẵng", "會議"] {
        assert_eq!(text_of(text.as_bytes()).as_deref(), Some(text));
    }
}

#[test]
fn a_refusal_points_at_what_tells() {
    let bytes = [
        b"date,person,minutes,description\n2024-03-04,Jo,5,caf\xe9\n".as_slice(),
        b"2024-03-05,Jo,5,J\x9arg M\x9fller\n",
    ];
    let said = refused(bytes.concat()).to_string();
    assert!(said.contains("byte 70 ") && said.contains("on line 3"), "{said}");
    let bytes = [b"date,person,minutes,tags\n2024-03-04,J\xe9,5,a\n".as_slice(), "2024-03-04,Zoë,5,a\n".as_bytes()];
    let said = refused(bytes.concat()).to_string();
    assert!(said.contains("byte 37 ") && said.contains("is UTF-8"), "{said}");
}
