//! The matrix of imports of profiles: action × match × cell × empty cells ignored or not × target × keys × source × missing
//! profiles removed or not, each run by the Copernica door, compared with an oracle over profiles in memory, undone, and compared with the tables before. The
//! outcomes stand in the page of the door, which the test compares and can write anew.

mod oracle;
mod removals;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::Harbour;
use crate::copernica::{asking, get, refused, sent};
use oracle::{Holder, RowGiven, Terms, remove_missing, run};
use removals::{Removals, check_removal, page_of_removals};

/// The variable by which the test writes the page anew, instead of comparing with the page.
const RENEW: &str = "WAYBILL_RENEW_MATRIX";
const ACTIONS: [&str; 5] = ["add", "update", "update or add", "ignore or add", "delete"];
const KEYS: [&[&str]; 5] = [&[], &["Email"], &["Email", "Name"], &["ID"], &["Email", "Pets.Name"]];
const COLUMNS: [&str; 4] = ["Email", "Name", "City", "Points"];

/// A row with its place in the matrix.
#[derive(Clone, Debug)]
struct Line {
    found: &'static str,
    cell: &'static str,
    row: RowGiven,
}

/// How the rows come.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    Text,
    JsonText,
    Array,
    Form,
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Profiles by hand and the rows that match them, for files without subprofiles.
fn plain_lines(keys: &[&str]) -> (Vec<Holder>, Vec<Line>) {
    let (mut world, mut lines) = (Vec::new(), Vec::new());
    let cells = [
        ("other", text("Breda")),
        ("equal", text("Delft")),
        ("empty", text("")),
        ("absent", None),
        ("invalid", text("Breda")),
    ];
    for (found, holders) in [("none", 0), ("one", 1), ("several", 2), ("empty key", 0)] {
        if keys.contains(&"ID") && found == "several" {
            continue;
        }
        for (cell, city) in cells.clone() {
            let name = format!("{found} {cell}").replace(' ', "-");
            let email = format!("{name}@example.com");
            for _ in 0..holders {
                let values = [email.clone(), name.clone(), "Delft".to_owned(), "1".to_owned()];
                world.push(Holder { id: None, values, pets: Vec::new() });
            }
            let points = if cell == "invalid" { "many" } else { "1" };
            let key = if found == "empty key" { String::new() } else { email };
            let row = RowGiven {
                number: if holders > 0 {
                    format!("#{}", world.len())
                } else {
                    format!("{}", 8_000_000_000_001 + lines.len())
                },
                cells: [Some(key), Some(name), city, text(points)],
                pet: None,
            };
            let number = if found == "empty key" { String::new() } else { row.number.clone() };
            lines.push(Line { found, cell, row: RowGiven { number, ..row } });
        }
    }
    // Two rows with one key: the first has a cell that the second lacks.
    let values = ["twice@example.com", "twice", "Delft", "1"].map(str::to_owned);
    world.push(Holder { id: None, values, pets: Vec::new() });
    for (cell, city) in [("first of two", "Breda"), ("last of two", "")] {
        let cells = [text("TWICE@example.com"), text("twice"), text(city), text("1")];
        lines.push(Line {
            found: "one",
            cell,
            row: RowGiven { number: format!("#{}", world.len()), cells, pet: None },
        });
    }
    (world, lines)
}

