//! Options for reading a file, which the commands `import` and `detect` share.

use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Value, json};
use shared::format::{Mapping, ReadingOptions, Remembered, TimeEntries};
use shared::import::delimiter;
use shared::packed::WantedSheet;

/// Options for reading a file. The survey finds every omitted option from the file.
#[derive(Args)]
pub struct Reading {
    /// Format of the file, such as toggl, where auto finds the format from the file
    #[arg(long = "type", value_name = "FORMAT", default_value = "auto")]
    format: String,
    /// Column of a table without a known format, with its meaning: date, start, end, end_date, duration, hours,
    /// minutes, seconds, person, first_name, last_name, email, client, project, task, text, tags, billable,
    /// invoiced, rate, amount or currency. Repeat the option for each column. With `none` alone, the mapping
    /// remembered for the file's header is not used either
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

    /// The options as input for a survey in this process.
    pub fn options(&self) -> anyhow::Result<ReadingOptions> {
        let delimiter = |given: &str| delimiter(given).with_context(|| format!("{given:?} is none of , ; tab |"));
        Ok(ReadingOptions {
            format: self.named_format().map(str::parse).transpose()?,
            mapping: self.mapping()?,
            // Remembered mappings belong to an account, while the survey concerns only the file.
            remembered: Remembered::default(),
            delimiter: self.delimiter.as_deref().map(delimiter).transpose()?,
            encoding: self.encoding.as_deref().map(str::parse).transpose()?,
            date_order: self.date_order.as_deref().map(str::parse).transpose()?,
            decimal_mark: self.decimal_mark.as_deref().map(str::parse).transpose()?,
        })
    }

    /// The options which choose the sheet of a spreadsheet.
    pub fn wanted(&self) -> anyhow::Result<WantedSheet<TimeEntries>> {
        Ok(WantedSheet { options: self.options()?, sheet: self.sheet.clone() })
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
            // A column's name may contain an equals sign, but the name of a field never does.
            match map.rsplit_once('=') {
                Some((column, field)) => pairs.push((column.to_owned(), field.to_owned())),
                None => bail!("--map takes COLUMN=FIELD, or none alone, not {map:?}"),
            }
        }
        if pairs.is_empty() { Ok(None) } else { Ok(Some(Mapping::new(pairs).context("--map")?)) }
    }
}
