//! A simulated world, in which everything that can happen does happen, in an order which a seed draws.
//!
//! The world has two accounts and three workers. The workers plan, load, undo, sweep and edit by hand, and only one
//! request of one worker is in flight at a time. The seed draws:
//!
//! - which worker's request goes next, and which task a free worker gets;
//! - which messages arrive twice, late or never, and when the clock is turned;
//! - which request fails and how, and whether the outbox accepts reports at all.
//!
//! A worker whose time-out has passed is ended as Lambda would end it. The invariants are checked during the whole
//! run, and once more when no work is left.
//!
//! # Seeds
//!
//! `WAYBILL_SEEDS=n` runs n seeds, and `WAYBILL_SEED=s` repeats the failed seed s and prints its story.

mod deed;
mod draw;
mod inbox;
mod simulation;
mod turnstile;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

pub use draw::Draw;
use simulation::Simulation;

/// Number of seeds in a plain `cargo test`.
const SEEDS: u64 = 200;

async fn simulate(seed: u64) -> Result<(), String> {
    let lived = async {
        let mut simulation = Simulation::new(seed).await.map_err(|error| (error, Vec::new()))?;
        let done = async {
            simulation.live().await?;
            simulation.rest().await?;
            simulation.undo_everything().await
        };
        match done.await {
            Ok(()) => {
                if is_replayed() {
                    println!("{}", simulation.story.join("\n"));
                }
                Ok(())
            }
            Err(error) => Err((error, simulation.story)),
        }
    };
    lived.await.map_err(|(error, story)| {
        let shown = if is_replayed() { story.len() } else { 30 };
        let story = story[story.len().saturating_sub(shown)..].join("\n");
        format!("seed {seed} (replay with WAYBILL_SEED={seed}):\n{story}\n{error}")
    })
}

/// True if a single seed is repeated, whose story is printed in full.
fn is_replayed() -> bool {
    std::env::var_os("WAYBILL_SEED").is_some()
}

fn number_in(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn a_simulated_world_keeps_its_promises() {
    let seeds: Vec<u64> = match (number_in("WAYBILL_SEED"), number_in("WAYBILL_SEEDS")) {
        (Some(seed), _) => vec![seed],
        (None, Some(seeds)) => (1..=seeds).collect(),
        (None, None) => (1..=SEEDS).collect(),
    };
    if is_replayed() {
        waybill::system::log();
    }
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        loop {
            let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) else {
                return;
            };
            if let Err(story) = runtime.block_on(simulate(seed)) {
                println!("seed {seed} went wrong");
                wrong.lock().expect("unpoisoned").push(story);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let wrong = wrong.into_inner().expect("unpoisoned");
    println!("simulated {} worlds", seeds.len());
    assert!(wrong.is_empty(), "{} of the worlds went wrong; the first:\n{}", wrong.len(), wrong[0]);
}
