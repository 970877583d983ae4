//! The options of an import of profiles as a caller asks for them: the database by id or name, and key fields of its schema.

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::pin::pinned;
use crate::id::AccountId;
use crate::import::{ImportType, Options, Wrong, asked};
use crate::profile_form::PinnedSchema;
use crate::schema::Schema;
use crate::services::Services;
use crate::shorten::shortened;
use crate::store::StoreError;

/// The most letters of a name which an error repeats.
const LONGEST_SHOWN: usize = 80;
/// The option which names the database.
const DATABASE: &str = "database";

/// Parses the options of an import of profiles, whose key fields must be in the schema of the database. Returns the options
/// without a schema, which the parser pins when it plans the import, and the schema of today for a survey.
///
/// # Errors
/// The inner error has every refused field with the reason.
pub async fn asked_profiles(
    services: &Services,
    account: AccountId,
    mut fields: Map<String, Value>,
    defaults: Options,
) -> Result<Result<(Options, PinnedSchema), Wrong>, StoreError> {
    let named = match fields.get(DATABASE) {
        Some(Value::String(text)) => Some(text.trim().to_owned()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let schema = match &named {
        Some(name) if !name.is_empty() => Schema::find(services, account, name).await?,
        _ => None,
    };
    if let Some(schema) = &schema {
        fields.insert(DATABASE.to_owned(), Value::from(schema.database.id.0));
    }
    let mut wrong = Wrong::new();
    if let (Some(name), None) = (&named, &schema) {
        fields.remove(DATABASE);
        wrong.insert(
            DATABASE.to_owned(),
            vec![format!("{:?} is no database of the account", shortened(name.as_str(), LONGEST_SHOWN))],
        );
    }
    let options = match asked(ImportType::Profiles, fields, defaults) {
        Ok(options) => options,
        Err(mut reasons) => {
            reasons.extend(wrong);
            return Ok(Err(reasons));
        }
    };
    let Some(schema) = schema else { return Ok(Err(wrong)) };
    let schema = pinned(&schema, &services.clock.now().to_zoned(TimeZone::UTC));
    let mut surveyed = options.clone();
    surveyed.profiles.schema = Some(schema.clone());
    Ok(match surveyed.profile_reading().check_keys() {
        Ok(()) => Ok((options, schema)),
        Err(error) => Err(Wrong::from([("key_fields".to_owned(), vec![error.to_string()])])),
    })
}
