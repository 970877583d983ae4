//! The scenarios of profiles in the kill tests: an updating, a mixed, a deleting and a removing import, and their undos, all
//! with follow-ups.
//!
//! Profiles stand before the disturbed import which people made, and others which an import made. The disturbed import meets
//! both.

use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use shared::id::{OwnerId, RecordId, ThingId};
use shared::import::{Import, ImportType, NewImport, Options, Origin};
use shared::profile_form::ProfileAction;
use shared::profiles::IndexedFields;
use shared::queue::Message;
use shared::records::index::{Indexable, items_of_new};
use shared::records::record::Fields;
use shared::records::{HAND_CHUNK, Record};
use shared::schema::Schema;
use shared::services::Services;
use shared::store::keys::RecordKind;
use shared::store::{Table, encode};

use super::bench::Bench;
use super::{ACCOUNT, IMPORT};
use crate::copernica::{delete, made, put};
use crate::dump::Dump;
use crate::faults::Faults;
use crate::postman::Postman;
use crate::stack::{Stack, sent};

/// The disturbed import of a scenario.
#[derive(Clone, Copy)]
pub(super) struct ProfileCargo {
    action: ProfileAction,
    key_fields: &'static [&'static str],
    rows: &'static [&'static str],
    /// `true` if profiles which no row matches are removed.
    removes: bool,
    /// The number of subprofiles of the first profile which people made.
    subprofiles: u64,
}

/// Eight rows in three chunks: profiles of people and of the import before, one of them unchanged, new ones, a row with a
/// bad value, and a key that comes twice.
pub(super) const UPDATES: ProfileCargo = ProfileCargo {
    action: ProfileAction::UpdateOrAdd,
    key_fields: &["Email"],
    removes: false,
    subprofiles: 1,
    rows: &[
        "Email,Name,City,Points,Tea",
        "ada@example.com,Ada Byron,Delft,1,yes",
        "dan@example.com,Daniel,Ghent,2,no",
        "gil@example.com,Gil,Quay,3,yes",
        "bea@example.com,Bea,Delft,many,",
        "eve@example.com,Eve,Ghent,0,no",
        "cleo@example.com,,,5,no",
        "hal@example.com,Hal,Quay,,",
        "ADA@example.com,Ada Lovelace,Ghent,7,no",
    ],
};

/// Eight rows in three chunks: profiles with subprofiles, where both stand, one stands, or none. New and changed subprofiles of
/// a profile that stands are in one chunk, for the first of them to be loaded holds the profile.
pub(super) const MIXED: ProfileCargo = ProfileCargo {
    action: ProfileAction::UpdateOrAdd,
    key_fields: &["Email", "Pets.Name"],
    removes: false,
    subprofiles: 1,
    rows: &[
        "Email,Name,City,Pets.Name,Pets.Kind",
        "ada@example.com,Ada Byron,Delft,Tom,cat",
        "ada@example.com,Ada Byron,Delft,Rex,dog",
        "gil@example.com,Gil,Quay,Pip,bird",
        "gil@example.com,Gil,Quay,Pop,fish",
        "bea@example.com,Bea,Ghent,Bee,bee",
        "eve@example.com,Eve,Delft,Ant,ant",
        "dan@example.com,Dan,Ghent,Mia,cat",
        "dan@example.com,Dan,Ghent,Max,dog",
    ],
};

/// Eight rows in three chunks: profiles of people and of the import before, keys without a match, and a key that comes
/// twice.
pub(super) const DELETIONS: ProfileCargo = ProfileCargo {
    action: ProfileAction::Delete,
    key_fields: &["Email"],
    removes: false,
    subprofiles: 1,
    rows: &[
        "Email",
        "ada@example.com",
        "nobody@example.com",
        "dan@example.com",
        "\"\"",
        "bea@example.com",
        "ADA@example.com",
        "eve@example.com",
        "other@example.com",
    ],
};

