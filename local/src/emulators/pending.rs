//! Counts the work which has begun and is not settled yet.
//!
//! After a test has put a file, the test wants to continue only when all consequences have happened. Queues know by
//! themselves when they are empty, so this module counts the rest: S3 notifications on their way, and running
//! handlers. The code which begins some work holds a [`Token`] until the work is settled. Dropping the token
//! settles the work, so a panic, an abort and a closed channel end the work in the same way as a success.

use std::sync::Arc;

use tokio::sync::watch;

/// A counter of unsettled work, whose clones share the same count.
#[derive(Clone, Default)]
pub struct Pending {
    load: Arc<watch::Sender<Load>>,
}

/// The state of the counter at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Amount of work begun since the start. If two readings are equal, no work was begun between the readings.
    pub begun: u64,
    /// Amount of work begun and not yet settled.
    pub unsettled: u64,
}

/// A piece of unsettled work, which the drop of this token settles.
pub struct Token {
    load: Arc<watch::Sender<Load>>,
}

impl Pending {
    /// Counts a piece of work as unsettled until the returned token is dropped.
    pub fn begin(&self) -> Token {
        self.load.send_modify(|load| {
            load.begun += 1;
            load.unsettled += 1;
        });
        Token { load: Arc::clone(&self.load) }
    }

    /// A receiver which holds the present count and can wait for the next change.
    pub fn watch(&self) -> watch::Receiver<Load> {
        self.load.subscribe()
    }

    /// Waits until no work is unsettled.
    pub async fn settled(&self) {
        let mut load = self.load.subscribe();
        // `self` holds a sender, so the channel cannot be closed here.
        let _ = load.wait_for(|load| load.unsettled == 0).await;
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.load.send_modify(|load| load.unsettled -= 1);
    }
}
