//! The file: a Toggl report of one user's time on 20 projects of 5 clients with 20 tags; or with a tag, or a project, of its own
//! in every row, which is the most that a file can ask of the end of its import.
//!
//! A row is a function of its number, so the file is the same each time, and the entry that a row has to become is
//! known without reading anything.

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

/// Names that every row has for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Distinct {
    /// A tag
    Tags,
    /// A project
    Projects,
}

/// Makes rows, for an account.
#[derive(Clone, Copy)]
pub struct Generator {
    account: AccountId,
    distinct: Option<Distinct>,
}

/// A row.
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
    /// For the account whose first user is the file's.
    pub fn new(account: AccountId, distinct: Option<Distinct>) -> Self {
        Self { account, distinct }
    }

    /// A file of `rows` rows, removed when it is dropped. It is written as it is made, never held as a whole.
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

    /// A small file of these rows.
    pub fn table(&self, rows: impl Iterator<Item = Row>) -> Vec<u8> {
        let mut out = HEADER.as_bytes().to_vec();
        for row in rows {
            self.row(row).write(&mut out).expect("memory takes what is written");
        }
        out
    }

    /// A row of the file.
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

    /// What the row has to become.
    pub fn entry(&self, import: ImportId, at: i64) -> Entry {
        let thing = |kind: Kind, key: &str| ThingId::derive(self.account, kind.as_str(), key, 0);
        let client = thing(Kind::Client, &normal(&self.client()));
        let (start, end) = (self.start, self.end());
        Entry {
            id: EntryId::of(import, self.row),
            user: ThingId(1),
            project: Some(thing(Kind::Project, &project_key(Some(client), &self.project()))),
            tags: self.tags().map(|tag| thing(Kind::Tag, &normal(&tag))).collect(),
            date: start.date(),
            start: Some(start.time()),
            end: Some(end.time()),
            seconds: self.seconds,
            billable: self.billable,
            text: Some(self.text()),
            task: None,
            invoiced: None,
            invoiced_at: None,
            approved_at: None,
            approved_by: None,
            rate: None,
            amount: None,
            currency: None,
            source_url: None,
            // Any will do, but it has to weigh what a real one does.
            fingerprint: Some(Fingerprint(0x9e37_79b9_7f4a_7c15 ^ self.row.0)),
            extra: Vec::new(),
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }
}

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    /// A place in a list of this length, which must not be empty.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("below a length")
    }

    /// A number below the limit.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
