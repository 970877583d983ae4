//! The stack on which kill tests run: its tables return to the same content before each run.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::format::Mapping;
use shared::id::ThingId;
use shared::import::{Import, ImportType, NewImport, Options, Origin};
use shared::memory::Memory;
use shared::portions::Portions;
use shared::profile_form::UpdatePolicy;
use shared::queue::Message;
use shared::revert;
use shared::services::Services;
use shared::store::{Item, Table, keys};
use waybill::system::Functions;

use super::cargo::{Cargo, DROPS, ENTRIES, dropped_files};
use super::profiles::without_tries;
use super::{ACCOUNT, IMPORT};
use crate::dump::{Dump, note_by_note, timeless};
use crate::faults::{Fault, Faults};
use crate::invariants::World;
use crate::outbox;
use crate::postman::{LONG, Postman, arrive, dropped};
use crate::stack::{Stack, sent};

pub(super) const ROWS_PER_CHUNK: u32 = 3;

/// A stack and a worker, with the content of the tables to which each run returns.
pub(super) struct Bench {
    pub(super) stack: Stack,
    pub(super) postman: Postman,
    pub(super) faults: Faults,
    pub(super) worker: Functions,
    pub(super) start: Vec<(Table, Dump)>,
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
pub(super) const BEFORE_A_STEP: usize = 16;

pub(super) const TABLES: [Table; 3] = [Table::Imports, Table::Workspace, Table::Events];

impl Bench {
    /// Prepares the disturbed import as queued, with its start message not yet sent.
    pub(super) async fn before_the_import() -> anyhow::Result<Self> {
        Self::before_an_import(ENTRIES, [None, None]).await
    }

