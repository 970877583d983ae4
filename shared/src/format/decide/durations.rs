//! Decides the unit of bare numbers and the meaning of `1:30` in columns of durations.

use super::{Judge, place};
use crate::format::columns::Role;
use crate::format::profile::DurationProfile;
use crate::format::watch::Watched;
use crate::values::durations::{DurationReading, Unit};

impl Judge<'_> {
    pub(super) fn duration(&mut self, watched: &Watched, profile: &DurationProfile) -> DurationReading {
        let column = self.shown(watched);
        let unit = profile.unit().unwrap_or_else(|witness| {
            let settles = match self.is_mapped() {
                true => "map the column to `hours`, `minutes` or `seconds`",
                false => "export durations as H:MM:SS, or with their unit",
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
        // A mapping to a unit already gives the meaning of the column's cells.
        let told = self.is_mapped() && watched.role != Some(Role::Duration);
        // In a column named hours, a pair begins with hours.
        if let Some(cell) = profile.doubtful_pair().filter(|_| watched.role == Some(Role::Duration)) {
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
        DurationReading { unit, pair, pair_is_told: profile.assumed_pair().is_none(), mark }
    }
}
