//! The delivery of a story's messages: by the running system, or by the test itself. In stories of the second sort the schema is
//! edited between the plan of an import and its load, and between the chunks. The import loads by the schema which it has
//! pinned, and what is gone by the time of the undo is named.

use std::time::Duration;

use anyhow::ensure;

use super::Story;
use super::columns::Column;
use crate::faults::Faults;
use crate::postman::Postman;

/// The time between two events, so that later writes are later.
const MOMENT: Duration = Duration::from_millis(5);

impl Story {
    /// Lets a moment pass.
    pub fn pass_a_moment(&self) {
        self.stack.system.services().clock.turn(MOMENT);
    }

    /// Waits until no message is left, or delivers all.
    pub async fn rest(&self) -> anyhow::Result<()> {
        match &self.postman {
            None => self.stack.idle().await,
            Some(postman) => {
                postman.drain_all(self.stack.functions(), &Faults::default()).await;
                Ok(())
            }
        }
    }

    /// Lets an import be planned and loaded that was just made. Returns the columns of the schema which the import has pinned.
    pub async fn load(&mut self) -> anyhow::Result<Vec<Column>> {
        let pinned = self.columns.clone();
        while let Some(letter) = self.postman.as_ref().and_then(Postman::next) {
            if letter.queue == "LoadQueue" && self.draw.one_in(3) {
                self.edit_during_load().await?;
            }
            let postman = self.postman.as_ref().expect("the letter has a postman");
            let is_done = postman.deliver(&letter, self.stack.functions()).await;
            ensure!(is_done, "a message of {} is not handled", letter.queue);
        }
        self.rest().await?;
        Ok(pinned)
    }

    async fn edit_during_load(&mut self) -> anyhow::Result<()> {
        if self.is_deleted {
            return Ok(());
        }
        self.events.push("while the import is loaded:".to_owned());
        if self.draw.one_in(20) { self.delete_database().await } else { self.change_schema().await }
    }
}
