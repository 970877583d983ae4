//! A turnstile which releases the requests of all workers one at a time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;

use crate::faults::Gate;

/// A request which waits for its release.
pub struct Waiting {
    pub worker: usize,
    pub operation: String,
    pub go: oneshot::Sender<()>,
}

/// The place where the requests of all workers wait.
#[derive(Clone, Default)]
pub struct Turnstile {
    waiting: Arc<Mutex<Vec<Waiting>>>,
    answered: Arc<AtomicU64>,
}

struct Answered(Arc<AtomicU64>);

impl Drop for Answered {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Turnstile {
    pub fn gate(&self, worker: usize) -> Gate {
        let this = self.clone();
        Arc::new(move |operation: &str| {
            let (go, gone) = oneshot::channel();
            let waiting = Waiting { worker, operation: operation.to_owned(), go };
            this.waiting.lock().expect("unpoisoned").push(waiting);
            let answered = Answered(Arc::clone(&this.answered));
            Box::pin(async move {
                let _ = gone.await;
                Box::new(answered) as Box<dyn Send>
            })
        })
    }

    /// Numbers of the workers with a waiting request.
    pub fn who(&self) -> Vec<usize> {
        let mut waiting = self.waiting.lock().expect("unpoisoned");
        waiting.retain(|waiting| !waiting.go.is_closed());
        waiting.iter().map(|waiting| waiting.worker).collect()
    }

    /// Removes the waiting request at the index `turn`, in the order of arrival.
    pub fn take(&self, turn: usize) -> Waiting {
        self.waiting.lock().expect("unpoisoned").remove(turn)
    }

    /// Number of requests which have been answered so far.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }
}
