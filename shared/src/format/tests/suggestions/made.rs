//! Generates tables in many languages from a seed, with the true values of their rows.

use jiff::civil::{Date, Time};

use super::languages::Language;
use super::{Dice, EntryRow};

/// The true values of a row; values without a column in the table are not compared.
#[derive(Clone, Debug)]
pub(super) struct Truth {
    pub date: Date,
    pub start: Time,
    pub seconds: u64,
    pub person: &'static str,
    pub project: &'static str,
    pub text: String,
    /// True if the table has no columns of words.
    pub bare: bool,
}

impl Truth {
    pub fn is(&self, entry: &EntryRow<'_>) -> bool {
        entry.date == self.date
            && entry.seconds == self.seconds
            && (self.bare
                || entry.person.name.as_deref() == Some(self.person)
                    && entry.project.as_deref() == Some(self.project)
                    && entry.text.as_deref() == Some(&*self.text))
    }
}

/// The way in which a table gives durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Took {
    Hours,
    Minutes,
    Clock,
    Pair,
    Units,
    StartToEnd,
    StartToEndAndDuration,
    /// Decimals in a column which is just named "Duration".
    Decimals,
}

const TOOK: [Took; 8] = [
    Took::Hours,
    Took::Minutes,
    Took::Clock,
    Took::Pair,
    Took::Units,
    Took::StartToEnd,
    Took::StartToEndAndDuration,
    Took::Decimals,
];

fn truths(dice: &mut Dice) -> Vec<Truth> {
    let rows = 6 + dice.roll(12);
    let year = 2019 + dice.roll(6) as i16;
    let truth = |number: u64, dice: &mut Dice| Truth {
        // The first row has the 28th, which decides the order of day and month.
        date: jiff::civil::date(year, 1 + dice.roll(12) as i8, if number == 0 { 28 } else { 1 + dice.roll(28) as i8 }),
        start: jiff::civil::time(7 + dice.roll(4) as i8, 15 * dice.roll(4) as i8, 0, 0),
        // Multiples of a quarter of an hour are exact in minutes and in hundredths of an hour.
        seconds: 900 * (1 + dice.roll(26)),
        person: dice.pick(&["Jo Field", "Zoë Müller", "Mo Ask"]),
        project: dice.pick(&["Site", "Garden", "Größe"]),
        text: format!("n{number}"),
        bare: false,
    };
    (0..rows).map(|number| truth(number, dice)).collect()
}

/// The name of a column, and its cells.
type Column = (String, Vec<String>);

fn column(name: &str, truths: &[Truth], cell: impl Fn(&Truth) -> String) -> Column {
    (name.to_owned(), truths.iter().map(cell).collect())
}

/// The dates in one of the language's styles.
fn dates(language: &Language, truths: &[Truth], dice: &mut Dice) -> Column {
    let named = language.named.filter(|_| dice.roll(3) == 0);
    let style = dice.pick(&["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%-d.%-m.%y", "%Y/%m/%d"]);
    column(language.date, truths, |truth| match named {
        Some(style) => style
            .replace("{d}", &truth.date.day().to_string())
            .replace("{n}", &truth.date.month().to_string())
            .replace("{m}", language.months[truth.date.month() as usize - 1])
            .replace("{Y}", &truth.date.year().to_string()),
        None => truth.date.strftime(style).to_string(),
    })
}

