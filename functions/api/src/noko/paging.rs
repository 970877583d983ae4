//! Pages: `page` from 1, `per_page` up to 1000, and the `Link` header.
//!
//! A page whose items take more bytes than a response may have ([`LARGEST`]) ends early. The `next` link then continues
//! behind the last item shown (`after=<page>.<id>.<items before>`), and so do the pages that follow, so no item is lost
//! or shown twice. Pages after an early end do not begin where their numbers say, so their only links are `first` and
//! `next`.

use axum::Json;
use axum::http::header::LINK;
use axum::http::{HeaderMap, HeaderValue, Uri};
use serde_json::Value;
use shared::entries::Entry;
use shared::entries::list::{EntryPage, WantedPage};
use shared::id::EntryId;

use super::NokoError;
use super::error::FieldError;
use super::query::Query;
use crate::answer::{LARGEST, Room};

/// The number of items in a page if the query does not say.
const PER_PAGE: u64 = 30;
/// A bound on the number of items before a page, higher than the length of any list.
const MOST_BEFORE: u64 = 1 << 53;
/// The number of items counted behind a page, to find the last page for a link.
const SEEN_BEHIND: u64 = 5_000;
/// The most bytes of all links. API Gateway lets 10,240 bytes of headers through, and a link repeats the query.
const MOST_OF_LINKS: usize = 8_000;
/// The largest number of items in a page; a larger `per_page` is lowered to this number.
const MOST_PER_PAGE: u64 = 1000;

/// The page that a query asks for, by number or by the link of an earlier page.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    page: u64,
    per_page: u64,
    after: Option<EntryId>,
    /// The number of items before the page, if an earlier page ended early. `None` if the page begins
    /// where its number says.
    offset: Option<u64>,
}

/// A page of a list, with the facts from which the links are made.
#[derive(Debug)]
pub struct Page<T> {
    /// The items of the page, in the order of the list.
    pub items: Vec<T>,
    /// True if the list has items behind the page.
    pub more: bool,
    /// The number of items in the whole list, if known.
    pub total: Option<u64>,
    /// The last entry of the page, if the next page is found faster by that entry.
    pub after: Option<EntryId>,
}

impl From<EntryPage> for Page<Entry> {
    fn from(EntryPage { entries: items, more, total, after }: EntryPage) -> Self {
        Self { items, more, total, after }
    }
}

/// A collector for a page of a long list, whose items are passed in order.
pub struct Cutter<T> {
    skip: u64,
    take: usize,
    seen: u64,
    items: Vec<T>,
}

impl<T> Cutter<T> {
    /// Passes the next item of the list, which is kept if the item is on the page.
    pub fn push(&mut self, item: T) {
        if self.seen >= self.skip && self.items.len() < self.take {
            self.items.push(item);
        }
        self.seen += 1;
    }

    /// Returns whether the page is complete and [`SEEN_BEHIND`] items behind the page were seen, so that the end of the
    /// list is no longer looked for.
    pub fn is_far_behind(&self) -> bool {
        self.seen > self.skip + self.take as u64 + SEEN_BEHIND
    }

    /// The collected page. The number of items in the list is known if the list has come to its `end`.
    pub fn page(self, end: bool) -> Page<T> {
        let more = self.seen > self.skip + self.take as u64;
        Page { items: self.items, more, total: end.then_some(self.seen), after: None }
    }
}

