//! The people in a chunk's rows: looked up as users, or made as users if the import asks for new users.
//!
//! A made user is a shared thing: the id comes from the key (the e-mail address, or the name where a file has no
//! addresses), so racing loaders agree on the id. The name shown is the spelling which sorts first among the import's
//! rows.
//!
//! | effect | how the undo finds the effect |
//! |---|---|
//! | the user is made, with claims and the import's reference, in a transaction | by the note, written before |
//! | a reference to an existing user | by the note, written before |
//!
//! A name must resolve to the same user whichever chunk is loaded first. A user whom the import made for an address is
//! therefore never the match for a row of a different chunk which has only the name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::names::entries;
use super::parsed::{NamedPerson, ParsedRow, PersonKey};
use crate::concurrent::drained;
use crate::id::ThingId;
use crate::import::{Import, ImportError};
use crate::lease::Lease;
use crate::memory::References;
use crate::services::Services;
use crate::store::keys::Kind;
use crate::store::{Patience, StoreError, retry};
use crate::things::claim::{self, Holder};
use crate::things::ensure::referred;
use crate::things::find::{Found, find};
use crate::things::maker::IN_FLIGHT;
use crate::things::names::{normal, tidy};
use crate::things::note::Note;
use crate::things::reference;
use crate::things::spelling::{keep_first, respelling, to_respell};
use crate::things::{Body, Thing, UserFields, user};

/// The most attempts to find or make a user while other loaders do the same.
const ATTEMPTS: u32 = 20;

