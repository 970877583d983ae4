//! Decides the reading of each column. The sources of a decision, in the order of precedence, are the caller's
//! option, the cells of the column, and the other columns; a column which stays open refuses the file.
//!
//! An option of the caller is accepted if the file leaves the reading open, and refused if the file contradicts the
//! option. For example `date_order=dmy` for a file in which the 13th stands in place of the month would swap day and
//! month in all rows except the impossible dates.

mod dates;
mod durations;
mod numbers;
mod rules;

use jiff::civil::Date;

use super::columns::Role;
use super::decisions::{Assigned, ColumnReading, Decisions, Rules};
use super::known::KnownHeader;
use super::options::ReadingOptions;
use super::profile::{ColumnVerdict, Witness};
use super::time_entries::Refusal;
use super::watch::{Profile, Watch, Watched};
use crate::table::{Ambiguous, Decided, Headers};
use crate::values::dates::DateOrder;
use crate::values::numbers::DecimalMark;

/// Decides the reading of each column which has a role.
pub(super) fn decide(
    options: &ReadingOptions,
    known: &KnownHeader,
    watch: &Watch,
    headers: &Headers,
) -> Result<Decided<Decisions>, Refusal> {
    let mut judge = Judge {
        options,
        known,
        watch,
        headers,
        reasons: Vec::new(),
        dates: Vec::new(),
        numbers: Vec::new(),
        evidence: known.mapped.said.iter().cloned().collect(),
        date_order: None,
        decimal_mark: None,
    };
    let rules = judge.rules();
    if options.format.is_none() {
        judge.cells_fit(rules);
    }
    for &(_, column) in &watch.roles {
        let same = headers.count_of(column);
        if same > 1 {
            let name = &headers.shown()[column];
            judge.evidence.push(format!("{name:?} comes {same} times: the first is read, the others are kept"));
        }
    }
    if let Some(reason) = watch.lengths.shifted() {
        judge.refuse(reason);
    }
    let columns = watch.roles.iter().map(|&(role, column)| {
        let watched = watch.watched.iter().find(|watched| watched.role == Some(role));
        let reading = match watched.map(|watched| (watched, &watched.profile)) {
            None => ColumnReading::Text,
            Some((watched, Profile::Date(profile))) => ColumnReading::Date(judge.date(watched, profile)),
            Some((watched, Profile::Number(profile))) => ColumnReading::Number(judge.number(watched, profile)),
            Some((watched, Profile::Duration(profile))) => ColumnReading::Duration(judge.duration(watched, profile)),
        };
        Assigned { role, column: column as u32, reading }
    });
    let columns = columns.collect();
    if judge.reasons.is_empty() {
        let Judge { evidence, date_order, decimal_mark, .. } = judge;
        let (format, candidates) = (known.format, known.candidates.clone());
        let decisions = Decisions { format, date_order, decimal_mark, candidates, columns, rules };
        return Ok(Decided { decisions, evidence });
    }
    Err(Refusal {
        reasons: judge.reasons,
        dates: judge.dates.into(),
        numbers: judge.numbers.into(),
        ..Refusal::default()
    })
}

struct Judge<'t> {
    options: &'t ReadingOptions,
    known: &'t KnownHeader,
    watch: &'t Watch,
    headers: &'t Headers,
    /// Reasons for a refusal so far, and the cells which stayed open.
    reasons: Vec<String>,
    dates: Vec<Ambiguous<DateOrder, Date>>,
    numbers: Vec<Ambiguous<DecimalMark, String>>,
    evidence: Vec<String>,
    date_order: Option<DateOrder>,
    decimal_mark: Option<DecimalMark>,
}

/// Count of unreadable cells which are tolerated in the column of a small file.
const FEW: u64 = 3;

