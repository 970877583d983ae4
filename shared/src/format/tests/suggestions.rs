//! Tests of mappings suggested for tables without a known format. A caller who sends the suggestion back gets the
//! table read rightly, or refused for a named cause.

mod languages;
mod made;

use std::collections::BTreeSet;

use super::matrix::Dice;
use super::*;
use crate::format::{FormatName, Mapping, SuggestedMapping};
use crate::table::MappedField;
use languages::LANGUAGES;
use made::{Truth, table};

/// Count of files generated for each language and for each kind of trap.
const FILES: usize = 200;

/// The suggestion for a file which is refused, equal for all sizes of the pieces.
fn suggested(file: &[u8]) -> Option<SuggestedMapping> {
    let in_pieces = |piece: usize| {
        survey(file, &plainly(), 3, piece).err().and_then(|refusal| refusal.considered.suggested_mapping)
    };
    let suggestion = in_pieces(1 << 20);
    if file.len().is_multiple_of(8) {
        assert_eq!(in_pieces(7), suggestion);
    }
    suggestion.map(|suggestion| *suggestion)
}

/// Reading options with the suggestion, converted to JSON and back as by a caller.
fn pasted(suggestion: &SuggestedMapping) -> ReadingOptions {
    let json = serde_json::to_value(suggestion).unwrap();
    assert!(json.to_string().len() < 16_000, "{json}");
    let fields: BTreeSet<_> = suggestion.columns.iter().map(|column| column.field).collect();
    assert_eq!(fields.len(), suggestion.columns.len(), "a field has one column: {json}");
    let least = suggestion.columns.iter().map(|column| column.score).min();
    assert_eq!(least, Some(suggestion.score), "{json}");
    let pairs = json["mapping"].as_object().unwrap();
    assert_eq!(pairs.len(), suggestion.columns.len(), "{json}");
    let pair = |(column, field): (&String, &serde_json::Value)| (column.clone(), field.as_str().unwrap().to_owned());
    ReadingOptions { mapping: Some(Mapping::new(pairs.iter().map(pair)).unwrap()), ..plainly() }
}

/// The result of reading a file by the mapping suggested for the file.
#[derive(Debug, PartialEq)]
enum Outcome {
    Right,
    /// The refusal names the option or the field which decides.
    Refused(String),
    NotSuggested,
    Wrong(String),
}

fn outcome(file: &[u8], truths: &[Truth]) -> Outcome {
    let Some(suggestion) = suggested(file) else { return Outcome::NotSuggested };
    let plan = match survey(file, &pasted(&suggestion), 7, 1000) {
        Ok(plan) => plan,
        Err(refusal) => {
            let said = refusal.to_string();
            // The month in "25. listopada" is October in Croatian and November in Polish.
            let is_unclear = said.contains("cannot be read as dates") && said.contains("listopada");
            let causes = ["`date_order`", "`decimal_mark`", "map the column to"];
            let is_named = is_unclear || causes.iter().any(|cause| said.contains(cause));
            return if is_named { Outcome::Refused(said) } else { Outcome::Wrong(format!("{said}: {suggestion:?}")) };
        }
    };
    let (mut rows, mut wrong, mut unclear) = (0, None, None);
    load(file, &plan, |row| {
        let told = || format!("{}: {suggestion:?}", tell(row));
        match (&row.parsed, truths.get(rows)) {
            (Ok(entry), Some(truth)) if truth.is(entry) => {}
            (Err(error), _) if error.message.contains("may be month") => unclear = Some(told()),
            _ => wrong = wrong.take().or_else(|| Some(told())),
        }
        rows += 1;
    });
    match (wrong, unclear) {
        (Some(wrong), _) => Outcome::Wrong(wrong),
        (None, _) if rows != truths.len() => Outcome::Wrong(format!("{rows} rows")),
        (None, Some(unclear)) => Outcome::Refused(unclear),
        (None, None) => Outcome::Right,
    }
}

