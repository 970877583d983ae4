//! The memory of a header: which imports vouch for which mapping, and which mapping is believed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{ImportId, MappingId};
use crate::shorten::shortened;
use crate::table::{HeaderFingerprint, RememberedMapping};

/// The most sayings kept per header; the sayings with the highest import numbers are kept.
const MOST_SAYINGS: usize = 8;
/// The most standing imports kept per saying: the saying's own import, and the imports with the highest numbers.
const MOST_STANDING: usize = 50;
/// How much of a header's column names is kept for display: letters per name, and bytes of all names. Together with the
/// longest mapping allowed as an option, eight sayings take half of an item.
const LONGEST_NAME: usize = 100;
const MOST_NAME_BYTES: usize = 8_000;

/// The memory of a header as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderMemory {
    /// The id in lists and paths, derived from account and header.
    pub id: MappingId,
    /// The hash of the header's column names.
    pub header: HeaderFingerprint,
    /// The name given by people, or `None` until somebody names the mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Sayings by ascending number of the import; never empty.
    pub sayings: Vec<Saying>,
}

/// A mapping with which an import was made, and the imports standing for the mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saying {
    /// The import which was made with the mapping.
    pub import: ImportId,
    /// The time at which the import settled, in milliseconds since the epoch.
    pub since: i64,
    /// The first column names of the file's header, shortened for display.
    pub names: Vec<String>,
    /// Field names by column name, for example `Took` → `minutes`.
    pub columns: BTreeMap<String, String>,
    /// The imports standing for the mapping: the import above, unless undone, and imports read by the mapping. Never
    /// empty.
    pub standing: BTreeSet<ImportId>,
}

/// The origin of the mapping by which a settled import was read.
#[derive(Clone, Debug)]
pub enum MadeWith<'m> {
    /// The caller of the import gave the mapping: the name of each column with the name of its field.
    Given(BTreeMap<String, String>),
    /// The mapping was remembered for the header.
    Recalled(&'m RememberedMapping),
}

impl Saying {
    /// Drops standing imports with the lowest numbers until the bound is kept; the saying's own import stays.
    fn bound(&mut self) {
        while self.standing.len() > MOST_STANDING {
            let Some(&first) = self.standing.iter().find(|import| **import != self.import) else { break };
            self.standing.remove(&first);
        }
    }
}

/// The first names of a header, shortened to the bounds.
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
    /// The memory of a header after an import with a mapping has settled. `None` if the import was read by a remembered
    /// mapping which is no longer remembered.
    pub(super) fn said(
        seen: Option<Self>,
        (id, header, names): (MappingId, HeaderFingerprint, &[String]),
        import: ImportId,
        made_with: MadeWith<'_>,
        now: i64,
    ) -> Option<Self> {
        match made_with {
            MadeWith::Given(columns) => {
                let (names, standing) = (first(names), BTreeSet::from([import]));
                let said = Saying { import, since: now, names, columns, standing };
                let mut memory = seen.unwrap_or_else(|| Self { id, header, name: None, sayings: Vec::new() });
                let at = memory.sayings.partition_point(|other| other.import < import);
                memory.sayings.insert(at, said);
                // The earliest saying is forgotten, except for the saying just added.
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

    /// The memory after the undo of an import, or `None` if no import stands for any saying.
    pub(super) fn taken_back(mut self, import: ImportId) -> Option<Self> {
        self.sayings.iter_mut().for_each(|saying| {
            saying.standing.remove(&import);
        });
        self.sayings.retain(|saying| !saying.standing.is_empty());
        (!self.sayings.is_empty()).then_some(self)
    }

    /// `true` if the import stands for any of the sayings.
    pub fn is_said_by(&self, import: ImportId) -> bool {
        self.sayings.iter().any(|saying| saying.standing.contains(&import))
    }

    /// The believed saying.
    pub fn latest(&self) -> Option<&Saying> {
        self.sayings.last()
    }

    /// The believed mapping in the form needed by a survey.
    pub fn believed(&self) -> Option<RememberedMapping> {
        let Saying { import, since, columns, standing, .. } = self.latest()?.clone();
        let confirmed_by = if standing.contains(&import) { None } else { standing.last().copied() };
        Some(RememberedMapping { header: self.header, columns, import, since, confirmed_by })
    }

    /// The highest number of the imports read by any of the mappings.
    pub(super) fn last_used(&self) -> Option<ImportId> {
        self.sayings.iter().filter_map(|saying| saying.standing.last().copied()).max()
    }
}
