//! Decides the decimal mark in columns of numbers and durations.

use super::{Judge, agreed, place};
use crate::format::columns::Role;
use crate::format::profile::{ColumnVerdict, NumberProfile, Witness};
use crate::format::watch::{Profile, Watched};
use crate::table::Ambiguous;
use crate::values::durations::{self, Unit, Written};
use crate::values::numbers::{self, Decimal, DecimalMark};

/// Longest entry in seconds, a hundred hours, for which the decimal mark of other columns is accepted.
const LONGEST_BY_OTHERS: u64 = 100 * 3600;

impl Judge<'_> {
    pub(super) fn number(&mut self, watched: &Watched, profile: &NumberProfile) -> DecimalMark {
        let column = self.shown(watched);
        // Billed hours matter only as zero or more than zero, which no decimal mark changes.
        let matters = watched.role != Some(Role::BilledHours);
        let mark = match (self.options.decimal_mark, profile.verdict()) {
            (Some(asked), verdict) => {
                if matters {
                    self.against("decimal_mark", &column, asked, &verdict, profile.fails(asked));
                }
                asked
            }
            (None, ColumnVerdict::Settled(mark, witnesses)) => {
                // `1.30` beside `150,00` may be an hour and thirty minutes.
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
            (None, ColumnVerdict::Indifferent(mark)) => mark,
            (None, ColumnVerdict::Open(marks, witness)) => match self.other_numbers(&marks) {
                // A decimal mark from amounts of money cannot justify an entry of a thousand hours.
                Some((mark, _)) if is_absurd(watched, &witness, mark) => {
                    self.open_number(column, witness);
                    DecimalMark::Dot
                }
                Some((mark, witness)) => {
                    let what = format!("decimal mark {:?} in {column:?}, as in others", mark.name());
                    self.say(what, &[witness]);
                    mark
                }
                None if let Some(mark) = hours_of_a_day(watched) => {
                    self.say(
                        format!("decimal mark {:?} in {column:?}, as no entry has a thousand hours", mark.name()),
                        &[witness],
                    );
                    mark
                }
                None if matters => {
                    self.open_number(column, witness);
                    DecimalMark::Dot
                }
                None => DecimalMark::Dot,
            },
            (None, ColumnVerdict::Contradictory(out)) => {
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

    /// A number in another column which proves the opposite decimal mark, if this column holds durations.
    fn money_says_otherwise(&self, watched: &Watched, mark: DecimalMark) -> Option<Witness> {
        if !matches!(watched.profile, Profile::Duration(_)) || self.is_mapped() {
            return None;
        }
        self.watch.watched.iter().find_map(|other| match &other.profile {
            Profile::Number(profile) => match profile.verdict() {
                ColumnVerdict::Settled(settled, witnesses) if settled != mark => witnesses.into_iter().next(),
                _ => None,
            },
            _ => None,
        })
    }

    fn other_numbers(&self, left: &[DecimalMark]) -> Option<(DecimalMark, Witness)> {
        let verdicts = self.watch.watched.iter().filter_map(|watched| match &watched.profile {
            Profile::Number(profile) => Some(profile.verdict()),
            Profile::Duration(profile) => Some(profile.numbers.verdict()),
            Profile::Date(_) => None,
        });
        agreed(verdicts, left)
    }

    fn open_number(&mut self, column: String, witness: Witness) {
        let read = |mark| Some((mark, number_in(&witness.value, mark)?.to_string()));
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
}

/// The number in a cell, without a currency or a unit; `None` if the cell has no number under the mark.
fn number_in(cell: &str, mark: DecimalMark) -> Option<Decimal> {
    let amount = Decimal::read(numbers::without_currency(cell), mark);
    amount.or_else(|| match durations::read(cell)? {
        Written::Number { number, .. } => number.under(mark),
        _ => None,
    })
}

/// The mark under which no cell in a column of hours is longer than an entry can be, while the other mark makes cells
/// of a thousand hours and more: `8.000` and `7.500`.
fn hours_of_a_day(watched: &Watched) -> Option<DecimalMark> {
    let Profile::Duration(profile) = &watched.profile else {
        return None;
    };
    let is_sane = |mark: &DecimalMark| profile.longest[*mark as usize] <= LONGEST_BY_OTHERS;
    let mut sane = DecimalMark::ALL.into_iter().filter(is_sane);
    let mark = sane.next().filter(|_| watched.role == Some(Role::Hours))?;
    sane.next().is_none().then_some(mark)
}

/// True if a number of hours, under the mark, is more than any entry has.
fn is_absurd(watched: &Watched, witness: &Witness, mark: DecimalMark) -> bool {
    let seconds = number_in(&witness.value, mark).and_then(|number| number.times(Unit::Hours.seconds()));
    watched.role == Some(Role::Hours) && seconds.is_some_and(|seconds| seconds > LONGEST_BY_OTHERS)
}
