//! Thousands of files in which programs and keyboards have replaced colons, digits, quotes or emoji by similar
//! characters. Each file is read rightly row by row, its rows are errors, or the file is refused with the place.

use super::matrix::Dice;
use super::*;
use crate::source::Encoding;
use crate::source::checks::cesu8;

/// The unusual characters or values in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Other colons, digits of double width or of Arabic, hyphens which do not break, and
    /// marks for the direction of writing.
    Colons,
    Digits,
    Hyphens,
    Marks,
    /// Durations such as `0 days 01:00:00`, `1 day, 2:30:00` and `1.02:30:00`.
    Timedeltas,
    /// Ends at 24:00, with and without a duration.
    EndOfDay,
    EndOfDayAlone,
    /// Hours with three decimals.
    ThreeDecimals,
    /// Emoji written as two surrogates, and some emoji in UTF-8.
    Surrogates,
    /// A broken or cut letter of UTF-8, in files with further UTF-8 letters and in files of ASCII only.
    BrokenLetter,
    CutLetter,
    /// Backslashes before quotes.
    Backslashes,
}

const ALL: [Kind; 12] = [
    Kind::Colons,
    Kind::Digits,
    Kind::Hyphens,
    Kind::Marks,
    Kind::Timedeltas,
    Kind::EndOfDay,
    Kind::EndOfDayAlone,
    Kind::ThreeDecimals,
    Kind::Surrogates,
    Kind::BrokenLetter,
    Kind::CutLetter,
    Kind::Backslashes,
];

/// The true values of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Truth {
    start: jiff::civil::DateTime,
    seconds: u64,
    text: String,
    amount: String,
}

impl Truth {
    fn of(row: &TableRow<'_>) -> Option<Self> {
        let entry = row.parsed.as_ref().ok()?;
        Some(Self {
            start: entry.date.to_datetime(entry.start.unwrap_or_default()),
            seconds: entry.seconds,
            text: entry.text.as_deref().unwrap_or_default().to_owned(),
            amount: entry.amount.as_deref().unwrap_or_default().to_owned(),
        })
    }
}

fn truths(kind: Kind, dice: &mut Dice) -> Vec<Truth> {
    let mut day = jiff::civil::date(2022 + dice.roll(3) as i16, 1, 1);
    let rows = 5 + dice.roll(12);
    let row = |number| {
        day = day.checked_add(jiff::Span::new().days(1 + dice.roll(20) as i64)).unwrap();
        let mut start = day.at(8 + dice.roll(4) as i8, dice.roll(60) as i8, 0, 0);
        let mut seconds = 300 * (1 + dice.roll(100));
        match kind {
            Kind::Timedeltas => seconds += 86_400 * (dice.roll(4) / 3 * dice.roll(3)),
            // The longest entry lasts from midnight to midnight.
            Kind::EndOfDay | Kind::EndOfDayAlone if number % 2 == 0 => {
                start = day.at(dice.roll(24) as i8, 5 * dice.roll(12) as i8, 0, 0);
                seconds =
                    day.tomorrow().unwrap().to_datetime(jiff::civil::Time::midnight()).duration_since(start).as_secs()
                        as u64;
            }
            // An entry takes at least half an hour, because 0.300 can be read in a single way only.
            Kind::ThreeDecimals => (start, seconds) = (day.into(), 3600 * (1 + dice.roll(11)) + 450 * dice.roll(8)),
            _ => {}
        }
        let amount = format!("{}.{:02}", 100 + dice.roll(5000), dice.roll(100));
        Truth { start, seconds, text: format!("n{number}"), amount }
    };
    (0..rows).map(row).collect()
}

