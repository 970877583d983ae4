//! The undo of moves between things, for some records at once: a chunk mostly moves its records between few things, whose counts
//! only one transaction at a time can change.

use std::collections::{BTreeMap, HashMap};

use super::ChunkUndo;
use crate::lease::LeasedError;
use crate::records::Record;
use crate::records::image::{Former, Image};
use crate::records::moves::{MOVED_TOGETHER, Moves};
use crate::records::record::RecordRef;
use crate::records::restore::{Plan, RowFate, Step, restored};
use crate::store::{Key, Table, Write, decode};

/// The most records which are read together.
const READ_TOGETHER: usize = 200;

/// `true` if the row of the image gave another thing to the record.
fn gave_a_thing(image: &Image) -> bool {
    match (&image.former, image.kind.refers_by()) {
        (Former::Changed { fields, .. }, Some((field, _))) => fields.contains_key(field),
        _ => false,
    }
}

impl ChunkUndo<'_> {
    /// Restores records that get a former thing back, some in each transaction. Returns the fates of the rows and the records
    /// written, by record; all other images are left to be restored one by one.
    pub(super) async fn move_back_together(
        &self,
        images: Vec<&Image>,
    ) -> Result<BTreeMap<RecordRef, (RowFate, Record)>, LeasedError> {
        let import = self.records.import;
        let mut written = BTreeMap::new();
        for some in images.chunks(READ_TOGETHER) {
            let mut keys = HashMap::new();
            for image in some.iter().filter(|image| gave_a_thing(image)) {
                keys.extend(self.history.key(image.of()).await?.map(|key| (key, *image)));
            }
            let mut moving = Vec::new();
            for item in self.services.store.get_many(&keys.keys().cloned().collect::<Vec<_>>()).await? {
                let Some((key, &image)) = keys.get_key_value(&Key::of(Table::Workspace, &item)) else { continue };
                let record: Record = decode(item)?;
                let rules = self.rules(image.kind)?;
                let now = self.services.clock.now_ms();
                let plan = |known: &_| restored(known, import.id, image, Some(&record), now);
                let (Plan { step, .. }, fate) = self.history.decided(image.of(), plan).await?;
                let Step::Put(after) = step else { continue };
                let (held, holds) = ((rules.holdings)(&record)?.things, (rules.holdings)(&after)?.things);
                let moves = Moves::between(rules.kind, (&record, &held), (&after, &holds));
                if !moves.is_empty() {
                    let put = Write::put(key.clone(), &*after).if_version(record.version);
                    moving.push((put, moves, &held | &holds, (image.of(), (fate, *after))));
                }
            }
            // Records which move alike change the same counts.
            moving.sort_by(|(_, _, one, _), (_, _, other, _)| one.cmp(other));
            let mut left = moving.into_iter().peekable();
            while left.peek().is_some() {
                self.lease.check(&self.services.clock)?;
                let (mut writes, mut all_moves, mut done) = (Vec::new(), Moves::default(), Vec::new());
                for (put, moves, _, restored) in left.by_ref().take(MOVED_TOGETHER) {
                    writes.push(put);
                    all_moves.join(moves);
                    done.push(restored);
                }
                writes.extend(all_moves.writes(self.services, import.account).await?);
                match self.services.store.attempt_all(writes).await? {
                    true => written.extend(done),
                    false => self.history.forget_things(),
                }
            }
        }
        Ok(written)
    }
}
