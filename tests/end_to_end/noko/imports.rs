//! Tests of the import endpoints, from the request over the report to the undo.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use shared::id::{AccountId, ChunkNo, ImportId, ThingId};
use shared::import::{ImportType, NewImport, Options, Origin};
use shared::load::load;
use shared::plan::plan;

use crate::dump::differences;
use crate::faults::Faults;
use crate::files::{FRECKLE, ONE_OF_EACH, TOGGL, one, toggl};
use crate::postman::Postman;
use crate::stack::{Stack, sent};

fn named(list: &[Value]) -> Vec<&str> {
    list.iter().filter_map(|thing| thing["name"].as_str()).collect()
}

#[tokio::test]
async fn the_three_content_types_make_the_same_import() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let encoded: String = TOGGL.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let form = format!("type=toggl&fallback_user=null&import_tags=false&file_name=a%2Fb.csv&file={encoded}");
    let part = Part::bytes(TOGGL.as_bytes().to_vec()).file_name("b.csv");
    let multipart = Form::new().part("file", part).text("type", "toggl").text("fallback_user", "null");
    let typed = |content_type: &str| {
        let request = stack.request(Method::POST, "/v2/imports/").header("Content-Type", content_type);
        request.body(form.clone())
    };
    let requests = [
        stack.request(Method::POST, "/v2/imports/").multipart(multipart.text("import_tags", "false")),
        typed("application/x-www-form-urlencoded; charset=utf-8"),
        typed("application/x-ww-form-urlencoded"),
    ];
    for (request, id) in requests.into_iter().zip(1..) {
        let answer = stack.answer(request).await?;
        let created = answer.expect(202)?;
        let url = format!("{}/v2/imports/{id}", stack.system.url());
        assert_eq!(answer.headers["location"], format!("{url}/status").as_str());
        assert_eq!((&created["id"], &created["url"]), (&json!(id), &json!(url)));
        assert_eq!((&created["import_tags"], &created["fallback_user"]), (&json!(false), &Value::Null));
        stack.idle().await?;
        assert_eq!(stack.native(id).await?["file_name"], "b.csv");
        assert_eq!(stack.get(&format!("/v2/imports/{id}")).await?.expect(200)?["entries"], 5);
    }
    Ok(())
}

#[tokio::test]
async fn each_type_can_be_asked_for_and_auto_is_told_as_what_was_found() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    for (asked, file, told) in [
        (None, TOGGL, "toggl"),
        (Some("auto"), FRECKLE, "freckle"),
        (Some("autodetect"), TOGGL, "toggl"),
        (Some("toggl"), TOGGL, "toggl"),
        (Some("freckle"), FRECKLE, "freckle"),
    ] {
        let fields: Vec<_> = asked.map(|asked| ("type", asked)).into_iter().collect();
        let id = stack.import(file.as_bytes(), &fields).await?;
        assert_eq!(stack.get(&format!("/v2/imports/{id}")).await?.expect(200)?["type"], told, "{asked:?}");
    }
    for (name, file) in ONE_OF_EACH {
        for asked in [name, "auto"] {
            let id = stack.import(file.as_bytes(), &[("type", asked)]).await?;
            let import = stack.get(&format!("/v2/imports/{id}")).await?.expect(200)?;
            assert_eq!((&import["type"], &import["entries"]), (&json!(name), &json!(1)), "{asked}");
            let listed = stack.pages(&format!("/v2/imports?type={name}")).await?;
            assert!(
                listed.iter().any(|import| import["id"] == id) && listed.iter().all(|import| import["type"] == name)
            );
            let entries = stack.pages(&format!("/v2/imports/{id}/entries")).await?;
            assert_eq!((&entries[0]["minutes"], &entries[0]["user"]["id"]), (&json!(30), &json!(1)), "{name}");
        }
    }
    // A type which does not match the file is refused with the reason.
    for wrong in ["basecamp", "freshbooks", "harvest", "tempo", "freckle"] {
        let refused = stack.post(TOGGL.as_bytes(), &[("type", wrong)]).await?.expect(422)?;
        assert_eq!(refused["errors"][0]["code"], "invalid_file", "{wrong}");
        assert!(refused["errors"][0]["message"].as_str().is_some_and(|message| !message.is_empty()), "{refused}");
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_fallback_user_is_refused_and_one_of_another_account_is_wrong() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let theirs = stack.bare(Method::POST, "/v2/users").header("X-NokoToken", "other");
    let theirs = theirs.json(&json!({ "email": "theirs@example.com" }));
    let theirs = stack.answer(theirs).await?.expect(201)?["id"].to_string();
    for wrong in ["77", theirs.as_str()] {
        let refused = stack.post(TOGGL.as_bytes(), &[("fallback_user", wrong)]).await?.expect(422)?;
        let expected = json!({
            "message": "Validation Failed",
            "errors": [{ "resource": "Import", "field": "fallback_user", "code": "missing" }],
        });
        assert_eq!(refused, expected, "{wrong}");
    }
    assert_eq!(stack.get("/v2/imports").await?.expect(200)?, json!([]));
    Ok(())
}