/// Profiles with subprofiles, and the rows that match them.
fn pet_lines() -> (Vec<Holder>, Vec<Line>) {
    let (mut world, mut lines) = (Vec::new(), Vec::new());
    let pet = |name: &str, kind: &str| [name.to_owned(), kind.to_owned()];
    for (found, stands) in [("none", false), ("one", true), ("empty key", false)] {
        for (cell, pets, given) in [
            ("no subprofile", vec![], pet("Tom", "cat")),
            ("a subprofile, other", vec![pet("Tom", "cat")], pet("tom", "dog")),
            ("a subprofile, equal", vec![pet("Tom", "cat")], pet("Tom", "cat")),
            ("several subprofiles", vec![pet("Tom", "cat"), pet("Tom", "ant")], pet("Tom", "dog")),
            ("empty subprofile key", vec![pet("Tom", "cat")], pet("", "dog")),
            ("nothing of a subprofile", vec![pet("Tom", "cat")], pet("", "")),
        ] {
            let name = format!("{found} {cell}").replace([' ', ','], "-");
            let key = if found == "empty key" { String::new() } else { format!("{name}@example.com") };
            if stands {
                let values = [key.clone(), name.clone(), "Delft".to_owned(), "1".to_owned()];
                world.push(Holder { id: None, values, pets });
            }
            let cells = [Some(key), Some(name), text("Delft"), text("1")];
            lines.push(Line { found, cell, row: RowGiven { number: String::new(), cells, pet: Some(given) } });
        }
    }
    // Rows of one profile with a subprofile each.
    let values = ["line@example.com", "line", "Delft", "1"].map(str::to_owned);
    world.push(Holder { id: None, values, pets: vec![pet("Tom", "cat")] });
    for (found, email) in [("one", "line@example.com"), ("none", "new@example.com")] {
        for (cell, city, given) in [
            ("first of three lines", "Delft", pet("Tom", "dog")),
            ("second", "Delft", pet("Ant", "ant")),
            ("third", "Breda", pet("", "")),
        ] {
            let cells = [text(email), text("line"), text(city), text("1")];
            lines.push(Line { found, cell, row: RowGiven { number: String::new(), cells, pet: Some(given) } });
        }
    }
    (world, lines)
}

/// The rows as a caller sends them, with the parameters beside.
fn body(terms: Terms, source: Source, rows: &[RowGiven]) -> (Value, Option<Vec<(String, String)>>) {
    let has_pets = rows.iter().any(|row| row.pet.is_some());
    let cells = |row: &RowGiven| {
        let number = terms.keys.contains(&"ID").then(|| ("ID", Some(row.number.clone())));
        let own = COLUMNS.into_iter().zip(row.cells.clone());
        let pet = row.pet.clone().unwrap_or_default();
        let pets = ["Pets.Name", "Pets.Kind"].into_iter().zip(pet.map(Some)).filter(|_| has_pets);
        number.into_iter().chain(own).chain(pets).collect::<Vec<_>>()
    };
    let object = |row: &RowGiven| {
        let members = cells(row).into_iter().filter_map(|(name, cell)| Some((name.to_owned(), Value::String(cell?))));
        Value::Object(members.collect::<Map<_, _>>())
    };
    let mut body = json!({
        "database": "harbour",
        "action": terms.action,
        "keyFields": terms.keys,
        "ignoreEmptyFields": terms.ignores_empty,
        "deleteTarget": terms.target,
        "removeMissing": terms.removes,
    });
    let mut form = None;
    match source {
        Source::Text => {
            let line = |cells: Vec<String>| cells.join(";");
            let header = line(cells(&rows[0]).into_iter().map(|(name, _)| name.to_owned()).collect());
            let lines =
                rows.iter().map(|row| line(cells(row).into_iter().map(|(_, cell)| cell.unwrap_or_default()).collect()));
            body["source"] = std::iter::once(header).chain(lines).collect::<Vec<_>>().join("\n").into();
            body["delimiter"] = ";".into();
        }
        Source::JsonText => {
            body["source"] = Value::Array(rows.iter().map(object).collect()).to_string().into();
            body["format"] = "json".into();
        }
        Source::Array => body["source"] = Value::Array(rows.iter().map(object).collect()),
        Source::Form => {
            let mut pairs = vec![
                ("database".to_owned(), "harbour".to_owned()),
                ("action".to_owned(), terms.action.to_owned()),
                ("ignoreEmptyFields".to_owned(), terms.ignores_empty.to_string()),
                ("deleteTarget".to_owned(), terms.target.to_owned()),
                ("removeMissing".to_owned(), terms.removes.to_string()),
            ];
            pairs.extend(terms.keys.iter().map(|key| ("keyFields[]".to_owned(), (*key).to_owned())));
            for (number, row) in rows.iter().enumerate() {
                let given = cells(row)
                    .into_iter()
                    .filter_map(|(name, cell)| Some((format!("source[{number}][{name}]"), cell?)));
                pairs.extend(given);
            }
            form = Some(pairs);
        }
    }
    (body, form)
}

