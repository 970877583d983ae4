//! Requests that go one at a time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;

use crate::faults::Gate;

/// A request that waits to go.
pub struct Waiting {
    pub worker: usize,
    pub operation: String,
    pub go: oneshot::Sender<()>,
}

/// Where all requests wait.
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

    /// The workers whose requests wait.
    pub fn who(&self) -> Vec<usize> {
        let mut waiting = self.waiting.lock().expect("unpoisoned");
        waiting.retain(|waiting| !waiting.go.is_closed());
        waiting.iter().map(|waiting| waiting.worker).collect()
    }

    /// Takes the request that came as the `turn`-th of those that wait.
    pub fn take(&self, turn: usize) -> Waiting {
        self.waiting.lock().expect("unpoisoned").remove(turn)
    }

    /// How many requests have been answered.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }
}
