//! The events of every import: numbered without gaps, in the shape of the schema, and the last one of the present status.

use serde_json::Value;
use shared::events::Record;
use shared::id::{AccountId, ImportId};

use super::{World, number};
use crate::described::schema;
use crate::dump::Dump;

/// Address of the doors in the checked events.
const API: &str = "http://127.0.0.1:1";

/// The schema of events in `docs/events`.
pub fn event_schema() -> anyhow::Result<Value> {
    Ok(serde_json::from_str(include_str!("../../../docs/events/event.schema.json"))?)
}

/// The schema of the event of a disabled webhook in `docs/events`.
pub fn disabled_schema() -> anyhow::Result<Value> {
    Ok(serde_json::from_str(include_str!("../../../docs/events/webhook-disabled.schema.json"))?)
}

/// Sentences about what is wrong with an event by itself: its shape, and the sum of its rows.
pub fn wrong_event(schema: &Value, event: &Value) -> anyhow::Result<Vec<String>> {
    let mut wrong = schema::wrong(schema, schema, event)?;
    let counts = &event["counts"];
    let outcomes = ["created", "updated", "unchanged", "skipped", "deleted", "failed", "pending"];
    let sum: u64 = outcomes.iter().filter_map(|outcome| counts[outcome].as_u64()).sum();
    if counts["rows"].as_u64().is_some_and(|rows| rows != sum) {
        wrong.push(format!("the outcomes of {counts} are {sum} rows"));
    }
    Ok(wrong.into_iter().map(|wrong| format!("{wrong} in {event}")).collect())
}

impl World {
    /// Reads the outbox. An event is read by the handler of the notifier function.
    pub(super) fn read_events(&mut self, dump: Dump) -> anyhow::Result<()> {
        let schema = event_schema()?;
        for ((pk, _), item) in dump {
            let parts: Vec<_> = pk.split('#').collect();
            let ["A", account, "I", import] = parts[..] else { anyhow::bail!("{pk} is no partition of events") };
            let events = notifier::events(vec![Record::inserted(item)], API)?;
            let event = serde_json::to_value(&events[0])?;
            self.wrong.extend(wrong_event(&schema, &event)?);
            let import = (AccountId(number(account)), ImportId(number(import)));
            self.events.entry(import).or_default().push(event);
        }
        Ok(())
    }

    pub(super) fn check_events(&self, wrong: &mut Vec<String>) {
        for (key @ (account, id), import) in &self.imports {
            let events = self.events.get(key).map_or(&[][..], Vec::as_slice);
            let numbers: Vec<_> = events.iter().filter_map(|event| event["sequence"].as_u64()).collect();
            if numbers != (1..=import.sequence).collect::<Vec<_>>() {
                wrong.push(format!(
                    "import {id} of {account} has changed {} times, by events {numbers:?}",
                    import.sequence
                ));
            }
            let last = events.last().map_or(&Value::Null, |event| &event["status"]);
            if last != import.status.name() {
                wrong.push(format!("the last event of import {id} of {account} tells {last}, not {}", import.status));
            }
        }
    }
}
