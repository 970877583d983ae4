//! Changes of an import's status, each in a single transaction with an event and a line of history.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::event::StoredEvent;
use super::history::HistoryLine;
use super::{Counts, Import, ImportError, Status, roll};
use crate::metrics::count;
use crate::services::Services;
use crate::shorten::shortened;
use crate::store::{StoreError, Write, decode, keys};

/// The most letters of a reason which a person gives.
const LONGEST_REASON: usize = 500;

/// The person, or the function, who asks for a change of status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// The name in the history, for example `user 7`.
    pub by: String,
    /// The reason which the person gave, at most 500 letters, or `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Asker {
    /// Somebody with a reason. A long reason is cut.
    pub fn new(by: impl Into<String>, reason: Option<String>) -> Self {
        let reason = reason.map(|reason| shortened(reason, LONGEST_REASON));
        Self { by: by.into(), reason: reason.filter(|reason| !reason.trim().is_empty()) }
    }
}

impl From<&str> for Asker {
    fn from(by: &str) -> Self {
        Self::new(by, None)
    }
}

impl From<&String> for Asker {
    fn from(by: &String) -> Self {
        Self::new(by, None)
    }
}

/// Attributes, writes and conditions to go with a change of status.
#[derive(Clone, Default)]
pub struct Change {
    sets: Vec<(&'static str, AttributeValue)>,
    unsets: Vec<&'static str>,
    also: Vec<Write>,
    /// A condition on the import in addition to its status.
    provided: Option<&'static str>,
    by: Option<String>,
    why: Option<String>,
    /// The reason in the event, if the reason in the history quotes the file.
    announced: Option<&'static str>,
    /// The number of data rows, if the change ends the plan.
    rows: Option<u64>,
}

impl Change {
    /// A change of status without anything further.
    pub fn none() -> Self {
        Self::default()
    }

    /// Sets an attribute of the import.
    pub fn set(mut self, name: &'static str, value: impl Serialize) -> Self {
        let value = serde_dynamo::to_attribute_value(value).expect("our own values encode");
        self.sets.push((name, value));
        self
    }

    /// Notes the number of data rows and of chunks, which the plan has found.
    pub fn planned(self, rows: u64, chunks: u64) -> Self {
        Self { rows: Some(rows), ..self }.set("rows", rows).set("chunks", chunks)
    }

    /// Removes an attribute of the import.
    pub fn unset(mut self, name: &'static str) -> Self {
        self.unsets.push(name);
        self
    }

    /// Adds a write to the transaction.
    pub fn also(mut self, write: Write) -> Self {
        self.also.push(write);
        self
    }

    /// Adds a condition on the import.
    pub fn provided(mut self, condition: &'static str) -> Self {
        self.provided = Some(condition);
        self
    }

    /// Names the person who asked for the transition in place of the function, with the person's reason.
    pub fn asked_by(mut self, asker: &Asker) -> Self {
        self.by = Some(asker.by.clone());
        self.why.clone_from(&asker.reason);
        self
    }