fn clock(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

fn end(truth: &Truth) -> String {
    clock(truth.start.wrapping_add(jiff::Span::new().seconds(truth.seconds as i64)))
}

fn decimal(truth: &Truth, comma: bool) -> String {
    let hours = format!("{:.2}", truth.seconds as f64 / 3600.0);
    if comma { hours.replace('.', ",") } else { hours }
}

fn pair(truth: &Truth) -> String {
    format!("{}:{:02}", truth.seconds / 3600, truth.seconds / 60 % 60)
}

fn durations(language: &Language, took: Took, truths: &[Truth]) -> Vec<Column> {
    let start = || column(language.start, truths, |truth| clock(truth.start));
    let end = || column(language.end, truths, end);
    match took {
        Took::Hours => vec![column(language.hours, truths, |truth| decimal(truth, language.comma))],
        Took::Minutes => vec![column(language.minutes, truths, |truth| (truth.seconds / 60).to_string())],
        Took::Clock => vec![column(language.duration, truths, |truth| format!("{}:00", pair(truth)))],
        Took::Pair => vec![column(language.duration, truths, pair)],
        Took::Units => {
            let units = |truth: &Truth| format!("{} h {} min", truth.seconds / 3600, truth.seconds / 60 % 60);
            vec![column(language.duration, truths, units)]
        }
        Took::StartToEnd => vec![start(), end()],
        Took::StartToEndAndDuration => vec![start(), end(), column(language.duration, truths, pair)],
        Took::Decimals => vec![column(language.duration, truths, |truth| decimal(truth, language.comma))],
    }
}

/// Columns for the person and the work, and some optional columns.
fn words(language: &Language, truths: &[Truth], dice: &mut Dice) -> Vec<Column> {
    let mut columns = vec![
        column(language.person, truths, |truth| truth.person.to_owned()),
        column(language.project, truths, |truth| truth.project.to_owned()),
        column(language.text, truths, |truth| truth.text.clone()),
    ];
    let mut maybe = |column: Column| {
        if dice.roll(2) == 0 {
            columns.push(column);
        }
    };
    maybe(column(language.client, truths, |_| "Alder".to_owned()));
    maybe(column(language.task, truths, |truth| format!("T-{}", truth.seconds)));
    maybe(column(language.tags, truths, |truth| if truth.seconds > 9000 { "a, b".to_owned() } else { String::new() }));
    maybe(column(language.billable, truths, |truth| {
        if truth.seconds > 9000 { language.yes } else { language.no }.to_owned()
    }));
    maybe(column("Qqq", truths, |truth| truth.seconds.to_string()));
    maybe(column("", truths, |_| String::new()));
    columns
}

/// Writes the columns in random order as a file.
fn file(mut columns: Vec<Column>, comma: bool, dice: &mut Dice) -> String {
    for last in (1..columns.len()).rev() {
        columns.swap(last, dice.roll(last as u64 + 1) as usize);
    }
    let delimiter = if comma { ";" } else { dice.pick(&[",", ";", "\t"]) };
    let quoted = |cell: &str| if cell.contains(delimiter) { format!("\"{cell}\"") } else { cell.to_owned() };
    let line = |cells: Vec<&str>| cells.into_iter().map(quoted).collect::<Vec<_>>().join(delimiter);
    let rows = columns[0].1.len();
    let mut lines = vec![line(columns.iter().map(|(name, _)| name.as_str()).collect())];
    lines.extend((0..rows).map(|row| line(columns.iter().map(|(_, cells)| cells[row].as_str()).collect())));
    lines.join(dice.pick(&["\n", "\r\n"]))
}

/// Generates a table in a language.
pub(super) fn table(language: &Language, dice: &mut Dice) -> (String, Vec<Truth>) {
    let truths = truths(dice);
    let took = dice.pick(&TOOK);
    let mut columns = vec![dates(language, &truths, dice)];
    columns.extend(durations(language, took, &truths));
    columns.extend(words(language, &truths, dice));
    (file(columns, language.comma, dice), truths)
}

/// A kind of table which a hasty suggestion would misread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trap {
    /// Start and end with a break between them, and no duration.
    Breaks,
    /// Overtime in a column of its own.
    Overtime,
    /// Planned hours beside the worked hours.
    Planned,
    /// The date of the invoice, in a column before the day of work.
    Invoices,
    /// The column of dates holds other values.
    NoDates,
    /// Minutes in a column which is just named "Duration".
    BareMinutes,
    /// Words in a column with the name of a flag.
    NoFlag,
    /// Minutes beside hours, where the column of hours has an unknown name.
    Rest,
    /// Start and end with a break between them, in a column with an unknown name.
    UnknownBreaks,
    /// Times of day in a column which is just named "time".
    TimeOfDay,
}

