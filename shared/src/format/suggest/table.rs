//! Guesses the field of each column of a table, and chooses the guesses which fit together.

use super::cells::ColumnCells;
use super::dictionary::{self, Meaning};
use super::names::Said;
use super::plain::plain;
use crate::format::mapping::{Field, Mapping};
use crate::format::suggestion::{SuggestedColumn, SuggestedMapping};
use crate::table::{Headers, MappedField};
use crate::values::durations::Unit;

/// Length in bytes of the longest column name accepted by the option `mapping`.
const LONGEST_COLUMN: usize = 200;
/// Highest score of a column whose name is unknown.
const BY_CELLS: u32 = 50;
/// Highest score of a column which may well have another meaning.
const UNSURE: u32 = 30;

/// The header and the first rows of a table.
pub(super) struct Table<'t> {
    headers: &'t Headers,
    rows: &'t [Vec<String>],
    columns: Vec<Column>,
}

/// The meanings of a column's name, and statistics of its cells.
struct Column {
    said: Said,
    cells: ColumnCells,
    /// True if a mapping can name the column: its name is short enough, and no earlier column has the same name.
    may_be_mapped: bool,
}

/// The guess of a field for a column, with its score.
#[derive(Clone, Debug)]
struct Guess {
    field: Field,
    column: usize,
    score: u32,
    /// True if the column's name supports the guess, false if only the cells do.
    named: bool,
}

impl<'t> Table<'t> {
    pub fn new(headers: &'t Headers, rows: &'t [Vec<String>]) -> Self {
        let column = |(index, name): (usize, &String)| Column {
            said: Said::of(name),
            cells: ColumnCells::of(rows.iter().filter_map(|row| row.get(index)).map(String::as_str)),
            may_be_mapped: !name.is_empty() && name.len() <= LONGEST_COLUMN && headers.named(name) == Some(index),
        };
        let columns = headers.shown().iter().enumerate().map(column).collect();
        Self { headers, rows, columns }
    }

    pub fn suggest(&self) -> Option<SuggestedMapping> {
        let works =
            |meaning| self.columns.iter().any(|column| column.said.says(meaning) && column.cells.more_than_nothing > 0);
        if works(Meaning::Overtime) {
            return None;
        }
        let mut guesses: Vec<Guess> = Vec::new();
        for index in 0..self.columns.len() {
            guesses.extend(self.guesses(index));
        }
        self.lower_rivals(&mut guesses);
        let mut chosen = choose(guesses);
        self.add_by_cells(&mut chosen);
        one_duration(&mut chosen, &self.columns);
        self.name_parts(&mut chosen);
        if self.is_part_alone(&chosen) {
            return None;
        }
        let has = |field| chosen.iter().any(|guess| guess.field == field);
        let starts_on_a_day = chosen
            .iter()
            .find(|guess| guess.field == Field::Start)
            .is_some_and(|guess| self.columns[guess.column].cells.moments > 0);
        let has_duration = chosen.iter().any(|guess| DURATIONS.contains(&guess.field));
        let from_start_to_end = has(Field::Start) && has(Field::End) && !works(Meaning::Break);
        if !(has(Field::Date) || starts_on_a_day) || !(has_duration || from_start_to_end) {
            return None;
        }
        if !has_duration && self.has_unknown_durations(&chosen) {
            // The unknown column may hold breaks, so start and end may overstate the duration.
            let is_time = |guess: &&mut Guess| matches!(guess.field, Field::Start | Field::End);
            chosen.iter_mut().filter(is_time).for_each(|guess| guess.score = guess.score.min(UNSURE));
        }
        chosen.sort_by_key(|guess| guess.column);
        let column = |guess: &Guess| SuggestedColumn {
            column: self.headers.shown()[guess.column].clone(),
            field: guess.field,
            score: guess.score.min(100) as u8,
            evidence: self.evidence(guess),
        };
        let columns: Vec<SuggestedColumn> = chosen.iter().map(column).collect();
        let score = columns.iter().map(|column| column.score).min()?;
        let pairs = columns.iter().map(|column| (column.column.clone(), column.field.name().to_owned()));
        let mapping = Mapping::new(pairs).ok()?;
        // The header may have columns with names which count as equal.
        mapping.roles(self.headers).ok()?;
        Some(SuggestedMapping { score, mapping, columns })
    }

