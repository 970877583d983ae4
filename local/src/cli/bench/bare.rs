//! The bare loop measures the store alone, without any check, note or count.
//!
//! The loop writes the same entries as the import, with 25 entries in each request, and with as many simultaneous
//! requests as the loaders have. Its partitions belong to no import. No row is parsed and no name is looked up. As
//! in the loaders, each request is built and sent in a task of its own.

use std::time::Instant;

use anyhow::{Context, bail};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{PutRequest, ReturnConsumedCapacity, WriteRequest};
use shared::id::{ImportId, MAX_IMPORTS, Row};
use shared::store::{Consumed, encode, keys};
use tokio::task::JoinSet;
use waybill::system;
use waybill::template::Template;

use super::ACCOUNT;
use super::file::Generator;
use super::report::Phase;

/// Largest number of items in a BatchWriteItem request.
const BATCH: usize = 25;

/// Writes the entries of `rows` rows into partitions which no earlier run has used, and returns the measurement.
pub async fn write(
    client: &Client,
    generator: &Generator,
    rows: u64,
    concurrency: usize,
    run: u64,
) -> anyhow::Result<Phase> {
    // The number of the pretended import is close to the maximum, which no real import in this process reaches.
    let import = ImportId(MAX_IMPORTS - run);
    let template = Template::embedded()?;
    let table = &template.tables.get("WorkspaceTable").context("the template has no WorkspaceTable")?.name;
    let rows_per_chunk = system::Options::default().rows_per_chunk;
    let generator = *generator;
    let put = move |row| {
        let row = Row(row);
        let entry = generator.row(row).entry(import, 0);
        let item = encode(&keys::entry(ACCOUNT, import, row.chunk(rows_per_chunk), row), &entry);
        let put = PutRequest::builder().set_item(Some(item)).build().expect("the item is set");
        WriteRequest::builder().put_request(put).build()
    };
    let began = Instant::now();
    let mut under_way = JoinSet::new();
    let mut write_units = 0.0;
    for first in (1..=rows).step_by(BATCH) {
        if under_way.len() >= concurrency {
            write_units += under_way.join_next().await.expect("some are under way")??;
        }
        let last = rows.min(first + BATCH as u64 - 1);
        let (client, table) = (client.clone(), table.clone());
        under_way.spawn(async move { request(client, table, (first..=last).map(put).collect()).await });
    }
    while let Some(units) = under_way.join_next().await {
        write_units += units??;
    }
    Ok(Phase::new(began.elapsed(), rows, Consumed { write: write_units, read: 0.0 }))
}

async fn request(client: Client, table: String, items: Vec<WriteRequest>) -> anyhow::Result<f64> {
    let call = client.batch_write_item().request_items(table, items);
    let answer = call.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await?;
    if answer.unprocessed_items().is_some_and(|left| !left.is_empty()) {
        bail!("the store throttles the bare loop");
    }
    Ok(answer.consumed_capacity().iter().filter_map(|consumed| consumed.capacity_units).sum())
}
