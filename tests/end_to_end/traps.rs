//! Tests of known traps, which are mistakes of similar services and earlier mistakes of our own, with
//! a test for each.

mod edits;
mod leases;
mod stops;
mod stores;
mod unpacking;
mod versions;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use shared::id::{AccountId, ImportId, ThingId};
use shared::import::Import;
use shared::plan::plan;
use shared::queue::Message;
use shared::revert;
use tokio::sync::watch;

use crate::dump::Dump;
use crate::faults::{Faults, Gate};
use crate::files::toggl;
use crate::invariants::at_rest;
use crate::postman::Postman;
use crate::stack::Stack;

const ACCOUNT: AccountId = AccountId(1);
const IMPORT: ImportId = ImportId(1);
const USER: ThingId = ThingId(1);

/// A request which waits until the test releases it.
pub struct Hold {
    pub faults: Faults,
    pub let_go: watch::Sender<bool>,
    held: Arc<AtomicU64>,
}

/// A worker whose n-th request waits until it is released.
pub fn hold_at(n: u64) -> Hold {
    let (let_go, gone) = watch::channel(false);
    let (count, held) = (AtomicU64::new(0), Arc::new(AtomicU64::new(0)));
    let waiting = Arc::clone(&held);
    let gate: Gate = Arc::new(move |_: &str| {
        let mut gone = gone.clone();
        let waits = count.fetch_add(1, Ordering::Relaxed) + 1 == n;
        let waiting = Arc::clone(&waiting);
        Box::pin(async move {
            if waits {
                waiting.store(1, Ordering::Relaxed);
                let _ = gone.wait_for(|gone| *gone).await;
            }
            Box::new(()) as Box<dyn Send>
        })
    });
    Hold { faults: Faults::behind(gate), let_go, held }
}

impl Hold {
    /// Runs `work` until its request waits. Returns false if `work` ends before.
    pub async fn until_held<T>(&self, work: &mut (impl Future<Output = T> + Unpin)) -> bool {
        loop {
            tokio::select! {
                biased;
                _ = &mut *work => return false,
                () = tokio::task::yield_now() => {}
            }
            if self.held.load(Ordering::Relaxed) == 1 {
                return true;
            }
        }
    }
}

/// A stack whose first import, with the given number of rows, is queued. Each chunk has three rows, over three
/// projects and two tags.
async fn queued(rows: u64) -> anyhow::Result<Stack> {
    let stack = Stack::by_hand(3).await?;
    stack.post(toggl(rows, 3, 2).as_bytes(), &[]).await?.expect(202)?;
    Postman::of(&stack.system).lose_everything();
    Ok(stack)
}

/// A stack whose first import is planned, as in [`queued`], and whose messages are lost.
async fn planned(rows: u64) -> anyhow::Result<Stack> {
    let stack = queued(rows).await?;
    plan(&stack.functions().parser, ACCOUNT, IMPORT).await?;
    Postman::of(&stack.system).lose_everything();
    Ok(stack)
}

/// Plans and loads through a worker with the given faults, and returns the resulting workspace.
async fn imported(stack: &Stack, faults: &Faults) -> anyhow::Result<Dump> {
    let worker = faults.connect(&stack.system)?;
    let postman = Postman::of(&stack.system);
    stack.system.services().queues.send(&Message::Start { account: ACCOUNT, import: IMPORT }).await?;
    postman.drain_all(&worker, faults).await;
    assert_eq!(stack.native(1).await?["status"], "complete");
    at_rest(stack).await?;
    stack.workspace().await
}

async fn undo(stack: &Stack) -> anyhow::Result<()> {
    let services = stack.system.services();
    let import = Import::find(services, ACCOUNT, IMPORT).await?;
    revert::ask(&stack.functions().api, &import, "user 1").await?;
    Postman::of(&stack.system).drain_all(stack.functions(), &Faults::default()).await;
    assert_eq!(stack.native(1).await?["status"], "rolled_back");
    Ok(())
}
