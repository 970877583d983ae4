//! The command `waybill errors`, which shows the errors of an import's rows, grouped by their cause.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::{Where, columns};

/// The number of rows that a group names.
const ROWS_NAMED: usize = 10;
/// The number of rows that a line of the table names.
const ROWS_SHOWN: usize = 5;

/// Arguments of `waybill errors`.
#[derive(Args)]
pub struct Errors {
    /// Number of the import, as `waybill list` prints it
    id: u64,
    /// Print one JSON array instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: Where,
}

impl Errors {
    /// Shows the errors.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let import = self.service.run(async |client| client.import(self.id).await).await?;
        let groups = grouped(import["errors"].as_array().into_iter().flatten());
        if self.json {
            println!("{}", Value::Array(groups));
            return Ok(ExitCode::SUCCESS);
        }
        let failed = import["counts"]["failed"].as_u64().unwrap_or_default();
        print!("{}", shown(&groups));
        let named: u64 = groups.iter().filter_map(|group| group["count"].as_u64()).sum();
        if failed > named {
            println!("… and {} more rows that failed, which are not shown", failed - named);
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The errors by code and column, the most frequent first, each with its first rows and an example.
fn grouped<'e>(errors: impl Iterator<Item = &'e Value>) -> Vec<Value> {
    let mut groups: BTreeMap<(String, String), Vec<&Value>> = BTreeMap::new();
    for error in errors {
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        groups.entry((text("code"), text("column"))).or_default().push(error);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, errors)| std::cmp::Reverse(errors.len()));
    let group = |((code, column), errors): ((String, String), Vec<&Value>)| {
        let rows: Vec<_> = errors.iter().take(ROWS_NAMED).map(|error| &error["row"]).collect();
        let first = errors.first().copied().unwrap_or(&Value::Null);
        json!({
            "code": code, "column": column, "count": errors.len(), "rows": rows,
            "message": first["message"], "value": first["value"],
        })
    };
    groups.into_iter().map(group).collect()
}

fn shown(groups: &[Value]) -> String {
    if groups.is_empty() {
        return "No row has an error.\n".to_owned();
    }
    let text = |group: &Value, name: &str| group[name].as_str().unwrap_or_default().to_owned();
    let row = |group: &Value| {
        let rows = group["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
        let more = group["count"].as_u64().is_some_and(|count| count > ROWS_SHOWN as u64);
        let rows: Vec<_> = rows.iter().take(ROWS_SHOWN).map(Value::to_string).collect();
        let rows = rows.join(", ") + if more { ", …" } else { "" };
        [group["count"].to_string(), text(group, "code"), text(group, "column"), rows, text(group, "message")]
    };
    let rows: Vec<_> = groups.iter().map(row).collect();
    columns::table(["ROWS", "CODE", "COLUMN", "FIRST ROWS", "EXAMPLE"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_a_cause_are_a_group_and_the_largest_group_is_first() {
        let error = |row: u64, code: &str, column: &str| json!({ "row": row, "line": row + 1, "code": code, "column": column, "value": "x", "message": format!("{column} of {row}") });
        let many = (10..30).map(|row| error(row, "invalid_date", "Date"));
        let errors: Vec<_> =
            [error(1, "missing", "Date"), error(2, "invalid_date", "Day")].into_iter().chain(many).collect();
        let groups = grouped(errors.iter());
        let told: Vec<_> = groups.iter().map(|group| (&group["code"], &group["column"], &group["count"])).collect();
        let (date, day, missing) = (json!("invalid_date"), json!("Day"), json!("missing"));
        assert_eq!(
            told,
            [(&date, &json!("Date"), &json!(20)), (&date, &day, &json!(1)), (&missing, &json!("Date"), &json!(1)),]
        );
        assert_eq!(groups[0]["rows"], json!((10..20).collect::<Vec<_>>()));
        assert_eq!((&groups[0]["message"], &groups[0]["value"]), (&json!("Date of 10"), &json!("x")));
        let table = shown(&groups);
        assert!(table.contains("20    invalid_date  Date    10, 11, 12, 13, 14, …  Date of 10"), "{table}");
        assert_eq!(shown(&[]), "No row has an error.\n");
    }
}
