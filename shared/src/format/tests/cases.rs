//! Runs the cases which may lie beside the checkout, real files with their expected results. A fresh clone has no
//! such folder and skips the test.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;
use crate::format::{Mapping, TimeEntries};
use crate::packed;

/// The result of reading a file; all counts are zero for a refused file.
#[derive(Debug, Default)]
struct Got {
    refused: Option<String>,
    format: String,
    rows: u64,
    seconds: u64,
    failed: u64,
    said: String,
    projects: BTreeSet<String>,
    tags: BTreeSet<String>,
    texts: Vec<String>,
    dates: Vec<String>,
}

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/cases");
    folder.is_dir().then_some(folder)
}

fn options(args: &[String]) -> ReadingOptions {
    let pairs = args.windows(2).filter(|pair| pair[0] == "--map");
    let pairs: Vec<_> = pairs.filter_map(|pair| pair[1].rsplit_once('=')).collect();
    let owned = pairs.iter().map(|(column, field)| ((*column).to_owned(), (*field).to_owned()));
    let mapping = (!pairs.is_empty()).then(|| Mapping::new(owned).unwrap());
    ReadingOptions { mapping, ..plainly() }
}

fn read_case(bytes: &[u8], options: &ReadingOptions) -> Result<Got, Refusal> {
    let (table, survey) = match packed::Packing::of(bytes) {
        None => (bytes.to_vec(), Survey::new(options.clone(), 100)),
        Some(kind) => {
            let mut table = Vec::new();
            let never = packed::Cancellation::default();
            let wanted = packed::WantedSheet::<TimeEntries> { options: options.clone(), sheet: None };
            let mut sink = |piece: &[u8]| {
                table.extend_from_slice(piece);
                Ok(())
            };
            let unpacked =
                packed::unpack(kind, bytes.to_vec().into(), &wanted, &packed::Limits::DOOR, &never, &mut sink)
                    .map_err(packed::NotUnpacked::into_refusal)?;
            (table, unpacked.survey(options.clone(), 100))
        }
    };
    let mut survey = survey;
    survey.push(&table)?;
    let mut chunks = survey.take_chunks();
    let plan = survey.finish()?;
    chunks.extend(plan.chunks);
    let plan = super::super::Plan { chunks, ..plan };
    let mut got = Got { format: plan.layout.decisions.format.to_string(), rows: plan.rows, ..Got::default() };
    load(&table, &plan, |row| match &row.parsed {
        Err(error) => {
            got.failed += 1;
            got.said.push_str(&error.message);
        }
        Ok(entry) => {
            got.seconds += entry.seconds;
            got.projects.extend(entry.project.as_deref().map(str::to_owned));
            got.tags.extend(entry.tags.iter().map(|tag| tag.name.to_lowercase()));
            got.texts.push(entry.text.as_deref().unwrap_or("None").to_owned());
            got.dates.push(entry.date.to_string());
        }
    });
    Ok(got)
}

/// The words of a JSON list, sorted, with `null` as `None`.
fn words(list: &Value) -> Vec<String> {
    let word = |value: &Value| value.as_str().map_or("None".to_owned(), str::to_owned);
    let mut words: Vec<String> = list.as_array().into_iter().flatten().map(word).collect();
    words.sort();
    words
}

fn sorted<'a>(list: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut list: Vec<String> = list.into_iter().cloned().collect();
    list.sort();
    list
}

fn holds(expected: &Value, got: &Got) -> bool {
    let x = |name: &str| expected.get(name);
    let is_true = |name: &str| x(name).and_then(Value::as_bool) == Some(true);
    if let Some(refusal) = &got.refused {
        let says = words(x("says").unwrap_or(&Value::Null));
        let said = refusal.to_lowercase();
        return (is_true("refused") || is_true("or_refused"))
            && says.iter().all(|word| said.contains(&word.to_lowercase()));
    }
    let lists = [("texts", sorted(&got.texts)), ("dates", sorted(&got.dates)), ("projects", sorted(&got.projects))];
    if x("or_seconds").and_then(Value::as_u64) == Some(got.seconds)
        || lists.iter().any(|(name, list)| x(&format!("or_{name}")).is_some_and(|wanted| words(wanted) == *list))
    {
        return true;
    }
    let number = |name: &str, of: u64| x(name).and_then(Value::as_u64).is_none_or(|wanted| wanted == of);
    let most = |name: &str, of: u64| x(name).and_then(Value::as_u64).is_none_or(|most| of <= most);
    !is_true("refused")
        && x("format").and_then(Value::as_str).is_none_or(|format| format == got.format)
        && number("rows", got.rows)
        && number("seconds", got.seconds)
        && number("failed", got.failed)
        && x("failed_at_least").and_then(Value::as_u64).is_none_or(|least| got.failed >= least)
        && most("seconds_at_most", got.seconds)
        && most("rows_created_at_most", got.rows - got.failed)
        && x("projects_subset").is_none_or(|all| got.projects.iter().all(|project| words(all).contains(project)))
        && lists.iter().all(|(name, list)| x(name).is_none_or(|wanted| words(wanted) == *list))
        && x("tags").is_none_or(|wanted| words(wanted) == sorted(&got.tags))
}

#[test]
fn each_case_gives_what_it_must() {
    let Some(folder) = folder() else { return };
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(folder.join("cases.json")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        let file = case["file"].as_str().unwrap();
        let args: Vec<String> = serde_json::from_value(case["args"].clone()).unwrap();
        let bytes = std::fs::read(folder.join("files").join(file)).unwrap();
        let refused = |said: String| Got { refused: Some(said), ..Got::default() };
        let got = match read_case(&bytes, &options(&args)) {
            Err(refusal) => refused(refusal.to_string()),
            // An import in which no row could be read counts as refused.
            Ok(got) if got.rows > 0 && got.failed == got.rows => refused(got.said),
            Ok(got) => got,
        };
        if !holds(&case["expected"], &got) {
            wrong.push(format!("{file}: {}: {got:?}", case["expected"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
