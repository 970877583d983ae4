//! Invariants which hold at every moment, and invariants which hold when no work is left, both
//! checked on the tables.

mod events;
mod memory;
mod people;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::entries::Entry;
use shared::entries::by_hand::counts;
use shared::id::{AccountId, ChunkNo, EntryId, ImportId, Row, ThingId};
use shared::import::{Counts, Import, OnError, Roll, RollOf, Status};
use shared::ledger::{Chunk, ChunkState, UndoFate};
use shared::mappings::HeaderMemory;
use shared::results::made::Made;
use shared::store::keys::Kind;
use shared::store::{Item, Table, decode};
use shared::things::Thing;
use shared::things::reference::Reference;
use shared::things::retired::Retirement;
use shared::things::slot::Slot;
use shared::things::sums::Sums;

use crate::dump::Dump;
use crate::stack::Stack;
pub use events::{disabled_schema, event_schema, wrong_event};
pub use people::People;
pub use rows::wrongly_told;

/// Number of rows in a partition of entries which were made by hand.
const HAND_CHUNK: u32 = shared::entries::by_hand::HAND_CHUNK;

type Named = (AccountId, Kind, ThingId);

/// The decoded content of all tables.
#[derive(Default)]
pub struct World {
    pub imports: BTreeMap<(AccountId, ImportId), Import>,
    chunks: BTreeMap<(AccountId, ImportId, ChunkNo), Chunk>,
    counts: BTreeMap<(AccountId, ImportId), Vec<Counts>>,
    pub things: BTreeMap<Named, Thing>,
    /// The targets of the signs to renamed things, by the places of the signs.
    signs: BTreeMap<Named, ThingId>,
    references: BTreeMap<(Named, ImportId), Reference>,
    retirements: BTreeMap<Named, Retirement>,
    pub entries: BTreeMap<(AccountId, EntryId), Entry>,
    /// Number of existing entries by import, according to the rolls, and by hand, according to their counts.
    standing: BTreeMap<(AccountId, ImportId), u64>,
    pub people: People,
    /// Number of people who stand or were kept, by import, according to the rolls.
    people_standing: BTreeMap<(AccountId, ImportId), u64>,
    /// Imports which hold or await a turn.
    pub turns: Vec<(AccountId, ImportId)>,
    /// Imports at which the sweep still looks.
    pub open: BTreeSet<(AccountId, ImportId)>,
    /// The mappings which each account remembers for the headers of files.
    memory: BTreeMap<AccountId, Vec<HeaderMemory>>,
    /// The events of each import in the order of their changes.
    events: BTreeMap<(AccountId, ImportId), Vec<Value>>,
    /// Descriptions of items which belong to no known kind.
    wrong: Vec<String>,
}

/// True if the import was undone, by a person or because it was aborted.
fn is_undone(import: &Import) -> bool {
    matches!(import.status, Status::RolledBack | Status::Failed) && import.reverted_at.is_some()
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or(u64::MAX)
}

fn kind(word: &str) -> Option<Kind> {
    [Kind::User, Kind::Client, Kind::Project, Kind::Tag, Kind::Company].into_iter().find(|kind| kind.name() == word)
}

impl World {
    pub async fn read(stack: &Stack) -> anyhow::Result<Self> {
        let mut world = Self::default();
        let (imports, workspace) = (stack.dump(Table::Imports).await?, stack.workspace().await?);
        world.read_imports(imports)?;
        world.read_workspace(workspace)?;
        world.read_events(stack.dump(Table::Events).await?)?;
        let imports = world.imports.keys().map(|&(account, _)| account);
        let accounts: BTreeSet<_> = imports.chain(world.entries.keys().map(|&(account, _)| account)).collect();
        for account in accounts {
            let services = stack.system.services();
            let by_hand = counts(services, account).await?.into_iter().map(|(_, standing)| standing).sum();
            world.standing.insert((account, ImportId::HAND), by_hand);
            let roll = Roll::read(services, account, RollOf::Entries).await?;
            let lines = roll.standing().filter_map(|(import, line)| Some(((account, import), line.standing()?)));
            world.standing.extend(lines);
            let roll = Roll::read(services, account, RollOf::Contacts).await?;
            for (import, line) in roll.all() {
                // An aborted import may have kept people whom somebody edited.
                let standing = if line.is_gone() { Some(0) } else { line.standing() };
                let standing = standing.map(|standing| standing + line.kept());
                world.people_standing.extend(standing.map(|standing| ((account, import), standing)));
            }
        }
        Ok(world)
    }

