//! Thousands of files generated from a seed: each file is read rightly or refused, and none is misread.

use std::fmt::Write;

use super::*;
use crate::format::FormatName;
use crate::source::Encoding;

/// A small generator of random numbers (xorshift), which gives the same files for a seed forever.
pub(super) struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len() as u64) as usize]
    }
}

/// The true values of a row, independent of the style in which they are written.
struct Truth {
    date: jiff::civil::Date,
    seconds: u64,
    person: &'static str,
    project: String,
    text: String,
}

/// The style in which a file is written.
#[derive(Clone, Copy, Debug)]
struct Dress {
    format: FormatName,
    encoding: &'static str,
    delimiter: char,
    /// A line break, or `mixed` for all of them.
    line_end: &'static str,
    final_break: bool,
    date: &'static str,
    duration: &'static str,
    quoting: Quoting,
    total: bool,
}

/// The cells which are quoted, in addition to cells which must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quoting {
    None,
    Texts,
    All,
}

const DATES: [&str; 17] = [
    "%Y-%m-%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%y",
    "%-m/%-d/%Y",
    "%-d.%-m.%y",
    "%b %d, %Y",
    "%-d %B %Y",
    "%Y/%m/%d",
    "%y-%m-%d",
    "%m/%d/%Y %I:%M %p",
    "%y/%m/%d",
    "%d.%m.%Y %H:%M",
];

const DURATIONS: [&str; 7] = ["1.5", "1,5", "1.500", "1,500", "1:30", "1:30:00", "1.5 h"];

fn dress(dice: &mut Dice) -> Dress {
    let format = dice.pick(&FormatName::ALL);
    let mut durations = DURATIONS.to_vec();
    match format {
        FormatName::Toggl => durations = vec!["1:30:00", "1.5 h", "90:00 min", "1:30:00 AM"],
        FormatName::Freckle => durations.extend(["90", "90"]),
        _ => {}
    }
    // FreshBooks offers two styles of dates with two-digit years, and both end with the year.
    let dates = DATES.into_iter().filter(|date| format != FormatName::Freshbooks || !date.starts_with("%y"));
    Dress {
        format,
        encoding: dice.pick(&["utf-8", "utf-8 marked", "utf-16le", "utf-16be", "utf-16le marked", "windows-1252"]),
        delimiter: dice.pick(&[',', ';', '\t', '|']),
        line_end: dice.pick(&["\n", "\r\n", "\r", "mixed"]),
        final_break: dice.roll(4) > 0,
        date: dice.pick(&dates.collect::<Vec<_>>()),
        duration: dice.pick(&durations),
        quoting: dice.pick(&[Quoting::None, Quoting::Texts, Quoting::All]),
        total: dice.roll(8) == 0,
    }
}

fn truths(dice: &mut Dice) -> Vec<Truth> {
    let words = ["Plan", "Überblick", "café, naïve", "a; b", "say \"hi\"", "two\nlines", "| bar", "5 €", "tab\there"];
    let year = 2019 + dice.roll(7) as i16;
    let last_day = dice.pick(&[12, 28, 28, 28]);
    let (years, sorted) = (dice.pick(&[1, 1, 2]), dice.roll(2) == 0);
    let row = |dice: &mut Dice| Truth {
        date: jiff::civil::date(year + dice.roll(years) as i16, 1 + dice.roll(12) as i8, 1 + dice.roll(last_day) as i8),
        // A multiple of 0.05 hours is exact in every style of durations.
        seconds: 180 * (1 + dice.roll(100)),
        person: dice.pick(&["Jo Field", "Zoë Müller", "Mo Ask"]),
        project: format!("{} {}", dice.pick(&["Site", "Größe", "App"]), dice.roll(3)),
        text: dice.pick(&words).to_owned(),
    };
    let rows = 1 + dice.roll(20);
    let mut truths: Vec<Truth> = (0..rows).map(|_| row(dice)).collect();
    if sorted {
        truths.sort_by_key(|truth| truth.date);
    }
    truths
}

