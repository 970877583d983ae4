//! The bodies of requests that make or change a schedule. All wrong members are named at once; members of the order for imports
//! are named as `import.location`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use shared::account::{Principal, settings};
use shared::schedules::{Every, ImportOrder, NewSchedule, ScheduleChange};
use shared::services::Services;
use shared::store::keys::Kind;
use shared::things::Thing;

use super::super::Problem;
use super::super::create::{location_of, options};
use crate::upload::safe_file_name;

/// The length limit of a schedule's name in letters.
const LONGEST_NAME: usize = 200;
/// The years in which a schedule may start.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2099;

/// The messages for each wrong member.
type Wrong = BTreeMap<String, Vec<String>>;

/// The members of a body, taken one by one.
struct Members {
    fields: Map<String, Value>,
    wrong: Wrong,
}

impl Members {
    fn read(body: &[u8]) -> Result<Self, Problem> {
        let fields = serde_json::from_slice(body);
        let fields = fields.map_err(|error| Problem::field("body", format!("is no JSON object: {error}")))?;
        Ok(Self { fields, wrong: Wrong::new() })
    }

    /// Takes a member that `parse` reads from a text, or `None` if it is absent.
    fn text<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let parsed = match self.fields.remove(name)? {
            Value::String(text) => parse(&text),
            _ => Err("must be a text".to_owned()),
        };
        parsed.map_err(|reason| self.wrong.insert(name.to_owned(), vec![reason])).ok()
    }

    fn is_missing(&mut self, name: &str) {
        self.wrong.entry(name.to_owned()).or_insert_with(|| vec!["is missing".to_owned()]);
    }

    /// Refuses the members that nobody took, and those that were wrong.
    fn end(mut self) -> Result<(), Problem> {
        let unknown = self.fields.keys().map(|name| (name.clone(), vec!["is not known".to_owned()]));
        self.wrong.extend(unknown);
        if self.wrong.is_empty() { Ok(()) } else { Err(Problem::Fields(self.wrong)) }
    }
}

/// Reads a new schedule. The user of the order is the caller.
pub async fn new(services: &Services, caller: &Principal, body: &[u8]) -> Result<NewSchedule, Problem> {
    let mut members = Members::read(body)?;
    let name = members.text("name", name);
    let every = members.text("every", every);
    let starts_at = members.text("starts_at", starts_at);
    let zone = members.text("time_zone", time_zone);
    let import = match members.fields.remove("import") {
        Some(Value::Object(import)) => Some(import),
        Some(_) => {
            members.wrong.insert("import".to_owned(), vec!["must be an object".to_owned()]);
            None
        }
        None => None,
    };
    for (name, is_given) in [("name", name.is_some()), ("every", every.is_some()), ("import", import.is_some())] {
        if !is_given {
            members.is_missing(name);
        }
    }
    let order = match import {
        Some(import) => match order(services, caller, import).await.map_err(within_import) {
            Err(Problem::Fields(reasons)) => {
                members.wrong.extend(reasons);
                None
            }
            order => Some(order?),
        },
        None => None,
    };
    members.end()?;
    let given = name.zip(every).zip(order);
    let ((name, every), order) = given.expect("a member that is missing or wrong was refused");
    let time_zone = match zone {
        Some(zone) => zone,
        None => {
            let settings = settings::get(services, caller.account).await?.unwrap_or_default();
            settings.time_zone.filter(|zone| TimeZone::get(zone).is_ok()).unwrap_or_else(|| "UTC".to_owned())
        }
    };
    Ok(NewSchedule { name, every, starts_at, time_zone, order })
}

/// Reads a change of a schedule.
pub fn change(body: &[u8]) -> Result<ScheduleChange, Problem> {
    let mut members = Members::read(body)?;
    let change = ScheduleChange {
        name: members.text("name", name),
        every: members.text("every", every),
        starts_at: members.text("starts_at", starts_at),
        time_zone: members.text("time_zone", time_zone),
        paused: match members.fields.remove("paused") {
            None => None,
            Some(Value::Bool(paused)) => Some(paused),
            Some(_) => {
                members.wrong.insert("paused".to_owned(), vec!["must be true or false".to_owned()]);
                None
            }
        },
    };
    members.end()?;
    Ok(change)
}

/// Reads the order for imports, whose members are those of a new import with a `location`.
async fn order(
    services: &Services,
    caller: &Principal,
    mut fields: Map<String, Value>,
) -> Result<ImportOrder, Problem> {
    let location = match fields.remove("location") {
        None | Some(Value::Null) => Err(Problem::field("location", "is missing")),
        Some(location) => location_of(&location.to_string()),
    };
    let asked = options(services, &mut fields, caller).await;
    let (location, (import_type, wishes, options)) = match (location, asked) {
        (Ok(location), Ok(asked)) => (location, asked),
        (Err(Problem::Fields(mut wrong)), Err(Problem::Fields(more))) => {
            wrong.extend(more);
            return Err(Problem::Fields(wrong));
        }
        (Err(problem), _) | (_, Err(problem)) => return Err(problem),
    };
    if let Some(user) = options.entries.fallback_user
        && Thing::get(services, caller.account, Kind::User, user).await?.is_none()
    {
        return Err(Problem::refused("fallback_user", "does not exist"));
    }
    let given = wishes.file_name.filter(|name| !name.trim().is_empty());
    let file_name = safe_file_name(&given.unwrap_or_else(|| location.file_name()));
    Ok(ImportOrder { user: caller.user, import_type, options, file_name, note: wishes.note, location })
}

/// Names the members of the order within the body of the schedule.
fn within_import(problem: Problem) -> Problem {
    let within =
        |fields: Wrong| fields.into_iter().map(|(name, reasons)| (format!("import.{name}"), reasons)).collect();
    match problem {
        Problem::Fields(fields) => Problem::Fields(within(fields)),
        Problem::Refused { fields, suggested } => Problem::Refused { fields: within(fields), suggested },
        problem => problem,
    }
}

fn name(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("must not be blank".to_owned()),
        name if name.chars().count() > LONGEST_NAME => Err(format!("has more than {LONGEST_NAME} letters")),
        name => Ok(name.to_owned()),
    }
}

fn every(text: &str) -> Result<Every, String> {
    text.parse().map_err(|wrong: shared::schedules::WrongEvery| wrong.to_string())
}

/// Reads a time with an offset, in milliseconds since 1970.
fn starts_at(text: &str) -> Result<i64, String> {
    let time: Timestamp =
        text.parse().map_err(|_| "must be a time with an offset, such as 2026-03-01T08:00:00+01:00".to_owned())?;
    let year = time.to_zoned(TimeZone::UTC).year();
    if YEARS.contains(&year) {
        Ok(time.as_millisecond())
    } else {
        Err(format!("must lie in the years {} to {}", YEARS.start(), YEARS.end()))
    }
}

/// Reads the name of a zone in the IANA database.
fn time_zone(text: &str) -> Result<String, String> {
    let zone = TimeZone::get(text).ok().and_then(|zone| zone.iana_name().map(str::to_owned));
    zone.ok_or_else(|| "must be the name of a time zone, such as Europe/Berlin".to_owned())
}
