//! Changes of status.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::{Import, ImportError, Status, roll};
use crate::services::Services;
use crate::store::{StoreError, Write, decode, keys};

/// How long an event waits in the outbox for its stream before it is forgotten, in seconds.
const EVENT_LIFETIME: i64 = 14 * 24 * 3600;

/// One line of an import's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryLine {
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// What the import became.
    pub status: Status,
    /// Who did it: `user 7`, or the function that did it by itself.
    pub by: String,
    /// Why, if there is something to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

#[derive(Serialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    name: &'a str,
    id: String,
    account: u64,
    import: u64,
    status: Status,
    at: i64,
    expires: i64,
}

/// What else a transition sets.
#[derive(Default)]
pub struct Change {
    sets: Vec<(&'static str, AttributeValue)>,
    also: Vec<Write>,
    /// What has to hold of the import besides its status.
    provided: Option<&'static str>,
    by: Option<String>,
    why: Option<String>,
}

impl Change {
    /// Nothing else.
    pub fn none() -> Self {
        Self::default()
    }

    /// Sets an attribute of the import.
    pub fn set(mut self, name: &'static str, value: impl Serialize) -> Self {
        let value = serde_dynamo::to_attribute_value(value).expect("our own values encode");
        self.sets.push((name, value));
        self
    }

    /// Writes something else in the same transaction.
    pub fn also(mut self, write: Write) -> Self {
        self.also.push(write);
        self
    }

    /// Only if this holds of the import besides.
    pub fn provided(mut self, condition: &'static str) -> Self {
        self.provided = Some(condition);
        self
    }

    /// Names the person who asked for the transition, for example `user 7`, in place of the function.
    pub fn asked_by(mut self, person: impl Into<String>) -> Self {
        self.by = Some(person.into());
        self
    }

    /// Says why, in the history.
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }
}

/// Takes `import` from the status it was seen in to another, with an event and a line of history. The history names the
/// person who asked for it, if the change says so, and otherwise the function that does it.
///
/// # Errors
/// [`ImportError::Status`] if the import stands elsewhere by now, or may not go there; or if another condition of the change
/// does not hold: then the status in the error is the one that the import was seen in.
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
    let now = services.clock.now_ms();
    let mut expression = "SET #status = :to, #updated_at = :now".to_owned();
    for (name, _) in &change.sets {
        expression.push_str(&format!(", #{name} = :{name}"));
    }
    // What was stopped midway stays in the sweep's sight until its last loader is done; a drop, until its end is told.
    let stopped_midway = to == Status::Incomplete && import.status == Status::Processing;
    if to.is_settled() && !stopped_midway && !import.is_dropped() {
        expression.push_str(" REMOVE #open, #opened");
    } else if !to.is_settled() && import.status.is_settled() {
        expression.push_str(", #open = :open, #opened = :opened");
    }
    let mut update = Write::update(keys::import(import.account, import.id), &expression);
    update = update.when("#status = :from").bind(":to", to).bind(":from", import.status).bind(":now", now);
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
        Status::RollingBack => writes.push(roll::struck(import.account, import.id)),
        // It ends before anything of it was loaded.
        Status::Unsupported => writes.push(roll::settled(import.account, import.id, 0)),
        Status::Incomplete if !stopped_midway => writes.push(roll::settled(import.account, import.id, 0)),
        _ => {}
    }
    writes.extend(announce(import, to, by, change.why, now));
    writes.extend(change.also);
    match services.store.transact(writes).await {
        Ok(()) => {}
        Err(error) if error.is_refused() => {
            let now = Import::find(services, import.account, import.id).await?;
            return Err(ImportError::Status { import: import.id, status: now.status });
        }
        Err(error) => return Err(error.into()),
    }
    tracing::info!(account = import.account.0, import = import.id.0, from = %import.status, %to, by, "transition");
    let item = services.store.get(&keys::import(import.account, import.id)).await?;
    let import: Import = decode(item.ok_or_else(|| StoreError::Shape("the import is gone".to_owned()))?)?;
    Ok(import)
}

/// The event and the line of history that go with an arrival at `to`.
pub(super) fn announce(import: &Import, to: Status, by: &str, why: Option<String>, now: i64) -> [Write; 2] {
    let (account, id) = (import.account, import.id);
    let event = Event {
        name: to.event(),
        id: format!("{account}-{id}-{now}-{to}"),
        account: account.0,
        import: id.0,
        status: to,
        at: now,
        expires: now / 1000 + EVENT_LIFETIME,
    };
    let line = HistoryLine { at: now, status: to, by: by.to_owned(), why };
    [
        Write::put(keys::event(account, id, &format!("{now:015}#{to}")), &event),
        Write::put(keys::history(account, id, now, to.as_str()), &line),
    ]
}
