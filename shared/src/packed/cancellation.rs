//! A flag by which one thread tells another that nobody waits for its table any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::limits::NotUnpacked;

/// Shared by a thread that unpacks or surveys and whoever may lose interest in the outcome.
#[derive(Clone, Debug, Default)]
pub struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    /// Ends the work, at the next place where it looks.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Ends the work when the guard is dropped: with the future that waits for the outcome, for one.
    #[must_use]
    pub fn on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(self.clone())
    }

    /// [`NotUnpacked::Unwanted`] once the work is cancelled.
    pub fn check(&self) -> Result<(), NotUnpacked> {
        if self.0.load(Ordering::Relaxed) { Err(NotUnpacked::Unwanted) } else { Ok(()) }
    }
}

/// A guard that cancels when it is dropped.
#[derive(Debug)]
pub struct CancelOnDrop(Cancellation);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
