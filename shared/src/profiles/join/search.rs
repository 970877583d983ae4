//! The search for the records that match a share of the file: by lookups or by a scan, whichever costs less.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Zoned;
use jiff::tz::TimeZone;

use super::groups::Groups;
use super::keys::key_of_record;
use super::lookups::{Lookup, Lookups, TooDear};
use super::missing::{MissingSearch, ScannedRecord};
use super::ready::ready_fields;
use super::rules::{JoinRules, MatchSearch};
use super::scan::DatabaseScan;
use crate::id::{OwnerId, PartId, RecordId};
use crate::import::{ImportError, JoinWay};
use crate::kind::bits::Bits;
use crate::kind::planned_file::PlannedFile;
use crate::profile_form::{FileKeys, KeyField, KeyValue, ProfileRow, Profiles, RowKey};
use crate::profiles::Owned;
use crate::profiles::terms::{IndexedFields, subprofiles_of};
use crate::records::Record;
use crate::records::visible::VisibleRecords;
use crate::schema::Schema;
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::RecordKind;

/// The number of keys which are looked up without asking for the price of a scan.
const FEW: u64 = 100;
/// The read units which the lookup of a key costs: the query, and half a unit for a record.
const UNITS_A_LOOKUP: f64 = 1.5;
/// The read units beyond which few lookups are given up, for each key.
const MOST_UNITS_A_KEY: f64 = 5.0;
/// The most values of a file in memory to be looked up.
const LOOKUPS_A_PASS: usize = 100_000;
/// The most profiles read at once.
const PROFILES_AT_ONCE: usize = 1000;

/// The records of one table, among which matches are looked for.
#[derive(Clone, Copy, Debug)]
struct SearchedTable<'k> {
    owner: OwnerId,
    kind: RecordKind,
    keys: &'k [KeyField],
}

/// The search for the matches of all shares of a file.
pub struct Searching<'f> {
    file: &'f PlannedFile<'f, Profiles>,
    services: &'f Services,
    rules: JoinRules,
    keys: &'f FileKeys,
    database: OwnerId,
    indexed: IndexedFields,
    /// The time for dates which were stored as other texts.
    now: Zoned,
    scan: Option<DatabaseScan<'f>>,
    way: JoinWay,
    /// The search for missing records, which takes a scan of each table for each share.
    missing: Option<MissingSearch>,
}

impl<'f> Searching<'f> {
    /// Begins the search for an import, whose database is known.
    pub async fn begin(
        file: &'f PlannedFile<'f, Profiles>,
        rules: JoinRules,
        keys: &'f FileKeys,
    ) -> Result<Self, ImportError> {
        let options = &file.import.options.profiles;
        let database = options.database;
        let database = database.ok_or_else(|| StoreError::Shape("an import of profiles has a database".to_owned()))?;
        let indexed = ready_fields(file, database, keys).await?;
        let now = file.services.clock.now().to_zoned(TimeZone::UTC);
        let of_subprofiles = rules.search() == MatchSearch::ProfilesAndSubprofiles;
        // A resumed import leaves alone what was made or changed since its first join.
        let before = file.import.joined.as_ref().and_then(|joined| joined.missing);
        let began_at = before.map_or_else(|| file.services.clock.now_ms(), |missing| missing.began_at);
        let search = || MissingSearch::new(file.import.id, began_at, of_subprofiles);
        Ok(Self {
            file,
            services: file.services,
            rules,
            keys,
            database,
            indexed,
            now,
            scan: None,
            way: JoinWay::Nothing,
            missing: options.remove_missing.then(search),
        })
    }

    /// The missing records of all shares, if the import removes them.
    pub fn into_missing(self) -> Option<MissingSearch> {
        self.missing
    }

    /// The way of the search, as far as records were looked for.
    pub fn way(&self) -> JoinWay {
        self.way
    }

