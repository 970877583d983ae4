//! What the undo of an import of contacts takes back, and what stays.

use anyhow::ensure;
use serde_json::json;
use shared::contacts::Person;
use shared::edit::EditError;
use shared::edit::users::{self, UserInput};
use shared::id::{ImportId, RecordId, Row as RowNo};
use shared::import::{Duplicates, Status};
use shared::records::change::Attempt;
use shared::results::causes;
use shared::results::rows::{RowQuery, page};
use shared::things::claim::{Holder, holder};
use shared::things::user;

use super::office::{ACCOUNT, Office};
use super::{Row, file};
use crate::dump::differences;
use crate::faults::{Fault, Faults};
use crate::invariants::World;

const TEAM: [Row; 5] = [
    ["Orchard", "", ""],
    ["orchard", "Ada", "ada@example.com"],
    ["Orchard", "Bea", "Bea@Example.com"],
    ["Harbour", "Cleo", ""],
    ["", "Dan", "dan@example.com"],
];

fn person(import: u64, row: u64) -> RecordId {
    RecordId::of(ImportId(import), RowNo(row))
}

#[tokio::test]
async fn an_import_of_contacts_makes_people_and_companies_and_its_undo_leaves_nothing() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    let before = office.stack.workspace().await?;
    let id = office.import(&TEAM, Duplicates::Create).await?;
    assert_eq!(office.find(id).await?.status, Status::Complete);
    assert_eq!(office.outcomes(id).await?, [("created", 5)]);
    let people = ["Ada ada@example.com Orchard", "Bea Bea@Example.com Orchard", "Cleo  Harbour", "Dan dan@example.com"];
    assert_eq!(office.told().await?, people);
    assert_eq!(office.companies().await?, ["Harbour", "Orchard"]);
    office.check().await?;
    office.undo(id).await?;
    office.check().await?;
    let counts = office.find(id).await?.counts(office.services()).await?;
    assert_eq!((counts.removed, counts.kept), (4, 0));
    assert_eq!(differences(&before, &office.stack.workspace().await?), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_person_edited_by_hand_stays_with_address_and_company_and_is_named() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    let id = office.import(&TEAM, Duplicates::Create).await?;
    let edited = office.edit(person(id.0, 3), |person| person.title = Some("Beekeeper".to_owned())).await?;
    assert_eq!(edited, Some(Attempt::Made));
    // Changed, and changed back: the later write stands although the value is the file's.
    office.edit(person(id.0, 5), |person| person.first_name = Some("Don".to_owned())).await?;
    office.edit(person(id.0, 5), |person| person.first_name = Some("Dan".to_owned())).await?;
    office.undo(id).await?;
    office.check().await?;
    assert_eq!(office.find(id).await?.status, Status::RolledBack);
    assert_eq!(office.told().await?, ["Bea Bea@Example.com Orchard", "Dan dan@example.com"]);
    assert_eq!(office.companies().await?, ["Orchard"]);
    let import = office.find(id).await?;
    let counts = import.counts(office.services()).await?;
    assert_eq!((counts.removed, counts.kept), (2, 2));
    assert_eq!(import.kept_records, [person(id.0, 3), person(id.0, 5)]);
    let shown = office.stack.native(id.0).await?["undone"]["kept"].clone();
    let orchard = office.company("Orchard").await?;
    assert_eq!(
        shown,
        json!([
            { "kind": "company", "id": orchard },
            { "kind": "person", "id": person(id.0, 3) },
            { "kind": "person", "id": person(id.0, 5) },
        ])
    );
    let query = RowQuery { outcomes: Vec::new(), ascending: true, after: None, take: 10 };
    assert_eq!(page(office.services(), &import, &query).await?.rows.len(), 5);

    // The kept person is people's now: the address is taken, and the company goes with its last person.
    let taken = office.create(&Person { email: Some("BEA@example.com".to_owned()), ..Person::default() }).await?;
    assert_eq!(taken, Err(Attempt::Taken));
    assert_eq!(office.delete(person(id.0, 3)).await?, Some(Attempt::Made));
    assert_eq!(office.companies().await?, [""; 0]);
    office.check().await?;
    assert_eq!(office.delete(person(id.0, 2)).await?, None);
    Ok(())
}

