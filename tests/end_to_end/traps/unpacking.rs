//! Tests of imports which are stopped while their files are unpacked.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use shared::clock::Clock;
use shared::import::{Import, ImportType, NewImport, Options, Origin};
use shared::plan::plan;
use shared::settle::stop::cancel;
use waybill::system;

use crate::stack::{Stack, sent};

use super::{ACCOUNT, IMPORT, USER, hold_at};

/// The unpacked objects and the parts of uploads which lie in the bucket.
fn unpacked(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.path().display().to_string();
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if name.contains("unpacked") || name.contains("upload") {
                found.push(name);
            }
        }
    }
    Ok(found)
}

/// A stack which keeps its files in a folder, with a queued import of the given file.
async fn queued(file: &[u8], data: &Path) -> anyhow::Result<Stack> {
    let clock = Clock::standing_at(1_790_000_000_000);
    let options = system::Options { workers: 0, clock, data: Some(data.to_owned()), ..Default::default() };
    let stack = Stack::with(options).await?;
    let services = stack.system.services();
    let new = NewImport {
        account: ACCOUNT,
        user: USER,
        import_type: ImportType::TimeEntries,
        options: Options::default(),
        file_name: "march.csv.gz".to_owned(),
        note: None,
        origin: Origin::Body { token: "packed".to_owned() },
        once: None,
    };
    sent(services, &new, file.to_vec()).await?;
    Ok(stack)
}

#[tokio::test]
async fn a_table_that_is_refused_after_it_was_unpacked_does_not_stay() -> anyhow::Result<()> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(b"name,colour\nrose,red\n")?;
    let data = tempfile::tempdir()?;
    let stack = queued(&gzip.finish()?, data.path()).await?;
    plan(&stack.functions().parser, ACCOUNT, IMPORT).await?;
    assert_eq!(stack.native(1).await?["status"], "unsupported");
    assert_eq!(unpacked(data.path())?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn an_import_that_is_stopped_while_its_file_is_unpacked_leaves_nothing_in_the_bucket() -> anyhow::Result<()> {
    // The table is uploaded in two parts, because blank lines follow its only row.
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(b"date,person,project,minutes,description\n2026-03-05,Demo User,Garden,30,dig\n")?;
    gzip.write_all(&vec![b'\n'; 9 << 20])?;
    let file = gzip.finish()?;
    let mut some_were_there = false;
    for n in 1.. {
        let data = tempfile::tempdir()?;
        let stack = queued(&file, data.path()).await?;
        let services = stack.system.services();
        let hold = hold_at(n);
        let slow = hold.faults.connect(&stack.system)?;
        let mut planning = Box::pin(plan(&slow.parser, ACCOUNT, IMPORT));
        let held = hold.until_held(&mut planning).await;
        let import = Import::find(services, ACCOUNT, IMPORT).await?;
        if !held || import.unpacked.is_some() {
            assert!(n > 8 && some_were_there, "{n}");
            return Ok(());
        }
        some_were_there |= !unpacked(data.path())?.is_empty();
        cancel(&stack.functions().api, &import, "user 1").await?;
        hold.let_go.send(true)?;
        planning.await?;
        assert_eq!(stack.native(1).await?["status"], "incomplete", "{n}");
        assert_eq!(unpacked(data.path())?, [""; 0], "stopped before request {n}");
    }
    Ok(())
}
