//! The order of the rooms of `shared/src`, read from the paths in the code.
//!
//! A room is a module of `lib.rs` with everything below it. A room imports rooms that stand before it in [`ROOMS`], and no
//! two files import each other, directly or by way of other files. A name that a module exports again (`pub use`) counts as
//! the import of the file that defines the name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The rooms, from the ground up.
const ROOMS: [&str; 52] = [
    "metrics",
    "shorten",
    "wire",
    "id",
    "clock",
    "retention",
    "quotas",
    "concurrent",
    "source",
    "values",
    "table",
    "contact_form",
    "profile_form",
    "format",
    "packed",
    "store",
    "files",
    "queue",
    "portions",
    "lease",
    "memory",
    "connections",
    "environment",
    "fetch",
    "services",
    "things",
    "schema",
    "ledger",
    "mappings",
    "import",
    "unpack",
    "results",
    "records",
    "kind",
    "entries",
    "contacts",
    "profiles",
    "dispatch",
    "edit",
    "account",
    "inbox",
    "follow_ups",
    "events",
    "webhooks",
    "schedules",
    "settle",
    "load",
    "collect",
    "plan",
    "revert",
    "sweep",
    "batch",
];

/// A path of names, such as `["import", "status"]`; empty for `lib.rs`.
type Names = Vec<String>;

/// The files of `shared/src` without tests: the module's path, and the code without comments and test modules.
fn modules() -> BTreeMap<Names, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut modules, mut folders) = (BTreeMap::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(folder).expect("a folder of sources") {
            let file = file.expect("a file of sources").path();
            if file.is_dir() {
                folders.push(file);
                continue;
            }
            let inside = file.strip_prefix(&root).expect("a file below the root").with_extension("");
            let path: Names = inside.iter().map(|name| name.to_string_lossy().into_owned()).collect();
            if path.iter().any(|name| name == "tests" || name == "checks") {
                continue;
            }
            let path = if path == ["lib"] { Names::new() } else { path };
            modules.insert(path, code(&fs::read_to_string(&file).expect("a source file is text")));
        }
    }
    modules
}

/// The code of a file, without comments, visibilities such as `pub(in crate::source)`, and the module of its tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut code = String::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let line = line.split(" // ").next().unwrap_or_default();
        match line.split_once("pub(in ") {
            Some((before, after)) => {
                code += &format!("{before}{}", after.split_once(") ").map_or("", |(_, rest)| rest))
            }
            None => code += line,
        }
        code.push('\n');
    }
    code
}

/// The paths of a `use` tree: `a::{b, c::d}` has `a::b` and `a::c::d`.
fn leaves(tree: &str, before: &[String], found: &mut Vec<Names>) {
    let tree = tree.split(" as ").next().unwrap_or_default().trim();
    let names = |text: &str| text.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect::<Names>();
    let Some((start, rest)) = tree.split_once('{') else {
        if !tree.is_empty() {
            found.push([before, &names(tree)].concat());
        }
        return;
    };
    let before = [before, &names(start)].concat();
    let (mut depth, mut branch) = (0, String::new());
    for letter in rest.trim_end_matches('}').chars() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        if letter == ',' && depth == 0 {
            leaves(&std::mem::take(&mut branch), &before, found);
        } else {
            branch.push(letter);
        }
    }
    // The end of the tree took the brace of an inner branch.
    branch.push_str(&"}".repeat(usize::try_from(depth).unwrap_or_default()));
    leaves(&branch, &before, found);
}

/// The `use` statements of some code, those that export names apart, and the code without them.
fn uses(code: &str) -> (Vec<Names>, Vec<Names>, String) {
    let (mut imports, mut exports, mut rest) = (Vec::new(), Vec::new(), String::new());
    for statement in code.split_inclusive(';') {
        // A statement ends before the next begins, so the last line that holds the word is its first line.
        let begins =
            |line: &str| line.trim_start().starts_with("use ") || line.starts_with("pub") && line.contains(" use ");
        let start = statement.match_indices('\n').map(|(at, _)| at).rev();
        let start = start.into_iter().find(|&at| begins(statement[at + 1..].lines().next().unwrap_or_default()));
        let Some(start) = start else {
            rest.push_str(statement);
            continue;
        };
        rest.push_str(&statement[..start]);
        let (visibility, tree) = statement[start..].split_once("use ").expect("the word was found");
        let found = if visibility.contains("pub") { &mut exports } else { &mut imports };
        leaves(tree.trim_end_matches(';'), &[], found);
    }
    (imports, exports, rest)
}

/// The paths in expressions and types that begin with `crate`, `super` or a module below `own`.
fn paths(code: &str, own: &Names, modules: &BTreeMap<Names, String>) -> Vec<Names> {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut found = Vec::new();
    for path in code.split(|letter: char| !is_name(letter) && letter != ':') {
        let names: Names = path.split("::").map(str::to_owned).collect();
        let below = || modules.contains_key(&[own.as_slice(), &names[..1]].concat());
        if names.len() > 1 && (names[0] == "crate" || names[0] == "super" || below()) {
            found.push(names);
        }
    }
    found
}

