//! What has been begun and is not settled yet.
//!
//! A test that has put a file wants to go on when everything that follows from it has happened. Queues tell by
//! themselves whether they are empty; an S3 notification on its way and a handler that runs are counted here. A
//! [`Token`] is held for as long as the thing is unsettled, and its drop settles it, so a panic, an abort and a
//! receiver that is gone count like any other end.

use std::sync::Arc;

use tokio::sync::watch;

/// A count of unsettled things. Clones share it.
#[derive(Clone, Default)]
pub struct Pending {
    load: Arc<watch::Sender<Load>>,
}

/// How much is unsettled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Begun since the start. Two equal readings mean that nothing was begun between them.
    pub begun: u64,
    /// Begun and not settled.
    pub unsettled: u64,
}

/// One unsettled thing; dropped when it is settled.
pub struct Token {
    load: Arc<watch::Sender<Load>>,
}

impl Pending {
    /// Counts one more thing until the token is dropped.
    pub fn begin(&self) -> Token {
        self.load.send_modify(|load| {
            load.begun += 1;
            load.unsettled += 1;
        });
        Token { load: Arc::clone(&self.load) }
    }

    /// The load now, and a way to wait for its next change.
    pub fn watch(&self) -> watch::Receiver<Load> {
        self.load.subscribe()
    }

    /// Waits until nothing is unsettled.
    pub async fn settled(&self) {
        let mut load = self.load.subscribe();
        // `self` holds a sender, so the channel cannot have closed.
        let _ = load.wait_for(|load| load.unsettled == 0).await;
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.load.send_modify(|load| load.unsettled -= 1);
    }
}
