//! How each column is to be read: what the caller says, else what its own cells say, else what the
//! other columns say, else what stays open and is refused.
//!
//! What the caller says is believed where the file leaves it open, and refused where the file says
//! otherwise: `date_order=dmy` for a file in which the 13th is a month would swap day and month in all
//! rows but the impossible ones.

mod dates;
mod durations;
mod numbers;
mod rules;

use jiff::civil::Date;

use super::columns::Role;
use super::headers::Headers;
use super::layout::{Assigned, Reading, Rules};
use super::profile::{Verdict, Witness};
use super::refusal::{Ambiguous, Refusal};
use super::table::{Profile, Table, Watched};
use super::{FormatName, ReadingOptions};
use crate::values::dates::DateOrder;
use crate::values::numbers::DecimalMark;

/// How a file's columns are to be read.
pub(super) struct Settled {
    pub columns: Vec<Assigned>,
    pub rules: Rules,
    pub date_order: Option<DateOrder>,
    pub decimal_mark: Option<DecimalMark>,
    pub evidence: Vec<String>,
}

/// Decides for each column that has a role.
pub(super) fn settle(
    options: &ReadingOptions,
    format: FormatName,
    table: &Table,
    headers: &Headers,
) -> Result<Settled, Refusal> {
    let mut judge = Judge {
        options,
        format,
        table,
        headers,
        reasons: Vec::new(),
        dates: Vec::new(),
        numbers: Vec::new(),
        evidence: Vec::new(),
        date_order: None,
        decimal_mark: None,
    };
    let rules = judge.rules();
    if options.format.is_none() {
        judge.cells_fit(rules);
    }
    for &(_, column) in &table.roles {
        let same = headers.count_of(column);
        if same > 1 {
            let name = &headers.shown()[column];
            judge.evidence.push(format!("{name:?} comes {same} times: the first is read, the others are kept"));
        }
    }
    if let Some((beyond, short)) = table.shifted() {
        judge.refuse(format!(
            "line {beyond} has something behind the last named column, and line {short} has fewer cells: the cells of some rows \
             have shifted, as where a decimal comma stands without quotes"
        ));
    }
    let columns = table.roles.iter().map(|&(role, column)| {
        let watched = table.watched.iter().find(|watched| watched.role == Some(role));
        let reading = match watched.map(|watched| (watched, &watched.profile)) {
            None => Reading::Text,
            Some((watched, Profile::Date(profile))) => Reading::Date(judge.date(watched, profile)),
            Some((watched, Profile::Number(profile))) => Reading::Number(judge.number(watched, profile)),
            Some((watched, Profile::Duration(profile))) => Reading::Duration(judge.duration(watched, profile)),
        };
        Assigned { role, column: column as u32, reading }
    });
    let columns = columns.collect();
    if judge.reasons.is_empty() {
        let Judge { evidence, date_order, decimal_mark, .. } = judge;
        return Ok(Settled { columns, rules, date_order, decimal_mark, evidence });
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
    format: FormatName,
    table: &'t Table,
    headers: &'t Headers,
    /// Why the file is refused, if it is, and the cells that stayed open.
    reasons: Vec<String>,
    dates: Vec<Ambiguous<DateOrder, Date>>,
    numbers: Vec<Ambiguous<DecimalMark, String>>,
    evidence: Vec<String>,
    date_order: Option<DateOrder>,
    decimal_mark: Option<DecimalMark>,
}

/// So many cells of a column may be unreadable in a small file.
const FEW: u64 = 3;

impl Judge<'_> {
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

    /// Of the dates and of the durations that are given, nine in ten must be some; else the header
    /// has misled us. A few are errors of their rows, whatever the share.
    fn cells_fit(&mut self, rules: Rules) {
        for watched in &self.table.watched {
            let (tally, unread, kind) = match (&watched.profile, watched.role) {
                (Profile::Date(profile), Some(Role::Date)) => {
                    (&profile.tally, profile.unread(self.options.date_order), "dates")
                }
                (Profile::Duration(profile), Some(_)) => {
                    (&profile.tally, profile.unread(self.options.decimal_mark), "durations")
                }
                _ => continue,
            };
            let dashes = if rules.dashes { 0 } else { self.table.dashes.count(watched.column) };
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
                let so = match self.options.mapping {
                    Some(_) => "so the column is something else than `mapping` says",
                    None => {
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

    /// Refuses what the caller says if the file says otherwise.
    fn against<How: PartialEq + std::fmt::Display>(
        &mut self,
        option: &str,
        column: &str,
        asked: How,
        verdict: &Verdict<How>,
        fails: Option<&Witness>,
    ) {
        if let (Verdict::Settled(settled, _), Some(witness)) = (verdict, fails)
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

/// A cell and its line, for people.
fn place(Witness { line, value }: &Witness) -> String {
    format!("{value:?} on line {line}")
}

/// The reading that all settled columns agree on, if it is one of those that are left.
fn agreed<How: PartialEq + Copy>(verdicts: impl Iterator<Item = Verdict<How>>, left: &[How]) -> Option<(How, Witness)> {
    let mut settled = verdicts.filter_map(|verdict| match verdict {
        Verdict::Settled(how, witnesses) => Some((how, witnesses.into_iter().next()?)),
        _ => None,
    });
    let (how, witness) = settled.next()?;
    let agree = settled.all(|(other, _)| other == how) && left.contains(&how);
    agree.then_some((how, witness))
}
