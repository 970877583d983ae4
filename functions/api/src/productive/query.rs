//! The query language of the door: filters, sorts, includes, sparse fieldsets and pages, read without any I/O.
//!
//! A parameter that an endpoint does not know is refused by its name, because a mistyped filter must not list everything;
//! JSON:API asks for that too. Of two parameters with the same name the last one wins.

mod brackets;
pub mod filter;
pub mod matching;
pub mod page;

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use self::brackets::{Node, trees};
use self::filter::{Field, Filter, Filtering};
use self::page::Page;
use super::error::{
    ErrorKind, ProductiveError, UNSUPPORTED_FIELDS, UNSUPPORTED_FILTER, UNSUPPORTED_GROUP, UNSUPPORTED_INCLUDE,
    UNSUPPORTED_PARAMETER, UNSUPPORTED_SORT,
};
use crate::answer::{CELL, shortened};

/// The parameters that an endpoint takes. Any other parameter is answered with 400.
#[derive(Debug)]
pub struct Endpoint {
    /// The type of the resources, for example `people`.
    pub kind: &'static str,
    /// The fields by which a list is filtered, and empty for a single resource.
    pub filters: &'static [Field],
    /// The fields by which a list is sorted, and empty for a single resource.
    pub sorts: &'static [&'static str],
    /// The paths of related resources that may be included, for example `creator.company`.
    pub includes: &'static [&'static str],
    /// The paths which are included unless the query has an `include` of its own, which may be empty.
    pub included: &'static [&'static str],
    /// True for a list, which alone takes `filter`, `sort` and `page`.
    pub is_list: bool,
}

/// A field by which a list is sorted, in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The name of the field, without the `-` that asks for descending order.
    pub field: &'static str,
    /// True for the highest value first, in which case resources without a value come first.
    pub descending: bool,
}

/// The members that a query asks for, by type of resource. A type that is not named is shown whole.
pub type Fieldsets = BTreeMap<&'static str, BTreeSet<String>>;

/// The query of a request, as read for an endpoint.
#[derive(Debug)]
pub struct Query {
    /// The filter, which holds for everything if the query has none.
    pub filter: Filter,
    /// The sorts, the most important first, or empty for the order by id.
    pub sort: Vec<Sort>,
    /// The paths of related resources to include, with all paths that lead there.
    pub include: BTreeSet<&'static str>,
    /// The members to show of each type of resource.
    pub fields: Fieldsets,
    /// The page by number or behind a cursor, by default the first page by number.
    pub page: Page,
    /// The parameters as sent, decoded, of which the links to other pages are made.
    pub pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads a query for an endpoint. `members` lists the attributes and relationships of each type, and `by_days`
    /// tells whether filters compare times by days. The first wrong parameter is answered with 400 and its name.
    pub fn read(
        query: &str,
        endpoint: &Endpoint,
        members: &[(&'static str, Vec<&'static str>)],
        zone: &TimeZone,
        by_days: bool,
    ) -> Result<Self, ProductiveError> {
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(query).map_err(|_| UNSUPPORTED_PARAMETER.saying("The query cannot be read"))?;
        let trees = trees(&pairs);
        for name in trees.keys() {
            let is_known = match name.as_str() {
                "filter" | "sort" | "page" => endpoint.is_list,
                "include" | "fields" => true,
                _ => false,
            };
            if !is_known {
                return Err(match name.as_str() {
                    "filter" => no(UNSUPPORTED_FILTER, "Filter", name),
                    "sort" => no(UNSUPPORTED_SORT, "Sort", name),
                    "group" => no(UNSUPPORTED_GROUP, "Group", name),
                    name => no(UNSUPPORTED_PARAMETER, "Parameter", name),
                });
            }
        }
        let filtering = Filtering { fields: endpoint.filters, zone, by_days };
        let filter = trees.get("filter").map(|node| filtering.read(node)).transpose()?.unwrap_or_default();
        let sort = sorts(trees.get("sort"), endpoint)?;
        let page = Page::read(trees.get("page"), endpoint.kind, &sort)?;
        let include = includes(trees.get("include"), endpoint)?;
        let fields = fieldsets(trees.get("fields"), members)?;
        Ok(Self { filter, sort, include, fields, page, pairs })
    }
}

fn no(kind: ErrorKind, what: &str, name: &str) -> ProductiveError {
    kind.saying(format!("{what} '{}' is not supported on this endpoint", shortened(name, CELL)))
}

/// The comma-separated words of a parameter without brackets, without empty words. `None` if the query does
/// not have the parameter.
fn words<'n>(node: Option<&'n Node>, kind: ErrorKind, what: &str) -> Result<Option<Vec<&'n str>>, ProductiveError> {
    let Some(node) = node else { return Ok(None) };
    if let Some(name) = node.names.keys().next() {
        return Err(no(kind, what, name));
    }
    let words = node.values.iter().flat_map(|value| value.split(',')).map(str::trim);
    Ok(Some(words.filter(|word| !word.is_empty()).collect()))
}

fn sorts(node: Option<&Node>, endpoint: &Endpoint) -> Result<Vec<Sort>, ProductiveError> {
    let mut sorts: Vec<Sort> = Vec::new();
    for word in words(node, UNSUPPORTED_SORT, "Sort")?.unwrap_or_default() {
        let (name, descending) = word.strip_prefix('-').map_or((word, false), |name| (name, true));
        let field = endpoint.sorts.iter().find(|known| **known == name);
        let field = *field.ok_or_else(|| no(UNSUPPORTED_SORT, "Sort", name))?;
        // A field that comes a second time settles nothing.
        if sorts.iter().all(|sort| sort.field != field) {
            sorts.push(Sort { field, descending });
        }
    }
    Ok(sorts)
}

/// The paths to include. A path brings the paths that lead to it, so `creator.company` includes `creator`.
fn includes(node: Option<&Node>, endpoint: &Endpoint) -> Result<BTreeSet<&'static str>, ProductiveError> {
    let Some(words) = words(node, UNSUPPORTED_INCLUDE, "Include")? else {
        return Ok(endpoint.included.iter().copied().collect());
    };
    let mut paths = BTreeSet::new();
    for word in words {
        let path = endpoint.includes.iter().find(|known| **known == word);
        let path = *path.ok_or_else(|| no(UNSUPPORTED_INCLUDE, "Include", word))?;
        paths.extend(endpoint.includes.iter().filter(|known| path == **known || is_before(known, path)));
    }
    Ok(paths)
}

fn is_before(short: &str, long: &str) -> bool {
    long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'))
}

fn fieldsets(node: Option<&Node>, members: &[(&'static str, Vec<&'static str>)]) -> Result<Fieldsets, ProductiveError> {
    let mut sets = Fieldsets::new();
    let Some(node) = node else { return Ok(sets) };
    if let Some(value) = node.last() {
        return Err(no(UNSUPPORTED_FIELDS, "Fields", value));
    }
    for (kind, inner) in &node.names {
        let known = members.iter().find(|(known, _)| known == kind);
        let (kind, members) = known.ok_or_else(|| no(UNSUPPORTED_FIELDS, "Fields", kind))?;
        let names = words(Some(inner), UNSUPPORTED_FIELDS, "Fields")?.unwrap_or_default();
        if let Some(name) = names.iter().find(|name| !members.contains(name)) {
            return Err(no(UNSUPPORTED_FIELDS, "Field", &format!("{kind}.{name}")));
        }
        sets.insert(kind, names.into_iter().map(str::to_owned).collect());
    }
    Ok(sets)
}

#[cfg(test)]
mod tests;
