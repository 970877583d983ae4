//! The query of a request, parsed by the endpoint's row of parameters. Unknown parameters are refused by the parser.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::civil::Date;
use shared::id::ThingId;

use super::NokoError;
use super::error::FieldError;
use super::input::{boolean, day, id};
use super::parameters::{EVERYWHERE, Parameters, unknown};

/// The parsed query parameters of a request, by name and without brackets.
#[derive(Clone, Debug)]
pub struct Query {
    resource: &'static str,
    /// All values of each parameter, in the order of the query.
    values: BTreeMap<&'static str, Vec<String>>,
    lists: BTreeMap<&'static str, Vec<String>>,
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = NokoError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NokoError> {
        Self::of(parts)
    }
}

impl Query {
    /// Parses the query of a request. The route has attached the endpoint's row of parameters to the request; without a
    /// row no parameter is accepted.
    pub fn of(parts: &Parts) -> Result<Self, NokoError> {
        let known = parts.extensions.get().copied().unwrap_or(Parameters::none("Request"));
        Self::read_as(known, parts.uri.query().unwrap_or_default())
    }

    fn read_as(known: Parameters, query: &str) -> Result<Self, NokoError> {
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(query).map_err(|_| NokoError::bad_request("The query cannot be read"))?;
        let mut read = Self { resource: known.resource, values: BTreeMap::new(), lists: BTreeMap::new() };
        let (mut strange, mut twice) = (Vec::new(), Vec::new());
        for (name, value) in &pairs {
            if let Some(list) = known.list(name) {
                // Empty items between commas are ignored.
                let items = value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned);
                read.lists.entry(list).or_default().extend(items);
            } else if let Some(name) = known.value(name) {
                let value = value.trim().to_owned();
                let values = read.values.entry(name).or_default();
                // A client that follows a link adds its own page and token, so the later value counts for these
                // parameters.
                if !EVERYWHERE.contains(&name) && values.last().is_some_and(|before| *before != value) {
                    twice.push(FieldError::new(known.resource, name, "invalid").saying("has two values"));
                }
                values.push(value);
            } else if !strange.contains(&name.as_str()) {
                strange.push(name.as_str());
            }
        }
        let mut errors = unknown(known.resource, "a parameter", strange);
        errors.extend(twice);
        if errors.is_empty() { Ok(read) } else { Err(NokoError::invalid(errors)) }
    }

    /// The values of a parameter in the order of the query, without the blank ones.
    pub fn texts(&self, name: &'static str) -> impl DoubleEndedIterator<Item = &str> {
        self.values.get(name).into_iter().flatten().map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The last value of a parameter. A blank text counts as absent.
    pub fn text(&self, name: &'static str) -> Option<&str> {
        self.texts(name).next_back()
    }

    /// The last value of a parameter as parsed by `parse`, which must accept every value. An empty value is refused,
    /// because an empty filter has no clear meaning.
    pub fn read<T>(&self, name: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, NokoError> {
        let values = self.values.get(name).into_iter().flatten();
        values.map(|value| parse(value).ok_or_else(|| self.invalid(name))).try_fold(None, |_, value| value.map(Some))
    }

    /// The value of a parameter as parsed by the type's `FromStr`.
    pub fn parsed<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, NokoError> {
        self.read(name, |value| value.parse().ok())
    }

    /// The day in a parameter, which has the form `YYYY-MM-DD`.
    pub fn day(&self, name: &'static str) -> Result<Option<Date>, NokoError> {
        self.read(name, day)
    }

    /// The boolean in a parameter: true, 1, yes, false, 0 or no.
    pub fn flag(&self, name: &'static str) -> Result<Option<bool>, NokoError> {
        self.read(name, boolean)
    }

    /// The ids of a list parameter, without repetitions. `Some` of an empty list, for a list that is present and empty,
    /// means that nothing matches.
    pub fn ids(&self, name: &'static str) -> Result<Option<Vec<ThingId>>, NokoError> {
        let Some(list) = self.lists.get(name) else {
            return Ok(None);
        };
        let ids = list.iter().map(|text| id(text).map(ThingId)).collect::<Option<Vec<_>>>();
        let mut ids = ids.ok_or_else(|| self.invalid(name))?;
        let mut seen = BTreeSet::new();
        ids.retain(|&id| seen.insert(id));
        Ok(Some(ids))
    }

    /// The ids that are in the list of every spelling that the query has. `None` if the query has
    /// none of the spellings.
    pub fn common_ids(&self, names: &[&'static str]) -> Result<Option<Vec<ThingId>>, NokoError> {
        let lists: Vec<_> = names.iter().filter_map(|&name| self.ids(name).transpose()).collect::<Result<_, _>>()?;
        Ok(lists.into_iter().reduce(|one, other| one.into_iter().filter(|id| other.contains(id)).collect()))
    }

    fn invalid(&self, name: &str) -> NokoError {
        NokoError::invalid(vec![FieldError::new(self.resource, name, "invalid")])
    }
}

#[cfg(test)]
mod tests {
    use super::super::parameters::ENTRIES;
    use super::*;

    fn read(query: &str) -> Result<Query, NokoError> {
        Query::read_as(ENTRIES, query)
    }

    #[test]
    fn a_list_is_the_same_however_it_is_written() {
        let ids = |query: &str| read(query).and_then(|query| query.ids("user_ids")).map(|ids| ids.unwrap_or_default());
        for query in [
            "user_ids=1,2",
            "user_ids[]=1&user_ids[]=2",
            "user_ids%5B%5D=1&user_ids%5B%5D=2",
            "user_ids[0]=1&user_ids[1]=2",
            "user_ids=1&user_ids=2",
            "user_ids=1&user_ids[]=2,",
            "user_ids=1,2,1&user_ids=2",
        ] {
            assert_eq!(ids(query).expect(query), [ThingId(1), ThingId(2)], "{query}");
        }
        for query in ["user_ids=", "user_ids[]=", "user_ids=,"] {
            assert_eq!(read(query).and_then(|query| query.ids("user_ids")).expect(query), Some(Vec::new()), "{query}");
        }
        assert_eq!(read("").and_then(|query| query.ids("user_ids")).expect("an empty query"), None);
        for wrong in ["user_ids=x", "user_ids=1,-2", "user_ids=01"] {
            assert!(ids(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_not_known_or_said_twice_is_refused() {
        for wrong in [
            "email=a",
            "user_id=1",
            "user_ids[x]=1",
            "user_ids[][]=1",
            "billable[]=true",
            "search[people]=1",
            "From=2026-01-01",
            "=1",
            "from=2026-01-01&from=2026-01-02",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        for right in ["from=2026-01-01&from=2026-01-01", "page=2&page=1", "access_token=a&access_token=b", "", "&"] {
            assert!(read(right).is_ok(), "{right}");
        }
        assert!(Query::read_as(Parameters::none("Tag"), "name=a").is_err());
    }

    #[test]
    fn every_value_of_a_repeated_parameter_is_parsed_and_the_last_counts() {
        let page = |query: &str| read(query).and_then(|query| query.parsed::<u64>("page"));
        assert_eq!(page("page=2&page=1").expect("two numbers"), Some(1));
        for wrong in ["page=x&page=1", "page=1&page=x", "page=1&page="] {
            assert!(page(wrong).is_err(), "{wrong}");
        }
        let query = read("page=2&page=").expect("a known parameter");
        assert_eq!(query.text("page"), Some("2"));
    }

    #[test]
    fn an_empty_value_is_wrong_where_it_would_mean_something() {
        let query = read("billable=&from=&description=").expect("known parameters");
        assert!(query.flag("billable").is_err() && query.day("from").is_err());
        assert_eq!(query.text("description"), None);
    }
}
