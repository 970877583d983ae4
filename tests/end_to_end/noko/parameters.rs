//! Tests of every query parameter at every endpoint. An endpoint refuses an unknown parameter by its name, and a
//! known parameter gives the same result as a full count.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use api::noko::{Endpoint, endpoints};
use reqwest::Method;
use serde_json::{Value, json};
use shared::entries::Entry;

use crate::files::{FRECKLE, toggl};
use crate::stack::Stack;
use crate::world::Draw;

/// Parameters which every endpoint knows.
const EVERYWHERE: [&str; 6] = ["page", "per_page", "after", "noko_token", "freckle_token", "access_token"];
/// Number of random values for each parameter of each list.
const DRAWS: usize = 3;
/// Number of random pairs of parameters for each list.
const PAIRS: usize = 12;

fn id(thing: &Value) -> u64 {
    thing["id"].as_u64().unwrap_or_default()
}

fn ids(list: &[Value]) -> Vec<u64> {
    list.iter().map(id).collect()
}

/// A pair of a query, with every byte of the value percent-encoded.
fn pair(name: &str, value: &str) -> String {
    let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("{name}={value}")
}

/// All parameter names of any endpoint, together with some unknown names.
fn names() -> BTreeSet<&'static str> {
    let known = endpoints().into_iter().flat_map(|endpoint| {
        endpoint.parameters.single.iter().chain(endpoint.parameters.lists).copied().collect::<Vec<_>>()
    });
    known.chain(["nonsense", "token", "user_id", "sort", "q", "search[people]", "From", "offset"]).collect()
}

#[tokio::test]
async fn every_endpoint_refuses_by_name_what_it_does_not_know() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let every = endpoints();
    assert!(every.len() > 25, "{} endpoints", every.len());
    for Endpoint { method, path, parameters } in &every {
        let path = format!("/v2{}", path.replace("{id}", "1"));
        let known = |name: &str| parameters.single.contains(&name) || parameters.lists.contains(&name);
        let strange = names().into_iter().filter(|name| !known(name)).map(str::to_owned);
        // Brackets belong to lists only, and contain a number or nothing.
        let single = parameters.single.iter().chain(&EVERYWHERE).map(|name| format!("{name}[]"));
        let lists = parameters.lists.iter().map(|name| format!("{name}[x]"));
        let strange: Vec<_> = strange.chain(single).chain(lists).collect();
        for some in strange.chunks(20) {
            let query: Vec<_> = some.iter().map(|name| pair(name, "1")).collect();
            let request = stack.request(method.clone(), &format!("{path}?{}", query.join("&")));
            let refused = stack.answer(request).await?;
            let what = format!("{method} {path} with {some:?}: {}", refused.text);
            let refused = refused.expect(422).with_context(|| what.clone())?;
            assert_eq!(refused["message"], "Validation Failed", "{what}");
            let errors = refused["errors"].as_array().cloned().unwrap_or_default();
            let named: Vec<_> = errors.iter().filter_map(|error| error["field"].as_str()).collect();
            assert_eq!(named, some, "{what}");
            assert!(errors.iter().all(|error| error["resource"] == parameters.resource), "{what}");
        }
        // A request without a token learns nothing about parameters.
        let bare = stack.answer(stack.bare(method.clone(), &format!("{path}?nonsense=1"))).await?;
        assert_eq!(bare.status, 401, "{method} {path}");
    }
    // These parameters are known at every endpoint.
    for Endpoint { method, path, .. } in every.iter().filter(|endpoint| endpoint.method == Method::GET) {
        let query = "page=1&per_page=2&noko_token=demo&freckle_token=x&access_token=x";
        let path = format!("/v2{}?{query}", path.replace("{id}", "1"));
        let answer = stack.answer(stack.request(method.clone(), &path)).await?;
        assert!([200, 404].contains(&answer.status.as_u16()), "{path}: {}", answer.text);
    }
    Ok(())
}

/// A number or null, in its form within a query.
fn as_text(value: &Value) -> String {
    value.to_string()
}

