//! Thousands of files as people and their programs leave them: saved again by a spreadsheet, torn, cut, glued together, in
//! code pages of old. Each is read rightly, row by row, or refused; a row that cannot be right is an error of its own.

use std::collections::HashMap;

use super::matrix::Dice;
use super::*;

/// What befalls a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Mishap {
    /// Times and durations as parts of a day, with and without an end.
    DayParts,
    DayPartsAlone,
    /// Durations as bare numbers of some unit, with and without an end.
    BareNumbers,
    BareNumbersAlone,
    /// `25:30` as minutes and seconds, with and without an end.
    MinutesSeconds,
    MinutesSecondsAlone,
    /// Clocks of twelve hours, for durations too.
    TwelveHours,
    /// WAHR and FALSCH, VRAI and FAUX.
    OtherBooleans,
    /// A quote that nothing closes, or quotes within a text that are not doubled.
    TornQuote,
    InnerQuotes,
    /// A delimiter in a text without quotes.
    ShiftedCells,
    /// Rows of nothing but delimiters, and blank ones.
    BlankRows,
    /// A line of words above the header, or below the rows.
    Title,
    Footer,
    /// A row of sums after each day.
    Subtotals,
    /// Two exports, one below the other, each with its header.
    Glued,
    /// A column that comes twice.
    Twice,
    /// Another code page; or UTF-8 but for one row.
    CodePage,
    MixedEncodings,
    /// The dates that a spreadsheet took for its own, with day and month swapped.
    HalfConverted,
    /// Two ways to write dates in one column.
    TwoStyles,
    /// Short years over many years.
    ShortYears,
    /// Money with marks for thousands beside hours.
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

/// What must come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Every row is right.
    Read,
    /// What is read is right, and the other rows are errors; or all of it is refused.
    ReadOrErrors,
    /// Every row is right, or all of it is refused.
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
            | Self::Title
            | Self::MixedEncodings
            | Self::HalfConverted => Fate::Refused,
        }
    }
}

/// What a row says.
#[derive(Clone, Debug)]
struct Truth {
    start: jiff::civil::DateTime,
    seconds: u64,
    person: String,
    /// Names the row.
    text: String,
    billable: bool,
}

const HEADER: [&str; 10] = [
    "User",
    "Email",
    "Project",
    "Description",
    "Billable",
    "Start date",
    "Start time",
    "End date",
    "End time",
    "Duration",
];
const PERSON: usize = 0;
const TEXT: usize = 3;
const BILLABLE: usize = 4;
const START_DATE: usize = 5;
const START: usize = 6;
const END_DATE: usize = 7;
const END: usize = 8;
const DURATION: usize = 9;

fn truths(dice: &mut Dice) -> Vec<Truth> {
    let rows = 12 + dice.roll(20);
    let mut day = jiff::civil::date(2019 + dice.roll(6) as i16, 1, 1);
    let mut truths = Vec::new();
    for number in 0..rows {
        day = day.checked_add(jiff::Span::new().days(1 + dice.roll(11) as i64)).unwrap();
        let start = day.at(8 + dice.roll(4) as i8, dice.roll(60) as i8, 0, 0);
        let person = dice.pick(&["Jo Field", "Mo Ask", "Al Brook"]).to_owned();
        // Whole minutes that need the seconds' place in no format, from six minutes to ten hours.
        let seconds = 360 * (1 + dice.roll(100));
        truths.push(Truth { start, seconds, person, text: format!("n{number}"), billable: dice.roll(2) == 0 });
    }
    truths
}

/// The file as its tracker wrote it.
fn table(truths: &[Truth]) -> Vec<Vec<String>> {
    let row = |truth: &Truth| {
        let end = truth.start.checked_add(jiff::Span::new().seconds(truth.seconds as i64)).unwrap();
        let (seconds, billable) = (truth.seconds, if truth.billable { "Yes" } else { "No" });
        let duration = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        let mut cells = vec![truth.person.clone(), "jo@example.com".to_owned(), "Site".to_owned(), truth.text.clone()];
        cells.push(billable.to_owned());
        for moment in [truth.start, end] {
            cells.push(moment.strftime("%Y-%m-%d").to_string());
            cells.push(moment.strftime("%H:%M:%S").to_string());
        }
        cells.push(duration);
        cells
    };
    let header = HEADER.map(str::to_owned).to_vec();
    std::iter::once(header).chain(truths.iter().map(row)).collect()
}