impl Judge<'_> {
    /// True if a mapping, the caller's or a remembered one, says which column is which.
    fn is_mapped(&self) -> bool {
        self.known.mapped.mapping.is_some()
    }

    fn shown(&self, watched: &Watched) -> String {
        self.headers.shown()[watched.column].clone()
    }

    fn refuse(&mut self, reason: String) {
        self.reasons.push(reason);
    }

    fn say(&mut self, what: String, witnesses: &[Witness]) {
        let said: Vec<String> = witnesses.iter().map(place).collect();
        self.evidence.push(format!("{what}: by {}", said.join(", ")));
    }

    /// Refuses a column in which more than a tenth of the dates or durations cannot be read, since its name has
    /// misled the detection. A few unreadable cells are errors of their rows at any percentage, unless all
    /// cells of the column are unreadable.
    fn cells_fit(&mut self, rules: Rules) {
        for watched in &self.watch.watched {
            let (tally, unread, kind) = match (&watched.profile, watched.role) {
                (Profile::Date(profile), Some(Role::Date)) => {
                    (&profile.tally, profile.unread(self.options.date_order), "dates")
                }
                (Profile::Duration(profile), Some(_)) => {
                    (&profile.tally, profile.unread(self.options.decimal_mark), "durations")
                }
                _ => continue,
            };
            let dashes = if rules.dashes { 0 } else { self.watch.dashes.count(watched.column) };
            let (cells, unread) = (tally.cells + dashes, unread + dashes);
            let is_day_number = matches!(&watched.profile, Profile::Date(profile) if profile.has_day_numbers());
            if unread > FEW.max(cells / 10) || (unread == cells && (cells > 1 || cells == 1 && is_day_number)) {
                let column = self.shown(watched);
                if is_day_number {
                    self.refuse(format!(
                        "{unread} of {cells} cells in {column:?} are a spreadsheet's day numbers: give the cells the look of \
                         dates there, and save it again"
                    ));
                    continue;
                }
                let so = match self.is_mapped() {
                    true => "so the column is something else than `mapping` says",
                    false => {
                        "so the columns mean something else than their names say; if they do not, say so with `type`, and \
                         each is an error of its row"
                    }
                };
                let first = tally.first_unread.as_ref().map(|cell| format!(", {} first", place(cell)));
                let first = first.unwrap_or_default();
                self.refuse(format!("{unread} of {cells} cells in {column:?} cannot be read as {kind}{first}: {so}"));
            }
        }
    }

    /// Refuses an option of the caller which the file contradicts.
    fn against<How: PartialEq + std::fmt::Display>(
        &mut self,
        option: &str,
        column: &str,
        asked: How,
        verdict: &ColumnVerdict<How>,
        fails: Option<&Witness>,
    ) {
        if let (ColumnVerdict::Settled(settled, _), Some(witness)) = (verdict, fails)
            && *settled != asked
        {
            self.refuse(format!("{column}: `{option}` says {asked}, but {} can only be {settled}", place(witness)));
        }
    }

    fn contradiction<How: std::fmt::Display>(&mut self, option: &str, column: &str, out: &[(How, Witness)]) {
        let said: Vec<String> =
            out.iter().map(|(how, witness)| format!("{} cannot be `{how}`", place(witness))).collect();
        self.refuse(format!(
            "{column}: the cells contradict each other: {}; mend the file, or say `{option}` to have \
             the others as row errors",
            said.join(", ")
        ));
    }
}

/// A cell and its line, for people: `"31.02.2024" on line 7`.
fn place(Witness { line, value }: &Witness) -> String {
    format!("{value:?} on line {line}")
}

/// The reading on which all decided columns agree, with a deciding cell; `None` if they disagree or if
/// the reading is not among `left`.
fn agreed<How: PartialEq + Copy>(
    verdicts: impl Iterator<Item = ColumnVerdict<How>>,
    left: &[How],
) -> Option<(How, Witness)> {
    let mut settled = verdicts.filter_map(|verdict| match verdict {
        ColumnVerdict::Settled(how, witnesses) => Some((how, witnesses.into_iter().next()?)),
        _ => None,
    });
    let (how, witness) = settled.next()?;
    let agree = settled.all(|(other, _)| other == how) && left.contains(&how);
    agree.then_some((how, witness))
}