/// Computes from the shown item, independently of the product, whether the item passes a
/// parameter with these values.
fn passes(world: &World, kind: &str, name: &str, values: &[String], item: &Value) -> anyhow::Result<bool> {
    let value = values.first().map_or("", String::as_str);
    let one_of = |thing: &Value| values.contains(&as_text(thing));
    let text = |field: &str| item[field].as_str().unwrap_or_default().to_lowercase();
    let contains = |field: &str| text(field).contains(&value.to_lowercase());
    let truth = matches!(value, "true" | "1" | "yes");
    let day = |field: &str| item[field].as_str().unwrap_or_default().get(..10).unwrap_or_default().to_owned();
    Ok(match (kind, name) {
        ("Entry", "user_ids" | "users") => one_of(&item["user"]["id"]),
        ("Entry", "project_ids" | "projects") => one_of(&item["project"]["id"]),
        ("Entry", "import_ids" | "imports") => one_of(&item["import"]["id"]),
        ("Entry", "tag_ids" | "tags") => {
            let has: BTreeSet<_> =
                item["tags"].as_array().into_iter().flatten().map(|tag| tag["id"].to_string()).collect();
            !values.is_empty() && values.iter().all(|value| has.contains(value))
        }
        ("Entry", "tag_filter_type") => true,
        ("Entry", "description") => contains("description"),
        ("Entry", "from") => item["date"].as_str() >= Some(value),
        ("Entry", "to") => item["date"].as_str() <= Some(value),
        ("Entry", "updated_from") => item["updated_at"].as_str() >= Some(value),
        ("Entry", "updated_to") => item["updated_at"].as_str() <= Some(value),
        ("Entry", "invoiced") => world.invoiced.get(&id(item)).copied().unwrap_or_default() == truth,
        ("Entry", "invoiced_at_from" | "invoiced_at_to" | "invoice_ids" | "invoices") => !item["invoice"].is_null(),
        ("Entry", "approved_at_from" | "approved_at_to" | "approved_by_ids") => !item["approved_at"].is_null(),
        ("Entry" | "Project" | "Tag", "billable") => item["billable"] == truth,
        ("Project" | "Tag" | "Group", "name") => contains("name"),
        ("Project", "enabled") => item["enabled"] == truth,
        ("Project", "billing_increment" | "stepping") => as_text(&item[name]) == value,
        ("Project", "project_group_ids") => one_of(&item["group"]["id"]),
        ("Group", "project_ids") => {
            let of = |project: &&Value| one_of(&project["id"]) && project["group"]["id"] == item["id"];
            world.projects.iter().any(|project| of(&project))
        }
        ("User", "name") => {
            format!("{} {}", text("first_name"), text("last_name")).trim().contains(&value.to_lowercase())
        }
        ("User", "email") => contains("email"),
        ("User", "role") => match value {
            "admin" => item["role"] == "supervisor",
            "member" => item["role"] == "leader",
            "freelancer" => item["role"] == "contractor",
            role => item["role"] == role,
        },
        ("User", "state") => item["state"] == value,
        ("Import", "type" | "format") => item["type"] == value,
        ("Import", "user") => as_text(&item["user"]["id"]) == value,
        ("Import", "fallback_user") => as_text(&item["fallback_user"]["id"]) == value,
        ("Import", "import_tags" | "autocreate_projects") => item[name] == truth,
        ("Import", "from") => day("created_at").as_str() >= value,
        ("Import", "to") => day("created_at").as_str() <= value,
        ("Expense", _) => false,
        _ => anyhow::bail!("{name} of {kind} has no full count to be compared with: say here what passes"),
    })
}

/// The content of the stack, from which values are drawn.
struct World {
    users: Vec<Value>,
    projects: Vec<Value>,
    tags: Vec<Value>,
    groups: Vec<Value>,
    entries: Vec<Value>,
    imports: Vec<Value>,
    invoiced: BTreeMap<u64, bool>,
}

impl World {
    async fn read(stack: &Stack) -> anyhow::Result<Self> {
        let mut invoiced = BTreeMap::new();
        for ((pk, _), item) in stack.workspace().await? {
            if pk.contains("#entry#") {
                let entry: Entry = shared::store::decode(item)?;
                invoiced.insert(entry.id.0, entry.invoiced.unwrap_or_default());
            }
        }
        let all = async |kind: &str| stack.pages(&format!("/v2/{kind}?per_page=1000")).await;
        Ok(Self {
            users: all("users").await?,
            projects: all("projects").await?,
            tags: all("tags").await?,
            groups: all("groups").await?,
            entries: all("entries").await?,
            imports: all("imports").await?,
            invoiced,
        })
    }

