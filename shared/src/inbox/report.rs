//! The report of a dropped file, written to the outbox.
//!
//! | the drop | key of the report |
//! |---|---|
//! | made an import | `outbox/<account>/<file name>.<import>.report.json`, written again when the import is undone |
//! | was refused | `outbox/<account>/<file name>.refused-<16 digits>.report.json` |
//!
//! The number of the import, or the digits (a hash of key, ETag and sequencer), distinguish reports with the same file
//! name: files of two types, and the same file dropped twice. A file name is cut if the key would be longer than S3
//! allows.

use serde_json::{Value, json};

use crate::files::place::InboxPlace;
use crate::files::{LONGEST_KEY, OUTBOX, Object};
use crate::import::{Import, ImportError, Wrong};
use crate::inbox::shown::shown;
use crate::services::Services;
use crate::store::keys;

/// The number of hash digits in the key of a refused drop's report.
const DIGITS: usize = 16;

/// Writes the report of a settled or undone import; does nothing for imports which were not dropped.
pub async fn settled(services: &Services, import: &Import) -> Result<(), ImportError> {
    let Some((source, place)) = import.source.as_ref().and_then(|source| Some((source, InboxPlace::of(&source.key)?)))
    else {
        return Ok(());
    };
    let mut report = shown(services, import).await?;
    report["source"] = seen(source);
    put(services, &key(&place, &import.id.to_string()), &report).await
}

/// Writes the report of a drop which made no import, with the reasons.
pub async fn refused(
    services: &Services,
    place: &InboxPlace,
    object: &Object,
    sequencer: &str,
    wrong: &Wrong,
) -> Result<(), ImportError> {
    let reasons: Vec<_> = wrong
        .iter()
        .flat_map(|(field, reasons)| reasons.iter().map(move |reason| format!("{field} {reason}")))
        .collect();
    let report = json!({
        "id": null,
        "status": "unsupported",
        "file_name": place.file_name,
        "file_size": object.size.to_string(),
        "source": seen(object),
        "reasons": reasons,
    });
    let digest = keys::digest(&[&object.key, &object.etag, sequencer].map(|part: &str| part.as_bytes()));
    put(services, &key(place, &format!("refused-{}", &digest[..DIGITS])), &report).await
}

fn seen(object: &Object) -> Value {
    json!({ "key": object.key, "etag": object.etag })
}

/// The key of a report; `of` distinguishes reports with the same file name.
fn key(place: &InboxPlace, of: &str) -> String {
    let (start, end) = (format!("{OUTBOX}/{}/", place.account), format!(".{of}.report.json"));
    let room = LONGEST_KEY - start.len() - end.len();
    let name = &place.file_name[..place.file_name.floor_char_boundary(room)];
    format!("{start}{name}{end}")
}

async fn put(services: &Services, key: &str, report: &Value) -> Result<(), ImportError> {
    services.files.put(key, format!("{report:#}\n").into_bytes().into()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AccountId;

    #[test]
    fn a_key_is_cut_between_letters_so_that_s3_takes_it() {
        let place = |file_name: String| InboxPlace { account: AccountId(7), kind: "auto".to_owned(), file_name };
        assert_eq!(key(&place("März (2).csv".to_owned()), "12"), "outbox/7/März (2).csv.12.report.json");
        for letter in ["a", "ü", "€", "🚚"] {
            for letters in 1..1020 / letter.len() {
                let name = letter.repeat(letters);
                let key = key(&place(name.clone()), "refused-0123456789abcdef");
                assert!(key.len() <= LONGEST_KEY, "{}", key.len());
                let cut = key.strip_prefix("outbox/7/").and_then(|rest| rest.split_once('.')).map(|(name, _)| name);
                assert!(cut.is_some_and(|cut| name.starts_with(cut) && (cut == name || key.len() + 4 > LONGEST_KEY)));
            }
        }
        let place = InboxPlace { account: AccountId(u64::MAX), ..place("x".repeat(1020)) };
        assert_eq!(key(&place, &u64::MAX.to_string()).len(), LONGEST_KEY);
    }
}
