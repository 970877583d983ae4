//! Before-images in the table Imports, in a partition for each chunk of an import.
//!
//! | item | holds | written |
//! |---|---|---|
//! | block | images of consecutive rows, at most 16 KB | put if absent, before the records are written; never again |
//! | amended image | one image, which replaces the one in a block | before a record is written that has changed since the block was stored |
//!
//! A block begins with a row, and the row and the try of the chunk are its sort key. The image of a row is therefore found
//! by a query back from the row: the first item has the image, unless retries or amended images lie between. Each item
//! that the query reads costs a read unit for every 4 KB, so a lookup costs 4 read units at most in the ordinary case,
//! and one or two in a chunk with few images. A writer of a field names import **and** row, so no list of an import's
//! records is searched for a record.
//!
//! The images of an import that can be undone at any time stay for good. All others expire after twice the time for which
//! the undo of their import can be asked for ([`retention`](crate::retention)), because the undo of another import may step
//! back over the images of an import that is undone already.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Former, Image, WrittenValue};
use crate::concurrent::drained;
use crate::id::{AccountId, ChunkNo, ImportId, OwnerId, RecordId, Row};
use crate::records::record::{RecordRef, Writer};
use crate::services::Services;
use crate::store::keys::{self, Key, RecordKind};
use crate::store::packing::{packed, unpacked};
use crate::store::{Item, StoreError, Write};

/// The most bytes of packed images in a block, unless a single row has more.
const BLOCK_BYTES: usize = 16_000;
/// The most blocks written at once.
const BLOCKS_IN_FLIGHT: usize = 4;

/// The chunk in whose partition images lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Album {
    pub account: AccountId,
    pub import: ImportId,
    pub chunk: ChunkNo,
}

/// The images of a chunk by row and record, each as amended last.
pub type ImagesOfChunk = BTreeMap<(Row, RecordRef), Image>;

impl Album {
    /// All images of the chunk. A chunk of a thousand rows has some five blocks.
    pub async fn read_all(&self, services: &Services) -> Result<ImagesOfChunk, StoreError> {
        let mut images = ImagesOfChunk::new();
        let mut pages = services.store.pages(keys::images(self.account, self.import, self.chunk));
        while let Some(items) = pages.next().await? {
            for item in &items {
                images.extend(images_of(item)?.into_iter().map(|image| ((image.row, image.of()), image)));
            }
        }
        Ok(images)
    }

    /// The image which a row stored of a record, or `None` if the row stored none.
    pub async fn find(&self, services: &Services, row: Row, record: RecordRef) -> Result<Option<Image>, StoreError> {
        let mut query = keys::images_back_from(self.account, self.import, self.chunk, row);
        loop {
            let (items, more) = services.store.page(&query).await?;
            for item in &items {
                let found = images_of(item)?.into_iter().find(|image| (image.row, image.of()) == (row, record));
                if found.is_some() {
                    return Ok(found);
                }
            }
            let Some(last) = more else { return Ok(None) };
            query = query.after(last);
        }
    }

    /// Stores images in the order of their rows, in blocks. A window of a try of the chunk, given as the number of the try
    /// and of the window, stores each of its blocks once, also if the answer to a write was lost. The blocks expire at
    /// `expires`, in seconds since the epoch, or never.
    pub async fn store(
        &self,
        services: &Services,
        images: Vec<Image>,
        window: (u32, u32),
        expires: Option<i64>,
    ) -> Result<(), StoreError> {
        let puts = blocks(images).into_iter().map(|(first, block)| async move {
            let key = keys::image_block(self.account, self.import, self.chunk, first, window);
            services.store.attempt(put(key, &block, expires).when_absent()).await
        });
        drained(puts, BLOCKS_IN_FLIGHT).await.map(drop)
    }

    /// Stores an image in place of the one that was stored for its row and record, to expire like a block.
    pub async fn amend(&self, services: &Services, image: &Image, expires: Option<i64>) -> Result<(), StoreError> {
        let key = keys::amended_image(self.account, self.import, self.chunk, image.row, image.of());
        services.store.write(put(key, &[StoredImage::of(image)], expires)).await.map(drop)
    }
}

