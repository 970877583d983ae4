//! Who said what of a header, and what of it is believed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::format::{HeaderFingerprint, Mapping, RememberedMapping};
use crate::id::{ImportId, MappingId};
use crate::shorten::shortened;

/// The most sayings of a header that are kept: the latest ones.
const MOST_SAYINGS: usize = 8;
/// The most imports that are kept of those that stand for a saying: the one that said it, and the latest.
const MOST_STANDING: usize = 50;
/// How much of a header's names is kept, to be shown: letters of a name, and bytes of all. With the longest mapping that the
/// option takes, eight sayings are half of what an item holds.
const LONGEST_NAME: usize = 100;
const MOST_NAME_BYTES: usize = 8_000;

/// What is remembered of a header, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderMemory {
    /// Its number in lists and paths, derived from account and header.
    pub id: MappingId,
    /// The header.
    pub header: HeaderFingerprint,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// By the numbers of the imports that said them, ascending; never empty.
    pub sayings: Vec<Saying>,
}

/// A mapping that an import was made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saying {
    /// The import that was made with it.
    pub import: ImportId,
    /// When that import settled, in milliseconds since the epoch.
    pub since: i64,
    /// The first names of its file's header, cut.
    pub names: Vec<String>,
    /// Columns and the names of their fields.
    pub columns: BTreeMap<String, String>,
    /// The imports that stand for it: that import, unless it is undone, and those that were read by it; never empty.
    pub standing: BTreeSet<ImportId>,
}

/// By which mapping a settled import was read.
#[derive(Clone, Copy, Debug)]
pub enum MadeWith<'m> {
    /// By the one that its caller gave.
    Given(&'m Mapping),
    /// By the one that was remembered.
    Recalled(&'m RememberedMapping),
}

impl Saying {
    /// Keeps the imports that stand for it few.
    fn bound(&mut self) {
        while self.standing.len() > MOST_STANDING {
            let Some(&first) = self.standing.iter().find(|import| **import != self.import) else { break };
            self.standing.remove(&first);
        }
    }
}

/// The first names of a header, cut.
fn first(names: &[String]) -> Vec<String> {
    let mut bytes = 0;
    let cut = names.iter().map(|name| shortened(name, LONGEST_NAME));
    cut.take_while(|name| {
        bytes += name.len();
        bytes <= MOST_NAME_BYTES
    })
    .collect()
}

impl HeaderMemory {
    /// What is remembered of a header once an import has settled that was made with a mapping, or was read by the
    /// remembered one. Nothing, if that is not remembered any more.
    pub(super) fn said(
        seen: Option<Self>,
        (id, header, names): (MappingId, HeaderFingerprint, &[String]),
        import: ImportId,
        made_with: MadeWith<'_>,
        now: i64,
    ) -> Option<Self> {
        match made_with {
            MadeWith::Given(mapping) => {
                let (names, standing) = (first(names), BTreeSet::from([import]));
                let said = Saying { import, since: now, names, columns: mapping.columns(), standing };
                let mut memory = seen.unwrap_or_else(|| Self { id, header, name: None, sayings: Vec::new() });
                let at = memory.sayings.partition_point(|other| other.import < import);
                memory.sayings.insert(at, said);
                // The earliest is forgotten, but not the one that was said just now.
                if memory.sayings.len() > MOST_SAYINGS {
                    memory.sayings.remove(usize::from(at == 0));
                }
                Some(memory)
            }
            MadeWith::Recalled(recalled) => {
                let mut memory = seen?;
                let saying = memory.sayings.iter_mut().find(|saying| saying.import == recalled.import)?;
                saying.standing.insert(import);
                saying.bound();
                Some(memory)
            }
        }
    }

    /// What is left when an import is undone; nothing, if nobody stands for anything any more.
    pub(super) fn taken_back(mut self, import: ImportId) -> Option<Self> {
        self.sayings.iter_mut().for_each(|saying| {
            saying.standing.remove(&import);
        });
        self.sayings.retain(|saying| !saying.standing.is_empty());
        (!self.sayings.is_empty()).then_some(self)
    }

    /// Whether an import stands for something of it.
    pub fn is_said_by(&self, import: ImportId) -> bool {
        self.sayings.iter().any(|saying| saying.standing.contains(&import))
    }

    /// The saying that is believed.
    pub fn latest(&self) -> Option<&Saying> {
        self.sayings.last()
    }

    /// What is believed, as a survey is given it.
    pub fn believed(&self) -> Option<RememberedMapping> {
        let Saying { import, since, columns, standing, .. } = self.latest()?.clone();
        let confirmed_by = if standing.contains(&import) { None } else { standing.last().copied() };
        Some(RememberedMapping { header: self.header, columns, import, since, confirmed_by })
    }

    /// The last import that was read so.
    pub(super) fn last_used(&self) -> Option<ImportId> {
        self.sayings.iter().filter_map(|saying| saying.standing.last().copied()).max()
    }
}
