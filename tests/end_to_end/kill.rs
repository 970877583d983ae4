//! Kill tests: a worker dies at each of its requests in turn, and the result is always the same.
//!
//! A worker runs an import and its undo, and dies at its n-th request, before or after the request takes effect,
//! for every possible n. Afterwards either the waiting messages are delivered again, or all messages are lost and
//! only the sweep runs. At the end the content of the tables equals the content after an undisturbed run, attribute
//! by attribute, except for times. The scenarios are the same for every kind of rows ([`Cargo`]).

use std::time::Duration;

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use shared::contacts::{Person, by_hand};
use shared::format::Mapping;
use shared::id::{AccountId, ImportId, RecordId, Row, ThingId};
use shared::import::{Import, ImportType, NewImport, Options, Origin};
use shared::memory::Memory;
use shared::portions::Portions;
use shared::queue::Message;
use shared::revert;
use shared::services::Services;
use shared::store::{Item, Table, keys};
use shared::table::WrongMapping;
use waybill::system::Functions;

use crate::contacts;
use crate::dump::{Dump, differences, note_by_note, timeless};
use crate::faults::{Fault, Faults};
use crate::invariants::World;
use crate::outbox;
use crate::postman::{LONG, Postman, arrive, dropped};
use crate::stack::{Stack, sent};

const ACCOUNT: AccountId = AccountId(1);
const ROWS_PER_CHUNK: u32 = 3;
/// The disturbed import. The first import shares projects and tags with it.
const IMPORT: ImportId = ImportId(2);

const HEADER: &str =
    "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,Tags";

