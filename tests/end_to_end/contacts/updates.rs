//! Imports which change people who stand: the outcome of each row, the companies to which people move, and what the undo gives
//! back.

use serde_json::json;
use shared::contacts::Person;
use shared::edit::companies;
use shared::id::{ImportId, RecordId, Row as RowNo};
use shared::import::{Duplicates, Status, resume};
use shared::profile_form::UpdatePolicy;
use shared::records::change::Attempt;
use shared::results::rows::{RowQuery, page};
use shared::settle::stop::cancel;
use shared::store::Table;

use super::office::{ACCOUNT, Office, Standing};
use super::{Row, file};
use crate::dump::{Dump, differences};

const TEAM: [Row; 4] = [
    ["Orchard", "Ada", "ada@example.com"],
    ["Orchard", "Bea", "Bea@Example.com"],
    ["Harbour", "Cleo", "cleo@example.com"],
    ["", "Dan", "dan@example.com"],
];

fn person(import: u64, row: u64) -> RecordId {
    RecordId::of(ImportId(import), RowNo(row))
}

/// The outcome of each row in words, with the person whom the row met and the row in whose favour the row was skipped.
async fn outcomes(office: &Office, id: ImportId) -> anyhow::Result<Vec<String>> {
    let query = RowQuery { outcomes: Vec::new(), ascending: true, after: None, take: 100 };
    let rows = page(office.services(), &office.find(id).await?, &query).await?.rows.into_iter();
    let told = rows.map(|row| {
        let code = row.code().map(|code| format!(" {code}")).unwrap_or_default();
        let met = row.met.map(|met| format!(" {}/{}", met.import(), met.row())).unwrap_or_default();
        let later = row.later.map(|later| format!(" {later}")).unwrap_or_default();
        let fate = row.fate.map(|fate| format!(" {}", fate.name())).unwrap_or_default();
        format!("{}{code}{met}{later}{fate}", row.outcome)
    });
    Ok(told.collect())
}

/// The numbers of what an undo removed, kept, restored, left, and found gone.
async fn undone(office: &Office, id: ImportId) -> anyhow::Result<[u64; 5]> {
    let counts = office.find(id).await?.counts(office.services()).await?;
    Ok([counts.removed, counts.kept, counts.restored, counts.changes_kept, counts.gone])
}

/// The workspace, in which records have no version and no last writer: an undo gives the values back and counts on.
async fn values(office: &Office) -> anyhow::Result<Dump> {
    let mut dump = office.stack.workspace().await?;
    for item in dump.iter_mut().filter(|((pk, _), _)| pk.contains("#person#")).map(|(_, item)| item) {
        for name in ["version", "by", "updated_at", "undone_at"] {
            item.remove(name);
        }
    }
    Ok(dump)
}

