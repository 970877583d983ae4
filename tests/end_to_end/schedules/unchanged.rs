//! Tests of runs that find the file unchanged.

use serde_json::json;
use shared::store::Table;

use super::{Proof, Workshop, complete, hours};
use crate::dump::{Dump, differences};
use crate::files::TOGGL;

/// All tables without the schedule's own item.
async fn without_schedule(workshop: &Workshop) -> anyhow::Result<Dump> {
    let mut all = Dump::new();
    for table in [Table::Imports, Table::Workspace, Table::Events] {
        all.extend(workshop.stack.dump(table).await?);
    }
    all.retain(|(pk, _), _| pk != "A#1#schedules");
    Ok(all)
}

#[tokio::test]
async fn an_unchanged_file_costs_one_request_and_writes_nothing_but_the_schedule() -> anyhow::Result<()> {
    for proof in [Proof::Etag, Proof::WeakEtag, Proof::Time, Proof::DeafEtag, Proof::Nothing] {
        let workshop = Workshop::open(proof).await?;
        workshop.schedule(json!({})).await?;
        workshop.tick().await?;
        assert_eq!(workshop.imports().await?, [complete(5)], "{proof:?}");
        assert_eq!(workshop.requests(), 2, "{proof:?}: a question and a fetch");
        let before = without_schedule(&workshop).await?;
        for _ in 0..2 {
            workshop.next_run().await?;
            assert_eq!(workshop.requests(), 1, "{proof:?}");
        }
        assert_eq!(differences(&without_schedule(&workshop).await?, &before), [""; 0], "{proof:?}");
        assert_eq!(workshop.outcomes().await?, ["unchanged", "unchanged", "imported 1"], "{proof:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_run_with_304_takes_one_write_of_the_schedule_and_few_reads() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    workshop.schedule(json!({})).await?;
    workshop.tick().await?;
    // The item is as large as an item without a mapping becomes: it remembers twenty runs.
    for _ in 0..20 {
        workshop.next_run().await?;
    }
    workshop.turn(super::HOUR);
    sweep::handle(&workshop.functions.sweep).await?;
    let store = &workshop.stack.system.services().store;
    let before = store.consumed();
    workshop.deliver().await?;
    let run = store.consumed() - before;
    println!("an unchanged run: {} write units, {} read units", run.write, run.read);
    // The item is written once, and leaves and enters the index.
    assert!(run.write <= 6.0 && run.read <= 4.0, "{run:?}");
    assert_eq!(workshop.outcomes().await?, ["unchanged"; 20]);
    Ok(())
}

#[tokio::test]
async fn an_etag_that_moves_loads_again_and_a_weak_one_does_not_if_the_bytes_are_the_same() -> anyhow::Result<()> {
    for (proof, outcome) in [(Proof::Etag, "imported 2"), (Proof::WeakEtag, "unchanged"), (Proof::Time, "unchanged")] {
        let workshop = Workshop::open(proof).await?;
        workshop.schedule(json!({ "import": { "location": super::URL, "duplicates": "skip" } })).await?;
        workshop.tick().await?;
        workshop.publish(TOGGL);
        workshop.next_run().await?;
        assert_eq!(workshop.outcomes().await?, [outcome, "imported 1"], "{proof:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_goes_back_to_the_loaded_content_after_a_refused_one_is_unchanged() -> anyhow::Result<()> {
    for proof in [Proof::Etag, Proof::Nothing] {
        let workshop = Workshop::open(proof).await?;
        workshop.schedule(json!({})).await?;
        workshop.tick().await?;
        workshop.publish("colour,shape\nred,round\n");
        workshop.next_run().await?;
        // The refused file is not tried again with each run.
        workshop.next_run().await?;
        {
            let mut file = workshop.file();
            (file.bytes, file.version) = (TOGGL.to_owned(), 1);
        }
        workshop.next_run().await?;
        let imports = [complete(5), ("unsupported".to_owned(), 0)];
        assert_eq!(workshop.imports().await?, imports, "{proof:?}");
        assert_eq!(workshop.outcomes().await?, ["unchanged", "unchanged", "imported 2", "imported 1"], "{proof:?}");
        workshop.file().version = 2;
        workshop.publish(&hours("mended"));
        workshop.next_run().await?;
        assert_eq!(workshop.imports().await?[2], complete(1), "{proof:?}");
    }
    Ok(())
}
