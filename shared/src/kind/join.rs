//! The join of a planned file with the entities that stand.

use super::planned_file::PlannedFile;
use super::{Kind, layout_of};
use crate::files::Object;
use crate::import::{Import, ImportError};
use crate::services::Services;
use crate::table::StoredLayout;

/// Notes in the chunks of a planned file which are not committed, with the given numbers of rows and chunks, which rows
/// stand already. Does nothing if the kind compares no rows of the import.
pub async fn note<K: Kind>(
    services: &Services,
    import: &Import,
    source: &Object,
    layout: &StoredLayout,
    sizes: (u64, u64),
) -> Result<(), ImportError> {
    if !K::joins(import) {
        return Ok(());
    }
    let layout = layout_of::<K>(layout)?;
    let file = PlannedFile::<K::Form>::new(services, import, source, &layout, sizes);
    // An earlier run which died may have noted rows whose entities were deleted since.
    let noted = file.noted().await?;
    let found = K::join(&file).await?;
    file.write(&found, &noted).await
}
