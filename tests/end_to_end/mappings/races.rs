//! Tests of remembered mappings while parsers die, while imports settle at once, and with items of another version.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use shared::format::{HeaderFingerprint, Mapping};
use shared::id::{AccountId, ChunkNo, ImportId, MappingId, ThingId};
use shared::import::{Import, ImportType, NewImport, Options, Origin, Status};
use shared::ledger::Chunk;
use shared::mappings;
use shared::plan::plan;
use shared::queue::Message;
use shared::revert;
use shared::services::Services;
use shared::store::{Table, Write, keys};
use waybill::system::Functions;

use super::{TABLE, imported, mapping, memory, other_mapping, said, told};
use crate::faults::{Fault, Faults};
use crate::postman::{LONG, Postman};
use crate::stack::{Stack, sent};

const ACCOUNT: AccountId = AccountId(1);

/// A stack with a worker, whose messages are delivered by hand.
struct Bench {
    stack: Stack,
    postman: Postman,
    faults: Faults,
    worker: Functions,
}

impl Bench {
    async fn new() -> anyhow::Result<Self> {
        let stack = Stack::by_hand(2).await?;
        let (postman, faults) = (Postman::of(&stack.system), Faults::default());
        let worker = faults.connect(&stack.system)?;
        Ok(Self { stack, postman, faults, worker })
    }

    fn services(&self) -> &Services {
        self.stack.system.services()
    }

    /// Creates an import whose start message is not yet sent.
    async fn queued(&self, file: &str, mapping: Option<Value>) -> anyhow::Result<Import> {
        let mapping = mapping.map(|columns| {
            let columns = columns.as_object().cloned().unwrap_or_default().into_iter();
            Mapping::new(columns.map(|(column, field)| (column, field.as_str().unwrap_or_default().to_owned())))
        });
        let mut options = Options::default();
        options.reading.mapping = mapping.transpose()?;
        let origin = Origin::Body { token: shared::lease::nonce() };
        let (user, import_type, file_name) = (ThingId(1), ImportType::TimeEntries, "a.csv".to_owned());
        let new = NewImport { account: ACCOUNT, user, import_type, options, file_name, note: None, origin, once: None };
        sent(self.services(), &new, file.to_owned()).await
    }

    async fn start(&self, import: ImportId) -> anyhow::Result<()> {
        Ok(self.services().queues.send(&Message::Start { account: ACCOUNT, import }).await?)
    }

    async fn drain(&self) {
        Box::pin(self.postman.drain_all(&self.worker, &self.faults)).await;
    }

    /// Imports a file from the start to the end.
    async fn import(&self, file: &str, mapping: Option<Value>) -> anyhow::Result<Import> {
        let import = self.queued(file, mapping).await?;
        self.start(import.id).await?;
        self.drain().await;
        self.again(&import).await
    }

    async fn again(&self, import: &Import) -> anyhow::Result<Import> {
        Ok(Import::find(self.services(), ACCOUNT, import.id).await?)
    }

    async fn undo(&self, import: &Import) -> anyhow::Result<()> {
        revert::ask(self.services(), import, "user 1").await?;
        self.drain().await;
        Ok(())
    }
}

fn id_of(table: &str) -> MappingId {
    let names = table.lines().next().unwrap_or_default().split(',').map(str::to_owned).collect::<Vec<_>>();
    MappingId::derive(ACCOUNT, &HeaderFingerprint::of(&names).to_string())
}

