//! Drops in the simulated world, with their names and the checks of their imports and reports.

use std::collections::{BTreeMap, BTreeSet};

use shared::id::AccountId;
use shared::inbox::Arrival;

use super::draw::Draw;
use crate::invariants::World;
use crate::outbox;
use crate::stack::Stack;

/// File names which look different in an event or on a disk.
const NAMES: [&str; 6] = ["a.csv", "März (2).csv", "a+b [3].csv", "100%25 ?.csv", "x//../y.csv", "lang.csv"];
/// Number of letters which make the file name so long that the report's name is cut.
const LONG: usize = 1000;

/// Record of all drops so far.
#[derive(Default)]
pub struct Inbox {
    dropped: u64,
    /// Number of writes of each object, by key and ETag.
    puts: BTreeMap<(String, String), u32>,
    /// Events which a parser has handled completely.
    handled: BTreeSet<(String, String)>,
    /// True if the outbox refuses all reports during the whole run.
    pub refuses: bool,
}

impl Inbox {
    pub fn new(refuses: bool) -> Self {
        Self { refuses, ..Self::default() }
    }

    /// A key for the next drop, which sometimes repeats an earlier key.
    pub fn key(&mut self, account: AccountId, draw: &mut Draw) -> String {
        let name = draw.of(&NAMES).expect("there are some");
        if !draw.one_in(3) {
            self.dropped += 1;
        }
        let kind = if draw.one_in(2) { "auto" } else { "toggl" };
        let long = if *name == "lang.csv" { "l".repeat(LONG) } else { String::new() };
        format!("inbox/{account}/{kind}/{}{long}{name}", self.dropped)
    }

    /// Records that an object was put, about which an event will be sent.
    pub fn put(&mut self, arrival: &Arrival) {
        *self.puts.entry((arrival.key.clone(), arrival.etag.clone())).or_default() += 1;
    }

    /// Records that a parser has handled the event of an object.
    pub fn handled(&mut self, arrival: &Arrival) {
        self.handled.insert((arrival.key.clone(), arrival.etag.clone()));
    }

    /// Violations of the rules for imports and reports of drops, when no work is left.
    pub async fn violations_at_rest(&self, stack: &Stack, world: &World) -> anyhow::Result<Vec<String>> {
        let mut wrong = Vec::new();
        let mut imports: BTreeMap<(String, String), u32> = BTreeMap::new();
        let reports = outbox::reports(stack).await?;
        let mut told: BTreeMap<_, _> = reports
            .iter()
            .map(|(key, report)| {
                let account = key.split('/').nth(1).and_then(|account| account.parse().ok()).map(AccountId);
                ((account, report["id"].as_u64()), report["status"].as_str())
            })
            .collect();
        for ((account, id), import) in world.imports.iter().filter(|(_, import)| import.is_dropped()) {
            let source = import.source.as_ref().map(|source| (source.key.clone(), source.etag.clone()));
            *imports.entry(source.unwrap_or_default()).or_default() += 1;
            let report = told.remove(&(Some(*account), Some(id.0))).flatten();
            if !self.refuses && report != Some(import.status.name()) {
                wrong.push(format!("the report of import {id} of {account} says {report:?}, not {}", import.status));
            }
        }
        if !told.is_empty() {
            wrong.push(format!("there are reports of no drop: {told:?}"));
        }
        for (put, made) in &imports {
            if self.puts.get(put).is_none_or(|puts| puts < made) {
                wrong.push(format!("the drop {put:?} has made {made} imports"));
            }
        }
        for (key, etag) in &self.handled {
            let object = stack.system.services().files.head(key).await?;
            let made = imports.get(&(key.clone(), etag.clone())).copied().unwrap_or_default();
            // The same bytes under the same key are a new drop each time. A replaced object may
            // have created no import.
            if made == 0 && object.etag == *etag {
                wrong.push(format!("the drop {key:?} has made no import"));
            }
        }
        Ok(wrong)
    }
}
