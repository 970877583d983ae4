//! Tests of files of contacts: told from time entries, imported, changed where the command says so, and undone.

use anyhow::Context;
use serde_json::json;

use super::{fixture, imported, json_of, waybill};

#[test]
fn contacts_are_told_from_time_entries_and_imported_and_undone() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("state");
    let data = data.to_str().context("a path of text")?;
    let file = fixture("contacts.csv");
    let path = file.to_str().context("a path of text")?;
    let told = json_of(&["detect", path, "--json"])?;
    assert_eq!(json!([told["type"], told["format"], told["rows"]]), json!(["ContactImport", null, 7]));
    let report = String::from_utf8(waybill(&["detect", path])?.stdout)?;
    for said in ["contacts, 7 rows", "each row is a person", "last name \"van der Brook\"", "company \"Alder Works\""] {
        assert!(report.contains(said), "{said:?} is missing in\n{report}");
    }
    assert_eq!(
        json_of(&["detect", fixture("toggl.csv").to_str().context("text")?, "--json"])?["type"],
        "TimeEntryImport"
    );
    let (code, told) = imported(&file, &["--data", data])?;
    let made = json!([told["type"], told["status"], told["counts"]["created"], told["companies"]]);
    assert_eq!((code, made), (Some(1), json!(["ContactImport", "partially_complete", 4, 2])), "{told}");
    let report = String::from_utf8(waybill(&["show", "1", "--data", data])?.stdout)?;
    assert!(report.contains("contacts, utf-8") && report.contains("companies     2 made"), "{report}");
    let report = String::from_utf8(waybill(&["errors", "1", "--data", data])?.stdout)?;
    assert!(report.contains("invalid_email"), "{report}");
    let report = String::from_utf8(waybill(&["revert", "1", "--data", data])?.stdout)?;
    assert!(report.contains("people   removed 4"), "{report}");
    let output = waybill(&["import", path, "--autocreate-users", "--memory"])?;
    assert!(String::from_utf8_lossy(&output.stderr).contains("belong to time entries"));
    Ok(())
}

#[test]
fn contacts_are_changed_where_the_command_says_so() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("state");
    let data = data.to_str().context("a path of text")?;
    let (first, second) = (folder.path().join("first.csv"), folder.path().join("second.csv"));
    std::fs::write(&first, "Name,Email\nRobin,robin@example.com\nKim,kim@example.com\n")?;
    std::fs::write(&second, "Name,Email,Title\nRobin,robin@example.com,Gardener\nKim,kim@example.com,\n")?;
    assert_eq!(imported(&first, &["--data", data])?.1["counts"]["created"], 2);
    let (code, told) = imported(&second, &["--data", data, "--update-policy", "overwrite"])?;
    let counts = &told["counts"];
    assert_eq!(
        (code, json!([counts["updated"], counts["unchanged"], counts["failed"]])),
        (Some(0), json!([1, 1, 0])),
        "{told}"
    );
    let report = String::from_utf8(waybill(&["revert", &told["id"].to_string(), "--data", data])?.stdout)?;
    assert!(report.contains("1 changes taken back"), "{report}");
    let path = second.to_str().context("a path of text")?;
    for (option, value, why) in [("--action", "add", "files of profiles"), ("--update-policy", "replace", "overwrite")]
    {
        let output = waybill(&["import", path, option, value, "--memory"])?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(why), "{said}");
    }
    let entries = fixture("toggl.csv");
    let output = waybill(&["import", entries.to_str().context("text")?, "--update-policy", "skip", "--memory"])?;
    assert!(String::from_utf8_lossy(&output.stderr).contains("contacts or profiles"));
    Ok(())
}
