//! The query parameters of keyset lists. A parameter that a list does not know is refused by its name, because a mistyped
//! filter must not list everything.

use std::collections::BTreeMap;

use shared::id::AccountId;
use shared::import::Status;
use shared::results::rows::RowOutcome;

use super::Problem;
use super::scan::{Bound, Included, OPERATORS, SORTS, Sort};
use crate::answer::{CELL, shortened};

/// The number of records in a page of a request without `per_page`.
pub const PER_PAGE: usize = 50;
/// The smallest `per_page`. A smaller number is answered with 400.
pub const FEWEST: usize = 2;
/// The largest `per_page`. A larger number is answered with 400, and not lowered.
pub const MOST: usize = 100;

/// A list of the door, with everything that its query may say.
#[derive(Debug, PartialEq, Eq)]
pub struct List {
    /// The name of the list, which is sealed into its cursors, so a cursor of another list is refused.
    pub name: &'static str,
    /// The names of the query parameters, spelt with brackets, for example `filter[status][include]`.
    pub parameters: &'static [&'static str],
    /// The fields with a filter by words, in the order in which the envelope shows the filters.
    pub included: &'static [Words],
    /// The sort of a request that names none, which the envelope shows as well.
    pub sort: Sort,
}

/// The words that `filter[FIELD][include]` takes.
#[derive(Debug, PartialEq, Eq)]
pub struct Words {
    /// The name of the field between the brackets, for example `status`.
    pub field: &'static str,
    /// The words which the filter takes, in lower case. Another word is answered with 400 and the
    /// nearest word of these.
    pub known: &'static [&'static str],
}

/// A list of an account, or of an import or a webhook of the account, to which cursors belong.
#[derive(Clone, Copy, Debug)]
pub struct ListOf {
    /// The list with its parameters and its default sort.
    pub list: &'static List,
    /// The account of the caller, to which the records belong.
    pub account: AccountId,
    /// The number of the import or webhook whose records are listed, or `None` for a list of the account.
    pub parent: Option<u64>,
}

impl List {
    /// The list of an account.
    pub fn of(&'static self, account: AccountId) -> ListOf {
        ListOf { list: self, account, parent: None }
    }

    /// The list of an import or of a webhook.
    pub fn within(&'static self, account: AccountId, parent: u64) -> ListOf {
        ListOf { list: self, account, parent: Some(parent) }
    }
}

/// The parameters of lists without filters that are sorted by id only.
const PLAIN: &[&str] = &["start_cursor", "per_page", "sort[id]"];

/// The list `GET /mappings`, in which the mappings of an account follow by id, highest first.
pub static MAPPINGS: List = List { name: "mappings", parameters: PLAIN, included: &[], sort: Sort::LATEST };

/// The list `GET /schedules`, in which the schedules of an account follow by number, highest first.
pub static SCHEDULES: List = List { name: "schedules", parameters: PLAIN, included: &[], sort: Sort::LATEST };

/// The list `GET /webhooks`, in which the webhooks of an account follow by number, highest first.
pub static WEBHOOKS: List = List { name: "webhooks", parameters: PLAIN, included: &[], sort: Sort::LATEST };

/// The list `GET /webhooks/{id}/deliveries`, in which deliveries follow by the time of their event, latest first.
pub static DELIVERIES: List =
    List { name: "deliveries", parameters: &["start_cursor", "per_page"], included: &[], sort: Sort::LATEST };

/// The list `GET /imports/{id}/records`, in which records follow by row, lowest first.
pub static RECORDS: List = List { name: "records", parameters: PLAIN, included: &[], sort: Sort::FIRST };

/// The list `GET /imports/{id}/removed`, in which removed records follow by id, lowest first.
pub static REMOVED: List = List { name: "removed", parameters: PLAIN, included: &[], sort: Sort::FIRST };

