//! What an import of profiles does, told over profiles in memory. Nothing of the implementation is known here.

use std::collections::BTreeMap;

/// The fields of a profile: `Email`, `Name`, `City` and `Points`, with the defaults of new profiles.
const DEFAULTS: [&str; 4] = ["", "", "Utrecht", "0"];

/// A profile with its subprofiles, each of which has a name and a kind.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The id, or `None` for a profile that the import made.
    pub id: Option<u64>,
    pub values: [String; 4],
    pub pets: Vec<[String; 2]>,
}

/// The parameters of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Terms {
    pub action: &'static str,
    /// Names of fields of profiles, `ID`, and `Pets.Name`.
    pub keys: &'static [&'static str],
    pub ignores_empty: bool,
    pub target: &'static str,
    /// Whether what no row matches is removed.
    pub removes: bool,
}

/// A row of the file. A cell is `None` where the row lacks the cell.
#[derive(Clone, Debug)]
pub struct RowGiven {
    pub number: String,
    pub cells: [Option<String>; 4],
    /// Name and kind, empty for a row that says nothing of a subprofile. `None` in a file without these columns.
    pub pet: Option<[String; 2]>,
}

/// The key of a row in the form in which keys are compared, or `None` for a row that matches nothing.
type Key = Option<Vec<String>>;

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

impl Terms {
    fn has_pet_key(self) -> bool {
        self.keys.contains(&"Pets.Name")
    }

    fn key_of(self, number: &str, values: [Option<&str>; 4]) -> Key {
        let own = self.keys.iter().filter(|name| **name != "Pets.Name");
        let values: Vec<String> = own
            .map(|name| match *name {
                "ID" => folded(number),
                "Email" => folded(values[0].unwrap_or_default()),
                _ => folded(values[1].unwrap_or_default()),
            })
            .collect();
        (!values.is_empty() && values.iter().all(|value| !value.is_empty())).then_some(values)
    }

    fn key_of_row(self, row: &RowGiven) -> Key {
        self.key_of(&row.number, std::array::from_fn(|at| row.cells[at].as_deref()))
    }

    fn key_of_holder(self, holder: &Holder) -> Key {
        let number = holder.id.map(|id| id.to_string()).unwrap_or_default();
        self.key_of(&number, std::array::from_fn(|at| Some(holder.values[at].as_str())))
    }

    fn updates(self) -> bool {
        matches!(self.action, "update" | "update or add")
    }

    fn adds(self) -> bool {
        matches!(self.action, "add" | "update or add" | "ignore or add")
    }
}

fn is_filled(pet: Option<&[String; 2]>) -> bool {
    pet.is_some_and(|pet| pet.iter().any(|cell| !cell.is_empty()))
}

/// The order of outcomes: of a row's two writes the stronger is told.
fn strength(outcome: &str) -> usize {
    ["skipped no_match", "skipped match_kept", "unchanged", "deleted", "updated", "created"]
        .iter()
        .position(|known| *known == outcome)
        .unwrap_or_default()
}

