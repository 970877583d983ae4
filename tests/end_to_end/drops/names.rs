//! Tests of drops with unusual file names of all kinds.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use super::{drop_file, put, report, told};
use crate::files::TOGGL;
use crate::logged::Logged;
use crate::outbox;
use crate::postman::{arrive, dropped};
use crate::stack::Stack;
use crate::world::Draw;

/// Letters with a special meaning in a URL, a form, a path or a log, together with harmless letters.
const LETTERS: [&str; 24] = [
    " ", "+", "%", "%20", "%2B", "(", ")", "[", "]", "ü", "ß", "€", "🚚", "\u{301}", "&", "=", "?", "#", "/", "..",
    "~", "'", "\n", "a",
];

/// Draws a file name which S3 accepts, and which is neither a folder's name nor a side-car's.
fn file_name(draw: &mut Draw) -> String {
    // The folder `inbox/1/toggl/` has 14 bytes, and the ending `.csv` has 4.
    let most = *draw.of(&[8, 40, 105, 250, 1006]).expect("there are some");
    let mut name = String::new();
    loop {
        let letter = draw.of(&LETTERS).expect("there are some");
        if name.len() + letter.len() > most {
            return name + if draw.one_in(5) { "-" } else { ".csv" };
        }
        name.push_str(letter);
    }
}

#[tokio::test]
async fn any_name_that_is_dropped_is_one_import_and_one_report() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let mut draw = Draw(10);
    let odd =
        ["Stunden März.csv", "a+b.csv", "a (2).csv", "a [3].csv", "100%.csv", "a%20b.csv", "toggl", "x/y//../z.csv"];
    let drawn: Vec<String> = (0..30).map(|_| file_name(&mut draw)).collect();
    let longest = "l".repeat(1010);
    let names: BTreeSet<String> = odd.map(str::to_owned).into_iter().chain(drawn).chain([longest]).collect();
    for (id, name) in (1..).zip(&names) {
        drop_file(&stack, &format!("inbox/1/toggl/{name}"), TOGGL.as_bytes(), &[]).await?;
        let import = stack.native(id).await?;
        assert_eq!([&import["file_name"], &import["status"]], [&json!(name), &json!("complete")]);
        stack.get(&format!("/v2/imports/{}", id + 1)).await?.expect(404)?;
    }
    let reports = outbox::reports(&stack).await?;
    assert_eq!(reports.len(), names.len());
    for (key, report) in reports {
        let name = report["file_name"].as_str().unwrap_or_default();
        assert!(names.contains(name) && report["source"]["key"] == json!(format!("inbox/1/toggl/{name}")), "{name:?}");
        let whole = format!("outbox/1/{name}.{}.report.json", report["id"]);
        assert!(key == whole || whole.len() > 1024 && key.len() > 1020 && key.len() <= 1024, "{key}");
    }
    Ok(())
}

#[tokio::test]
async fn an_account_and_an_import_have_one_spelling() -> anyhow::Result<()> {
    let stack = Stack::by_hand(100).await?;
    let services = stack.system.services();
    for key in ["inbox/01/auto/x.csv", "inbox/+1/auto/x.csv", "inbox/1/x.csv", "uploads/1/+1/x.csv"] {
        put(&stack, key, TOGGL.as_bytes(), &[]).await?;
        let event = dropped(key, &services.files.head(key).await?.etag, "01");
        let (handled, log) = Logged::of(arrive(&stack.functions().parser, event)).await;
        handled?;
        assert!(log.iter().any(|line| line.contains(key) && line.contains("does not name account")), "{log:?}");
    }
    stack.post(TOGGL.as_bytes(), &[]).await?.expect(202)?;
    stack.get("/v2/imports/2").await?.expect(404)?;
    for id in ["01", "+1", "%2B1", "1%20"] {
        let native = stack.bare(Method::GET, &format!("/api/v1/imports/{id}")).header("Authorization", "Token demo");
        stack.answer(native).await?.expect(404)?;
        stack.get(&format!("/v2/imports/{id}")).await?.expect(404)?;
    }
    Ok(())
}

#[tokio::test]
async fn an_event_of_an_object_that_is_not_there_is_a_warning() -> anyhow::Result<()> {
    let stack = Stack::by_hand(100).await?;
    let event = dropped("inbox/1/auto/gone away.csv", "", "01");
    let (handled, log) = Logged::of(arrive(&stack.functions().parser, event)).await;
    handled?;
    let names_it = |line: &String| line.contains("does not exist") && line.contains("inbox/1/auto/gone away.csv");
    assert!(log.iter().any(|line| names_it(line) && line.contains(stack.system.services().files.bucket())), "{log:?}");
    Ok(())
}

#[tokio::test]
async fn a_side_car_lies_beside_any_name_and_may_begin_with_a_byte_order_mark() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let freckle = "Date,Person,Minutes,Project,Description\n8/9/2026,Demo User,60,Website,Sketch\n";
    let options = json!({ "date_order": "mdy", "duplicates": "create" }).to_string();
    let utf16: Vec<u8> = "\u{feff}".encode_utf16().chain(options.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xef\xbb\xbf".as_slice(), options.as_bytes()].concat();
    for (name, side_car) in [("März + 1.csv", options.clone().into_bytes()), ("b [2].csv", marked), ("c.csv", utf16)] {
        let key = format!("inbox/1/freckle/{name}");
        drop_file(&stack, &format!("{key}.options.json"), &side_car, &[]).await?;
        drop_file(&stack, &key, freckle.as_bytes(), &[]).await?;
        assert_eq!(told(&report(&stack, name).await?), json!(["complete", 1, 1, 0, 0]), "{name}");
    }
    let key = "inbox/1/freckle/broken.csv";
    drop_file(&stack, &format!("{key}.options.json"), b"{\"sheet\": \"M\xe4rz\"}", &[]).await?;
    drop_file(&stack, key, freckle.as_bytes(), &[]).await?;
    assert!(report(&stack, "broken.csv").await?["reasons"].to_string().contains("no text in UTF-8"));
    Ok(())
}