#[tokio::test]
async fn a_parser_that_comes_again_reads_by_what_the_first_one_read_by() -> anyhow::Result<()> {
    let bench = Bench::new().await?;
    let first = bench.import(TABLE, Some(mapping())).await?;
    for died in 0.. {
        let second = bench.queued(TABLE, None).await?;
        bench.start(second.id).await?;
        // The worker dies after its n-th write of a chunk, a reading or the pin. Then
        // the remembered mapping changes.
        let mut writes = 0;
        bench.faults.plan(move |_, operation| {
            writes += u64::from(matches!(operation, "PutItem" | "UpdateItem"));
            (writes > died).then_some(Fault::DeathBefore)
        });
        let is_whole = bench.postman.drain(&bench.worker, &bench.faults).await;
        bench.faults.none();
        bench.postman.lose_everything();
        let pinned = bench.again(&second).await?.recalled.is_some();
        let other = bench.import(TABLE, Some(other_mapping())).await?;
        if died.is_multiple_of(2) {
            assert!(mappings::forget(bench.services(), ACCOUNT, id_of(TABLE)).await?);
        }
        bench.services().clock.turn(LONG);
        bench.start(second.id).await?;
        bench.drain().await;
        let second = bench.again(&second).await?;
        match (pinned, died.is_multiple_of(2)) {
            (true, _) => assert_eq!(second.recalled.as_ref().map(|from| from.import), Some(first.id), "{died}"),
            (false, true) => assert_eq!(second.status, Status::Unsupported, "{died}"),
            (false, false) => assert_eq!(second.recalled.as_ref().map(|from| from.import), Some(other.id), "{died}"),
        }
        assert!(!pinned || second.status == Status::Complete, "{died}: {}", second.status);
        // The undos restore the state for the next round.
        for import in [second, other] {
            bench.undo(&import).await?;
        }
        if died.is_multiple_of(2) {
            break_even(&bench, &first).await?;
        }
        if is_whole {
            assert!(died > 3, "{died} writes are too few");
            break;
        }
    }
    Ok(())
}

/// Lets a forgotten mapping of the first import be remembered again.
async fn break_even(bench: &Bench, first: &Import) -> anyhow::Result<()> {
    let mapping = first.options.reading.mapping.as_ref().expect("it was made with one");
    let names: Vec<String> = ["When", "Took", "Whose", "What"].map(str::to_owned).to_vec();
    let made_with = mappings::MadeWith::Given(mapping.columns());
    let said = mappings::settled(bench.services(), ACCOUNT, first.id, &names, made_with, 0).await?;
    bench.services().store.transact(said.expect("it says something").1).await?;
    Ok(())
}

#[tokio::test]
async fn a_parser_that_remembered_nothing_gives_way_to_one_that_does() -> anyhow::Result<()> {
    let bench = Bench::new().await?;
    bench.import(TABLE, Some(mapping())).await?;
    let second = bench.queued(TABLE, None).await?;
    // The chunks come from a parser which read the header in another way, and contain a chunk too many.
    plan_otherwise(&bench, &second).await?;
    bench.start(second.id).await?;
    bench.drain().await;
    let settled = bench.again(&second).await?;
    assert_eq!((settled.status, settled.rows, settled.chunks), (Status::Complete, Some(2), Some(1)));
    let counts = settled.counts(bench.services()).await?;
    assert_eq!((counts.created, counts.failed), (2, 0));

    // In the opposite case, the pin is written while the parser without a mapping is about to start the load or
    // to refuse the file.
    let third = bench.queued(TABLE, None).await?;
    let pinned = settled.recalled.expect("it was read by what is remembered");
    mappings::forget(bench.services(), ACCOUNT, id_of(TABLE)).await?;
    let pin = Write::update(keys::import(ACCOUNT, third.id), "SET #recalled = :recalled").bind(":recalled", &pinned);
    let (store, pin) = (bench.services().store.clone(), Mutex::new(Some(pin)));
    let faults = Faults::behind(Arc::new(move |operation: &str| {
        let is_at_its_transition = operation == "TransactWriteItems";
        let pin = if is_at_its_transition { pin.lock().expect("unpoisoned").take() } else { None };
        let store = store.clone();
        Box::pin(async move {
            if let Some(pin) = pin {
                store.write(pin).await.expect("it is written");
            }
            Box::new(()) as Box<dyn Send>
        })
    }));
    plan(&faults.connect(&bench.stack.system)?.parser, ACCOUNT, third.id).await?;
    assert_eq!(bench.again(&third).await?.status, Status::Queued, "the pin holds");
    plan(&bench.worker.parser, ACCOUNT, third.id).await?;
    bench.drain().await;
    let third = bench.again(&third).await?;
    assert_eq!((third.status, third.recalled), (Status::Complete, Some(pinned)));
    Ok(())
}

