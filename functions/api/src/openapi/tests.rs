//! Tests of the description against the sources and against the files in `docs/openapi`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::compatible::breaks;
use super::document;

/// The variable by which a test writes `docs/openapi/waybill.json` anew, instead of comparing with it.
const RENEW: &str = "WAYBILL_RENEW_OPENAPI";

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi").join(name)
}

fn stored(name: &str) -> Value {
    let text = fs::read_to_string(file(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_document_in_docs_is_the_one_that_the_code_gives() {
    let now = document().to_pretty_json().expect("JSON") + "\n";
    if std::env::var_os(RENEW).is_some() {
        return fs::write(file("waybill.json"), now).expect("docs/openapi can be written");
    }
    let before = fs::read_to_string(file("waybill.json")).unwrap_or_default();
    let differs = before.lines().zip(now.lines()).position(|(before, now)| before != now);
    assert!(
        before == now,
        "docs/openapi/waybill.json differs from the code, first in line {}; renew it with: {RENEW}=1 cargo test \
         --workspace --lib the_document_in_docs",
        differs.unwrap_or_else(|| before.lines().count().min(now.lines().count())) + 1
    );
}

#[test]
fn nothing_that_clients_rely_on_is_taken_away() {
    let now: Value = serde_json::from_str(&document().to_json().expect("JSON")).expect("JSON");
    let breaks = breaks(&stored("released.json"), &now);
    assert!(
        breaks.is_empty(),
        "clients of the last release would break:\n{}\nIf that is meant, copy docs/openapi/waybill.json to \
         released.json in a commit of its own, which says why",
        breaks.join("\n")
    );
}

/// The source files of a door, without its tests.
fn sources(door: &str) -> Vec<(PathBuf, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![source.join(format!("{door}.rs"))];
    let mut folders = vec![source.join(door)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.into_iter().map(|path| (path.clone(), fs::read_to_string(path).expect("a source"))).collect()
}

#[test]
fn routes_of_the_doors_are_registered_only_with_their_description() {
    const OTHERWISE: [&str; 6] =
        [".route(", ".route_service(", ".nest(", ".nest_service(", ".fallback_service(", " Router::new()"];
    for door in ["native", "noko", "productive"] {
        let sources = sources(door);
        assert!(sources.len() > 5, "{door}");
        for (path, text) in sources {
            let found: Vec<_> = OTHERWISE.iter().filter(|way| text.contains(*way)).collect();
            assert!(
                found.is_empty(),
                "{} has {found:?}; a route is registered by `routes!` or by the table of endpoints",
                path.display()
            );
        }
    }
}

#[test]
fn the_copernica_door_has_its_table_of_operations_as_the_only_way_in() {
    let sources = sources("copernica");
    let all: String = sources.iter().map(|(_, text)| text.as_str()).collect();
    for way in [".route(", ".nest(", ".route_service(", ".nest_service(", ".fallback_service("] {
        assert!(!all.contains(way), "{way}");
    }
    assert_eq!(all.matches("Router::new()").count(), 1);
    assert_eq!(all.matches(".fallback(routes::answer)").count(), 1);
    // A catch-all behind the table would answer an operation that the table does not have.
    let routes = sources.iter().find(|(path, _)| path.ends_with("routes.rs")).map(|(_, text)| text.as_str());
    let routes = routes.expect("routes.rs");
    assert_eq!(routes.matches("::find(asked.part(").count(), 10);
    assert!(!routes.contains("_ => Err(CopernicaError::invalid_method())"), "an operation outside of the table");
}

#[test]
fn the_document_is_small_enough_for_an_answer() {
    let size = document().to_json().expect("JSON").len();
    assert!(size < crate::answer::LARGEST / 4, "{size} bytes");
}
