//! Generates the files of each kind, with the true values of their rows.

use jiff::civil::{Date, DateTime};

use super::{Dice, EntryRow};

/// A kind of file, by the property which makes the file hard to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Each empty cell holds a dash.
    Dashes,
    /// Toggl's report, with some columns hidden.
    ChosenColumns,
    /// Hours and minutes in separate columns, as parts of a duration.
    Parts,
    /// Hours and minutes in separate columns, each with the whole duration.
    SameTwice,
    /// Some rows have a comma in an unquoted text, and all rows end with empty cells.
    Surplus,
    /// A delimiter follows the last cell of each row.
    TrailingDelimiter,
    /// Empty cells at the end of a row are omitted.
    CutRows,
    /// A row has lost a delimiter, which joins two of its cells.
    LostDelimiter,
    /// Subtotals follow each day, with and without a date or a word for a total.
    Subtotals,
    /// A spreadsheet has converted the dates it could convert, and shows them with the month in letters.
    HalfConverted,
    /// Only the day of the week decides which number is the day and which is the month.
    Weekdays,
    /// Lines of a title stand above the header.
    Title,
    /// Exports of Basecamp 3 and 4.
    Basecamp,
    /// Durations are longer than the time from start to end.
    TooLong,
}

impl Kind {
    pub const ALL: [Self; 14] = [
        Self::Dashes,
        Self::ChosenColumns,
        Self::Parts,
        Self::SameTwice,
        Self::Surplus,
        Self::TrailingDelimiter,
        Self::CutRows,
        Self::LostDelimiter,
        Self::Subtotals,
        Self::HalfConverted,
        Self::Weekdays,
        Self::Title,
        Self::Basecamp,
        Self::TooLong,
    ];

    pub fn must_be_read(self) -> bool {
        !matches!(self, Self::Surplus | Self::LostDelimiter) && !self.must_be_refused()
    }

    pub fn must_be_refused(self) -> bool {
        matches!(self, Self::HalfConverted | Self::TooLong)
    }

    /// True if no row of this kind may be an error.
    pub fn must_be_whole(self) -> bool {
        !matches!(self, Self::Surplus | Self::LostDelimiter | Self::CutRows)
    }
}

/// The true values of a row; values without a column in the format are not compared.
#[derive(Clone, Debug)]
pub(super) struct Truth {
    pub start: DateTime,
    pub seconds: u64,
    pub person: Option<String>,
    pub project: Option<String>,
    pub text: Option<String>,
    pub tags: Option<String>,
}

impl Truth {
    /// True if the entry has these values.
    pub fn is(&self, entry: &EntryRow<'_>) -> bool {
        let tags: Vec<&str> = entry.tags.iter().map(|tag| &*tag.name).collect();
        entry.date == self.start.date()
            && entry.seconds == self.seconds
            && entry.person.name.as_deref() == self.person.as_deref()
            && entry.project.as_deref() == self.project.as_deref()
            && entry.text.as_deref() == self.text.as_deref()
            && tags.join(", ") == self.tags.as_deref().unwrap_or_default()
    }
}

fn truths(dice: &mut Dice) -> Vec<Truth> {
    let rows = 6 + dice.roll(14);
    let mut day = jiff::civil::date(2019 + dice.roll(6) as i16, 1, 1);
    let maybe = |dice: &mut Dice, word: String| (dice.roll(3) > 0).then_some(word);
    let truth = |number: u64, dice: &mut Dice| {
        day = day.checked_add(jiff::Span::new().days(dice.roll(5) as i64)).unwrap();
        let project = dice.pick(&["Site", "Garden", "Orchard"]).to_owned();
        Truth {
            start: day.at(8 + dice.roll(4) as i8, dice.roll(60) as i8, 0, 0),
            // Multiples of a quarter of an hour are exact in minutes and in hundredths of an hour.
            seconds: 900 * (1 + dice.roll(30)),
            person: Some(dice.pick(&["Jo Field", "Mo Ask", "Al Brook"]).to_owned()),
            project: maybe(dice, project),
            text: Some(format!("n{number}")),
            tags: maybe(dice, dice_tag(number)),
        }
    };
    let mut truth = truth;
    (0..rows).map(|number| truth(number, dice)).collect()
}

fn dice_tag(number: u64) -> String {
    format!("t{}", number % 3)
}