/// The world with the profiles made by hand, whose ids it then has.
async fn by_hand(harbour: &Harbour, world: &mut [Holder]) -> anyhow::Result<()> {
    for holder in world {
        let fields: Map<_, _> =
            COLUMNS.into_iter().zip(&holder.values).map(|(name, value)| (name.to_owned(), json!(value))).collect();
        let id = harbour.profile(&Value::Object(fields)).await?;
        for [name, kind] in &holder.pets {
            harbour.pet(id, &json!({ "Name": name, "Kind": kind })).await?;
        }
        holder.id = Some(id);
    }
    Ok(())
}

fn shown(world: &[Holder]) -> Vec<String> {
    let line = |holder: &Holder| {
        let mut pets: Vec<String> = holder.pets.iter().map(|pet| pet.join(" ")).collect();
        pets.sort_unstable();
        let id = holder.id.map_or_else(|| "new".to_owned(), |id| id.to_string());
        format!("{id}|{}|{}", holder.values.join("|"), pets.join(", "))
    };
    let mut lines: Vec<String> = world.iter().map(line).collect();
    lines.sort_unstable();
    lines
}

/// The profiles and subprofiles as the door lists them. A profile that is none of the known ones is new.
async fn listed(harbour: &Harbour, known: &[Holder]) -> anyhow::Result<Vec<Holder>> {
    let profiles = get(&harbour.stack, "/database/harbour/profiles?limit=1000").await?;
    let pets = get(&harbour.stack, &format!("/collection/{}/subprofiles?limit=1000", harbour.pets)).await?;
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let mut world = Vec::new();
    for profile in profiles["data"].as_array().context("no profiles")? {
        let own =
            pets["data"].as_array().context("no subprofiles")?.iter().filter(|pet| pet["profile"] == profile["ID"]);
        let id: u64 = text(&profile["ID"]).parse()?;
        world.push(Holder {
            id: Some(id).filter(|id| known.iter().any(|holder| holder.id == Some(*id))),
            values: COLUMNS.map(|name| text(&profile["fields"][name])),
            pets: own.map(|pet| ["Name", "Kind"].map(|name| text(&pet["fields"][name]))).collect(),
        });
    }
    Ok(world)
}

/// Why the parameters are refused, or `None` for parameters that are taken.
fn refusal(terms: Terms) -> Option<&'static str> {
    if terms.action != "add" && terms.keys.is_empty() {
        Some("keyFields")
    } else if terms.target == "subprofile" && terms.action != "delete" {
        Some("deleteTarget")
    } else if terms.target == "subprofile" && !terms.keys.contains(&"Pets.Name") {
        Some("keyFields")
    } else {
        None
    }
}