/// Packs images into blocks. All images of a row lie in the same block.
fn blocks(images: Vec<Image>) -> Vec<(Row, Vec<StoredImage>)> {
    let mut blocks: Vec<(Row, Vec<StoredImage>)> = Vec::new();
    let mut bytes = 0;
    let mut last = None;
    for image in images {
        let stored = StoredImage::of(&image);
        let size = packed(&stored).len();
        match blocks.last_mut() {
            Some((_, block)) if bytes + size <= BLOCK_BYTES || last == Some(image.row) => {
                block.push(stored);
                bytes += size;
            }
            _ => {
                blocks.push((image.row, vec![stored]));
                bytes = size;
            }
        }
        last = Some(image.row);
    }
    blocks
}

fn put(key: Key, block: &[StoredImage], expires: Option<i64>) -> Write {
    let item = block_item(&key, block, expires);
    Write::put_item(key, item)
}

fn block_item(key: &Key, block: &[StoredImage], expires: Option<i64>) -> Item {
    let mut item = key.attributes();
    let times: Vec<Times> = block.iter().map(|image| image.times).collect();
    item.insert("images".to_owned(), AttributeValue::B(Blob::new(packed(&block))));
    item.insert("times".to_owned(), AttributeValue::B(Blob::new(packed(&times))));
    item.extend(expires.map(|expires| ("expires".to_owned(), AttributeValue::N(expires.to_string()))));
    item
}

fn images_of(item: &Item) -> Result<Vec<Image>, StoreError> {
    let (Some(AttributeValue::B(block)), Some(AttributeValue::B(times))) = (item.get("images"), item.get("times"))
    else {
        return Err(StoreError::Shape("a block without images".to_owned()));
    };
    let images = unpacked::<Vec<StoredImage>>(block.as_ref())?.into_iter();
    let times = unpacked::<Vec<Times>>(times.as_ref())?.into_iter();
    images.zip(times).map(|(image, times)| StoredImage { times, ..image }.image()).collect()
}

/// The time of the last change before the write of an image's row, and the difference to the time of the write.
type Times = (i64, i64);

/// An image as packed. Values are JSON texts, because the packed form cannot tell the types of values.
#[derive(Serialize, Deserialize)]
struct StoredImage {
    row: Row,
    kind: RecordKind,
    record: RecordId,
    owner: Option<OwnerId>,
    is_deletion: bool,
    /// The fields as found: the changed ones, or for a deletion those with index items.
    found: BTreeMap<String, (Option<String>, Writer)>,
    /// The new values of changed fields with index items.
    indexed: BTreeMap<String, String>,
    /// The row that was the last to write before.
    by: Option<(ImportId, Row)>,
    /// Packed beside the images, because they depend on the clock and nothing else in a block does.
    #[serde(skip)]
    times: Times,
}

impl StoredImage {
    fn of(image: &Image) -> Self {
        let none = BTreeMap::new();
        let (is_deletion, found, indexed) = match &image.former {
            Former::Changed { fields, indexed } => (false, fields, indexed),
            Former::Deleted { indexed } => (true, indexed, &none),
        };
        let found = found.iter().map(|(name, before)| {
            let value = before.value.as_ref().map(Value::to_string);
            (name.clone(), (value, before.writer))
        });
        let indexed = indexed.iter().map(|(name, value)| (name.clone(), value.to_string()));
        let Image { row, kind, record, owner, by, updated_at, at, .. } = *image;
        let (found, indexed, times) = (found.collect(), indexed.collect(), (updated_at, at - updated_at));
        Self { row, kind, record, owner, is_deletion, found, indexed, by, times }
    }

