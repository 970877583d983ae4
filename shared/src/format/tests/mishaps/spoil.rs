//! Generates files, and damages them by a mishap.

use super::{Dice, Mishap, Truth};

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

/// The file as written by the time tracker.
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

/// A part of a day in the form shown by spreadsheets.
fn day_part(seconds: u64) -> String {
    let shown = format!("{:.9}", seconds as f64 / 86_400.0);
    shown.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn without_end(table: &mut [Vec<String>]) {
    for row in table {
        row.drain(END_DATE..=END);
    }
}

/// Names of code pages, in the Encoding Standard's spelling, each with words in a language of the code page.
const WORDS: [(&str, &[&str]); 6] = [
    ("windows-1250", &["příliš žluťoučký", "Dvořák a Růžička", "źdźbło trawy", "święta i środa", "kőszív ember fia"]),
    ("windows-1251", &["работа над сайтом", "Иван Петров", "встреча с клиентом", "отчёт за март", "правка"]),
    ("windows-1253", &["συνάντηση με πελάτη", "εργασία", "διόρθωση", "αναφορά μηνός", "σχέδιο"]),
    ("shift_jis", &["会議の準備", "打ち合わせ", "資料の作成", "修正", "顧客との会議"]),
    ("gbk", &["客户会议", "修改报告", "网站设计", "三月总结", "准备材料"]),
    ("koi8-u", &["зустріч з клієнтом", "робота над сайтом", "звіт за місяць", "правка", "нарада"]),
];

/// Generates a file and damages the file by the mishap.
pub(super) fn spoil(mishap: Mishap, truths: &mut [Truth], dice: &mut Dice) -> Vec<u8> {
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
            // At least one duration is clear by its length: as hours and minutes it would be too long.
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
            // A change of the order in the middle of a file cannot be detected.
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
    // The index of the chosen row's line, so that something can be inserted after the row.
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
            // The cut is not within the duration of the last row, because a missing digit cannot be detected.
            let last = text.rfind(',').unwrap();
            let row = text.rfind('\n').unwrap();
            text.as_bytes()[..row + 2 + dice.roll((last - row - 1) as u64) as usize].to_vec()
        }
        _ => text.into_bytes(),
    }
}
