//! The type of a dropped file's import: by the folder, by the option `type`, or by the file itself.
//!
//! | folder | option `type` | type of the import |
//! |---|---|---|
//! | a format, for example `toggl` | – | time entries |
//! | `contacts` | – | contacts |
//! | `auto` | `ContactImport` or `TimeEntryImport` | as the option says |
//! | `auto` | – | contacts if the header can only be one of contacts, else time entries |
//!
//! A folder and an option which contradict each other are refused.

use serde_json::{Map, Value};

use crate::dispatch;
use crate::files::{FileError, Object};
use crate::format::FormatName;
use crate::import::{ImportError, ImportType, Options, asked};
use crate::packed::Packing;
use crate::services::Services;
use crate::table::Remembered;

/// The folders which leave the type to the option or to the file.
const ANY_TYPE: [&str; 2] = ["auto", "autodetect"];
/// The folder of contacts.
const CONTACTS: &str = "contacts";
/// The folder of profiles, whose database the options name.
const PROFILES: &str = "profiles";
/// The first bytes of a plain file in which the header is searched.
const HEAD: u64 = 64 * 1024;
/// The most bytes of a packed file which are read for its header. A larger file is taken for time entries.
const MOST_PACKED: u64 = 8 << 20;

/// The type which the folder and the option tell, and the format of time entries which the folder tells; the type is
/// `None` if the file is to tell. The error is a message for the option `type`.
pub fn named(folder: &str, option: Option<Value>) -> Result<(Option<ImportType>, Option<FormatName>), String> {
    const TYPES: [ImportType; 3] = [ImportType::TimeEntries, ImportType::Contacts, ImportType::Profiles];
    let option = match option {
        None | Some(Value::Null) => None,
        Some(word) => {
            let found = TYPES.into_iter().find(|import_type| word.as_str() == Some(import_type.name()));
            Some(found.ok_or_else(|| format!("must be one of {}", TYPES.map(ImportType::name).join(", ")))?)
        }
    };
    if ANY_TYPE.contains(&folder) {
        return Ok((option, None));
    }
    let (by_folder, format) = match folder {
        CONTACTS => (ImportType::Contacts, None),
        PROFILES => (ImportType::Profiles, None),
        folder => {
            let format =
                folder.parse().map_err(|unknown| format!("{unknown}, {CONTACTS}, {PROFILES}, or {}", ANY_TYPE[0]))?;
            (ImportType::TimeEntries, Some(format))
        }
    };
    match option.filter(|option| *option != by_folder) {
        Some(option) => Err(format!("says {option}, and the folder {folder:?} is for {by_folder}")),
        None => Ok((Some(by_folder), format)),
    }
}

/// The type by the beginning of the file. `fields` are the other options of the drop.
pub async fn by_content(
    services: &Services,
    object: &Object,
    fields: &Map<String, Value>,
    defaults: &Options,
) -> Result<ImportType, ImportError> {
    let read = async |most: u64| match object.size {
        0 => Ok(Vec::new()),
        size => services.files.range(object, 0..size.min(most)).await.map(|bytes| bytes.to_vec()),
    };
    let looked = async {
        let head = read(HEAD).await?;
        if Packing::of(&head).is_some() && object.size > HEAD { read(MOST_PACKED).await } else { Ok(head) }
    };
    let head = match looked.await {
        Ok(head) => head,
        // The import is made, and its plan says that the file is gone.
        Err(FileError::Missing | FileError::Replaced) => return Ok(ImportType::default()),
        Err(error) => return Err(error.into()),
    };
    // Options which only contacts have are no options of time entries, and leave the header alone to tell.
    let options = asked(ImportType::TimeEntries, fields.clone(), defaults.clone()).unwrap_or_else(|_| defaults.clone());
    let work = move || dispatch::type_of(head.into(), &options, &Remembered::default());
    let told = tokio::task::spawn_blocking(work).await;
    told.map_err(|error| ImportError::Impossible(format!("the type of a dropped file was not found: {error}")))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;

    #[test]
    fn the_folder_or_the_option_tells_the_type_and_both_must_agree() {
        let (entries, contacts) = (ImportType::TimeEntries, ImportType::Contacts);
        for (folder, option, told) in [
            ("toggl", None, (Some(entries), Some(FormatName::Toggl))),
            ("contacts", None, (Some(contacts), None)),
            ("contacts", Some(json!("ContactImport")), (Some(contacts), None)),
            ("auto", Some(json!("ContactImport")), (Some(contacts), None)),
            ("profiles", None, (Some(ImportType::Profiles), None)),
            ("auto", Some(json!(null)), (None, None)),
            ("autodetect", None, (None, None)),
        ] {
            assert_eq!(named(folder, option), Ok(told), "{folder}");
        }
        let says = |folder: &str, option: Option<Value>| named(folder, option).unwrap_err();
        assert!(says("people", None).contains("contacts, profiles, or auto"));
        assert!(says("auto", Some(json!("people"))).contains("must be one of TimeEntryImport, ContactImport, "));
        assert!(says("toggl", Some(json!("ContactImport"))).contains("the folder \"toggl\" is for TimeEntryImport"));
    }
}
