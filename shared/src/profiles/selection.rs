//! Which profiles a view holds: the rules as evaluated, and the ids as a build stores them.
//!
//! A build reads every profile of the database once and writes the ids in blocks under a number of its own. Only then does the
//! view name the build. The build before stays for those who read it at the time, and goes with the next one. A reader whose
//! build is gone nevertheless finds too few blocks and is told to try again, so nobody meets half of a build. What an
//! interrupted build left behind is deleted by a later one.

use std::collections::{BTreeSet, HashMap};

use jiff::{Timestamp, Zoned};
use regex_lite::Regex;
use serde::{Deserialize, Serialize};

use super::columns::Columns;
use super::filter::Sortable;
use super::owned::Owned;
use super::walk::OwnedWalk;
use crate::id::{AccountId, OwnerId, PartId, RecordId};
use crate::records::Record;
use crate::records::visible::VisibleRecords;
use crate::schema::view::{
    Built, ChangeTest, ChangeType, Comparison, Condition, ConditionTest, DateTest, FieldTest, ViewRule, pattern,
};
use crate::schema::views::note_built;
use crate::schema::{Schema, SchemaError};
use crate::services::Services;
use crate::store::keys::{self, Key, RecordKind};
use crate::store::{Pages, Query, StoreError, Table, Write, decode};
use crate::values::compared::is_email;

/// The number of ids in a block: a block is a few kilobytes.
const IDS_A_BLOCK: usize = 2000;

/// A block of ids in ascending order, as the first one and the distance of each from the one before.
#[derive(Serialize, Deserialize)]
struct Block {
    ids: Vec<u64>,
}

impl Block {
    fn of(ids: &[RecordId]) -> Self {
        let mut before = 0;
        let distance = |id: &RecordId| id.0 - std::mem::replace(&mut before, id.0);
        Self { ids: ids.iter().map(distance).collect() }
    }

    fn into_ids(self) -> Vec<RecordId> {
        let mut id = 0;
        let next = |distance: u64| {
            id += distance;
            RecordId(id)
        };
        self.ids.into_iter().map(next).collect()
    }
}

/// A view with the rules of each view above it, ready to judge profiles.
pub struct Selection<'s> {
    columns: &'s Columns,
    /// The rules that are not disabled, by view.
    rules: Vec<Vec<&'s ViewRule>>,
    /// The patterns of conditions, by condition.
    patterns: HashMap<PartId, Regex>,
}

impl<'s> Selection<'s> {
    /// The selection of a view. `None` for an id without a view.
    pub fn of(schema: &'s Schema, columns: &'s Columns, view: PartId) -> Option<Self> {
        let of_view = |view: PartId| schema.rules_of(view).filter(|rule| !rule.disabled).collect();
        let rules: Vec<Vec<&ViewRule>> = schema.view_line(view)?.into_iter().map(|view| of_view(view.id)).collect();
        let conditions = rules.iter().flatten().flat_map(|rule| &rule.conditions);
        let patterns = conditions.filter_map(|condition| match &condition.test {
            ConditionTest::Field(test) if test.comparison == Comparison::Regexp => {
                Some((condition.id, pattern(&test.value)?))
            }
            _ => None,
        });
        let patterns = patterns.collect();
        Some(Self { columns, rules, patterns })
    }

    /// `true` if a profile is in the view.
    pub fn holds(&self, record: &Record) -> bool {
        self.rules.iter().all(|rules| rules.is_empty() || rules.iter().any(|rule| self.rule_holds(rule, record)))
    }

    fn rule_holds(&self, rule: &ViewRule, record: &Record) -> bool {
        let fits = rule.conditions.iter().all(|condition| self.fits(condition, record));
        fits != rule.inversed
    }

    fn fits(&self, condition: &Condition, record: &Record) -> bool {
        match &condition.test {
            ConditionTest::Interest { interest, has } => self.columns.has_interest(*interest, record) == *has,
            ConditionTest::Field(test) if test.comparison == Comparison::Regexp => {
                let Some(column) = self.columns.with_id(test.field) else { return false };
                let own = self.columns.shown(column, record);
                self.patterns.get(&condition.id).is_some_and(|pattern| pattern.is_match(&own))
            }
            ConditionTest::Field(test) => self.field_fits(test, record),
            ConditionTest::Date(test) => self.date_fits(test, record),
            ConditionTest::Change(test) => self.change_fits(test, record),
        }
    }