    fn read_imports(&mut self, dump: Dump) -> anyhow::Result<()> {
        for ((pk, sk), item) in dump {
            let parts: Vec<_> = pk.split('#').collect();
            if let (["A", account, "turns"], Some((_, place))) = (&parts[..], sk.rsplit_once('#')) {
                self.turns.push((AccountId(number(account)), ImportId(number(place))));
            }
            if let ["A", account, "mappings"] = parts[..] {
                self.memory.entry(AccountId(number(account))).or_default().push(decode(item)?);
                continue;
            }
            let ["A", account, "I", import] = parts[..] else { continue };
            let (account, import) = (AccountId(number(account)), ImportId(number(import)));
            if sk == "import" {
                if item.contains_key("open") {
                    self.open.insert((account, import));
                }
                self.imports.insert((account, import), decode(item)?);
            } else if let Some(chunk) = sk.strip_prefix("chunk#") {
                self.chunks.insert((account, import, ChunkNo(number(chunk))), Chunk::decode(item)?);
            } else if sk.starts_with("count#") {
                self.counts.entry((account, import)).or_default().push(decode(item)?);
            }
        }
        Ok(())
    }

    fn read_workspace(&mut self, dump: Dump) -> anyhow::Result<()> {
        for ((pk, sk), item) in dump {
            let parts: Vec<_> = pk.split('#').collect();
            match parts[..] {
                ["A", account, "entry", import, chunk] => self.read_entry(account, import, chunk, &sk, item)?,
                ["A", account, "person", import, chunk] => self.read_person([account, import, chunk], &sk, item)?,
                ["A", account, "email"] => self.read_claim(account, sk, item)?,
                ["A", account, "ref", word, id] => {
                    let kind = kind(word).ok_or_else(|| anyhow::anyhow!("{pk}"))?;
                    let named = (AccountId(number(account)), kind, ThingId(number(id)));
                    self.references.insert((named, ImportId(number(&sk))), decode(item)?);
                }
                ["A", account, "retired"] => {
                    let said: Retirement = decode(item)?;
                    self.retirements.insert((AccountId(number(account)), said.kind, said.id), said);
                }
                ["A", account, word] if kind(word).is_some() => {
                    let slot: Slot = decode(item)?;
                    let (kind, id) = slot.place();
                    if id != ThingId(number(&sk)) {
                        self.wrong.push(format!("{pk} {sk} holds the thing {id}"));
                    }
                    let named = (AccountId(number(account)), kind, id);
                    match slot {
                        Slot::Thing(thing) => self.things.extend([(named, *thing)]),
                        Slot::Sign { to, .. } => self.signs.extend([(named, to)]),
                        Slot::Mark { .. } => {}
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn read_entry(&mut self, account: &str, import: &str, chunk: &str, sk: &str, item: Item) -> anyhow::Result<()> {
        let (account, import) = (AccountId(number(account)), ImportId(number(import)));
        let entry: Entry = decode(item)?;
        let id = EntryId::of(import, Row(number(sk)));
        let rows = match self.imports.get(&(account, import)) {
            _ if import == ImportId::HAND => HAND_CHUNK,
            Some(import) => import.rows_per_chunk,
            None => {
                self.wrong.push(format!("the entry {id} of account {account} belongs to no import of it"));
                return Ok(());
            }
        };
        if entry.id != id || id.row().chunk(rows) != ChunkNo(number(chunk)) {
            self.wrong.push(format!("the entry {} lies in chunk {chunk} of import {import}", entry.id));
        }
        self.entries.insert((account, id), entry);
        Ok(())
    }

    /// The thing to which an id leads after all merges, or `None` if the thing was removed.
    fn meant(&self, account: AccountId, kind: Kind, id: ThingId) -> Option<ThingId> {
        let mut meant = id;
        while let Some(said) = self.retirements.get(&(account, kind, meant)) {
            meant = said.into?;
        }
        Some(meant)
    }

    /// True if people can see the entry, because its chunk is committed or a person made the entry.
    fn is_seen(&self, account: AccountId, id: EntryId) -> bool {
        let import = id.import();
        let Some(rows) = self.imports.get(&(account, import)).map(|import| import.rows_per_chunk) else {
            return import == ImportId::HAND;
        };
        let chunk = self.chunks.get(&(account, import, id.row().chunk(rows)));
        chunk.is_some_and(|chunk| chunk.state == ChunkState::Committed)
    }

    fn seen(&self) -> impl Iterator<Item = (AccountId, &Entry)> {
        self.entries.iter().filter(|((account, id), _)| self.is_seen(*account, *id)).map(|((a, _), entry)| (*a, entry))
    }

    /// Violations of the invariants which hold at every moment.
    pub fn violations(&self) -> Vec<String> {
        let mut wrong = self.wrong.clone();
        self.check_counts(&mut wrong);
        self.check_events(&mut wrong);
        self.check_references(&mut wrong);
        self.check_memory(&mut wrong);
        self.check_people(&mut wrong);
        for (account, id) in self.entries.keys() {
            let import = self.imports.get(&(*account, id.import()));
            if import.is_some_and(is_undone) {
                wrong.push(format!("the entry {id} of an undone import is there"));
            }
        }
        wrong
    }

    fn check_counts(&self, wrong: &mut Vec<String>) {
        for (key @ (account, id), import) in &self.imports {
            let of_import = self.chunks.range((*account, *id, ChunkNo(0))..=(*account, *id, ChunkNo(u64::MAX)));
            let mut pages = Counts::default();
            for (_, chunk) in of_import {
                if let Some(page) = &chunk.page {
                    let of_page = Counts::of(page);
                    let things = of_page.created - page.entities();
                    pages = pages.plus(&Counts { chunks: 1, things, ..of_page });
                }
                pages.kept += chunk.kept.iter().map(|&(_, rows)| u64::from(rows)).sum::<u64>();
                for &(fate, _, rows) in &chunk.fates {
                    *match fate {
                        UndoFate::Restored => &mut pages.restored,
                        UndoFate::BroughtBack => &mut pages.brought_back,
                        UndoFate::Kept => &mut pages.changes_kept,
                        UndoFate::Gone => &mut pages.gone,
                        UndoFate::Expired => &mut pages.expired,
                    } += u64::from(rows);
                }
                pages.dropped += chunk.dropped;
                pages.reverted += u64::from(chunk.state == ChunkState::Reverted);
            }
            let mut counted = Counts::default();
            for part in self.counts.get(key).into_iter().flatten() {
                counted = counted.plus(part);
            }
            // The pages tell neither durations nor how many entries an undo removed.
            (counted.seconds, counted.removed) = (0, 0);
            if counted != pages {
                wrong.push(format!("import {id} of {account} counts {counted:?}, its pages {pages:?}"));
            }
            if import.rows.is_some_and(|rows| counted.accounted() > rows) {
                wrong.push(format!("import {id} of {account} counts more rows than it has"));
            }
        }
    }

    fn check_references(&self, wrong: &mut Vec<String>) {
        let mut referred: BTreeMap<Named, i64> = BTreeMap::new();
        for (named, referrer) in self.references.keys() {
            *referred.entry(*named).or_default() += 1;
            if !self.things.contains_key(named) {
                wrong.push(format!("import {referrer} refers to {named:?}, which is not there"));
            }
        }
        for ((account, ..), thing) in &self.things {
            if let Some(client) = thing.client() {
                let client = (*account, Kind::Client, client);
                *referred.entry(client).or_default() += 1;
                if !self.things.contains_key(&client) {
                    wrong.push(format!("the project {} is of {client:?}, which is not there", thing.name));
                }
            }
        }
        for ((account, kind, id), target) in &self.signs {
            if !self.things.contains_key(&(*account, *kind, *target)) {
                wrong.push(format!("the sign at {kind:?} {id} leads nowhere"));
            }
        }
        for ((account, kind, id), said) in &self.retirements {
            if !self.things.get(&(*account, *kind, *id)).is_some_and(|thing| thing.retired) {
                wrong.push(format!("{kind:?} {id} is said to be retired and is not"));
            }
            if let Some(into) = said.into.map(|into| (*account, *kind, into)) {
                *referred.entry(into).or_default() += 1;
                if !self.things.contains_key(&into) {
                    wrong.push(format!("{kind:?} {id} was merged into {into:?}, which is not there"));
                }
            }
        }
        for (named, thing) in self.things.iter().filter(|(_, thing)| thing.retired) {
            if !self.retirements.contains_key(named) || thing.refs == 0 {
                wrong.push(format!("{named:?} is retired with {} references, and nothing says into what", thing.refs));
            }
        }
        for (named, thing) in &self.things {
            let referred = referred.get(named).copied().unwrap_or_default();
            if thing.refs != referred {
                wrong.push(format!("{named:?} ({}) counts {} references of {referred}", thing.name, thing.refs));
            }
        }
        for (account, entry) in self.seen() {
            let user = [(Kind::User, entry.user)];
            let things = user.into_iter().chain(entry.project.map(|id| (Kind::Project, id)));
            for (kind, id) in things.chain(entry.tags.iter().map(|&id| (Kind::Tag, id))) {
                let named = (account, kind, id);
                if !self.references.contains_key(&(named, entry.id.import())) {
                    wrong.push(format!("the entry {} names {named:?} without a reference", entry.id));
                }
            }
            // A merge ignores entries which an undo is removing, because no list shows these entries and
            // no total counts them.
            let going = self.imports.get(&(account, entry.id.import())).is_some_and(|import| import.status.is_gone());
            if going {
                continue;
            }
            let meant: Vec<_> = entry.tags.iter().filter_map(|&tag| self.meant(account, Kind::Tag, tag)).collect();
            if meant.len() != meant.iter().collect::<BTreeSet<_>>().len() {
                wrong.push(format!("the entry {} has two tags that were merged into one", entry.id));
            }
        }
    }

    /// Violations of all invariants, including the invariants which hold only when no work is left.
    pub fn violations_at_rest(&self) -> Vec<String> {
        let mut wrong = self.violations();
        for ((account, id), import) in &self.imports {
            if !import.status.is_settled() {
                wrong.push(format!("import {id} of {account} is still {}", import.status));
            }
            let failed: u64 = self.counts.get(&(*account, *id)).into_iter().flatten().map(|part| part.failed).sum();
            let stands = matches!(import.status, Status::PartiallyComplete | Status::Complete | Status::Failed);
            if import.options.on_error == OnError::Abort && failed > 0 && stands && !is_undone(import) {
                wrong.push(format!("import {id} of {account} was not aborted at a failed row"));
            }
        }
        if !self.turns.is_empty() {
            wrong.push(format!("the places {:?} of lanes are taken", self.turns));
        }
        let mut full: BTreeMap<Named, Sums> = BTreeMap::new();
        for (account, entry) in self.seen() {
            let sums = Sums::of(entry);
            let tags: BTreeSet<_> = entry.tags.iter().map(|&id| (Kind::Tag, id)).collect();
            for (kind, id) in tags.into_iter().chain(entry.project.map(|id| (Kind::Project, id))) {
                full.entry((account, kind, id)).or_default().add(&sums);
            }
        }
        self.count_people(&mut full);
        let mut totals: BTreeMap<Named, Sums> = BTreeMap::new();
        for ((named, _), reference) in &self.references {
            if matches!(named.1, Kind::Project | Kind::Tag | Kind::Company) {
                totals.entry(*named).or_default().add(&reference.sums());
            }
        }
        totals.retain(|_, sums| *sums != Sums::default());
        if totals != full {
            wrong.push(format!("totals are {totals:#?}, a full count is {full:#?}"));
        }
        let mut full: BTreeMap<(AccountId, ImportId), u64> = BTreeMap::new();
        for (account, entry) in self.seen() {
            *full.entry((account, entry.id.import())).or_default() += 1;
        }
        let told: BTreeMap<_, _> = self.standing.iter().filter(|(_, standing)| **standing > 0).collect();
        if told != full.iter().collect() {
            wrong.push(format!("rolls and counts by hand tell {told:?}, a full count {full:?}"));
        }
        let told: BTreeMap<_, _> = self.people_standing.iter().filter(|(_, standing)| **standing > 0).collect();
        let full = self.people_by_import();
        if told != full.iter().collect() {
            wrong.push(format!("the rolls tell of the people {told:?}, a full count {full:?}"));
        }
        for ((named, referrer), reference) in &self.references {
            let is_counted = matches!(named.1, Kind::Project | Kind::Tag | Kind::Company);
            if is_counted && *referrer == ImportId::HAND && reference.sums().entries == 0 {
                wrong.push(format!("people refer to {named:?}, and nothing of theirs counts there"));
            }
        }
        for (named, thing) in self.things.iter().filter(|(_, thing)| thing.refs == 0) {
            let maker = self.imports.get(&(named.0, thing.created_by));
            if thing.orphan || maker.is_some_and(is_undone) {
                wrong.push(format!("{named:?} ({}) has outlived its undone import without a reference", thing.name));
            }
        }
        wrong
    }
}

/// Differences between the list of the things which an import created and a full count of the things.
pub async fn wrongly_made(stack: &Stack, world: &World) -> anyhow::Result<Vec<String>> {
    let services = stack.system.services();
    let mut wrong = Vec::new();
    let sealed = world.imports.iter().filter(|(_, import)| import.is_sealed() && !is_undone(import));
    for ((account, id), import) in sealed {
        let made = Made::read(services, import).await?;
        for kind in [Kind::Project, Kind::Tag, Kind::Company] {
            let of = world.things.iter().filter(|((owner, of, _), _)| owner == account && *of == kind);
            let of = of.filter(|(_, thing)| thing.created_by == *id && !thing.retired);
            let mut full: Vec<ThingId> = of.map(|((.., thing), _)| *thing).collect();
            full.reverse();
            let listed = made.ids(services, kind, 0, usize::MAX).await?;
            let one_by_one = made.ids(services, kind, 1, 1).await?;
            if listed != full
                || made.count(kind) != full.len() as u64
                || one_by_one != full.get(1..2).unwrap_or_default()
            {
                wrong.push(format!("import {id} of {account} lists the {kind:?}s {listed:?}, a full count {full:?}"));
            }
        }
    }
    Ok(wrong)
}

/// Fails unless all invariants hold, with no work left.
pub async fn at_rest(stack: &Stack) -> anyhow::Result<()> {
    let world = World::read(stack).await?;
    let mut wrong = world.violations_at_rest();
    wrong.extend(wrongly_made(stack, &world).await?);
    wrong.extend(wrongly_told(stack, &world).await?);
    anyhow::ensure!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}
