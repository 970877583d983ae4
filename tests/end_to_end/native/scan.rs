//! Tests of whole scans: each filter in each order, while imports are made and change between pages.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use shared::id::ImportId;
use shared::import::list::{self, ListOrder, ListPage, ListQuery, TimeRange};
use shared::import::{Change, Import, Status, transition};
use shared::inbox::shown::time;
use shared::portions::Portions;
use shared::services::Services;
use shared::store::{decode, keys};

use super::{ACCOUNT, make, page, stored};
use crate::stack::Stack;

/// The filters of a scan; times in milliseconds since 1970.
#[derive(Clone, Debug, Default)]
struct Filter {
    statuses: Vec<Status>,
    created: Option<(&'static str, i64)>,
    updated: Option<(&'static str, i64)>,
}

fn holds((operator, than): (&'static str, i64), at: i64) -> bool {
    match operator {
        "lt" => at < than,
        "lte" => at <= than,
        "gt" => at > than,
        _ => at >= than,
    }
}

impl Filter {
    fn passes(&self, import: &Import) -> bool {
        (self.statuses.is_empty() || self.statuses.contains(&import.status))
            && self.created.is_none_or(|bound| holds(bound, import.created_at))
            && self.updated.is_none_or(|bound| holds(bound, import.updated_at))
    }

    fn query(&self) -> String {
        let names: Vec<_> = self.statuses.iter().map(|status| status.name()).collect();
        let mut query = String::new();
        if !names.is_empty() {
            query.push_str(&format!("&filter[status][include]={}", names.join(",")));
        }
        for (field, bound) in [("created_at", self.created), ("updated_at", self.updated)] {
            if let Some((operator, at)) = bound {
                query.push_str(&format!("&filter[{field}][{operator}]={}", time(at)));
            }
        }
        query
    }
}

/// An account in which imports are made and change.
struct Scene {
    stack: Stack,
    imports: u64,
    seed: u64,
    /// The number of records that scans had to show.
    due: usize,
}

impl Scene {
    async fn start(imports: u64, seed: u64) -> anyhow::Result<Self> {
        let mut scene = Self { stack: Stack::by_hand(100).await?, imports: 0, seed, due: 0 };
        for _ in 0..imports {
            scene.make().await?;
        }
        for _ in 0..imports {
            scene.change().await?;
        }
        Ok(scene)
    }

    /// A number below `below`, the same in each run.
    fn draw(&mut self, below: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % below
    }

    /// Makes an import, often in the same millisecond as the import before.
    async fn make(&mut self) -> anyhow::Result<()> {
        let wait = [0, 0, 1, 700][self.draw(4) as usize];
        make(&self.stack, wait).await?;
        self.imports += 1;
        Ok(())
    }

    /// Changes the status of any import that may change.
    async fn change(&mut self) -> anyhow::Result<()> {
        let id = 1 + self.draw(self.imports);
        let import = stored(&self.stack, id).await?;
        let next: Vec<_> = Status::ALL.into_iter().filter(|&to| import.status.may_become(to)).collect();
        if !next.is_empty() {
            let to = next[self.draw(next.len() as u64) as usize];
            let wait = self.draw(2) * 300;
            let services = self.stack.system.services();
            services.clock.turn(Duration::from_millis(wait));
            transition(services, &import, to, Change::none()).await?;
        }
        Ok(())
    }

    async fn all(&self) -> anyhow::Result<Vec<Import>> {
        let keys: Vec<_> = (1..=self.imports).map(|id| keys::import(ACCOUNT, ImportId(id))).collect();
        let items = self.stack.system.services().store.get_many(&keys).await?;
        let mut all: Vec<Import> = items.into_iter().map(decode).collect::<Result<_, _>>()?;
        all.sort_by_key(|import| import.id);
        assert_eq!(all.len(), keys.len());
        Ok(all)
    }

    /// Scans the list, with changes between pages, and checks order, pages and completeness.
    async fn scan(&mut self, filter: &Filter, sort: Option<(&str, bool)>) -> anyhow::Result<()> {
        let (field, ascending) = sort.unwrap_or(("id", false));
        let said = format!(
            "{}{}",
            filter.query(),
            sort.map_or(String::new(), |(field, ascending)| {
                format!("&sort[{field}]={}", if ascending { "asc" } else { "desc" })
            })
        );
        let before = self.all().await?;
        let expected = before.iter().filter(|import| filter.passes(import)).count();
        let (mut records, mut query) = (Vec::new(), format!("?per_page=7{said}"));
        loop {
            let page = page(&self.stack, &query).await?;
            let found = page["records"].as_array().cloned().unwrap_or_default();
            if records.is_empty() {
                assert_eq!(page["estimated_remaining_count"], expected, "{said}");
            }
            records.extend(found.iter().cloned());
            let Some(next) = page["next_cursor"].as_str() else { break };
            assert_eq!(found.len(), 7, "a short page of {said} is not the last");
            query = format!("?per_page=7&start_cursor={next}");
            for _ in 0..2 {
                self.change().await?;
            }
            if self.draw(3) == 0 {
                self.make().await?;
            }
        }
        self.due += self.check(&said, (field, ascending), filter, &before, &records).await?;
        Ok(())
    }

    /// Checks the records of a scan, and returns the number of records that had to be there.
    async fn check(
        &self,
        said: &str,
        (field, ascending): (&str, bool),
        filter: &Filter,
        before: &[Import],
        records: &[Value],
    ) -> anyhow::Result<usize> {
        let id = |record: &Value| record["id"].as_u64().unwrap_or_default();
        let key = |record: &Value| {
            let value = if field == "id" { String::new() } else { record[field].to_string() };
            (value, id(record))
        };
        let keys: Vec<_> = records.iter().map(key).collect();
        let in_order = |pair: &[(String, u64)]| if ascending { pair[0] < pair[1] } else { pair[0] > pair[1] };
        assert!(keys.windows(2).all(in_order), "{said} is out of order: {keys:?}");
        let mut times: BTreeMap<u64, usize> = BTreeMap::new();
        for record in records {
            *times.entry(id(record)).or_default() += 1;
        }
        let (after, mut due) = (self.all().await?, 0);
        for (was, is) in before.iter().zip(&after) {
            let status = filter.statuses.is_empty() || was.status == is.status;
            let moment = (field != "updated_at" && filter.updated.is_none()) || was.updated_at == is.updated_at;
            if status && moment {
                let found = times.get(&was.id.0).copied().unwrap_or_default();
                assert_eq!(found, usize::from(filter.passes(was)), "{said}: import {}", was.id);
                due += found;
            }
        }
        Ok(due)
    }
}

/// Filters of every field and operator, alone and together, around the middle of the imports' times.
async fn filters(scene: &Scene) -> anyhow::Result<Vec<Filter>> {
    let middle = stored(&scene.stack, scene.imports / 2).await?.created_at;
    let late = stored(&scene.stack, scene.imports).await?.created_at + 2_000;
    let of = |statuses: &[Status]| Filter { statuses: statuses.to_vec(), ..Filter::default() };
    let (rare, some) = (of(&[Status::Failed]), of(&[Status::New, Status::RollingBack, Status::Incomplete]));
    let mut filters = vec![Filter::default(), of(&Status::ALL), rare, some.clone()];
    for operator in ["lt", "lte", "gt", "gte"] {
        let created = Filter { created: Some((operator, middle)), ..Filter::default() };
        let updated = Filter { updated: Some((operator, late)), ..Filter::default() };
        filters.push(Filter { statuses: some.statuses.clone(), ..created.clone() });
        filters.push(Filter { statuses: some.statuses.clone(), ..updated.clone() });
        filters.push(Filter { updated: Some(("gt", late)), ..created.clone() });
        filters.extend([created, updated]);
    }
    Ok(filters)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_filter_in_every_order_finds_what_stood_still_once_while_others_change() -> anyhow::Result<()> {
    let sorts = [
        None,
        Some(("id", true)),
        Some(("created_at", true)),
        Some(("created_at", false)),
        Some(("updated_at", true)),
        Some(("updated_at", false)),
    ];
    for (seed, sort) in (1..).zip(sorts) {
        let mut scene = Scene::start(60, seed).await?;
        for filter in filters(&scene).await? {
            scene.scan(&filter, sort).await?;
        }
        println!("{sort:?}: {} records of {} imports", scene.due, scene.imports);
        assert!(scene.due > 300, "{sort:?}: {}", scene.due);
    }
    Ok(())
}

#[tokio::test]
async fn a_higher_number_is_never_older_whatever_the_clock_shows() -> anyhow::Result<()> {
    let stack = Stack::by_hand(100).await?;
    let clock = &stack.system.services().clock;
    let first = make(&stack, 0).await?;
    clock.set_back(Duration::from_secs(60));
    let second = make(&stack, 0).await?;
    assert_eq!(second.created_at, first.created_at);
    let changed = transition(stack.system.services(), &second, Status::Queued, Change::none()).await?;
    assert_eq!(changed.updated_at, second.updated_at + 1);
    assert_eq!(make(&stack, 61_000).await?.created_at, first.created_at + 1_000);
    // A clock that was hours ahead does not hold up the times of later imports.
    make(&stack, 7_200_000).await?;
    clock.set_back(Duration::from_secs(7_200));
    assert_eq!(make(&stack, 0).await?.created_at, first.created_at + 1_000);
    Ok(())
}

#[tokio::test]
async fn a_page_that_passes_over_too_many_imports_ends_early_and_the_scan_goes_on() -> anyhow::Result<()> {
    let stack = Stack::by_hand(100).await?;
    for _ in 0..40 {
        make(&stack, 10).await?;
    }
    let late = stored(&stack, 40).await?.updated_at;
    for id in [3, 4, 5, 20, 39] {
        stack.system.services().clock.turn(Duration::from_millis(10));
        let import = stored(&stack, id).await?;
        transition(stack.system.services(), &import, Status::Queued, Change::none()).await?;
    }
    let portions = Portions { entries_a_page: 6, ..Portions::default() };
    let services = Services { portions, ..stack.system.services().clone() };
    let (mut found, mut after, mut lengths) = (Vec::new(), None, Vec::new());
    loop {
        let updated = TimeRange { from: late + 1, to: TimeRange::ALL.to };
        let (statuses, created) = (Vec::new(), TimeRange::ALL);
        let query = ListQuery { statuses, created, updated, order: ListOrder::Id, ascending: true, after, take: 2 };
        let ListPage { imports, remaining, next } = list::page(&services, ACCOUNT, query).await?;
        assert!(remaining >= imports.len());
        found.extend(imports.iter().map(|import| import.id.0));
        lengths.push(imports.len());
        let Some(next) = next else { break };
        assert!(after < Some(next), "{after:?} {next:?}");
        after = Some(next);
    }
    assert_eq!(found, [3, 4, 5, 20, 39]);
    assert!(lengths.iter().all(|&length| length <= 2) && lengths.contains(&0), "{lengths:?}");
    Ok(())
}