#[tokio::test]
async fn a_delimiter_can_be_given_in_either_spelling() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let file = FRECKLE.replace(',', ";");
    for name in ["field_delimiter", "field_delimeter"] {
        let id = stack.import(file.as_bytes(), &[(name, ";"), ("type", "freckle")]).await?;
        assert_eq!(stack.get(&format!("/v2/imports/{id}")).await?.expect(200)?["entries"], 3, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_delimiter_that_does_not_fit_is_named_and_not_the_file() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let refused = stack.post(TOGGL.as_bytes(), &[("field_delimiter", ";")]).await?.expect(422)?;
    let error = &refused["errors"][0];
    assert_eq!((&error["field"], &error["code"]), (&json!("field_delimiter"), &json!("invalid_field_delimiter")));
    // The error names the field and the value of the request.
    for (field, word) in
        [("field_delimeter", "tab"), ("delimiter", "\\t"), ("field_delimiter", "\t"), ("delimiter", "|")]
    {
        let refused = stack.post(TOGGL.as_bytes(), &[(field, word)]).await?.expect(422)?;
        let error = &refused["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!(field), &json!("invalid_field_delimiter")));
        let said = format!("the delimiter {word:?} does not fit the file: ");
        assert!(error["message"].as_str().is_some_and(|message| message.starts_with(&said)), "{error}");
    }
    // An invalid value is shown with escaped control characters and at most 79 letters. A value longer than any
    // option is not read at all.
    let long = "x".repeat(300);
    for (word, shown) in [
        (long.as_str(), format!("\"{}…\"", "x".repeat(79))),
        (";;", r#"";;""#.to_owned()),
        ("\u{1}", r#""\u{1}""#.to_owned()),
    ] {
        let refused = stack.post(TOGGL.as_bytes(), &[("field_delimiter", word)]).await?.expect(422)?;
        let error = &refused["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!("field_delimiter"), &json!("invalid_field_delimiter")));
        assert_eq!(error["message"], format!("{shown} is none of , ; tab |"));
    }
    let refused = stack.post(TOGGL.as_bytes(), &[("field_delimiter", &"x".repeat(500_000))]).await?.expect(422)?;
    assert_eq!(refused["errors"][0]["message"], "is longer than 300 bytes");
    let refused = stack.post(b"nothing\n", &[("field_delimiter", ";")]).await?.expect(422)?;
    assert_eq!(refused["errors"][0]["code"], "invalid_file");
    Ok(())
}

#[tokio::test]
async fn details_add_up_to_the_file_whatever_is_wrong_with_it() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let mut file = FRECKLE.to_owned();
    file.push_str("2026-03-05,Unknown One,Shed,10,roof,no\n");
    file.push_str("2026-03-05,Demo User,Shed,soon,roof,no\n");
    file.push_str("2026-03-06,Demo User,Shed,20,roof,no\n");
    file.push_str("2026-03-07,Unknown One,Barn,10,roof,no\n");
    let options = [("fallback_user", "null"), ("autocreate_projects", "false")];
    let id = stack.import(file.as_bytes(), &options).await?;
    let details = stack.get(&format!("/v2/imports/{id}/details")).await?.expect(200)?;
    let rows = file.lines().count() - 1;
    let sum = details["entries_imported"].as_u64().zip(details["entries_discarded"].as_u64()).map(|(a, b)| a + b);
    assert_eq!(sum, Some(rows as u64), "{details}");
    assert_eq!(details["entries_imported"], 3);
    assert_eq!(details["entries_with_unknown_users"], 3);
    assert_eq!(details["unknown_users"], json!(["Somebody Else", "Unknown One"]));
    // The projects of rows which are left out because of their user are not reported as unknown.
    assert_eq!(details["unknown_projects"], json!(["Garden", "Shed"]));
    assert_eq!(details["line_errors"][0]["line"], 6);
    assert_eq!(details["line_errors"][0]["fields"], json!(["2026-03-05", "Demo User", "Shed", "soon", "roof", "no"]));
    let projects = stack.pages(&format!("/v2/imports/{id}/entries")).await?;
    assert!(projects.iter().all(|entry| entry["project"].is_null()));
    let import = stack.get(&format!("/v2/imports/{id}")).await?.expect(200)?;
    assert_eq!((&import["entries"], &import["projects"]), (&json!(3), &json!(0)));
    Ok(())
}

#[tokio::test]
async fn an_import_of_many_errors_tells_each_with_its_cells() -> anyhow::Result<()> {
    let stack = Stack::start(7).await?;
    let mut file = FRECKLE.lines().next().unwrap_or_default().to_owned() + "\n";
    for row in 0..60 {
        let minutes = if row % 2 == 0 { "soon" } else { "5" };
        file.push_str(&format!("2026-03-{:02},Demo User,Shed,{minutes},row {row},no\n", 1 + row % 28));
    }
    let id = stack.import(file.as_bytes(), &[("type", "freckle")]).await?;
    let details = stack.get(&format!("/v2/imports/{id}/details")).await?.expect(200)?;
    let errors = details["line_errors"].as_array().cloned().unwrap_or_default();
    assert_eq!((errors.len(), &details["entries_discarded"]), (30, &json!(30)));
    for (n, error) in errors.iter().enumerate() {
        assert_eq!(error["line"], 2 + 2 * n);
        assert_eq!(error["fields"][4], format!("row {}", 2 * n));
    }
    // The native door shows the same errors, from the list which was stored when the import settled.
    assert_eq!(stack.native(id).await?["errors"].as_array().map(Vec::len), Some(30));
    Ok(())
}

#[tokio::test]
async fn a_file_that_shows_only_later_to_be_none_ends_complete_with_that_error() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let id = stack.upload(b"name,colour\nrose,red\n".to_vec()).await?;
    let path = format!("/v2/imports/{id}");
    stack.idle().await?;
    assert_eq!(stack.get(&format!("{path}/status")).await?.expect(200)?, json!({ "status": "complete" }));
    let details = stack.get(&format!("{path}/details")).await?.expect(200)?;
    let error = &details["line_errors"][0];
    assert_eq!((&error["line"], &error["fields"]), (&json!(1), &json!([])));
    assert!(error["error"].as_str().is_some_and(|error| error.contains("colour")), "{details}");
    assert_eq!((&details["entries_imported"], &details["entries_discarded"]), (&json!(0), &json!(0)));
    assert_eq!(stack.pages("/v2/entries").await?, Vec::<Value>::new());
    stack.undo(id).await
}

#[tokio::test]
async fn unknown_names_beyond_what_one_item_holds_are_all_told() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let mut file = "Date,Person,Minutes,Description\n".to_owned();
    let name = |n: u64| format!("Person {n:05} of a rather long name that takes up much room");
    (0..2500).for_each(|n| file.push_str(&format!("2026-03-01,{},5,x\n", name(n))));
    let id = stack.import(file.as_bytes(), &[("fallback_user", "null")]).await?;
    let details = stack.get(&format!("/v2/imports/{id}/details")).await?.expect(200)?;
    let names: Vec<String> = (0..2500).map(name).collect();
    assert_eq!(details["unknown_users"], json!(names));
    assert_eq!((&details["entries_imported"], &details["entries_discarded"]), (&json!(0), &json!(2500)));
    Ok(())
}

#[tokio::test]
async fn deleting_while_in_progress_undoes_and_deleting_twice_is_404() -> anyhow::Result<()> {
    let stack = Stack::start(10).await?;
    let kept = stack.import(one("Orchard", "Website", "design").as_bytes(), &[]).await?;
    let before = stack.workspace().await?;
    let id = stack.post(toggl(500, 7, 5).as_bytes(), &[]).await?.expect(202)?["id"].clone();
    let path = format!("/v2/imports/{id}");
    let deleted = stack.delete(&path).await?;
    assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""));
    for gone in ["", "/status", "/details", "/report", "/entries", "/tags", "/projects"] {
        let answer = stack.get(&format!("{path}{gone}")).await?;
        assert_eq!(answer.expect(404)?, json!({ "message": "Not Found" }), "{gone}");
    }
    stack.delete(&path).await?.expect(404)?;
    let listed = stack.pages("/v2/imports").await?;
    assert_eq!(listed.iter().map(|import| import["id"].as_u64()).collect::<Vec<_>>(), [Some(kept)]);
    stack.idle().await?;
    stack.delete(&path).await?.expect(404)?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn an_undo_takes_edited_entries_and_leaves_what_holds_others() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let id = stack.import(TOGGL.as_bytes(), &[]).await?;
    let cranes = stack.pages("/v2/projects?name=cranes").await?;
    let by_hand =
        json!({ "date": "2026-06-01", "minutes": 5, "project_id": cranes[0]["id"], "description": "#outside" });
    let by_hand = stack.send(Method::POST, "/v2/entries", &by_hand).await?.expect(201)?;
    let edited = json!({ "minutes": 7, "description": "edited" });
    stack.send(Method::PUT, "/v2/entries/1000000001", &edited).await?.expect(200)?;
    stack.undo(id).await?;
    assert_eq!(stack.pages("/v2/entries").await?, [stack.get(&format!("/v2/entries/{}", by_hand["id"])).await?.json()]);
    let projects = stack.pages("/v2/projects").await?;
    assert_eq!(
        (named(&projects), &projects[0]["entries"], &projects[0]["minutes"]),
        (vec!["Cranes"], &json!(1), &json!(5))
    );
    let tags = stack.pages("/v2/tags").await?;
    assert_eq!((named(&tags), &tags[0]["entries"], &tags[0]["import"]), (vec!["outside"], &json!(1), &Value::Null));
    Ok(())
}

