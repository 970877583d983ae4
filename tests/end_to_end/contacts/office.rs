//! A system without delivery, with imports of contacts and edits of people by hand.

use std::collections::BTreeMap;

use anyhow::Context;
use shared::contacts::{Person, by_hand};
use shared::edit::things::{self, ThingInput};
use shared::id::{AccountId, ImportId, RecordId, ThingId};
use shared::import::{Duplicates, Import, ImportType, NewImport, Options, Origin};
use shared::profile_form::UpdatePolicy;
use shared::queue::Message;
use shared::records::change::Attempt;
use shared::revert;
use shared::services::Services;
use shared::store::keys::Kind;

use crate::faults::Faults;
use crate::invariants::{World, at_rest};
use crate::postman::Postman;
use crate::stack::{Stack, sent};

pub const ACCOUNT: AccountId = AccountId(1);
pub const ROWS_PER_CHUNK: u32 = 3;

/// A row of a file: the company, the first name, and the address. A row without name and address is a company alone.
pub type Row = [&'static str; 3];

/// A file of contacts.
pub fn file(rows: &[[&str; 3]]) -> String {
    let mut file = "model,company,first_name,last_name,email,title\n".to_owned();
    for [company, name, address] in rows {
        match (*name, *address) {
            ("", "") => file.push_str(&format!("company,{company},,,,\n")),
            _ => file.push_str(&format!("person,{company},{name},,{address},Gardener\n")),
        }
    }
    file
}

/// The treatment of rows whose person stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub duplicates: Duplicates,
    pub update_policy: Option<UpdatePolicy>,
}

impl From<Duplicates> for Standing {
    fn from(duplicates: Duplicates) -> Self {
        Self { duplicates, update_policy: None }
    }
}

impl From<UpdatePolicy> for Standing {
    fn from(policy: UpdatePolicy) -> Self {
        Self { duplicates: Duplicates::Create, update_policy: Some(policy) }
    }
}

/// Makes an import of contacts, queued, whose file is there. No message is sent.
pub async fn queue(services: &Services, name: &str, text: String, standing: Standing) -> anyhow::Result<Import> {
    let mut options = Options { duplicates: standing.duplicates, ..Options::of_user(ThingId(1)) };
    options.contacts.update_policy = standing.update_policy;
    let new = NewImport {
        account: ACCOUNT,
        user: ThingId(1),
        import_type: ImportType::Contacts,
        options,
        file_name: name.to_owned(),
        note: None,
        origin: Origin::Body { token: name.to_owned() },
        once: None,
    };
    sent(services, &new, text).await
}

/// A stack with a postman, for tests which deliver messages themselves.
pub struct Office {
    pub stack: Stack,
    pub postman: Postman,
    made: u64,
}

impl Office {
    pub async fn open() -> anyhow::Result<Self> {
        Ok(Self::with(Stack::by_hand(ROWS_PER_CHUNK).await?))
    }

    /// An office in a system without delivery.
    pub fn with(stack: Stack) -> Self {
        let postman = Postman::of(&stack.system);
        Self { stack, postman, made: 0 }
    }

    pub fn services(&self) -> &Services {
        &self.stack.functions().api
    }

    /// Makes an import and sends its first message.
    pub async fn begin(&mut self, text: String, standing: impl Into<Standing>) -> anyhow::Result<ImportId> {
        self.made += 1;
        let (services, name) = (self.stack.system.services(), format!("{}.csv", self.made));
        let import = queue(services, &name, text, standing.into()).await?;
        let start = Message::Start { account: ACCOUNT, import: import.id };
        self.stack.system.services().queues.send(&start).await?;
        Ok(import.id)
    }

    /// Imports a file to the end.
    pub async fn import(&mut self, rows: &[Row], standing: impl Into<Standing>) -> anyhow::Result<ImportId> {
        let id = self.begin(file(rows), standing).await?;
        self.drain().await;
        Ok(id)
    }

    pub async fn undo(&self, id: ImportId) -> anyhow::Result<()> {
        revert::ask(self.services(), &self.find(id).await?, "user 1").await?;
        self.drain().await;
        Ok(())
    }