/// Carries out an import, and returns the outcome of each row.
pub fn run(world: &mut Vec<Holder>, terms: Terms, rows: &[RowGiven]) -> Vec<String> {
    let before = world.clone();
    let mut rows = rows.to_vec();
    let mut outcomes: Vec<Option<String>> = rows.iter().map(|row| fault(terms, row)).collect();
    collapse(terms, &mut rows, &mut outcomes);
    // In a file of subprofiles one row of each key writes the profile: the first if all are added, else the last.
    let acting = |outcomes: &[Option<String>]| -> Vec<usize> {
        (0..rows.len()).filter(|row| outcomes[*row].is_none()).collect()
    };
    let mut leaders: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for row in acting(&outcomes) {
        if let Some(key) = terms.key_of_row(&rows[row]).filter(|_| rows[row].pet.is_some()) {
            let leader = leaders.entry(key).or_insert(row);
            *leader = if terms.action == "add" { *leader } else { row };
        }
    }
    let leader = |row: usize| {
        let key = terms.key_of_row(&rows[row]);
        key.and_then(|key| leaders.get(&key).copied()).unwrap_or(row)
    };
    let mut made: BTreeMap<usize, usize> = BTreeMap::new();
    let mut order = acting(&outcomes);
    order.sort_by_key(|row| leader(*row) != *row);
    for row in order {
        let (given, leads) = (&rows[row], leader(row) == row);
        let key = terms.key_of_row(given);
        let matches: Vec<usize> =
            (0..before.len()).filter(|at| key.is_some() && terms.key_of_holder(&before[*at]) == key).collect();
        outcomes[row] = Some(match (terms.action, matches.first()) {
            ("delete", _) => delete(terms, given, &before, (world, &matches)).to_owned(),
            ("update", None) => "skipped no_match".to_owned(),
            (action, None) if action != "add" && key.is_some() && terms.keys.contains(&"ID") => {
                "failed unknown_id".to_owned()
            }
            ("add", _) | (_, None) => {
                let at = *made.entry(leader(row)).or_insert_with(|| {
                    world.push(Holder { id: None, values: new_values(terms, given), pets: Vec::new() });
                    world.len() - 1
                });
                let pet = given.pet.clone().filter(|pet| is_filled(Some(pet)));
                let makes = leads || pet.is_some();
                world[at].pets.extend(pet);
                // A row of the key of a profile which says nothing more has nothing to write.
                if makes { "created" } else { "skipped same_key_later" }.to_owned()
            }
            (_, Some(&at)) => upsert(terms, given, leads, (&before[at], &mut world[at])).to_owned(),
        });
    }
    world.retain(|holder| holder.values[0] != GONE);
    outcomes.into_iter().map(Option::unwrap_or_default).collect()
}

/// Removes what no row matches from the world after an import of which no row failed: profiles, or with a key of subprofiles
/// those of the profiles to which rows write. Returns how many are removed.
pub fn remove_missing(world: &mut Vec<Holder>, before: &[Holder], terms: Terms, rows: &[RowGiven]) -> usize {
    let of_key = |key: &Key| -> Vec<&RowGiven> {
        rows.iter().filter(|row| key.is_some() && terms.key_of_row(row) == *key).collect()
    };
    let mut removed = 0;
    if !terms.has_pet_key() {
        for at in (0..before.len()).rev().filter(|at| of_key(&terms.key_of_holder(&before[*at])).is_empty()) {
            world.remove(at);
            removed += 1;
        }
        return removed;
    }
    for (at, holder) in before.iter().enumerate() {
        let key = terms.key_of_holder(holder);
        let is_first = before[..at].iter().all(|other| terms.key_of_holder(other) != key);
        let rows = of_key(&key);
        let names: Vec<String> = rows.iter().filter_map(|row| Some(folded(&row.pet.as_ref()?[0]))).collect();
        for pet in (0..holder.pets.len()).rev().filter(|_| is_first && !rows.is_empty()) {
            let name = folded(&holder.pets[pet][0]);
            if name.is_empty() || !names.contains(&name) {
                world[at].pets.remove(pet);
                removed += 1;
            }
        }
    }
    removed
}

/// The mark of a profile that a row deleted.
const GONE: &str = "gone";

/// The error for which a row is not loaded, if there is one.
fn fault(terms: Terms, row: &RowGiven) -> Option<String> {
    let is_bad = row.cells[3].as_deref().is_some_and(|points| points == "many");
    let finds = matches!(terms.action, "update" | "delete");
    let needs_pet_key = terms.action == "delete" || is_filled(row.pet.as_ref());
    let pet_lacks_key = needs_pet_key && terms.has_pet_key() && row.pet.as_ref().is_some_and(|pet| pet[0].is_empty());
    if is_bad && terms.action != "delete" {
        Some("failed invalid_number".to_owned())
    } else if finds && (terms.key_of_row(row).is_none() || pet_lacks_key) {
        Some("failed missing".to_owned())
    } else {
        None
    }
}