    fn image(self) -> Result<Image, StoreError> {
        let written = |(name, (text, writer)): (String, (Option<String>, Writer))| {
            let value = text.map(|text| parsed(&text)).transpose()?;
            Ok::<_, StoreError>((name, WrittenValue { value, writer }))
        };
        let fields = self.found.into_iter().map(written).collect::<Result<_, _>>()?;
        let indexed = self.indexed.into_iter().map(|(name, text)| Ok::<_, StoreError>((name, parsed(&text)?)));
        let former = match self.is_deletion {
            true => Former::Deleted { indexed: fields },
            false => Former::Changed { fields, indexed: indexed.collect::<Result<_, _>>()? },
        };
        let Self { row, kind, record, owner, by, times: (updated_at, since), .. } = self;
        Ok(Image { row, kind, record, owner, by, updated_at, at: updated_at + since, former })
    }
}

fn parsed(text: &str) -> Result<Value, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Shape(format!("a value of a before-image: {error}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn image(row: u64, record: u64, value: &str) -> Image {
        let before = |value: Option<Value>, writer| WrittenValue { value, writer };
        let fields = BTreeMap::from([
            ("17".to_owned(), before(Some(json!(value)), Writer::of(ImportId(3), Row(9)))),
            ("18".to_owned(), before(None, Writer::HAND)),
            ("i5".to_owned(), before(Some(json!(true)), Writer::of(ImportId(1), Row(1)))),
        ]);
        let indexed = BTreeMap::from([("17".to_owned(), json!("new"))]);
        let former = Former::Changed { fields, indexed };
        let (kind, record) = (RecordKind::Profile, RecordId(record));
        let by = Some((ImportId(1), Row(1)));
        let (updated_at, at) = (1_790_000_000_000, 1_790_000_030_007);
        Image { row: Row(row), kind, record, owner: Some(OwnerId(4)), by, updated_at, at, former }
    }

    #[test]
    fn images_come_out_of_a_block_as_they_went_in() -> Result<(), StoreError> {
        let found = WrittenValue { value: Some(json!("robin@example.com")), writer: Writer::of(ImportId(3), Row(9)) };
        let former = Former::Deleted { indexed: BTreeMap::from([("17".to_owned(), found)]) };
        let deletion = Image { former, owner: None, by: None, ..image(8, 2, "") };
        let images = vec![image(7, 1, "a \"quoted\" value"), deletion];
        let stored: Vec<_> = images.iter().map(StoredImage::of).collect();
        let key = keys::image_block(AccountId(1), ImportId(2), ChunkNo(3), Row(7), (1, 2));
        let item = block_item(&key, &stored, Some(1_791_209_600));
        assert_eq!(item.get("expires"), Some(&AttributeValue::N("1791209600".to_owned())));
        assert!(!block_item(&key, &stored, None).contains_key("expires"));
        assert_eq!(
            (images_of(&item)?, key.pk.as_str(), key.sk.as_str()),
            (images, "A#1#I#2#images#3", "000000007.00001.00002")
        );
        Ok(())
    }

    #[test]
    fn blocks_hold_sixteen_kilobytes_and_never_split_a_row() {
        let long = "x".repeat(1000);
        let images: Vec<_> = (0..100).flat_map(|row| [image(row, row, &long), image(row, row + 500, &long)]).collect();
        let blocks = blocks(images.clone());
        let sizes: Vec<_> = blocks.iter().map(|(_, block)| packed(block).len()).collect();
        // The last block holds the rest.
        let full = &sizes[..sizes.len() - 1];
        assert!(full.iter().all(|size| (10_000..BLOCK_BYTES + 1500).contains(size)), "{sizes:?}");
        let rows = |block: &[StoredImage]| block.iter().map(|one| (one.row, one.record)).collect::<Vec<_>>();
        let all: Vec<_> = blocks.iter().flat_map(|(_, block)| rows(block)).collect();
        assert_eq!(all, images.iter().map(|image| (image.row, image.record)).collect::<Vec<_>>());
        for (first, block) in &blocks {
            assert_eq!((Some(*first), block.len() % 2), (block.first().map(|image| image.row), 0));
        }
        // A row beyond the size of a block has a block of its own.
        let huge = "x".repeat(30_000);
        assert_eq!(super::blocks(vec![image(1, 1, &huge), image(2, 2, "a"), image(3, 3, "b")]).len(), 2);
    }
}
