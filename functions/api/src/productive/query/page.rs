//! The pages of a list, by number or behind a cursor, and the links between them.
//!
//! | parameters | links | meta |
//! |---|---|---|
//! | `page[number]`, `page[size]` | `first`, `prev`, `next`, `last` | `current_page`, `total_pages`, `total_count`, `page_size`, `max_page_size` |
//! | `page[after]`, `page[size]` | `first`, `next` | `page_size`, `max_page_size` |
//!
//! A page has 30 resources, at most 200; a larger size is lowered to 200, because a client of the vendor asks for 1,000. Links
//! keep all further parameters, with brackets encoded. A first or last page has no `prev` or `next`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::Sort;
use super::brackets::Node;
use crate::answer::{CELL, shortened};
use crate::productive::error::{
    INVALID_PAGE, KEYSET_CONFLICT, KEYSET_CURSOR, KEYSET_SORT, ProductiveError, UNSUPPORTED_PARAMETER,
};

/// The number of resources in a page of a request without `page[size]`.
const PAGE_SIZE: usize = 30;
/// The largest number of resources in a page, to which a larger `page[size]` is lowered.
pub const MAX_PAGE_SIZE: usize = 200;
/// The version at the head of a cursor.
const VERSION: &str = "1";

/// The page of a list for which a caller asks, by number or behind a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The most resources on the page, from 1 to 200.
    pub size: usize,
    /// The beginning of the page, which decides the links and the meta members.
    pub start: Start,
}

/// The beginning of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The page of this number, from 1, whose beginning is found by counting.
    Number(u64),
    /// The page behind the resource of this number, or the first page for `None`.
    After(Option<u64>),
}

impl Page {
    /// Reads the names behind `page`, for a list of resources of the type `kind`. A cursor beside a number, or beside a
    /// sort other than that by id, is answered with 400.
    pub fn read(node: Option<&Node>, kind: &str, sort: &[Sort]) -> Result<Self, ProductiveError> {
        let Some(node) = node else { return Ok(Self { size: PAGE_SIZE, start: Start::Number(1) }) };
        let known = |name: &String| matches!(name.as_str(), "number" | "size" | "after");
        let other = node.names.keys().find(|name| !known(name));
        if let Some(name) = other.map(String::as_str).or(node.last()) {
            let name = shortened(name, CELL);
            return Err(UNSUPPORTED_PARAMETER.saying(format!("Parameter 'page[{name}]' is not supported")));
        }
        let value = |name: &str| node.names.get(name).and_then(Node::last);
        let number = |name: &str, default: u64| match value(name) {
            None => Ok(default),
            Some(text) => text.parse::<u64>().ok().filter(|&number| number > 0).ok_or_else(|| {
                INVALID_PAGE.saying(format!("page[{name}] must be a number from 1, not '{}'", shortened(text, CELL)))
            }),
        };
        let size = usize::try_from(number("size", PAGE_SIZE as u64)?).unwrap_or(MAX_PAGE_SIZE).min(MAX_PAGE_SIZE);
        let Some(cursor) = value("after") else {
            return Ok(Self { size, start: Start::Number(number("number", 1)?) });
        };
        if value("number").is_some() {
            return Err(KEYSET_CONFLICT.saying("page[after] and page[number] cannot be used together"));
        }
        if !sort.is_empty() && !matches!(sort, [Sort { field: "id", descending: false }]) {
            return Err(KEYSET_SORT.saying("page[after] goes with the order by id alone"));
        }
        let after = match cursor {
            "" => None,
            cursor => Some(number_of(cursor, kind).ok_or_else(|| KEYSET_CURSOR.saying("page[after] is no cursor"))?),
        };
        Ok(Self { size, start: Start::After(after) })
    }

    /// The number of resources before a page by number, and 0 for a page behind a cursor.
    pub fn skip(&self) -> u64 {
        match self.start {
            Start::Number(number) => (number - 1).saturating_mul(self.size as u64),
            Start::After(_) => 0,
        }
    }
}

/// The cursor behind a resource of the type `kind`, in the alphabet of URLs.
fn cursor(kind: &str, number: u64) -> String {
    URL_SAFE_NO_PAD.encode(format!("{VERSION}:{kind}:{number}"))
}

/// The number in a cursor of a list of the type `kind`. `None` for any other text, which is
/// answered with 400 `keyset_invalid_cursor`.
fn number_of(cursor: &str, kind: &str) -> Option<u64> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let number = text.strip_prefix(VERSION)?.strip_prefix(':')?.strip_prefix(kind)?.strip_prefix(':')?;
    // A number has one spelling.
    number.parse::<u64>().ok().filter(|parsed| parsed.to_string() == number)
}

