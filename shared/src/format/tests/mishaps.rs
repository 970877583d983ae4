//! Thousands of files as people and programs leave them: saved again by a spreadsheet, torn, cut, joined,
//! or in old code pages. Each file is read rightly row by row, or refused, and a row which cannot be right
//! is an error of the row.

mod spoil;

use std::collections::HashMap;

use super::matrix::Dice;
use super::*;
use spoil::spoil;

/// The damage done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Mishap {
    /// Times and durations are parts of a day, with and without an end.
    DayParts,
    DayPartsAlone,
    /// Durations are bare numbers of some unit, with and without an end.
    BareNumbers,
    BareNumbersAlone,
    /// Pairs such as `25:30` are minutes and seconds, with and without an end.
    MinutesSeconds,
    MinutesSecondsAlone,
    /// Clocks of twelve hours, for durations as well.
    TwelveHours,
    /// Booleans in other languages: WAHR and FALSCH, VRAI and FAUX.
    OtherBooleans,
    /// A quote which is never closed, or quotes within a text which are not doubled.
    TornQuote,
    InnerQuotes,
    /// A delimiter in an unquoted text.
    ShiftedCells,
    /// Rows with nothing but delimiters, and blank rows.
    BlankRows,
    /// A line of words above the header, or below the rows.
    Title,
    Footer,
    /// A row of sums follows each day.
    Subtotals,
    /// Two exports, joined one below the other, each with its header.
    Glued,
    /// A column occurs twice.
    Twice,
    /// Another code page, or UTF-8 except in a single row.
    CodePage,
    MixedEncodings,
    /// A spreadsheet has converted the dates it could convert, swapping day and month.
    HalfConverted,
    /// Two styles of dates in the same column.
    TwoStyles,
    /// Two-digit years over a range of many years.
    ShortYears,
    /// Amounts of money with thousands marks, beside hours.
    Thousands,
    /// The file ends in the middle of a row.
    CutShort,
}

const ALL: [Mishap; 24] = [
    Mishap::DayParts,
    Mishap::DayPartsAlone,
    Mishap::BareNumbers,
    Mishap::BareNumbersAlone,
    Mishap::MinutesSeconds,
    Mishap::MinutesSecondsAlone,
    Mishap::TwelveHours,
    Mishap::OtherBooleans,
    Mishap::TornQuote,
    Mishap::InnerQuotes,
    Mishap::ShiftedCells,
    Mishap::BlankRows,
    Mishap::Title,
    Mishap::Footer,
    Mishap::Subtotals,
    Mishap::Glued,
    Mishap::Twice,
    Mishap::CodePage,
    Mishap::MixedEncodings,
    Mishap::HalfConverted,
    Mishap::TwoStyles,
    Mishap::ShortYears,
    Mishap::Thousands,
    Mishap::CutShort,
];

/// The result which a mishap must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Every row is right.
    Read,
    /// The rows which are read are right and the others are errors, or the whole file is refused.
    ReadOrErrors,
    /// Every row is right, or the whole file is refused.
    ReadOrRefused,
    Refused,
}

impl Mishap {
    fn fate(self) -> Fate {
        match self {
            Self::DayParts
            | Self::BareNumbers
            | Self::MinutesSeconds
            | Self::TwelveHours
            | Self::OtherBooleans
            | Self::BlankRows
            | Self::Title
            | Self::Twice
            | Self::Thousands => Fate::Read,
            Self::TornQuote
            | Self::InnerQuotes
            | Self::ShiftedCells
            | Self::Footer
            | Self::Subtotals
            | Self::Glued
            | Self::TwoStyles
            | Self::CutShort => Fate::ReadOrErrors,
            Self::CodePage | Self::ShortYears => Fate::ReadOrRefused,
            Self::DayPartsAlone
            | Self::BareNumbersAlone
            | Self::MinutesSecondsAlone
            | Self::MixedEncodings
            | Self::HalfConverted => Fate::Refused,
        }
    }
}

/// The true values of a row.
#[derive(Clone, Debug)]
struct Truth {
    start: jiff::civil::DateTime,
    seconds: u64,
    person: String,
    /// A unique text, by which the row is recognised.
    text: String,
    billable: bool,
}