/// The status of a row in the words of the vendor, and `deleted`.
pub const ROW_STATUSES: &[&str] = &["created", "updated", "unaffected", "deleted", "error", "pending"];

/// The list `GET /imports/{id}/results`, in which rows follow in the order of the file.
pub static RESULTS: List = List {
    name: "results",
    parameters: &["start_cursor", "per_page", "filter[status][include]", "filter[outcome][include]", "sort[id]"],
    included: &[Words { field: "status", known: ROW_STATUSES }, Words { field: "outcome", known: RowOutcome::WORDS }],
    sort: Sort::FIRST,
};

/// The list `GET /imports/{id}/history`, whose changes follow by time, oldest first.
pub static HISTORY: List =
    List { name: "history", parameters: &["start_cursor", "per_page"], included: &[], sort: Sort::FIRST };

/// The list `GET /imports`, in which imports follow by number, highest first.
pub static IMPORTS: List = List {
    name: "imports",
    parameters: &[
        "start_cursor",
        "per_page",
        "filter[status][include]",
        "filter[created_at][lt]",
        "filter[created_at][lte]",
        "filter[created_at][gt]",
        "filter[created_at][gte]",
        "filter[updated_at][lt]",
        "filter[updated_at][lte]",
        "filter[updated_at][gt]",
        "filter[updated_at][gte]",
        "sort[id]",
        "sort[created_at]",
        "sort[updated_at]",
    ],
    included: &[Words { field: "status", known: Status::WORDS }],
    sort: Sort::LATEST,
};

/// The parameters of a request. A parameter that the request does not have is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The cursor; `None` as well for an empty cursor, which means the first page.
    pub start_cursor: Option<String>,
    /// The number of records that the request asks for, from 2 to 100.
    pub per_page: Option<usize>,
    /// The filters by words, in the list's order of fields.
    pub included: Vec<Included>,
    /// The filter on `created_at`, of which a request has one at most.
    pub created: Option<Bound>,
    /// The filter on `updated_at`, of which a request has one at most.
    pub updated: Option<Bound>,
    /// The sort of the request, or `None` for the list's own sort.
    pub sort: Option<Sort>,
}

impl Asked {
    /// Reads the query of a request for a list.
    pub fn read(query: Option<&str>, list: &List) -> Result<Self, Problem> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query.unwrap_or_default())
            .map_err(|_| Problem::field("query", "cannot be read"))?;
        let (mut values, mut wrong) = (BTreeMap::new(), BTreeMap::new());
        for (name, value) in pairs {
            if !list.parameters.contains(&name.as_str()) {
                let reason = unknown(&name, list);
                wrong.insert(name, vec![reason]);
            } else if values.insert(name.clone(), value.clone()).is_some_and(|before| before != value) {
                wrong.insert(name, vec!["has two values".to_owned()]);
            }
        }
        let mut asked = Self::default();
        for (name, value) in values {
            if let Err(reason) = asked.take(list, &name, value) {
                wrong.entry(name).or_insert_with(Vec::new).push(reason);
            }
        }
        let place = |included: &Included| list.included.iter().position(|words| words.field == included.field);
        asked.included.sort_by_key(place);
        if wrong.is_empty() { Ok(asked) } else { Err(Problem::Fields(wrong)) }
    }

    /// Takes a parameter that the list knows.
    fn take(&mut self, list: &List, name: &str, value: String) -> Result<(), String> {
        let parts: Vec<&str> = name.split(['[', ']']).filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            ["start_cursor"] => self.start_cursor = Some(value).filter(|cursor| !cursor.is_empty()),
            ["per_page"] => {
                let per_page = value.parse().ok().filter(|per_page| (FEWEST..=MOST).contains(per_page));
                self.per_page = Some(per_page.ok_or_else(|| format!("must be a number from {FEWEST} to {MOST}"))?);
            }
            ["filter", field, "include"] => {
                let known = list.included.iter().find(|words| words.field == *field).ok_or("is no parameter")?;
                self.included.push(included(known, &value)?);
            }
            ["filter", field, operator] => {
                let slot = if *field == "created_at" { &mut self.created } else { &mut self.updated };
                if slot.is_some() {
                    return Err(format!("is a second operator: {field} takes one"));
                }
                *slot = Some(bound(operator, &value)?);
            }
            ["sort", field] => {
                if self.sort.is_some() {
                    return Err("is a second sort: a list takes one".to_owned());
                }
                self.sort = Some(sort(field, &value)?);
            }
            _ => return Err("is no parameter".to_owned()),
        }
        Ok(())
    }
}

