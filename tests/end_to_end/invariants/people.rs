//! The invariants of people, of the claims of their addresses, and of the companies to which they belong.

use std::collections::BTreeMap;

use shared::contacts::Person;
use shared::id::{AccountId, ChunkNo, ImportId, RecordId, Row};
use shared::ledger::{Chunk, ChunkState, Outcome};
use shared::records::{HAND_CHUNK, Record};
use shared::store::keys::Kind;
use shared::store::{Item, decode};
use shared::things::claim::{EmailClaim, Holder};
use shared::things::sums::Sums;

use super::{Named, World, is_undone, number};

/// The people of all accounts, and who has which address.
#[derive(Debug, Default)]
pub struct People {
    pub records: BTreeMap<(AccountId, RecordId), Record>,
    pub claims: BTreeMap<(AccountId, String), Holder>,
}

impl World {
    pub(super) fn read_person(
        &mut self,
        [account, import, chunk]: [&str; 3],
        sk: &str,
        item: Item,
    ) -> anyhow::Result<()> {
        let (account, import) = (AccountId(number(account)), ImportId(number(import)));
        let record: Record = decode(item)?;
        let id = RecordId::of(import, Row(number(sk)));
        let rows = match self.imports.get(&(account, import)) {
            _ if import == ImportId::HAND => HAND_CHUNK,
            Some(import) => import.rows_per_chunk,
            None => {
                self.wrong.push(format!("the person {id} of account {account} belongs to no import of it"));
                return Ok(());
            }
        };
        if record.id != id || id.row().chunk(rows) != ChunkNo(number(chunk)) {
            self.wrong.push(format!("the person {} lies in chunk {chunk} of import {import}", record.id));
        }
        self.people.records.insert((account, id), record);
        Ok(())
    }

    pub(super) fn read_claim(&mut self, account: &str, address: String, item: Item) -> anyhow::Result<()> {
        let claim: EmailClaim = decode(item)?;
        self.people.claims.insert((AccountId(number(account)), address), claim.holder());
        Ok(())
    }

    /// The people whom people can see, with the referrer whose references count each.
    pub fn seen_people(&self) -> impl Iterator<Item = (AccountId, &Record, ImportId)> {
        self.people.records.iter().filter_map(|(&(account, id), record)| {
            let import = id.import();
            if import == ImportId::HAND || record.orphan {
                return Some((account, record, ImportId::HAND));
            }
            let maker = self.imports.get(&(account, import))?;
            let chunk = self.chunks.get(&(account, import, id.row().chunk(maker.rows_per_chunk)))?;
            // People count whom another import gave a company.
            let writer = record.writer("company").import();
            let referrer = if writer == import || writer == ImportId::HAND { import } else { ImportId::HAND };
            (!maker.status.is_gone() && chunk.state == ChunkState::Committed).then_some((account, record, referrer))
        })
    }

    /// Checks claims and references of people, which hold at every moment.
    pub(super) fn check_people(&self, wrong: &mut Vec<String>) {
        for ((account, address), holder) in &self.people.claims {
            match holder {
                Holder::User(user) => {
                    let user = self.things.get(&(*account, Kind::User, *user));
                    if user.is_none_or(|user| user.key != *address) {
                        wrong.push(format!("{address} is the address of {user:?}"));
                    }
                }
                Holder::Person(id) => match self.people.records.get(&(*account, *id)).map(Person::of) {
                    Some(Ok(person)) if person.address().as_ref() == Some(address) => {}
                    other => wrong.push(format!("{address} is claimed by the person {id}, who is {other:?}")),
                },
            }
        }
        for (account, record, referrer) in self.seen_people() {
            let person = match Person::of(record) {
                Ok(person) => person,
                Err(error) => {
                    wrong.push(error.to_string());
                    continue;
                }
            };
            if let Some(address) = person.address() {
                let holder = self.people.claims.get(&(account, address.clone()));
                if holder != Some(&Holder::Person(record.id)) {
                    wrong.push(format!("the person {} has the address {address}, which {holder:?} claims", record.id));
                }
            }
            if let Some(company) = person.company {
                let named = (account, Kind::Company, company);
                if !self.references.contains_key(&(named, referrer)) {
                    wrong.push(format!("{} is of {named:?}, to which import {referrer} does not refer", record.id));
                }
            }
        }
        for ((account, id), record) in &self.people.records {
            let maker = self.imports.get(&(*account, id.import()));
            if maker.is_some_and(is_undone) && !record.orphan {
                wrong.push(format!("the person {id} of an undone import is there"));
            }
            if record.orphan && !maker.is_some_and(|maker| maker.status.is_gone() || is_undone(maker)) {
                wrong.push(format!("the person {id} is an orphan, and its import stands"));
            }
        }
    }

    /// The number of people of each company, as totals; holds when no work is left.
    pub(super) fn count_people(&self, full: &mut BTreeMap<Named, Sums>) {
        for (account, record, _) in self.seen_people() {
            if let Ok(Person { company: Some(company), .. }) = Person::of(record) {
                full.entry((account, Kind::Company, company)).or_default().entries += 1;
            }
        }
    }

    /// The number of people of each import who stand or were kept.
    pub(super) fn people_by_import(&self) -> BTreeMap<(AccountId, ImportId), u64> {
        let mut people = BTreeMap::new();
        for (account, record, _) in self.seen_people().filter(|(_, record, _)| record.maker() != ImportId::HAND) {
            *people.entry((account, record.maker())).or_default() += 1;
        }
        people
    }

    /// The outcomes of an import's rows on its committed pages, each with the index of the row in the file.
    pub fn outcomes(&self, account: AccountId, import: ImportId) -> Vec<(usize, Outcome)> {
        let chunks = self.chunks.range((account, import, ChunkNo(0))..=(account, import, ChunkNo(u64::MAX)));
        let of = |chunk: &Chunk| {
            let outcomes: Vec<_> = chunk.page.iter().flat_map(|page| page.each_outcome()).collect();
            (chunk.first_row as usize - 1..).zip(outcomes)
        };
        chunks.flat_map(|(_, chunk)| of(chunk)).collect()
    }
}