impl Paging {
    /// Parses `page`, `per_page` and `after`.
    pub fn of(query: &Query) -> Result<Self, NokoError> {
        // The last number counts, and every number must be one: a client may repeat a parameter of a link that it follows.
        let number = |name: &'static str, default: u64, most: u64| {
            query.texts(name).try_fold(default, |_, text| match text.parse::<u64>() {
                Ok(number) if number >= 1 => Ok(number.min(most)),
                _ => Err(NokoError::invalid(vec![FieldError::new("Page", name, "invalid")])),
            })
        };
        let page = number("page", 1, u64::from(u32::MAX))?;
        let per_page = number("per_page", PER_PAGE, MOST_PER_PAGE)?;
        // A different page number in the URL means that the client left the sequence, so `after` is ignored.
        let after = query.read("after", |text| {
            let mut parts = text.splitn(3, '.').map(|part| part.parse::<u64>().ok());
            let (of, id, offset) = (parts.next()??, parts.next()??, parts.next());
            offset.is_none_or(|offset| offset.is_some_and(|offset| offset < MOST_BEFORE)).then_some((
                of,
                EntryId(id),
                offset.flatten(),
            ))
        })?;
        let after = after.filter(|(of, ..)| *of == page);
        let offset = after.and_then(|(.., offset)| offset);
        Ok(Self { page, per_page, after: after.map(|(_, id, _)| id), offset })
    }

    /// The page in the form of the search for entries.
    pub fn wanted(&self) -> WantedPage {
        WantedPage { after: self.after, skip: self.skip(), take: self.take(), heaviest: LARGEST }
    }

    /// The number of items before the page.
    pub fn skip(&self) -> u64 {
        self.offset.unwrap_or((self.page - 1) * self.per_page)
    }

    /// The largest number of items in the page.
    pub fn take(&self) -> usize {
        usize::try_from(self.per_page).expect("at most a thousand")
    }

    /// Cuts the page out of a list that is whole in memory.
    pub fn cut<T>(&self, all: Vec<T>) -> Page<T> {
        let total = all.len() as u64;
        let skip = usize::try_from(self.skip()).unwrap_or(usize::MAX);
        let items = all.into_iter().skip(skip).take(self.take()).collect();
        Page { items, more: total > self.skip() + self.per_page, total: Some(total), after: None }
    }

    /// A collector for the page of a list that is too long for memory; matching items are pushed in order.
    pub fn cutter<T>(&self) -> Cutter<T> {
        Cutter { skip: self.skip(), take: self.take(), seen: 0, items: Vec::new() }
    }

    /// The response: as many items of the page as fit, with links. `shown` has the first items of the page,
    /// or all of them.
    pub fn answer<T>(
        &self,
        base: &str,
        uri: &Uri,
        page: Page<T>,
        mut shown: Vec<Value>,
    ) -> (HeaderMap, Json<Vec<Value>>) {
        let mut room = Room::of(LARGEST);
        let fit = shown.iter().take_while(|item| room.take(item)).count();
        // An empty page would mean the end of the list to a client. No single item is as large as a response.
        shown.truncate(fit.max(1));
        let ended_early = shown.len() < page.items.len();
        let is_early = self.offset.is_some() || ended_early;
        let last = shown.last().and_then(|item| item["id"].as_u64());
        let links = Links {
            paging: self,
            base,
            uri,
            is_early,
            more: page.more || ended_early,
            total: page.total.filter(|_| !is_early),
            after: if is_early { last } else { page.after.map(|after| after.0) },
            before_next: self.skip() + shown.len() as u64,
        };
        (links.headers(), Json(shown))
    }
}

/// The facts from which the links of a page are made.
struct Links<'a> {
    paging: &'a Paging,
    base: &'a str,
    uri: &'a Uri,
    /// True if this page or an earlier page ended early.
    is_early: bool,
    more: bool,
    total: Option<u64>,
    /// The item behind which the next page begins, if the link has to say so.
    after: Option<u64>,
    /// The number of items before the next page.
    before_next: u64,
}

