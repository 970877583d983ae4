//! Options for reading a file, which the commands `import` and `detect` share.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Value, json};
use shared::contact_form::{ContactField, ContactReading, Contacts};
use shared::format::{Field, ReadingOptions, Remembered, TimeEntries};
use shared::import::{ImportType, delimiter};
use shared::packed::WantedSheet;
use shared::table::{MappedField, Mapping};

/// The word of `--type` for files of contacts.
const CONTACTS: &str = "contacts";
/// The word of `--type` for files of profiles.
const PROFILES: &str = "profiles";

/// Options for reading a file. The survey finds every omitted option from the file.
#[derive(Args)]
pub struct Reading {
    /// Format of the file, such as toggl, contacts for people and companies, or profiles for a database; auto finds the
    /// format of time entries and contacts from the file
    #[arg(long = "type", value_name = "FORMAT", default_value = "auto")]
    format: String,
    /// Column of a table without a known format, with its meaning: date, start, end, end_date, duration, hours,
    /// minutes, seconds, person, first_name, last_name, email, client, project, task, text, tags, billable,
    /// invoiced, rate, amount or currency; of contacts: company, name, first_name, last_name, email, title or tags.
    /// Repeat the option for each column. With `none` alone, the mapping remembered for the file's header is not
    /// used either
    #[arg(long = "map", value_name = "COLUMN=FIELD|none")]
    maps: Vec<String>,
    /// Delimiter of the columns: , ; tab or | [default: found from the file]
    #[arg(long)]
    delimiter: Option<String>,
    /// Character encoding of the text [default: found from the file]
    #[arg(long)]
    encoding: Option<String>,
    /// Order of day, month and year, if the file leaves it open: ymd, mdy or dmy
    #[arg(long)]
    date_order: Option<String>,
    /// Decimal mark, if the file leaves it open: . or ,
    #[arg(long)]
    decimal_mark: Option<String>,
    /// Name of the sheet, if a spreadsheet has several suitable sheets
    #[arg(long)]
    sheet: Option<String>,
}

impl Reading {
    /// The options as JSON for the native door.
    pub fn asked(&self) -> anyhow::Result<Value> {
        let mut asked = json!({});
        if let Some(format) = self.named_format() {
            asked["format"] = json!(format);
        }
        // Duplicate columns are refused here, because a JSON object has no room for the same column twice.
        if let Some(mapping) = self.pairs()? {
            asked["mapping"] = json!(BTreeMap::from_iter(mapping));
        } else if self.wants_no_mapping() {
            asked["mapping"] = json!("none");
        }
        if let Some(delimiter) = &self.delimiter {
            let delimiter = if matches!(delimiter.as_str(), "tab" | "\\t") { "\t" } else { delimiter };
            asked["delimiter"] = json!(delimiter);
        }
        for (name, value) in [
            ("encoding", &self.encoding),
            ("date_order", &self.date_order),
            ("decimal_mark", &self.decimal_mark),
            ("sheet", &self.sheet),
        ] {
            if let Some(value) = value {
                asked[name] = json!(value);
            }
        }
        Ok(asked)
    }

    /// The type of import that the caller names, or `None` if the file is to tell.
    pub fn import_type(&self) -> Option<ImportType> {
        match self.format.as_str() {
            "auto" | "autodetect" => None,
            CONTACTS => Some(ImportType::Contacts),
            PROFILES => Some(ImportType::Profiles),
            _ => Some(ImportType::TimeEntries),
        }
    }

    /// True if `--map` names fields which contacts have and time entries do not.
    pub fn maps_contacts(&self) -> bool {
        self.mapping::<Field>().is_err() && self.mapping::<ContactField>().is_ok()
    }

    /// The options as input for a survey of contacts in this process.
    pub fn contacts(&self) -> anyhow::Result<WantedSheet<Contacts>> {
        let options = ContactReading {
            mapping: self.mapping()?,
            delimiter: self.delimiter.as_deref().map(known_delimiter).transpose()?,
            encoding: self.encoding.as_deref().map(str::parse).transpose()?,
            ..ContactReading::default()
        };
        Ok(WantedSheet { options, sheet: self.sheet.clone() })
    }

    /// The options as input for a survey of time entries in this process.
    fn options(&self) -> anyhow::Result<ReadingOptions> {
        Ok(ReadingOptions {
            format: self.named_format().map(str::parse).transpose()?,
            mapping: self.mapping()?,
            // Remembered mappings belong to an account, while the survey concerns only the file.
            remembered: Remembered::default(),
            delimiter: self.delimiter.as_deref().map(known_delimiter).transpose()?,
            encoding: self.encoding.as_deref().map(str::parse).transpose()?,
            date_order: self.date_order.as_deref().map(str::parse).transpose()?,
            decimal_mark: self.decimal_mark.as_deref().map(str::parse).transpose()?,
        })
    }

    /// The options as input for a survey of time entries in this process, and the sheet of a spreadsheet.
    pub fn entries(&self) -> anyhow::Result<WantedSheet<TimeEntries>> {
        Ok(WantedSheet { options: self.options()?, sheet: self.sheet.clone() })
    }

    fn named_format(&self) -> Option<&str> {
        Some(self.format.as_str()).filter(|format| !matches!(*format, "auto" | "autodetect" | CONTACTS | PROFILES))
    }

    fn wants_no_mapping(&self) -> bool {
        matches!(&self.maps[..], [word] if word.eq_ignore_ascii_case("none"))
    }

    fn mapping<F: MappedField>(&self) -> anyhow::Result<Option<Mapping<F>>> {
        self.pairs()?.map(|pairs| Mapping::new(pairs).context("--map")).transpose()
    }

    /// The pairs of a column and the name of its field, or `None` without any.
    fn pairs(&self) -> anyhow::Result<Option<Vec<(String, String)>>> {
        if self.wants_no_mapping() {
            return Ok(None);
        }
        let mut pairs = Vec::with_capacity(self.maps.len());
        for map in &self.maps {
            // A column's name may contain an equals sign, but the name of a field never does.
            match map.rsplit_once('=') {
                Some((column, field)) => pairs.push((column.to_owned(), field.to_owned())),
                None => bail!("--map takes COLUMN=FIELD, or none alone, not {map:?}"),
            }
        }
        let twice =
            pairs.iter().enumerate().find(|(at, (column, _))| pairs[..*at].iter().any(|(other, _)| other == column));
        if let Some((_, (column, _))) = twice {
            bail!("--map names the column {column:?} twice");
        }
        Ok(Some(pairs).filter(|pairs| !pairs.is_empty()))
    }
}

fn known_delimiter(given: &str) -> anyhow::Result<u8> {
    delimiter(given).with_context(|| format!("{given:?} is none of , ; tab |"))
}
