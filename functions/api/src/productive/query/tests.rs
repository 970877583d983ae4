//! Tests of the query language against a naive reading of the same filters.

#![allow(clippy::unwrap_used, reason = "tests")]

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::filter::{Condition, Filter, Kind, Operand, Operator};
use super::matching::{Datum, Filtered, Place};
use super::page::Start;
use super::*;
use axum::response::IntoResponse;

const FIELDS: &[Field] = &[
    Field { name: "id", kind: Kind::Id },
    Field { name: "name", kind: Kind::Name },
    Field { name: "email", kind: Kind::Text },
    Field { name: "created_at", kind: Kind::Time },
    Field { name: "due_days", kind: Kind::Number },
    Field { name: "sample", kind: Kind::Flag },
    Field { name: "status", kind: Kind::Words(&[("active", "1"), ("archived", "2")]) },
    Field { name: "tags", kind: Kind::Tags },
];

static LIST: Endpoint = Endpoint {
    kind: "people",
    filters: FIELDS,
    sorts: &["id", "name", "due_days"],
    includes: &["creator", "creator.company"],
    included: &["creator"],
    is_list: true,
};

fn members() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![("people", vec!["name", "email", "company"]), ("companies", vec!["name"])]
}

fn read(query: &str) -> Result<Query, ProductiveError> {
    Query::read(query, &LIST, &members(), &TimeZone::UTC, true)
}

/// The error object of a refused query, as code and detail.
fn refused(query: &str) -> (String, String) {
    let error = read(query).expect_err(query);
    assert_eq!(error.clone().into_response().status(), 400, "{query}");
    let text = format!("{error:?}");
    let between = |from: &str| text.split(from).nth(1).unwrap().split('"').next().unwrap().to_owned();
    (between("code: \""), between("detail: String(\""))
}

#[derive(Clone, Debug)]
struct Resource {
    id: u64,
    name: Option<String>,
    email: String,
    created_at: i64,
    due_days: Option<i64>,
    sample: Option<bool>,
    status: &'static str,
    tags: Vec<String>,
}

impl Filtered for Resource {
    fn number(&self) -> u64 {
        self.id
    }

    fn datum(&self, field: &str) -> Datum<'_> {
        match field {
            "id" => Datum::Number(self.id.try_into().unwrap()),
            "name" => self.name.as_deref().map_or(Datum::Null, Datum::Text),
            "email" => Datum::Text(&self.email),
            "created_at" => Datum::Time(self.created_at),
            "due_days" => self.due_days.map_or(Datum::Null, Datum::Number),
            "sample" => self.sample.map_or(Datum::Null, Datum::Flag),
            "status" => Datum::Word(self.status),
            "tags" => Datum::Tags(&self.tags),
            other => panic!("{other} is no field"),
        }
    }
}

/// A filter as somebody means it.
#[derive(Clone, Debug)]
enum Meant {
    Group(bool, Vec<Meant>),
    Is(&'static str, &'static str, Vec<String>),
}

