//! Tempo's export in all known languages is read like its twin in English.

use super::matrix::Dice;
use super::*;
use crate::format::FormatName;

/// The columns of Tempo's export which have a field, in English, German, Russian and Portuguese; an empty
/// text stands for an unknown name.
const COLUMNS: [[&str; 4]; 11] = [
    ["Work date", "Arbeitsdatum", "Дата работы", "data de Trabalho"],
    ["Hours", "Stunden", "Часов", "Horas"],
    ["Issue Key", "Vorgangsschlüssel", "Ключ запроса", "Questão-chave"],
    ["Issue summary", "Vorgangszusammenfassung", "Тема запроса", "Emissão de resumo"],
    ["Username", "Benutzername", "Имя пользователя", "Nome de Usuário"],
    ["Full name", "Voller Name", "Полное имя", ""],
    ["Account Name", "Account-Name", "Имя аккаунта", ""],
    ["Project Key", "Projekt-Schlüssel", "Ключ проекта", ""],
    ["Project Name", "Projekt-Name", "Имя проекта", ""],
    ["Work Description", "Arbeitsbeschreibung", "Описание работы", ""],
    ["Billed Hours", "Abrechenbare Stunden ", "Тарифицируемые часы", ""],
];

const LANGUAGES: [&str; 4] = ["English", "German", "Russian", "Portuguese"];
const FILES: usize = 200;

/// A table of some of these columns in random order, once in English and once in the other language.
fn twins(language: usize, dice: &mut Dice) -> [String; 2] {
    let mut columns: Vec<usize> = (0..COLUMNS.len())
        .filter(|&column| !COLUMNS[column][language].is_empty() && (column < 3 || dice.roll(3) > 0))
        .collect();
    for last in (1..columns.len()).rev() {
        columns.swap(last, dice.roll(last as u64 + 1) as usize);
    }
    let comma = dice.roll(2) == 0;
    let delimiter = if comma { ";" } else { dice.pick(&[",", ";"]) };
    let date = dice.pick(&["%Y-%m-%d %H:%M", "%Y-%-m-%-d %H:%M", "%Y-%m-%d", "%d.%m.%Y"]);
    let number = |hours: u64| {
        let hours = format!("{}.{:02}", hours / 4, hours % 4 * 25);
        if comma { hours.replace('.', ",") } else { hours }
    };
    let rows: Vec<String> = (0..5 + dice.roll(10))
        .map(|row| {
            let day = if row == 0 { 28 } else { 1 + dice.roll(28) as i8 };
            let moment = jiff::civil::date(2016 + dice.roll(8) as i16, 1 + dice.roll(12) as i8, day).at(9, 30, 0, 0);
            let cells = columns.iter().map(|column| match column {
                0 => moment.strftime(date).to_string(),
                1 => number(1 + dice.roll(30)),
                2 => format!("SITE-{}", 1 + dice.roll(9)),
                10 => number(dice.roll(3)),
                column => {
                    dice.pick(&["Jo Field", "Größe", "Сайт", ""]).to_owned() + if *column == 3 { "x" } else { "" }
                }
            });
            cells.collect::<Vec<_>>().join(delimiter)
        })
        .collect();
    [0, language].map(|language| {
        let header: Vec<&str> = columns.iter().map(|&column| COLUMNS[column][language]).collect();
        format!("{}\n{}\n", header.join(delimiter), rows.join("\n"))
    })
}

/// The description of a row with its column names replaced by the English names.
fn in_english(row: &str, language: usize) -> String {
    COLUMNS.iter().filter(|names| !names[language].is_empty()).fold(row.to_owned(), |row, names| {
        row.replace(&format!("+{}:", names[language].trim()), &format!("+{}:", names[0]))
    })
}

#[test]
fn a_translated_export_is_read_as_its_twin_in_english() {
    for (language, name) in LANGUAGES.into_iter().enumerate().skip(1) {
        let mut dice = Dice(0x007e_3900 + language as u64);
        let mut read = 0;
        for number in 0..FILES {
            let [english, translated] = twins(language, &mut dice);
            let rows = |file: &str| read_with(file.as_bytes(), &plainly()).map_err(|refusal| refusal.reasons.len());
            let plan = survey(translated.as_bytes(), &plainly(), 5, 99);
            assert!(
                plan.is_err() || plan.is_ok_and(|plan| plan.layout.decisions.format == FormatName::Tempo),
                "{name}\n{translated}"
            );
            let (expected, found) = (rows(&english), rows(&translated));
            read += usize::from(expected.is_ok());
            let found = found.map(|rows| rows.iter().map(|row| in_english(row, language)).collect::<Vec<_>>());
            assert_eq!(found, expected, "{name}, file {number}\n{translated}");
        }
        assert!(read * 10 >= FILES * 9, "{name}: {read} of {FILES} are read");
    }
}