#[tokio::test]
async fn rows_overwrite_people_by_their_address_and_the_undo_gives_everything_back() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    office.import(&TEAM, Duplicates::Create).await?;
    let before = values(&office).await?;
    let update: [Row; 7] = [
        ["Quay", "Adele", "ADA@example.com"],
        ["orchard", "Bea", "bea@example.com"],
        ["", "Cleopatra", "cleo@example.com"],
        ["Quay", "Dora", "dan@example.com"],
        ["", "Daniel", "Dan@example.com"],
        ["Mill", "Eve", "eve@example.com"],
        ["", "Demo", "demo@example.com"],
    ];
    let id = office.import(&update, UpdatePolicy::Overwrite).await?;
    assert_eq!(
        outcomes(&office, id).await?,
        [
            "updated 1/1",
            "unchanged 1/2",
            "updated 1/3",
            "skipped same_key_later 5",
            "updated 1/4",
            "created",
            "failed taken",
        ]
    );
    assert_eq!(
        office.told().await?,
        [
            "Adele ada@example.com Quay",
            "Bea Bea@Example.com Orchard",
            "Cleopatra cleo@example.com Harbour",
            "Daniel dan@example.com",
            "Eve eve@example.com Mill",
        ]
    );
    assert_eq!(office.companies().await?, ["Harbour", "Mill", "Orchard", "Quay"]);
    office.check().await?;
    office.undo(id).await?;
    office.check().await?;
    assert_eq!(undone(&office, id).await?, [1, 0, 3, 0, 0]);
    let fates = outcomes(&office, id).await?;
    assert_eq!((&*fates[0], &*fates[1]), ("updated 1/1 restored", "unchanged 1/2"));
    assert_eq!(differences(&before, &values(&office).await?), [""; 0]);
    // No plan of a row and no second undo is left.
    let left = office.stack.dump(Table::Imports).await?.into_keys().filter(|(pk, _)| pk.contains("#plans#")).count();
    assert_eq!(left, 0);
    office.undo(id).await?;
    assert_eq!(differences(&before, &values(&office).await?), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn rows_fill_what_people_lack_or_leave_people_alone() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    office.import(&TEAM, Duplicates::Create).await?;
    let (before, items) = (values(&office).await?, office.stack.workspace().await?);
    let update: [Row; 3] =
        [["Quay", "Adele", "ada@example.com"], ["Mill", "Daniel", "dan@example.com"], ["", "Eve", "eve@example.com"]];
    let skipped = office.import(&update[..2], UpdatePolicy::Skip).await?;
    assert_eq!(outcomes(&office, skipped).await?, ["skipped policy 1/1", "skipped policy 1/4"]);
    let others = |dump: Dump| Dump::from_iter(dump.into_iter().filter(|((pk, _), _)| !pk.contains("user")));
    assert_eq!(differences(&others(items), &others(office.stack.workspace().await?)), [""; 0]);
    let id = office.import(&update, UpdatePolicy::FillEmpty).await?;
    assert_eq!(outcomes(&office, id).await?, ["unchanged 1/1", "updated 1/4", "created"]);
    // Nobody comes to Quay, so nobody makes the company.
    assert_eq!(office.companies().await?, ["Harbour", "Mill", "Orchard"]);
    assert_eq!(office.told().await?[3..], ["Dan dan@example.com Mill", "Eve eve@example.com"]);
    office.check().await?;
    for id in [id, skipped] {
        office.undo(id).await?;
    }
    office.check().await?;
    assert_eq!(differences(&before, &values(&office).await?), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn in_a_drop_rows_without_an_address_are_still_compared_by_name() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    office.import(&[["", "Ada", ""], ["", "Bea", "bea@example.com"]], Duplicates::Create).await?;
    let standing = Standing { duplicates: Duplicates::Skip, update_policy: Some(UpdatePolicy::Overwrite) };
    let rows: [Row; 3] = [["", "ADA", ""], ["Quay", "Bea", "bea@example.com"], ["", "Demo", "demo@example.com"]];
    let id = office.import(&rows, standing).await?;
    assert_eq!(outcomes(&office, id).await?, ["skipped already_there", "updated 1/2", "skipped already_there"]);
    office.check().await
}

#[tokio::test]
async fn what_others_wrote_since_stays_and_is_told() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    office.import(&TEAM, Duplicates::Create).await?;
    let update: [Row; 4] = [
        ["Quay", "Adele", "ada@example.com"],
        ["Quay", "Beatrix", "bea@example.com"],
        ["Quay", "Cleopatra", "cleo@example.com"],
        ["Quay", "Daniel", "dan@example.com"],
    ];
    let first = office.import(&update, UpdatePolicy::Overwrite).await?;
    let second = office.import(&[["Mill", "Adele", "ada@example.com"]], UpdatePolicy::Overwrite).await?;
    let harbour = office.company("Harbour").await?;
    office.edit(person(1, 2), |person| person.company = Some(harbour)).await?;
    office.edit(person(1, 3), |person| person.title = Some("Beekeeper".to_owned())).await?;
    assert_eq!(office.delete(person(1, 4)).await?, Some(Attempt::Made));
    office.check().await?;
    office.undo(first).await?;
    office.check().await?;
    // Ada's name goes back, and her later company stays; of Bea the same by hand; Cleo is back but for the title; Dan is gone.
    assert_eq!(
        office.told().await?,
        ["Ada ada@example.com Mill", "Bea Bea@Example.com Harbour", "Cleo cleo@example.com Harbour"]
    );
    assert_eq!(undone(&office, first).await?, [0, 0, 1, 2, 1]);
    let fates = ["updated 1/1 kept", "updated 1/2 kept", "updated 1/3 restored", "updated 1/4 gone"];
    assert_eq!(outcomes(&office, first).await?, fates);
    // Quay went with its maker although the second import had found Ada there.
    assert_eq!(office.companies().await?, ["Harbour", "Mill", "Orchard", "Quay"]);
    office.undo(second).await?;
    office.check().await?;
    assert_eq!(office.told().await?[0], "Ada ada@example.com Orchard", "the first import's company is passed over");
    assert_eq!(office.companies().await?, ["Harbour", "Orchard"]);
    Ok(())
}