fn clock(seconds: u64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The cells of a row: date, start, end date, end, duration, amount.
fn cells(kind: Kind, truth: &Truth, style: u64) -> [String; 6] {
    let end = truth.start.checked_add(jiff::Span::new().seconds(truth.seconds as i64)).unwrap();
    let (hours, rest) = (truth.seconds / 3600, truth.seconds % 3600);
    let (days, of_day) = (truth.seconds / 86_400, clock(truth.seconds % 86_400));
    let midnight = matches!(kind, Kind::EndOfDay | Kind::EndOfDayAlone) && end.time() == jiff::civil::Time::midnight();
    let (end_date, end_time) = match midnight {
        true => (truth.start.date(), ["24:00", "24:00:00", "24h00"][style as usize % 3].to_owned()),
        false => (end.date(), end.time().strftime("%H:%M:%S").to_string()),
    };
    let duration = match kind {
        Kind::Timedeltas => match style % 4 {
            0 => format!("{days} days {of_day}"),
            1 if days == 0 => of_day.trim_start_matches('0').to_owned(),
            1 => format!("{days} day{}, {of_day}", if days == 1 { "" } else { "s" }),
            2 => format!("{days} days {of_day}.000000"),
            _ => format!("{days}.{of_day}"),
        },
        Kind::EndOfDayAlone => String::new(),
        Kind::ThreeDecimals => {
            let decimal = format!("{hours}.{:03}", rest * 1000 / 3600);
            if style.is_multiple_of(2) { decimal } else { decimal.replace('.', ",") }
        }
        _ => clock(truth.seconds),
    };
    // Python writes the hours without a leading zero: 0:30:00.
    let duration = if duration.starts_with(':') { format!("0{duration}") } else { duration };
    let date = |date: jiff::civil::Date| date.to_string();
    [date(truth.start.date()), truth.start.time().to_string(), date(end_date), end_time, duration, truth.amount.clone()]
}

/// A letter in a style of writing.
fn restyled(kind: Kind, style: u64, letter: char) -> String {
    let digit = |zero: u32| letter.to_digit(10).and_then(|digit| char::from_u32(zero + digit));
    match (kind, letter) {
        (Kind::Colons, ':') => ['∶', '：', '꞉', '﹕'][style as usize % 4].to_string(),
        (Kind::Digits, '0'..='9') => digit([0xff10, 0x660, 0x6f0][style as usize % 3]).unwrap().to_string(),
        (Kind::Digits, ':') if style.is_multiple_of(2) => "：".to_owned(),
        (Kind::Hyphens, '-') => ["‐", "‑", "−", "－", "–"][style as usize % 5].to_owned(),
        (Kind::Marks, ':' | '-') => {
            format!("{letter}{}", ["\u{200e}", "\u{200b}", "\u{2066}", "\u{ad}"][style as usize % 4])
        }
        _ => letter.to_string(),
    }
}

/// Generates a file, and for a broken file the byte and the line of the fault.
fn file(kind: Kind, truths: &mut [Truth], dice: &mut Dice) -> (Vec<u8>, Option<(usize, usize)>) {
    let style = dice.roll(60);
    let (emoji, words) = (["🚀", "🎉", "👩‍💻", "🏝️"], ["Café", "größer", "naïve", "Łódź", "встреча", "会議", "señor"]);
    for truth in truths.iter_mut() {
        match kind {
            Kind::Surrogates if dice.roll(3) > 0 => {
                truth.text.push_str(&format!(" {}ok {}", dice.pick(&emoji), dice.pick(&words)))
            }
            Kind::BrokenLetter => truth.text.push_str(&format!(" {}", dice.pick(&words))),
            _ => {}
        }
    }
    let hours = kind == Kind::ThreeDecimals;
    let header = match hours {
        true => "Date,Hours,First Name,Last Name,Notes",
        false => {
            "User,Email,Project,Description,Billable,Start date,Start time,End date,End time,Duration,Amount (EUR)"
        }
    };
    let mut lines = vec![header.to_owned()];
    for truth in truths.iter() {
        let cells =
            cells(kind, truth, style).map(|cell| cell.chars().map(|c| restyled(kind, style, c)).collect::<String>());
        let [date, start, end_date, end, duration, amount] = cells;
        let text = &truth.text;
        lines.push(match hours {
            true => format!("{date},\"{duration}\",Jo,Field,{text}"),
            false => {
                format!("Jo,jo@example.com,Site,{text},No,{date},{start},{end_date},{end},\"{duration}\",{amount}")
            }
        });
    }
    let some = 1 + dice.roll(truths.len() as u64) as usize;
    let text = truths[some - 1].text.clone();
    match kind {
        Kind::Backslashes => {
            let said = dice.pick(&[
                r#""{} \"ok\" twice""#,
                r#""\"{}\" x""#,
                r#""{} \"a, b\" c""#,
                r#""{} ""a"" \"b\" c""#,
                r#""{} \"end\"""#,
                r#""{} \\"x\\" y""#,
                "\"{} \\\"a\nb\\\" c\"",
            ]);
            lines[some] = lines[some].replacen(&text, &said.replace("{}", &text), 1);
        }
        Kind::CutLetter => {
            let letter = dice.pick(&["🚀", "🎉", "…", "–", "’", "会", "é", "Ж", "€"]);
            let behind = if letter == "é" || letter == "’" { "Zo" } else { " " };
            // The emoji or letter is inserted within the cell or at its end.
            lines[some] = lines[some].replacen(&text, &format!("{text}{behind}{letter}"), 1);
        }
        _ => {}
    }
    let file = lines.join("\n");
    let at = |what: &str| file.find(what).unwrap();
    match kind {
        Kind::Surrogates => {
            let mut bytes = Vec::new();
            for letter in file.chars() {
                let text = letter.to_string();
                let is_plain = letter.len_utf8() < 4 || dice.roll(4) == 0;
                bytes.extend(if is_plain { text.into_bytes() } else { cesu8(&text) });
            }
            (bytes, None)
        }
        Kind::BrokenLetter | Kind::CutLetter => {
            let mut bytes = file.clone().into_bytes();
            let from = at(&format!(",{text}"));
            let letter = from + file[from..].find(|c: char| !c.is_ascii()).unwrap();
            let length = file[letter..].chars().next().unwrap().len_utf8();
            // The first byte of 会 alone is ä in Windows-1252, which looks like a word of a single letter.
            let least = if kind == Kind::CutLetter && file[letter..].starts_with('会') { 2 } else { 1 };
            let kept = least + dice.roll((length - least) as u64) as usize;
            bytes.drain(letter + kept..letter + length);
            (bytes, Some((letter, some + 1)))
        }
        _ => (file.into_bytes(), None),
    }
}

/// Checks the result of reading a file; the error describes the fault.
fn read_rightly(kind: Kind, truths: &[Truth], bytes: &[u8], broken: Option<(usize, usize)>) -> Result<(), String> {
    let plan = match (survey(bytes, &plainly(), 3, 97), broken) {
        (Err(refusal), Some((byte, line))) => {
            let said = refusal.to_string();
            let right = said.contains(&format!("UTF-8, but for byte {byte} (counted from 0) on line {line}"));
            return if right {
                Ok(())
            } else {
                Err(format!("refused, but not for byte {byte} on line {line}: {said}"))
            };
        }
        (Ok(_), Some(_)) => return Err("read, and not refused".to_owned()),
        (Err(refusal), None) => return Err(format!("refused: {refusal}")),
        (Ok(plan), None) => plan,
    };
    if kind == Kind::Surrogates && !truths.iter().all(|truth| truth.text.len() < 5) {
        assert!(matches!(plan.layout.encoding, Encoding::Cesu8 | Encoding::Utf8));
    }
    let (mut read, mut errors, mut wrong) = (Vec::new(), 0, None);
    load(bytes, &plan, |row| match Truth::of(row) {
        None => errors += 1,
        Some(mut truth) => {
            if kind == Kind::ThreeDecimals {
                truth.amount = truths
                    .iter()
                    .find(|other| other.text == truth.text)
                    .map_or(String::new(), |other| other.amount.clone());
            }
            if !truths.contains(&truth) {
                wrong = Some(tell(row));
            }
            read.push(truth);
        }
    });
    match wrong {
        Some(row) => Err(format!("misread: {row}")),
        None if kind == Kind::Backslashes && (read.len(), errors) == (truths.len() - 1, 1) => Ok(()),
        None if read.len() == truths.len() && errors == 0 => Ok(()),
        None => Err(format!("{} rows and {errors} errors of {} rows", read.len(), truths.len())),
    }
}

#[test]
fn no_file_of_three_thousand_with_odd_letters_is_misread() {
    let mut dice = Dice(0x1e77_e125);
    for number in 0..3000 {
        let kind = ALL[number % ALL.len()];
        let mut truths = truths(kind, &mut dice);
        let (bytes, broken) = file(kind, &mut truths, &mut dice);
        read_rightly(kind, &truths, &bytes, broken)
            .unwrap_or_else(|wrong| panic!("file {number}, {kind:?}: {wrong}\n{}", String::from_utf8_lossy(&bytes)));
    }
}
