//! Lists of the native door, in pages by id: query parameters, cursors, and the JSON around a page.
//!
//! A cursor names the last item of a page, so items that are added or removed shift no page. A cursor contains the
//! whole query (account, list and direction), and a client may send the cursor alone. A different `per_page` beside a
//! cursor is accepted, but a different direction is refused. A cursor consists of characters that need no encoding in a
//! URL, because clients put the cursor into a URL as it is.
//!
//! A checksum in the cursor shows whether the same list of the same account made the cursor, which finds mistakes of
//! clients. A forged cursor gives no access, because a cursor is only a position in a list of the token's own account.

use std::collections::BTreeMap;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shared::id::AccountId;
use shared::store::keys::digest;

use super::Problem;
use crate::answer::{LARGEST, Room};

/// The number of records in a page by default, and the bounds of `per_page`.
const PER_PAGE: usize = 50;
const FEWEST: usize = 2;
const MOST: usize = 100;
/// The number up to which the records behind a page are counted.
const MOST_COUNTED: usize = 500;
/// The version in the first byte of a cursor; cursors of a different version have expired.
const VERSION: u8 = 1;
/// The length limit of a cursor in characters. A longer cursor is refused without decoding.
const LONGEST_CURSOR: usize = 512;
/// The query parameters of a list without filters.
const KNOWN: [&str; 3] = ["start_cursor", "per_page", "sort[id]"];

/// The query parameters of a list by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keyset {
    start_cursor: Option<String>,
    per_page: Option<usize>,
    ascending: Option<bool>,
}

impl<S: Sync> FromRequestParts<S> for Keyset {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(parts.uri.query().unwrap_or_default())
    }
}

impl Keyset {
    fn read(query: &str) -> Result<Self, Problem> {
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(query).map_err(|_| Problem::field("query", "cannot be read"))?;
        let (mut values, mut wrong) = (BTreeMap::new(), BTreeMap::new());
        for (name, value) in pairs {
            if !KNOWN.contains(&name.as_str()) {
                wrong.insert(name, vec![format!("is no parameter of this list: known are {}", KNOWN.join(", "))]);
            } else if values.insert(name.clone(), value.clone()).is_some_and(|before| before != value) {
                wrong.insert(name, vec!["has two values".to_owned()]);
            }
        }
        let mut keyset = Self::default();
        if let Some(per_page) = values.remove("per_page") {
            keyset.per_page = per_page.parse().ok().filter(|per_page| (FEWEST..=MOST).contains(per_page));
            if keyset.per_page.is_none() {
                wrong.insert("per_page".to_owned(), vec![format!("must be a number from {FEWEST} to {MOST}")]);
            }
        }
        if let Some(direction) = values.remove("sort[id]") {
            keyset.ascending = match direction.as_str() {
                "asc" => Some(true),
                "desc" => Some(false),
                _ => None,
            };
            if keyset.ascending.is_none() {
                wrong.insert("sort[id]".to_owned(), vec!["must be asc or desc".to_owned()]);
            }
        }
        keyset.start_cursor = values.remove("start_cursor").filter(|cursor| !cursor.is_empty());
        if wrong.is_empty() { Ok(keyset) } else { Err(Problem::Fields(wrong)) }
    }

    /// The page of `all` that the parameters ask for. `all` is ascending by id, and `show` makes the JSON of a record.
    pub fn page<T>(
        self,
        (list, account): (&str, AccountId),
        all: &[T],
        id: impl Fn(&T) -> u64,
        show: impl Fn(&T) -> Value,
    ) -> Result<Value, Problem> {
        let after = self.start_cursor.as_deref().map(|cursor| Cursor::read(cursor, list, account)).transpose()?;
        if let (Some(after), Some(ascending)) = (&after, self.ascending)
            && after.ascending != ascending
        {
            return Err(strange());
        }
        let ascending = after.as_ref().map_or(self.ascending.unwrap_or(false), |after| after.ascending);
        let per_page = self.per_page.unwrap_or(PER_PAGE);
        let is_left = |item: &&T| match &after {
            None => true,
            Some(after) if ascending => id(item) > after.id,
            Some(after) => id(item) < after.id,
        };
        let mut left: Vec<&T> = all.iter().filter(is_left).collect();
        if !ascending {
            left.reverse();
        }
        let records = Room::of(LARGEST).fill(left.iter().take(per_page).map(|item| show(item)));
        let next = left.get(records.len()).and(left.get(records.len().wrapping_sub(1)));
        let next = next.map(|last| Cursor { ascending, id: id(last) }.written(list, account));
        Ok(json!({
            "start_cursor": self.start_cursor,
            "next_cursor": next,
            "per_page": per_page,
            "estimated_remaining_count": left.len().min(MOST_COUNTED),
            "filtered_by": [],
            "sorted_by": [{ "id": if ascending { "asc" } else { "desc" } }],
            "records": records,
        }))
    }
}

/// The position of a page: behind the item with this id, in this direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    ascending: bool,
    id: u64,
}

fn strange() -> Problem {
    Problem::field("start_cursor", "does not belong to this query")
}

impl Cursor {
    fn seal(self, list: &str, account: AccountId) -> String {
        let said = format!("{list} {account} {} {}", self.ascending, self.id);
        digest(&[said.as_bytes()])[..16].to_owned()
    }