/// A row which deletes a profile with a thousand subprofiles.
pub(super) const LARGE_DELETION: ProfileCargo =
    ProfileCargo { rows: &["Email", "ada@example.com"], subprofiles: 1000, ..DELETIONS };

/// The same with one subprofile.
pub(super) const SMALL_DELETION: ProfileCargo = ProfileCargo { subprofiles: 1, ..LARGE_DELETION };

/// Four rows in two chunks, which update one profile of people and make another. Two profiles of people and the two of the
/// import before are missing, and are removed in two further chunks.
pub(super) const REMOVALS: ProfileCargo = ProfileCargo {
    action: ProfileAction::UpdateOrAdd,
    key_fields: &["Email"],
    removes: true,
    subprofiles: 1,
    rows: &[
        "Email,Name,City",
        "ada@example.com,Ada Byron,Delft",
        "nobody@example.com,No,Quay",
        "other@example.com,Other,Quay",
        "ADA@example.com,Ada Lovelace,Leuven",
    ],
};

impl Bench {
    /// Prepares a database with profiles of people and of an import, and the disturbed import of profiles.
    pub(super) async fn before_profiles(cargo: ProfileCargo) -> anyhow::Result<Self> {
        let stack = Stack::by_hand(super::bench::ROWS_PER_CHUNK).await?;
        let (postman, faults) = (Postman::of(&stack.system), Faults::default());
        let worker = faults.connect(&stack.system)?;
        let database = database(&stack, cargo.subprofiles).await?;
        let mut bench = Self { stack, postman, faults, worker, start: Vec::new() };
        let first = "Email,Name,City,Pets.Name\ndan@example.com,Dan,Ghent,Mia\neve@example.com,Eve,Ghent,\n";
        let terms = (database, ProfileAction::Add, ["Email", "Pets.Name"].as_slice(), false);
        let first = queue(bench.services(), terms, "shared.csv", first.to_owned()).await?;
        bench.services().queues.send(&Message::Start { account: ACCOUNT, import: first.id }).await?;
        Box::pin(bench.postman.drain_all(&bench.worker, &bench.faults)).await;
        let ProfileCargo { action, key_fields, rows, removes, .. } = cargo;
        let text = format!("{}\n", rows.join("\n"));
        // What is made at the moment of a join is not missing.
        bench.services().clock.turn(Duration::from_secs(1));
        let terms = (database, action, key_fields, removes);
        let disturbed = queue(bench.services(), terms, "disturbed.csv", text).await?;
        anyhow::ensure!(disturbed.id == IMPORT, "{:?}", disturbed.id);
        bench.keep().await?;
        Ok(bench)
    }
}

/// Makes a database with three profiles, and subprofiles of the first.
async fn database(stack: &Stack, subprofiles: u64) -> anyhow::Result<OwnerId> {
    let database = made(stack, "/databases", &json!({ "name": "Harbour" })).await?;
    let fields = format!("/database/{database}/fields");
    for field in [
        json!({ "name": "Email", "type": "email", "index": true }),
        json!({ "name": "Name", "type": "text" }),
        json!({ "name": "City", "type": "text", "index": true }),
        json!({ "name": "Points", "type": "integer", "index": true }),
    ] {
        made(stack, &fields, &field).await?;
    }
    made(stack, &format!("/database/{database}/interests"), &json!({ "name": "Tea" })).await?;
    let pets = made(stack, &format!("/database/{database}/collections"), &json!({ "name": "Pets" })).await?;
    for field in [json!({ "name": "Name", "type": "text", "index": true }), json!({ "name": "Kind", "type": "text" })] {
        made(stack, &format!("/collection/{pets}/fields"), &field).await?;
    }
    for (email, name) in [("ada@example.com", "Ada"), ("bea@example.com", "Bea"), ("cleo@example.com", "Cleo")] {
        let fields = json!({ "fields": { "Email": email, "Name": name, "City": "Ghent" } });
        let profile = made(stack, &format!("/database/{database}/profiles"), &fields).await?;
        if name == "Ada" {
            let tom = made(stack, &format!("/profile/{profile}/subprofiles/{pets}"), &json!({ "Name": "Tom" })).await?;
            copy_subprofile(stack.system.services(), OwnerId(database), RecordId(tom), subprofiles).await?;
        }
    }
    Ok(OwnerId(database))
}

