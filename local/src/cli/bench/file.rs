//! Generates the file of the benchmark, a Toggl report with the time of a single user.
//!
//! The report contains 20 projects of 5 clients, and 20 tags. Alternatively every row has a tag or a project of its
//! own, which is the largest number of names with which a file can burden the end of its import.
//!
//! Each row is a function of the row's number. The file is therefore the same each time, and the expected entry of
//! a row is known without reading any data.

use std::io::{BufWriter, Write};

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, date};
use shared::entries::Entry;
use shared::format::Fingerprint;
use shared::id::{AccountId, EntryId, ImportId, Row, ThingId};
use shared::store::keys::Kind;
use shared::things::names::{normal, project_key};
use tempfile::NamedTempFile;

const CLIENTS: u64 = 5;
const PROJECTS: u64 = 20;
const TAGS: u64 = 20;
const FIRST_DAY: Date = date(2024, 1, 1);
const DAYS: u64 = 730;
const USER: (&str, &str) = ("Demo User", "demo@example.com");
const HEADER: &str =
    "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,Tags\n";
const WORK: [&str; 8] = [
    "Review of the quarterly figures",
    "Call with the team abroad, with notes",
    "Migration of the old archive, second part",
    "Planning",
    "Fix for the upload that hangs at the end",
    "Workshop: how we estimate",
    "Answers to support requests of the night",
    "Draft of the contract and its annexes",
];

/// The kind of name which every row has for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Distinct {
    /// A tag of its own for every row
    Tags,
    /// A project of its own for every row
    Projects,
}

/// Generates the rows of a file for an account.
#[derive(Clone, Copy)]
pub struct Generator {
    account: AccountId,
    distinct: Option<Distinct>,
}

/// A generated row, from which both the line of the file and the expected entry are made.
pub struct Generated {
    account: AccountId,
    row: Row,
    project: u64,
    tags: Vec<u64>,
    start: DateTime,
    seconds: u64,
    billable: bool,
}

impl Generator {
    /// Creates a generator for an account whose first user appears in the file.
    pub fn new(account: AccountId, distinct: Option<Distinct>) -> Self {
        Self { account, distinct }
    }

    /// Writes a temporary file of `rows` rows, which the drop removes. The rows are written one by one, so memory
    /// does not grow with the file.
    pub fn write(&self, rows: u64) -> anyhow::Result<NamedTempFile> {
        let file = tempfile::Builder::new().prefix("bench-").suffix(".csv").tempfile()?;
        let mut out = BufWriter::new(file.as_file());
        out.write_all(HEADER.as_bytes())?;
        for row in 1..=rows {
            self.row(Row(row)).write(&mut out)?;
        }
        out.flush()?;
        drop(out);
        Ok(file)
    }

    /// Builds a small file of the given rows in memory, with the header.
    pub fn table(&self, rows: impl Iterator<Item = Row>) -> Vec<u8> {
        let mut out = HEADER.as_bytes().to_vec();
        for row in rows {
            self.row(row).write(&mut out).expect("memory takes what is written");
        }
        out
    }

    /// Generates a row from its number, which seeds the random choices.
    pub fn row(&self, row: Row) -> Generated {
        let mut random = Random(row.0);
        let day = FIRST_DAY.saturating_add(i64::try_from(random.below(DAYS)).expect("two years").days());
        let minute = i64::try_from(7 * 60 + random.below(10 * 60)).expect("minutes of a day");
        let mut tags = vec![random.below(TAGS)];
        let second = random.below(TAGS);
        if second != tags[0] {
            tags.push(second);
        }
        let mut project = random.below(PROJECTS);
        match self.distinct {
            Some(Distinct::Tags) => tags = vec![row.0],
            Some(Distinct::Projects) => project = row.0,
            None => {}
        }
        Generated {
            account: self.account,
            row,
            project,
            tags,
            start: day.to_datetime(Time::midnight()).saturating_add(minute.minutes()),
            seconds: 60 + random.below(4 * 3600),
            billable: random.below(4) > 0,
        }
    }
}

impl Generated {
    fn client(&self) -> String {
        format!("Client {}", self.project % CLIENTS + 1)
    }

    fn project(&self) -> String {
        format!("Project {}", self.project + 1)
    }

    fn tags(&self) -> impl Iterator<Item = String> {
        self.tags.iter().map(|tag| format!("tag {}", tag + 1))
    }

    fn text(&self) -> String {
        let work = WORK[usize::try_from(self.row.0 % WORK.len() as u64).expect("a short list")];
        format!("{work} ({})", self.row)
    }

    fn end(&self) -> DateTime {
        self.start.saturating_add(i64::try_from(self.seconds).expect("hours").seconds())
    }

    fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        let (start, end) = (self.start, self.end());
        let (client, project, text) = (self.client(), self.project(), self.text());
        let billable = if self.billable { "Yes" } else { "No" };
        let (hours, minutes, seconds) = (self.seconds / 3600, self.seconds / 60 % 60, self.seconds % 60);
        let tags = self.tags().collect::<Vec<_>>().join(", ");
        write!(out, "{},{},{client},{project},,\"{text}\",{billable},", USER.0, USER.1)?;
        write!(out, "{},{},{},{},", start.date(), start.time(), end.date(), end.time())?;
        writeln!(out, "{hours:02}:{minutes:02}:{seconds:02},\"{tags}\"")
    }

    /// The entry which the import should store for this row. `at` is the time of its creation, in milliseconds.
    pub fn entry(&self, import: ImportId, at: i64) -> Entry {
        let thing = |kind: Kind, key: &str| ThingId::derive(self.account, kind.name(), key, 0);
        let client = thing(Kind::Client, &normal(&self.client()));
        let (start, end) = (self.start, self.end());
        Entry {
            project: Some(thing(Kind::Project, &project_key(Some(client), &self.project()))),
            tags: self.tags().map(|tag| thing(Kind::Tag, &normal(&tag))).collect(),
            start: Some(start.time()),
            end: Some(end.time()),
            seconds: self.seconds,
            billable: self.billable,
            text: Some(self.text()),
            // The value does not matter, but the item must have the same size as a real entry.
            fingerprint: Some(Fingerprint(0x9e37_79b9_7f4a_7c15 ^ self.row.0)),
            ..Entry::blank(EntryId::of(import, self.row), ThingId(1), start.date(), at)
        }
    }
}

/// The random number generator SplitMix64, whose field is the seed.
pub struct Random(pub u64);

impl Random {
    /// A random index into a list of the given length, which must not be 0.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("below a length")
    }

    /// A random number below `limit`, which must not be 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