    /// Finds the matches of a share, given as its number and the number of shares. Rows in `loaded` have their outcome already.
    pub async fn matched(
        &mut self,
        mut groups: Groups,
        loaded: &Bits,
        share: (u64, u64),
    ) -> Result<Groups, ImportError> {
        if let Some(missing) = &mut self.missing {
            missing.begin_share(share);
        }
        match self.rules.search() {
            MatchSearch::Nothing => {}
            MatchSearch::Profiles => self.find_by_rows(&mut groups, loaded, self.profiles()).await?,
            MatchSearch::ProfilesAndSubprofiles => {
                self.find_by_rows(&mut groups, loaded, self.profiles()).await?;
                groups.close_profiles();
                self.find_by_parents(&mut groups).await?;
            }
            MatchSearch::Subprofiles => {
                let table = self.subprofiles()?;
                self.find_by_rows(&mut groups, loaded, table).await?;
                self.hide_orphaned(&mut groups).await?;
            }
        }
        groups.close_profiles();
        groups.close_subprofiles();
        Ok(groups)
    }

    fn profiles(&self) -> SearchedTable<'f> {
        SearchedTable { owner: self.database, kind: RecordKind::Profile, keys: &self.keys.profile }
    }

    fn subprofiles(&self) -> Result<SearchedTable<'f>, StoreError> {
        let collection = self.keys.collection.map(OwnerId);
        let owner = collection.ok_or_else(|| StoreError::Shape("a key of no collection".to_owned()))?;
        Ok(SearchedTable { owner, kind: RecordKind::Subprofile, keys: &self.keys.subprofile })
    }

    /// Finds the records of a table by the keys of the rows.
    async fn find_by_rows(
        &mut self,
        groups: &mut Groups,
        loaded: &Bits,
        table: SearchedTable<'f>,
    ) -> Result<(), ImportError> {
        let count = groups.rows_of_file().filter(|&row| groups.asks(row, loaded)).count() as u64;
        if count == 0 && self.missing.is_none() {
            return Ok(());
        }
        if let Some(place) = self.looked_up(table).filter(|_| self.missing.is_none()) {
            let few = count as f64 * MOST_UNITS_A_KEY;
            if count <= FEW && self.look_up_rows(groups, loaded, table, (place, few)).await?.is_ok() {
                return Ok(());
            }
            if let Some(budget) = self.budget(table, count).await?
                && self.look_up_rows(groups, loaded, table, (place, budget)).await?.is_ok()
            {
                return Ok(());
            }
        }
        self.scan_for(groups, table, |groups, missing, found| {
            if let Some(missing) = missing {
                missing.profile(groups, &found);
            }
            match (found.key, found.parent) {
                (None, _) => {}
                (Some(key), None) => groups.profile(found.id, key),
                (Some(key), Some(parent)) => groups.subprofile(found.id, parent, key, None),
            }
        })
        .await
    }

    /// The place among a table's key fields of the field by which records are looked up, or `None` without an index.
    fn looked_up(&self, table: SearchedTable<'_>) -> Option<usize> {
        let number = table.keys.iter().position(|key| *key == KeyField::Number);
        let is_indexed = |key: &KeyField| key.field().is_some_and(|field| self.indexed.has(PartId(field)));
        number.or_else(|| table.keys.iter().position(is_indexed))
    }

    /// The lookup of a row's key by the key field at a place. `None` if no index leads to all records of the key.
    fn lookup(&self, table: SearchedTable<'_>, place: usize, row: &ProfileRow<'_>) -> Option<Lookup> {
        let key = match table.kind {
            RecordKind::Subprofile => &row.subprofiles.first()?.key,
            _ => &row.key,
        };
        let RowKey::Values(values) = key else { return None };
        match values.get(place)? {
            KeyValue::Number(number) => Some(Lookup::Number(RecordId(*number))),
            KeyValue::Field { field, text } => self.indexed.lookup(table.owner, PartId(*field), text).map(Lookup::Term),
        }
    }

    /// Looks the keys of the rows up by the key field at a place.
    async fn look_up_rows(
        &mut self,
        groups: &mut Groups,
        loaded: &Bits,
        table: SearchedTable<'f>,
        (place, budget): (usize, f64),
    ) -> Result<Result<(), TooDear>, ImportError> {
        let before = self.services.store.consumed().read;
        let mut lookups = Lookups::new(self.services, self.file.import.account, (table.owner, table.kind));
        let mut next = 0;
        while next < self.file.rows {
            let mut wanted = Vec::new();
            let mut is_full = false;
            let from = next;
            next = self.file.rows;
            let mut unfound = false;
            self.file
                .read(|seen, row| {
                    if seen.row < from || is_full || !groups.asks(seen.row, loaded) {
                        return;
                    }
                    if wanted.len() == LOOKUPS_A_PASS {
                        (is_full, next) = (true, seen.row);
                        return;
                    }
                    match self.lookup(table, place, row) {
                        Some(lookup) => wanted.push(lookup),
                        None => unfound = true,
                    }
                })
                .await?;
            let left = budget - (self.services.store.consumed().read - before);
            if unfound || left <= 0.0 {
                return Ok(Err(TooDear));
            }
            let key = |record: &Record| key_of_record(table.keys, record.id, &record.fields, &self.now);
            let mut found = Vec::new();
            let is_wanted = |record: &Record| key(record).is_some_and(|key| groups.has(key));
            let read = lookups.read(&wanted, left, is_wanted, |record| {
                found.extend(key(&record).map(|key| (record.id, record.parent, key)));
            });
            if read.await?.is_err() {
                return Ok(Err(TooDear));
            }
            for (id, parent, key) in found {
                match parent {
                    None => groups.profile(id, key),
                    Some(parent) => groups.subprofile(id, parent, key, None),
                }
            }
        }
        self.way = if self.way == JoinWay::Scan { JoinWay::Scan } else { JoinWay::Lookups };
        Ok(Ok(()))
    }

    /// Finds the subprofiles of the matching profiles.
    async fn find_by_parents(&mut self, groups: &mut Groups) -> Result<(), ImportError> {
        let table = self.subprofiles()?;
        let parents: BTreeMap<RecordId, u32> = groups.parents().into_iter().collect();
        if parents.is_empty() && self.missing.is_none() {
            return Ok(());
        }
        let count = parents.len() as u64;
        let few = count as f64 * MOST_UNITS_A_KEY;
        let scans = self.missing.is_some();
        if !scans && count <= FEW && self.look_up_parents(groups, table, &parents, few).await?.is_ok() {
            return Ok(());
        }
        if !scans
            && let Some(budget) = self.budget(table, count).await?
            && self.look_up_parents(groups, table, &parents, budget).await?.is_ok()
        {
            return Ok(());
        }
        self.scan_for(groups, table, |groups, missing, found| {
            let Some(parent) = found.parent else { return };
            let group = parents.get(&parent).copied();
            if let Some(missing) = missing {
                missing.subprofile(groups, &found, group);
            }
            if let (Some(group), Some(key)) = (group, found.key) {
                groups.subprofile(found.id, parent, key, Some(group));
            }
        })
        .await
    }

    /// Looks up the subprofiles of profiles, given with the places where their groups begin.
    async fn look_up_parents(
        &mut self,
        groups: &mut Groups,
        table: SearchedTable<'f>,
        parents: &BTreeMap<RecordId, u32>,
        budget: f64,
    ) -> Result<Result<(), TooDear>, ImportError> {
        let of_parent = |parent: &RecordId| Lookup::Term(subprofiles_of(table.owner, *parent));
        let wanted: Vec<Lookup> = parents.keys().map(of_parent).collect();
        let mut lookups = Lookups::new(self.services, self.file.import.account, (table.owner, table.kind));
        let group = |record: &Record| record.parent.and_then(|parent| Some((parent, *parents.get(&parent)?)));
        let mut found = Vec::new();
        let is_wanted = |record: &Record| group(record).is_some();
        let read = lookups.read(&wanted, budget, is_wanted, |record| {
            let key = key_of_record(table.keys, record.id, &record.fields, &self.now);
            if let (Some((parent, group)), Some(key)) = (group(&record), key) {
                found.push((record.id, parent, key, group));
            }
        });
        if read.await?.is_err() {
            return Ok(Err(TooDear));
        }
        for (id, parent, key, group) in found {
            groups.subprofile(id, parent, key, Some(group));
        }
        Ok(Ok(()))
    }

    /// Forgets the matching subprofiles whose profile people cannot see.
    async fn hide_orphaned(&mut self, groups: &mut Groups) -> Result<(), ImportError> {
        let mut profiles = VisibleRecords::new(self.services, self.file.import.account, RecordKind::Profile);
        let mut seen = BTreeSet::new();
        for some in groups.matched_parents().chunks(PROFILES_AT_ONCE) {
            let database = Some(self.database);
            let read = profiles.read(&some.iter().copied().collect(), |record| record.owner == database).await?;
            seen.extend(read.into_iter().map(|record| record.id));
        }
        groups.retain_parents(|parent| seen.contains(&parent));
        Ok(())
    }

    /// Scans a table, and passes each record to `take`.
    async fn scan_for(
        &mut self,
        groups: &mut Groups,
        table: SearchedTable<'f>,
        take: impl Fn(&mut Groups, Option<&mut MissingSearch>, ScannedRecord),
    ) -> Result<(), ImportError> {
        self.way = JoinWay::Scan;
        let fields: Vec<u64> = table.keys.iter().filter_map(KeyField::field).collect();
        let mut scan = self.take_scan().await?;
        let schema = scan.schema().clone();
        let owned = owned(&scan, &schema, table)?;
        let mut missing = self.missing.take();
        let read = scan.read(owned, &fields, |record| {
            let key = key_of_record(table.keys, record.id, &record.fields, &self.now);
            let written_at = record.written_at();
            let found = ScannedRecord { id: record.id, parent: record.parent, key, written_at };
            take(groups, missing.as_mut(), found);
        });
        read.await?;
        (self.scan, self.missing) = (Some(scan), missing);
        Ok(())
    }

    /// The read units which the lookups of so many keys may cost, or `None` if the scan of the table is cheaper. A few keys were
    /// looked up before, and given up because they lead to many records.
    async fn budget(&mut self, table: SearchedTable<'_>, count: u64) -> Result<Option<f64>, ImportError> {
        let price = self.price(table).await?;
        let units = count as f64 * if count <= FEW { MOST_UNITS_A_KEY } else { UNITS_A_LOOKUP };
        Ok((units < price).then_some(price))
    }

    /// The read units of a scan of a table.
    async fn price(&mut self, table: SearchedTable<'_>) -> Result<f64, ImportError> {
        let mut scan = self.take_scan().await?;
        let schema = scan.schema().clone();
        let price = scan.price(owned(&scan, &schema, table)?).await?;
        self.scan = Some(scan);
        Ok(price)
    }

    async fn take_scan(&mut self) -> Result<DatabaseScan<'f>, ImportError> {
        match self.scan.take() {
            Some(scan) => Ok(scan),
            None => DatabaseScan::open(self.services, self.file.import, self.database).await,
        }
    }
}

/// The table of a schema which is searched.
fn owned<'s>(scan: &DatabaseScan<'_>, schema: &'s Schema, table: SearchedTable<'_>) -> Result<Owned<'s>, ImportError> {
    match table.kind {
        RecordKind::Subprofile => {
            let id = scan.collection(table.owner)?.id;
            let collection = schema.collection(id);
            Ok(Owned { schema, collection })
        }
        _ => Ok(Owned::profiles(schema)),
    }
}