/// The evaluation by words, which knows nothing of the door's code: values are compared as people write them.
fn means(meant: &Meant, of: &Resource) -> bool {
    let (field, operator, values) = match meant {
        Meant::Group(_, members) if members.is_empty() => return true,
        Meant::Group(false, members) => return members.iter().all(|member| means(member, of)),
        Meant::Group(true, members) => return members.iter().any(|member| means(member, of)),
        Meant::Is(field, operator, values) => (*field, *operator, values),
    };
    let day = |ms: i64| jiff::Timestamp::from_millisecond(ms).unwrap().to_zoned(TimeZone::UTC).date().to_string();
    let texts: Vec<String> = match field {
        "id" => vec![of.id.to_string()],
        "name" => vec![of.name.clone().unwrap_or_default().to_lowercase()],
        "email" => vec![of.email.to_lowercase()],
        "created_at" => vec![day(of.created_at)],
        "due_days" => vec![of.due_days.map_or("null".to_owned(), |days| days.to_string())],
        "sample" => vec![of.sample.map_or("null".to_owned(), |sample| sample.to_string())],
        "status" => vec![of.status.to_owned()],
        _ => of.tags.iter().map(|tag| tag.to_lowercase()).collect(),
    };
    let mut wanted: Vec<String> = values.iter().map(|value| value.to_lowercase()).collect();
    if field == "name" && matches!(operator, "eq" | "not_eq") {
        let parts: Vec<String> =
            wanted.iter().flat_map(|value| value.split(',')).map(|part| part.trim().to_owned()).collect();
        wanted.extend(parts);
    }
    let number = |text: &str| text.parse::<i64>().ok();
    // Days sort as texts, numbers do not.
    let is = |test: fn(std::cmp::Ordering) -> bool| {
        texts.iter().any(|text| match (number(text), number(&wanted[0])) {
            (Some(one), Some(other)) => test(one.cmp(&other)),
            _ => text != "null" && test(text.as_str().cmp(&wanted[0])),
        })
    };
    match operator {
        "eq" => texts.iter().any(|text| wanted.contains(text)),
        "not_eq" => !texts.iter().any(|text| wanted.contains(text)),
        "contains" => texts.iter().any(|text| wanted.iter().any(|part| text.contains(part.as_str()))),
        "not_contain" => !texts.iter().any(|text| wanted.iter().any(|part| text.contains(part.as_str()))),
        "gt" => is(std::cmp::Ordering::is_gt),
        "gt_eq" => is(std::cmp::Ordering::is_ge),
        "lt" => is(std::cmp::Ordering::is_lt),
        _ => is(std::cmp::Ordering::is_le),
    }
}

/// The parameters by which a client asks for a filter. `style` varies the spelling.
fn written(meant: &Meant, prefix: &str, style: u8, pairs: &mut Vec<(String, String)>) {
    match meant {
        Meant::Group(is_any, members) => {
            if *is_any || style & 1 == 1 {
                pairs.push((format!("{prefix}[$op]"), if *is_any { "or" } else { "and" }.to_owned()));
            }
            for (at, member) in members.iter().enumerate() {
                written(member, &format!("{prefix}[{at}]"), style, pairs);
            }
        }
        Meant::Is(field, operator, values) => {
            let name = match (*operator, style & 2) {
                ("eq", 0) => format!("{prefix}[{field}]"),
                _ => format!("{prefix}[{field}][{operator}]"),
            };
            let is_list = values.len() > 1 && (style & 4 == 4 || *field == "name");
            match is_list {
                true => pairs.extend(values.iter().map(|value| (format!("{name}[]"), value.clone()))),
                false => pairs.push((name, values.join(","))),
            }
        }
    }
}

fn resource() -> impl Strategy<Value = Resource> {
    let name = proptest::option::of(proptest::sample::select(vec!["Ada", "ada", "Bo, Inc.", "Quay", "Quay 7"]));
    let email = proptest::sample::select(vec!["ada@example.com", "BO@example.org", ""]);
    let tags = proptest::sample::subsequence(vec!["Red", "blue", "dark blue"], 0..=3);
    let rest = (proptest::option::of(0_i64..4), proptest::option::of(any::<bool>()), any::<bool>());
    (0_u64..5, name, email, 0_i64..4, tags, rest).prop_map(
        |(id, name, email, day, tags, (due_days, sample, active))| {
            Resource {
                id,
                name: name.map(str::to_owned),
                email: email.to_owned(),
                // An hour of a day after the first of March 2026.
                created_at: 1_772_323_200_000 + day * 43_200_000,
                due_days,
                sample,
                status: if active { "active" } else { "archived" },
                tags: tags.into_iter().map(str::to_owned).collect(),
            }
        },
    )
}