#[tokio::test]
async fn a_company_to_which_people_from_elsewhere_belong_stays_until_they_leave() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    let first = office.import(&TEAM, Duplicates::Create).await?;
    let second = office.import(&[["ORCHARD", "Eve", "eve@example.com"]], Duplicates::Create).await?;
    let harbour = office.company("Harbour").await?;
    let by_hand = Person { first_name: Some("Flo".to_owned()), company: Some(harbour), ..Person::default() };
    let flo = office.create(&by_hand).await?.expect("nobody has the address");
    office.undo(first).await?;
    office.check().await?;
    assert_eq!(office.companies().await?, ["Harbour", "Orchard"]);
    assert_eq!(office.find(first).await?.kept.len(), 2);
    office.undo(second).await?;
    assert_eq!(office.companies().await?, ["Harbour"]);
    assert_eq!(office.edit(flo, |person| person.company = None).await?, Some(Attempt::Made));
    assert_eq!(office.companies().await?, [""; 0]);
    office.check().await
}

#[tokio::test]
async fn an_address_belongs_to_one_person_or_one_user() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    let services = office.services().clone();
    let first = office.import(&TEAM, Duplicates::Create).await?;
    let again: [Row; 4] = [
        ["", "Ann", "ADA@example.com"],
        ["", "Gil", "gil@example.com"],
        ["", "Gus", "gil@example.com"],
        ["", "Demo", "demo@example.com"],
    ];
    let refused = office.import(&again, Duplicates::Create).await?;
    assert_eq!(office.outcomes(refused).await?, [("created", 1), ("failed", 3)]);
    let skipped = office.import(&again, Duplicates::Skip).await?;
    assert_eq!(office.outcomes(skipped).await?, [("skipped", 4)]);
    office.check().await?;

    let ada = "ada@example.com";
    assert_eq!(holder(&services, ACCOUNT, ada).await?, Some(Holder::Person(person(first.0, 2))));
    assert_eq!(user::by_email(&services, ACCOUNT, ada).await?, None);
    let input = UserInput { email: Some("Ada@Example.com".to_owned()), ..UserInput::default() };
    assert!(matches!(users::create(&services, ACCOUNT, &input).await, Err(EditError::Taken("email"))));
    office.undo(first).await?;
    users::create(&services, ACCOUNT, &input).await?;
    let lost = office.import(&[["", "Ada", ada]], Duplicates::Skip).await?;
    assert_eq!(office.outcomes(lost).await?, [("skipped", 1)]);
    office.check().await
}

#[tokio::test]
async fn a_contacts_address_in_a_file_of_time_entries_is_an_unknown_user() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    office.import(&[["", "Ada", "ada@example.com"]], Duplicates::Create).await?;
    let entries = "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,Tags\n\
                   Ada,ada@example.com,,Garden,,Weeds,Yes,2026-05-01,09:00:00,2026-05-01,10:00:00,01:00:00,\n";
    for autocreate in ["false", "true"] {
        let fields = [("fallback_user", "null"), ("autocreate_users", autocreate)];
        let answer = office.stack.post(entries.as_bytes(), &fields).await?;
        let id = ImportId(answer.expect(202)?["id"].as_u64().expect("an id"));
        office.drain().await;
        assert_eq!(office.outcomes(id).await?, [("skipped", 1)], "autocreate_users={autocreate}");
        let findings = causes::read(office.services(), &office.find(id).await?).await?;
        assert_eq!(findings.causes.skips.len(), 1);
    }
    office.check().await
}

#[tokio::test]
async fn people_of_a_chunk_that_was_never_committed_go_with_their_claims() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    let before = office.stack.workspace().await?;
    let id = office.begin(file(&TEAM), Duplicates::Create).await?;
    let faults = Faults::default();
    let worker = faults.connect(&office.stack.system)?;
    // The loader dies after its last claim: its people are there, and nobody sees them.
    let (mut written, mut claims) = (false, 0);
    faults.plan(move |_, operation| {
        written |= operation == "BatchWriteItem";
        claims += u64::from(written && operation == "PutItem");
        (claims == 2).then_some(Fault::DeathAfter)
    });
    while office.postman.drain(&worker, &faults).await {
        ensure!(!office.postman.is_empty(), "nothing killed the loader: {:?}", faults.log());
    }
    let world = World::read(&office.stack).await?;
    assert_eq!((world.seen_people().count(), world.people.records.len()), (0, 2));
    let claimed = world.people.claims.values().filter(|holder| matches!(holder, Holder::Person(_))).count();
    assert_eq!(claimed, 2, "both addresses of the chunk are claimed");
    office.undo(id).await?;
    office.check().await?;
    assert_eq!(differences(&before, &office.stack.workspace().await?), [""; 0]);
    Ok(())
}
