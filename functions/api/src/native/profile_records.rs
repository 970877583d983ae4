//! The profiles that an import created, as `GET /imports/{id}/records` shows them: values by the names of fields.

use std::collections::BTreeMap;

use jiff::Zoned;
use jiff::tz::TimeZone;
use serde::Serialize;
use shared::id::{ImportId, RecordId};
use shared::import::Import;
use shared::inbox::shown::time;
use shared::profiles::imported::ImportedProfile;
use shared::profiles::{Columns, Owned};
use shared::records::Record;
use shared::schema::Schema;
use shared::services::Services;
use shared::store::StoreError;

use crate::answer::{MESSAGE, shortened};

/// A profile that an import created, with the subprofile of its row. The members behind `state` are `null` for a row whose
/// records are deleted.
#[derive(Debug, Serialize)]
pub struct ProfileRecord {
    /// The id of the profile, or of the subprofile of a row without a profile: `import × 1 000 000 000 + row`.
    id: u64,
    /// The number of the data row within the file, from 1, without the header.
    row_number: u64,
    /// The state: `imported` if nobody changed the records since, `edited`, or `deleted`.
    state: &'static str,
    fields: Option<BTreeMap<String, String>>,
    interests: Option<Vec<String>>,
    subprofile: Option<BTreeMap<String, String>>,
    profile_id: Option<u64>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

/// The schema by which profiles are shown; `None` for a database that is gone.
pub struct ShownTable {
    schema: Option<Schema>,
    now: Zoned,
}

impl ShownTable {
    /// Reads the schema of the import's database.
    pub async fn read(services: &Services, import: &Import) -> Result<Self, StoreError> {
        let now = services.clock.now().to_zoned(TimeZone::UTC);
        let schema = match import.options.profiles.database {
            Some(database) => Schema::read(services, import.account, database).await?,
            None => None,
        };
        Ok(Self { schema, now })
    }

    /// A row which created a profile, a subprofile, or both.
    pub fn shown(&self, import: ImportId, imported: ImportedProfile) -> ProfileRecord {
        let ImportedProfile { row, profile, subprofile } = imported;
        let records = || profile.iter().chain(&subprofile);
        let first = records().next();
        let state = match first {
            None => "deleted",
            Some(_) if records().any(|record| record.version > 1) => "edited",
            Some(_) => "imported",
        };
        let of_profile = profile.as_ref().and_then(|profile| {
            let columns = Columns::of(Owned::profiles(self.schema.as_ref()?), self.now.clone());
            let interests = columns.interests_of(profile).into_iter().map(str::to_owned).collect();
            Some((values(&columns, profile), interests))
        });
        let (fields, interests) = of_profile.unzip();
        let of_subprofile = subprofile.as_ref().and_then(|subprofile| {
            let schema = self.schema.as_ref()?;
            let owned = Owned::subprofiles(schema, schema.collection(subprofile.owner?)?);
            Some(values(&Columns::of(owned, self.now.clone()), subprofile))
        });
        ProfileRecord {
            id: RecordId::of(import, row).0,
            row_number: row.0,
            state,
            fields,
            interests,
            subprofile: of_subprofile,
            profile_id: subprofile.as_ref().and_then(|subprofile| Some(subprofile.parent?.0)),
            created_at: first.map(|record| time(record.created_at)),
            updated_at: records().map(|record| record.updated_at).max().map(time),
        }
    }
}

fn values(columns: &Columns, record: &Record) -> BTreeMap<String, String> {
    let value = |column: &shared::profiles::columns::Column| {
        (column.field.name.clone(), shortened(columns.shown(column, record), MESSAGE))
    };
    columns.all.iter().map(value).collect()
}
