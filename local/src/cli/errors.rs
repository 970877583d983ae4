//! The command `waybill errors`, which shows the errors of an import's rows by cause, as the door groups them.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use super::{Where, columns};

/// The number of rows that a line of the table names.
const ROWS_SHOWN: usize = 5;

/// Arguments of `waybill errors`.
#[derive(Args)]
pub struct Errors {
    /// Number of the import, as `waybill list` prints it
    id: u64,
    /// Print the service's JSON object instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: Where,
}

impl Errors {
    /// Shows the errors.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let errors = self.service.run(async |client| client.errors(self.id).await).await?;
        match self.json {
            true => println!("{errors}"),
            false => print!("{}", shown(&errors)),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The causes of failed rows as a table, and below it the skipped rows.
fn shown(errors: &Value) -> String {
    let list = |name: &str| errors[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let row = |cause: &Value| {
        let rows = cause["first_rows"].as_array().map(Vec::as_slice).unwrap_or_default();
        let more = cause["count"].as_u64().is_some_and(|count| count > ROWS_SHOWN as u64);
        let rows: Vec<_> = rows.iter().take(ROWS_SHOWN).map(Value::to_string).collect();
        let rows = rows.join(", ") + if more { ", …" } else { "" };
        let example = text(&cause["example"]["message"]);
        [cause["count"].to_string(), text(&cause["code"]), text(&cause["column"]), rows, example]
    };
    let rows: Vec<_> = list("causes").iter().map(row).collect();
    let mut shown = match rows.is_empty() {
        true => "No row has an error.\n".to_owned(),
        false => columns::table(["ROWS", "CODE", "COLUMN", "FIRST ROWS", "EXAMPLE"], &rows),
    };
    if errors["other_failed"].as_u64().is_some_and(|rows| rows > 0) {
        shown += &format!("… and {} rows that failed for other causes\n", errors["other_failed"]);
    }
    for skips in list("skips") {
        shown += &format!("{} rows were skipped: {}\n", skips["count"], text(&skips["message"]));
    }
    if errors["complete"] == false {
        shown += "The import goes on, or only its first rows were looked at: there may be more.\n";
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn causes_are_lines_and_skips_follow() {
        let cause = json!({
            "code": "invalid_date", "column": "Date", "count": 20, "first_rows": (10..20).collect::<Vec<_>>(),
            "example": { "row_number": 10, "line": 11, "value": "x", "message": "Date of 10" },
        });
        let whole = json!({
            "code": "missing", "column": null, "count": 1, "first_rows": [4],
            "example": { "row_number": 4, "line": 5, "value": null, "message": "the row is empty" },
        });
        let skips =
            json!([{ "code": "unknown_user", "message": "the person is no user", "count": 3, "first_rows": [1] }]);
        let errors = json!({ "complete": false, "causes": [cause, whole], "other_failed": 7, "skips": skips });
        assert_eq!(
            shown(&errors),
            "ROWS  CODE          COLUMN  FIRST ROWS             EXAMPLE\n\
             20    invalid_date  Date    10, 11, 12, 13, 14, …  Date of 10\n\
             1     missing               4                      the row is empty\n\
             … and 7 rows that failed for other causes\n\
             3 rows were skipped: the person is no user\n\
             The import goes on, or only its first rows were looked at: there may be more.\n"
        );
        let none = json!({ "complete": true, "causes": [], "other_failed": 0, "skips": [] });
        assert_eq!(shown(&none), "No row has an error.\n");
    }
}