/// The words of a comma-separated list, each once.
fn included(known: &Words, value: &str) -> Result<Included, String> {
    let mut words = Vec::new();
    for asked in value.split(',').map(str::trim) {
        let word = known.known.iter().copied().find(|word| *word == asked).ok_or_else(|| {
            let (field, nearest) = (known.field, nearest(asked, known.known));
            format!("{:?} is no {field}; the nearest is {nearest}", shortened(asked, CELL))
        })?;
        if !words.contains(&word) {
            words.push(word);
        }
    }
    Ok(Included { field: known.field, words })
}

fn bound(operator: &str, value: &str) -> Result<Bound, String> {
    let operator = OPERATORS.into_iter().find(|(name, _)| *name == operator).map(|(_, operator)| operator);
    let bound = operator.and_then(|operator| Bound::parse(operator, value));
    bound.ok_or_else(|| {
        "must be a date such as 2026-03-01, or a time with an offset such as 2026-03-01T08:00:00Z".to_owned()
    })
}

fn sort(field: &str, direction: &str) -> Result<Sort, String> {
    let field = SORTS.into_iter().find(|(name, _)| *name == field).map(|(_, field)| field);
    let ascending = match direction {
        "asc" => Some(true),
        "desc" => Some(false),
        _ => None,
    };
    let sort = field.zip(ascending).map(|(field, ascending)| Sort { field, ascending });
    sort.ok_or_else(|| "must be asc or desc".to_owned())
}

/// The reason why a parameter is refused, with the nearest parameter that the list knows.
fn unknown(name: &str, list: &List) -> String {
    // Clients of other endpoints of the vendor send filters in this style.
    let nearest = match name.starts_with("q[") && list.parameters.iter().any(|known| known.starts_with("filter[")) {
        true => "filter[status][include], for lists are filtered by filter[…]",
        false => nearest(name, list.parameters),
    };
    format!("is no parameter of this list; the nearest is {nearest}")
}

/// The known name that differs from a name by the fewest letters.
fn nearest<'n>(name: &str, known: &[&'n str]) -> &'n str {
    let name: Vec<char> = name.chars().take(CELL).flat_map(char::to_lowercase).collect();
    known.iter().copied().min_by_key(|known| distance(&name, known)).unwrap_or_default()
}

