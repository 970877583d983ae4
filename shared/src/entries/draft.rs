//! Builds entries and a ledger page from parsed rows and resolved names, without any I/O. The same rows and names
//! always give the same entries, so a retry of a chunk writes the same items.

use std::collections::{BTreeMap, BTreeSet};

use super::parsed::{Named, NamedPerson, ParsedRow, PersonKey};
use crate::entries::Entry;
use crate::entries::entry::MOST_TAGS;
use crate::format::{EntryRow, Rows};
use crate::id::{EntryId, Row, ThingId};
use crate::import::{Counts, Import, Options};
use crate::ledger::{Chunk, ChunkGlance, EntriesGlance, GlanceSum, Outcome, Page, PageError, SkipReason};
use crate::shorten::shortened;
use crate::store::keys::Kind;
use crate::table::{ErrorCode, RowError};
use crate::things::names::{LONGEST_NAME, is_short, normal, tidy};
use crate::things::sums::Sums;

/// The result of a chunk, to be stored by the loader.
#[derive(Default)]
pub struct Drafts {
    /// The entries which the chunk creates, in the order of the rows.
    pub entries: Vec<Entry>,
    /// The ledger page with the outcome of every row.
    pub page: Page,
    /// The counts which the chunk adds to the import's counters.
    pub counts: Counts,
}

/// Parses the rows of a chunk, and drops the tags if the import's options exclude tags.
pub fn parse<'r>(rows: &'r Rows<'_>, chunk: &Chunk, options: &Options) -> Vec<ParsedRow<'r>> {
    rows.into_iter()
        .map(|row| {
            let mut entry = row.parsed;
            // The fingerprint covers the row as parsed, so the fingerprint comes before the removal of tags.
            let fingerprint = entry.as_ref().ok().map(EntryRow::fingerprint);
            if let (Ok(entry), false) = (&mut entry, options.entries.import_tags) {
                entry.tags.clear();
            }
            let entry = entry.and_then(storable);
            let duplicate = chunk.is_there(row.row - chunk.first_row);
            ParsedRow { row: Row(row.row), line: row.line, fingerprint, duplicate, entry }
        })
        .collect()
}

/// The most text of an entry in bytes, below the 400 KB which DynamoDB allows for an item.
const MOST_TEXT: usize = 300_000;
/// The longest name repeated on a ledger page, in letters and in bytes.
const SHOWN_NAME: usize = 80;
const SHOWN_NAME_BYTES: usize = 100;