#[test]
fn a_suggestion_reads_tables_of_many_languages_or_they_are_refused_for_a_named_cause() {
    for (number, language) in LANGUAGES.iter().enumerate() {
        let mut dice = Dice(0x5_1a7e + number as u64);
        let (mut read, mut refused, mut none) = (0, 0, 0);
        for file in 0..FILES {
            let (text, truths) = table(language, &mut dice);
            match outcome(text.as_bytes(), &truths) {
                Outcome::Right => read += 1,
                Outcome::Refused(_) => refused += 1,
                Outcome::NotSuggested => none += 1,
                Outcome::Wrong(how) => panic!("{}, file {file}: {how}\n{text}", language.name),
            }
        }
        let name = language.name;
        assert_eq!(none, 0, "{name}: nothing is suggested for {none} files");
        // Croatian has a month name which means another month in Polish.
        assert!(read * 3 >= FILES * 2, "{name}: {read} of {FILES} files are read, {refused} refused");
    }
}

#[test]
fn a_table_whose_hours_would_be_wrong_has_no_suggestion_or_one_that_leaves_them_right() {
    for kind in made::Trap::ALL {
        let (mut right, mut refused, mut none) = (0, 0, 0);
        for number in 0..FILES {
            let mut dice = Dice(0x0c_a7c4 + kind as u64 * 1_000 + number as u64);
            let (text, truths) = made::trap(kind, &LANGUAGES[number % LANGUAGES.len()], &mut dice);
            match outcome(text.as_bytes(), &truths) {
                Outcome::Right => right += 1,
                Outcome::Refused(_) => refused += 1,
                Outcome::NotSuggested => none += 1,
                // A suggestion which cannot be sure must have a low score.
                Outcome::Wrong(_)
                    if matches!(kind, made::Trap::UnknownBreaks | made::Trap::TimeOfDay)
                        && suggested(text.as_bytes()).is_some_and(|suggestion| suggestion.score <= 30) =>
                {
                    refused += 1;
                }
                Outcome::Wrong(how) => panic!("{kind:?}, file {number}: {how}\n{text}"),
            }
        }
        let counts = (right, refused, none);
        match kind {
            made::Trap::Breaks | made::Trap::Overtime | made::Trap::NoDates | made::Trap::Rest => {
                assert_eq!(none, FILES, "{kind:?}: {counts:?}")
            }
            made::Trap::UnknownBreaks | made::Trap::TimeOfDay => {}
            made::Trap::BareMinutes => assert_eq!(right, 0, "{kind:?}: {counts:?}"),
            _ => assert!(right * 10 >= FILES * 7, "{kind:?}: {counts:?}"),
        }
    }
}

#[test]
fn names_in_no_known_language_leave_it_to_the_cells_and_are_said_to_be_unsure() {
    for number in 0..FILES {
        let mut dice = Dice(0x000b_1a5e + number as u64);
        let (text, truths) = made::unknown(&mut dice);
        let suggestion = suggested(text.as_bytes()).unwrap_or_else(|| panic!("nothing is suggested\n{text}"));
        assert!(suggestion.score <= 50, "{suggestion:?}");
        assert!(suggestion.columns.iter().all(|column| column.evidence.contains("cells alone")), "{suggestion:?}");
        let said = outcome(text.as_bytes(), &truths);
        assert!(matches!(said, Outcome::Right | Outcome::Refused(_)), "{said:?}\n{text}");
    }
}

#[test]
fn nothing_is_suggested_out_of_nothing() {
    let letters = [
        "Datum",
        "Dauer",
        "x",
        "",
        "\"",
        ";",
        ",",
        "1",
        "2024-03-04",
        "1:30",
        "\n",
        "\t",
        "Projekt",
        "é",
        "日付",
        "(",
        "-",
    ];
    for number in 0..1_000 {
        let mut dice = Dice(0x000f_ace5 + number);
        let text: String = (0..dice.roll(120)).map(|_| dice.pick(&letters)).collect();
        if let Some(suggestion) = suggested(text.as_bytes()) {
            pasted(&suggestion);
        }
    }
}

