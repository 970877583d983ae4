//! The search for rows of a file whose contact stands already, before the first chunk is loaded.
//!
//! | row | is marked if | reads |
//! |---|---|---|
//! | a person with an address | an earlier row of the file has the address | – |
//! | … with `duplicates=skip` | a person or a user of the account has the address | half a unit for each address |
//! | a person without an address, with `duplicates=skip` | a person of the account has the same name and company | the people of the account, once for each share of the file |
//! | a company | an earlier row of the file is the same company | – |
//!
//! An import which changes people who stand marks no row for the address of a person. It has plans for such rows instead
//! ([`super::matches`]), and `duplicates` decides on the other rows.
//!
//! The load decides on a marked row: the person is skipped or refused as taken, the company counts as unchanged. An
//! address that is claimed between the search and the load is found by the claim. Chunks are loaded in any order, so
//! only this search knows which of two rows comes first in the file.
//!
//! For a long file the rows are handled in shares by the hash of their key ([`PlannedFile::shares`]), each with a pass
//! over the file. Only a share's addresses and names are in memory. A file of a single chunk is passed over too: its load would
//! see a repeated address only after making the company of the row.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::concurrent::drained;
use crate::contact_form::{ContactRow, Contacts, PersonRow};
use crate::contacts::Person;
use crate::contacts::matches::{MatchRun, RowsByAddress};
use crate::id::{ImportId, ThingId};
use crate::import::{Duplicates, ImportError, Joined, RollOf};
use crate::kind::bits::Bits;
use crate::kind::planned_file::{PlannedFile, SeenRow};
use crate::records::walk::{RecordWalk, Walked};
use crate::store::StoreError;
use crate::store::keys::{Kind, RecordKind};
use crate::things::claim::{Holder, holders};
use crate::things::find::{Found, find};
use crate::things::names::normal;
use crate::things::user::normal_email;

/// The most addresses whose claims are read at once; the store reads a hundred items with a request.
const ADDRESSES_AT_ONCE: usize = 1000;
/// The most companies searched for at once.
const SEARCHES_IN_FLIGHT: usize = 16;
/// The memory of an address with its rows, in fingerprints of 20 bytes.
const FINGERPRINTS_AN_ADDRESS: u64 = 5;
/// The most people read at once.
const PEOPLE_AT_ONCE: usize = 1000;

/// The rows whose contact stands already, and for an import which changes people the run of the search for them.
pub async fn standing(file: &PlannedFile<'_, Contacts>) -> Result<(Bits, Option<Joined>), ImportError> {
    let mut found = file.no_rows();
    let skips = file.import.options.duplicates == Duplicates::Skip;
    let mut run = file.import.options.contacts.update_policy.map(|policy| MatchRun::new(file, policy));
    let shares = file.shares_of(if run.is_some() { FINGERPRINTS_AN_ADDRESS } else { 1 });
    for share in 0..shares {
        let changes = run.is_some().then(RowsByAddress::default);
        let mut rows = ShareOfRows { shares, share, skips, changes, ..ShareOfRows::default() };
        file.read(|seen, row| rows.see(seen, row, &mut found)).await?;
        if let (Some(run), Some(rows_by_address)) = (&mut run, &rows.changes) {
            run.unaddressed = rows.unaddressed;
            run.plan(share, rows_by_address, (skips, &mut found)).await?;
        }
        if skips {
            mark_claimed(file, rows.addresses, &mut found).await?;
            mark_namesakes(file, rows.nameless, &mut found).await?;
        }
    }
    Ok((found, run.map(|run| Joined::new(Some(run.edition.clone()), run.cost()))))
}

/// The keys of a share of the file's rows.
#[derive(Default)]
struct ShareOfRows {
    shares: u64,
    share: u64,
    skips: bool,
    /// The first row of each address, for an import which changes nobody.
    addresses: HashMap<String, u64>,
    /// The rows of each address, for an import which changes people who stand.
    changes: Option<RowsByAddress>,
    companies: HashSet<String>,
    /// The number of rows of people without an address, also of those in other shares.
    unaddressed: u64,
    /// The rows of people without an address, by name and company.
    nameless: HashMap<NameAndCompany, Vec<u64>>,
}

/// A normalised full name, and the normalised name of the company or an empty text.
type NameAndCompany = (String, String);