fn duration(seconds: u64, like: &str) -> String {
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let hundredths = seconds / 36;
    let decimal = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    match like {
        "1.5" => decimal,
        "1,5" => decimal.replace('.', ","),
        "1.500" => format!("{decimal}0"),
        "1,500" => format!("{decimal}0").replace('.', ","),
        "1.5 h" => format!("{decimal} h"),
        "1:30" => format!("{hours}:{minutes:02}"),
        "90" => format!("{}", seconds / 60),
        "90:00 min" => format!("{}:{:02} min", seconds / 60, seconds % 60),
        "1:30:00 AM" => match hours {
            0 => format!("12:{minutes:02}:00 AM"),
            _ => format!("{hours:02}:{minutes:02}:00 AM"),
        },
        _ => format!("{hours}:{minutes:02}:{:02}", seconds % 60),
    }
}

fn header(dress: &Dress) -> Vec<&'static str> {
    match dress.format {
        FormatName::Toggl => vec!["Start date", "Duration", "User", "Project", "Description", "Start time"],
        FormatName::Harvest => vec!["Date", "Hours", "First Name", "Project", "Notes", "Last Name"],
        FormatName::Tempo => vec!["Work date", "Hours", "Full name", "Project Name", "Work Description", "Issue Key"],
        FormatName::Basecamp => vec!["date", "hours", "person", "project", "description", "company"],
        FormatName::Freshbooks => vec!["Date", "Hours", "Team", "Project", "Notes", "Client"],
        FormatName::Freckle if dress.duration == "90" => {
            vec!["date", "minutes", "person", "project", "description", "client"]
        }
        FormatName::Freckle | FormatName::Table => vec!["date", "hours", "person", "project", "description", "client"],
    }
}

fn row(truth: &Truth, dress: &Dress) -> Vec<String> {
    let (first, last) = truth.person.split_once(' ').unwrap();
    let (person, sixth) = match dress.format {
        FormatName::Harvest => (first.to_owned(), last),
        FormatName::Freshbooks => (format!("{last}, {first}"), "Alder"),
        FormatName::Toggl => (truth.person.to_owned(), "09:00:00"),
        _ => (truth.person.to_owned(), "Alder"),
    };
    let date = truth.date.at(9, 0, 0, 0).strftime(dress.date).to_string();
    let duration = duration(truth.seconds, dress.duration);
    vec![date, duration, person, truth.project.clone(), truth.text.clone(), sixth.to_owned()]
}

fn write(truths: &[Truth], dress: &Dress) -> Vec<u8> {
    let mut text = String::new();
    if dress.encoding.ends_with("marked") {
        text.push('\u{feff}');
    }
    let mut ends = match dress.line_end {
        "mixed" => ["\n", "\r\n", "\r\n"].iter().cycle(),
        _ => std::slice::from_ref(&dress.line_end).iter().cycle(),
    };
    let mut line = |cells: &[String]| {
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                text.push(dress.delimiter);
            }
            let quoted = match dress.quoting {
                Quoting::None => false,
                Quoting::Texts => !cell.starts_with(|letter: char| letter.is_ascii_digit()),
                Quoting::All => true,
            };
            if quoted || cell.contains([dress.delimiter, '"', '\n']) {
                write!(text, "\"{}\"", cell.replace('"', "\"\"")).unwrap();
            } else {
                text.push_str(cell);
            }
        }
        text.push_str(ends.next().copied().unwrap_or_default());
    };
    line(&header(dress).into_iter().map(str::to_owned).collect::<Vec<_>>());
    truths.iter().for_each(|truth| line(&row(truth, dress)));
    if dress.total {
        let sum = truths.iter().map(|truth| truth.seconds).sum();
        line(&["Total", &duration(sum, dress.duration), "", "", "", ""].map(str::to_owned));
    }
    if !dress.final_break {
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
    }
    match dress.encoding.trim_end_matches(" marked") {
        "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "windows-1252" => encoding_rs::WINDOWS_1252.encode(&text).0.into_owned(),
        _ => text.into_bytes(),
    }
}