#[tokio::test]
async fn a_person_changed_by_an_import_that_stands_outlives_the_undo_of_the_maker() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    let before = office.stack.workspace().await?;
    let maker = office.import(&TEAM, Duplicates::Create).await?;
    let update = office.import(&[["Quay", "Ada", "ada@example.com"]], UpdatePolicy::Overwrite).await?;
    office.undo(maker).await?;
    office.check().await?;
    assert_eq!(office.told().await?, ["Ada ada@example.com Quay"]);
    assert_eq!(office.find(maker).await?.kept_records, [person(maker.0, 1)]);
    // The former company waits for the undo of the import which moved Ada.
    assert_eq!(office.companies().await?, ["Orchard", "Quay"]);
    office.undo(update).await?;
    office.check().await?;
    assert_eq!(undone(&office, update).await?, [0, 0, 0, 0, 1]);
    assert_eq!(differences(&before, &office.stack.workspace().await?), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_company_that_lost_its_maker_waits_for_the_undo_of_the_move() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    let maker = office.import(&TEAM, Duplicates::Create).await?;
    office.edit(person(1, 1), |person| person.title = Some("Beekeeper".to_owned())).await?;
    office.undo(maker).await?;
    assert_eq!(
        (office.told().await?, office.companies().await?),
        (vec!["Ada ada@example.com Orchard".to_owned()], vec!["Orchard".to_owned()])
    );
    let before = values(&office).await?;
    // Ada is the last person in Orchard, whose maker is undone.
    let update = office.import(&[["Quay", "Ada", "ada@example.com"]], UpdatePolicy::Overwrite).await?;
    assert_eq!(office.companies().await?, ["Orchard", "Quay"]);
    office.check().await?;
    office.undo(update).await?;
    office.check().await?;
    assert_eq!(differences(&before, &values(&office).await?), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_person_whose_former_company_was_deleted_has_none_after_the_undo_and_is_told_as_gone() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    office.import(&[["Orchard", "Ada", "ada@example.com"]], Duplicates::Create).await?;
    let update = office.import(&[["Quay", "Adele", "ada@example.com"]], UpdatePolicy::Overwrite).await?;
    let orchard = office.company("Orchard").await?;
    companies::delete(office.services(), ACCOUNT, orchard).await?;
    office.check().await?;
    office.undo(update).await?;
    office.check().await?;
    assert_eq!((office.told().await?, office.companies().await?), (vec!["Ada ada@example.com".to_owned()], Vec::new()));
    assert_eq!(undone(&office, update).await?, [0, 0, 0, 0, 1]);
    assert_eq!(outcomes(&office, update).await?, ["updated 1/1 gone"]);
    Ok(())
}

#[tokio::test]
async fn a_person_who_is_gone_or_has_another_address_by_the_load_is_created_anew() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    let before = office.stack.workspace().await?;
    let maker = office.import(&TEAM, Duplicates::Create).await?;
    let update: [Row; 3] =
        [["Quay", "Adele", "ada@example.com"], ["Quay", "Bea", "bea@example.com"], ["Mill", "Cy", "cleo@example.com"]];
    // Four rows are two chunks, so the plan comes before the load.
    let rows = [&update[..], &[["", "Eve", "eve@example.com"]]].concat();
    let id = office.begin(file(&rows), UpdatePolicy::Overwrite).await?;
    let start = office.postman.next().expect("the start");
    assert!(office.postman.deliver(&start, office.stack.functions()).await);
    assert_eq!(office.find(id).await?.status, Status::Processing);
    office.delete(person(1, 1)).await?;
    office.edit(person(1, 2), |person| person.email = Some("beatrix@example.com".to_owned())).await?;
    office.drain().await;
    office.check().await?;
    assert_eq!(outcomes(&office, id).await?, ["created", "created", "updated 1/3", "created"]);
    let people = office.told().await?;
    assert_eq!(people[0], "Bea beatrix@example.com Orchard");
    assert!(people.contains(&"Bea bea@example.com Quay".to_owned()), "{people:?}");
    for id in [id, maker] {
        office.undo(id).await?;
    }
    office.check().await?;
    assert_eq!(office.told().await?, ["Bea beatrix@example.com Orchard"]);
    office.delete(person(1, 2)).await?;
    assert_eq!(differences(&before, &office.stack.workspace().await?), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_person_whom_nobody_can_see_is_not_changed() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    // Of the first import the second chunk is not loaded, because somebody stops the import; its first is.
    let first = office.begin(file(&TEAM), Duplicates::Create).await?;
    let start = office.postman.next().expect("the start");
    assert!(office.postman.deliver(&start, office.stack.functions()).await);
    let load = office.postman.next().expect("a chunk");
    assert!(office.postman.deliver(&load, office.stack.functions()).await);
    let import = office.find(first).await?;
    cancel(office.services(), &import, "user 1").await?;
    office.drain().await;
    assert_eq!(office.find(first).await?.status, Status::Incomplete);
    let by_hand =
        Person { first_name: Some("Flo".to_owned()), email: Some("flo@example.com".to_owned()), ..Person::default() };
    office.create(&by_hand).await?.expect("nobody has the address");
    let rows: [Row; 3] =
        [["", "Adele", "ada@example.com"], ["Quay", "Flora", "flo@example.com"], ["", "Dora", "dan@example.com"]];
    let id = office.import(&rows, UpdatePolicy::Overwrite).await?;
    let told = outcomes(&office, id).await?;
    assert_eq!(json!(told.len()), json!(3));
    assert!(told[0] == "updated 1/1" && told[1].starts_with("updated 0/") && told[2] == "created", "{told:?}");
    office.check().await
}

#[tokio::test]
async fn a_resumed_import_goes_on_with_the_people_of_now_and_its_undo_knows_both_parts() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    office.import(&TEAM, Duplicates::Create).await?;
    let update: [Row; 5] = [
        ["Quay", "Adele", "ada@example.com"],
        ["", "Beatrix", "bea@example.com"],
        ["", "Cleo", "cleo@example.com"],
        ["Mill", "Daniel", "dan@example.com"],
        ["Mill", "Eve", "eve@example.com"],
    ];
    let id = office.begin(file(&update), UpdatePolicy::Overwrite).await?;
    for _ in 0..2 {
        // The start, and the load of the first chunk.
        let letter = office.postman.next().expect("a message");
        assert!(office.postman.deliver(&letter, office.stack.functions()).await);
    }
    cancel(office.services(), &office.find(id).await?, "user 1").await?;
    office.drain().await;
    assert_eq!(office.find(id).await?.status, Status::Incomplete);
    assert_eq!(office.outcomes(id).await?, [("updated", 2), ("unchanged", 1)]);
    // Somebody else has Dan's address by the time at which the import goes on, and Ada moved once more.
    office.delete(person(1, 4)).await?;
    let dora = Person { email: Some("dan@example.com".to_owned()), ..Person::default() };
    let dora = office.create(&dora).await?.expect("nobody has the address");
    let between = office.import(&[["Harbour", "", "ada@example.com"]], UpdatePolicy::Overwrite).await?;
    resume(office.services(), &office.find(id).await?, &"user 1".into()).await?;
    office.drain().await;
    office.check().await?;
    let told = outcomes(&office, id).await?;
    assert_eq!(told[..3], ["updated 1/1", "updated 1/2", "unchanged 1/3"]);
    assert_eq!(told[3..], [format!("updated 0/{}", dora.row()), "created".to_owned()]);
    let people = office.told().await?;
    assert_eq!(people[0], "Daniel dan@example.com Mill");
    assert_eq!(people[1..3], ["Adele ada@example.com Harbour", "Beatrix Bea@Example.com Orchard"]);
    office.undo(id).await?;
    office.check().await?;
    let left = [
        "dan@example.com",
        "Ada ada@example.com Harbour",
        "Bea Bea@Example.com Orchard",
        "Cleo cleo@example.com Harbour",
    ];
    assert_eq!(office.told().await?, left);
    assert_eq!(undone(&office, id).await?, [1, 0, 2, 1, 0]);
    office.undo(between).await?;
    office.check().await?;
    assert_eq!(office.told().await?[1], "Ada ada@example.com Orchard");
    assert_eq!(office.companies().await?, ["Harbour", "Orchard"]);
    Ok(())
}