/// The facts about a found page from which links and meta are made.
#[derive(Clone, Copy, Debug)]
pub enum Found {
    /// The number of resources in the whole list, for a page by number.
    Total(u64),
    /// The last resource of the page if more follow, for a page behind a cursor.
    Next(Option<u64>),
}

/// The facts about a list from which the links and the meta members of a page are made.
pub struct Links<'a> {
    /// The URL of the list without its query.
    pub url: &'a str,
    /// The type of the resources, for example `people`.
    pub kind: &'a str,
    /// The parameters of the request, decoded.
    pub pairs: &'a [(String, String)],
}

impl Links<'_> {
    /// The members `links` and `meta` (without the organization's features) of a page.
    pub fn of(&self, page: &Page, found: Found) -> (Map<String, Value>, Map<String, Value>) {
        let mut links = Map::new();
        let mut put = |name: &str, link: String| drop(links.insert(name.to_owned(), json!(link)));
        let meta = match (page.start, found) {
            (Start::Number(number), Found::Total(total)) => {
                let pages = total.div_ceil(page.size as u64);
                let last = pages.max(1);
                put("first", self.numbered(page, 1));
                if number > 1 {
                    put("prev", self.numbered(page, (number - 1).min(last)));
                }
                if number < last {
                    put("next", self.numbered(page, number + 1));
                }
                put("last", self.numbered(page, last));
                json!({
                    "current_page": number,
                    "total_pages": pages,
                    "total_count": total,
                    "page_size": page.size,
                    "max_page_size": MAX_PAGE_SIZE,
                })
            }
            (_, found) => {
                put("first", self.behind(page, String::new()));
                if let Found::Next(Some(last)) = found {
                    put("next", self.behind(page, cursor(self.kind, last)));
                }
                json!({ "page_size": page.size, "max_page_size": MAX_PAGE_SIZE })
            }
        };
        let Value::Object(meta) = meta else { unreachable!("an object was written") };
        (links, meta)
    }

    fn numbered(&self, page: &Page, number: u64) -> String {
        self.link([("page[number]", number.to_string()), ("page[size]", page.size.to_string())])
    }

    fn behind(&self, page: &Page, cursor: String) -> String {
        self.link([("page[after]", cursor), ("page[size]", page.size.to_string())])
    }

    fn link(&self, own: [(&str, String); 2]) -> String {
        let kept = self.pairs.iter().filter(|(name, _)| !name.starts_with("page["));
        let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
        let pairs: Vec<_> = kept.chain(own.iter().map(|(name, value)| (*name, value.as_str()))).collect();
        format!("{}?{}", self.url, serde_urlencoded::to_string(pairs).expect("pairs of text encode"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const LIST: Links<'static> = Links { url: "http://x/api/v2/people", kind: "people", pairs: &[] };

    fn page(number: u64) -> Page {
        Page { size: 30, start: Start::Number(number) }
    }

    #[test]
    fn links_lead_to_neighbours_with_brackets_encoded() {
        let link = |number: u64| json!(format!("http://x/api/v2/people?page%5Bnumber%5D={number}&page%5Bsize%5D=30"));
        let links = |number, total| Value::Object(LIST.of(&page(number), Found::Total(total)).0);
        assert_eq!(links(1, 3), json!({ "first": link(1), "last": link(1) }));
        assert_eq!(links(1, 0), json!({ "first": link(1), "last": link(1) }));
        assert_eq!(links(1, 61), json!({ "first": link(1), "next": link(2), "last": link(3) }));
        assert_eq!(links(2, 61), json!({ "first": link(1), "prev": link(1), "next": link(3), "last": link(3) }));
        assert_eq!(links(3, 61), json!({ "first": link(1), "prev": link(2), "last": link(3) }));
        assert_eq!(links(9, 61), json!({ "first": link(1), "prev": link(3), "last": link(3) }));
    }

    #[test]
    fn a_link_keeps_the_filters_and_drops_the_page() {
        let pairs = [("filter[name]", "a b"), ("page[number]", "7"), ("sort", "-id")];
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (links, _) = Links { pairs: &pairs, ..LIST }.of(&page(1), Found::Total(1));
        let first = "http://x/api/v2/people?filter%5Bname%5D=a+b&sort=-id&page%5Bnumber%5D=1&page%5Bsize%5D=30";
        assert_eq!(links["first"], first);
    }

    #[test]
    fn a_cursor_leads_behind_its_resource_and_belongs_to_its_list() {
        let cursor = cursor("people", 1_000_000_007);
        assert_eq!(number_of(&cursor, "people"), Some(1_000_000_007));
        assert_eq!(number_of(&cursor, "companies"), None);
        for other in ["x", "MTox", "=", "MTpwZW9wbGU6MDc", &format!("{cursor}=")] {
            assert_eq!(number_of(other, "people"), None, "{other}");
        }
    }
}