    /// Statistics of the columns whose names are unknown and which no guess uses.
    fn unknown<'s>(&'s self, chosen: &'s [Guess]) -> impl Iterator<Item = &'s ColumnCells> {
        let is_free = |index: usize| chosen.iter().all(|guess| guess.column != index);
        let columns = self.columns.iter().enumerate().filter(move |(index, _)| is_free(*index));
        columns
            .filter(|(_, column)| column.said.meanings.is_empty() && column.cells.filled > 0)
            .map(|(_, column)| &column.cells)
    }

    fn has_unknown_durations(&self, chosen: &[Guess]) -> bool {
        self.unknown(chosen).any(|cells| cells.days == 0 && cells.share(cells.exact + cells.pairs) >= 90)
    }

    /// True if the only duration is minutes below 60 and a column with an unknown name may hold the hours of the same
    /// durations, or in the same way seconds and minutes.
    fn is_part_alone(&self, chosen: &[Guess]) -> bool {
        let mut durations = chosen.iter().filter(|guess| DURATIONS.contains(&guess.field));
        let (Some(part), None) = (durations.next(), durations.next()) else { return false };
        let cells = &self.columns[part.column].cells;
        let may_be_rest =
            matches!(part.field, Field::Minutes | Field::Seconds) && cells.numbers > 0 && cells.from_sixty_on == 0;
        let are_small =
            |cells: &ColumnCells| cells.share(cells.numbers) >= 90 && cells.fractions + cells.from_sixty_on == 0;
        may_be_rest && self.unknown(chosen).any(are_small)
    }

    /// The fields which the column's name may mean, as far as the cells agree.
    fn guesses(&self, index: usize) -> Vec<Guess> {
        let column = &self.columns[index];
        if !column.may_be_mapped {
            return Vec::new();
        }
        let guess = |&(meaning, weight): &(Meaning, u32)| {
            let (field, fit, most) = self.fit(meaning, index)?;
            // A column named "Time" may hold the time of day.
            let is_clock = weight < 100 && column.cells.share(column.cells.times) >= 90;
            let most = if DURATIONS.contains(&field) && is_clock { most.min(UNSURE) } else { most };
            let score = match column.cells.filled {
                0 => weight / 2,
                _ => weight * (60 + 40 * fit / 100) / 100,
            };
            // A file with more than a tenth of unreadable dates or durations is refused.
            let least = if field <= Field::Seconds { 90 } else { 70 };
            (column.cells.filled == 0 || fit >= least).then_some(Guess {
                field,
                column: index,
                score: score.min(most),
                named: true,
            })
        };
        column.said.meanings.iter().filter_map(guess).collect()
    }

    /// The field for a meaning, the percentage of cells which agree, and the highest score of the guess. `None`
    /// if no field fits the meaning.
    fn fit(&self, meaning: Meaning, index: usize) -> Option<(Field, u32, u32)> {
        let column = &self.columns[index];
        let cells = &column.cells;
        let (days, moments, times) = (cells.share(cells.days), cells.share(cells.moments), cells.share(cells.times));
        let is_empty = cells.filled == 0;
        let moment = |day: Field, time: Field| {
            let field = if moments + times > days && !is_empty { time } else { day };
            (field, (days + moments).max(moments + times).min(100), 100)
        };
        let texts = |field: Field| (field, cells.words(), 100);
        let number = |field: Field| (field, ColumnCells::money(self.cells_of(index)), 100);
        let all = |field: Field, count: usize| (field, if count == cells.filled { 100 } else { 0 }, 100);
        Some(match meaning {
            Meaning::Day => (Field::Date, (days + moments).min(100), 100),
            Meaning::StartDay => moment(Field::Date, Field::Start),
            Meaning::EndDay => moment(Field::EndDate, Field::End),
            Meaning::Start if is_empty => (Field::Start, 0, 100),
            Meaning::Start => moment(Field::Date, Field::Start),
            Meaning::End if is_empty => (Field::End, 0, 100),
            Meaning::End => moment(Field::EndDate, Field::End),
            Meaning::Duration => return self.duration(column),
            Meaning::Hours => in_unit(Unit::Hours, cells)?,
            Meaning::Minutes => in_unit(Unit::Minutes, cells)?,
            Meaning::Seconds => in_unit(Unit::Seconds, cells)?,
            Meaning::Person => (Field::Person, cells.words().max(cells.share(cells.emails)), 100),
            Meaning::FirstName => texts(Field::FirstName),
            Meaning::LastName => texts(Field::LastName),
            Meaning::Email => (Field::Email, cells.share(cells.emails), 100),
            Meaning::Client => texts(Field::Client),
            Meaning::Project => texts(Field::Project),
            Meaning::Task => texts(Field::Task),
            Meaning::Text => texts(Field::Text),
            Meaning::Tags => texts(Field::Tags),
            // A cell which is neither yes nor no would be an error of its row.
            Meaning::Billable => all(Field::Billable, cells.flags),
            Meaning::Invoiced => all(Field::Invoiced, cells.flags),
            Meaning::Rate => number(Field::Rate),
            Meaning::Amount => number(Field::Amount),
            Meaning::Currency => (Field::Currency, cells.share(cells.currencies), 100),
            Meaning::Break | Meaning::Overtime => return None,
        })
    }