    /// Delivers all messages.
    pub async fn drain(&self) {
        self.postman.drain_all(self.stack.functions(), &Faults::default()).await;
    }

    pub async fn find(&self, id: ImportId) -> anyhow::Result<Import> {
        Ok(Import::find(self.services(), ACCOUNT, id).await?)
    }

    /// The people whom people can see, by id, with the name of the company.
    pub async fn people(&self) -> anyhow::Result<BTreeMap<RecordId, (Person, Option<String>)>> {
        let world = World::read(&self.stack).await?;
        let people = world.seen_people().map(|(account, record, _)| {
            let person = Person::of(record)?;
            let company = person.company.and_then(|company| world.things.get(&(account, Kind::Company, company)));
            Ok((record.id, (person.clone(), company.map(|company| company.name.clone()))))
        });
        people.collect()
    }

    /// Each person as `name address company`.
    pub async fn told(&self) -> anyhow::Result<Vec<String>> {
        let people = self.people().await?.into_values().map(|(person, company)| {
            let address = person.email.clone().unwrap_or_default();
            format!("{} {address} {}", person.name(), company.unwrap_or_default()).trim().to_owned()
        });
        Ok(people.collect())
    }

    /// The names of all companies.
    pub async fn companies(&self) -> anyhow::Result<Vec<String>> {
        let world = World::read(&self.stack).await?;
        let companies = world.things.values().filter(|thing| thing.kind() == Kind::Company);
        let mut names: Vec<_> = companies.map(|company| company.name.clone()).collect();
        names.sort();
        Ok(names)
    }

    /// Edits a person by hand. `None` if there is no such person to be seen.
    pub async fn edit(&self, id: RecordId, change: impl Fn(&mut Person)) -> anyhow::Result<Option<Attempt>> {
        let Some((seen, before)) = by_hand::find(self.services(), ACCOUNT, id).await? else { return Ok(None) };
        let mut after = before.clone();
        change(&mut after);
        let edited = by_hand::update(self.services(), ACCOUNT, (&seen, &before), &after).await?;
        Ok(Some(edited.map_or_else(|attempt| attempt, |_| Attempt::Made)))
    }

    /// Deletes a person by hand. `None` if there is no such person to be seen.
    pub async fn delete(&self, id: RecordId) -> anyhow::Result<Option<Attempt>> {
        let Some((seen, person)) = by_hand::find(self.services(), ACCOUNT, id).await? else { return Ok(None) };
        Ok(Some(by_hand::delete(self.services(), ACCOUNT, (&seen, &person)).await?))
    }

    /// Makes a person by hand.
    pub async fn create(&self, person: &Person) -> anyhow::Result<Result<RecordId, Attempt>> {
        let id = by_hand::draw(self.services(), ACCOUNT).await?;
        Ok(by_hand::create(self.services(), ACCOUNT, id, person).await?.map(|record| record.id))
    }

    /// The id of a company, which is made by hand unless it exists.
    pub async fn company(&self, name: &str) -> anyhow::Result<ThingId> {
        Ok(things::named(self.services(), ACCOUNT, Kind::Company, name).await?)
    }

    /// The id of a company, if it exists.
    pub async fn find_company(&self, name: &str) -> anyhow::Result<Option<ThingId>> {
        let world = World::read(&self.stack).await?;
        let mut companies = world.things.values().filter(|thing| thing.kind() == Kind::Company);
        Ok(companies.find(|company| company.name == name).map(|company| company.id))
    }

    /// Makes a company by hand. `false` if the name is taken.
    pub async fn make_company(&self, name: &str) -> bool {
        let input = ThingInput { name: Some(name.to_owned()), ..ThingInput::default() };
        things::create(self.services(), ACCOUNT, Kind::Company, &input).await.is_ok()
    }

    /// The outcomes of an import as words with numbers.
    pub async fn outcomes(&self, id: ImportId) -> anyhow::Result<Vec<(&'static str, u64)>> {
        let counts = self.find(id).await?.counts(self.services()).await?;
        Ok(counts.outcomes().into_iter().filter(|(_, rows)| *rows > 0).collect())
    }

    pub async fn check(&self) -> anyhow::Result<()> {
        at_rest(&self.stack).await.context("the invariants do not hold")
    }
}
