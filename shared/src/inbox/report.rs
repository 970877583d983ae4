//! What is told of a dropped file, in `outbox/<account>/<file name>.report.json`.

use serde_json::{Value, json};

use super::Place;
use crate::files::{OUTBOX, Object};
use crate::import::{Import, ImportError, Wrong, shown};
use crate::services::Services;

/// Tells how the import of a drop ended.
pub async fn settled(services: &Services, import: &Import) -> Result<(), ImportError> {
    let Some((source, place)) = import.source.as_ref().and_then(|source| Some((source, Place::of(&source.key)?)))
    else {
        return Ok(());
    };
    let mut report = shown(services, import).await?;
    report["source"] = seen(source);
    put(services, &place, &report).await
}

/// Tells why a drop became no import.
pub async fn refused(services: &Services, place: &Place, object: &Object, wrong: &Wrong) -> Result<(), ImportError> {
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
    put(services, place, &report).await
}

fn seen(object: &Object) -> Value {
    json!({ "key": object.key, "etag": object.etag })
}

async fn put(services: &Services, place: &Place, report: &Value) -> Result<(), ImportError> {
    let key = format!("{OUTBOX}/{}/{}.report.json", place.account, place.file_name);
    services.files.put(&key, format!("{report:#}\n").into_bytes().into()).await?;
    Ok(())
}