    /// Times are compared to the second, as people see them.
    fn change_fits(&self, test: &ChangeTest, record: &Record) -> bool {
        let lies_within = |ms: i64| {
            let Ok(time) = Timestamp::from_millisecond(ms) else { return false };
            let time = time.to_zoned(self.columns.zone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
            test.before.as_ref().is_none_or(|before| time < *before)
                && test.after.as_ref().is_none_or(|after| time > *after)
        };
        let is_new = lies_within(record.created_at);
        let is_edited = record.updated_at != record.created_at && lies_within(record.updated_at);
        match test.change {
            ChangeType::Any => is_new || is_edited,
            ChangeType::None => !(is_new || is_edited),
            ChangeType::New => is_new,
            ChangeType::NotNew => !is_new,
            ChangeType::Edit => is_edited,
            ChangeType::NoEdit => !is_edited,
        }
    }

    /// An empty date lies in no period, and a date alone is the beginning of its day.
    fn date_fits(&self, test: &DateTest, record: &Record) -> bool {
        let Some(column) = self.columns.with_id(test.field) else { return false };
        let own = self.columns.shown(column, record);
        if own == column.field.field_type.empty() || own.len() < "2026-11-30".len() {
            return false;
        }
        let own = if own.contains(' ') { own } else { format!("{own} 00:00:00") };
        let compared = |time: &str| time.get(if test.ignore_year { 5.. } else { 0.. }).unwrap_or_default().to_owned();
        let own = compared(&own);
        test.before.as_deref().is_none_or(|before| own < compared(before))
            && test.after.as_deref().is_none_or(|after| own > compared(after))
    }

    fn field_fits(&self, test: &FieldTest, record: &Record) -> bool {
        let Some(column) = self.columns.with_id(test.field) else { return false };
        let own = self.columns.shown(column, record);
        let field_type = column.field.field_type;
        let other = match test.other_field {
            Some(other) => match self.columns.with_id(other) {
                Some(other) => self.columns.shown(other, record),
                None => return false,
            },
            None if field_type.is_text() => test.value.clone(),
            None => self.columns.converted(column, &test.value),
        };
        let order = || match test.numeric {
            true => number(&own).total_cmp(&number(if test.other_field.is_some() { &other } else { &test.value })),
            false => Sortable::of(field_type, &own).order(&Sortable::of(field_type, &other)),
        };
        let has_inside = || own.to_lowercase().contains(&test_text(test, &other).to_lowercase());
        match test.comparison {
            Comparison::Equals => order().is_eq(),
            Comparison::NotEquals => order().is_ne(),
            Comparison::Less => order().is_lt(),
            Comparison::More => order().is_gt(),
            Comparison::Contains => has_inside(),
            Comparison::NotContains => !has_inside(),
            Comparison::IsEmail => is_email(&own),
            Comparison::IsNumeric => own.trim().parse::<f64>().is_ok_and(f64::is_finite),
            // The patterns are compiled once for all profiles.
            Comparison::Regexp => false,
        }
    }
}

/// The text to look for: the value as given, or that of the other field.
fn test_text<'t>(test: &'t FieldTest, other: &'t str) -> &'t str {
    if test.other_field.is_some() { other } else { &test.value }
}

/// The number that a text is, else 0.
fn number(text: &str) -> f64 {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite()).unwrap_or(0.0)
}