/// Copies a subprofile that people made, without its values and with its index items, so that there are `count` of them. The
/// counters of lists, which no import reads, stay as they are.
async fn copy_subprofile(services: &Services, database: OwnerId, first: RecordId, count: u64) -> anyhow::Result<()> {
    let schema = Schema::read(services, ACCOUNT, database).await?.context("the database")?;
    let fields = IndexedFields::of(&schema);
    let terms = |record: Indexable<'_>| fields.terms(record);
    let key = |id: RecordId| Record::key(ACCOUNT, RecordKind::Subprofile, id, HAND_CHUNK);
    let record = Record::read(services, &key(first)).await?.context("the subprofile")?;
    let mut items = Vec::new();
    for row in 1..count {
        let id = RecordId(first.0 + row);
        let copy = Record { id, fields: Fields::new(), ..record.clone() };
        items.push((Table::Workspace, encode(&key(id), &copy)));
        items.extend(items_of_new(ACCOUNT, &terms, &copy));
    }
    Ok(services.store.put_all(items).await?)
}

/// Stores a file and creates its import of profiles, under a key which is the same in every run.
async fn queue(
    services: &Services,
    (database, action, key_fields, removes): (OwnerId, ProfileAction, &[&str], bool),
    name: &str,
    text: String,
) -> anyhow::Result<Import> {
    let mut options = Options::of_user(ThingId(1));
    options.profiles.database = Some(database);
    options.profiles.action = action;
    options.profiles.followups = true;
    options.profiles.remove_missing = removes;
    options.profiles.key_fields = key_fields.iter().map(|&field| field.to_owned()).collect();
    let new = NewImport {
        account: ACCOUNT,
        user: ThingId(1),
        import_type: ImportType::Profiles,
        options,
        file_name: name.to_owned(),
        note: None,
        origin: Origin::Body { token: name.to_owned() },
        once: None,
    };
    sent(services, &new, text).await
}

/// Edits by hand after [`MIXED`] was imported: a changed profile gets another city, a new one a subprofile of people, one
/// subprofile is edited and another deleted.
pub(super) async fn edit_profiles(stack: &Stack) -> anyhow::Result<()> {
    let made_by_import = |row: u64| IMPORT.0 * 1_000_000_000 + row;
    let profiles = crate::copernica::get(stack, "/database/1/profiles").await?;
    let all = profiles["data"].as_array().context("a list of profiles")?;
    let ada = all.iter().find(|profile| profile["fields"]["Email"] == "ada@example.com").context("Ada")?;
    let ada = ada["ID"].as_str().context("an id")?;
    put(stack, &format!("/profile/{ada}"), &json!({ "fields": { "City": "Leuven" } })).await?;
    made(stack, &format!("/profile/{}/subprofiles/1", made_by_import(4)), &json!({ "Name": "Sue" })).await?;
    put(stack, &format!("/subprofile/{}", made_by_import(5)), &json!({ "Kind": "lynx" })).await?;
    delete(stack, &format!("/subprofile/{}", made_by_import(8))).await?;
    Ok(())
}

/// The picture of a table without what a second try of a plan or of a chunk names otherwise: the edition of the plans of
/// rows, and the try in the key of a block of images.
pub(super) fn without_tries(dump: Dump) -> Dump {
    let mut plain = Dump::new();
    for ((pk, sk), mut item) in dump {
        if pk.contains("#plans#") {
            continue;
        }
        item.remove("joined");
        let key = match pk.contains("#images#") {
            true => sk.split('.').next().unwrap_or_default().to_owned(),
            false => sk,
        };
        item.remove("sk");
        plain.insert((pk, key), item);
    }
    plain
}
