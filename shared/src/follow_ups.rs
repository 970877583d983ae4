//! The follow-ups of an import of profiles: a message for each record to which a row wrote, or to which the undo wrote.
//!
//! The messages of a chunk are sent after its commit, or after the mark of its undo, each at least once. The chunk's item has
//! the list and a flag until all messages are sent; a worker that finds the flag on a finished chunk sends the messages again.
//! An import settles, and an undo ends, when no flag is left.
//!
//! ```json
//! {"v":1,"id":7000000003,"type":"profile.updated","account":1,"import":7,"row":3,"database":4,"profile":5000000001}
//! ```
//!
//! | member | meaning |
//! |---|---|
//! | `id` | `import × 1 000 000 000 + row`; with `type` and record the same in each duplicate |
//! | `type` | the record's kind and the write: `created`, `updated`, `removed`, `restored` |
//! | `profile`, `subprofile` | the id of the record |

use serde_json::json;

use crate::id::{ChunkNo, RecordId, Row};
use crate::import::messages::send_chunks;
use crate::import::{Counts, Import, ImportError};
use crate::ledger::{Chunk, ChunkState, FollowUp};
use crate::queue::Message;
use crate::services::Services;
use crate::store::{Write, keys};

/// The version of the messages.
const VERSION: u32 = 1;

/// Sends the follow-ups of a chunk that is finished and still has them to send. A second call sends nothing.
pub async fn send_left(services: &Services, import: &Import, chunk: ChunkNo) -> Result<(), ImportError> {
    if !import.has_follow_ups() {
        return Ok(());
    }
    let key = keys::chunk(import.account, import.id, chunk);
    let Some(item) = services.store.get(&key).await? else { return Ok(()) };
    let chunk = Chunk::decode(item)?;
    let told = match chunk.state {
        ChunkState::Committed => Counts { told: 1, ..Counts::default() },
        ChunkState::Reverted => Counts { undo_told: 1, ..Counts::default() },
        ChunkState::Planned | ChunkState::Reverting => return Ok(()),
    };
    if !chunk.unsent {
        return Ok(());
    }
    send(services, import, &chunk).await?;
    let mark = Write::update(key, "REMOVE #unsent")
        .when("#unsent = :true AND #state = :state")
        .bind(":true", true)
        .bind(":state", chunk.state);
    services.store.attempt_all(vec![mark, told.add_to(import.account, import.id, chunk.number)]).await?;
    Ok(())
}

/// Sends the follow-ups of a chunk.
pub async fn send(services: &Services, import: &Import, chunk: &Chunk) -> Result<(), ImportError> {
    let bodies: Vec<String> = chunk.follow_ups.iter().map(|follow_up| body(import, chunk, follow_up)).collect();
    Ok(services.queues.follow_up(import.account, &bodies).await?)
}

/// Sends a message to the loaders for each committed chunk of an import that has follow-ups to send, because the worker that
/// committed the chunk may have died.
pub async fn wake(services: &Services, import: &Import) -> Result<(), ImportError> {
    let (account, id) = (import.account, import.id);
    let is_left = |chunk: &Chunk| chunk.unsent && chunk.state == ChunkState::Committed;
    send_chunks(services, import, |chunk| {
        is_left(chunk).then_some(Message::Load { account, import: id, chunk: chunk.number })
    })
    .await
    .map(drop)
}

fn body(import: &Import, chunk: &Chunk, follow_up: &FollowUp) -> String {
    let row = Row(chunk.first_row + u64::from(follow_up.offset));
    let mut body = json!({
        "v": VERSION,
        "id": RecordId::of(import.id, row),
        "type": format!("{}.{}", follow_up.kind, follow_up.followed),
        "account": import.account,
        "import": import.id,
        "row": row,
        "database": import.options.profiles.database,
    });
    body[follow_up.kind.name()] = json!(follow_up.record);
    body.to_string()
}