fn truths(dice: &mut Dice) -> Vec<Truth> {
    let rows = 12 + dice.roll(20);
    let mut day = jiff::civil::date(2019 + dice.roll(6) as i16, 1, 1);
    let mut truths = Vec::new();
    for number in 0..rows {
        day = day.checked_add(jiff::Span::new().days(1 + dice.roll(11) as i64)).unwrap();
        let start = day.at(8 + dice.roll(4) as i8, dice.roll(60) as i8, 0, 0);
        let person = dice.pick(&["Jo Field", "Mo Ask", "Al Brook"]).to_owned();
        // Multiples of six minutes, from six minutes to ten hours, are exact in every format without seconds.
        let seconds = 360 * (1 + dice.roll(100));
        truths.push(Truth { start, seconds, person, text: format!("n{number}"), billable: dice.roll(2) == 0 });
    }
    truths
}

/// Count of rows which were read, if all of them are right; the error describes the fault.
fn read_rightly(mishap: Mishap, truths: &[Truth], bytes: &[u8]) -> Result<u64, String> {
    let fate = mishap.fate();
    let plan = match survey(bytes, &plainly(), 7, 1000) {
        Ok(_) if fate == Fate::Refused => return Err("read, and not refused".to_owned()),
        Ok(plan) => plan,
        Err(refusal) if fate == Fate::Read => return Err(format!("refused: {refusal}")),
        Err(_) => return Ok(0),
    };
    let by_text: HashMap<&str, &Truth> = truths.iter().map(|truth| (truth.text.as_str(), truth)).collect();
    let (mut right, mut errors, mut wrong) = (0, 0, None);
    load(bytes, &plan, |row| {
        let Ok(entry) = &row.parsed else {
            errors += 1;
            return;
        };
        // A text with an addition still identifies its row.
        let text = entry.text.as_deref().unwrap_or_default();
        let name = match mishap {
            Mishap::InnerQuotes | Mishap::ShiftedCells => {
                text.trim_start_matches('"').split(['"', ' ']).next().unwrap()
            }
            _ => text,
        };
        let same = by_text.get(name).is_some_and(|truth| {
            entry.date == truth.start.date()
                && entry.start == Some(truth.start.time())
                && entry.seconds == truth.seconds
                && entry.billable == Some(truth.billable)
                && entry.person.name.as_deref() == Some(&truth.person)
        });
        right += u64::from(same);
        if !same && wrong.is_none() {
            wrong = Some(tell(row));
        }
    });
    match wrong {
        Some(row) => Err(format!("misread: {row}")),
        None if fate != Fate::ReadOrErrors && (right, errors) != (truths.len() as u64, 0) => {
            Err(format!("{right} right and {errors} errors of {} rows", truths.len()))
        }
        // An error may cover several rows which a torn quote has joined, but no row may vanish without an error.
        None if right < truths.len() as u64 && errors == 0 => Err(format!("{right} of {} rows", truths.len())),
        None => Ok(right),
    }
}

#[test]
fn no_file_of_five_thousand_with_a_mishap_is_misread() {
    let mut dice = Dice(0xbad_f11e);
    let mut kept: HashMap<Mishap, (u64, u64)> = HashMap::new();
    for number in 0..5000 {
        let mishap = ALL[number % ALL.len()];
        let mut truths = truths(&mut dice);
        let bytes = spoil(mishap, &mut truths, &mut dice);
        let read = read_rightly(mishap, &truths, &bytes)
            .unwrap_or_else(|wrong| panic!("file {number}, {mishap:?}: {wrong}\n{}", String::from_utf8_lossy(&bytes)));
        let kept = kept.entry(mishap).or_default();
        *kept = (kept.0 + read, kept.1 + truths.len() as u64);
    }
    // A faulty row is no reason to lose the whole file.
    for (mishap, (read, rows)) in kept {
        let least = match mishap.fate() {
            Fate::ReadOrErrors => 55,
            Fate::ReadOrRefused if mishap == Mishap::ShortYears => 30,
            _ => 0,
        };
        assert!(read * 100 >= rows * least, "{mishap:?}: {read} of {rows} rows were read");
    }
}