/// Of rows with the same key the last acts. If empty cells are ignored, that row takes over the cells which it lacks.
fn collapse(terms: Terms, rows: &mut [RowGiven], outcomes: &mut [Option<String>]) {
    if terms.action == "add" {
        return;
    }
    let whole = |row: &RowGiven| {
        let pet = row.pet.as_ref().filter(|pet| is_filled(Some(pet))).map(|pet| folded(&pet[0]));
        terms.key_of_row(row).map(|key| (key, pet))
    };
    for earlier in 0..rows.len() {
        let key = whole(&rows[earlier]);
        let later = (earlier + 1..rows.len())
            .find(|later| key.is_some() && outcomes[*later].is_none() && whole(&rows[*later]) == key);
        if let Some(later) = later.filter(|_| outcomes[earlier].is_none()) {
            outcomes[earlier] = Some("skipped same_key_later".to_owned());
            let cells = rows[earlier].cells.clone();
            if terms.ignores_empty && terms.action != "delete" {
                for (cell, before) in rows[later].cells.iter_mut().zip(cells) {
                    if cell.as_deref().unwrap_or_default().is_empty() {
                        *cell = before;
                    }
                }
            }
        }
    }
}

/// The cell as the field gets it: `None` leaves the field alone.
fn written(terms: Terms, cell: Option<&String>) -> Option<&String> {
    cell.filter(|text| !(terms.ignores_empty && text.is_empty()))
}

fn new_values(terms: Terms, row: &RowGiven) -> [String; 4] {
    std::array::from_fn(|at| written(terms, row.cells[at].as_ref()).cloned().unwrap_or_else(|| DEFAULTS[at].to_owned()))
}

/// Changes a profile and its subprofile, as far as the row writes them.
fn upsert(terms: Terms, row: &RowGiven, leads: bool, (before, now): (&Holder, &mut Holder)) -> &'static str {
    let mut told = Vec::new();
    let pet = row.pet.as_ref().filter(|pet| is_filled(Some(pet)));
    if leads && !terms.updates() {
        told.push("skipped match_kept");
    } else if leads {
        let mut values = now.values.clone();
        for (value, cell) in values.iter_mut().zip(&row.cells) {
            if let Some(cell) = written(terms, cell.as_ref()) {
                value.clone_from(cell);
            }
        }
        told.push(if values == now.values { "unchanged" } else { "updated" });
        now.values = values;
    }
    if let Some([name, kind]) = pet {
        let found = before.pets.iter().position(|pet| !name.is_empty() && folded(&pet[0]) == folded(name));
        told.push(match found {
            None if terms.adds() => {
                now.pets.push([name.clone(), kind.clone()]);
                "created"
            }
            None => "skipped no_match",
            Some(_) if !terms.updates() => "skipped match_kept",
            Some(at) => {
                let kind = written(terms, Some(kind)).unwrap_or(&before.pets[at][1]);
                let pet = [name.clone(), kind.clone()];
                let is_equal = now.pets[at] == pet;
                now.pets[at] = pet;
                if is_equal { "unchanged" } else { "updated" }
            }
        });
    }
    told.into_iter().max_by_key(|outcome| strength(outcome)).unwrap_or("unchanged")
}

/// Deletes a profile or a subprofile: of several matches the one with the lowest id.
fn delete(
    terms: Terms,
    row: &RowGiven,
    before: &[Holder],
    (world, matches): (&mut [Holder], &[usize]),
) -> &'static str {
    let wanted = row.pet.as_ref().map(|pet| folded(&pet[0]));
    let pet_of = |at: usize| before[at].pets.iter().position(|pet| Some(folded(&pet[0])) == wanted);
    let holder = match terms.has_pet_key() {
        true => matches.iter().copied().find(|at| pet_of(*at).is_some()),
        false => matches.first().copied(),
    };
    let Some(at) = holder else { return "skipped no_match" };
    match terms.target {
        "subprofile" => {
            if let Some(pet) = pet_of(at) {
                world[at].pets.remove(pet);
            }
        }
        _ => world[at].values[0] = GONE.to_owned(),
    }
    "deleted"
}
