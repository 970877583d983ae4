//! The people in a chunk's rows: found, or made users of where the import asks for it.
//!
//! A made user is a shared thing like any other: its id comes from its key (the e-mail address, or the name where a
//! file has no addresses), so that racing loaders agree, and its name is the spelling that sorts first among the
//! import's rows. It is noted before it is written, referred to by the import, and goes with its undo. Whom a name
//! means must not depend on which chunk came first; so people whom this import made for their address do not stand for
//! rows of another chunk that only tell their name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::names::entries;
use super::parsed::{ParsedRow, Person, PersonKey};
use crate::concurrent::drained;
use crate::id::ThingId;
use crate::import::{Import, ImportError};
use crate::lease::Lease;
use crate::memory::References;
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Write};
use crate::things::ensure::referred;
use crate::things::find::{Found, find};
use crate::things::maker::IN_FLIGHT;
use crate::things::names::{normal, tidy};
use crate::things::note::Note;
use crate::things::reference;
use crate::things::{Thing, UserFields, user};

/// Tries to find or make a user while others do.
const ATTEMPTS: usize = 20;

/// Whom the rows name, each with the name that sorts first (empty if the rows tell none).
pub fn named(rows: &[ParsedRow<'_>]) -> BTreeMap<PersonKey, String> {
    let mut people: BTreeMap<PersonKey, String> = BTreeMap::new();
    for entry in entries(rows) {
        let name = entry.person.name.as_deref().map(tidy).unwrap_or_default();
        let known = people.entry(PersonKey::of(&entry.person)).or_default();
        if is_earlier(&name, known) {
            *known = name;
        }
    }
    people
}

/// Whether a name takes the place of another: no name gives way to any.
fn is_earlier(name: &str, than: &str) -> bool {
    !name.is_empty() && (than.is_empty() || name < than)
}

/// Looks everybody up.
pub async fn look_up_all(
    services: &Services,
    import: &Import,
    people: &BTreeMap<PersonKey, String>,
) -> Result<HashMap<PersonKey, Person>, StoreError> {
    let look_up = |person: &PersonKey| {
        let person = person.clone();
        async move { Ok::<_, StoreError>((person.clone(), look_up(services, import, &person).await?)) }
    };
    Ok(drained(people.keys().map(look_up), IN_FLIGHT).await?.into_iter().collect())
}

async fn look_up(services: &Services, import: &Import, person: &PersonKey) -> Result<Person, StoreError> {
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
        [] => Person::Unknown,
        [user] => Person::Known(*user),
        _ => Person::Ambiguous(ids),
    })
}

/// Leaves out the users of a name that this import made for an address.
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

/// Makes users of those whom nobody knows, and gives those whom the import made the name that sorts first.
pub async fn make_all(
    services: &Services,
    import: &Import,
    people: &BTreeMap<PersonKey, String>,
    meant: &mut HashMap<PersonKey, Person>,
    known: &mut References,
    lease: &Lease,
) -> Result<(), ImportError> {
    // In one chunk, a name that one new address has is that person's.
    let mut of_address: HashMap<String, Vec<&PersonKey>> = HashMap::new();
    for (person, name) in people.iter().filter(|(person, _)| matches!(person, PersonKey::Email(_))) {
        of_address.entry(normal(name)).or_default().push(person);
    }
    let mut wanted = Vec::new();
    let mut same = Vec::new();
    for (person, name) in people {
        let unknown = meant.get(person) == Some(&Person::Unknown);
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
                Some(Person::Known(id)) => {
                    respell(services, import, id, &name).await?;
                    Person::Known(id)
                }
                Some(Person::Unknown) => make(services, import, &person, &name).await?,
                seen => seen.unwrap_or(Person::Unknown),
            };
            Ok::<_, ImportError>((person, made))
        }
    };
    let made = drained(wanted.into_iter().map(work), IN_FLIGHT).await?;
    for (person, made) in made {
        meant.insert(person, made);
    }
    for (person, other) in same {
        let one = meant.get(other).cloned().unwrap_or(Person::Unknown);
        meant.insert(person.clone(), one);
    }
    let made = meant.values().filter_map(|person| match person {
        Person::Known(id) => Some(*id),
        _ => None,
    });
    touch(services, import, made.collect(), known).await
}

/// Makes a user, or finds the one that another loader has made meanwhile.
async fn make(services: &Services, import: &Import, person: &PersonKey, name: &str) -> Result<Person, ImportError> {
    let account = import.account;
    let key = match person {
        PersonKey::Email(email) => email.clone(),
        PersonKey::Name(name) => user::name_key(name),
        PersonKey::Nobody => return Ok(Person::Unknown),
    };
    for _ in 0..ATTEMPTS {
        let place = match find(services, account, Kind::User, &key).await? {
            Found::There(user) => {
                respell(services, import, user.id, name).await?;
                return Ok(Person::Known(user.id));
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
        match services.store.transact(writes).await {
            Ok(()) => return Ok(Person::Known(made.id)),
            // Another was first, or somebody was made by hand: look again.
            Err(error) if error.is_refused() => match look_up(services, import, person).await? {
                Person::Unknown => {}
                found => return Ok(found),
            },
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Busy("a user kept changing while it was looked up".to_owned()).into())
}

/// A name in two parts: the last word is the last name.
fn fields(email: String, name: &str) -> UserFields {
    let (first, last) = name.rsplit_once(' ').unwrap_or((name, ""));
    UserFields { email, first_name: first.to_owned(), last_name: last.to_owned(), ..UserFields::default() }
}

/// Takes the name that sorts first, on a user that this import made and nobody edited.
async fn respell(services: &Services, import: &Import, id: ThingId, name: &str) -> Result<(), StoreError> {
    let account = import.account;
    for _ in 0..ATTEMPTS {
        let Some(before) = Thing::get(services, account, Kind::User, id).await? else {
            return Ok(());
        };
        let ours = before.created_by == import.id && before.version == 1;
        if !ours || !is_earlier(name, &before.name) {
            return Ok(());
        }
        let email = before.user.clone().unwrap_or_default().email;
        let after = Thing { user: Some(fields(email, name)), name: name.to_owned(), ..before.clone() };
        let set = Write::update(keys::thing(account, Kind::User, id), "SET #name = :name, #user = :user")
            .when("#created_by = :import AND #version = :one AND #name = :seen")
            .bind(":name", &after.name)
            .bind(":user", &after.user)
            .bind(":seen", &before.name)
            .bind(":import", import.id)
            .bind(":one", 1);
        let mut writes = vec![set];
        writes.extend(user::claims(account, &after, Some(&before)));
        writes.extend(user::release(account, &before, Some(&after)));
        match services.store.transact(writes).await {
            Err(error) if error.is_refused() => {}
            done => return done,
        }
    }
    Err(StoreError::Busy("a user kept changing while it was named".to_owned()))
}

/// Notes and refers to the users that get entries.
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
    match services.store.transact(refer.to_vec()).await {
        Err(error) if error.is_refused() => {
            // Another loader was first, or there is no such user any more: trying again would not bring one.
            let referred = referred(services, &import.maker(), Kind::User, user).await?;
            if referred { Ok(user) } else { Err(ImportError::Impossible(format!("user {user} is gone"))) }
        }
        done => Ok(done.map(|()| user)?),
    }
}