/// Builds a file from rows of e-mail address, client, project, date and tags.
fn file(rows: &[[&str; 5]]) -> String {
    let row = |[email, client, project, date, tags]: &[&str; 5]| {
        format!("Kim,{email},{client},{project},,Text,Yes,{date},09:00:00,2026-05-01,10:00:00,01:00:00,\"{tags}\"")
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

const DEMO: &str = "demo@example.com";

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
fn shared_rows() -> String {
    file(&[[DEMO, "Orchard", "Website", "2026-05-01", "design"], [DEMO, "", "Garden", "2026-05-02", "inside"]])
}

/// Eight rows in three chunks, among them a bad row, a row without a project, and a row of an unknown person.
/// Several names appear in different spellings across the chunks.
fn disturbed_rows() -> String {
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
struct Cargo {
    import_type: ImportType,
    /// The file of the import which stands before the disturbed import, and shares names with it.
    shared: fn() -> String,
    /// The file of the disturbed import, in three chunks.
    disturbed: fn() -> String,
}

const ENTRIES: Cargo = Cargo { import_type: ImportType::TimeEntries, shared: shared_rows, disturbed: disturbed_rows };
const CONTACTS: Cargo =
    Cargo { import_type: ImportType::Contacts, shared: shared_contacts, disturbed: disturbed_contacts };

/// Two people and two companies, which [`disturbed_contacts`] meets.
fn shared_contacts() -> String {
    contacts::file(&[["Orchard", "Ada", "ada@example.com"], ["Harbour", "", ""], ["", "Bea", ""]])
}

/// Eight rows in three chunks, among them a bad row, a company that stands, an address that somebody has, and an address
/// that comes twice. The name of a company appears in different spellings across the chunks.
fn disturbed_contacts() -> String {
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
async fn edit_contacts(services: &Services) -> anyhow::Result<()> {
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

/// Two files for the inbox, the first with two chunks and the second with a single chunk. The second file repeats a
/// row of the first file, and contains this row twice.
fn dropped_files() -> [String; 2] {
    let crane = [DEMO, "Harbour", "CRANES", "2026-05-06", "last"];
    let tree = [DEMO, "orchard", "Trees", "2026-05-01", "design"];
    [file(&[tree, crane, [DEMO, "", "", "2026-02-30", ""], tree]), file(&[crane, crane])]
}

/// Keys of the dropped files, with two types and the same file name, which S3's events encode differently.
const DROPS: [&str; 2] = ["inbox/1/toggl/Stunden März + 1 (a).csv", "inbox/1/auto/Stunden März + 1 (a).csv"];

/// A stack and a worker, with the content of the tables to which each run returns.
struct Bench {
    stack: Stack,
    postman: Postman,
    faults: Faults,
    worker: Functions,
    start: Vec<(Table, Dump)>,
}

/// Limits so small that nine names take five steps, each in an invocation of its own.
pub const TINY: Portions = Portions {
    names_at_once: 3,
    names_a_step: 2,
    notes_a_step: 1,
    made_a_block: 1,
    entries_a_page: 5,
    ledger_reads_a_page: 1,
    time: Duration::ZERO,
};

/// Approximate number of requests before the end of the first step.
const BEFORE_A_STEP: usize = 16;

const TABLES: [Table; 3] = [Table::Imports, Table::Workspace, Table::Events];

impl Bench {
    /// Prepares the disturbed import as queued, with its start message not yet sent.
    async fn before_the_import() -> anyhow::Result<Self> {
        Self::before_an_import(ENTRIES, [None, None]).await
    }

    /// Prepares the disturbed import and the import before it, with the given mappings.
    async fn before_an_import(cargo: Cargo, mappings: [Option<Mapping>; 2]) -> anyhow::Result<Self> {
        let stack = Stack::by_hand(ROWS_PER_CHUNK).await?;
        let (postman, faults) = (Postman::of(&stack.system), Faults::default());
        let worker = faults.connect(&stack.system)?;
        let mut bench = Self { stack, postman, faults, worker, start: Vec::new() };
        let files = [("shared.csv", (cargo.shared)()), ("disturbed.csv", (cargo.disturbed)())];
        for ((name, text), mapping) in files.into_iter().zip(mappings) {
            let import = queue_import(bench.services(), cargo.import_type, name, text, mapping).await?;
            if import.id != IMPORT {
                bench.services().queues.send(&Message::Start { account: ACCOUNT, import: import.id }).await?;
                Box::pin(bench.postman.drain_all(&bench.worker, &bench.faults)).await;
            }
        }
        bench.keep().await?;
        Ok(bench)
    }

    /// Prepares two files in the inbox, about which S3 has not yet notified the queue. The second file repeats
    /// rows of the first.
    async fn before_the_drops() -> anyhow::Result<Self> {
        let mut bench = Self::before_the_import().await?;
        revert::ask(&bench.worker.api, &bench.import().await?, "user 1").await?;
        Box::pin(bench.postman.drain_all(&bench.worker, &bench.faults)).await;
        for (key, text) in DROPS.into_iter().zip(dropped_files()) {
            bench.services().files.put(key, text.into_bytes().into()).await?;
        }
        bench.keep().await?;
        Ok(bench)
    }

    /// Delivers S3's notifications about the files in the inbox. Returns false if the worker dies meanwhile.
    async fn tell_of_drops(&self) -> anyhow::Result<bool> {
        for key in DROPS {
            let object = self.services().files.head(key).await?;
            let event = dropped(key, &object.etag, "01");
            match self.faults.outlive(Box::pin(arrive(&self.worker.parser, event))).await {
                None => return Ok(false),
                Some(handled) => drop(handled?),
            }
        }
        Ok(true)
    }

    /// The reports in the outbox, without times.
    async fn reports(&self) -> anyhow::Result<Dump> {
        let mut reports = Dump::new();
        for (key, report) in outbox::reports(&self.stack).await? {
            let report =
                ["id", "status", "rows", "counts", "duplicates", "seconds", "errors"].map(|name| &report[name]);
            let report = AttributeValue::S(format!("{report:?}"));
            reports.insert((key, String::new()), Item::from([("report".to_owned(), report)]));
        }
        Ok(reports)
    }

    /// Lets the worker's n-th request fail. In the scenario without reports, every write of a report fails too.
    fn plan(&self, what: What, n: u64, fault: Fault) {
        self.faults.plan(move |request, operation| match request == n {
            true => Some(fault),
            false => (what == What::Untold && operation == "S3 PUT outbox").then_some(Fault::Refused),
        });
    }

    /// Revives a dead worker. In the scenario without reports, the writes of reports keep failing.
    fn revive(&self, what: What) {
        self.plan(what, 0, Fault::Refused);
    }

    /// In the scenario without reports, checks that no drop waits, and then lets reports be written.
    async fn mend_the_outbox(&self, what: What) -> anyhow::Result<()> {
        if what == What::Untold {
            let waiting = World::read(&self.stack).await?.turns;
            anyhow::ensure!(waiting.is_empty(), "{waiting:?} hold or await a turn");
            self.faults.none();
            self.sweep().await?;
        }
        Ok(())
    }

    /// Runs the sweep until no import is open.
    async fn sweep(&self) -> anyhow::Result<()> {
        for _ in 0..6 {
            self.services().clock.turn(LONG);
            let open = sweep::handle(&self.worker.sweep).await?.open;
            self.postman.drain_all(&self.worker, &self.faults).await;
            if open == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Prepares a complete import whose undo is not yet requested.
    async fn before_the_undo(mut self) -> anyhow::Result<Self> {
        self.send_start().await?;
        Box::pin(self.postman.drain_all(&self.worker, &self.faults)).await;
        self.keep().await?;
        Ok(self)
    }

    fn services(&self) -> &Services {
        self.stack.system.services()
    }

    async fn send_start(&self) -> anyhow::Result<()> {
        Ok(self.services().queues.send(&Message::Start { account: ACCOUNT, import: IMPORT }).await?)
    }

    async fn keep(&mut self) -> anyhow::Result<()> {
        self.start.clear();
        for table in TABLES {
            self.start.push((table, self.stack.dump(table).await?));
        }
        Ok(())
    }

    /// Restores the tables to their prepared content, and deletes all messages.
    async fn again(&self) -> anyhow::Result<()> {
        self.faults.none();
        self.postman.lose_everything();
        for (table, kept) in &self.start {
            let now = self.stack.dump(*table).await?;
            let gone = now.keys().filter(|key| !kept.contains_key(*key));
            let gone = gone.map(|(pk, sk)| keys::Key { table: *table, pk: pk.clone(), sk: sk.clone() });
            self.services().store.delete_all(gone.collect()).await?;
            let changed = kept.iter().filter(|(key, item)| now.get(*key) != Some(*item));
            let changed = changed.map(|(_, item)| (*table, item.clone()));
            self.services().store.put_all(changed.collect()).await?;
        }
        Ok(())
    }

    async fn import(&self) -> anyhow::Result<Import> {
        Ok(Import::find(self.services(), ACCOUNT, IMPORT).await?)
    }

    /// The content of all tables without times, and with an item for each note, because the order of the loaders
    /// decides which notes share an item.
    async fn picture(&self, what: What) -> anyhow::Result<Vec<Dump>> {
        let mut picture = Vec::new();
        for table in TABLES {
            let mut dump = note_by_note(timeless(self.stack.dump(table).await?))?;
            if what.is_dropped() {
                // This import is created only when the event is delivered again, so its time differs.
                dump.values_mut().for_each(|item| drop(item.remove("created_at")));
            }
            picture.push(dump);
        }
        if what.is_dropped() {
            picture.push(self.reports().await?);
        }
        Ok(picture)
    }

    /// Runs the scenario, which only the plan disturbs. Returns false if the worker dies.
    async fn run(&self, what: What) -> anyhow::Result<bool> {
        match what {
            What::Import | What::Contacts | What::Mapped | What::Recalled => {
                self.send_start().await?;
            }
            What::Drops | What::Untold => {
                if !self.tell_of_drops().await? {
                    return Ok(false);
                }
            }
            What::Undo | What::UndoContacts | What::UndoEdited | What::UndoMapped | What::UndoRecalled => {
                let import = self.import().await?;
                let asked = self.faults.outlive(Box::pin(revert::ask(&self.worker.api, &import, "user 1"))).await;
                if asked.is_none() {
                    return Ok(false);
                }
            }
        }
        Ok(self.postman.drain(&self.worker, &self.faults).await)
    }

    /// After a death, delivers the waiting messages again, and does nothing else.
    async fn deliver_again(&self, what: What) -> anyhow::Result<()> {
        self.revive(what);
        if what.is_dropped() {
            self.tell_of_drops().await?;
        }
        self.stack.system.services().clock.turn(LONG);
        self.postman.drain_all(&self.worker, &self.faults).await;
        if matches!(what, What::UndoContacts | What::UndoEdited) {
            // The messages of an undo say nothing of its last step, by which an import leaves its lane; the sweep does.
            self.sweep().await?;
        }
        Ok(())
    }

    /// After a death, deletes all messages and runs the sweep.
    async fn sweep_only(&self, what: What) -> anyhow::Result<()> {
        self.revive(what);
        if what.is_dropped() {
            // Lambda keeps the event until a call has handled it.
            self.tell_of_drops().await?;
        }
        self.postman.lose_everything();
        self.sweep().await
    }
}

/// The worker in a new process, whose caches are empty.
fn another_process(worker: Functions) -> Functions {
    worker.map(|services| Services { memory: Memory::default(), ..services })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Import,
    Undo,
    /// An import of contacts, its undo, and its undo after people have edited some of the contacts.
    Contacts,
    UndoContacts,
    UndoEdited,
    /// An import with an explicit mapping, and the undo of such an import.
    Mapped,
    UndoMapped,
    /// An import which is read by the mapping of the import before it, and its undo.
    Recalled,
    UndoRecalled,
    Drops,
    /// Drops whose reports the outbox refuses until all other work is done.
    Untold,
}

impl What {
    fn is_dropped(self) -> bool {
        matches!(self, Self::Drops | Self::Untold)
    }

    fn is_undo(self) -> bool {
        matches!(self, Self::Undo | Self::UndoContacts | Self::UndoEdited | Self::UndoMapped | Self::UndoRecalled)
    }
}

#[derive(Clone, Copy, Debug)]
enum Then {
    DeliveredAgain,
    OnlyTheSweep,
}

/// Stores a file and creates its import, under a key which is the same in every run.
async fn queue_import(
    services: &Services,
    import_type: ImportType,
    name: &str,
    text: String,
    mapping: Option<Mapping>,
) -> anyhow::Result<Import> {
    let mut options = Options::of_user(ThingId(1));
    (options.reading.mapping, options.entries.autocreate_users) = (mapping, true);
    let new = NewImport {
        account: ACCOUNT,
        user: ThingId(1),
        import_type,
        options,
        file_name: name.to_owned(),
        note: None,
        origin: Origin::Body { token: name.to_owned() },
        once: None,
    };
    sent(services, &new, text).await
}

async fn killed_everywhere(what: What, then: Then, portions: Portions) -> anyhow::Result<()> {
    let mut bench = match what {
        What::Import | What::Undo => Box::pin(Bench::before_the_import()).await?,
        What::Contacts | What::UndoContacts | What::UndoEdited => {
            Box::pin(Bench::before_an_import(CONTACTS, [None, None])).await?
        }
        What::Mapped | What::UndoMapped => Box::pin(Bench::before_an_import(ENTRIES, [None, Some(columns()?)])).await?,
        What::Recalled | What::UndoRecalled => {
            Box::pin(Bench::before_an_import(ENTRIES, [Some(columns()?), None])).await?
        }
        What::Drops | What::Untold => Box::pin(Bench::before_the_drops()).await?,
    };
    if what.is_undo() {
        bench = Box::pin(bench.before_the_undo()).await?;
    }
    if what == What::UndoEdited {
        edit_contacts(&bench.worker.api).await?;
        bench.keep().await?;
    }
    bench.worker = bench.worker.map(|services| Services { portions, ..services });
    bench.revive(what);
    let before = bench.import().await?.status;
    Box::pin(bench.run(what)).await?;
    let requests = bench.faults.requests();
    // In a run whose end takes steps, the requests before the first step are skipped, because
    // other tests kill them.
    let in_steps = portions.time.is_zero();
    let handed_over = bench.faults.log().iter().skip(1).position(|request| request == "SendMessage");
    let first = handed_over.filter(|_| in_steps).map_or(1, |at| at.saturating_sub(BEFORE_A_STEP) as u64 + 1);
    assert!(!in_steps || handed_over.is_some(), "nothing was handed over");
    Box::pin(bench.postman.drain_all(&bench.worker, &bench.faults)).await;
    Box::pin(bench.mend_the_outbox(what)).await?;
    let undisturbed = Box::pin(bench.picture(what)).await?;
    assert!(requests > 20, "{requests} requests are too few to be the whole of it");
    let mut wrong = Vec::new();
    // A death before a request equals a death after the request before it, except for requests in flight
    // at the same time.
    let faults: &[Fault] =
        if what == What::Untold { &[Fault::DeathAfter] } else { &[Fault::DeathBefore, Fault::DeathAfter] };
    for &fault in faults {
        for n in first.. {
            Box::pin(bench.again()).await?;
            if what.is_dropped() {
                outbox::forget(&bench.stack).await?;
            }
            bench.worker = another_process(bench.worker);
            bench.plan(what, n, fault);
            if Box::pin(bench.run(what)).await? {
                assert!(n > requests / 2, "the run has {requests} requests or so, and {n} did not kill it");
                break;
            }
            let log = bench.faults.log();
            // The work is continued by another process, whose caches are empty.
            bench.worker = another_process(bench.worker);
            match then {
                Then::DeliveredAgain => Box::pin(bench.deliver_again(what)).await?,
                Then::OnlyTheSweep => Box::pin(bench.sweep_only(what)).await?,
            }
            Box::pin(bench.mend_the_outbox(what)).await?;
            // The client who requested the undo got no answer, and no message was sent, so the undo
            // counts as not requested.
            let is_begun =
                |request: &String| request.starts_with("TransactWriteItems") && !request.ends_with("DeathBefore");
            let untold = match then {
                Then::DeliveredAgain => log == ["SendMessage DeathBefore"],
                Then::OnlyTheSweep => !log.iter().any(is_begun),
            };
            if what.is_undo() && untold {
                assert_eq!(bench.import().await?.status, before);
                continue;
            }
            let mut differ = Vec::new();
            for (one, other) in Box::pin(bench.picture(what)).await?.iter().zip(&undisturbed) {
                differ.extend(differences(one, other));
            }
            // The function which continues the work may differ, for example a loader after a parser.
            differ.retain(|line| !is_other_function(line));
            if what.is_undo() {
                // The notes are the list of an undo's work, so the notes which remain after a
                // complete undo mean nothing.
                differ.retain(|line| !line.contains("#notes"));
            }
            if bench.postman.dead() > 0 {
                differ.push("there are dead letters".to_owned());
            }
            if !differ.is_empty() {
                wrong.push(format!("{what:?} {fault:?} at {n}, {then:?}: {differ:#?}\n{log:?}"));
            }
        }
    }
    println!("{what:?}, {then:?}: killed at each of about {requests} requests, before and after its effect");
    assert!(wrong.is_empty(), "{} runs went wrong; the first:\n{}", wrong.len(), wrong[0]);
    Ok(())
}

/// Returns whether a line of the history differs only by the function which changed the status.
fn is_other_function(line: &str) -> bool {
    let names = ["parser", "loader", "revert", "sweep"].map(|name| format!("Some(S({name:?}))"));
    let sides = line.split_once(" by: ").and_then(|(_, sides)| sides.split_once(" / "));
    sides.is_some_and(|(one, other)| names.iter().any(|name| name == one) && names.iter().any(|name| name == other))
}

#[tokio::test]
async fn an_import_killed_at_any_request_ends_as_if_it_had_not_been_when_its_messages_come_again() -> anyhow::Result<()>
{
    killed_everywhere(What::Import, Then::DeliveredAgain, Portions::default()).await
}

#[tokio::test]
async fn an_import_killed_at_any_request_ends_as_if_it_had_not_been_when_only_the_sweep_comes_by() -> anyhow::Result<()>
{
    killed_everywhere(What::Import, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_undo_killed_at_any_request_ends_as_if_it_had_not_been_when_its_messages_come_again() -> anyhow::Result<()> {
    killed_everywhere(What::Undo, Then::DeliveredAgain, Portions::default()).await
}

#[tokio::test]
async fn an_undo_killed_at_any_request_ends_as_if_it_had_not_been_when_only_the_sweep_comes_by() -> anyhow::Result<()> {
    killed_everywhere(What::Undo, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_import_of_contacts_killed_at_any_request_ends_as_if_it_had_not_been() -> anyhow::Result<()> {
    killed_everywhere(What::Contacts, Then::DeliveredAgain, Portions::default()).await?;
    killed_everywhere(What::Contacts, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_undo_of_contacts_killed_at_any_request_ends_as_if_it_had_not_been() -> anyhow::Result<()> {
    killed_everywhere(What::UndoContacts, Then::DeliveredAgain, Portions::default()).await?;
    killed_everywhere(What::UndoContacts, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_undo_that_keeps_edited_people_and_is_killed_at_any_request_ends_the_same() -> anyhow::Result<()> {
    killed_everywhere(What::UndoEdited, Then::DeliveredAgain, Portions::default()).await?;
    killed_everywhere(What::UndoEdited, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn a_mapping_is_remembered_and_taken_back_once_wherever_its_import_is_killed() -> anyhow::Result<()> {
    killed_everywhere(What::Mapped, Then::DeliveredAgain, Portions::default()).await?;
    killed_everywhere(What::UndoMapped, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_import_is_read_by_one_remembered_mapping_and_confirms_it_once_wherever_it_is_killed() -> anyhow::Result<()>
{
    killed_everywhere(What::Recalled, Then::OnlyTheSweep, Portions::default()).await?;
    killed_everywhere(What::UndoRecalled, Then::DeliveredAgain, Portions::default()).await
}

#[tokio::test]
async fn drops_killed_at_any_request_end_as_if_they_had_not_been_when_everything_comes_again() -> anyhow::Result<()> {
    killed_everywhere(What::Drops, Then::DeliveredAgain, Portions::default()).await
}

#[tokio::test]
async fn drops_killed_at_any_request_end_as_if_they_had_not_been_when_only_the_sweep_comes_by() -> anyhow::Result<()> {
    killed_everywhere(What::Drops, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_import_that_settles_in_steps_and_is_killed_at_any_request_ends_the_same_when_messages_come_again()
-> anyhow::Result<()> {
    killed_everywhere(What::Import, Then::DeliveredAgain, TINY).await
}

#[tokio::test]
async fn an_import_that_settles_in_steps_and_is_killed_at_any_request_ends_the_same_when_only_the_sweep_comes_by()
-> anyhow::Result<()> {
    killed_everywhere(What::Import, Then::OnlyTheSweep, TINY).await
}

#[tokio::test]
async fn an_undo_that_lets_go_in_steps_and_is_killed_at_any_request_ends_the_same_when_messages_come_again()
-> anyhow::Result<()> {
    killed_everywhere(What::Undo, Then::DeliveredAgain, TINY).await
}

#[tokio::test]
async fn an_undo_that_lets_go_in_steps_and_is_killed_at_any_request_ends_the_same_when_only_the_sweep_comes_by()
-> anyhow::Result<()> {
    killed_everywhere(What::Undo, Then::OnlyTheSweep, TINY).await
}

#[tokio::test]
async fn drops_whose_reports_are_refused_hold_nobody_up_whenever_they_are_killed_and_everything_comes_again()
-> anyhow::Result<()> {
    killed_everywhere(What::Untold, Then::DeliveredAgain, Portions::default()).await
}

#[tokio::test]
async fn drops_whose_reports_are_refused_hold_nobody_up_whenever_they_are_killed_and_only_the_sweep_comes_by()
-> anyhow::Result<()> {
    killed_everywhere(What::Untold, Then::OnlyTheSweep, Portions::default()).await
}