    /// The same as [`fit`](Self::fit) for a column of durations, whose name may lack the unit of bare numbers.
    fn duration(&self, column: &Column) -> Option<(Field, u32, u32)> {
        let cells = &column.cells;
        if let Some(unit) = column.said.unit.filter(|_| cells.numbers > 0 || cells.filled == 0) {
            return in_unit(unit, cells);
        }
        let said = cells.share(cells.exact + cells.pairs);
        if cells.filled == 0 || said >= 90 {
            return Some((Field::Duration, said, 100));
        }
        let fit = cells.share(cells.exact + cells.pairs + cells.numbers);
        let has = |meaning| self.columns.iter().any(|other| other.said.says(meaning) && other.cells.times > 0);
        if has(Meaning::Start) && has(Meaning::End) {
            // Start and end decide the unit of a bare number.
            return Some((Field::Duration, fit, 80));
        }
        // Fractions below 24 are hours, since nobody writes quarters of minutes.
        let are_hours = cells.fractions * 3 >= cells.numbers && cells.fractions > 0 && cells.beyond_a_day == 0;
        Some((if are_hours { Field::Hours } else { Field::Duration }, fit, if are_hours { 60 } else { 40 }))
    }

    fn cells_of(&self, column: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(move |row| row.get(column)).map(String::as_str)
    }

    /// Lowers the scores of dates and durations if two columns with different cells fit equally well.
    fn lower_rivals(&self, guesses: &mut [Guess]) {
        for field in
            [Field::Date, Field::Start, Field::End, Field::Duration, Field::Hours, Field::Minutes, Field::Seconds]
        {
            let best = guesses.iter().filter(|guess| guess.field == field).map(|guess| guess.score).max();
            let Some(best) = best else { continue };
            let is_rival = |guess: &Guess| {
                guess.field == field && guess.score == best && self.columns[guess.column].cells.filled > 0
            };
            let rivals: Vec<usize> = guesses.iter().filter(|guess| is_rival(guess)).map(|guess| guess.column).collect();
            let differ = rivals.windows(2).any(|pair| !self.cells_of(pair[0]).eq(self.cells_of(pair[1])));
            if rivals.len() > 1 && differ {
                guesses
                    .iter_mut()
                    .filter(|guess| is_rival(guess))
                    .for_each(|guess| guess.score = guess.score.min(UNSURE));
            }
        }
    }

    /// Adds a date, a duration and e-mail addresses by cells alone, if exactly one column
    /// with an unknown name holds them.
    fn add_by_cells(&self, chosen: &mut Vec<Guess>) {
        let has = |chosen: &[Guess], field: Field| chosen.iter().any(|guess| guess.field == field);
        let only = |chosen: &[Guess], count: &dyn Fn(&ColumnCells) -> usize| {
            let is_free = |index: &usize| chosen.iter().all(|guess| guess.column != *index);
            let is_unknown = |column: &Column| column.may_be_mapped && column.said.meanings.is_empty();
            let fits = |index: &usize| {
                let column = &self.columns[*index];
                let cells = &column.cells;
                is_unknown(column) && cells.filled > 0 && cells.share(count(cells)) >= 90
            };
            let mut fitting = (0..self.columns.len()).filter(is_free).filter(fits);
            let first = fitting.next()?;
            fitting.next().is_none().then_some(first)
        };
        let starts = |chosen: &[Guess]| {
            chosen.iter().any(|guess| guess.field == Field::Start && self.columns[guess.column].cells.moments > 0)
        };
        if !has(chosen, Field::Date)
            && !starts(chosen)
            && let Some(column) = only(chosen, &|cells| cells.days + cells.moments)
        {
            chosen.push(Guess { field: Field::Date, column, score: BY_CELLS, named: false });
        }
        let has_duration = chosen.iter().any(|guess| DURATIONS.contains(&guess.field));
        let from_start_to_end = has(chosen, Field::Start) && has(chosen, Field::End);
        if !has_duration
            && !from_start_to_end
            && let Some(column) = only(chosen, &|cells| if cells.days > 0 { 0 } else { cells.exact + cells.pairs })
        {
            chosen.push(Guess { field: Field::Duration, column, score: BY_CELLS - 10, named: false });
        }
        if !has(chosen, Field::Email)
            && let Some(column) = only(chosen, &|cells| cells.emails)
        {
            chosen.push(Guess { field: Field::Email, column, score: 70, named: false });
        }
    }