#[test]
fn the_whole_header_is_known_in_german_and_russian() {
    let german = "Vorgangsschlüssel;Vorgangszusammenfassung;Stunden;Arbeitsdatum;Benutzername;Voller Name;Zeitraum;Account-Schlüssel;\
                  Account-Name;Aktivitätsname;Komponente;Alle Komponenten;Versionsname;Vorgangs-Typ;Vorgangs-Status;Projekt-Schlüssel;\
                  Projekt-Name;Arbeitsbeschreibung;Elternschlüssel;Autor;Externe Stunden;Abrechenbare Stunden ;\
                  \"Vorgang, ursprüngliche Schätzung\";\"Vorgang, verbleibende Schätzung\"\n\
                  SITE-3;Beete;1,25;2014-4-1 09:30;jo;Jo Field;0414;A;Alder;Pflanzen;;;;Aufgabe;Open;SITE;Site;gejätet;;Mo Ask;0;1,25;0;0\n";
    assert_eq!(
        read(german),
        [
            "2014-04-01 | 09:30:00- | 4500 s | name: Jo Field | client: Alder | project: Site | task: SITE-3: Beete | text: gejätet | \
             billable: yes | +Zeitraum: 0414 | +Account-Schlüssel: A | +Aktivitätsname: Pflanzen | +Vorgangs-Typ: Aufgabe | \
             +Vorgangs-Status: Open | +Projekt-Schlüssel: SITE | +Autor: Mo Ask | +Externe Stunden: 0 | \
             +Vorgang, ursprüngliche Schätzung: 0 | +Vorgang, verbleibende Schätzung: 0 | +Benutzername: jo | \
             +Abrechenbare Stunden: 1,25"
        ]
    );
    let russian = "Ключ запроса,Тема запроса,Часов,Дата работы,Имя пользователя,Полное имя,Период,Ключ аккаунта,Имя аккаунта,\
                   Account Lead,Account Category,Account Customer,Имя активности,Компонент,Все компоненты,Имя продукта,Тип запроса,\
                   Статус запроса,Ключ проекта,Имя проекта,Epic,Epic Link,Описание работы,Ключ родителя,Автор,Внешние часы,\
                   Тарифицируемые часы,Первоначальная оценка запроса,Оставшееся время запроса\n\
                   SITE-3,Грядки,1.25,2020-04-01 09:30,jo,Jo Field,0420,A,Alder,,,Elm,,,,,Задача,Open,SITE,Сайт,,,полол,,Mo,0,0,0,0\n";
    let plan = survey(russian.as_bytes(), &plainly(), 5, 99).unwrap();
    assert_eq!((plan.layout.decisions.format, plan.layout.decisions.candidates[0].score), (FormatName::Tempo, 100));
    let row = &read(russian)[0];
    assert!(
        row.starts_with(
            "2020-04-01 | 09:30:00- | 4500 s | name: Jo Field | client: Elm | project: Сайт | task: SITE-3: Грядки | \
             text: полол | billable: no"
        ),
        "{row}"
    );
}

#[test]
fn dates_are_named_in_cyrillic_and_greek() {
    for cell in [
        "4 марта 2024",
        "04/мар/24",
        "4 марта 2024 г.",
        "пн, 4 марта 2024 г.",
        "понедельник 4 марта 2024",
        "4 березня 2024 р.",
        "4 март 2024",
        "4 Μαρτίου 2024",
        "04.мар.2024",
        "04.Mar.2024",
    ] {
        let rows = read(format!("date,person,minutes,tags\n\"{cell}\",Jo,5,\n"));
        assert_eq!(rows, ["2024-03-04 | 300 s | name: Jo"], "{cell}");
    }
}

#[test]
fn a_column_of_texts_that_tempo_does_not_have_is_refused_by_name_in_its_languages_too() {
    let file = "Arbeitsdatum,Stunden,Vorgangsschlüssel,Kommentar\n2024-03-04,1,SITE-1,gejätet\n";
    assert!(refused(file).to_string().contains("but \"Kommentar\" is none that tempo has"), "{}", refused(file));
}
