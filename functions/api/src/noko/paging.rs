//! Pages: `page` from 1, `per_page` up to 1000, and the `Link` header.

use axum::http::header::LINK;
use axum::http::{HeaderMap, HeaderValue, Uri};
use shared::id::{EntryId, Row};

use super::NokoError;
use super::error::FieldError;
use super::filter::Query;

/// A page when nothing else is asked for.
const PER_PAGE: u64 = 30;
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
        let number = |name: &str, default: u64, most: u64| match query.get(name) {
            None => Ok(default),
            Some(text) => match text.parse::<u64>() {
                Ok(number) if number >= 1 => Ok(number.min(most)),
                _ => Err(NokoError::invalid(vec![FieldError::new("Page", name, "invalid")])),
            },
        };
        let page = number("page", 1, u64::from(u32::MAX))?;
        let per_page = number("per_page", PER_PAGE, MOST_PER_PAGE)?;
        // Whoever turns to another page by its number means that page.
        let after = query.read("Page", "after", |text| {
            let (of, entry) = text.split_once('.')?;
            Some((of.parse::<u64>().ok()?, EntryId(entry.parse().ok()?)))
        })?;
        let after = after.filter(|(of, after)| *of == page && after.row() > Row(0)).map(|(_, after)| after);
        Ok(Self { page, per_page, after })
    }

    /// The entry that the page begins behind, if the link that led here said it.
    pub fn after(&self) -> Option<EntryId> {
        self.after
    }

    /// How many come before the page.
    pub fn skip(&self) -> u64 {
        (self.page - 1) * self.per_page
    }

    /// How many it holds at most.
    pub fn take(&self) -> usize {
        usize::try_from(self.per_page).expect("at most a thousand")
    }

    /// The page out of a list that is too long to be held: what passes is pushed one by one.
    pub fn cutter<T>(&self) -> Cutter<T> {
        Cutter { skip: self.skip(), take: self.take(), seen: 0, items: Vec::new() }
    }

    /// The `Link` header: `first` and `prev` from the second page on, `next` and `last` where there are more.
    pub fn links<T>(&self, base: &str, uri: &Uri, page: &Page<T>) -> HeaderMap {
        let last = page.total.map(|total| total.div_ceil(self.per_page).max(1));
        let mut links = Vec::new();
        if self.page > 1 {
            links.push((1, "first"));
            // Behind the end, the page before is the last one.
            links.push((last.map_or(self.page - 1, |last| last.min(self.page - 1)), "prev"));
        }
        if page.more {
            links.push((self.page + 1, "next"));
            links.extend(last.map(|last| (last, "last")));
        }
        let mut headers = HeaderMap::new();
        if !links.is_empty() {
            let after = |rel| page.after.filter(|_| rel == "next");
            let link =
                |(page, rel)| format!("<{base}{}?{}>; rel=\"{rel}\"", uri.path(), self.query(uri, page, after(rel)));
            let links: Vec<_> = links.into_iter().map(link).collect();
            if let Ok(value) = HeaderValue::from_str(&links.join(", ")) {
                headers.insert(LINK, value);
            }
        }
        headers
    }

    /// The query of the request with another page; tokens stay out of links.
    fn query(&self, uri: &Uri, page: u64, after: Option<EntryId>) -> String {
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(uri.query().unwrap_or_default()).unwrap_or_default();
        let left_out = ["page", "per_page", "after", "noko_token", "freckle_token", "access_token"];
        let mut pairs: Vec<_> = pairs.into_iter().filter(|(name, _)| !left_out.contains(&name.as_str())).collect();
        pairs.push(("page".to_owned(), page.to_string()));
        pairs.push(("per_page".to_owned(), self.per_page.to_string()));
        pairs.extend(after.map(|after| ("after".to_owned(), format!("{page}.{after}"))));
        serde_urlencoded::to_string(pairs).expect("pairs of text encode")
    }
}
