//! Messages for the chunks of an import.

use super::{Import, ImportError};
use crate::ledger::Chunk;
use crate::queue::Message;
use crate::services::Services;

/// Sends a message for every chunk for which `message` returns a message. Returns the number of messages.
pub(crate) async fn send_chunks(
    services: &Services,
    import: &Import,
    message: impl Fn(&Chunk) -> Option<Message>,
) -> Result<usize, ImportError> {
    let mut sent = 0;
    let mut pages = services.store.pages(import.all_chunks());
    while let Some(items) = pages.next().await? {
        let chunks: Vec<Chunk> = items.into_iter().map(Chunk::decode).collect::<Result<_, _>>()?;
        let messages: Vec<_> = chunks.iter().filter_map(&message).collect();
        services.queues.send_all(&messages).await?;
        sent += messages.len();
    }
    Ok(sent)
}