    /// Adds a reason to the line of history and to the event.
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// Gives the event a reason of its own, because the reason in the history quotes cells of the file. An event leaves the
    /// service, and no event contains content of a file.
    pub fn announced_as(mut self, reason: &'static str) -> Self {
        self.announced = Some(reason);
        self
    }
}

/// Changes the status of `import` to `to`, if the import has not changed since the caller read it, with an event and a line of history. The
/// line names the person who asked for the change, if `change` does, and otherwise the function which makes it.
///
/// # Errors
/// [`ImportError::Status`] if the import has changed by now or may not get the status `to`. The error carries the
/// present status, which equals the status that the caller read if only a condition of `change` failed, or if the import
/// was stopped and resumed in between.
pub async fn transition(
    services: &Services,
    import: &Import,
    to: Status,
    change: Change,
) -> Result<Import, ImportError> {
    if !import.status.may_become(to) {
        return Err(ImportError::Status { import: import.id, status: import.status });
    }
    let by = change.by.as_deref().unwrap_or(services.function);
    // No chunk has counts before the plan is complete.
    let counts = if import.chunks.is_some() { import.counts(services).await? } else { Counts::default() };
    let sequence = import.sequence + 1;
    // A change is later than the change before, whatever the clocks of the functions show: lists rely on the order, the
    // history on different times, and the condition below on a time which comes once.
    let now = services.clock.now_ms().max(import.updated_at + 1);
    let mut expression =
        "SET #status = :to, #updated_at = :now, #sequence = :sequence, #listed = :listed, #changed = :changed"
            .to_owned();
    for (name, _) in &change.sets {
        expression.push_str(&format!(", #{name} = :{name}"));
    }
    // An import stopped midway stays in the index of the sweep until its last loader ends; an import with a last step,
    // until the step is done.
    let stopped_midway = to == Status::Incomplete && import.chunks.is_some();
    let mut gone: Vec<_> = change.unsets.iter().map(|name| format!("#{name}")).collect();
    if to.is_settled() && !stopped_midway && !import.has_last_step() {
        gone.extend(["#open", "#opened"].map(str::to_owned));
    } else if !to.is_settled() && import.status.is_settled() {
        expression.push_str(", #open = :open, #opened = :opened");
    }
    if !gone.is_empty() {
        expression.push_str(&format!(" REMOVE {}", gone.join(", ")));
    }
    let mut update = Write::update(keys::import(import.account, import.id), &expression);
    update = update.when("#status = :from AND #updated_at = :seen").bind(":seen", import.updated_at);
    update = update.bind(":to", to).bind(":from", import.status).bind(":now", now);
    update = update.bind(":sequence", sequence).bind(":listed", keys::listed_value(import.account, to.name()));
    update = update.bind(":changed", keys::changed_value((now, import.id.0)));
    if let Some(condition) = change.provided {
        update = update.and_when(condition);
    }
    if !to.is_settled() && import.status.is_settled() {
        let opened = format!("{now:015}#{}#{}", import.account, import.id);
        update = update.bind(":open", "open").bind(":opened", opened);
    }
    for (name, value) in change.sets {
        update = update.bind_attribute(&format!(":{name}"), value);
    }
    let mut writes = vec![update];
    match to {
        Status::RollingBack => writes.push(roll::struck(import)),
        // The import ends before any row was loaded.
        Status::Unsupported => writes.push(roll::settled(import, 0)),
        Status::Incomplete if !stopped_midway => writes.push(roll::settled(import, 0)),
        // Nor does it delete any record.
        Status::Failed if import.status == Status::Queued => writes.push(roll::emptied(import, 0)),
        Status::New | Status::Queued if import.status == Status::Incomplete => {
            writes.push(roll::reopened(import));
        }
        _ => {}
    }
    let reason = change.announced.map(str::to_owned).or_else(|| change.why.clone());
    let event = StoredEvent { sequence, by: by.to_owned(), counts, ..StoredEvent::of(import, to, now) };
    let event = StoredEvent { rows: change.rows.or(import.rows), ..event.because(reason) };
    writes.extend(announce(&event, change.why));
    writes.extend(change.also);
    match services.store.transact(writes).await {
        Ok(()) => {}
        Err(error) if error.is_refused() => {
            let now = Import::find(services, import.account, import.id).await?;
            return Err(ImportError::Status { import: import.id, status: now.status });
        }
        Err(error) => return Err(error.into()),
    }
    tracing::info!(account = import.account.0, import = import.id.0, from = %import.status, %to, by, "status changed");
    count!(Imports = 1_u64, Status = to.name());
    let item = services.store.get(&keys::import(import.account, import.id)).await?;
    let import: Import = decode(item.ok_or_else(|| StoreError::Shape("the import is gone".to_owned()))?)?;
    Ok(import)
}

/// The writes of the event and of the line of history for a change of status. `why` is the reason in the history.
pub(super) fn announce(event: &StoredEvent, why: Option<String>) -> [Write; 2] {
    let (account, import, at, status) = (event.account, event.import, event.at, event.status);
    let line = HistoryLine { at, status, by: event.by.clone(), why };
    [
        Write::put(keys::event(account, import, &format!("{at:015}#{status}")), event),
        Write::put(keys::history(account, import, at, status.name()), &line),
    ]
}