/// Generates a file of a kind, with the true values of its rows.
pub(super) fn make(kind: Kind, dice: &mut Dice) -> (Vec<u8>, Vec<Truth>) {
    let mut truths = truths(dice);
    if kind == Kind::HalfConverted {
        // The first day cannot be read as a month by the spreadsheet, and the second day can.
        truths[0].start = truths[0].start.with().day(20).build().unwrap();
        truths[1].start = truths[1].start.with().day(5).build().unwrap();
    }
    let lines = match kind {
        Kind::Dashes => toggl(&mut truths, &[], "-", dice),
        Kind::ChosenColumns => {
            let hidden = dice.pick(&HIDDEN);
            toggl(&mut truths, hidden, "", dice)
        }
        Kind::TooLong => too_long(&truths),
        Kind::Basecamp => basecamp(&mut truths, dice),
        _ => harvest(kind, &mut truths, dice),
    };
    (lines.join(dice.pick(&["\n", "\r\n"])).into_bytes(), truths)
}

const TOGGL: [&str; 14] = [
    "Description",
    "Billable",
    "Duration",
    "Member",
    "Email",
    "Project",
    "Client",
    "Tags",
    "Amount",
    "Currency",
    "Start date",
    "Start time",
    "Stop date",
    "Stop time",
];

/// Groups of columns which people hide together.
const HIDDEN: [&[&str]; 6] = [
    &["Member", "Email", "Tags"],
    &["Duration"],
    &["Email", "Amount", "Currency"],
    &["Duration", "Member", "Email", "Tags", "Amount", "Currency"],
    &["Member", "Email", "Client", "Billable"],
    &["Billable", "Tags", "Client", "Amount", "Currency"],
];

fn toggl(truths: &mut [Truth], hidden: &[&str], empty: &str, dice: &mut Dice) -> Vec<String> {
    let shown: Vec<usize> = (0..TOGGL.len()).filter(|&column| !hidden.contains(&TOGGL[column])).collect();
    let row = |cells: [String; 14]| {
        let cells: Vec<String> = shown.iter().map(|&column| format!("\"{}\"", cells[column])).collect();
        cells.join(",")
    };
    let mut lines = vec![row(TOGGL.map(str::to_owned))];
    for truth in truths.iter_mut() {
        if dice.roll(4) == 0 {
            truth.text = None;
        }
        let end = truth.start.checked_add(jiff::Span::new().seconds(truth.seconds as i64)).unwrap();
        let cell = |value: &Option<String>| value.clone().unwrap_or_else(|| empty.to_owned());
        let (hours, minutes) = (truth.seconds / 3600, truth.seconds / 60 % 60);
        let day = |at: DateTime| at.date().to_string();
        let time = |at: DateTime| at.strftime("%H:%M:%S").to_string();
        lines.push(row([
            cell(&truth.text),
            "No".to_owned(),
            format!("{hours}:{minutes:02}:00"),
            cell(&truth.person),
            "jo@example.com".to_owned(),
            cell(&truth.project),
            empty.to_owned(),
            cell(&truth.tags),
            empty.to_owned(),
            empty.to_owned(),
            day(truth.start),
            time(truth.start),
            day(end),
            time(end),
        ]));
    }
    for truth in truths {
        let is_hidden = |name: &str| hidden.contains(&name);
        truth.person = truth.person.take().filter(|_| !is_hidden("Member"));
        truth.tags = truth.tags.take().filter(|_| !is_hidden("Tags"));
    }
    lines
}

fn too_long(truths: &[Truth]) -> Vec<String> {
    let header = "User,Email,Description,Start date,Start time,End date,End time,Duration".to_owned();
    let row = |truth: &Truth| {
        let end = truth.start.checked_add(jiff::Span::new().minutes(10)).unwrap();
        let stamp = |at: DateTime| at.strftime("%Y-%m-%d,%H:%M:%S").to_string();
        let hours = 2 + truth.seconds / 3600;
        format!("Jo,jo@example.com,x,{},{},{hours:02}:00:00", stamp(truth.start), stamp(end))
    };
    std::iter::once(header).chain(truths.iter().map(row)).collect()
}

fn basecamp(truths: &mut [Truth], dice: &mut Dice) -> Vec<String> {
    let status = dice.roll(2) == 0;
    let mut lines =
        vec![format!("Date,Person,Hours,Project,Item,Notes,Created{}", if status { ",Status" } else { "" })];
    for truth in truths {
        truth.tags = None;
        let cell = |value: &Option<String>| value.clone().unwrap_or_default();
        let hours = truth.seconds as f64 / 3600.0;
        let (date, item) = (truth.start.date(), dice.pick(&["", "To-do: plant", "Planting"]));
        let (person, project, text) = (cell(&truth.person), cell(&truth.project), cell(&truth.text));
        let end = if status { ",approved" } else { "" };
        lines.push(format!("{date},{person},{hours},{project},{item},{text},{date}T17:00:00Z{end}"));
    }
    lines
}