    /// Reads a column called "name" as last names if first names have a column of their own, and as
    /// first names in the opposite case.
    fn name_parts(&self, chosen: &mut [Guess]) {
        let has = |chosen: &[Guess], field: Field| chosen.iter().any(|guess| guess.field == field);
        let other = match (has(chosen, Field::FirstName), has(chosen, Field::LastName)) {
            (true, false) => Field::LastName,
            (false, true) => Field::FirstName,
            _ => return,
        };
        let is_bare = |guess: &&mut Guess| {
            let name = plain(&self.headers.shown()[guess.column]);
            guess.field == Field::Person && dictionary::NEUTRAL.contains(&name.as_str())
        };
        if let Some(guess) = chosen.iter_mut().find(is_bare) {
            guess.field = other;
        }
    }

    fn evidence(&self, guess: &Guess) -> String {
        let Column { cells, .. } = &self.columns[guess.column];
        let (count, what) = match guess.field {
            Field::Date | Field::EndDate => (cells.days + cells.moments, "dates"),
            Field::Start | Field::End => (cells.times.max(cells.moments), "times"),
            Field::Duration | Field::Hours | Field::Minutes | Field::Seconds => {
                (cells.exact + cells.pairs + cells.numbers, "durations")
            }
            Field::Email => (cells.emails, "addresses"),
            Field::Billable | Field::Invoiced => (cells.flags, "yes or no"),
            Field::Currency => (cells.currencies, "currencies"),
            Field::Rate | Field::Amount => (cells.numbers, "bare numbers"),
            _ => (cells.distinct, "different"),
        };
        let by = if guess.named { "the name says so" } else { "the cells alone say so" };
        format!("{by}; {count} of {} cells are {what}", cells.filled)
    }
}

/// The fields which hold the duration of an entry.
const DURATIONS: [Field; 4] = [Field::Duration, Field::Hours, Field::Minutes, Field::Seconds];

/// The field, the percentage of agreeing cells and the highest score of a column whose name contains the unit; `None`
/// if the cells contradict the unit.
fn in_unit(unit: Unit, cells: &ColumnCells) -> Option<(Field, u32, u32)> {
    let told = cells.share(cells.exact + cells.pairs);
    let any = cells.share(cells.exact + cells.pairs + cells.numbers);
    let field = match unit {
        Unit::Hours if told == 100 => Field::Duration,
        // A single entry hardly takes more than 24 hours.
        Unit::Hours => return Some((Field::Hours, any, if cells.beyond_a_day > 0 { 50 } else { 100 })),
        Unit::Minutes if cells.pairs == 0 => Field::Minutes,
        Unit::Seconds if cells.pairs == 0 => Field::Seconds,
        _ => return None,
    };
    Some((field, any, 100))
}

/// Chooses the guesses with the highest scores in such a way as to give each field one
/// column and each column one field.
fn choose(mut guesses: Vec<Guess>) -> Vec<Guess> {
    guesses.sort_by_key(|guess| (std::cmp::Reverse(guess.score), guess.field, guess.column));
    let mut chosen: Vec<Guess> = Vec::new();
    for guess in guesses {
        if chosen.iter().all(|other| other.field != guess.field && other.column != guess.column) {
            chosen.push(guess);
        }
    }
    chosen
}

/// Keeps either the duration or the columns of hours, minutes and seconds; the duration is kept
/// if its cells name their units.
fn one_duration(chosen: &mut Vec<Guess>, columns: &[Column]) {
    let find = |field: Field| chosen.iter().find(|guess| guess.field == field);
    let parts = [Field::Hours, Field::Minutes, Field::Seconds];
    let best_part = parts.iter().filter_map(|&field| find(field)).map(|guess| guess.score).max();
    if let (Some(duration), Some(part)) = (find(Field::Duration), best_part) {
        let cells = &columns[duration.column].cells;
        let tells_its_unit = cells.share(cells.exact + cells.pairs) >= 90;
        let keeps_duration = tells_its_unit && duration.score + 20 >= part;
        chosen.retain(|guess| match keeps_duration {
            true => !parts.contains(&guess.field),
            false => guess.field != Field::Duration,
        });
    }
}
