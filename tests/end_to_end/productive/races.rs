//! Requests at once: two runs of an import, a run and a change, and imports over the same names.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{companies, contacts, import_data, made, send};
use crate::stack::Stack;

#[tokio::test]
async fn of_runs_at_once_one_runs_the_import() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let id = made(
        &stack,
        &json!({ "company": [{ "name": "Quay" }], "person": [{ "company": "Quay", "first_name": "Kim" }] }),
    )
    .await?;
    let path = format!("/imports/{id}/import");
    let runs = join_all((0..6).map(|_| send(&stack, Method::POST, &path, &Value::Null))).await;
    let mut statuses = Vec::new();
    for run in runs {
        statuses.push(run?.status.as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409]);
    stack.idle().await?;
    assert_eq!(contacts(&stack).await?, ["Kim"]);
    Ok(())
}

#[tokio::test]
async fn a_change_beside_a_run_is_loaded_or_refused() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    for at in 0..5 {
        let (old, new) = (format!("Old {at}"), format!("New {at}"));
        let id = made(&stack, &json!({ "company": [{ "name": old }] })).await?;
        let (path, change) = (format!("/imports/{id}"), import_data(&json!({ "company": [{ "name": new }] })));
        let run_path = format!("{path}/import");
        let (changed, run) = tokio::join!(
            send(&stack, Method::PATCH, &path, &change),
            send(&stack, Method::POST, &run_path, &Value::Null)
        );
        run?.expect(200)?;
        let changed = changed?.status.as_u16();
        stack.idle().await?;
        let names = companies(&stack).await?;
        // The run pins the rows that it has checked, so a change that comes in between is overruled or comes too late.
        assert!(names.contains(&old) ^ names.contains(&new), "{names:?}");
        assert!(changed == 200 || changed == 409 && names.contains(&old), "{changed} {names:?}");
    }
    Ok(())
}

#[tokio::test]
async fn imports_at_once_over_the_same_names_give_each_once() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let people: Vec<Value> = (0..20)
        .map(|at| json!({ "company": "Quay", "first_name": format!("P{at}"), "email": format!("p{at}@example.com") }))
        .collect();
    let rows = json!({ "company": [{ "name": "Quay" }], "person": people });
    let mut imports = Vec::new();
    for _ in 0..4 {
        imports.push(made(&stack, &rows).await?);
    }
    let paths: Vec<String> = imports.iter().map(|id| format!("/imports/{id}/import")).collect();
    let runs = join_all(paths.iter().map(|path| send(&stack, Method::POST, path, &Value::Null))).await;
    stack.idle().await?;
    let mut done = 0;
    for (run, id) in runs.into_iter().zip(&imports) {
        let run = run?;
        let import = super::get(&stack, &format!("/imports/{id}")).await?.expect(200)?["data"]["attributes"].clone();
        match run.status.as_u16() {
            200 => assert!(import["processed_at"].is_string() || import["failed_at"].is_string(), "{import}"),
            422 => assert!(import["processed_at"].is_null(), "{import}"),
            other => panic!("{other}: {}", run.text),
        }
        done += usize::from(import["processed_at"].is_string());
    }
    assert_eq!(done, 1);
    assert_eq!((contacts(&stack).await?.len(), companies(&stack).await?), (20, vec!["Quay".to_owned()]));
    Ok(())
}