/// Builds a view: stores which profiles are in the view now. Of two builds at once the later one counts.
pub async fn build(
    services: &Services,
    account: AccountId,
    schema: &Schema,
    (view, columns): (PartId, &Columns),
) -> Result<(), SchemaError> {
    let database = schema.database.id;
    let selection = Selection::of(schema, columns, view).ok_or(SchemaError::NotFound)?;
    let build = services.store.next_number(keys::build_counter(account)).await?;
    let mut walk = OwnedWalk::begin(services, account, Owned::profiles(schema), None).await?;
    let (mut ids, mut blocks) = (Vec::new(), 0);
    loop {
        let records = walk.next().await?;
        let is_end = records.is_none();
        let records = records.unwrap_or_default();
        ids.extend(records.iter().filter(|record| selection.holds(record)).map(|record| record.id));
        while ids.len() >= IDS_A_BLOCK || (is_end && !ids.is_empty()) {
            let block: Vec<RecordId> = ids.drain(..ids.len().min(IDS_A_BLOCK)).collect();
            let key = keys::members(account, view, build, blocks);
            services.store.write(Write::put(key, &Block::of(&block))).await?;
            blocks += 1;
        }
        if is_end {
            break;
        }
    }
    let built = Built { at: services.clock.now_ms(), build, blocks };
    let noted = note_built(services, account, database, view, built).await;
    if matches!(noted, Ok(None) | Err(SchemaError::NotFound)) {
        erase_blocks(services, keys::members_of(account, view, build)).await?;
    }
    if let Some(before) = noted? {
        erase_blocks(services, keys::members_before(account, view, before)).await?;
    }
    Ok(())
}

/// Builds the views of a database that were not built since a time in milliseconds since the epoch, where `now` is the present
/// moment in the account's zone. Nothing is built in a deleted database.
pub async fn build_older(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    (now, since): (Zoned, i64),
) -> Result<(), SchemaError> {
    let Some(schema) = Schema::read(services, account, database).await? else { return Ok(()) };
    let columns = Columns::of(Owned::profiles(&schema), now);
    for view in schema.views.iter().filter(|view| view.built.is_none_or(|built| built.at <= since)) {
        match build(services, account, &schema, (view.id, &columns)).await {
            // Somebody deleted the view meanwhile.
            Ok(()) | Err(SchemaError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn erase_blocks(services: &Services, blocks: Query) -> Result<(), StoreError> {
    let items = services.store.all(blocks.keys_only()).await?;
    services.store.delete_all(items.iter().map(|item| Key::of(Table::Workspace, item)).collect()).await
}

/// Deletes whatever builds have stored of a view.
pub async fn erase_members(services: &Services, account: AccountId, view: PartId) -> Result<(), StoreError> {
    erase_blocks(services, keys::all_members(account, view)).await
}

/// A walk over the profiles of a view as the last build stored them, by id. Profiles that were removed since are left out.
pub struct MemberWalk<'s> {
    profiles: VisibleRecords<'s>,
    pages: Option<Pages<'s>>,
    /// The number of blocks that are still to come.
    blocks: usize,
}

impl<'s> MemberWalk<'s> {
    /// A walk over a build; over nothing for a view that was never built.
    pub fn begin(services: &'s Services, account: AccountId, view: PartId, built: Option<Built>) -> Self {
        let pages = built.map(|built| {
            // A page of a query is a block, so a reader who needs few profiles reads few.
            services.store.pages(keys::members_of(account, view, built.build).limit(1))
        });
        let profiles = VisibleRecords::new(services, account, RecordKind::Profile);
        Self { profiles, pages, blocks: built.map_or(0, |built| built.blocks) }
    }

    /// The next profiles, or `None` at the end. There may be none and more behind.
    pub async fn next(&mut self) -> Result<Option<Vec<Record>>, StoreError> {
        let Some(pages) = &mut self.pages else { return Ok(None) };
        let Some(blocks) = pages.next().await? else {
            return match self.blocks {
                0 => Ok(None),
                _ => Err(StoreError::Busy("the view was built twice while it was read".to_owned())),
            };
        };
        self.blocks = self.blocks.saturating_sub(blocks.len());
        let mut ids = BTreeSet::new();
        for block in blocks {
            ids.extend(decode::<Block>(block)?.into_ids());
        }
        Ok(Some(self.profiles.read_now(&ids).await?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_gives_its_ids_back() {
        let ids = [5, 6, 1_000_000_007, 8_907_199_000_000_001].map(RecordId);
        let block = Block::of(&ids);
        assert_eq!(block.ids[..3], [5, 1, 1_000_000_001]);
        assert_eq!(block.into_ids(), ids);
        assert_eq!(Block::of(&[]).into_ids(), []);
    }
}
