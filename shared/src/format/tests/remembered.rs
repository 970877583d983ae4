//! Tests of a mapping remembered for a header, on files with this header and with other headers.

use std::collections::BTreeMap;

use super::matrix::Dice;
use super::*;
use crate::format::{FormatName, HeaderFingerprint, Layout, Mapping, Remembered, RememberedMapping};
use crate::id::ImportId;

/// Count of generated files, each with a header of its own.
const FILES: usize = 400;

/// The mapping of import 7 for a header, settled on 4 March 2026.
fn said(names: &[&str], pairs: &[(&str, &str)]) -> RememberedMapping {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    RememberedMapping {
        header: HeaderFingerprint::of(&names),
        columns: pairs.iter().map(|&(column, field)| (column.to_owned(), field.to_owned())).collect(),
        import: ImportId(7),
        since: 1_772_612_345_000,
        confirmed_by: None,
    }
}

fn remembering(mapping: RememberedMapping) -> ReadingOptions {
    ReadingOptions { remembered: [mapping].into_iter().collect(), ..plainly() }
}

const NAMES: [&str; 4] = ["Wann", "Wie lange", "Wer", "Was"];
const PAIRS: [(&str, &str); 4] = [("wann", "date"), ("Wie lange", "hours"), ("Wer", "person"), ("Was", "text")];
const FILE: &str = "Wann;Wie lange;Wer;Was\n4.3.2026;1,5;Jo Field;Mauer\n31.3.2026;0,25;Mo;\n";

fn plan_of(file: &str, options: &ReadingOptions) -> crate::format::Plan {
    survey(file.as_bytes(), options, 2, 7).unwrap_or_else(|refusal| panic!("refused: {refusal}\n{file}"))
}

/// True if two layouts are equal except for the evidence shown to people.
fn read_alike(one: &Layout, other: &Layout) -> bool {
    let bare = |layout: &Layout| Layout { evidence: Vec::new(), ..layout.clone() };
    bare(one) == bare(other)
}

#[test]
fn a_file_is_read_by_what_is_remembered_as_if_it_had_been_said_and_the_evidence_names_the_import() {
    let given = ReadingOptions { mapping: Some(Mapping::new(said(&NAMES, &PAIRS).columns).unwrap()), ..plainly() };
    let remembered = remembering(said(&NAMES, &PAIRS));
    assert!(read_with(FILE.as_bytes(), &plainly()).is_err());
    assert_eq!(read_with(FILE.as_bytes(), &remembered).unwrap(), read_with(FILE.as_bytes(), &given).unwrap());
    let (by_memory, by_option) = (plan_of(FILE, &remembered), plan_of(FILE, &given));
    assert!(read_alike(&by_memory.layout, &by_option.layout));
    assert_eq!((by_memory.recalled(), by_option.recalled()), (Some(&said(&NAMES, &PAIRS)), None));
    let evidence = "read by the mapping that import 7 was made with, remembered for this header since 2026-03-04; \
                    `mapping=none` reads the file without it";
    assert!(by_memory.layout.evidence.iter().any(|said| said == evidence), "{:?}", by_memory.layout.evidence);
}

#[test]
fn the_import_that_is_undone_is_told_from_the_one_that_stands() {
    let confirmed = RememberedMapping { confirmed_by: Some(ImportId(9)), ..said(&NAMES, &PAIRS) };
    let evidence = plan_of(FILE, &remembering(confirmed)).layout.evidence.join("\n");
    assert!(
        evidence.contains("import 7 was made with (that one is undone, import 9 stands), remembered"),
        "{evidence}"
    );
}

const TOGGL: &str = "User,Project,Description,Start date,Start time,Duration\nJo,Quay,x,2026-03-04,09:00:00,00:30:00\n";

