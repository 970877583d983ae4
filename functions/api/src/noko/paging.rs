//! Pages: `page` from 1, `per_page` up to 1000, and the `Link` header.
//!
//! A page whose items take more than an answer may hold ([`LARGEST`]) ends early. Its `next` goes on behind the last
//! item that is on it (`after=<page>.<id>.<items before>`), and so do the pages behind that one, so no item is lost or shown
//! twice. Such pages do not begin where their numbers say, so their links are `first` and `next` alone.

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

/// A page when nothing else is asked for.
const PER_PAGE: u64 = 30;
/// More items than any list has.
const MOST_BEFORE: u64 = 1 << 53;
/// How many are counted behind a page, so that a link can lead to the last one.
const SEEN_BEHIND: u64 = 5_000;
/// The largest page.
const MOST_PER_PAGE: u64 = 1000;

/// Which page is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    page: u64,
    per_page: u64,
    after: Option<EntryId>,
    /// How many items come before it, if a page before it ended early.
    offset: Option<u64>,
}

/// A page of a list.
#[derive(Debug)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Whether there are more behind it.
    pub more: bool,
    /// How many there are in all, where that is known.
    pub total: Option<u64>,
    /// The last entry on it, where the next page is found sooner if that is known.
    pub after: Option<EntryId>,
}

impl From<EntryPage> for Page<Entry> {
    fn from(EntryPage { entries: items, more, total, after }: EntryPage) -> Self {
        Self { items, more, total, after }
    }
}

/// A page in the making, out of a long list.
pub struct Cutter<T> {
    skip: u64,
    take: usize,
    seen: u64,
    items: Vec<T>,
}

impl<T> Cutter<T> {
    /// The next of the list.
    pub fn push(&mut self, item: T) {
        if self.seen >= self.skip && self.items.len() < self.take {
            self.items.push(item);
        }
        self.seen += 1;
    }

    /// Whether the page is complete, and so much of what is behind it was seen that its end is not looked for.
    pub fn is_far_behind(&self) -> bool {
        self.seen > self.skip + self.take as u64 + SEEN_BEHIND
    }

    /// The page; how many there are in all is known if the list has come to its `end`.
    pub fn page(self, end: bool) -> Page<T> {
        let more = self.seen > self.skip + self.take as u64;
        Page { items: self.items, more, total: end.then_some(self.seen), after: None }
    }
}

impl Paging {
    /// From `page` and `per_page`.
    pub fn of(query: &Query) -> Result<Self, NokoError> {
        let number = |name: &'static str, default: u64, most: u64| match query.text(name) {
            None => Ok(default),
            Some(text) => match text.parse::<u64>() {
                Ok(number) if number >= 1 => Ok(number.min(most)),
                _ => Err(NokoError::invalid(vec![FieldError::new("Page", name, "invalid")])),
            },
        };
        let page = number("page", 1, u64::from(u32::MAX))?;
        let per_page = number("per_page", PER_PAGE, MOST_PER_PAGE)?;
        // Whoever turns to another page by its number means that page.
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

    /// The page, as the search for entries takes it.
    pub fn wanted(&self) -> WantedPage {
        WantedPage { after: self.after, skip: self.skip(), take: self.take(), heaviest: LARGEST }
    }

    /// How many come before the page.
    pub fn skip(&self) -> u64 {
        self.offset.unwrap_or((self.page - 1) * self.per_page)
    }

    /// How many it holds at most.
    pub fn take(&self) -> usize {
        usize::try_from(self.per_page).expect("at most a thousand")
    }

    /// The page out of a whole list.
    pub fn cut<T>(&self, all: Vec<T>) -> Page<T> {
        let total = all.len() as u64;
        let skip = usize::try_from(self.skip()).unwrap_or(usize::MAX);
        let items = all.into_iter().skip(skip).take(self.take()).collect();
        Page { items, more: total > self.skip() + self.per_page, total: Some(total), after: None }
    }

    /// The page out of a list that is too long to be held: what passes is pushed one by one.
    pub fn cutter<T>(&self) -> Cutter<T> {
        Cutter { skip: self.skip(), take: self.take(), seen: 0, items: Vec::new() }
    }

    /// The answer: as much of the page as fits, with its links. `shown` are the first items of the page, or all.
    pub fn answer<T>(
        &self,
        base: &str,
        uri: &Uri,
        page: Page<T>,
        mut shown: Vec<Value>,
    ) -> (HeaderMap, Json<Vec<Value>>) {
        let mut room = Room::of(LARGEST);
        let fit = shown.iter().take_while(|item| room.take(item)).count();
        // A page without an item would be the end of the list to a client. No single item is as large as an answer.
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

/// What the links of a page are made of.
struct Links<'a> {
    paging: &'a Paging,
    base: &'a str,
    uri: &'a Uri,
    /// It, or a page before it, ended early.
    is_early: bool,
    more: bool,
    total: Option<u64>,
    /// The item that the next page begins behind, if its link says so.
    after: Option<u64>,
    /// How many items come before the next page.
    before_next: u64,
}

impl Links<'_> {
    /// The `Link` header: `first` and `prev` from the second page on, `next` and `last` where there are more.
    fn headers(&self) -> HeaderMap {
        let Paging { page, per_page, .. } = *self.paging;
        let last = self.total.map(|total| total.div_ceil(per_page).max(1));
        let mut links = Vec::new();
        if page > 1 {
            links.push((1, "first"));
        }
        if page > 1 && !self.is_early {
            // Behind the end, the page before is the last one.
            links.push((last.map_or(page - 1, |last| last.min(page - 1)), "prev"));
        }
        if self.more {
            links.push((page + 1, "next"));
            links.extend(last.map(|last| (last, "last")));
        }
        let link = |(page, rel)| format!("<{}{}?{}>; rel=\"{rel}\"", self.base, self.uri.path(), self.query(page, rel));
        let links: Vec<_> = links.into_iter().map(link).collect();
        let value = HeaderValue::from_str(&links.join(", ")).ok().filter(|value| !value.is_empty());
        value.map(|value| (LINK, value)).into_iter().collect()
    }

    /// The query of the request with another page; tokens stay out of links.
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
