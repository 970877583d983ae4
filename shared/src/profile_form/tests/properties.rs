//! Properties of every file of profiles: random schemas and rows, written by a writer which knows nothing of the reader.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::books::{SheetCell, book};
use super::*;

/// A cell as the writer means it: what is written, and what is to be stored.
#[derive(Clone, Debug)]
enum Meant {
    /// Only in JSON; an empty cell elsewhere.
    Absent,
    Empty,
    Value {
        written: String,
        stored: String,
    },
}

/// A file: the columns with their fields, and the cells of each row.
#[derive(Clone, Debug)]
struct Story {
    schema: PinnedSchema,
    names: Vec<String>,
    rows: Vec<Vec<Meant>>,
}

fn meant(field: FieldType) -> BoxedStrategy<Meant> {
    fn same(text: String) -> Meant {
        Meant::Value { written: text.clone(), stored: text }
    }
    let value = match field {
        FieldType::Integer => (any::<i64>(), 0..3_usize)
            .prop_map(|(number, zeros)| Meant::Value {
                written: if number < 0 { number.to_string() } else { format!("{}{number}", "0".repeat(zeros)) },
                stored: number.to_string(),
            })
            .boxed(),
        FieldType::Float => (-9999..9999_i32, 1..999_u32)
            .prop_map(|(whole, part)| {
                let written = format!("{whole}.{part:03}");
                let stored = written.trim_end_matches('0').to_owned();
                Meant::Value { written, stored }
            })
            .boxed(),
        FieldType::Date | FieldType::EmptyDate => (1..=9999_u16, 1..=12_u8, 1..=28_u8, 0..4_u8)
            .prop_map(|(year, month, day, style)| Meant::Value {
                written: match style {
                    0 => format!("{year:04}-{month:02}-{day:02}"),
                    1 => format!("{year:04}/{month}/{day}"),
                    2 => format!("{day:02}-{month:02}-{year:04}"),
                    _ => format!("{month}/{day}/{year:04}"),
                },
                stored: format!("{year:04}-{month:02}-{day:02}"),
            })
            .boxed(),
        FieldType::Email => "[a-z]{1,5}@[A-Z']{1,3}\\.com".prop_map(same).boxed(),
        FieldType::Select => {
            prop::sample::select(vec!["red", "light, blue", "it's"]).prop_map(|text| same(text.to_owned())).boxed()
        }
        _ => {
            let part = prop::sample::select(vec![
                "a", "B", "é", "'", "''", "\"", ",", ";", "\t", " ", "\n", "\r\n", "\\", "\\'", "0", "|", "null", "{",
                "日本",
            ]);
            let text = prop::collection::vec(part, 1..8).prop_map(|parts| parts.concat());
            // A cell of blanks may leave its line blank, which is no row.
            text.prop_filter("blank", |text| !text.trim().is_empty()).prop_map(same).boxed()
        }
    };
    prop_oneof![1 => Just(Meant::Absent), 1 => Just(Meant::Empty), 6 => value].boxed()
}

fn story() -> impl Strategy<Value = Story> {
    let types = prop::sample::select(vec![
        FieldType::Text,
        FieldType::Text,
        FieldType::Big,
        FieldType::Integer,
        FieldType::Float,
        FieldType::Date,
        FieldType::EmptyDate,
        FieldType::Email,
        FieldType::Select,
        FieldType::Phone,
    ]);
    prop::collection::vec((types, "[A-Za-z][a-z ]{0,6}[a-z]", any::<bool>(), any::<bool>()), 2..7).prop_flat_map(
        |columns| {
            let mut schema = PinnedSchema {
                collections: vec![PinnedCollection { id: 1, name: "Pets".to_owned(), fields: Vec::new() }],
                ..PinnedSchema::default()
            };
            // The first column tells the row, so no line is blank and the key is there.
            schema.fields.push(field(1000, "Key", FieldType::Text));
            let (mut names, mut types) = (vec!["Key".to_owned()], Vec::new());
            for (at, (field_type, name, is_of_pet, is_upper)) in columns.into_iter().enumerate() {
                let id = at as u64 + 1;
                let name = format!("{name}{id}");
                let value = if field_type == FieldType::Select { "red\nlight, blue *\nit's" } else { "" };
                let field = PinnedField { value: value.to_owned(), ..field(id, &name, field_type) };
                let column = if is_of_pet { format!("Pets. {name}") } else { name };
                names.push(if is_upper { column.to_uppercase() } else { column });
                types.push(field_type);
                let fields = if is_of_pet { &mut schema.collections[0].fields } else { &mut schema.fields };
                fields.push(field);
            }
            let row: Vec<_> = types.into_iter().map(meant).collect();
            prop::collection::vec(row, 1..6).prop_map(move |mut rows| {
                for (at, row) in rows.iter_mut().enumerate() {
                    let key = format!("row{at}");
                    row.insert(0, Meant::Value { written: key.clone(), stored: key });
                }
                Story { schema: schema.clone(), names: names.clone(), rows }
            })
        },
    )
}