/// The persons in the rows, each with the spelling of the name which sorts first (empty if the rows tell no name).
pub fn named(rows: &[ParsedRow<'_>]) -> BTreeMap<PersonKey, String> {
    let mut people: BTreeMap<PersonKey, String> = BTreeMap::new();
    for entry in entries(rows) {
        let name = entry.person.name.as_deref().map(tidy).unwrap_or_default();
        keep_first(&mut people, PersonKey::of(&entry.person), name);
    }
    people
}

/// Looks up all persons.
pub async fn look_up_all(
    services: &Services,
    import: &Import,
    people: &BTreeMap<PersonKey, String>,
) -> Result<HashMap<PersonKey, NamedPerson>, StoreError> {
    let look_up = |person: &PersonKey| {
        let person = person.clone();
        async move { Ok::<_, StoreError>((person.clone(), look_up(services, import, &person).await?)) }
    };
    Ok(drained(people.keys().map(look_up), IN_FLIGHT).await?.into_iter().collect())
}

async fn look_up(services: &Services, import: &Import, person: &PersonKey) -> Result<NamedPerson, StoreError> {
    let ids = match person {
        PersonKey::Nobody => Vec::new(),
        PersonKey::Email(email) => user::by_email(services, import.account, email).await?.into_iter().collect(),
        PersonKey::Name(name) => {
            let ids = user::by_name(services, import.account, name).await?;
            if import.options.entries.autocreate_users {
                not_by_address(services, import, name, ids).await?
            } else {
                ids
            }
        }
    };
    Ok(match ids.as_slice() {
        [] => NamedPerson::Unknown,
        [user] => NamedPerson::Known(*user),
        _ => NamedPerson::Ambiguous(ids),
    })
}

/// Removes from `ids` the users whom this import made for an address.
async fn not_by_address(
    services: &Services,
    import: &Import,
    name: &str,
    ids: Vec<ThingId>,
) -> Result<Vec<ThingId>, StoreError> {
    let wanted: Vec<_> = ids.iter().map(|&id| (Kind::User, id)).collect();
    let users = Thing::get_many(services, import.account, &wanted).await?;
    let by_address = |user: &Thing| user.created_by == import.id && user.key != user::name_key(name);
    let out: BTreeSet<ThingId> = users.iter().filter(|user| by_address(user)).map(|user| user.id).collect();
    Ok(ids.into_iter().filter(|id| !out.contains(id)).collect())
}

/// Makes users for unknown persons, and gives users made by this import the spelling which sorts first.
pub async fn make_all(
    services: &Services,
    import: &Import,
    people: &BTreeMap<PersonKey, String>,
    meant: &mut HashMap<PersonKey, NamedPerson>,
    known: &mut References,
    lease: &Lease,
) -> Result<(), ImportError> {
    // Within a chunk, a name without an address belongs to the new address with the same name, if there is exactly one.
    let mut of_address: HashMap<String, Vec<&PersonKey>> = HashMap::new();
    for (person, name) in people.iter().filter(|(person, _)| matches!(person, PersonKey::Email(_))) {
        of_address.entry(normal(name)).or_default().push(person);
    }
    let mut wanted = Vec::new();
    let mut same = Vec::new();
    for (person, name) in people {
        let unknown = meant.get(person) == Some(&NamedPerson::Unknown);
        match person {
            PersonKey::Name(key) if unknown && of_address.get(key).is_some_and(|people| people.len() == 1) => {
                same.push((person, of_address[key][0]));
            }
            PersonKey::Email(email) if email.contains('@') => wanted.push((person, name)),
            PersonKey::Name(_) => wanted.push((person, name)),
            PersonKey::Email(_) | PersonKey::Nobody => {}
        }
    }
    lease.check(&services.clock)?;
    let work = |(person, name): (&PersonKey, &String)| {
        let (person, name, seen) = (person.clone(), name.clone(), meant.get(person).cloned());
        async move {
            let made = match seen {
                Some(NamedPerson::Known(id)) => {
                    respell(services, import, id, &name).await?;
                    NamedPerson::Known(id)
                }
                Some(NamedPerson::Unknown) => make(services, import, &person, &name).await?,
                seen => seen.unwrap_or(NamedPerson::Unknown),
            };
            Ok::<_, ImportError>((person, made))
        }
    };
    let made = drained(wanted.into_iter().map(work), IN_FLIGHT).await?;
    for (person, made) in made {
        meant.insert(person, made);
    }
    for (person, other) in same {
        let one = meant.get(other).cloned().unwrap_or(NamedPerson::Unknown);
        meant.insert(person.clone(), one);
    }
    let made = meant.values().filter_map(|person| match person {
        NamedPerson::Known(id) => Some(*id),
        _ => None,
    });
    touch(services, import, made.collect(), known).await
}

/// Makes a user, or finds the user whom another loader made in between.
async fn make(
    services: &Services,
    import: &Import,
    person: &PersonKey,
    name: &str,
) -> Result<NamedPerson, ImportError> {
    let account = import.account;
    let key = match person {
        PersonKey::Email(email) => email.clone(),
        PersonKey::Name(name) => user::name_key(name),
        PersonKey::Nobody => return Ok(NamedPerson::Unknown),
    };
    retry(Patience::of_tries(ATTEMPTS), "a user kept changing while it was looked up", || async {
        let place = match find(services, account, Kind::User, &key).await? {
            Found::There(user) => {
                respell(services, import, user.id, name).await?;
                return Ok(Some(NamedPerson::Known(user.id)));
            }
            Found::Absent(place) => place,
        };
        let email = if let PersonKey::Email(email) = person { email.clone() } else { String::new() };
        let mut made = user::new(place.id, fields(email, name), import.created_at);
        (made.created_by, made.refs) = (import.id, 1);
        Note::put_all(services, import.account, import.id, &[Note { kind: Kind::User, id: made.id, client: None }])
            .await?;
        let mut writes = place.put(account, &made);
        writes.extend(user::claims(account, &made, None));
        writes.push(reference::new_reference(account, Kind::User, made.id, import.id));
        if services.store.attempt_all(writes).await? {
            return Ok(Some(NamedPerson::Known(made.id)));
        }
        // Another loader was first, or somebody made the user by hand: look up again. The address of a contact stays an
        // unknown user's, because an address belongs to one user or one person.
        let found = look_up(services, import, person).await?;
        let is_contacts = matches!(claim::holder(services, account, &key).await?, Some(Holder::Person(_)));
        Ok((found != NamedPerson::Unknown || is_contacts).then_some(found))
    })
    .await
}

/// Splits a name: the last word is the last name, the words before are the first name.
fn fields(email: String, name: &str) -> UserFields {
    let (first, last) = name.rsplit_once(' ').unwrap_or((name, ""));
    UserFields { email, first_name: first.to_owned(), last_name: last.to_owned(), ..UserFields::default() }
}

/// Gives a user made by this import, and edited by nobody since, the name if the name sorts before the present
/// spelling.
async fn respell(services: &Services, import: &Import, id: ThingId, name: &str) -> Result<(), StoreError> {
    let account = import.account;
    retry(Patience::of_tries(ATTEMPTS), "a user kept changing while it was named", || async {
        let Some(before) = to_respell(services, account, import.id, (Kind::User, id), name).await? else {
            return Ok(Some(()));
        };
        let email = before.user().map(|user| user.email.clone()).unwrap_or_default();
        let after = Thing { body: Body::User(fields(email, name)), name: name.to_owned(), ..before.clone() };
        let set = respelling(account, &before, "SET #name = :name, #user = :user", name).bind(":user", after.user());
        // The claims to be released follow from the name which was read, so the name must not change in between.
        let mut writes = vec![set.and_when("#name = :seen").bind(":seen", &before.name)];
        writes.extend(user::claims(account, &after, Some(&before)));
        writes.extend(user::release(account, &before, Some(&after)));
        Ok(services.store.attempt_all(writes).await?.then_some(()))
    })
    .await
}

/// Writes notes of, and references to, the users who get entries, unless this process remembers having done so.
pub async fn touch(
    services: &Services,
    import: &Import,
    users: BTreeSet<ThingId>,
    known: &mut References,
) -> Result<(), ImportError> {
    let new = users.into_iter().filter(|user| known.get(Kind::User, &user.to_string(), "", None).is_none());
    let touched = drained(new.map(|user| touch_one(services, import, user)), IN_FLIGHT).await?;
    for user in touched {
        known.remember(Kind::User, user.to_string(), user, String::new(), None);
    }
    Ok(())
}

async fn touch_one(services: &Services, import: &Import, user: ThingId) -> Result<ThingId, ImportError> {
    if referred(services, &import.maker(), Kind::User, user).await? {
        return Ok(user);
    }
    Note::put_all(services, import.account, import.id, &[Note { kind: Kind::User, id: user, client: None }]).await?;
    let refer = reference::refer(import.account, Kind::User, user, import.id);
    // A refusal means that another loader was first, or that the user was deleted. After a deletion a retry would fail
    // again.
    let refers = services.store.attempt_all(refer.to_vec()).await?
        || referred(services, &import.maker(), Kind::User, user).await?;
    if refers { Ok(user) } else { Err(ImportError::Impossible(format!("user {user} is gone"))) }
}