impl ShareOfRows {
    /// Notes a row, and marks a row whose key an earlier row has. A row that was loaded before the import was stopped
    /// and resumed has its key, and is not looked for in the account.
    fn see(&mut self, SeenRow { row, outcome }: SeenRow, contact: &ContactRow<'_>, found: &mut Bits) {
        match contact {
            ContactRow::Company { name } => {
                let key = normal(name);
                if self.has(&key) && !self.companies.insert(key) {
                    found.set(row);
                }
            }
            ContactRow::Person(person) => match &person.email {
                Some(email) => {
                    let key = normal_email(email);
                    if !self.has(&key) {
                        return;
                    }
                    if let Some(changes) = &mut self.changes {
                        changes.add(key, SeenRow { row, outcome });
                    } else if *self.addresses.entry(key).or_insert(row) != row {
                        found.set(row);
                    }
                }
                None if outcome.is_none() => {
                    self.unaddressed += 1;
                    let key = key_of(person);
                    if self.skips && self.has(&key) {
                        self.nameless.entry(key).or_default().push(row);
                    }
                }
                None => {}
            },
        }
    }

    /// True if the key belongs to the share.
    fn has<K: Hash + ?Sized>(&self, key: &K) -> bool {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        self.shares <= 1 || hasher.finish() % self.shares == self.share
    }
}

fn key_of(person: &PersonRow<'_>) -> NameAndCompany {
    let [first, last] = [&person.first_name, &person.last_name].map(|name| name.as_deref().unwrap_or_default());
    (normal(&format!("{first} {last}")), normal(person.company.as_deref().unwrap_or_default()))
}

/// Marks the first row of each address which somebody has. The addresses of this import's own people, from before the
/// import was stopped and resumed, are their own.
async fn mark_claimed(
    file: &PlannedFile<'_, Contacts>,
    addresses: HashMap<String, u64>,
    found: &mut Bits,
) -> Result<(), StoreError> {
    let asked: Vec<&str> = addresses.keys().map(String::as_str).collect();
    for some in asked.chunks(ADDRESSES_AT_ONCE) {
        let held = holders(file.services, file.import.account, some.iter().copied()).await?;
        for (address, holder) in held {
            let is_own = matches!(holder, Holder::Person(person) if person.import() == file.import.id);
            if let Some(&row) = addresses.get(&address).filter(|_| !is_own) {
                found.set(row);
            }
        }
    }
    Ok(())
}

/// Marks the rows whose name and company some person of the account has.
async fn mark_namesakes(
    file: &PlannedFile<'_, Contacts>,
    rows: HashMap<NameAndCompany, Vec<u64>>,
    found: &mut Bits,
) -> Result<(), ImportError> {
    if rows.is_empty() {
        return Ok(());
    }
    let companies = companies(file, &rows).await?;
    let mut by_id: HashMap<(String, Option<ThingId>), Vec<u64>> = HashMap::new();
    for ((name, company), rows) in rows {
        let company = match company.as_str() {
            "" => None,
            // Nobody belongs to a company which is not there.
            company => match companies.get(company) {
                Some(id) => Some(*id),
                None => continue,
            },
        };
        by_id.entry((name, company)).or_default().extend(rows);
    }
    let walked =
        Walked { account: file.import.account, kind: RecordKind::Person, roll: RollOf::Contacts, hand: ImportId::HAND };
    let mut walk = RecordWalk::begin(file.services, walked, None).await?;
    while let Some(part) = walk.next_part() {
        let Some(opened) = walk.open(part, PEOPLE_AT_ONCE).await? else { continue };
        for record in opened.records.iter().filter(|record| record.maker() != file.import.id) {
            let Person { first_name, last_name, company, .. } = Person::of(record)?;
            let [first, last] = [first_name, last_name].map(Option::unwrap_or_default);
            let rows = by_id.get(&(normal(&format!("{first} {last}")), company));
            rows.into_iter().flatten().for_each(|&row| found.set(row));
        }
    }
    Ok(())
}

/// The ids of the companies in the keys, by normalised name; companies which are not there are left out.
async fn companies(
    file: &PlannedFile<'_, Contacts>,
    rows: &HashMap<NameAndCompany, Vec<u64>>,
) -> Result<HashMap<String, ThingId>, StoreError> {
    let names: HashSet<&String> = rows.keys().map(|(_, company)| company).filter(|name| !name.is_empty()).collect();
    let search = names.into_iter().map(|name| async move {
        Ok::<_, StoreError>(match find(file.services, file.import.account, Kind::Company, name).await? {
            Found::There(company) => Some((name.clone(), company.id)),
            Found::Absent(_) => None,
        })
    });
    Ok(drained(search, SEARCHES_IN_FLIGHT).await?.into_iter().flatten().collect())
}