fn condition() -> impl Strategy<Value = Meant> {
    const TEXT: &[&str] = &["eq", "not_eq", "contains", "not_contain"];
    const ORDER: &[&str] = &["eq", "not_eq", "gt", "gt_eq", "lt", "lt_eq"];
    const PLAIN: &[&str] = &["eq", "not_eq"];
    let of = |field: &'static str, operators: &'static [&'static str], values: &'static [&'static str]| {
        let values = proptest::collection::vec(proptest::sample::select(values), 1..3);
        (proptest::sample::select(operators), values).prop_map(move |(operator, mut values)| {
            if operator.starts_with(['g', 'l']) {
                values.truncate(1);
                if values[0] == "null" {
                    values[0] = "1";
                }
            }
            Meant::Is(field, operator, values.into_iter().map(str::to_owned).collect())
        })
    };
    prop_oneof![
        of("id", ORDER, &["0", "1", "4"]),
        of("name", TEXT, &["ADA", "bo, inc.", "quay", "7", "quay 7, ada"]),
        of("email", TEXT, &["ada@EXAMPLE.com", "example", "@"]),
        of("created_at", ORDER, &["2026-03-01", "2026-03-02", "2026-02-28"]),
        of("due_days", ORDER, &["0", "2", "null"]),
        of("sample", PLAIN, &["true", "false", "null"]),
        of("status", PLAIN, &["active", "archived"]),
        of("tags", TEXT, &["red", "BLUE", "dark"]),
    ]
}

fn meant() -> impl Strategy<Value = Meant> {
    let group = |members: BoxedStrategy<Meant>| {
        (any::<bool>(), proptest::collection::vec(members, 1..4)).prop_map(|(is_any, all)| Meant::Group(is_any, all))
    };
    // A condition stands in a group of its own, as `filter[0][name]=x` does.
    let alone = || condition().prop_map(|condition| Meant::Group(false, vec![condition]));
    let flat = |condition: Meant| match condition {
        Meant::Group(false, mut one) if matches!(one[..], [Meant::Is(..)]) => one.remove(0),
        other => other,
    };
    let inner = group(alone().prop_map(flat).boxed());
    let middle = group(prop_oneof![alone().prop_map(flat), inner].boxed());
    group(prop_oneof![alone().prop_map(flat), middle].boxed())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_filter_passes_what_a_naive_reading_passes(
        meant in meant(),
        resources in proptest::collection::vec(resource(), 20),
        style in 0_u8..8,
        encoded: bool,
    ) {
        let mut pairs = Vec::new();
        written(&meant, "filter", style, &mut pairs);
        let query = match encoded {
            true => serde_urlencoded::to_string(&pairs).unwrap(),
            false => pairs.iter().map(|(n, v)| format!("{n}={}", v.replace(' ', "+"))).collect::<Vec<_>>().join("&"),
        };
        let filter = read(&query).unwrap_or_else(|error| panic!("{query}: {error:?}")).filter;
        for resource in &resources {
            prop_assert_eq!(filter.passes(resource), means(&meant, resource), "{} {:?}", query, resource);
        }
    }

    #[test]
    fn any_query_is_read_or_refused_and_links_keep_its_filter(query in "(&?(filter|sort|page|include|fields|x)?(\\[[a-z0-9$]{0,5}\\]){0,4}=?[a-z0-9,%-]{0,6}){0,5}") {
        if let Ok(read_once) = read(&query) {
            let links = page::Links { url: "http://x", kind: "people", pairs: &read_once.pairs };
            let (links, _) = links.of(&read_once.page, page::Found::Total(1000));
            let first = links["first"].as_str().unwrap().split_once('?').unwrap().1.to_owned();
            let again = read(&first).unwrap_or_else(|error| panic!("{first}: {error:?}"));
            prop_assert_eq!((again.filter, again.sort, again.fields), (read_once.filter, read_once.sort, read_once.fields));
        }
    }

    #[test]
    fn a_sorted_list_is_the_one_that_a_naive_sort_gives(mut resources in proptest::collection::vec(resource(), 0..20), down: bool) {
        let query = if down { "sort=-due_days" } else { "sort=due_days" };
        let sort = read(query).unwrap().sort;
        let mut naive = resources.clone();
        // Absent values are last, and first in descending order; equal ones by id.
        naive.sort_by_key(|one| {
            let days = one.due_days.unwrap_or(i64::MAX);
            (if down { -i128::from(days) } else { i128::from(days) }, one.id)
        });
        resources.sort_by_key(|one| Place::of(one, &sort));
        let ids = |all: &[Resource]| all.iter().map(|one| (one.due_days, one.id)).collect::<Vec<_>>();
        prop_assert_eq!(ids(&resources), ids(&naive));
    }
}

#[test]
fn the_grouped_form_that_clients_send_is_read() {
    let filter = read("filter[$op]=and&filter[0][status][eq][]=1&filter[1][name][contains]=a").unwrap().filter;
    let is = |field, operator, operand| Filter::Is(Condition { field, operator, operands: vec![operand] });
    let status = Filter::All(vec![is("status", Operator::Eq, Operand::Word("active"))]);
    let name = Filter::All(vec![is("name", Operator::Contains, Operand::Text("a".to_owned()))]);
    assert_eq!(filter, Filter::All(vec![status, name]));
}

#[test]
fn what_an_endpoint_does_not_take_is_refused_by_its_name() {
    for (query, code, said) in [
        ("filter[x]=1", "unsupported_filter", "Filter 'x' is not supported on this endpoint"),
        ("filter[x][eq]=1", "unsupported_filter", "Filter 'x' is not supported on this endpoint"),
        ("filter=1", "unsupported_filter", "Filter '1' is not supported on this endpoint"),
        ("filter[name][gt]=1", "unsupported_filter", "Filter 'name' does not support the operator 'gt'"),
        ("filter[id][contains]=1", "unsupported_filter", "Filter 'id' does not support the operator 'contains'"),
        ("filter[id][like]=1", "unsupported_filter", "Filter 'id' does not support the operator 'like'"),
        ("filter[name][eq][x]=1", "unsupported_filter", "Filter 'name'"),
        ("filter[0][0][0][0][0][name]=1", "unsupported_filter", "more than 4 deep"),
        (
            "filter[$op]=xor&filter[0][name]=1",
            "unsupported_filter_value",
            "Value 'xor' is not supported for filter '$op'",
        ),
        ("filter[id]=x", "unsupported_filter_value", "Value 'x' is not supported for filter 'id'"),
        ("filter[due_days][gt]=", "unsupported_filter_value", "filter 'due_days'"),
        ("filter[id]=-1", "unsupported_filter_value", "filter 'id'"),
        ("filter[due_days][gt]=1,2", "unsupported_filter_value", "filter 'due_days'"),
        ("filter[due_days][gt]=null", "unsupported_filter_value", "filter 'due_days'"),
        ("filter[sample]=maybe", "unsupported_filter_value", "Value 'maybe' is not supported for filter 'sample'"),
        ("filter[status]=3", "unsupported_filter_value", "filter 'status'"),
        ("filter[created_at]=soon", "unsupported_filter_value", "filter 'created_at'"),
        ("filter[created_at]=2026-02-30", "unsupported_filter_value", "filter 'created_at'"),
        ("filter[created_at]=2026-02-03T00:00:00", "unsupported_filter_value", "filter 'created_at'"),
        ("sort=email", "unsupported_sort", "Sort 'email' is not supported on this endpoint"),
        ("sort[id]=asc", "unsupported_sort", "Sort 'id'"),
        ("group=name", "unsupported_group", "Group 'group'"),
        ("include=tasks", "unsupported_include", "Include 'tasks' is not supported on this endpoint"),
        ("fields[tasks]=name", "unsupported_fields", "Fields 'tasks'"),
        ("fields[people]=phone", "unsupported_fields", "Field 'people.phone'"),
        ("fields=name", "unsupported_fields", "Fields 'name'"),
        ("perpage=3", "unsupported_parameter", "Parameter 'perpage' is not supported on this endpoint"),
        ("filters[name]=3", "unsupported_parameter", "Parameter 'filters'"),
        ("page=3", "unsupported_parameter", "Parameter 'page[3]'"),
        ("page[limit]=3", "unsupported_parameter", "Parameter 'page[limit]'"),
        ("page[size]=0", "invalid_page", "page[size] must be a number from 1, not '0'"),
        ("page[size]=-1", "invalid_page", "page[size]"),
        ("page[size]=x", "invalid_page", "page[size]"),
        ("page[number]=0", "invalid_page", "page[number]"),
        ("page[number]=", "invalid_page", "page[number]"),
        ("page[after]=&page[number]=1", "keyset_conflict", "cannot be used together"),
        ("page[after]=&sort=name", "keyset_unsupported_sort", "order by id"),
        ("page[after]=&sort=-id", "keyset_unsupported_sort", "order by id"),
        ("page[after]=x", "keyset_invalid_cursor", "no cursor"),
    ] {
        let (found, detail) = refused(query);
        assert_eq!(found, code, "{query}: {detail}");
        assert!(detail.contains(said), "{query}: {detail}");
    }
}

#[test]
fn pages_sorts_includes_and_fieldsets_are_read() {
    let query = read("page[size]=1000&sort=-name,id,name&include=creator.company&fields[people]=name,email").unwrap();
    assert_eq!(query.page, Page { size: 200, start: Start::Number(1) });
    let sort = |field, descending| Sort { field, descending };
    assert_eq!(query.sort, [sort("name", true), sort("id", false)]);
    assert_eq!(query.include, BTreeSet::from(["creator", "creator.company"]));
    assert_eq!(query.fields, Fieldsets::from([("people", BTreeSet::from(["name".to_owned(), "email".to_owned()]))]));
    assert_eq!(read("").unwrap().include, BTreeSet::from(["creator"]));
    assert_eq!(read("include=").unwrap().include, BTreeSet::new());
    assert_eq!(read("page[after]=&sort=id").unwrap().page.start, Start::After(None));
    assert_eq!(read("page[number]=1&page[number]=4").unwrap().page.start, Start::Number(4));
}

#[test]
fn times_are_compared_by_days_of_the_zone_unless_the_client_asks_for_instants() {
    let zone = TimeZone::fixed(jiff::tz::offset(2));
    let one = |created_at: &str| Resource {
        id: 1,
        name: None,
        email: String::new(),
        created_at: created_at.parse::<jiff::Timestamp>().unwrap().as_millisecond(),
        due_days: None,
        sample: None,
        status: "active",
        tags: Vec::new(),
    };
    let passes = |query: &str, by_days: bool, at: &str| {
        Query::read(query, &LIST, &members(), &zone, by_days).unwrap().filter.passes(&one(at))
    };
    // Half past ten in the evening is after midnight in the zone.
    assert!(passes("filter[created_at]=2026-03-02", true, "2026-03-01T22:30:00Z"));
    assert!(!passes("filter[created_at]=2026-03-02", false, "2026-03-01T22:30:00Z"));
    assert!(passes("filter[created_at][gt]=2026-03-02", false, "2026-03-01T22:30:00Z"));
    assert!(!passes("filter[created_at][gt]=2026-03-02", true, "2026-03-01T22:30:00Z"));
    let instant = "filter[created_at][gt_eq]=2026-03-02T00:30:00%2B02:00";
    assert!(passes(instant, false, "2026-03-01T22:30:00Z") && !passes(instant, false, "2026-03-01T22:29:59.999Z"));
    assert!(passes(instant, true, "2026-03-01T22:00:00Z"));
}
