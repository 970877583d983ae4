//! Decides the order of day, month and year in columns of dates.

use super::{Judge, agreed, place};
use crate::format::columns::Role;
use crate::format::profile::{ColumnVerdict, DateProfile, Witness};
use crate::format::watch::{Profile, Watched};
use crate::table::Ambiguous;
use crate::values::dates::{self, DateOrder, Day, Numbers, Written};

impl Judge<'_> {
    pub(super) fn date(&mut self, watched: &Watched, profile: &DateProfile) -> DateOrder {
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
            (None, ColumnVerdict::Settled(order, witnesses)) => {
                self.say(format!("date order {order} in {column:?}"), &witnesses);
                order
            }
            (None, ColumnVerdict::Indifferent(order)) => order,
            (None, ColumnVerdict::Open(orders, witness)) => match self.other_dates(&orders, &witness) {
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
            (None, ColumnVerdict::Contradictory(out)) => {
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

    /// The order on which the other columns of dates agree, with a deciding cell. A column whose dates have another
    /// separator than the open cell comes from another author and is no evidence.
    fn other_dates(&self, left: &[DateOrder], open: &Witness) -> Option<(DateOrder, Witness)> {
        let Some(Written { day: Day::Numbers(Numbers { separator, .. }), .. }) = dates::read(&open.value) else {
            return None;
        };
        let verdicts = self.watch.watched.iter().filter_map(|watched| match &watched.profile {
            Profile::Date(profile) if profile.is_told_in(separator) => Some(profile.verdict()),
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
}