#[test]
fn a_suggestion_says_why_and_how_surely() {
    let file = "Mitarbeiter;Datum;Dauer (h);Projekt;Leistungsbeschreibung;Haus\n\
                Jo Field;4.3.2024;1,5;Site;Planned;Nord\nMo Ask;31.3.2024;0,25;Site;;Süd\n";
    let refusal = refused(file);
    let suggestion = serde_json::to_value(&refusal.considered.suggested_mapping).unwrap();
    assert_eq!(
        suggestion,
        serde_json::json!({
            "score": 100,
            "mapping": {
                "Mitarbeiter": "person", "Datum": "date", "Dauer (h)": "hours", "Projekt": "project", "Leistungsbeschreibung": "text",
            },
            "columns": [
                { "column": "Mitarbeiter", "field": "person", "score": 100, "evidence": "the name says so; 2 of 2 cells are different" },
                { "column": "Datum", "field": "date", "score": 100, "evidence": "the name says so; 2 of 2 cells are dates" },
                { "column": "Dauer (h)", "field": "hours", "score": 100, "evidence": "the name says so; 2 of 2 cells are durations" },
                { "column": "Projekt", "field": "project", "score": 100, "evidence": "the name says so; 1 of 2 cells are different" },
                { "column": "Leistungsbeschreibung", "field": "text", "score": 100, "evidence": "the name says so; 1 of 1 cells are different" },
            ],
        })
    );
    let last = refusal.reasons.last().map(String::as_str);
    assert_eq!(last, Some("`suggested_mapping` is a `mapping` that may read it, as sure as 100 of 100"));
    assert_eq!(
        read_with(file.as_bytes(), &pasted(&refusal.considered.suggested_mapping.unwrap())).unwrap(),
        [
            "2024-03-04 | 5400 s | name: Jo Field | project: Site | text: Planned | +Haus: Nord",
            "2024-03-31 | 900 s | name: Mo Ask | project: Site | +Haus: Süd",
        ]
    );
}

/// The fields suggested for a file, in the order of its columns.
fn fields(file: &str) -> Vec<(String, &'static str)> {
    let suggestion = suggested(file.as_bytes()).unwrap_or_else(|| panic!("nothing is suggested for {file}"));
    suggestion.columns.iter().map(|column| (column.column.clone(), column.field.name())).collect()
}

#[test]
fn exports_of_other_programs_in_other_languages_are_suggested_for() {
    // Kimai's export follows the language of the account.
    let kimai = "Datum,Von,Bis,Dauer,Währung,Preis,Interner Preis,Preis pro Stunde,Festpreis,Name,Benutzer,E-Mail,Personalnummer,Kunde,\
                 Projekt,Tätigkeit,Beschreibung,Abrechenbar,Schlagworte,Typ,Kategorie,Kundennummer\n\
                 2024-03-04,09:00,10:30,1:30,EUR,90,0,60,,Jo Field,jo,jo@example.com,7,Alder,Site,Planen,x,1,\"a, b\",timesheet,work,12\n";
    let said = fields(kimai);
    for (column, field) in [
        ("Datum", "date"),
        ("Von", "start"),
        ("Bis", "end"),
        ("Dauer", "duration"),
        ("Preis pro Stunde", "rate"),
        ("Benutzer", "person"),
        ("E-Mail", "email"),
        ("Kunde", "client"),
        ("Tätigkeit", "task"),
        ("Beschreibung", "text"),
        ("Schlagworte", "tags"),
    ] {
        assert!(said.contains(&(column.to_owned(), field)), "{column}: {said:?}");
    }
    // Clockify's export follows the language as well, and the refusal names the program.
    let clockify = "Proyecto,Cliente,Descripción,Tarea,Usuario,Grupo,Correo electrónico,Etiquetas,Facturable,Fecha de inicio,Hora de inicio,\
                    Fecha de finalización,Hora de finalización,Duración (h),Duración (decimal)\n\
                    Site,Alder,x,,Jo Field,,jo@example.com,a,Sí,13/03/2024,09:00:00,13/03/2024,10:30:00,01:30:00,1.50\n";
    assert_eq!(refused(clockify).look_alike, Some("Clockify's detailed report"));
    assert_eq!(
        read_with(clockify.as_bytes(), &pasted(&suggested(clockify.as_bytes()).unwrap())).unwrap(),
        [
            "2024-03-13 | 09:00:00-10:30:00 | 5400 s | email: jo@example.com | name: Jo Field | client: Alder | project: Site | \
             text: x | tags: a | billable: yes | +Duración (decimal): 1.50"
        ]
    );
}