#[tokio::test]
async fn what_no_format_fits_is_read_by_a_mapping() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let file = b"When,Took,What\n2026-03-02,90,Tea\n2026-03-03,30,Cake\n";
    let mapping = json!({ "When": "date", "Took": "minutes", "What": "text" }).to_string();
    let refused = stack.post(file, &[]).await?.expect(422)?;
    assert!(refused["errors"][0]["message"].as_str().is_some_and(|said| said.contains("`mapping`")), "{refused}");
    let wrong = stack.post(file, &[("mapping", "{\"When\": \"moment\"}")]).await?.expect(422)?;
    assert_eq!([&wrong["errors"][0]["field"], &wrong["errors"][0]["code"]], ["mapping", "invalid"]);
    assert!(wrong["errors"][0]["message"].as_str().is_some_and(|said| said.contains("\"moment\"")), "{wrong}");
    let id = stack.import(file, &[("mapping", &mapping)]).await?;
    let entries = stack.get(&format!("/v2/imports/{id}/entries")).await?.expect(200)?;
    assert_eq!([&entries[0]["minutes"], &entries[1]["description"]], [&json!(30), &json!("Tea")]);
    Ok(())
}

#[tokio::test]
async fn a_refused_table_is_read_by_the_mapping_that_its_refusal_suggests() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let file = "Mitarbeiter;Datum;Dauer (h);Vorhaben;Bemerkung\nDemo User;4. März 2026;1,5;Garten;gejätet\n\
                Demo User;5. März 2026;0,25;Garten;\n";
    let refused = stack.post(file.as_bytes(), &[]).await?.expect(422)?;
    let error = &refused["errors"][0];
    assert_eq!([&error["field"], &error["code"]], ["file", "invalid_file"]);
    assert!(error["message"].as_str().is_some_and(|said| said.contains("`suggested_mapping`")), "{refused}");
    let suggestion = &error["suggested_mapping"];
    let mapping = json!({
        "Mitarbeiter": "person", "Datum": "date", "Dauer (h)": "hours", "Vorhaben": "project", "Bemerkung": "text",
    });
    assert_eq!([&suggestion["score"], &suggestion["mapping"]], [&json!(100), &mapping]);
    assert_eq!(suggestion["columns"][1]["evidence"], "the name says so; 2 of 2 cells are dates");
    // No import is created from the refused file.
    assert_eq!(stack.get("/v2/imports").await?.expect(200)?, json!([]));
    // A refused upload contains the same suggestion.
    let id = stack.upload(file.into()).await?;
    stack.idle().await?;
    let import = stack.native(id).await?;
    assert_eq!([&import["status"], &import["rows"]], [&json!("unsupported"), &Value::Null]);
    assert_eq!(import["evidence"]["suggested_mapping"], *suggestion);
    let id = stack.import(file.as_bytes(), &[("mapping", &suggestion["mapping"].to_string())]).await?;
    stack.idle().await?;
    let entries = stack.get(&format!("/v2/imports/{id}/entries")).await?.expect(200)?;
    let told: Vec<_> = [1, 0].map(|entry| [&entries[entry]["date"], &entries[entry]["minutes"]]).into();
    assert_eq!(told, [[&json!("2026-03-04"), &json!(90)], [&json!("2026-03-05"), &json!(15)]]);
    // If no mapping can be suggested, the field is absent.
    let refused = stack.post(b"a;b\n1;2\n", &[]).await?.expect(422)?;
    assert_eq!(refused["errors"][0].get("suggested_mapping"), None);
    Ok(())
}