    /// Prepares the disturbed import and the import before it, with the given mappings.
    pub(super) async fn before_an_import(cargo: Cargo, mappings: [Option<Mapping>; 2]) -> anyhow::Result<Self> {
        let stack = Stack::by_hand(ROWS_PER_CHUNK).await?;
        let (postman, faults) = (Postman::of(&stack.system), Faults::default());
        let worker = faults.connect(&stack.system)?;
        let mut bench = Self { stack, postman, faults, worker, start: Vec::new() };
        let files = [("shared.csv", (cargo.shared)()), ("disturbed.csv", (cargo.disturbed)())];
        for (((name, text), mapping), policy) in files.into_iter().zip(mappings).zip([None, cargo.update_policy]) {
            let asked = (cargo.import_type, mapping, policy);
            let import = queue_import(bench.services(), asked, name, text).await?;
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
    pub(super) async fn before_the_drops() -> anyhow::Result<Self> {
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
    pub(super) async fn tell_of_drops(&self) -> anyhow::Result<bool> {
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
    pub(super) async fn reports(&self) -> anyhow::Result<Dump> {
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
    pub(super) fn plan(&self, what: What, n: u64, fault: Fault) {
        self.faults.plan(move |request, operation| match request == n {
            true => Some(fault),
            false => (what == What::Untold && operation == "S3 PUT outbox").then_some(Fault::Refused),
        });
    }

    /// Revives a dead worker. In the scenario without reports, the writes of reports keep failing.
    pub(super) fn revive(&self, what: What) {
        self.plan(what, 0, Fault::Refused);
    }

    /// In the scenario without reports, checks that no drop waits, and then lets reports be written.
    pub(super) async fn mend_the_outbox(&self, what: What) -> anyhow::Result<()> {
        if what == What::Untold {
            let waiting = World::read(&self.stack).await?.turns;
            anyhow::ensure!(waiting.is_empty(), "{waiting:?} hold or await a turn");
            self.faults.none();
            self.sweep().await?;
        }
        Ok(())
    }

    /// Runs the sweep until no import is open.
    pub(super) async fn sweep(&self) -> anyhow::Result<()> {
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
    pub(super) async fn before_the_undo(mut self) -> anyhow::Result<Self> {
        self.send_start().await?;
        Box::pin(self.postman.drain_all(&self.worker, &self.faults)).await;
        self.keep().await?;
        Ok(self)
    }

    pub(super) fn services(&self) -> &Services {
        self.stack.system.services()
    }

    pub(super) async fn send_start(&self) -> anyhow::Result<()> {
        Ok(self.services().queues.send(&Message::Start { account: ACCOUNT, import: IMPORT }).await?)
    }

    pub(super) async fn keep(&mut self) -> anyhow::Result<()> {
        self.start.clear();
        self.postman.follow_ups();
        for table in TABLES {
            self.start.push((table, self.stack.dump(table).await?));
        }
        Ok(())
    }

    /// Restores the tables to their prepared content, and deletes all messages.
    pub(super) async fn again(&self) -> anyhow::Result<()> {
        self.faults.none();
        self.postman.lose_everything();
        self.postman.follow_ups();
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

    pub(super) async fn import(&self) -> anyhow::Result<Import> {
        Ok(Import::find(self.services(), ACCOUNT, IMPORT).await?)
    }

    /// The content of all tables without times, with the follow-ups since the last look, and with an item for each note, because the order of the loaders
    /// decides which notes share an item.
    pub(super) async fn picture(&self, what: What) -> anyhow::Result<Vec<Dump>> {
        let mut picture = Vec::new();
        for table in TABLES {
            let mut dump = note_by_note(timeless(self.stack.dump(table).await?))?;
            if what.is_dropped() {
                // This import is created only when the event is delivered again, so its time differs.
                dump.values_mut().for_each(|item| drop(item.remove("created_at")));
            }
            if what.has_plans() {
                dump = without_tries(dump);
            }
            picture.push(dump);
        }
        if what.is_dropped() {
            picture.push(self.reports().await?);
        }
        let follow_ups = self.postman.follow_ups().into_iter().map(|body| ((body, String::new()), Item::new()));
        picture.push(follow_ups.collect());
        Ok(picture)
    }

    /// Runs the scenario, which only the plan disturbs. Returns false if the worker dies.
    pub(super) async fn run(&self, what: What) -> anyhow::Result<bool> {
        match what {
            What::Import
            | What::Contacts
            | What::ContactUpdates
            | What::Mapped
            | What::Recalled
            | What::Updates
            | What::Mixed
            | What::Deletions
            | What::LargeDeletion
            | What::Removals => {
                self.send_start().await?;
            }
            What::Drops | What::Untold => {
                if !self.tell_of_drops().await? {
                    return Ok(false);
                }
            }
            What::Undo
            | What::UndoContacts
            | What::UndoEdited
            | What::UndoContactUpdates
            | What::UndoEditedUpdates
            | What::UndoMapped
            | What::UndoRecalled
            | What::UndoUpdates
            | What::UndoMixed
            | What::UndoDeletions
            | What::UndoLargeDeletion
            | What::UndoRemovals => {
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
    pub(super) async fn deliver_again(&self, what: What) -> anyhow::Result<()> {
        self.revive(what);
        if what.is_dropped() {
            self.tell_of_drops().await?;
        }
        self.stack.system.services().clock.turn(LONG);
        self.postman.drain_all(&self.worker, &self.faults).await;
        Ok(())
    }

    /// After a death, deletes all messages and runs the sweep.
    pub(super) async fn sweep_only(&self, what: What) -> anyhow::Result<()> {
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
pub(super) fn another_process(worker: Functions) -> Functions {
    worker.map(|services| Services { memory: Memory::default(), ..services })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Import,
    Undo,
    /// An import of contacts, its undo, and its undo after people have edited some of the contacts.
    Contacts,
    UndoContacts,
    UndoEdited,
    /// An import which changes contacts, its undo, and its undo after people have edited some of the contacts.
    ContactUpdates,
    UndoContactUpdates,
    UndoEditedUpdates,
    /// An import with an explicit mapping, and the undo of such an import.
    Mapped,
    UndoMapped,
    /// An import which is read by the mapping of the import before it, and its undo.
    Recalled,
    UndoRecalled,
    /// Imports of profiles, and their undos; the undo of the mixed one after people have edited some of the profiles.
    Updates,
    Mixed,
    Deletions,
    Removals,
    UndoUpdates,
    UndoMixed,
    UndoDeletions,
    UndoRemovals,
    /// A deletion of a profile with very many subprofiles, and its undo.
    LargeDeletion,
    UndoLargeDeletion,
    Drops,
    /// Drops whose reports the outbox refuses until all other work is done.
    Untold,
}

impl What {
    pub(super) fn is_dropped(self) -> bool {
        matches!(self, Self::Drops | Self::Untold)
    }

    pub(super) fn is_undo(self) -> bool {
        let of_profiles = matches!(
            self,
            Self::UndoUpdates | Self::UndoMixed | Self::UndoDeletions | Self::UndoRemovals | Self::UndoLargeDeletion
        );
        let of_contacts = matches!(self, Self::UndoContactUpdates | Self::UndoEditedUpdates);
        of_profiles
            || of_contacts
            || matches!(
                self,
                Self::Undo | Self::UndoContacts | Self::UndoEdited | Self::UndoMapped | Self::UndoRecalled
            )
    }

    /// True for imports whose rows have plans in items of their own, and before-images.
    pub(super) fn has_plans(self) -> bool {
        matches!(
            self,
            Self::ContactUpdates
                | Self::UndoContactUpdates
                | Self::UndoEditedUpdates
                | Self::Updates
                | Self::Mixed
                | Self::Deletions
                | Self::Removals
                | Self::UndoUpdates
                | Self::UndoMixed
                | Self::UndoDeletions
                | Self::UndoRemovals
                | Self::LargeDeletion
                | Self::UndoLargeDeletion
        )
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Then {
    DeliveredAgain,
    OnlyTheSweep,
}

/// Stores a file and creates its import, under a key which is the same in every run.
pub(super) async fn queue_import(
    services: &Services,
    (import_type, mapping, update_policy): (ImportType, Option<Mapping>, Option<UpdatePolicy>),
    name: &str,
    text: String,
) -> anyhow::Result<Import> {
    let mut options = Options::of_user(ThingId(1));
    (options.reading.mapping, options.entries.autocreate_users) = (mapping, true);
    options.contacts.update_policy = update_policy;
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