#[test]
fn a_title_above_and_parts_of_names_are_no_hindrance() {
    let file =
        "Stundenzettel\nMärz 2024\n\nVorname;Name;Tag;Beginn;Ende;Vorhaben\nJo;Field;13.03.2024;9:00;10:30;Site\n";
    let said = fields(file);
    assert_eq!(said[..2], [("Vorname".to_owned(), "first_name"), ("Name".to_owned(), "last_name")]);
    let rows = read_with(file.as_bytes(), &pasted(&suggested(file.as_bytes()).unwrap())).unwrap();
    assert_eq!(rows, ["2024-03-13 | 09:00:00-10:30:00 | 5400 s | name: Jo Field | project: Site"]);
}

#[test]
fn what_is_no_list_of_entries_gets_no_suggestion() {
    for file in [
        "Employee,Date,Regular,Overtime,Project\nJo,2024-03-04,8,2,Site\n",
        "Projekt,Mo,Di,Mi,Do,Fr\nSite,1,2,3,4,5\n",
        "Projekt,Stunden\nSite,12\n",
        "Datum,Projekt\n2024-03-04,Site\n",
        "Datum,Von,Bis,Pause\n2024-03-04,9:00,17:00,0:30\n",
        "a,b\n1,2\n",
    ] {
        assert_eq!(suggested(file.as_bytes()), None, "{file}");
    }
    // Beside a duration, a column of breaks does no harm.
    let file = "Datum,Von,Bis,Pause,Arbeitszeit\n2024-03-13,9:00,17:00,0:30,7:30\n";
    let rows = read_with(file.as_bytes(), &pasted(&suggested(file.as_bytes()).unwrap())).unwrap();
    assert!(rows[0].contains("27000 s") && rows[0].contains("+Pause: 0:30"), "{rows:?}");
}

#[test]
fn a_second_column_that_could_be_meant_makes_it_unsure() {
    let file = "Datum,Stunden,Arbeitsstunden,Projekt\n2024-03-04,1,2,Site\n2024-03-05,2,1,Site\n";
    let suggestion = suggested(file.as_bytes()).unwrap();
    assert_eq!(suggestion.score, 30, "{suggestion:?}");
    let same = "Datum,Stunden,Arbeitsstunden,Projekt\n2024-03-04,1,1,Site\n2024-03-05,2,2,Site\n";
    assert_eq!(suggested(same.as_bytes()).unwrap().score, 100);
}

#[test]
fn whoever_says_what_a_table_is_gets_no_suggestion() {
    let file = "Datum,Stunden,Projekt\n2024-03-04,1,Site\n";
    assert!(suggested(file.as_bytes()).is_some());
    let refusal_of = |options: &ReadingOptions| survey(file.as_bytes(), options, 3, 99).unwrap_err();
    let pairs = [("Tag", "date"), ("Stunden", "hours")].map(|(column, field)| (column.to_owned(), field.to_owned()));
    let mapped = ReadingOptions { mapping: Some(Mapping::new(pairs).unwrap()), ..plainly() };
    let named = ReadingOptions { format: Some(FormatName::Toggl), ..plainly() };
    for options in [mapped, named] {
        assert_eq!(refusal_of(&options).considered.suggested_mapping, None);
    }
}