/// True if the file leaves a reading open and must be refused.
fn is_open(truths: &[Truth], dress: &Dress) -> bool {
    let swaps = ["%m/%d", "%d/%m", "%d.%m", "%d-%m", "%-m/%-d", "%-d.%-m"];
    let (day, month) = (|truth: &Truth| truth.date.day(), |truth: &Truth| truth.date.month());
    swaps.iter().any(|swap| dress.date.starts_with(swap))
        && truths.iter().all(|truth| day(truth) <= 12)
        && truths.iter().any(|truth| day(truth) != month(truth))
}

/// True if the file may be refused, because its few cells allow a two-digit year at both ends.
fn may_be_open(truths: &[Truth], dress: &Dress) -> bool {
    match dress.date {
        "%d/%m/%y" | "%d.%m.%y" | "%-d.%-m.%y" | "%y-%m-%d" | "%y/%m/%d" => true,
        "%m/%d/%y" => truths.iter().all(|truth| truth.date.day() == truth.date.month()),
        _ => false,
    }
}

/// Checks the result of reading a file: true if the file was read, and an error if the result is wrong.
fn misread(truths: &[Truth], dress: &Dress, bytes: &[u8]) -> Result<bool, String> {
    let plan = match survey(bytes, &plainly(), 7, 1000) {
        Ok(plan) => plan,
        Err(_) if is_open(truths, dress) || may_be_open(truths, dress) => return Ok(false),
        Err(refusal) => return Err(format!("refused without need: {refusal}")),
    };
    if is_open(truths, dress) {
        return Err("read, though it leaves something open".to_owned());
    }
    if (plan.layout.decisions.format, plan.rows) != (dress.format, truths.len() as u64) {
        return Err(format!("{} rows of {}", plan.rows, plan.layout.decisions.format));
    }
    if plan.layout.encoding.to_string() != dress.encoding.trim_end_matches(" marked")
        && (plan.layout.encoding, dress.encoding) != (Encoding::Utf8, "windows-1252")
    {
        return Err(format!("taken for {}", plan.layout.encoding));
    }
    let mut truths = truths.iter();
    let mut result = Ok(true);
    load(bytes, &plan, |row| {
        let truth = truths.next().unwrap();
        let right = row.parsed.as_ref().is_ok_and(|entry| {
            entry.date == truth.date
                && entry.seconds == truth.seconds
                && entry.person.name.as_deref() == Some(truth.person)
                && entry.project.as_deref() == Some(&truth.project)
                && entry.text.as_deref() == Some(&truth.text)
        });
        if !right && result.is_ok() {
            result = Err(format!("misread: {}", tell(row)));
        }
    });
    result
}

#[test]
fn no_file_of_eight_thousand_is_misread() {
    let mut dice = Dice(0x5eed_cafe);
    let (mut open, mut short_years, mut told) = (0, 0, 0);
    for number in 0..8000 {
        let (dress, truths) = (dress(&mut dice), truths(&mut dice));
        let bytes = write(&truths, &dress);
        open += u32::from(is_open(&truths, &dress));
        let read = misread(&truths, &dress, &bytes)
            .unwrap_or_else(|wrong| panic!("file {number}, {dress:?}: {wrong}\n{}", String::from_utf8_lossy(&bytes)));
        let may_be_open = may_be_open(&truths, &dress) && !is_open(&truths, &dress);
        short_years += u32::from(may_be_open);
        told += u32::from(may_be_open && read);
    }
    // All kinds of files must occur for the test to have meaning, and refusals must be the exception.
    assert!((300..3000).contains(&open), "{open} files were open");
    assert!(short_years > 1000 && told > 100, "{told} of {short_years} files with short years were read");
}
