//! Reads of whole tables, for tests and for the commands of an operator. No function calls them, and no role lists `Scan`.

use futures::stream::{self, Stream, TryStreamExt};

use super::error::sdk;
use super::keys::AccountItems;
use super::{Item, Store, StoreError, Table};
use crate::id::AccountId;

/// The parts of a table that are read at once. Each costs up to 128 read units for a page of 1 MB.
const SEGMENTS: i32 = 8;

impl Store {
    /// Every item of a table.
    pub async fn dump(&self, table: Table) -> Result<Vec<Item>, StoreError> {
        let pages: Vec<Vec<Item>> = self.segment(table, (0, 1), None).try_collect().await?;
        Ok(pages.into_iter().flatten().collect())
    }

    /// Every item of an account in a table, in pages and in any order. The scan reads, and pays for, the items of all
    /// accounts, because only a scan is sure to find each partition. Items that are written meanwhile may be missing.
    pub fn items_of_account(
        &self,
        table: Table,
        account: AccountId,
    ) -> impl Stream<Item = Result<Vec<Item>, StoreError>> + '_ {
        let segments = (0..SEGMENTS)
            .map(|segment| Box::pin(self.segment(table, (segment, SEGMENTS), Some(AccountItems::of(account)))));
        stream::select_all(segments)
    }

    /// The pages of a segment, the first of which is 0, of a table in `segments` parts.
    fn segment(
        &self,
        table: Table,
        (segment, segments): (i32, i32),
        only: Option<AccountItems>,
    ) -> impl Stream<Item = Result<Vec<Item>, StoreError>> + '_ {
        // The place behind which the next page begins; `None` after the last page.
        stream::try_unfold(Some(None), move |after| {
            let only = only.clone();
            async move {
                let Some(after) = after else { return Ok(None) };
                let mut call = self.client.scan().table_name(self.name(table)).consistent_read(true);
                call = call.segment(segment).total_segments(segments).set_exclusive_start_key(after);
                if let Some(only) = only {
                    call = call.filter_expression(only.expression).set_expression_attribute_values(Some(only.values));
                    for (name, attribute) in only.names {
                        call = call.expression_attribute_names(name, attribute);
                    }
                }
                let answer = call.send().await.map_err(sdk)?;
                Ok(Some((answer.items.unwrap_or_default(), answer.last_evaluated_key.map(Some))))
            }
        })
    }
}
