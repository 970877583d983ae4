//! A flag by which a thread learns that nobody waits for the table any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::limits::NotUnpacked;

/// The flag, shared by a thread that unpacks or surveys and a task that may stop waiting for the outcome.
#[derive(Clone, Debug, Default)]
pub struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    /// Ends the work at the next place where the thread looks at the flag.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Ends the work when the guard is dropped, e.g. together with the future that waits for the outcome.
    #[must_use]
    pub fn on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(self.clone())
    }

    /// Fails with [`NotUnpacked::Unwanted`] once the work is cancelled.
    pub fn check(&self) -> Result<(), NotUnpacked> {
        if self.0.load(Ordering::Relaxed) { Err(NotUnpacked::Unwanted) } else { Ok(()) }
    }
}

/// A guard that cancels the work as soon as the guard is dropped.
#[derive(Debug)]
pub struct CancelOnDrop(Cancellation);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