/// The number of letters to add, remove or replace until `name` is `known`.
fn distance(name: &[char], known: &str) -> usize {
    let known: Vec<char> = known.chars().collect();
    let mut row: Vec<usize> = (0..=known.len()).collect();
    for (at, letter) in name.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, other) in known.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[known.len()]
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use shared::import::list::ListOrder;

    use super::*;

    #[test]
    fn what_a_list_knows_is_read() {
        let asked = Asked::read(
            Some(
                "filter%5Bstatus%5D%5Binclude%5D=complete,failed,complete&filter[created_at][gte]=2026-03-01&\
                 filter[updated_at][lt]=2026-03-02T00:00:00%2B01:00&sort[updated_at]=asc&per_page=7&start_cursor=",
            ),
            &IMPORTS,
        )
        .unwrap();
        assert_eq!(asked.included, [Included { field: "status", words: vec!["complete", "failed"] }]);
        assert_eq!(asked.created.map(|bound| bound.text), Some("2026-03-01".to_owned()));
        assert_eq!(asked.updated.map(|bound| bound.text), Some("2026-03-02T00:00:00+01:00".to_owned()));
        assert_eq!(asked.sort, Some(Sort { field: ListOrder::UpdatedAt, ascending: true }));
        assert_eq!((asked.per_page, asked.start_cursor), (Some(7), None));
        assert_eq!(Asked::read(None, &IMPORTS).unwrap(), Asked::default());
        assert!(Asked::read(Some("per_page=3&per_page=3"), &IMPORTS).is_ok());
    }

    #[test]
    fn what_a_list_does_not_know_is_named_with_the_nearest_that_the_list_knows() {
        for (query, name, said) in [
            ("perpage=3", "perpage", "the nearest is per_page"),
            ("filters[status][include]=new", "filters[status][include]", "the nearest is filter[status][include]"),
            ("filter[status][eq]=new", "filter[status][eq]", "the nearest is filter[status][include]"),
            ("filter[created_at]=2026-03-01", "filter[created_at]", "the nearest is filter[created_at]["),
            ("filter[createdat][lt]=2026-03-01", "filter[createdat][lt]", "the nearest is filter[created_at][lt]"),
            ("filter[updated_at][eq]=2026-03-01", "filter[updated_at][eq]", "the nearest is filter[updated_at]["),
            ("sort[status]=asc", "sort[status]", "the nearest is sort["),
            ("q[status_eq]=new", "q[status_eq]", "filter[…]"),
            ("filter[status][include]=complet", "filter[status][include]", "the nearest is complete"),
            ("filter[status][include]=complete,,new", "filter[status][include]", "is no status"),
            ("filter[status][include]=", "filter[status][include]", "is no status"),
            ("filter[created_at][lt]=soon", "filter[created_at][lt]", "must be a date"),
            ("filter[created_at][lt]=2026-03-01T00:00:00", "filter[created_at][lt]", "must be a date"),
            (
                "filter[created_at][lt]=2026-03-01&filter[created_at][gt]=2026-01-01",
                "filter[created_at][lt]",
                "second operator",
            ),
            ("sort[id]=asc&sort[updated_at]=asc", "sort[updated_at]", "second sort"),
            ("sort[id]=up", "sort[id]", "asc or desc"),
            ("sort[id]=ASC", "sort[id]", "asc or desc"),
            ("per_page=1", "per_page", "from 2 to 100"),
            ("per_page=101", "per_page", "from 2 to 100"),
            ("per_page=x", "per_page", "from 2 to 100"),
            ("per_page=3&per_page=4", "per_page", "two values"),
            ("sort[id]=asc&sort[id]=desc", "sort[id]", "two values"),
        ] {
            let Err(Problem::Fields(wrong)) = Asked::read(Some(query), &IMPORTS) else { panic!("{query} is taken") };
            let said_of = wrong.get(name).unwrap_or_else(|| panic!("{query}: {wrong:?}"));
            assert!(wrong.len() == 1 && said_of[0].contains(said), "{query}: {wrong:?}");
        }
        assert!(Asked::read(Some("filter[status][include]=new"), &MAPPINGS).is_err());
        assert!(Asked::read(Some("filter[status][include]=new"), &RESULTS).is_err());
        let both = "filter[outcome][include]=failed,skipped&filter[status][include]=error";
        let fields: Vec<_> =
            Asked::read(Some(both), &RESULTS).unwrap().included.into_iter().map(|included| included.field).collect();
        assert_eq!(fields, ["status", "outcome"]);
        let long = format!("{}=1", "x".repeat(100_000));
        assert!(Asked::read(Some(&long), &IMPORTS).is_err());
    }

    #[test]
    fn distances_count_added_removed_and_replaced_letters() {
        for (name, known, letters) in
            [("", "", 0), ("abc", "abc", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(&name.chars().collect::<Vec<_>>(), known), letters, "{name} {known}");
        }
    }
}