#[tokio::test]
async fn an_export_that_is_sent_twice_can_leave_out_what_is_there() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    stack.import(TOGGL.as_bytes(), &[]).await?;
    let again = stack.import(TOGGL.as_bytes(), &[("duplicates", "skip")]).await?;
    let details = stack.get(&format!("/v2/imports/{again}/details")).await?.expect(200)?;
    assert_eq!([&details["entries_imported"], &details["entries_discarded"]], [0, 5]);
    Ok(())
}

#[tokio::test]
async fn an_import_that_never_loaded_lets_go_of_its_users_when_it_is_undone() -> anyhow::Result<()> {
    let stack = Stack::by_hand(3).await?;
    let (services, account) = (stack.system.services(), AccountId(1));
    let before = stack.workspace().await?;
    let body = json!({ "upload": true, "file_name": "a.csv", "file_size": 5 });
    let native = |path: &str| stack.bare(Method::POST, path).header("Authorization", "Token demo");
    stack.answer(native("/api/v1/imports").json(&body)).await?.expect(201)?;
    for _ in 0..2 {
        stack.post(TOGGL.as_bytes(), &[]).await?.expect(202)?;
    }
    plan(&stack.functions().parser, account, ImportId(3)).await?;
    stack.answer(native("/api/v1/imports/3/cancel")).await?.expect(202)?;
    let options = Options::of_user(ThingId(1));
    let origin = Origin::Body { token: "odd".to_owned() };
    let new = NewImport {
        account,
        user: ThingId(1),
        import_type: ImportType::TimeEntries,
        options,
        file_name: "odd.csv".to_owned(),
        note: None,
        origin,
        once: None,
    };
    sent(services, &new, "nothing,of,ours\n1,2,3\n").await?;
    plan(&stack.functions().parser, account, ImportId(4)).await?;
    for (number, status) in [(1, "new"), (2, "queued"), (3, "incomplete"), (4, "unsupported")] {
        assert_eq!(stack.native(number).await?["status"], status);
        stack.delete(&format!("/v2/imports/{number}")).await?.expect(204)?;
    }
    Postman::of(&stack.system).drain_all(stack.functions(), &Faults::default()).await;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn whom_an_import_names_stays_as_long_as_it_does() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let kim = stack.send(Method::POST, "/v2/users", &json!({ "email": "kim@example.com" })).await?.expect(201)?;
    let path = format!("/v2/users/{}", kim["id"]);
    let before = stack.workspace().await?;
    let fallback = kim["id"].to_string();
    let id = stack.post(TOGGL.as_bytes(), &[("fallback_user", &fallback)]).await?.expect(202)?["id"].clone();
    assert_eq!(stack.delete(&path).await?.expect(422)?["errors"][0]["code"], "dependent");
    stack.idle().await?;
    assert_eq!(stack.delete(&path).await?.expect(422)?["message"], "Unable to be deleted");
    stack.undo(id.as_u64().unwrap_or_default()).await?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    stack.delete(&path).await?.expect(204)?;
    let gone = stack.post(TOGGL.as_bytes(), &[("fallback_user", &fallback)]).await?.expect(422)?;
    assert_eq!(gone["errors"][0]["code"], "missing");
    Ok(())
}

