//! The actions which make and change profiles, and their undo.

use serde_json::json;

use super::{Harbour, id_of};

#[tokio::test]
async fn rows_without_a_key_make_profiles_with_defaults_and_the_undo_leaves_nothing() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let before = harbour.workspace().await?;
    let file = "Email,Name,Points,interest.Tea,Unknown\n\
                ada@example.com,Ada,12,yes,x\n\
                no address,Bea,1,no,x\n\
                cy@example.com,Cy,many,no,x\n\
                ,,,,x\n\
                ada@example.com,Ada again,0,no,x\n";
    let import = harbour.import(file, &json!({})).await?;
    assert_eq!(import["status"], "partially_complete", "{import}");
    assert_eq!(
        harbour.outcomes(&import).await?,
        ["created", "failed invalid_email", "failed invalid_number", "created", "created"]
    );
    assert_eq!(harbour.shown(id_of(&import, 1)).await?, "ada@example.com|Ada|Utrecht|12");
    assert_eq!(harbour.interests(id_of(&import, 1)).await?, json!(["Tea"]));
    assert_eq!(harbour.shown(id_of(&import, 4)).await?, "||Utrecht|0");
    let undone = harbour.undo(&import).await?;
    assert_eq!(
        undone,
        json!({ "chunks": 3, "removed": 3, "kept": [], "restored": 0, "brought_back": 0, "changes_kept": 0, "gone": 0 })
    );
    harbour.is_as(&before).await
}

#[tokio::test]
async fn an_empty_cell_empties_a_field_unless_empty_cells_are_ignored() -> anyhow::Result<()> {
    let harbour = Harbour::start(1000).await?;
    let file = "Email,City\nada@example.com,\n";
    let import = harbour.import(file, &json!({})).await?;
    assert_eq!(harbour.shown(id_of(&import, 1)).await?, "ada@example.com|||0");
    let import = harbour.import(file, &json!({ "ignore_empty_fields": true })).await?;
    assert_eq!(harbour.shown(id_of(&import, 1)).await?, "ada@example.com||Utrecht|0");
    Ok(())
}

#[tokio::test]
async fn a_value_which_a_field_cannot_hold_is_emptied_and_named_if_the_caller_says_so() -> anyhow::Result<()> {
    let harbour = Harbour::start(1000).await?;
    let file = "Email,Points\nada@example.com,many\n";
    let import = harbour.import(file, &json!({ "invalid_values": "empty" })).await?;
    let rows = harbour.rows(&import).await?;
    assert_eq!(rows[0]["outcome"], "created");
    assert!(rows[0]["emptied"][0].as_str().is_some_and(|said| said.contains("Points: \"many\"")), "{}", rows[0]);
    Ok(())
}

/// Three profiles by hand, and a file which matches two of them, one without any change, and one that is not there.
const FILE: &str = "Email,Name,City\n\
                    ADA@example.com,Ada,Delft\n\
                    bea@example.com,Bea,Leiden\n\
                    new@example.com,Nel,Breda\n\
                    ,Nobody,Gouda\n";

async fn three(harbour: &Harbour) -> anyhow::Result<[u64; 3]> {
    let mut ids = [0; 3];
    for (id, (email, name, city)) in ids.iter_mut().zip([
        ("ada@example.com", "Old", "Delft"),
        ("bea@example.com", "Bea", "Leiden"),
        ("ada@example.com", "Third", "Zwolle"),
    ]) {
        *id = harbour.profile(&json!({ "Email": email, "Name": name, "City": city })).await?;
    }
    Ok(ids)
}

#[tokio::test]
async fn update_changes_the_match_with_the_lowest_id_and_leaves_out_the_rest() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let [ada, bea, third] = three(&harbour).await?;
    let before = harbour.workspace().await?;
    let import = harbour.import(FILE, &json!({ "action": "update", "key_fields": ["Email"] })).await?;
    assert_eq!(harbour.outcomes(&import).await?, ["updated", "unchanged", "skipped no_match", "failed missing"]);
    let rows = harbour.rows(&import).await?;
    assert_eq!((&rows[0]["record_id"], &rows[1]["record_id"]), (&json!(ada), &json!(bea)));
    assert_eq!(rows[0]["other_matches"], json!([third]));
    assert_eq!(harbour.shown(ada).await?, "ADA@example.com|Ada|Delft|0");
    assert_eq!(harbour.shown(third).await?, "ada@example.com|Third|Zwolle|0");
    let undone = harbour.undo(&import).await?;
    assert_eq!((&undone["restored"], &undone["removed"]), (&json!(1), &json!(0)), "{undone}");
    assert_eq!(harbour.rows(&import).await?[0]["undo"], "restored");
    harbour.is_as(&before).await
}