/// The outcomes by the place in the matrix: action, target, match and cell; then by keys; with and without empty cells.
type Outcomes = BTreeMap<(usize, &'static str, usize), BTreeMap<&'static [&'static str], [String; 2]>>;

/// Imports, compares with the oracle, undoes and compares with the tables before.
async fn check(
    harbour: &Harbour,
    terms: Terms,
    source: Source,
    (world, lines): (&[Holder], &[Line]),
) -> anyhow::Result<(Vec<String>, usize)> {
    let before = harbour.workspace().await?;
    let number = |row: &RowGiven| match row.number.strip_prefix('#').and_then(|at| at.parse::<usize>().ok()) {
        Some(at) => world[at - 1].id.map(|id| id.to_string()).unwrap_or_default(),
        None => row.number.clone(),
    };
    let rows: Vec<RowGiven> =
        lines.iter().map(|line| RowGiven { number: number(&line.row), ..line.row.clone() }).collect();
    let (body, form) = body(terms, source, &rows);
    let request = match form {
        Some(form) => asking(&harbour.stack, Method::PUT, "/imports", &Value::Null).form(&form),
        None => asking(&harbour.stack, Method::POST, "/imports", &body),
    };
    let answer = sent(&harbour.stack, request).await?;
    answer.expect(201)?;
    let id: u64 = answer.headers["x-created"].to_str()?.parse()?;
    harbour.stack.idle().await?;
    let mut expected = world.to_vec();
    let told = run(&mut expected, terms, &rows);
    let removes = terms.removes && told.iter().all(|outcome| !outcome.starts_with("failed"));
    let removed = if removes { remove_missing(&mut expected, world, terms, &rows) } else { 0 };
    let import = harbour.stack.native(id).await?;
    let counted = import["counts"]["removed_missing"].as_u64().unwrap_or_default();
    ensure!(counted == removed as u64, "{counted} are removed, by the oracle {removed}: {import:#}");
    let outcomes = harbour.outcomes(&import).await?;
    let differing = lines.iter().zip(outcomes.iter().zip(&told)).filter(|(_, (outcome, told))| outcome != told);
    let differing: Vec<String> = differing
        .map(|(line, (outcome, told))| format!("{} {}: {outcome}, by the oracle {told}", line.found, line.cell))
        .collect();
    ensure!(differing.is_empty() && outcomes.len() == told.len(), "{}\n{import:#}", differing.join("\n"));
    let (found, expected) = (shown(&listed(harbour, world).await?), shown(&expected));
    let only = |these: &[String], those: &[String]| -> String {
        these.iter().filter(|line| !those.contains(line)).cloned().collect::<Vec<_>>().join("\n")
    };
    ensure!(found == expected, "found\n{}\nby the oracle\n{}", only(&found, &expected), only(&expected, &found));
    sent(&harbour.stack, asking(&harbour.stack, Method::POST, &format!("/import/{id}/revert"), &json!([])))
        .await?
        .expect(204)?;
    harbour.stack.idle().await?;
    harbour.is_as(&before).await.context("after the undo")?;
    Ok((outcomes, removed))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_legal_combination_does_what_the_oracle_says_and_is_undone() -> anyhow::Result<()> {
    let harbour = Harbour::start(1000).await?;
    let (mut outcomes, mut removals) = (Outcomes::new(), Removals::new());
    let mut sources = [Source::JsonText, Source::Array, Source::Form].into_iter().cycle();
    for keys in KEYS {
        let has_pets = keys.contains(&"Pets.Name");
        let (mut world, lines) = if has_pets { pet_lines() } else { plain_lines(keys) };
        by_hand(&harbour, &mut world).await?;
        for (number, action) in ACTIONS.into_iter().enumerate() {
            for (target, ignores_empty) in
                [("profile", false), ("profile", true), ("subprofile", false), ("subprofile", true)]
            {
                let terms = Terms { action, keys, ignores_empty, target, removes: false };
                let removing = Terms { removes: true, ..terms };
                let at = format!("{terms:?}");
                if let Some(parameter) = refusal(terms) {
                    let (body, _) = body(terms, Source::Array, &[lines[0].row.clone()]);
                    let said = refused(&harbour.stack, Method::POST, "/imports", &body).await?;
                    ensure!(said.contains(parameter), "{at}: {said}");
                    continue;
                }
                let keeps_rest = matches!(action, "add" | "delete");
                if keeps_rest {
                    let (body, _) = body(removing, Source::Array, &[lines[0].row.clone()]);
                    let said = refused(&harbour.stack, Method::POST, "/imports", &body).await?;
                    ensure!(said.contains("removeMissing"), "{at}: {said}");
                }
                for source in [Source::Text, sources.next().unwrap_or(Source::Array)] {
                    let in_source = |line: &&Line| source != Source::Text || line.cell != "absent";
                    let lines: Vec<Line> = lines.iter().filter(in_source).cloned().collect();
                    let found = check(&harbour, terms, source, (&world, &lines)).await;
                    let (found, _) = found.with_context(|| format!("{at} as {source:?}"))?;
                    if !keeps_rest {
                        let removed = check_removal(&harbour, removing, source, (&world, &lines)).await;
                        let removed = removed.with_context(|| format!("removal, {at} as {source:?}"))?;
                        if source != Source::Text {
                            removals.insert((number, keys), removed);
                        }
                    }
                    for (line, outcome) in lines.iter().zip(found) {
                        let place = (number, target, place_of(line.found, line.cell));
                        let told = outcomes.entry(place).or_default().entry(keys).or_default();
                        told[usize::from(ignores_empty)] = outcome;
                    }
                }
            }
        }
        for holder in &world {
            let id = holder.id.context("no id")?;
            crate::copernica::delete(&harbour.stack, &format!("/profile/{id}")).await?;
        }
    }
    is_told(&format!("{}\n{}", page(&outcomes), page_of_removals(&removals)))
}

/// The places of lines in the matrix, by the match and the cell.
fn places() -> Vec<(&'static str, &'static str)> {
    let mut places: Vec<(&str, &str)> = Vec::new();
    for line in plain_lines(&[]).1.into_iter().chain(pet_lines().1) {
        if !places.contains(&(line.found, line.cell)) {
            places.push((line.found, line.cell));
        }
    }
    places
}

fn place_of(found: &str, cell: &str) -> usize {
    places().iter().position(|place| *place == (found, cell)).unwrap_or_default()
}

/// The matrix as a table. Keys with the same outcomes share a line.
fn page(outcomes: &Outcomes) -> String {
    let mut page = String::from(
        "| action | target | match | cell of the row | outcome | with `ignoreEmptyFields` | keys |\n|---|---|---|---|---|---|---|\n",
    );
    for ((action, target, place), by_keys) in outcomes {
        let (found, cell) = places()[*place];
        let mut lines: BTreeMap<&[String; 2], Vec<String>> = BTreeMap::new();
        for (keys, told) in by_keys {
            let keys = if keys.is_empty() { "none".to_owned() } else { keys.join("+") };
            lines.entry(told).or_default().push(keys);
        }
        for ([plain, ignoring], keys) in lines {
            let ignoring = if plain == ignoring { "the same" } else { ignoring };
            let action = ACTIONS[*action];
            let _ = writeln!(
                page,
                "| {action} | {target} | {found} | {cell} | {plain} | {ignoring} | {} |",
                keys.join(", ")
            );
        }
    }
    page
}

/// Compares the table with the page of the door, or writes the page anew.
fn is_told(table: &str) -> anyhow::Result<()> {
    const MARKS: [&str; 2] = ["<!-- the matrix -->\n", "<!-- the end of the matrix -->"];
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/doors/copernica.md");
    let text = std::fs::read_to_string(&file)?;
    let (head, rest) = text.split_once(MARKS[0]).context("docs/doors/copernica.md has no matrix")?;
    let (before, tail) = rest.split_once(MARKS[1]).context("the matrix has no end")?;
    if std::env::var_os(RENEW).is_some() {
        return Ok(std::fs::write(&file, format!("{head}{}{table}{}{tail}", MARKS[0], MARKS[1]))?);
    }
    ensure!(before == table, "docs/doors/copernica.md has another matrix; renew it with {RENEW}=1");
    Ok(())
}