    /// Draws the values of a parameter, which are several or none for a list and a single value otherwise.
    fn values(&self, draw: &mut Draw, kind: &str, name: &str) -> Vec<String> {
        let of = |draw: &mut Draw, things: &[Value], field: &str| {
            draw.of(things).map(|thing| thing[field].to_string().trim_matches('"').to_owned()).unwrap_or_default()
        };
        let some = |draw: &mut Draw, things: &[Value]| {
            let count = draw.below(4);
            (0..count).map(|_| if draw.one_in(5) { "5".to_owned() } else { of(draw, things, "id") }).collect()
        };
        let one = |value: String| vec![value];
        let word = |draw: &mut Draw, words: &[&str]| vec![(*draw.of(words).expect("some words")).to_owned()];
        match name {
            "user_ids" | "users" | "approved_by_ids" => some(draw, &self.users),
            "project_ids" | "projects" => some(draw, &self.projects),
            "tag_ids" | "tags" => some(draw, &self.tags),
            "project_group_ids" => some(draw, &self.groups),
            "import_ids" | "imports" | "invoice_ids" | "invoices" => some(draw, &self.imports),
            "billable" | "invoiced" | "enabled" | "import_tags" | "autocreate_projects" | "taxable" => {
                word(draw, &["true", "false", "1", "0", "yes", "no"])
            }
            "billing_increment" | "stepping" => word(draw, &["1", "15", "60"]),
            "price_from" | "price_to" => word(draw, &["1.5", "-2"]),
            "role" => word(draw, &["supervisor", "leader", "coworker", "contractor", "admin", "member", "freelancer"]),
            "state" => word(draw, &["active", "disabled", "pending", "suspended"]),
            "tag_filter_type" => one("and".to_owned()),
            "type" | "format" => word(draw, &["toggl", "freckle", "harvest"]),
            "user" => one(of(draw, &self.users, "id")),
            "fallback_user" if draw.one_in(3) => one("null".to_owned()),
            "fallback_user" => one(of(draw, &self.users, "id")),
            "email" => one(of(draw, &self.users, "email")[..4].to_uppercase()),
            "name" if kind == "User" => one(of(draw, &self.users, "last_name").to_uppercase()),
            "name" => word(draw, &["a", "PROJECT 1", "tag", "Client", "ö", "nowhere"]),
            "description" => word(draw, &["Entry 1", "fence", "ENTRY", "nowhere", "%"]),
            "updated_from" | "updated_to" => one(of(draw, &self.entries, "updated_at")),
            _ if kind == "Import" => word(draw, &["2001-01-01", "2999-01-01"]),
            _ => one(of(draw, &self.entries, "date")),
        }
    }
}

/// Writes a list in one of the forms which clients use.
fn written(draw: &mut Draw, name: &str, values: &[String]) -> String {
    let brackets = if draw.one_in(2) { "[]" } else { "%5B%5D" };
    if values.is_empty() {
        return format!("{name}{}=", if draw.one_in(2) { brackets } else { "" });
    }
    let each = |name: &dyn Fn(usize) -> String| {
        let pairs = values.iter().enumerate().map(|(at, value)| pair(&name(at), value));
        pairs.collect::<Vec<_>>().join("&")
    };
    match draw.below(5) {
        0 => format!("{name}={}", values.join(",")),
        1 => format!("{name}={}", values.join("%2C+")),
        2 => each(&|_| format!("{name}{brackets}")),
        3 => each(&|at| format!("{name}[{at}]")),
        _ => each(&|_| name.to_owned()),
    }
}