#[test]
fn what_is_remembered_comes_before_the_formats_and_behind_what_is_said() {
    let names = ["User", "Project", "Description", "Start date", "Start time", "Duration"];
    let pairs = [("Start date", "date"), ("Duration", "duration"), ("Project", "client"), ("User", "person")];
    let options = remembering(said(&names, &pairs));
    let plan = plan_of(TOGGL, &options);
    assert_eq!(plan.layout.decisions.format, FormatName::Table);
    let evidence = plan.layout.evidence.join("\n");
    assert!(evidence.contains("`mapping=none` reads the file without it, as toggl"), "{evidence}");
    assert!(read_with(TOGGL.as_bytes(), &options).unwrap()[0].contains("client: Quay"));
    // The option names a format; further down the option gives another mapping.
    let named = ReadingOptions { format: Some(FormatName::Toggl), ..options.clone() };
    let plan = plan_of(TOGGL, &named);
    assert_eq!((plan.layout.decisions.format, plan.recalled()), (FormatName::Toggl, None));
    let pairs = [("Start date", "date"), ("Duration", "duration"), ("Project", "task")];
    let other = Mapping::new(pairs.map(|(column, field)| (column.to_owned(), field.to_owned()))).unwrap();
    let told = ReadingOptions { mapping: Some(other), ..options };
    assert_eq!(plan_of(TOGGL, &told).recalled(), None);
    assert!(read_with(TOGGL.as_bytes(), &told).unwrap()[0].contains("task: Quay"));
}

#[test]
fn what_does_not_fit_any_more_is_said_and_read_as_if_it_were_not_remembered() {
    let names = ["User", "Project", "Description", "Start date", "Start time", "Duration"];
    let unfit = [
        // As another version may have written them: an unknown field, no duration, a column named twice. The last
        // mapping names a column which the header lacks.
        vec![("Start date", "moment"), ("Duration", "duration")],
        vec![("Start date", "date")],
        vec![("Start date", "date"), ("start date ", "start"), ("Duration", "duration")],
        vec![("Began", "date"), ("Duration", "duration")],
    ];
    for pairs in unfit {
        let plan = plan_of(TOGGL, &remembering(said(&names, &pairs)));
        assert_eq!((plan.layout.decisions.format, plan.recalled()), (FormatName::Toggl, None), "{pairs:?}");
        let evidence = plan.layout.evidence.join("\n");
        assert!(
            evidence.contains("the mapping of import 7 is remembered") && evidence.contains("does not fit any more")
        );
        // If no format fits the file either, the refusal mentions the unusable mapping.
        let refusal = read_with(FILE.as_bytes(), &remembering(said(&NAMES, &pairs))).unwrap_err().to_string();
        assert!(refusal.contains("fit no format") && refusal.contains("does not fit any more"), "{refusal}");
    }
}

#[test]
fn a_refusal_of_a_file_that_is_read_by_it_says_so() {
    let open = "Wann;Wie lange;Wer;Was\n4.3.2026;bald;Jo Field;Mauer\n31.3.2026;spät;Mo;\n";
    let refusal = read_with(open.as_bytes(), &remembering(said(&NAMES, &PAIRS))).unwrap_err().to_string();
    assert!(refusal.contains("Wie lange") && refusal.contains("`mapping=none` reads the file without it"), "{refusal}");
}

#[test]
fn a_header_below_a_title_is_remembered() {
    let titled = format!("Report of March\n\n{FILE}");
    let plan = plan_of(&titled, &remembering(said(&NAMES, &PAIRS)));
    assert!(plan.recalled().is_some() && plan.rows == 2);
}

/// Column names as used by programs; some names occur twice in a header.
const COLUMNS: [&str; 12] = [
    "Tag",
    "Dauer",
    "Wer",
    "Was",
    "Kunde",
    "Billable?",
    "Höhe",
    "Zeit (h)",
    "Nr. 1",
    "Kosten/Std",
    "Team",
    "Notiz intern",
];

/// A header with the first two columns and some others, in random order.
fn header(dice: &mut Dice) -> Vec<&'static str> {
    let mut names = vec![COLUMNS[0], COLUMNS[1]];
    for &name in &COLUMNS[2..] {
        if dice.roll(2) == 0 {
            names.push(name);
        }
    }
    if dice.roll(5) == 0 {
        names.push(dice.pick(&COLUMNS[2..]));
    }
    shuffle(&mut names, dice);
    names
}

fn shuffle(names: &mut [&str], dice: &mut Dice) {
    for last in (1..names.len()).rev() {
        names.swap(last, dice.roll(last as u64 + 1) as usize);
    }
}