/// Harvest's columns, with the columns added by a kind.
fn harvest(kind: Kind, truths: &mut [Truth], dice: &mut Dice) -> Vec<String> {
    let mut header = vec!["Date", "Project", "Task", "Notes", "Hours", "First Name", "Last Name"];
    match kind {
        Kind::Parts | Kind::SameTwice => header.insert(5, "Minutes"),
        Kind::Weekdays => header.insert(1, "Weekday"),
        Kind::CutRows | Kind::Surplus => header.extend(["Roles", "External Reference URL"]),
        _ => {}
    }
    let mut rows: Vec<Vec<String>> = truths.iter_mut().map(|truth| harvest_row(kind, truth, dice)).collect();
    if kind == Kind::Subtotals {
        rows = with_subtotals(&rows, truths, dice);
    }
    let some = dice.roll(rows.len() as u64) as usize;
    match kind {
        Kind::Surplus => {
            // Some rows stay unshifted, since a shift of every row is invisible.
            for (number, row) in rows.iter_mut().enumerate() {
                if number == some && number > 0 {
                    row[3].push_str(", and more");
                }
            }
        }
        Kind::LostDelimiter => {
            let column = dice.roll(header.len() as u64 - 1) as usize;
            let lost = rows[some].remove(column + 1);
            rows[some][column].push_str(&lost);
        }
        Kind::CutRows => {
            for row in &mut rows {
                while row.last().is_some_and(String::is_empty) {
                    row.pop();
                }
            }
        }
        Kind::TrailingDelimiter => rows.iter_mut().for_each(|row| row.push(String::new())),
        _ => {}
    }
    let mut lines = vec![header.join(",")];
    lines.extend(rows.iter().map(|row| row.join(",")));
    if kind == Kind::Title {
        let title = dice.pick(&["Detailed report", "Time report,,", "\"March, 2024\"", "All clients - all projects"]);
        lines.insert(0, title.to_owned());
        if dice.roll(2) == 0 {
            lines.insert(1, String::new());
        }
    }
    lines
}

fn harvest_row(kind: Kind, truth: &mut Truth, dice: &mut Dice) -> Vec<String> {
    truth.tags = None;
    let (first, last) = truth.person.as_deref().unwrap().split_once(' ').unwrap();
    let (hours, minutes) = (truth.seconds / 3600, truth.seconds / 60);
    let decimal = (truth.seconds as f64 / 3600.0).to_string();
    let mut cells = vec![date(kind, truth.start.date())];
    if kind == Kind::Weekdays {
        // The day can be read as a month as well.
        truth.start = truth.start.with().day(1 + dice.roll(12) as i8).build().unwrap();
        cells = vec![date(kind, truth.start.date()), truth.start.strftime("%A").to_string()];
    }
    cells.extend([truth.project.clone().unwrap_or_default(), "Field".to_owned(), truth.text.clone().unwrap()]);
    match kind {
        Kind::Parts => cells.extend([hours.to_string(), (minutes % 60).to_string()]),
        Kind::SameTwice => cells.extend([decimal, minutes.to_string()]),
        _ => cells.push(decimal),
    }
    cells.extend([first.to_owned(), last.to_owned()]);
    match kind {
        Kind::CutRows => cells.extend([dice.pick(&["", "", "Gardener"]).to_owned(), String::new()]),
        Kind::Surplus => cells.extend([String::new(), String::new()]),
        _ => {}
    }
    cells
}

fn date(kind: Kind, date: Date) -> String {
    match kind {
        Kind::Weekdays => date.strftime("%d/%m/%Y").to_string(),
        Kind::HalfConverted if date.day() > 12 => date.strftime("%m/%d/%Y").to_string(),
        Kind::HalfConverted => {
            jiff::civil::date(date.year(), date.day(), date.month()).strftime("%d-%b-%y").to_string()
        }
        _ => date.to_string(),
    }
}

/// Adds a row with the sum after the rows of each day.
fn with_subtotals(rows: &[Vec<String>], truths: &[Truth], dice: &mut Dice) -> Vec<Vec<String>> {
    let (word, column) = (dice.pick(&["Total", "Subtotal", "Tagessumme Total", ""]), dice.pick(&[1, 3]));
    let dated = dice.roll(2) == 0;
    let mut out = Vec::new();
    let (mut sum, mut count) = (0, 0);
    for (number, (row, truth)) in rows.iter().zip(truths).enumerate() {
        out.push(row.clone());
        (sum, count) = (sum + truth.seconds, count + 1);
        // Groups have at least two rows, because the sum of a single row equals the row.
        if count > 1 && dice.roll(2) == 0 || number + 1 == rows.len() {
            let mut total = vec![String::new(); row.len()];
            total[column] = word.to_owned();
            total[0] = if dated { row[0].clone() } else { String::new() };
            total[4] = (sum as f64 / 3600.0).to_string();
            out.push(total);
            (sum, count) = (0, 0);
        }
    }
    out
}