/// Refuses a row which is too large for an item of DynamoDB.
fn storable(entry: EntryRow<'_>) -> Result<EntryRow<'_>, RowError> {
    let person = [("email", entry.person.email.as_deref()), ("person", entry.person.name.as_deref())];
    let named = [("client", entry.client.as_deref()), ("project", entry.project.as_deref())];
    let tags = entry.tags.iter().map(|tag| ("tag", Some(&*tag.name)));
    let too_large = |column: &str, value: &str, what: &str, most: usize| RowError {
        column: column.to_owned(),
        code: ErrorCode::TooLarge,
        value: shown(value),
        message: format!("{what} is longer than {most} bytes"),
    };
    let long = person.into_iter().chain(named).chain(tags).find_map(|(column, name)| {
        let name = name.filter(|name| !is_short(name))?;
        Some(too_large(column, name, &format!("{column}: the name"), LONGEST_NAME))
    });
    if let Some(error) = long {
        return Err(error);
    }
    let names = || entry.tags.iter().map(|tag| normal(&tag.name)).collect::<BTreeSet<_>>();
    if entry.tags.len() > MOST_TAGS && names().len() > MOST_TAGS {
        return Err(RowError {
            message: format!("there are more than {MOST_TAGS} tags"),
            ..too_large("tag", "", "", 0)
        });
    }
    let texts = [entry.text.as_deref(), entry.task.as_deref(), entry.currency.as_deref()];
    let extra = entry.extra.iter().map(|(column, value)| column.len() + value.len());
    let length: usize = texts.into_iter().flatten().map(str::len).chain(extra).sum();
    if length > MOST_TEXT { Err(too_large("", "", "the text of the row", MOST_TEXT)) } else { Ok(entry) }
}

/// A name, shortened for a ledger page.
fn shown(name: &str) -> String {
    let fits = |&(end, letter): &(usize, char)| end + letter.len_utf8() <= SHOWN_NAME_BYTES;
    let letters = name.char_indices().take(SHOWN_NAME).take_while(fits).count();
    let is_whole = name.char_indices().nth(letters).is_none();
    shortened(name, if is_whole { letters } else { letters + 1 })
}

/// Builds the entries of the rows, and the ledger page with the outcome of each row.
pub fn draft(import: &Import, rows: Vec<ParsedRow<'_>>, named: &Named) -> Drafts {
    let mut drafts = Drafts::default();
    let mut sum = GlanceSum::default();
    let mut participants: BTreeMap<ThingId, BTreeSet<ThingId>> = BTreeMap::new();
    let mut unknown_users = UnknownUsers::default();
    let mut unknown_projects = BTreeSet::new();
    for ParsedRow { row, line, fingerprint, duplicate, entry } in rows {
        let outcome = match entry {
            Ok(_) if duplicate => Outcome::Skipped(SkipReason::AlreadyThere),
            Err(error) => {
                drafts.page.errors.push(PageError::of(row, line, error));
                Outcome::Failed
            }
            Ok(parsed) => match owner(import, named, &parsed, &mut unknown_users) {
                Owner::Nobody => Outcome::Skipped(SkipReason::UnknownUser),
                Owner::Ambiguous(ids) => {
                    drafts.page.errors.push(ambiguous(row, line, &parsed, &ids));
                    Outcome::Failed
                }
                Owner::User(user) => {
                    let entry = entry_of(import, row, user, parsed, named, &mut unknown_projects);
                    let entry = Entry { fingerprint, ..entry };
                    let things = entry.project.map(|id| (Kind::Project, id)).into_iter();
                    let things = things.chain(entry.tags.iter().map(|&id| (Kind::Tag, id)));
                    sum.add_entry(entry.date, user, things, &Sums::of(&entry));
                    if let Some(project) = entry.project {
                        participants.entry(project).or_default().insert(user);
                    }
                    drafts.counts.seconds += entry.seconds;
                    drafts.entries.push(entry);
                    Outcome::Created
                }
            },
        };
        drafts.counts.count(outcome, 1);
        drafts.page.push(outcome);
    }
    drafts.page.bound_errors();
    let place: BTreeMap<_, _> = sum.users.iter().copied().zip(0_u16..).collect();
    let places = |users: &BTreeSet<ThingId>| users.iter().filter_map(|user| place.get(user).copied()).collect();
    drafts.page.glance = ChunkGlance::Entries(EntriesGlance {
        dates: sum.dates,
        project_users: participants.values().map(places).collect(),
        totals: sum.totals(),
        users: sum.users.into_iter().collect(),
        unknown_users: unknown_users.names.into_iter().collect(),
        unknown_user_rows: unknown_users.rows,
        unknown_projects: unknown_projects.into_iter().collect(),
    });
    drafts.page = drafts.page.fitted();
    drafts
}

/// The users named by a chunk's rows but unknown to the account.
#[derive(Default)]
struct UnknownUsers {
    names: BTreeSet<String>,
    /// The number of rows which name an unknown user or no user at all.
    rows: u32,
}

enum Owner {
    User(ThingId),
    Nobody,
    Ambiguous(Vec<ThingId>),
}

fn owner(import: &Import, named: &Named, entry: &EntryRow<'_>, unknown: &mut UnknownUsers) -> Owner {
    match named.people.get(&PersonKey::of(&entry.person)).unwrap_or(&NamedPerson::Unknown) {
        NamedPerson::Known(user) => Owner::User(*user),
        NamedPerson::Ambiguous(ids) => Owner::Ambiguous(ids.clone()),
        NamedPerson::Unknown => {
            unknown.rows += 1;
            unknown.names.extend(written(entry).map(shown));
            import.options.entries.fallback_user.map_or(Owner::Nobody, Owner::User)
        }
    }
}

/// The address or name of the person as written in the row.
fn written<'a>(entry: &'a EntryRow<'_>) -> Option<&'a str> {
    entry.person.email.as_deref().or(entry.person.name.as_deref())
}

fn ambiguous(row: Row, line: u64, entry: &EntryRow<'_>, ids: &[ThingId]) -> PageError {
    let value = written(entry).unwrap_or_default().to_owned();
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    PageError {
        row,
        line,
        column: "person".to_owned(),
        code: "ambiguous_user".to_owned(),
        message: format!("person: \"{value}\" is the name of several users ({})", ids.join(", ")),
        value,
    }
}

fn entry_of(
    import: &Import,
    row: Row,
    user: ThingId,
    parsed: EntryRow<'_>,
    named: &Named,
    unknown_projects: &mut BTreeSet<String>,
) -> Entry {
    let project = parsed.project.as_deref().and_then(|project| {
        let client = parsed.client.as_deref().map(normal).unwrap_or_default();
        let found = named.projects.get(&(client, normal(project))).copied().flatten();
        if found.is_none() {
            unknown_projects.insert(shown(&tidy(project)));
        }
        found
    });
    let mut tags = Vec::with_capacity(parsed.tags.len());
    for id in parsed.tags.iter().filter_map(|tag| named.tags.get(&normal(&tag.name))) {
        if !tags.contains(id) {
            tags.push(*id);
        }
    }
    let text = |value: std::borrow::Cow<'_, str>| value.into_owned();
    let mut extra: Vec<(String, String)> =
        parsed.extra.into_iter().map(|(column, value)| (column.to_owned(), value.into_owned())).collect();
    // An entry has a client only through its project. The client of a row without a project is kept among the extra
    // cells.
    if let (None, Some(client)) = (&parsed.project, &parsed.client) {
        extra.push(("client".to_owned(), client.clone().into_owned()));
    }
    Entry {
        id: EntryId::of(import.id, row),
        user,
        project,
        tags,
        date: parsed.date,
        start: parsed.start,
        end: parsed.end,
        seconds: parsed.seconds,
        billable: parsed.billable.unwrap_or(true),
        text: parsed.text.map(text),
        task: parsed.task.map(text),
        invoiced: parsed.invoiced,
        invoiced_at: None,
        approved_at: None,
        approved_by: None,
        rate: parsed.rate.map(text),
        amount: parsed.amount.map(text),
        currency: parsed.currency.map(text),
        source_url: None,
        fingerprint: None,
        extra,
        version: 1,
        created_at: import.created_at,
        updated_at: import.created_at,
    }
}