impl Links<'_> {
    /// The `Link` header: `first` and `prev` from the second page on, `next` and `last` if items follow. If the query is so long
    /// that not all links fit, links other than `next` are left out.
    fn headers(&self) -> HeaderMap {
        let Paging { page, per_page, .. } = *self.paging;
        let last = self.total.map(|total| total.div_ceil(per_page).max(1));
        let mut links = Vec::new();
        if page > 1 {
            links.push((1, "first"));
        }
        if page > 1 && !self.is_early {
            // For a page behind the end of the list, the previous page is the last page.
            links.push((last.map_or(page - 1, |last| last.min(page - 1)), "prev"));
        }
        if self.more {
            links.push((page + 1, "next"));
            links.extend(last.map(|last| (last, "last")));
        }
        let link = |(page, rel)| format!("<{}{}?{}>; rel=\"{rel}\"", self.base, self.uri.path(), self.query(page, rel));
        let mut room = MOST_OF_LINKS;
        let mut fits = |text: &String| {
            let left = room.checked_sub(text.len() + ", ".len());
            room = left.unwrap_or(room);
            left.is_some()
        };
        let next = links.iter().copied().find(|(_, rel)| *rel == "next").map(link);
        // Without `next` a client would take the page for the last.
        if let Some(next) = &next {
            fits(next);
        }
        let links: Vec<String> =
            links.into_iter().map(link).filter(|link| next.as_ref() == Some(link) || fits(link)).collect();
        let value = HeaderValue::from_str(&links.join(", ")).ok().filter(|value| !value.is_empty());
        value.map(|value| (LINK, value)).into_iter().collect()
    }

    /// The query of the request for a different page. Tokens are left out of links.
    fn query(&self, page: u64, rel: &str) -> String {
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(self.uri.query().unwrap_or_default()).unwrap_or_default();
        let left_out = ["page", "per_page", "after", "noko_token", "freckle_token", "access_token"];
        let mut pairs: Vec<_> = pairs.into_iter().filter(|(name, _)| !left_out.contains(&name.as_str())).collect();
        pairs.push(("page".to_owned(), page.to_string()));
        pairs.push(("per_page".to_owned(), self.paging.per_page.to_string()));
        if let Some(after) = self.after.filter(|_| rel == "next") {
            let before = if self.is_early { format!(".{}", self.before_next) } else { String::new() };
            pairs.push(("after".to_owned(), format!("{page}.{after}{before}")));
        }
        serde_urlencoded::to_string(pairs).expect("pairs of text encode")
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[test]
    fn a_wrong_number_is_refused_wherever_the_query_repeats_it() {
        let paging = |query: &str| {
            let uri: Uri = format!("/v2/entries?{query}").parse().expect("an address");
            let (parts, ()) = Request::builder().uri(uri).body(()).expect("a request").into_parts();
            Paging::of(&Query::of(&parts).expect("known parameters"))
        };
        for wrong in
            ["page=x", "page=x&page=2", "page=2&page=x", "page=x&page=", "per_page=0&per_page=5", "after=x&after=1.2"]
        {
            assert!(paging(wrong).is_err(), "{wrong}");
        }
        for (right, page) in [("", 1), ("page=", 1), ("page=2&page=3", 3), ("page=2&page=", 2)] {
            assert_eq!(paging(right).expect(right).page, page, "{right}");
        }
    }

    #[test]
    fn a_long_query_keeps_the_link_to_the_next_page_and_no_more_than_fit() {
        let rels = |letters: usize| -> Vec<String> {
            let paging = Paging { page: 3, per_page: 30, after: None, offset: None };
            let uri: Uri = format!("/v2/entries?description={}", "a".repeat(letters)).parse().expect("an address");
            let base = "https://example.com";
            let links = Links {
                paging: &paging,
                base,
                uri: &uri,
                is_early: false,
                more: true,
                total: Some(500),
                after: None,
                before_next: 90,
            };
            let headers = links.headers();
            let value = headers.get(LINK).map(|value| value.to_str().expect("a text").to_owned()).unwrap_or_default();
            let rel = |link: &str| link.split("rel=").nth(1).unwrap_or_default().trim_matches('"').to_owned();
            value.split(", ").map(rel).collect()
        };
        assert_eq!(rels(10), ["first", "prev", "next", "last"]);
        assert_eq!(rels(2_500), ["first", "prev", "next"]);
        assert_eq!(rels(3_800), ["first", "next"]);
        assert_eq!(rels(9_000), ["next"]);
    }
}