impl Story {
    /// The cells which the reader must give, by the id of the field; a missing id is an absent cell. `has_absent` is true
    /// for JSON.
    fn wanted(&self, has_absent: bool) -> Vec<BTreeMap<u64, String>> {
        let fields: Vec<&PinnedField> = {
            let all: BTreeMap<u64, &PinnedField> = self
                .schema
                .fields
                .iter()
                .chain(&self.schema.collections[0].fields)
                .map(|field| (field.id, field))
                .collect();
            let mut own = vec![all[&1000]];
            own.extend(all.range(..1000).map(|(_, field)| *field));
            own
        };
        let row = |cells: &Vec<Meant>| {
            let cells = cells.iter().zip(&fields).filter_map(|(cell, field)| match cell {
                Meant::Absent if has_absent => None,
                Meant::Absent | Meant::Empty => Some((field.id, field.field_type.empty().to_owned())),
                Meant::Value { stored, .. } => Some((field.id, stored.clone())),
            });
            cells.collect()
        };
        self.rows.iter().map(row).collect()
    }

    fn options(&self, quote: Option<crate::source::QuoteMark>) -> ProfileReading {
        ProfileReading { schema: self.schema.clone(), key_fields: names(&["key"]), quote, ..ProfileReading::default() }
    }

    /// Checks that the reader gives the cells which the writer meant.
    fn check(
        &self,
        file: &[u8],
        options: &ProfileReading,
        has_absent: bool,
        piece: usize,
    ) -> Result<(), TestCaseError> {
        let table = table(file, options);
        let shown = String::from_utf8_lossy(&table.0).into_owned();
        let plan = survey(&table, options, 2, piece);
        let plan = plan.map_err(|refusal| TestCaseError::fail(format!("{refusal}: {shown}")))?;
        let (mut read, mut faults) = (Vec::new(), Vec::new());
        load(&table.0, &plan, |row| match &row.parsed {
            Err(error) => faults.push(error.message.clone()),
            Ok(row) => {
                let own = row.cells.iter().chain(row.subprofiles.iter().flat_map(|subprofile| &subprofile.cells));
                let key = format!("row{}", read.len());
                assert_eq!(row.key, RowKey::Values(vec![KeyValue::Field { field: 1000, text: key.into() }]));
                read.push(own.map(|cell| (cell.field, cell.text.clone().into_owned())).collect::<BTreeMap<_, _>>());
            }
        });
        prop_assert_eq!(&faults, &Vec::<String>::new(), "{}", shown);
        prop_assert_eq!(read, self.wanted(has_absent), "{}", shown);
        Ok(())
    }
}

