//! Lists of people: the users of the account and its contacts, in the order of their ids.
//!
//! Users and contacts made by hand draw their ids from one counter, contacts of an import have ids of their import, and users
//! made by imports have the highest ids. The users of an account are few and are read whole; contacts are passed over by
//! counting ([`crate::records::walk`]).

use std::collections::VecDeque;

use super::Person;
use crate::id::{AccountId, ImportId, ThingId};
use crate::import::RollOf;
use crate::records::Record;
use crate::records::walk::{Opened, RecordWalk, Walked};
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::{self, Kind, RecordKind};
use crate::things::Thing;

/// A person of the account as lists show one.
#[derive(Clone, Debug, PartialEq)]
pub enum Listed {
    /// A user of the account.
    User(Box<Thing>),
    /// A contact.
    Contact(Box<(Record, Person)>),
}

impl Listed {
    /// The id, which no user shares with a contact.
    pub fn id(&self) -> u64 {
        match self {
            Self::User(user) => user.id.0,
            Self::Contact(contact) => contact.0.id.0,
        }
    }
}

/// A walk over people, with the people who are still to come.
pub struct PeopleWalk<'s> {
    users: VecDeque<Thing>,
    records: RecordWalk<'s>,
    /// The number of people to pass over before the first one that the walk gives.
    skip: u64,
    /// The number of all people, also of those before the start.
    pub total: u64,
}

impl<'s> PeopleWalk<'s> {
    /// A walk over the people behind `after`, or over all people but the first `skip`.
    pub async fn begin(
        services: &'s Services,
        account: AccountId,
        after: Option<u64>,
        skip: u64,
    ) -> Result<Self, StoreError> {
        let walked = Walked { account, kind: RecordKind::Person, roll: RollOf::Contacts, hand: ImportId::HAND };
        let records = RecordWalk::begin(services, walked, after).await?;
        let mut users = Thing::get_listed(services.store.all(keys::things(account, Kind::User)).await?)?;
        let total = records.total + users.len() as u64;
        users.retain(|user| after.is_none_or(|after| user.id > ThingId(after)));
        Ok(Self { users: users.into(), records, skip, total })
    }

    /// The next people in the order of ids, about `most` of them and never none. `None` at the end.
    pub async fn next(&mut self, most: usize) -> Result<Option<Vec<Listed>>, StoreError> {
        while let Some(mut part) = self.records.next_part() {
            let users = self.users_until(part.last.0);
            if let Some(count) = part.count
                && count + users as u64 <= self.skip
            {
                self.skip -= count + users as u64;
                self.users.drain(..users);
                continue;
            }
            if users == 0 && part.pass_over(self.skip) {
                self.skip = 0;
            }
            let wanted = most.saturating_add(usize::try_from(self.skip).unwrap_or(usize::MAX));
            // The chunks of an import come next, each with the users among its ids.
            let Some(Opened { records, until }) = self.records.open(part, wanted).await? else { continue };
            let users = self.users_until(until.0);
            let users = self.users.drain(..users).map(|user| Listed::User(Box::new(user)));
            let mut people: Vec<Listed> = users.collect();
            for record in records {
                let person = Person::of(&record)?;
                people.push(Listed::Contact(Box::new((record, person))));
            }
            people.sort_by_key(Listed::id);
            let people = self.passed(people);
            if !people.is_empty() {
                return Ok(Some(people));
            }
        }
        let users = std::mem::take(&mut self.users).into_iter().map(|user| Listed::User(Box::new(user))).collect();
        let people = self.passed(users);
        Ok(Some(people).filter(|people| !people.is_empty()))
    }

    /// The number of the next users up to an id.
    fn users_until(&self, last: u64) -> usize {
        self.users.iter().take_while(|user| user.id.0 <= last).count()
    }

    /// The people behind those that the walk passes over.
    fn passed(&mut self, mut people: Vec<Listed>) -> Vec<Listed> {
        let pass = usize::try_from(self.skip).unwrap_or(usize::MAX).min(people.len());
        self.skip -= pass as u64;
        people.drain(..pass);
        people
    }

    /// The next `take` people, or fewer at the end.
    pub async fn take(mut self, take: usize) -> Result<Vec<Listed>, StoreError> {
        let mut page = Vec::new();
        while page.len() < take
            && let Some(people) = self.next(take - page.len()).await?
        {
            page.extend(people);
        }
        page.truncate(take);
        Ok(page)
    }
}
