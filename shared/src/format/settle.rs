//! How each column is to be read: what the caller says, else what its own cells say, else what the
//! other columns say, else what stays open and is refused.
//!
//! What the caller says is believed where the file leaves it open, and refused where the file says
//! otherwise: `date_order=dmy` for a file in which the 13th is a month would swap day and month in all
//! rows but the impossible ones.

use jiff::civil::Date;

use super::ReadingOptions;
use super::columns::Role;
use super::dates::{self, DateOrder};
use super::durations::{self, Unit};
use super::headers::Headers;
use super::layout::{Assigned, Reading};
use super::numbers::{self, Decimal, DecimalMark};
use super::profile::{DateProfile, DurationProfile, NumberProfile, Verdict, Witness};
use super::refusal::{Ambiguous, Refusal};
use super::table::{Profile, Table, Watched};

/// How a file's columns are to be read.
pub(super) struct Settled {
    pub columns: Vec<Assigned>,
    pub date_order: Option<DateOrder>,
    pub decimal_mark: Option<DecimalMark>,
    pub evidence: Vec<String>,
}

/// Decides for each column that has a role.
pub(super) fn settle(options: &ReadingOptions, table: &Table, headers: &Headers) -> Result<Settled, Refusal> {
    let mut judge = Judge {
        options,
        table,
        headers,
        reasons: Vec::new(),
        dates: Vec::new(),
        numbers: Vec::new(),
        evidence: Vec::new(),
        date_order: None,
        decimal_mark: None,
    };
    if options.format.is_none() {
        judge.cells_fit();
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
        return Ok(Settled { columns, date_order, decimal_mark, evidence });
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

/// Longer than this an entry is not because other columns say so: a hundred hours.
const LONGEST_BY_OTHERS: u64 = 100 * 3600;
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
    fn cells_fit(&mut self) {
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
            let cells = tally.cells;
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

    fn date(&mut self, watched: &Watched, profile: &DateProfile) -> DateOrder {
        let column = self.shown(watched);
        let is_date = watched.role == Some(Role::Date);
        let fallback = self.date_order.unwrap_or(DateOrder::Ymd);
        if let Some(cell) = profile.day_in_the_middle().filter(|_| is_date && self.options.date_order.is_none()) {
            self.refuse(format!(
                "{column}: {} can only be year, day and month, which is not read: write the dates as YYYY-MM-DD, or say `date_order` \
                 to have this one as an error of its row",
                place(cell)
            ));
        }
        if let Some((own, text)) = profile.half_converted().filter(|_| is_date) {
            self.refuse(format!(
                "{column}: {} and {} stand side by side as where a spreadsheet has turned those dates into its own that it could, \
                 day and month swapped: give the file as it was exported, or write all dates as YYYY-MM-DD",
                place(own),
                place(text)
            ));
        }
        if let Some((open, told)) =
            profile.told_by_another_style().filter(|_| is_date && self.options.date_order.is_none())
        {
            self.refuse(format!(
                "{column}: {} can be read with the day first or with the month first, and {}, which settles it, is written in \
                 another way: say `date_order`",
                place(open),
                place(told)
            ));
        }
        let order = match (self.options.date_order, profile.verdict()) {
            (Some(asked), verdict) => {
                if is_date {
                    self.against("date_order", &column, asked, &verdict, profile.fails(asked));
                }
                asked
            }
            (None, Verdict::Settled(order, witnesses)) => {
                self.say(format!("date order {order} in {column:?}"), &witnesses);
                order
            }
            (None, Verdict::Indifferent(order)) => order,
            (None, Verdict::Open(orders, witness)) => match self.other_dates(&orders) {
                Some((order, witness)) => {
                    self.say(format!("date order {order} in {column:?}, as in others"), &[witness]);
                    order
                }
                None if is_date => {
                    self.open_date(column, &orders, witness);
                    fallback
                }
                None => fallback,
            },
            (None, Verdict::Contradictory(out)) => {
                if is_date {
                    self.contradiction("date_order", &column, &out);
                }
                fallback
            }
        };
        if is_date {
            self.date_order = profile.shown(order);
        }
        order
    }

    /// The order that the other columns of dates agree on, and a cell that says so.
    fn other_dates(&self, left: &[DateOrder]) -> Option<(DateOrder, Witness)> {
        let verdicts = self.table.watched.iter().filter_map(|watched| match &watched.profile {
            Profile::Date(profile) if profile.needs_order() => Some(profile.verdict()),
            _ => None,
        });
        agreed(verdicts, left)
    }

    fn open_date(&mut self, column: String, orders: &[DateOrder], witness: Witness) {
        let written = dates::read(&witness.value);
        let read = |&order: &DateOrder| Some((order, written?.day.under(order)?));
        let readings: Vec<_> = orders.iter().filter_map(read).collect();
        let said: Vec<String> = readings.iter().map(|(order, date)| format!("{date} ({order})")).collect();
        self.refuse(format!(
            "{column}: {} can be read as {}, and no cell of the file settles it: say `date_order`",
            place(&witness),
            said.join(" or ")
        ));
        let Witness { line, value } = witness;
        self.dates.push(Ambiguous { column, line, value, readings });
    }

    fn number(&mut self, watched: &Watched, profile: &NumberProfile) -> DecimalMark {
        let column = self.shown(watched);
        // Of billed hours only matters whether there are any, which no mark changes.
        let matters = watched.role != Some(Role::BilledHours);
        let mark = match (self.options.decimal_mark, profile.verdict()) {
            (Some(asked), verdict) => {
                if matters {
                    self.against("decimal_mark", &column, asked, &verdict, profile.fails(asked));
                }
                asked
            }
            (None, Verdict::Settled(mark, witnesses)) => {
                // `1.30` beside `150,00` may be an hour and a half hour.
                if let Some(money) = self.money_says_otherwise(watched, mark) {
                    self.refuse(format!(
                        "{column}: {} has another decimal mark than {}, so it may be hours and minutes: write it as H:MM, or \
                         say with `mapping` that it holds `hours`",
                        witnesses.first().map(place).unwrap_or_default(),
                        place(&money)
                    ));
                }
                self.say(format!("decimal mark {:?} in {column:?}", mark.name()), &witnesses);
                mark
            }
            (None, Verdict::Indifferent(mark)) => mark,
            (None, Verdict::Open(marks, witness)) => match self.other_numbers(&marks) {
                // Money does not make a day of a thousand hours.
                Some((mark, _)) if is_absurd(watched, &witness, mark) => {
                    self.open_number(column, witness);
                    DecimalMark::Dot
                }
                Some((mark, witness)) => {
                    let what = format!("decimal mark {:?} in {column:?}, as in others", mark.name());
                    self.say(what, &[witness]);
                    mark
                }
                None if matters => {
                    self.open_number(column, witness);
                    DecimalMark::Dot
                }
                None => DecimalMark::Dot,
            },
            (None, Verdict::Contradictory(out)) => {
                if matters {
                    self.contradiction("decimal_mark", &column, &out);
                }
                DecimalMark::Dot
            }
        };
        if profile.needs_mark() && self.decimal_mark.is_none() {
            self.decimal_mark = Some(mark);
        }
        mark
    }

    /// A number of another column that can only have the other decimal mark, if this one holds durations.
    fn money_says_otherwise(&self, watched: &Watched, mark: DecimalMark) -> Option<Witness> {
        if !matches!(watched.profile, Profile::Duration(_)) || self.options.mapping.is_some() {
            return None;
        }
        self.table.watched.iter().find_map(|other| match &other.profile {
            Profile::Number(profile) => match profile.verdict() {
                Verdict::Settled(settled, witnesses) if settled != mark => witnesses.into_iter().next(),
                _ => None,
            },
            _ => None,
        })
    }

    fn other_numbers(&self, left: &[DecimalMark]) -> Option<(DecimalMark, Witness)> {
        let verdicts = self.table.watched.iter().filter_map(|watched| match &watched.profile {
            Profile::Number(profile) => Some(profile.verdict()),
            Profile::Duration(profile) => Some(profile.numbers.verdict()),
            Profile::Date(_) => None,
        });
        agreed(verdicts, left)
    }

    fn open_number(&mut self, column: String, witness: Witness) {
        let number = numbers::without_currency(&witness.value);
        let read = |mark| Some((mark, Decimal::read(number, mark)?.to_string()));
        let readings: Vec<_> = DecimalMark::ALL.into_iter().filter_map(read).collect();
        let said: Vec<String> = readings.iter().map(|(mark, number)| format!("{number} ({:?})", mark.name())).collect();
        self.refuse(format!(
            "{column}: {} can be read as {}, and no cell of the file settles it: say `decimal_mark`",
            place(&witness),
            said.join(" or ")
        ));
        let Witness { line, value } = witness;
        self.numbers.push(Ambiguous { column, line, value, readings });
    }

    fn duration(&mut self, watched: &Watched, profile: &DurationProfile) -> durations::Reading {
        let column = self.shown(watched);
        let unit = profile.unit().unwrap_or_else(|witness| {
            let settles = match self.options.mapping {
                Some(_) => "map the column to `hours`, `minutes` or `seconds`",
                None => "export durations as H:MM:SS, or with their unit",
            };
            let told = match profile.is_compared() {
                true => "the start and end times agree with none of these throughout",
                false => "no start and end times settle it",
            };
            self.refuse(format!(
                "{column}: {} may be hours, minutes, seconds or a part of a day, and {told}: {settles}",
                place(&witness)
            ));
            Unit::Hours
        });
        let pair = profile.pair().unwrap_or_else(|(hours, minutes)| {
            self.refuse(format!(
                "{column}: by their start and end times, {} is hours and minutes, but {} minutes and \
                 seconds",
                place(&hours),
                place(&minutes)
            ));
            Unit::Hours
        });
        if let Some(cell) = profile.pair_of_minutes() {
            self.refuse(format!(
                "{column}: {} may be hours and minutes or minutes and seconds: map the column to `hours`, or export durations \
                 as H:MM:SS",
                place(cell)
            ));
        } else if let Some(cell) = profile.assumed_pair() {
            self.evidence.push(format!("{column}: {} is taken for hours and minutes, as is usual", place(cell)));
        }
        // Of a column that is mapped to a unit the caller has said what its cells are.
        let told = self.options.mapping.is_some() && watched.role != Some(Role::Duration);
        // What is called hours begins with them.
        if let Some(cell) = profile.doubtful_pair().filter(|_| !told && watched.role == Some(Role::Duration)) {
            self.refuse(format!(
                "{column}: {} and others would be more than a day as hours and minutes, and may be minutes and seconds: export \
                 durations as H:MM:SS, or with start and end times, or map the column to `hours`",
                place(cell)
            ));
        }
        if let Some(cell) = profile.contradicted_pair().filter(|_| !told) {
            self.refuse(format!(
                "{column}: {} is longer than from start to end as hours and minutes, and is not that as minutes and \
                 seconds either: export durations as H:MM:SS, or map the column to `hours`",
                place(cell)
            ));
        }
        let mark = self.number(watched, &profile.numbers);
        durations::Reading { unit, pair, mark }
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

/// Whether a number of hours is more than any entry has, under a mark.
fn is_absurd(watched: &Watched, witness: &Witness, mark: DecimalMark) -> bool {
    let number = numbers::without_currency(&witness.value);
    let seconds = Decimal::read(number, mark).and_then(|number| number.times(Unit::Hours.seconds()));
    watched.role == Some(Role::Hours) && seconds.is_some_and(|seconds| seconds > LONGEST_BY_OTHERS)
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
