//! Decides the rules for all rows of a file: the ends of rows, the meaning of a dash, and the parts of durations.
//! Columns whose rows contradict each other refuse the file.

use super::{Judge, place};
use crate::format::columns::Role;
use crate::format::decisions::Rules;
use crate::format::name::FormatName;
use crate::format::profile::Together;
use crate::table::quoted;

/// Columns found only in today's report of Toggl Track, in which each empty cell holds a dash.
const WITH_DASHES: [&str; 3] = ["stop date", "stop time", "member"];

impl Judge<'_> {
    /// Decides the rules of the file, and refuses a file in which no row can be right.
    pub(super) fn rules(&mut self) -> Rules {
        self.say_spans();
        self.say_weekdays();
        self.say_kept_columns();
        let ends = self.watch.lengths.ends();
        self.evidence.extend(self.watch.lengths.evidence("a date, a time or a number in its place"));
        let subtotals = self.watch.subtotals();
        if let Some(line) = subtotals {
            self.evidence.push(format!(
                "line {line} is a subtotal: it names nobody and its duration is the sum of rows above it; such rows are errors \
                 and become no entries"
            ));
        }
        Rules { ends, dashes: self.dashes(), parts: self.parts(), subtotals: subtotals.is_some() }
    }

    /// Decides if a dash is an empty cell, and adds the evidence.
    fn dashes(&mut self) -> bool {
        let Some(first) = self.watch.dashes.first() else { return false };
        let by_vendor = self.known.format == FormatName::Toggl && WITH_DASHES.iter().any(|name| self.headers.has(name));
        let are_empty = by_vendor || self.watch.dashes.are_empty_cells();
        self.evidence.push(match are_empty {
            true => format!("{} and other dashes are empty cells", place(first)),
            false => format!("{} is taken as it stands", place(first)),
        });
        are_empty
    }

    /// Decides if the columns of hours, minutes and seconds hold parts of a duration.
    fn parts(&mut self) -> bool {
        let Some(profile) = &self.watch.parts else { return false };
        let roles = [Role::Hours, Role::Minutes, Role::Seconds];
        let names: Vec<String> = self
            .watch
            .roles
            .iter()
            .filter(|(role, _)| roles.contains(role))
            .map(|&(_, column)| self.headers.shown()[column].clone())
            .collect();
        let columns = quoted(&names);
        match profile.verdict() {
            Ok(None) => false,
            Ok(Some((Together::Same, _))) => false,
            Ok(Some((Together::Parts, witness))) => {
                self.evidence.push(format!("{columns} together are one duration: by {}", place(witness)));
                true
            }
            Err(witnesses) => {
                let said: Vec<String> = witnesses.into_iter().map(place).collect();
                self.refuse(format!(
                    "{columns} may be parts of one duration or the same duration several times, and {} are neither \
                     throughout: take one of the columns away, or say with `mapping` which one holds the duration",
                    said.join(", ")
                ));
                false
            }
        }
    }

    /// Reports durations which are longer than the time from start to end, as a refusal or as evidence.
    fn say_spans(&mut self) {
        match self.watch.spans.longer() {
            None => {}
            Some((witness, true)) => self.refuse(format!(
                "the duration {} is longer than from its start to its end, and so are all others: the columns contradict each \
                 other; take away the one that is wrong, or leave it out of `mapping`",
                place(witness)
            )),
            Some((witness, false)) => {
                self.evidence.push(format!("the duration {} is longer than from its start to its end", place(witness)));
            }
        }
    }

    /// Reports dates which contradict the day of the week named in their row, as a refusal or as evidence.
    fn say_weekdays(&mut self) {
        match self.watch.weekdays.wrong() {
            None => {}
            Some((witness, true)) => self.refuse(format!(
                "the date {} is not of the day of the week that its row names, and so are all others: the days of the week \
                 or the dates are wrong; take the days of the week away to have the dates believed",
                place(witness)
            )),
            Some((witness, false)) => {
                self.evidence.push(format!("the date {} is not of the day of the week that its row names", place(witness)));
            }
        }
    }

    /// Reports columns with a name and without a role, whose cells are kept with the entry.
    fn say_kept_columns(&mut self) {
        let has_role = |column: usize| self.watch.roles.iter().any(|(_, other)| *other == column);
        let names = self.headers.shown().iter().enumerate();
        let kept: Vec<String> = names
            .filter(|(column, name)| !name.is_empty() && !has_role(*column))
            .map(|(_, name)| name.clone())
            .collect();
        if !kept.is_empty() {
            self.evidence.push(format!("kept with each entry, without a field of their own: {}", quoted(&kept)));
        }
    }
}