impl Trap {
    pub const ALL: [Self; 10] = [
        Self::Breaks,
        Self::Overtime,
        Self::Planned,
        Self::Invoices,
        Self::NoDates,
        Self::BareMinutes,
        Self::NoFlag,
        Self::Rest,
        Self::UnknownBreaks,
        Self::TimeOfDay,
    ];
}

/// Generates a table which is a trap of this kind.
pub(super) fn trap(kind: Trap, language: &Language, dice: &mut Dice) -> (String, Vec<Truth>) {
    let mut truths = truths(dice);
    let mut columns = words(language, &truths, dice);
    let has_billable = columns.iter().any(|(name, _)| name == language.billable);
    let hours = column(language.hours, &truths, |truth| decimal(truth, language.comma));
    let iso = column(language.date, &truths, |truth| truth.date.to_string());
    match kind {
        Trap::Breaks => {
            let name = dice.pick(&["Pause", "Pausa", "Break", "Przerwa", "Перерыв", "休憩", "휴식", "Tauko"]);
            columns.push(column(name, &truths, |_| "0:30".to_owned()));
            columns.extend(durations(language, Took::StartToEnd, &truths));
            columns.push(iso);
        }
        Trap::Overtime => {
            let name =
                dice.pick(&["Überstunden", "Heures supplémentaires", "Horas extra", "Overtime", "Nadgodziny", "残業"]);
            columns.push(column(name, &truths, |_| "1".to_owned()));
            columns.extend([hours, iso]);
        }
        Trap::Planned => {
            let name =
                dice.pick(&["Geplante Stunden", "Planned hours", "Horas estimadas", "Heures prévues", "Плановые часы"]);
            columns.push(column(name, &truths, |_| "8".to_owned()));
            columns.extend([hours, iso]);
        }
        Trap::Invoices => {
            let name = dice.pick(&[
                "Rechnungsdatum",
                "Date facture",
                "Fecha de factura",
                "Invoice date",
                "Created",
                "Erstellt am",
            ]);
            columns.push(column(name, &truths, |_| "2030-01-31".to_owned()));
            columns.extend([hours, iso]);
        }
        Trap::NoDates => {
            columns.extend([hours, column(language.date, &truths, |truth| format!("KW {}", truth.seconds / 900))])
        }
        Trap::BareMinutes => {
            columns.push(column(language.duration, &truths, |truth| (truth.seconds / 60).to_string()));
            columns.push(iso);
        }
        Trap::Rest => {
            columns.push(column("Blurp", &truths, |truth| (truth.seconds / 3600).to_string()));
            columns.push(column(language.minutes, &truths, |truth| (truth.seconds / 60 % 60).to_string()));
            columns.push(iso);
        }
        Trap::UnknownBreaks => {
            columns.push(column("Blurp", &truths, |_| "0:15".to_owned()));
            columns.extend(durations(language, Took::StartToEnd, &truths));
            columns.push(iso);
            truths.iter_mut().for_each(|truth| truth.seconds -= 900);
        }
        Trap::TimeOfDay => {
            let name = dice.pick(&["Zeit", "Time", "Tiempo", "Время", "Czas", "Tid"]);
            columns.push(column(name, &truths, |truth| clock(truth.start)));
            columns.push(iso);
        }
        Trap::NoFlag => {
            columns.extend([hours, iso]);
            if !has_billable {
                columns.push(column(language.billable, &truths, |truth| format!("perhaps {}", truth.text)));
            }
        }
    }
    (file(columns, language.comma, dice), truths)
}

/// Generates a table whose column names belong to no language.
pub(super) fn unknown(dice: &mut Dice) -> (String, Vec<Truth>) {
    let truths: Vec<Truth> = truths(dice).into_iter().map(|truth| Truth { bare: true, ..truth }).collect();
    let style = dice.pick(&["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"]);
    let seconds = dice.roll(2) == 0;
    let columns = vec![
        column("Bla", &truths, |truth| truth.date.strftime(style).to_string()),
        column("Blo", &truths, |truth| if seconds { format!("{}:00", pair(truth)) } else { pair(truth) }),
        column("Blu", &truths, |truth| truth.text.clone()),
        column("Bli", &truths, |truth| truth.project.to_owned()),
    ];
    (file(columns, false, dice), truths)
}
