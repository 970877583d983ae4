//! How a file is to be read, as `import` and `detect` are told alike.

use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Value, json};
use shared::format::{Mapping, ReadingOptions, Remembered};
use shared::import::delimiter;
use shared::packed::Wanted;

/// What is left out is found from the file.
#[derive(Args)]
pub struct Reading {
    /// Its format; without it the format is found from the file
    #[arg(long = "type", value_name = "FORMAT", default_value = "auto")]
    format: String,
    /// A column of a table that is no format's, and what it is: date, start, end, end_date, duration, hours, minutes,
    /// seconds, person, first_name, last_name, email, client, project, task, text, tags, billable, invoiced, rate, amount
    /// or currency; once for each column. `none`: not by the mapping either that is remembered for the file's header
    #[arg(long = "map", value_name = "COLUMN=FIELD|none")]
    maps: Vec<String>,
    /// The delimiter, if it is not to be found from the file: , ; tab or |
    #[arg(long)]
    delimiter: Option<String>,
    /// The encoding, if it is not to be found from the file
    #[arg(long)]
    encoding: Option<String>,
    /// The order of day, month and year where the file leaves it open: ymd, mdy or dmy
    #[arg(long)]
    date_order: Option<String>,
    /// The decimal mark where the file leaves it open: . or ,
    #[arg(long)]
    decimal_mark: Option<String>,
    /// The sheet of a spreadsheet, if several could be meant
    #[arg(long)]
    sheet: Option<String>,
}

impl Reading {
    /// As the native door takes it.
    pub fn asked(&self) -> anyhow::Result<Value> {
        let mut asked = json!({});
        if let Some(format) = self.named_format() {
            asked["format"] = json!(format);
        }
        // Said here already: an object of JSON has no room for a column that is named twice.
        if let Some(mapping) = self.mapping()? {
            asked["mapping"] = json!(mapping);
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

    /// As the survey takes it.
    pub fn options(&self) -> anyhow::Result<ReadingOptions> {
        let delimiter = |given: &str| delimiter(given).with_context(|| format!("{given:?} is none of , ; tab |"));
        Ok(ReadingOptions {
            format: self.named_format().map(str::parse).transpose()?,
            mapping: self.mapping()?,
            // What is remembered is an account's, and these are of a file alone.
            remembered: Remembered::default(),
            delimiter: self.delimiter.as_deref().map(delimiter).transpose()?,
            encoding: self.encoding.as_deref().map(str::parse).transpose()?,
            date_order: self.date_order.as_deref().map(str::parse).transpose()?,
            decimal_mark: self.decimal_mark.as_deref().map(str::parse).transpose()?,
        })
    }

    /// What tells the sheet of a spreadsheet.
    pub fn wanted(&self) -> anyhow::Result<Wanted> {
        let ReadingOptions { format, mapping, .. } = self.options()?;
        Ok(Wanted { format, mapping, remembered: Remembered::default(), sheet: self.sheet.clone() })
    }

    fn named_format(&self) -> Option<&str> {
        Some(self.format.as_str()).filter(|format| !matches!(*format, "auto" | "autodetect"))
    }

    fn wants_no_mapping(&self) -> bool {
        matches!(&self.maps[..], [word] if word.eq_ignore_ascii_case("none"))
    }

    fn mapping(&self) -> anyhow::Result<Option<Mapping>> {
        if self.wants_no_mapping() {
            return Ok(None);
        }
        let mut pairs = Vec::with_capacity(self.maps.len());
        for map in &self.maps {
            // Names of columns may have an equals sign in them, names of fields have none.
            match map.rsplit_once('=') {
                Some((column, field)) => pairs.push((column.to_owned(), field.to_owned())),
                None => bail!("--map takes COLUMN=FIELD, or none alone, not {map:?}"),
            }
        }
        if pairs.is_empty() { Ok(None) } else { Ok(Some(Mapping::new(pairs).context("--map")?)) }
    }
}
