//! The pin of a database's schema to an import, so all parsers and loaders of the import read the file by the same schema.
//!
//! The first parser which begins with the file pins the schema, and every later parser takes the pinned one.

use jiff::tz::TimeZone;

use crate::account::Account;
use crate::dispatch;
use crate::import::{Import, ImportError, Status};
use crate::kind::survey::RefusedFile;
use crate::services::Services;
use crate::store::{StoreError, Write, decode, keys};

/// Pins the schema of the import's database, unless the import has no database or the schema is pinned already. Returns
/// the refusal of the file if the database is gone.
///
/// # Errors
/// [`ImportError::Status`] if the import is not queued any more.
pub async fn pin_schema(services: &Services, import: &mut Import) -> Result<Result<(), RefusedFile>, ImportError> {
    if !dispatch::pins_schema(import) || import.options.profiles.schema.is_some() {
        return Ok(Ok(()));
    }
    let account = Account::get(services, import.account).await?;
    let zone = account.map_or(TimeZone::UTC, |account| account.settings.zone());
    let schema = match dispatch::schema(services, import, &services.clock.now().to_zoned(zone)).await? {
        Ok(schema) => schema,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let pin = Write::update(keys::import(import.account, import.id), "SET #options.#schema = :schema")
        .when("#status = :queued AND attribute_not_exists(#options.#schema)")
        .bind(":schema", &schema)
        .bind(":queued", Status::Queued);
    import.options.profiles.schema = match services.store.write(pin).await {
        Ok(_) => Some(schema),
        Err(StoreError::Refused { found: Some(found), .. }) => {
            let found: Import = decode(*found)?;
            match found.options.profiles.schema {
                Some(pinned) if found.status == Status::Queued => Some(pinned),
                _ => return Err(ImportError::Status { import: found.id, status: found.status }),
            }
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Ok(()))
}