/// Stores the chunks of a parser which took other lines for rows.
async fn plan_otherwise(bench: &Bench, import: &Import) -> anyhow::Result<()> {
    let store = &bench.services().store;
    for (number, start, end) in [(0, 0, 49), (1, 50, 55)] {
        let span = shared::table::ChunkSpan {
            first_row: 1 + 2 * number,
            rows: 2,
            first_line: 1,
            start,
            end,
            oversized: Vec::new(),
        };
        let chunk = Chunk::planned(ChunkNo(number), span);
        store.write(Write::put(keys::chunk(ACCOUNT, import.id, chunk.number), &chunk)).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imports_of_one_header_that_settle_at_once_are_all_settled_and_the_latest_is_believed() -> anyhow::Result<()> {
    let stack = Stack::start(1).await?;
    let mut ids = Vec::new();
    for _ in 0..12 {
        ids.push(stack.upload_as(TABLE.as_bytes().to_vec(), json!({ "mapping": mapping() })).await?);
    }
    stack.idle().await?;
    for &id in &ids {
        assert_eq!(stack.native(id).await?["status"], "complete");
    }
    let next = imported(&stack, TABLE, json!({})).await?;
    assert_eq!(told(&next), json!(["complete", "table", ids.last()]));
    for id in ids {
        stack.undo(id).await?;
    }
    stack.undo(next["id"].as_u64().unwrap_or_default()).await?;
    assert!(memory(&stack).await?.is_empty());
    Ok(())
}

/// Changes an attribute of the stored mappings.
async fn spoil(stack: &Stack, change: impl Fn(&mut AttributeValue)) -> anyhow::Result<()> {
    for (_, mut item) in memory(stack).await? {
        item.entry("sayings".to_owned()).and_modify(&change);
        stack.system.services().store.put_all(vec![(Table::Imports, item)]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_another_version_remembers_never_stops_a_file() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let first = imported(&stack, TABLE, json!({ "mapping": mapping() })).await?["id"].as_u64().unwrap_or_default();
    // The stored mapping contains a field which this version does not know.
    spoil(&stack, |sayings| {
        if let AttributeValue::L(sayings) = sayings
            && let Some(AttributeValue::M(saying)) = sayings.first_mut()
            && let Some(AttributeValue::M(columns)) = saying.get_mut("columns")
        {
            columns.insert("What".to_owned(), AttributeValue::S("moment".to_owned()));
        }
    })
    .await?;
    let refused = imported(&stack, TABLE, json!({})).await?;
    assert_eq!(refused["status"], "unsupported");
    let reasons = said(&refused);
    assert!(reasons.contains("does not fit any more: unknown field \"moment\""), "{refused}");
    let request = stack.bare(reqwest::Method::GET, "/api/v1/mappings").header("Authorization", "Token demo");
    let shown = stack.answer(request).await?.expect(200)?;
    assert_eq!(shown["records"][0]["mapping"]["What"], "moment");

    // An unreadable item counts as absent, and the next mapping replaces it.
    spoil(&stack, |sayings| *sayings = AttributeValue::S("rubbish".to_owned())).await?;
    assert_eq!(imported(&stack, TABLE, json!({})).await?["status"], "unsupported");
    stack.undo(first).await?;
    let second = imported(&stack, TABLE, json!({ "mapping": mapping() })).await?;
    assert_eq!(told(&imported(&stack, TABLE, json!({})).await?), json!(["complete", "table", second["id"]]));
    Ok(())
}

#[tokio::test]
async fn of_very_many_headers_the_one_that_nobody_used_for_longest_is_forgotten() -> anyhow::Result<()> {
    let bench = Bench::new().await?;
    let file = |number: usize| format!("When,Took,Note {number}\n2026-03-02,90,Tea\n");
    let columns = |number: usize| Some(json!({ "When": "date", "Took": "minutes", format!("Note {number}"): "text" }));
    for number in 0..mappings::MOST_MAPPINGS {
        bench.import(&file(number), columns(number)).await?;
    }
    // The first mapping has a name and the second was used again, so the third mapping is removed.
    mappings::rename(bench.services(), ACCOUNT, id_of(&file(0)), Some("mine")).await??;
    bench.import(&file(1), None).await?;
    bench.import(&file(999), columns(999)).await?;
    let kept = mappings::all(bench.services(), ACCOUNT).await?;
    assert_eq!(kept.len(), mappings::MOST_MAPPINGS);
    for (number, there) in [(0, true), (1, true), (2, false), (3, true), (999, true)] {
        assert_eq!(kept.iter().any(|memory| memory.id == id_of(&file(number))), there, "{number}");
    }
    assert_eq!(bench.import(&file(2), None).await?.status, Status::Unsupported);
    Ok(())
}