    fn written(self, list: &str, account: AccountId) -> String {
        let mut bytes = vec![VERSION, u8::from(self.ascending)];
        bytes.extend(self.id.to_be_bytes());
        bytes.extend(self.seal(list, account).as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn read(text: &str, list: &str, account: AccountId) -> Result<Self, Problem> {
        let bytes = (text.len() <= LONGEST_CURSOR).then(|| URL_SAFE_NO_PAD.decode(text).ok()).flatten();
        let bytes = bytes.ok_or_else(strange)?;
        match bytes.split_first() {
            Some((&VERSION, [ascending @ (0 | 1), rest @ ..])) => {
                let (id, seal) = rest.split_first_chunk().ok_or_else(strange)?;
                let cursor = Self { ascending: *ascending == 1, id: u64::from_be_bytes(*id) };
                let is_ours = cursor.seal(list, account).as_bytes() == seal;
                if is_ours { Ok(cursor) } else { Err(strange()) }
            }
            Some((&VERSION, _)) | None => Err(strange()),
            Some(_) => Err(Problem::field("start_cursor", "has expired")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const LIST: (&str, AccountId) = ("mappings", AccountId(1));

    fn page(query: &str, all: &[u64]) -> Result<Value, String> {
        let keyset = Keyset::read(query).map_err(|problem| format!("{problem:?}"))?;
        keyset.page(LIST, all, |&id| id, |id| json!(id)).map_err(|problem| format!("{problem:?}"))
    }

    #[test]
    fn pages_of_any_size_in_either_direction_are_the_whole_list() {
        let all: Vec<u64> = (1..=101).map(|n| n * 7).collect();
        for (sort, ascending) in [("", false), ("&sort[id]=asc", true), ("&sort[id]=desc", false)] {
            for per_page in [2, 3, 50, 100] {
                let (mut found, mut query) = (Vec::new(), format!("per_page={per_page}{sort}"));
                loop {
                    let shown = page(&query, &all).unwrap();
                    assert_eq!(shown["estimated_remaining_count"], all.len() - found.len());
                    found.extend(shown["records"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()));
                    let Some(next) = shown["next_cursor"].as_str() else { break };
                    assert!(next.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')));
                    // Follows the cursor with a page size, without the direction.
                    query = format!("start_cursor={next}&per_page={per_page}");
                }
                if !ascending {
                    found.reverse();
                }
                assert_eq!(found, all, "{sort} {per_page}");
            }
        }
        assert_eq!(page("start_cursor=", &[]).unwrap()["start_cursor"], Value::Null);
    }

    #[test]
    fn a_page_ends_before_an_answer_is_too_large_and_the_next_goes_on_behind_it() {
        let all: Vec<u64> = (1..=100).collect();
        let (mut found, mut pages, mut query) = (Vec::new(), 0, "per_page=100".to_owned());
        loop {
            let show = |id: &u64| json!([id, "\\".repeat(50_000)]);
            let page = Keyset::read(&query).unwrap().page(LIST, &all, |&id| id, show).unwrap();
            assert!(crate::answer::size(&page) < LARGEST + 1000);
            found.extend(page["records"].as_array().unwrap().iter().filter_map(|record| record[0].as_u64()));
            pages += 1;
            let Some(next) = page["next_cursor"].as_str() else { break };
            query = format!("start_cursor={next}&per_page=100");
        }
        found.reverse();
        assert_eq!((found, pages > 2), (all, true));
    }

    #[test]
    fn a_cursor_of_another_list_account_direction_or_version_is_refused() {
        let cursor = Cursor { ascending: false, id: 7 };
        let own = cursor.written("mappings", AccountId(1));
        assert!(page(&format!("start_cursor={own}"), &[3, 7, 9]).is_ok_and(|page| page["records"] == json!([3])));
        let mut old = URL_SAFE_NO_PAD.decode(&own).unwrap();
        old[0] += 1;
        let mut moved = URL_SAFE_NO_PAD.decode(&own).unwrap();
        moved[9] += 1;
        for other in [
            cursor.written("imports", AccountId(1)),
            cursor.written("mappings", AccountId(2)),
            format!("{own}&sort[id]=asc"),
            URL_SAFE_NO_PAD.encode(moved),
            "x".to_owned(),
            "%00".to_owned(),
            "A".repeat(1000),
        ] {
            let said = page(&format!("start_cursor={other}"), &[3, 7, 9]).unwrap_err();
            assert!(said.contains("does not belong to this query"), "{other}: {said}");
        }
        let said = page(&format!("start_cursor={}", URL_SAFE_NO_PAD.encode(old)), &[]).unwrap_err();
        assert!(said.contains("has expired"), "{said}");
    }

    #[test]
    fn what_a_list_does_not_know_is_named() {
        for (query, name, said) in [
            ("perpage=3", "perpage", "known are start_cursor, per_page, sort[id]"),
            ("filter[status][include]=new", "filter[status][include]", "is no parameter"),
            ("q[id_eq]=1", "q[id_eq]", "is no parameter"),
            ("per_page=1", "per_page", "from 2 to 100"),
            ("per_page=101", "per_page", "from 2 to 100"),
            ("per_page=x", "per_page", "from 2 to 100"),
            ("sort[id]=up", "sort[id]", "asc or desc"),
            ("per_page=3&per_page=4", "per_page", "two values"),
        ] {
            let wrong = page(query, &[]).unwrap_err();
            assert!(wrong.contains(name) && wrong.contains(said), "{query}: {wrong}");
        }
        assert!(page("per_page=3&per_page=3", &[]).is_ok());
    }
}
