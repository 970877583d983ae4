//! The files of the kill tests, and the edits by hand between an import and its undo.

use anyhow::Context;
use shared::contacts::{Person, by_hand};
use shared::format::Mapping;
use shared::id::{ImportId, RecordId, Row};
use shared::import::ImportType;
use shared::profile_form::UpdatePolicy;
use shared::services::Services;
use shared::table::WrongMapping;

use super::{ACCOUNT, IMPORT};
use crate::contacts;

pub(super) const HEADER: &str =
    "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,Tags";

/// Builds a file from rows of e-mail address, client, project, date and tags.
pub(super) fn file(rows: &[[&str; 5]]) -> String {
    let row = |[email, client, project, date, tags]: &[&str; 5]| {
        format!("Kim,{email},{client},{project},,Text,Yes,{date},09:00:00,2026-05-01,10:00:00,01:00:00,\"{tags}\"")
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

pub(super) const DEMO: &str = "demo@example.com";

/// A mapping for the columns of [`HEADER`].
pub fn columns() -> Result<Mapping, WrongMapping> {
    let pairs = [
        ("Email", "email"),
        ("Client", "client"),
        ("Project", "project"),
        ("Description", "text"),
        ("Start date", "date"),
        ("Duration", "duration"),
        ("Tags", "tags"),
    ];
    Mapping::new(pairs.map(|(column, field)| (column.to_owned(), field.to_owned())))
}

/// A file which shares a client, a project and a tag with [`disturbed_rows`].
pub(super) fn shared_rows() -> String {
    file(&[[DEMO, "Orchard", "Website", "2026-05-01", "design"], [DEMO, "", "Garden", "2026-05-02", "inside"]])
}

/// Eight rows in three chunks, among them a bad row, a row without a project, and a row of an unknown person.
/// Several names appear in different spellings across the chunks.
pub(super) fn disturbed_rows() -> String {
    file(&[
        [DEMO, "orchard", "Website", "2026-05-01", "design, Outside"],
        [DEMO, "harbour", "Website", "2026-05-02", "outside"],
        [DEMO, "Harbour", "Cranes", "2026-05-03", ""],
        [DEMO, "Harbour", "cranes", "2026-02-30", "never"],
        [DEMO, "", "", "2026-05-04", "design"],
        ["nobody@example.com", "HARBOUR", "Quay", "2026-05-05", "OUTSIDE"],
        [DEMO, "Harbour", "CRANES", "2026-05-06", "last"],
        [DEMO, "ORCHARD", "Trees", "2026-05-07", "last, design"],
    ])
}

/// The files of a scenario, of one kind of rows.
#[derive(Clone, Copy)]
pub(super) struct Cargo {
    pub(super) import_type: ImportType,
    /// The file of the import which stands before the disturbed import, and shares names with it.
    pub(super) shared: fn() -> String,
    /// The file of the disturbed import, in three chunks.
    pub(super) disturbed: fn() -> String,
    /// The effect of the disturbed import's rows on people who stand.
    pub(super) update_policy: Option<UpdatePolicy>,
}

pub(super) const ENTRIES: Cargo =
    Cargo { import_type: ImportType::TimeEntries, shared: shared_rows, disturbed: disturbed_rows, update_policy: None };
pub(super) const CONTACTS: Cargo = Cargo {
    import_type: ImportType::Contacts,
    shared: shared_contacts,
    disturbed: disturbed_contacts,
    update_policy: None,
};
pub(super) const CONTACT_UPDATES: Cargo = Cargo {
    shared: updated_contacts,
    disturbed: contact_updates,
    update_policy: Some(UpdatePolicy::Overwrite),
    ..CONTACTS
};

/// Two people and two companies, which [`disturbed_contacts`] meets.
pub(super) fn shared_contacts() -> String {
    contacts::file(&[["Orchard", "Ada", "ada@example.com"], ["Harbour", "", ""], ["", "Bea", ""]])
}

/// Eight rows in three chunks, among them a bad row, a company that stands, an address that somebody has, and an address
/// that comes twice. The name of a company appears in different spellings across the chunks.
pub(super) fn disturbed_contacts() -> String {
    contacts::file(&[
        ["Quay", "", ""],
        ["orchard", "Cleo", "Cleo@example.com"],
        ["QUAY", "Dan", "dan@example.com"],
        ["Orchard", "Eve", "no address"],
        ["Quay", "Flo", "ADA@example.com"],
        ["", "Gil", ""],
        ["Mill", "Hal", "hal@example.com"],
        ["Harbour", "Ida", "dan@example.com"],
    ])
}

/// Edits by hand after [`disturbed_contacts`] was imported: one person gets a title, one moves to another company, one is
/// deleted, and somebody comes to a company which the import made.
pub(super) async fn edit_contacts(services: &Services) -> anyhow::Result<()> {
    let person = |row| RecordId::of(IMPORT, Row(row));
    let find = async |id| by_hand::find(services, ACCOUNT, id).await?.context("a person to be seen");
    let (seen, cleo) = find(person(2)).await?;
    let titled = Person { title: Some("Beekeeper".to_owned()), ..cleo.clone() };
    by_hand::update(services, ACCOUNT, (&seen, &cleo), &titled).await?.expect("nobody else edits");
    let (seen, dan) = find(person(3)).await?;
    let mill = find(person(7)).await?.1.company;
    let moved = Person { company: mill, email: Some("daniel@example.com".to_owned()), ..dan.clone() };
    by_hand::update(services, ACCOUNT, (&seen, &dan), &moved).await?.expect("nobody else edits");
    let (seen, gil) = find(person(6)).await?;
    by_hand::delete(services, ACCOUNT, (&seen, &gil)).await?;
    let jo = Person { first_name: Some("Jo".to_owned()), company: dan.company, ..Person::default() };
    let id = by_hand::draw(services, ACCOUNT).await?;
    by_hand::create(services, ACCOUNT, id, &jo).await?.expect("nobody has the number");
    Ok(())
}

/// Four people of two companies, whom [`contact_updates`] meets.
pub(super) fn updated_contacts() -> String {
    contacts::file(&[
        ["Orchard", "Ada", "ada@example.com"],
        ["Harbour", "Bea", "bea@example.com"],
        ["", "Cleo", "cleo@example.com"],
        ["Harbour", "Flo", "flo@example.com"],
    ])
}

/// Eight rows in three chunks: people who move to a new company and to one that stands, somebody who comes to a company, an
/// address that comes twice, somebody who has all values already, a new person, a company alone, and a bad row.
pub(super) fn contact_updates() -> String {
    contacts::file(&[
        ["Quay", "Adele", "ADA@example.com"],
        ["orchard", "Bea", "bea@example.com"],
        ["Mill", "Cleo", "cleo@example.com"],
        ["Quay", "Dan", "dan@example.com"],
        ["Mill", "", ""],
        ["", "Eve", "no address"],
        ["QUAY", "Cleopatra", "Cleo@example.com"],
        ["Harbour", "Flo", "flo@example.com"],
    ])
}

/// Edits by hand after [`contact_updates`] were imported: one moved person gets a title, another moves on to a company of the
/// import, the new person moves too, and the person who stayed is deleted.
pub(super) async fn edit_updated_contacts(services: &Services) -> anyhow::Result<()> {
    let find = async |import, row| {
        let id = RecordId::of(ImportId(import), Row(row));
        by_hand::find(services, ACCOUNT, id).await?.context("a person to be seen")
    };
    let (seen, ada) = find(1, 1).await?;
    let titled = Person { title: Some("Beekeeper".to_owned()), ..ada.clone() };
    by_hand::update(services, ACCOUNT, (&seen, &ada), &titled).await?.expect("nobody else edits");
    let (seen, bea) = find(1, 2).await?;
    let moved = Person { company: ada.company, ..bea.clone() };
    by_hand::update(services, ACCOUNT, (&seen, &bea), &moved).await?.expect("nobody else edits");
    let (seen, dan) = find(2, 4).await?;
    let moved = Person { company: bea.company, ..dan.clone() };
    by_hand::update(services, ACCOUNT, (&seen, &dan), &moved).await?.expect("nobody else edits");
    let (seen, flo) = find(1, 4).await?;
    by_hand::delete(services, ACCOUNT, (&seen, &flo)).await?;
    Ok(())
}

/// Two files for the inbox, the first with two chunks and the second with a single chunk. The second file repeats a
/// row of the first file, and contains this row twice.
pub(super) fn dropped_files() -> [String; 2] {
    let crane = [DEMO, "Harbour", "CRANES", "2026-05-06", "last"];
    let tree = [DEMO, "orchard", "Trees", "2026-05-01", "design"];
    [file(&[tree, crane, [DEMO, "", "", "2026-02-30", ""], tree]), file(&[crane, crane])]
}

/// Keys of the dropped files, with two types and the same file name, which S3's events encode differently.
pub(super) const DROPS: [&str; 2] = ["inbox/1/toggl/Stunden März + 1 (a).csv", "inbox/1/auto/Stunden März + 1 (a).csv"];
