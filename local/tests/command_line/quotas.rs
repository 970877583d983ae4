//! Tests of the quotas that an operator gives to an account.

use anyhow::Context;
use serde_json::{Value, json};

use super::{json_of, waybill};

#[test]
fn an_account_is_given_quotas_and_loses_them_again() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().to_str().context("a path of text")?;
    let set = |quotas: &[&str]| waybill(&[&["account", "set", "--account", "1", "--data", data][..], quotas].concat());
    let quotas = || -> anyhow::Result<Value> {
        Ok(json_of(&["account", "list", "--data", data, "--json"])?[0]["settings"]["quotas"].clone())
    };
    assert_eq!(quotas()?, Value::Null);
    let all = ["--rows-a-day", "1000", "--open-imports", "3", "--file-bytes", "5000000"];
    assert!(set(&all)?.status.success());
    assert_eq!(quotas()?, json!({ "rows_a_day": 1000, "open_imports": 3, "file_bytes": 5_000_000 }));
    // A setting that is not given stays, 0 is no quota, and - leaves the stack's.
    assert!(set(&["--time-zone", "Europe/Berlin", "--rows-a-day", "0", "--file-bytes", "-"])?.status.success());
    assert_eq!(quotas()?, json!({ "rows_a_day": 0, "open_imports": 3 }));
    for wrong in ["-1", "1.5", "many", "1000000000000000", ""] {
        let output = set(&["--open-imports", wrong])?;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && !error.is_empty(), "{wrong}");
    }
    assert!(set(&["--rows-a-day", "-", "--open-imports", "-"])?.status.success());
    assert_eq!(quotas()?, Value::Null);
    Ok(())
}
