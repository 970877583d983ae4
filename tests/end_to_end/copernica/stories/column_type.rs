//! The types of columns: the text that a column stores for a cell or for what people give, and the text that people see.
//!
//! A change of a column's type leaves the stored texts as they are. People then see each stored text as a value of the new type,
//! and rows are compared with what people see. An import writes whatever differs from the stored text; a write by hand that
//! gives what people see already is none.

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    Text,
    Email,
    Integer,
    /// A date that may be missing.
    Date,
    /// An interest, which stores `yes` or nothing.
    Interest,
}

impl ColumnType {
    /// The word of a field's type in the schema.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text | Self::Interest => "text",
            Self::Email => "email",
            Self::Integer => "integer",
            Self::Date => "empty_date",
        }
    }

    /// The values that the story gives to a column of the type: few, so that values are confirmed, changed and changed back, and
    /// with one that an import refuses if the type has such values.
    pub const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["0", "7", "07", "7 Elm", "05-03-2024", ""],
            Self::Email => &["a@example.com", "A@example.com", "b@example.com", "c@example.com", "d@example.com", ""],
            Self::Integer => &["7", "07", "-1", "7.0", "0", "7 Elm", ""],
            Self::Date => &["2024-03-05", "05-03-2024", "2024-03-06", "7", ""],
            Self::Interest => &["yes", "no", ""],
        }
    }

    /// The text that an import stores for a cell, empty if the column then holds nothing. `None` for a cell that the column
    /// cannot hold.
    pub fn of_cell(self, cell: &str) -> Option<String> {
        let text = match self {
            Self::Integer if !cell.is_empty() => {
                let whole = cell
                    .split_once('.')
                    .map_or(cell, |(whole, zeros)| if zeros.bytes().all(|digit| digit == b'0') { whole } else { cell });
                return whole.parse::<i64>().ok().map(integer);
            }
            Self::Date if !cell.is_empty() => return date(cell),
            Self::Interest if cell == "no" => "",
            Self::Interest if !matches!(cell, "yes" | "") => return None,
            _ => cell,
        };
        Some(text.to_owned())
    }

    /// The text that a column stores for a text which people give, empty if the column then holds nothing.
    pub fn by_hand(self, text: &str) -> String {
        match self {
            Self::Text | Self::Email | Self::Interest => text.to_owned(),
            Self::Integer => {
                let sign = usize::from(text.starts_with('-'));
                let digits = text[sign..].bytes().take_while(u8::is_ascii_digit).count();
                integer(text[..sign + digits].parse().unwrap_or_default())
            }
            Self::Date => date(text).unwrap_or_default(),
        }
    }

    /// The text that people see for a stored one.
    pub fn shown(self, stored: &str) -> String {
        let value = self.by_hand(stored);
        if self == Self::Integer && value.is_empty() { "0".to_owned() } else { value }
    }

    /// The text by which keys compare a stored text: without case and outer blanks. `None` for an empty text, which matches
    /// nothing.
    pub fn key(self, stored: &str) -> Option<String> {
        Some(self.shown(stored).trim().to_lowercase()).filter(|key| !key.is_empty())
    }

    /// The text under which an index has a stored text. The index leaves out what a column holds that holds nothing.
    pub fn index_key(self, stored: &str) -> Option<String> {
        Some(self.by_hand(stored)).filter(|value| !value.is_empty()).and_then(|value| self.key(&value))
    }
}

/// A number as stored: 0 is nothing.
fn integer(number: i64) -> String {
    if number == 0 { String::new() } else { number.to_string() }
}

/// A day in one of the two spellings that the story has, as stored.
fn date(text: &str) -> Option<String> {
    match text.split('-').collect::<Vec<_>>()[..] {
        [year, month, day] if year.len() == 4 => Some(format!("{year}-{month}-{day}")),
        [day, month, year] if year.len() == 4 => Some(format!("{year}-{month}-{day}")),
        _ => None,
    }
}
