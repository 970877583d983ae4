//! The join of a planned file with the entities that stand.

use super::planned_file::PlannedFile;
use super::{Kind, layout_of};
use crate::files::Object;
use crate::import::{Import, ImportError, Joined};
use crate::services::Services;
use crate::table::StoredLayout;

/// Lets the kind of the import compare the rows of a planned file, with the given numbers of rows and chunks, with the entities
/// that stand, and note what the loaders need. `None` for an import whose item needs nothing of the join.
pub async fn note<K: Kind>(
    services: &Services,
    import: &Import,
    source: &Object,
    layout: &StoredLayout,
    sizes: (u64, u64),
) -> Result<Option<Joined>, ImportError> {
    if !K::joins(import) {
        return Ok(None);
    }
    let layout = layout_of::<K>(layout)?;
    // The units of the join count on a meter of their own, for the import's price.
    let services = &Services { store: services.store.metered(), ..services.clone() };
    K::join(&PlannedFile::<K::Form>::new(services, import, source, &layout, sizes)).await
}