/// Fills the stack with three imports, with edits of entries and projects, and with people in several roles.
async fn inhabited(stack: &Stack) -> anyhow::Result<()> {
    for (email, first, last, role) in [
        ("kim@example.com", "Kim", "Stone", "supervisor"),
        ("mary.jo@example.org", "Mary", "Östlund", "contractor"),
        ("nameless@example.com", "", "", "coworker"),
    ] {
        let user = json!({ "email": email, "first_name": first, "last_name": last, "role": role });
        stack.send(Method::POST, "/v2/users", &user).await?.expect(201)?;
    }
    stack.import(toggl(23, 7, 5).as_bytes(), &[]).await?;
    stack.import(FRECKLE.as_bytes(), &[("fallback_user", "null"), ("import_tags", "false")]).await?;
    let header = "Date,Client,Project,Task,Notes,Hours,Billable?,Invoiced?,First Name,Last Name";
    let row = |day: u32| {
        let words = if day.is_multiple_of(2) { "Yes,No" } else { "No,Yes" };
        format!("2026-03-{day:02},Client 1,Fence,Task,Entry {day},1.0,{words},Kim,Stone")
    };
    let harvest: Vec<_> = [header.to_owned()].into_iter().chain((1..8).map(row)).collect();
    stack.import(harvest.join("\n").as_bytes(), &[("fallback_user", "2")]).await?;
    for (n, project) in stack.pages("/v2/projects").await?.iter().enumerate() {
        let step = [1, 15, 60][n % 3];
        let change = json!({ "billing_increment": step, "enabled": n % 2 == 0, "billable": n % 3 != 0 });
        stack.send(Method::PUT, &format!("/v2/projects/{}", project["id"]), &change).await?.expect(200)?;
    }
    for tag in stack.pages("/v2/tags?per_page=2").await?.iter().step_by(2) {
        let change = json!({ "billable": false });
        stack.send(Method::PUT, &format!("/v2/tags/{}", tag["id"]), &change).await?.expect(200)?;
    }
    // The edits get a later time than the imports.
    stack.system.services().clock.turn(std::time::Duration::from_secs(3600));
    for (n, entry) in stack.pages("/v2/entries").await?.iter().enumerate().step_by(4) {
        let change =
            json!({ "user_id": 1 + n % 4, "description": format!("changed #tag {n}"), "billable": n % 8 == 0 });
        stack.send(Method::PUT, &format!("/v2/entries/{}", entry["id"]), &change).await?.expect(200)?;
    }
    for n in 0..5 {
        let entry = json!({ "date": format!("2026-02-0{}", n + 1), "minutes": n, "project_name": "Fence" });
        stack.send(Method::POST, "/v2/entries", &entry).await?.expect(201)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_list_by_every_parameter_is_what_a_full_count_says() -> anyhow::Result<()> {
    let stack = Stack::start(4).await?;
    inhabited(&stack).await?;
    let world = World::read(&stack).await?;
    let mut draw = Draw(7);
    let (mut compared, mut found_some) = (0, 0);
    let lists = endpoints().into_iter().filter(|endpoint| {
        endpoint.method == Method::GET && endpoint.parameters.single.len() + endpoint.parameters.lists.len() > 0
    });
    for Endpoint { path, parameters, .. } in lists {
        let path = match path.split_once("/{id}") {
            None => format!("/v2{path}"),
            Some((all, rest)) => {
                let all = format!("/v2{all}");
                let things = stack.pages(&all).await?;
                format!("{all}/{}{rest}", draw.of(&things).map(id).context("something with an id")?)
            }
        };
        let all = stack.pages(&format!("{path}?per_page=1000")).await?;
        let names: Vec<_> = parameters.single.iter().chain(parameters.lists).copied().collect();
        let alone = names.iter().flat_map(|&name| std::iter::repeat_n(vec![name], DRAWS));
        let mut cases: Vec<Vec<&str>> = alone.collect();
        for _ in 0..PAIRS {
            cases.push((0..2).filter_map(|_| draw.of(&names).copied()).collect::<BTreeSet<_>>().into_iter().collect());
        }
        for case in cases {
            let kind = parameters.resource;
            let mut query = Vec::new();
            let mut expected = all.clone();
            for name in case {
                let values = world.values(&mut draw, kind, name);
                query.push(match parameters.lists.contains(&name) {
                    true => written(&mut draw, name, &values),
                    false => pair(name, values.first().map_or("", String::as_str)),
                });
                let passed = expected.iter().map(|item| passes(&world, kind, name, &values, item));
                let passed: Vec<bool> = passed.collect::<anyhow::Result<_>>()?;
                let mut passed = passed.into_iter();
                expected.retain(|_| passed.next().unwrap_or_default());
            }
            let query = format!("{path}?per_page={}&{}", 4 + draw.below(27), query.join("&"));
            let found = stack.pages(&query).await.with_context(|| query.clone())?;
            assert_eq!(ids(&found), ids(&expected), "{query}");
            compared += 1;
            found_some += usize::from(!found.is_empty() && found.len() < all.len());
        }
    }
    assert!(compared > 250 && found_some > compared / 8, "{found_some} of {compared} told some from others");
    Ok(())
}

#[tokio::test]
async fn an_empty_list_means_none_and_an_empty_value_is_refused() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    stack.import(toggl(5, 2, 2).as_bytes(), &[]).await?;
    for Endpoint { method, path, parameters } in endpoints() {
        if method != Method::GET || path.contains("{id}") && !path.starts_with("/imports") {
            continue;
        }
        let path = format!("/v2{}", path.replace("{id}", "1"));
        for list in parameters.lists {
            for empty in ["=", "[]=", "=,", ""] {
                for besides in ["", "&tag_filter_type=any", "&tag_filter_type=combination+of"] {
                    if besides.is_empty() || parameters.single.contains(&"tag_filter_type") {
                        let answer = stack.get(&format!("{path}?{list}{empty}{besides}")).await?;
                        assert_eq!(answer.expect(200)?, json!([]), "{path}?{list}{empty}{besides}");
                    }
                }
            }
        }
        // An empty text is contained in every text, while an empty value of any other parameter is refused.
        for single in parameters.single.iter().filter(|_| parameters.resource != "Expense") {
            let answer = stack.get(&format!("{path}?{single}=")).await?;
            let text = ["name", "email", "description"].contains(single);
            assert_eq!(answer.status, if text { 200 } else { 422 }, "{path}?{single}=");
        }
    }
    // A parameter with two different values is contradictory, so it is refused.
    let twice = stack.get("/v2/entries?billable=true&billable=false").await?.expect(422)?;
    assert_eq!(twice["errors"][0]["field"], "billable");
    stack.get("/v2/entries?billable=true&billable=true").await?.expect(200)?;
    Ok(())
}