#[tokio::test]
async fn update_or_add_and_ignore_or_add_make_the_profiles_which_are_not_there() -> anyhow::Result<()> {
    for (action, outcomes, name) in [
        ("update or add", ["updated", "unchanged", "created", "created"], "Ada"),
        ("ignore or add", ["skipped match_kept", "skipped match_kept", "created", "created"], "Old"),
    ] {
        let harbour = Harbour::start(2).await?;
        let [ada, ..] = three(&harbour).await?;
        let before = harbour.workspace().await?;
        let import = harbour.import(FILE, &json!({ "action": action, "key_fields": ["Email"] })).await?;
        assert_eq!(harbour.outcomes(&import).await?, outcomes, "{action}");
        assert!(harbour.shown(ada).await?.contains(name), "{action}");
        assert_eq!(harbour.shown(id_of(&import, 3)).await?, "new@example.com|Nel|Breda|0", "{action}");
        harbour.undo(&import).await?;
        harbour.is_as(&before).await?;
    }
    Ok(())
}

#[tokio::test]
async fn several_matches_are_all_changed_or_refused_as_the_caller_says() -> anyhow::Result<()> {
    let harbour = Harbour::start(1000).await?;
    let [ada, _, third] = three(&harbour).await?;
    let before = harbour.workspace().await?;
    let options = |matches| json!({ "action": "update", "key_fields": ["Email"], "matches": matches });
    let refused = harbour.import(FILE, &options("refuse")).await?;
    assert_eq!(harbour.outcomes(&refused).await?[..2], ["failed several_matches", "unchanged"]);
    let all = harbour.import(FILE, &options("all")).await?;
    assert_eq!(harbour.outcomes(&all).await?[..2], ["updated", "unchanged"]);
    for id in [ada, third] {
        assert_eq!(harbour.shown(id).await?, "ADA@example.com|Ada|Delft|0");
    }
    harbour.undo(&all).await?;
    harbour.is_as(&before).await
}

#[tokio::test]
async fn a_policy_fills_empty_fields_alone_or_leaves_a_match_as_it_is() -> anyhow::Result<()> {
    let harbour = Harbour::start(1000).await?;
    let id = harbour.profile(&json!({ "Email": "ada@example.com", "City": "Delft" })).await?;
    let file = "Email,Name,City\nada@example.com,Ada,Breda\n";
    let options = |policy| json!({ "action": "update", "key_fields": ["Email"], "update_policy": policy });
    let skipped = harbour.import(file, &options("skip")).await?;
    assert_eq!(harbour.outcomes(&skipped).await?, ["skipped policy"]);
    let before = harbour.workspace().await?;
    let filled = harbour.import(file, &options("fill_empty")).await?;
    assert_eq!(harbour.outcomes(&filled).await?, ["updated"]);
    assert_eq!(harbour.shown(id).await?, "ada@example.com|Ada|Delft|0");
    assert_eq!(harbour.outcomes(&harbour.import(file, &options("fill_empty")).await?).await?, ["unchanged"]);
    harbour.undo(&filled).await?;
    harbour.is_as(&before).await
}

#[tokio::test]
async fn of_rows_with_the_same_key_the_last_counts_and_the_others_name_it() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let id = harbour.profile(&json!({ "Email": "ada@example.com", "Points": "7" })).await?;
    let before = harbour.workspace().await?;
    let file = "Email,Name,City,interest.Tea\n\
                ada@example.com,First,Delft,yes\n\
                bea@example.com,Bea,,\n\
                ADA@example.com,,Breda,\n\
                bea@example.com,,Leiden,yes\n";
    let options = json!({ "key_fields": ["Email"], "ignore_empty_fields": true });
    let import = harbour.import(file, &options).await?;
    assert_eq!(
        harbour.outcomes(&import).await?,
        ["skipped same_key_later", "skipped same_key_later", "updated", "created"]
    );
    let rows = harbour.rows(&import).await?;
    assert!(rows[0]["message"].as_str().is_some_and(|said| said.ends_with("row 3")), "{}", rows[0]);
    assert_eq!(harbour.shown(id).await?, "ADA@example.com|First|Breda|7");
    assert_eq!(harbour.interests(id).await?, json!(["Tea"]));
    assert_eq!(harbour.shown(id_of(&import, 4)).await?, "bea@example.com|Bea|Leiden|0");
    harbour.undo(&import).await?;
    harbour.is_as(&before).await
}