#[tokio::test]
async fn what_was_stopped_is_discarded_and_what_is_not_told_is_said() -> anyhow::Result<()> {
    let stack = Stack::by_hand(10).await?;
    stack.post(toggl(50, 1, 1).as_bytes(), &[]).await?.expect(202)?;
    let (account, import) = (AccountId(1), ImportId(1));
    plan(&stack.functions().parser, account, import).await?;
    load(&stack.functions().loader, account, import, ChunkNo(0)).await?;
    let cancel = stack.bare(Method::POST, "/api/v1/imports/1/cancel").header("Authorization", "Token demo");
    stack.answer(cancel).await?.expect(202)?;
    sweep::handle(&stack.functions().sweep).await?;
    assert_eq!(stack.get("/v2/imports/1/status").await?.expect(200)?["status"], "complete");
    let details = stack.get("/v2/imports/1/details").await?.expect(200)?;
    assert_eq!((&details["entries_imported"], &details["entries_discarded"]), (&json!(10), &json!(40)));

    let stack = Stack::start(500).await?;
    let file = "date,person,minutes,tags\n".to_owned() + &"2026-03-04,Demo User,5,\nsoon,Demo User,5,\n".repeat(1100);
    let id = stack.import(file.as_bytes(), &[("type", "freckle")]).await?;
    let details = stack.get(&format!("/v2/imports/{id}/details")).await?.expect(200)?;
    let errors = details["line_errors"].as_array().cloned().unwrap_or_default();
    assert_eq!((errors.len(), &details["entries_discarded"]), (1001, &json!(1100)));
    let said = "and 100 more rows that could not be read; the first thousand are told";
    assert_eq!((&errors[1000]["error"], &errors[1000]["fields"]), (&json!(said), &json!([])));
    Ok(())
}