/// The column names in another file of the same program, or of its next version.
fn varied(names: &[&'static str], dice: &mut Dice) -> Vec<&'static str> {
    let mut names = names.to_vec();
    match dice.roll(6) {
        0 => shuffle(&mut names, dice),
        1 => {
            let at = dice.roll(names.len() as u64) as usize;
            names.remove(at);
        }
        2 => names.push("Neu"),
        3 => {
            let at = dice.roll(names.len() as u64) as usize;
            names[at] = "Anders";
        }
        4 => names.swap(0, 1),
        _ => {}
    }
    names
}

/// True if two headers are the same according to the table in the documentation.
fn is_same(one: &[&str], other: &[&str]) -> bool {
    let counted = |names: &[&str]| {
        let mut counts = BTreeMap::new();
        names.iter().for_each(|name| *counts.entry(name.to_owned().to_owned()).or_insert(0) += 1);
        counts
    };
    let (counts, others) = (counted(one), counted(other));
    counts == others && (counts.values().all(|&count| count == 1) || one == other)
}

/// A file with this header, in a random dialect.
fn file(names: &[&str], dice: &mut Dice) -> String {
    let delimiter = dice.pick(&[";", ",", "\t", "|"]);
    let dressed = |name: &&str, dice: &mut Dice| match dice.roll(5) {
        0 => name.to_uppercase(),
        1 => format!(" {name}  "),
        2 => format!("\"{name}\""),
        3 => name.to_lowercase(),
        _ => (*name).to_owned(),
    };
    let mark = dice.pick(&["", "\u{feff}"]);
    let mut header: Vec<String> = names.iter().map(|name| dressed(name, dice)).collect();
    let mut row: Vec<&str> = names
        .iter()
        .map(|name| match *name {
            "Tag" => "2026-03-24",
            "Dauer" => "90",
            _ => "x",
        })
        .collect();
    // A nameless column which only closes each line.
    if dice.roll(4) == 0 {
        header.push(String::new());
        row.push("");
    }
    let row = row.join(delimiter);
    let end = dice.pick(&["\n", "\r\n"]);
    format!("{mark}{}{end}{row}{end}{row}{end}", header.join(delimiter))
}

#[test]
fn a_file_is_read_by_what_is_remembered_if_and_only_if_its_header_is_the_same() {
    let mut dice = Dice(0x5eed_0013);
    let (mut same, mut other) = (0, 0);
    for number in 0..FILES {
        let names = header(&mut dice);
        let twice = |name: &&&str| names.iter().filter(|other| **other == **name).count() > 1;
        let (mut pairs, mut fields) =
            (vec![("Tag", "date"), ("Dauer", "minutes")], ["person", "text", "client", "task"].iter());
        for name in names.iter().filter(|name| !matches!(**name, "Tag" | "Dauer") && !twice(name)) {
            if let (0, Some(field)) = (dice.roll(2), fields.clone().next()) {
                fields.next();
                pairs.push((name, field));
            }
        }
        let remembered = said(&names, &pairs);
        let options = remembering(remembered.clone());
        let next = varied(&names, &mut dice);
        let file = file(&next, &mut dice);
        let plan = survey(file.as_bytes(), &options, 10, 64).ok();
        let recalled = plan.as_ref().and_then(|plan| plan.recalled());
        if is_same(&names, &next) {
            same += 1;
            let given = ReadingOptions { mapping: Some(Mapping::new(remembered.columns).unwrap()), ..plainly() };
            let given = plan_of(&file, &given);
            let plan = plan.unwrap_or_else(|| panic!("file {number} is refused: {names:?}\n{file}"));
            assert!(plan.recalled().is_some(), "file {number}: {names:?}\n{file}");
            assert!(read_alike(&plan.layout, &given.layout) && plan.rows == given.rows, "file {number}\n{file}");
        } else {
            other += 1;
            assert_eq!(recalled, None, "file {number}: {names:?}\n{file}");
        }
    }
    assert!(same > FILES / 4 && other > FILES / 4, "{same} are the same, {other} are not");
}

#[test]
fn a_fingerprint_is_stored_as_its_digits() {
    let fingerprint = HeaderFingerprint::of(&["Tag".to_owned(), "Dauer".to_owned()]);
    let text = fingerprint.to_string();
    assert_eq!((text.len(), text.parse()), (32, Ok(fingerprint)));
    for wrong in ["", "7", &text[1..], &text.to_uppercase().replace(char::is_numeric, "A"), &format!("+{}", &text[1..])]
    {
        assert!(wrong.parse::<HeaderFingerprint>().is_err(), "{wrong}");
    }
    assert_eq!(Remembered::default(), [].into_iter().collect());
}
