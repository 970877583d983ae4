//! Filters of entries in a query, in the vendor's present spellings and the older ones.

use shared::entries::filter::{EntryFilter, TagMode};
use shared::things::retired::Retirements;

use super::NokoError;
use super::caller::At;
use super::query::Query;

/// The filter of a query.
pub async fn entry_filter(at: &At, query: &Query) -> Result<EntryFilter, NokoError> {
    let filter = read(query)?;
    Ok(EntryFilter { retirements: Retirements::read(&at.services, at.caller.account).await?, ..filter })
}

fn read(query: &Query) -> Result<EntryFilter, NokoError> {
    let tag_mode = query.read("tag_filter_type", |word| match word {
        "and" => Some(TagMode::All),
        "any" => Some(TagMode::Any),
        "combination of" => Some(TagMode::Exactly),
        _ => None,
    })?;
    let mut none = false;
    for list in ["invoice_ids", "invoices"] {
        none |= query.ids(list)?.is_some();
    }
    let tags: Vec<_> =
        ["tag_ids", "tags"].into_iter().filter_map(|name| query.ids(name).transpose()).collect::<Result<_, _>>()?;
    let users = query.common_ids(&["user_ids", "users"])?;
    let projects = query.common_ids(&["project_ids", "projects"])?;
    let imports = query.common_ids(&["import_ids", "imports"])?;
    none |= tags.iter().chain(&users).chain(&projects).chain(&imports).any(Vec::is_empty);
    Ok(EntryFilter {
        users,
        projects,
        tags,
        tag_mode: tag_mode.unwrap_or_default(),
        imports,
        description: query.text("description").map(str::to_lowercase),
        from: query.day("from")?,
        to: query.day("to")?,
        billable: query.flag("billable")?,
        invoiced: query.flag("invoiced")?,
        invoiced_at: (query.day("invoiced_at_from")?, query.day("invoiced_at_to")?),
        approved_at: (query.day("approved_at_from")?, query.day("approved_at_to")?),
        approved_by: query.ids("approved_by_ids")?,
        of_tag: None,
        none,
        updated_from: query.parsed("updated_from")?,
        updated_to: query.parsed("updated_to")?,
        retirements: Retirements::default(),
    })
}