/// Writes a cell of a text table: in quotes if needed or wanted, with blanks around.
fn written(cell: &str, delimiter: char, mark: char, is_wanted: bool, blanks: usize) -> String {
    let around = if delimiter == ' ' { String::new() } else { " ".repeat(blanks) };
    let needs = cell.contains([delimiter, mark, '"', '\'', '\n', '\r', '\\']) || cell.trim() != cell;
    if !(needs || is_wanted) {
        return format!("{around}{cell}{around}");
    }
    let inside = cell.replace(mark, &format!("{mark}{mark}"));
    format!("{around}{mark}{inside}{mark}{around}")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_text_table_is_read_as_it_was_meant(
        story in story(),
        delimiter in prop::sample::select(vec![',', ';', '\t', '|']),
        wishes in prop::collection::vec((any::<bool>(), 0..3_usize), 8),
        line_break in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        piece in 1_usize..60,
    ) {
        let mut at = 0;
        let mut cell = |cell: &str| {
            at += 1;
            let (is_wanted, blanks) = wishes[at % wishes.len()];
            written(cell, delimiter, '"', is_wanted, blanks)
        };
        let mut lines = vec![story.names.iter().map(|name| cell(name)).collect::<Vec<_>>()];
        for row in &story.rows {
            let text = |meant: &Meant| match meant { Meant::Value { written, .. } => written.clone(), _ => String::new() };
            lines.push(row.iter().map(|meant| cell(&text(meant))).collect());
        }
        let file = lines.iter().map(|line| line.join(&delimiter.to_string()) + line_break).collect::<String>();
        // The option keeps texts which happen to have apostrophes at both ends from being doubtful.
        let mut options = story.options(Some(crate::source::QuoteMark::Double));
        options.delimiter = Some(delimiter as u8);
        prop_assume!(!file.contains("\\\""));
        story.check(file.as_bytes(), &options, false, piece)?;
    }

    #[test]
    fn a_table_in_apostrophes_is_told_and_read_as_it_was_meant(
        story in story(),
        delimiter in prop::sample::select(vec![',', ';', '\t']),
        blanks in prop::collection::vec(0..3_usize, 7),
        is_escaped in any::<bool>(),
        line_break in prop::sample::select(vec!["\n", "\r\n"]),
        piece in 1_usize..60,
    ) {
        // A backslash before an apostrophe is its escape, so texts with backslashes have no faithful spelling.
        let plain = |meant: &Meant| match meant { Meant::Value { written, .. } => written.clone(), _ => String::new() };
        prop_assume!(story.rows.iter().flatten().all(|meant| !plain(meant).contains('\\')));
        let mut at = 0;
        let mut cell = |cell: &str| {
            at += 1;
            let around = " ".repeat(blanks[at % blanks.len()]);
            let inside = cell.replace('\'', if is_escaped { "\\'" } else { "''" });
            format!("{around}'{inside}'{around}")
        };
        let mut lines = vec![story.names.iter().map(|name| cell(name)).collect::<Vec<_>>()];
        for row in &story.rows {
            lines.push(row.iter().map(|meant| cell(&plain(meant))).collect());
        }
        let file = lines.iter().map(|line| line.join(&delimiter.to_string()) + line_break).collect::<String>();
        for mark in [None, Some(crate::source::QuoteMark::Single)] {
            let options = ProfileReading { delimiter: Some(delimiter as u8), ..story.options(mark) };
            story.check(file.as_bytes(), &options, false, piece)?;
        }
    }

    #[test]
    fn objects_of_json_are_read_as_they_were_meant(story in story(), is_array in any::<bool>(), nulls in any::<bool>(), piece in 1_usize..60) {
        let object = |row: &Vec<Meant>| {
            let mut object = Map::new();
            for (name, meant) in story.names.iter().zip(row) {
                let value = match meant {
                    Meant::Absent => continue,
                    Meant::Empty if nulls => Value::Null,
                    Meant::Empty => Value::String(String::new()),
                    Meant::Value { written, .. } => Value::String(written.clone()),
                };
                object.insert(name.clone(), value);
            }
            Value::Object(object)
        };
        let objects: Vec<Value> = story.rows.iter().map(object).collect();
        let file = match is_array {
            true => Value::Array(objects).to_string(),
            false => objects.iter().map(|object| format!("{object}\n")).collect(),
        };
        story.check(file.as_bytes(), &story.options(None), true, piece)?;
    }

    #[test]
    fn a_sheet_is_read_as_it_was_meant(story in story(), piece in 1_usize..60) {
        // A carriage return is no character of a cell in XML.
        let text = |text: &str| SheetCell::Text(text.to_owned());
        let mut rows = vec![story.names.iter().map(|name| text(name)).collect::<Vec<_>>()];
        let mut is_plain = true;
        for row in &story.rows {
            let cell = |meant: &Meant| match meant {
                Meant::Value { written, .. } => text(written),
                _ => SheetCell::Empty,
            };
            is_plain &= row.iter().all(|meant| !matches!(meant, Meant::Value { written, .. } if written.contains('\r')));
            rows.push(row.iter().map(cell).collect());
        }
        prop_assume!(is_plain);
        story.check(&book(&rows), &story.options(None), false, piece)?;
    }

    #[test]
    fn any_text_is_refused_or_each_of_its_records_is_accounted_for(text in "(Name|Email|Pets.Name|['@,;\\\\\"\\n a]){0,60}", piece in 1_usize..20) {
        let options = keyed(ProfileAction::Add, &["Name"]);
        let file = (text.clone().into_bytes(), Unpacked::from(None));
        let Ok(plan) = survey(&file, &options, 3, piece) else { return Ok(()) };
        load(&file.0, &plan, |_| {});
        prop_assert_eq!(survey(&file, &options, 3, text.len().max(1)).ok(), Some(plan));
    }
}