fn quoted(cell: &str) -> String {
    match cell.contains([',', '"', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

fn lines(table: &[Vec<String>]) -> Vec<String> {
    table.iter().map(|row| row.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",")).collect()
}

/// A part of a day as a spreadsheet shows one.
fn day_part(seconds: u64) -> String {
    let shown = format!("{:.9}", seconds as f64 / 86_400.0);
    shown.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn without_end(table: &mut [Vec<String>]) {
    for row in table {
        row.drain(END_DATE..=END);
    }
}

/// Words of a code page, and its name; one that a browser knows.
const WORDS: [(&str, &[&str]); 6] = [
    ("windows-1250", &["příliš žluťoučký", "Dvořák a Růžička", "źdźbło trawy", "święta i środa", "kőszív ember fia"]),
    ("windows-1251", &["работа над сайтом", "Иван Петров", "встреча с клиентом", "отчёт за март", "правка"]),
    ("windows-1253", &["συνάντηση με πελάτη", "εργασία", "διόρθωση", "αναφορά μηνός", "σχέδιο"]),
    ("shift_jis", &["会議の準備", "打ち合わせ", "資料の作成", "修正", "顧客との会議"]),
    ("gbk", &["客户会议", "修改报告", "网站设计", "三月总结", "准备材料"]),
    ("koi8-u", &["зустріч з клієнтом", "робота над сайтом", "звіт за місяць", "правка", "нарада"]),
];

/// A file after its mishap.
fn spoil(mishap: Mishap, truths: &mut [Truth], dice: &mut Dice) -> Vec<u8> {
    let some = dice.roll(truths.len() as u64) as usize;
    match mishap {
        Mishap::ShortYears => {
            let step = 1 + dice.roll(400) as i64;
            for (number, truth) in truths.iter_mut().enumerate() {
                let days = jiff::Span::new().days(step * number as i64);
                truth.start = jiff::civil::date(2003, 1, 1).checked_add(days).unwrap().to_datetime(truth.start.time());
            }
        }
        Mishap::MinutesSeconds | Mishap::MinutesSecondsAlone => {
            truths.iter_mut().for_each(|truth| truth.seconds = 30 + truth.seconds % 3540);
            // At least one is told from hours and minutes by its length.
            truths[some].seconds = 1530;
        }
        _ => {}
    }
    let mut cells = table(truths);
    let rows = &mut cells[1..];
    match mishap {
        Mishap::DayParts | Mishap::DayPartsAlone => {
            for (row, truth) in rows.iter_mut().zip(truths.iter()) {
                let since_midnight =
                    |time: jiff::civil::Time| time.duration_since(jiff::civil::Time::MIN).as_secs() as u64;
                let start = since_midnight(truth.start.time());
                row[START] = day_part(start);
                row[END] = day_part((start + truth.seconds) % 86_400);
                row[DURATION] = day_part(truth.seconds);
            }
        }
        Mishap::BareNumbers | Mishap::BareNumbersAlone => {
            let unit = dice.pick(&[1, 60, 3600]);
            for (row, truth) in rows.iter_mut().zip(truths.iter()) {
                row[DURATION] = match truth.seconds % unit {
                    0 => (truth.seconds / unit).to_string(),
                    _ => format!("{:.1}", truth.seconds as f64 / unit as f64),
                };
            }
        }
        Mishap::MinutesSeconds | Mishap::MinutesSecondsAlone => {
            for (row, truth) in rows.iter_mut().zip(truths.iter()) {
                row[DURATION] = format!("{:02}:{:02}", truth.seconds / 60, truth.seconds % 60);
            }
        }
        Mishap::TwelveHours => {
            for row in rows.iter_mut() {
                for column in [START, END, DURATION] {
                    let time: jiff::civil::Time = row[column].parse().unwrap();
                    row[column] = time.strftime("%-I:%M:%S %p").to_string();
                }
            }
        }
        Mishap::OtherBooleans => {
            let [yes, no] = dice.pick(&[
                ["WAHR", "FALSCH"],
                ["VRAI", "FAUX"],
                ["WAAR", "ONWAAR"],
                ["VERO", "FALSO"],
                ["VERDADERO", "FALSO"],
                ["SANT", "FALSKT"],
                ["PRAWDA", "FAŁSZ"],
                ["Ja", "Nein"],
                ["1", "0"],
                ["TRUE", "FALSE"],
            ]);
            for (row, truth) in rows.iter_mut().zip(truths.iter()) {
                row[BILLABLE] = if truth.billable { yes } else { no }.to_owned();
            }
        }
        Mishap::HalfConverted => {
            for row in rows.iter_mut() {
                for column in [START_DATE, END_DATE] {
                    let date: jiff::civil::Date = row[column].parse().unwrap();
                    row[column] = match date.day() {
                        ..=12 => jiff::civil::date(date.year(), date.day(), date.month()).to_string(),
                        _ => date.strftime("%d/%m/%Y").to_string(),
                    };
                }
            }
        }
        Mishap::TwoStyles => {
            let styles = ["%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d", "%d.%m.%y", "%-d %b %Y"];
            let styles = [dice.pick(&styles), dice.pick(&styles)];
            // Nobody can tell when an order changes midway.
            let slashes = styles.iter().all(|style| style.contains('/'));
            let styles = if slashes { [styles[0]; 2] } else { styles };
            for (row, number) in rows.iter_mut().zip(0..) {
                for column in [START_DATE, END_DATE] {
                    let date: jiff::civil::Date = row[column].parse().unwrap();
                    row[column] = date.strftime(styles[usize::from(number >= some)]).to_string();
                }
            }
        }
        Mishap::ShortYears => {
            let style = dice.pick(&["%d/%m/%y", "%m/%d/%y", "%y-%m-%d", "%d.%m.%y", "%-m/%-d/%y"]);
            for row in rows.iter_mut() {
                for column in [START_DATE, END_DATE] {
                    let date: jiff::civil::Date = row[column].parse().unwrap();
                    row[column] = date.strftime(style).to_string();
                }
            }
        }
        Mishap::CodePage => {
            let (_, words) = WORDS[dice.roll(WORDS.len() as u64) as usize];
            for (row, truth) in rows.iter_mut().zip(truths.iter_mut()) {
                truth.text = format!("{} {}", truth.text, dice.pick(words));
                row[TEXT] = truth.text.clone();
            }
        }
        Mishap::MixedEncodings => {
            for (row, truth) in rows.iter_mut().zip(truths.iter_mut()) {
                truth.text.push_str(" Grüße");
                row[TEXT] = truth.text.clone();
            }
        }
        Mishap::Twice => {
            let twice = dice.pick(&[START_DATE, DURATION, PERSON, TEXT]);
            for row in &mut cells {
                row.push(row[twice].clone());
            }
        }
        Mishap::Thousands => {
            let amount = dice.pick(&["1,234.50", "1.234,50", "1 234,50", "1'234.50", "12,345,678.90", "$950.00"]);
            cells[0].push("Amount (EUR)".to_owned());
            for row in &mut cells[1..] {
                row.push(amount.to_owned());
            }
        }
        _ => {}
    }
    if matches!(mishap, Mishap::DayPartsAlone | Mishap::BareNumbersAlone | Mishap::MinutesSecondsAlone) {
        without_end(&mut cells);
    }
    let mut lines = lines(&cells);
    // The last row's place, so that what is put behind a row has one to be behind.
    let at = 1 + some;
    match mishap {
        Mishap::TornQuote => {
            for line in [at, 1 + dice.roll(truths.len() as u64) as usize] {
                let text = &truths[line - 1].text;
                lines[line] = lines[line].replacen(&format!(",{text},"), &format!(",\"{text},"), 1);
            }
        }
        Mishap::InnerQuotes => {
            let inner =
                dice.pick(&["\"{} say \"hi\" twice\"", "{} 5\" pipe", "\"{}\" and more", "\"{} a, \"b, c\" d\""]);
            let text = &truths[some].text;
            lines[at] = lines[at].replacen(&format!(",{text},"), &format!(",{},", inner.replace("{}", text)), 1);
        }
        Mishap::ShiftedCells => {
            let text = &truths[some].text;
            lines[at] = lines[at].replacen(&format!(",{text},"), &format!(",{text}, and more,"), 1);
        }
        Mishap::BlankRows => {
            lines.insert(at, ",".repeat(HEADER.len() - 1));
            lines.insert(1, String::new());
            lines.extend([",".repeat(HEADER.len() - 1), "   ".to_owned()]);
        }
        Mishap::Title => lines.insert(0, "Detailed report of all work".to_owned()),
        Mishap::Footer => {
            lines
                .push(dice.pick(&["Exported on 2024-03-01", "Page 1 of 1", "Exported,by,Jo,,,,,,,", "---"]).to_owned());
        }
        Mishap::Subtotals => {
            let sum = ["Total", "", "", "", "", "", "", "", "", "07:30:00"].join(",");
            lines.insert(at, sum.clone());
            lines.push(sum);
        }
        Mishap::Glued => lines.insert(at, lines[0].clone()),
        _ => {}
    }
    let text = lines.join(dice.pick(&["\n", "\r\n"]));
    match mishap {
        Mishap::CodePage => {
            let fits = |name: &&(&str, &[&str])| name.1.iter().any(|word| text.contains(word));
            let (name, _) = WORDS.iter().find(fits).unwrap();
            encoding_rs::Encoding::for_label(name.as_bytes()).unwrap().encode(&text).0.into_owned()
        }
        Mishap::MixedEncodings => {
            let (before, behind) = text.split_at(text.rfind("Grüße").unwrap());
            [before.as_bytes(), b"Gr\xfc\xdfe", &behind.as_bytes()["Grüße".len()..]].concat()
        }
        Mishap::CutShort => {
            // Not within the duration of the last row: that a digit is missing nobody can see.
            let last = text.rfind(',').unwrap();
            let row = text.rfind('\n').unwrap();
            text.as_bytes()[..row + 2 + dice.roll((last - row - 1) as u64) as usize].to_vec()
        }
        _ => text.into_bytes(),
    }
}

/// How many rows were read, all of them rightly; or what is wrong.
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
        let Ok(entry) = &row.entry else {
            errors += 1;
            return;
        };
        // What is added to a text names the row still.
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
        // Errors may cover several rows that a torn quote has glued, but no row goes without one.
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
    // Nor may whole files be lost over a row.
    for (mishap, (read, rows)) in kept {
        let least = match mishap.fate() {
            Fate::ReadOrErrors => 55,
            Fate::ReadOrRefused if mishap == Mishap::ShortYears => 30,
            _ => 0,
        };
        assert!(read * 100 >= rows * least, "{mishap:?}: {read} of {rows} rows were read");
    }
}
