//! The mappings which an account remembers for headers must match the mappings of its imports, at every moment.

use std::collections::BTreeSet;

use shared::id::AccountId;
use shared::import::Status;
use shared::mappings::HeaderMemory;

use super::World;

/// Largest number of mappings which are kept for a header. With this many mappings, older ones
/// may have been forgotten.
const MOST_SAYINGS: usize = 8;

impl World {
    /// Checks that each settled import which was read by a mapping stands behind a remembered mapping exactly once,
    /// and that no other import does.
    pub(super) fn check_memory(&self, wrong: &mut Vec<String>) {
        let none = Vec::new();
        let owners = self.imports.keys().map(|&(account, _)| account);
        for account in owners.chain(self.memory.keys().copied()).collect::<BTreeSet<AccountId>>() {
            let memory: &Vec<HeaderMemory> = self.memory.get(&account).unwrap_or(&none);
            let sayings = || memory.iter().flat_map(|memory| &memory.sayings);
            if memory
                .iter()
                .any(|memory| memory.sayings.is_empty() || !memory.sayings.is_sorted_by_key(|said| said.import))
                || sayings().any(|said| said.standing.is_empty())
            {
                wrong.push(format!("account {account} remembers what nobody stands for: {memory:#?}"));
            }
            let standing: Vec<_> = sayings().flat_map(|said| said.standing.iter().copied()).collect();
            let each: BTreeSet<_> = standing.iter().copied().collect();
            let own = self.imports.iter().filter(|((owner, _), _)| *owner == account);
            let own = own.filter(|(_, import)| import.remembered.is_some() && is_believed(import.status));
            let expected: BTreeSet<_> = own.map(|((_, id), _)| *id).collect();
            let is_full = memory.iter().any(|memory| memory.sayings.len() >= MOST_SAYINGS);
            let is_right = if is_full { each.is_subset(&expected) } else { each == expected };
            if !is_right || each.len() != standing.len() {
                wrong.push(format!("account {account} remembers what {standing:?} stand for, and not {expected:?}"));
            }
        }
        for ((account, id), import) in &self.imports {
            let is_given = import.options.reading.mapping.is_some() && is_believed(import.status);
            if is_given && import.remembered.is_none() {
                wrong.push(format!("import {id} of {account} was made with a mapping, which is not remembered"));
            }
        }
    }
}

fn is_believed(status: Status) -> bool {
    matches!(status, Status::Complete | Status::PartiallyComplete)
}
