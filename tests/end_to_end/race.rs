//! Tests of several loaders which work at the same time.

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::try_join_all;
use shared::id::{AccountId, ChunkNo, ImportId};
use shared::ledger::hold::Ended;
use shared::load::load;
use shared::plan::plan;
use shared::store::Table;

use crate::dump::{Dump, differences, note_by_note};
use crate::files::toggl;
use crate::stack::Stack;

const ACCOUNT: AccountId = AccountId(1);
const IMPORT: ImportId = ImportId(1);

/// Imports 240 rows in 24 chunks through the given number of loaders at once. All chunks name the same 12 projects
/// and 8 tags, sometimes in capital letters.
async fn tables(loaders: u64) -> anyhow::Result<[Dump; 2]> {
    let stack = Stack::by_hand(10).await?;
    let file = toggl(240, 12, 8)
        .replace("Project 3,,Entry 1", "PROJECT 3,,Entry 1")
        .replace("tag 5\n", "Tag 5\n")
        .replace("Client 2,Project 6", "CLIENT 2,Project 6");
    stack.post(file.as_bytes(), &[]).await?.expect(202)?;
    plan(&stack.functions().parser, ACCOUNT, IMPORT).await?;
    let worker = &stack.functions().loader;
    let share = |loader| async move {
        for chunk in (0..24).filter(|chunk| chunk % loaders == loader) {
            assert_eq!(load(worker, ACCOUNT, IMPORT, ChunkNo(chunk)).await?, Ended::Done);
        }
        anyhow::Ok(())
    };
    try_join_all((0..loaders).map(share)).await?;
    assert_eq!(stack.native(1).await?["status"], "complete");
    let mut imports = stack.dump(Table::Imports).await?;
    // The object key of the file is random, so it cannot be compared.
    imports.retain(|(_, sk), _| sk != "source");
    imports.values_mut().for_each(|item| drop(item.remove("source")));
    Ok([stack.workspace().await?, note_by_note(imports)?])
}

#[tokio::test]
async fn three_loaders_that_meet_the_same_names_give_the_same_tables_as_one() -> anyhow::Result<()> {
    let one = tables(1).await?;
    let named = |name: &str| one[0].values().any(|item| item.get("name") == Some(&AttributeValue::S(name.to_owned())));
    assert!(named("PROJECT 3") && named("Tag 5"));
    for loaders in [3, 8] {
        let several = tables(loaders).await?;
        for (one, several) in one.iter().zip(&several) {
            assert_eq!(differences(one, several), [""; 0]);
        }
    }
    Ok(())
}