/// The path from the root of the crate; `None` for a path into another crate.
fn absolute(path: &Names, own: &Names, modules: &BTreeMap<Names, String>) -> Option<Names> {
    let supers = path.iter().take_while(|name| *name == "super").count();
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "super" => Some([&own[..own.len().checked_sub(supers)?], &path[supers..]].concat()),
        "self" => Some([own, &path[1..]].concat()),
        first => {
            let below = [own.as_slice(), &[first.to_owned()]].concat();
            modules.contains_key(&below).then(|| [own.as_slice(), path.as_slice()].concat())
        }
    }
}

/// For each file, the files whose names it uses.
fn imports() -> BTreeMap<Names, BTreeSet<Names>> {
    let modules = modules();
    let read: BTreeMap<_, _> = modules.iter().map(|(own, code)| (own, uses(code))).collect();
    let mut exported: BTreeMap<Names, Names> = BTreeMap::new();
    for (own, (_, exports, _)) in &read {
        for path in exports.iter().filter_map(|path| absolute(path, own, &modules)) {
            exported.insert([own.as_slice(), &path[path.len() - 1..]].concat(), path);
        }
    }
    let file_of = |mut path: Names| {
        // An export may lead to another export.
        for _ in 0..5 {
            let ends = (1..=path.len()).rev();
            let export = ends.filter_map(|end| Some((end, exported.get(&path[..end])?))).next();
            let Some((end, target)) = export.filter(|(_, target)| path != **target) else { break };
            path = [target.as_slice(), &path[end..]].concat();
        }
        (0..=path.len()).rev().map(|end| path[..end].to_vec()).find(|path| modules.contains_key(path))
    };
    let mut imports = BTreeMap::new();
    for (own, (named, _, rest)) in &read {
        let paths = named.iter().cloned().chain(paths(rest, own, &modules));
        let files = paths.filter_map(|path| file_of(absolute(&path, own, &modules)?));
        imports.insert((*own).clone(), files.filter(|file| file != *own).collect());
    }
    imports
}

fn shown(path: &Names) -> String {
    path.join("::")
}

#[test]
fn a_room_imports_rooms_below_it_only() {
    let place = |file: &Names| ROOMS.iter().position(|room| Some(*room) == file.first().map(String::as_str));
    let mut wrong = Vec::new();
    for (file, imported) in imports().iter().filter(|(file, _)| !file.is_empty()) {
        assert!(place(file).is_some(), "{} is in no room of the list", shown(file));
        let upwards = imported.iter().filter(|other| place(other) > place(file) || other.is_empty());
        wrong.extend(upwards.map(|other| format!("{} imports {}", shown(file), shown(other))));
    }
    assert!(wrong.is_empty(), "imports of higher rooms:\n{}", wrong.join("\n"));
}

#[test]
fn the_engine_knows_kinds_of_rows_by_the_dispatch_alone() {
    const ENGINE: [&str; 10] =
        ["import", "unpack", "results", "records", "kind", "settle", "load", "plan", "revert", "sweep"];
    const KINDS: [&str; 3] = ["entries", "contacts", "profiles"];
    let is_in = |file: &Names, rooms: &[&str]| file.first().is_some_and(|room| rooms.contains(&room.as_str()));
    let imports = imports();
    let engine = imports.iter().filter(|(file, _)| is_in(file, &ENGINE));
    let wrong: Vec<_> = engine
        .flat_map(|(file, others)| others.iter().filter(|other| is_in(other, &KINDS)).map(move |other| (file, other)))
        .map(|(file, other)| format!("{} imports {}", shown(file), shown(other)))
        .collect();
    assert!(wrong.is_empty(), "a kind by name:\n{}", wrong.join("\n"));
}

#[test]
fn no_files_import_each_other() {
    let mut left = imports();
    // A file that imports no file of the rest, or that no file of the rest imports, is in no circle.
    loop {
        let imported: BTreeSet<_> = left.values().flatten().cloned().collect();
        let is_free = |(file, others): &(&Names, &BTreeSet<Names>)| others.is_empty() || !imported.contains(*file);
        let Some(free) = left.iter().find(is_free).map(|(file, _)| file.clone()) else { break };
        left.remove(&free);
        left.values_mut().for_each(|others| {
            others.remove(&free);
        });
    }
    let edges = left.iter().map(|(file, others)| {
        let others: Vec<_> = others.iter().map(shown).collect();
        format!("{} -> {}", shown(file), others.join(", "))
    });
    assert!(left.is_empty(), "files in circles, or between two circles:\n{}", edges.collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_files_are_read_as_they_are() {
    let imports = imports();
    let imported = |file: &str, other: &str| {
        let names = |path: &str| path.split("::").map(str::to_owned).collect::<Names>();
        imports.get(&names(file)).is_some_and(|others| others.contains(&names(other)))
    };
    // By a `use`, by an export of another module, and by a path in the code.
    assert!(imported("entries::draft", "entries::parsed"));
    assert!(imported("settle", "import::transition"));
    assert!(imported("dispatch", "entries::kind"));
    assert!(!imported("things", "entries"));
}
