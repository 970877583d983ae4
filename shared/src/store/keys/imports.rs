//! The keys of the tables Imports and Events.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::civil::Date;

use super::{Key, RecordKind, digest};
use crate::id::{AccountId, ChunkNo, ImportId, MappingId, RecordId, Row, ThingId};
use crate::store::{Item, Query, StoreError, Table};

/// The number of counter items over which an import's counts are spread, so that loaders do not wait for the same item.
pub const COUNTERS: u64 = 16;
/// The largest number of chunks in a page of a query. DynamoDB's own limit of a megabyte would hold so many chunks that
/// a page takes tens of megabytes of memory once decoded.
const CHUNKS_A_PAGE: usize = 100;
/// The largest number of blocks of before-images in a page of a query: 16 KB each.
const IMAGES_A_PAGE: usize = 16;
/// The number of imports in an item of the roll, chosen so that the item stays below one write unit.
const IMPORTS_A_ROLL: u64 = 50;
/// The latest time that the attribute `changed` can spell, in milliseconds since 1970.
pub const LAST_TIME: i64 = 999_999_999_999_999;

/// The counters of an account.
#[derive(Clone, Copy, Debug)]
pub enum Counter {
    /// The number of the account's last import.
    Imports,
    /// The number of the last entry made by hand.
    Entries,
    /// The id of the last user made by hand.
    Users,
    /// The number of the account's last schedule.
    Schedules,
    /// The number of the last webhook, with the number of webhooks that stand.
    Webhooks,
}

/// The item of an account's counter.
pub fn counter(account: AccountId, counter: Counter) -> Key {
    let name = match counter {
        Counter::Imports => "imports",
        Counter::Entries => "entries",
        Counter::Users => "users",
        Counter::Schedules => "schedules",
        Counter::Webhooks => "webhooks",
    };
    Key::imports(format!("A#{account}"), name)
}

fn import_partition(account: AccountId, import: ImportId) -> String {
    format!("A#{account}#I#{import}")
}

/// The account and the import in a partition key, like the key of an item found by an index. `None` for the key
/// of a different partition.
pub fn import_of(pk: &str) -> Option<(AccountId, ImportId)> {
    let (account, import) = pk.strip_prefix("A#")?.split_once("#I#")?;
    Some((AccountId(account.parse().ok()?), ImportId(import.parse().ok()?)))
}

/// The import's own item, with status, options and final numbers.
pub fn import(account: AccountId, import: ImportId) -> Key {
    Key::imports(import_partition(account, import), "import")
}

/// The verdict on the import's file, which is the layout by which rows are parsed, or the refusal. The verdict is
/// written once, apart from the import's item, because every transition would otherwise pay for the verdict's size.
pub fn verdict(account: AccountId, import: ImportId) -> Key {
    Key::imports(import_partition(account, import), "reading")
}

/// The sweep's record of the import's progress at the latest look.
pub fn watch(account: AccountId, import: ImportId) -> Key {
    Key::imports(import_partition(account, import), "watch")
}

/// A chunk with the lease and, once committed, the ledger page.
pub fn chunk(account: AccountId, import: ImportId, chunk: ChunkNo) -> Key {
    Key::imports(import_partition(account, import), format!("chunk#{chunk:07}"))
}

/// The chunks of an import from `first` to `last`, both included.
pub fn chunks(account: AccountId, import: ImportId, first: ChunkNo, last: ChunkNo) -> Query {
    let sk = |chunk: ChunkNo| format!("chunk#{chunk:07}");
    let query = Query::partition(Table::Imports, import_partition(account, import)).between(sk(first), sk(last));
    query.limit(CHUNKS_A_PAGE)
}

/// The first `count` chunks of an import.
pub fn first_chunks(account: AccountId, import: ImportId, count: u64) -> Query {
    match count.checked_sub(1) {
        Some(last) => chunks(account, import, ChunkNo(0), ChunkNo(last)),
        // No chunk has this key.
        None => Query::partition(Table::Imports, import_partition(account, import)).between("chunk#", "chunk#"),
    }
}

/// The counter item to which the commit of the chunk adds.
pub fn counts(account: AccountId, import: ImportId, chunk: ChunkNo) -> Key {
    Key::imports(import_partition(account, import), format!("count#{:02}", chunk.0 % COUNTERS))
}

/// A summary of a hundred chunks, written when the import settles.
pub fn summary(account: AccountId, import: ImportId, number: u64) -> Key {
    Key::imports(import_partition(account, import), format!("summary#{number:05}"))
}

/// All summaries of an import, by number.
pub fn summaries(account: AccountId, import: ImportId) -> Query {
    Query::partition(Table::Imports, import_partition(account, import)).prefix("summary#")
}

/// The list of the projects and tags that the import made, or the head of the list if the list has blocks.
pub fn made(account: AccountId, import: ImportId) -> Key {
    Key::imports(import_partition(account, import), "made")
}

/// A block of the list of made projects and tags, for a list too long for a single item.
pub fn made_block(account: AccountId, import: ImportId, number: usize) -> Key {
    Key::imports(import_partition(account, import), format!("made#{number:05}"))
}

/// The mark of progress of the end of the import's undo.
pub fn release(account: AccountId, import: ImportId) -> Key {
    Key::imports(import_partition(account, import), "release")
}

/// The projects and tags made by the import that people have deleted by hand.
pub fn unmade(account: AccountId, import: ImportId) -> Key {
    Key::imports(import_partition(account, import), "unmade")
}

/// The errors and unknown names in the import's rows, gathered from the ledger pages when the import settles.
pub fn findings(account: AccountId, import: ImportId) -> Key {
    Key::imports(import_partition(account, import), "findings")
}

/// A further item of findings: the unknown names that are too many for the findings' item, where `which` is `users` or
/// `projects`, and the causes of failed and skipped rows, where `which` is `causes`.
pub fn found_apart(account: AccountId, import: ImportId, which: &str) -> Key {
    Key::imports(import_partition(account, import), format!("findings#{which}"))
}

/// All counter items of an import, whose sums are the import's counts.
pub fn all_counts(account: AccountId, import: ImportId) -> Query {
    Query::partition(Table::Imports, import_partition(account, import)).prefix("count#")
}

/// A line of an import's history, with the status that the import reached and the time.
pub fn history(account: AccountId, import: ImportId, at_ms: i64, status: &str) -> Key {
    Key::imports(import_partition(account, import), format!("history#{at_ms:015}#{status}"))
}

/// An import's history, oldest first.
pub fn histories(account: AccountId, import: ImportId) -> Query {
    Query::partition(Table::Imports, import_partition(account, import)).prefix("history#")
}

/// An item with a few notes of shared things that the import is about to touch, written before the touch. The sort key
/// is a digest of the content `said`, so the same notes written twice are the same item.
pub fn note(account: AccountId, import: ImportId, said: &[u8]) -> Key {
    Key::imports(format!("{}#notes", import_partition(account, import)), digest(&[said]))
}

/// The key of the note item with the sort key `sk`, after which a query can continue.
pub fn note_at(account: AccountId, import: ImportId, sk: &str) -> Key {
    Key::imports(format!("{}#notes", import_partition(account, import)), sk)
}

/// The note items of an import, by which an undo finds touched things.
pub fn notes(account: AccountId, import: ImportId) -> Query {
    Query::partition(Table::Imports, format!("{}#notes", import_partition(account, import)))
}

/// A block of before-images of a chunk, stored by a try to load the chunk in one of the windows of the try. The block's
/// first image is of the row `first`.
pub fn image_block(
    account: AccountId,
    import: ImportId,
    chunk: ChunkNo,
    first: Row,
    (tries, window): (u32, u32),
) -> Key {
    Key::imports(image_partition(account, import, chunk), format!("{first:09}.{tries:05}.{window:05}"))
}

/// A before-image that replaces the image of a row and a record in a block. The item lies behind every block that may
/// have the image.
pub fn amended_image(
    account: AccountId,
    import: ImportId,
    chunk: ChunkNo,
    row: Row,
    (kind, record): (RecordKind, RecordId),
) -> Key {
    let name = format!("{row:09}~{record:016}~{}", kind.name());
    Key::imports(image_partition(account, import, chunk), name)
}

/// All before-images of a chunk. Of two images of a row and a record the later one holds.
pub fn images(account: AccountId, import: ImportId, chunk: ChunkNo) -> Query {
    Query::partition(Table::Imports, image_partition(account, import, chunk)).limit(IMAGES_A_PAGE)
}

/// The before-images of a chunk of the rows up to `row`, the item nearest to the row first.
pub fn images_back_from(account: AccountId, import: ImportId, chunk: ChunkNo, row: Row) -> Query {
    let all = Query::partition(Table::Imports, image_partition(account, import, chunk));
    all.between("0", format!("{row:09}~~")).descending().limit(1)
}

fn image_partition(account: AccountId, import: ImportId, chunk: ChunkNo) -> String {
    format!("{}#images#{chunk}", import_partition(account, import))
}

/// A block of the plans of a chunk's rows, as a run of the join has written them. Each run has an `edition` of its own, and
/// writes its rows in shares.
pub fn row_plans(account: AccountId, import: ImportId, chunk: ChunkNo, edition: &str, place: (u64, usize)) -> Key {
    let (share, block) = place;
    Key::imports(row_plan_partition(account, import, chunk), format!("{edition}#{share:05}.{block:05}"))
}

/// The plans of a chunk's rows that a run of the join has written.
pub fn row_plans_of(account: AccountId, import: ImportId, chunk: ChunkNo, edition: &str) -> Query {
    all_row_plans(account, import, chunk).prefix(format!("{edition}#"))
}

/// The plans of a chunk's rows of every run.
pub fn all_row_plans(account: AccountId, import: ImportId, chunk: ChunkNo) -> Query {
    Query::partition(Table::Imports, row_plan_partition(account, import, chunk))
}

fn row_plan_partition(account: AccountId, import: ImportId, chunk: ChunkNo) -> String {
    format!("{}#plans#{chunk}", import_partition(account, import))
}

/// The claim of a request with an `Idempotency-Key`, by the user who sent the request.
pub fn request(account: AccountId, user: ThingId, key: &str) -> Key {
    let digest = digest(&[user.to_string().as_bytes(), key.as_bytes()]);
    Key::imports(format!("A#{account}#K#{digest}"), "request")
}

/// The claim of an object (bucket, key and ETag) as the source of an import.
pub fn source(account: AccountId, bucket: &str, object: &str, etag: &str) -> Key {
    let digest = digest(&[bucket.as_bytes(), object.as_bytes(), etag.as_bytes()]);
    Key::imports(format!("A#{account}#S#{digest}"), "source")
}

/// The column mapping that an account has stored for a header.
pub fn mapping(account: AccountId, id: MappingId) -> Key {
    Key::imports(format!("A#{account}#mappings"), format!("{id:016}"))
}

/// All column mappings of an account, by id.
pub fn mappings(account: AccountId) -> Query {
    Query::partition(Table::Imports, format!("A#{account}#mappings"))
}

/// A place in a lane of the account, whose name is `lane`.
pub fn turn(account: AccountId, lane: &str, place: u64) -> Key {
    Key::imports(format!("A#{account}#turns"), format!("{lane}#{place:07}"))
}

/// The place at which an item of a lane stands.
pub fn place_of_turn(item: &Item) -> Result<u64, StoreError> {
    let key = Key::of(Table::Imports, item);
    let place = key.sk.rsplit_once('#').and_then(|(_, place)| place.parse().ok());
    place.ok_or_else(|| StoreError::Shape(format!("a lane without a place: {}", key.sk)))
}

/// A lane of the account, by place.
pub fn turns(account: AccountId, lane: &str) -> Query {
    Query::partition(Table::Imports, format!("A#{account}#turns")).prefix(format!("{lane}#"))
}

/// The imports of an account, by number, through the index `list`.
pub fn import_list(account: AccountId) -> Query {
    Query::index(Table::Imports, "list", "list", format!("A#{account}"))
}

/// The value of the attribute `list`, by which the index lists an account's imports.
pub fn list_value(account: AccountId) -> String {
    format!("A#{account}")
}

/// A place in a list of imports: a time in milliseconds since 1970 and an import's number, or 0 and the number in a list by
/// number.
pub type ListPlace = (i64, u64);

/// The imports of an account from the number `low` to `high`, both included, through the index `list`.
pub fn numbered_imports(account: AccountId, low: u64, high: u64) -> Query {
    import_list(account).span("number", AttributeValue::N(low.to_string()), AttributeValue::N(high.to_string()))
}

/// The value of the attribute `listed`, by which two indexes list an account's imports of a status.
pub fn listed_value(account: AccountId, status: &str) -> String {
    format!("A#{account}#{status}")
}

/// The value of the attribute `changed`, which orders imports by the last change of status and then by number.
pub fn changed_value((at, import): ListPlace) -> String {
    format!("{:015}#{import:07}", at.clamp(0, LAST_TIME))
}

/// The import's number and the time of its last change in a value of the attribute `changed`.
pub fn changed_of(value: &str) -> Option<ListPlace> {
    let (at, import) = value.split_once('#')?;
    Some((at.parse().ok()?, import.parse().ok()?))
}

/// The imports of a status from the number `low` to `high`, both included, through the index `listed`.
pub fn numbered_imports_of(account: AccountId, status: &str, low: u64, high: u64) -> Query {
    let query = Query::index(Table::Imports, "listed", "listed", listed_value(account, status));
    query.span("number", AttributeValue::N(low.to_string()), AttributeValue::N(high.to_string()))
}

/// The imports of a status from the place `low` to `high`, both included, through the index `changed`.
pub fn changed_imports_of(account: AccountId, status: &str, low: ListPlace, high: ListPlace) -> Query {
    let query = Query::index(Table::Imports, "changed", "listed", listed_value(account, status));
    query.span("changed", AttributeValue::S(changed_value(low)), AttributeValue::S(changed_value(high)))
}

/// The imports of all accounts that are not settled, through the index `open`.
pub fn open_imports() -> Query {
    Query::index(Table::Imports, "open", "open", "open")
}

/// The item of an account's roll that counts an import's entities. `rows` is the word for the kind of rows, whose
/// imports have a roll of their own: `entries` or `contacts`.
pub fn roll(account: AccountId, rows: &str, import: ImportId) -> Key {
    Key::imports(roll_partition(account, rows), format!("{:06}", import.0 / IMPORTS_A_ROLL))
}

/// All items of an account's roll for a kind of rows, by the numbers of the imports.
pub fn rolls(account: AccountId, rows: &str) -> Query {
    Query::partition(Table::Imports, roll_partition(account, rows))
}

fn roll_partition(account: AccountId, rows: &str) -> String {
    match rows {
        "entries" => format!("A#{account}#roll"),
        rows => format!("A#{account}#roll#{rows}"),
    }
}

/// The number of entries in a partition of entries made by hand.
pub fn hand_count(account: AccountId, chunk: ChunkNo) -> Key {
    Key::imports(format!("A#{account}#hand"), format!("{chunk:07}"))
}

/// The numbers of entries in all partitions of entries made by hand.
pub fn hand_counts(account: AccountId) -> Query {
    Query::partition(Table::Imports, format!("A#{account}#hand"))
}

/// The number of records in a partition of records made by hand, where `hand` is [`ImportId::HAND`] or the hand number of
/// a database.
pub fn hand_record_count(account: AccountId, kind: RecordKind, hand: ImportId, chunk: ChunkNo) -> Key {
    Key::imports(hand_records(account, kind, hand), format!("{chunk:07}"))
}

/// The numbers of records in all partitions of the records of `hand`, by partition.
pub fn hand_record_counts(account: AccountId, kind: RecordKind, hand: ImportId) -> Query {
    Query::partition(Table::Imports, hand_records(account, kind, hand))
}

/// The partition to which a counter of records made by hand belongs.
pub fn chunk_of_hand_records(key: &Key) -> Result<ChunkNo, StoreError> {
    let chunk = key.sk.parse().map(ChunkNo);
    chunk.map_err(|_| StoreError::Shape(format!("a counter of records without a partition: {}", key.sk)))
}

fn hand_records(account: AccountId, kind: RecordKind, hand: ImportId) -> String {
    match hand {
        ImportId::HAND => format!("A#{account}#hand#{}", kind.name()),
        hand => format!("A#{account}#hand#{}#{hand}", kind.name()),
    }
}

/// The counter of the rows that an account has loaded on a day of UTC, for an account with a quota of rows a day.
pub fn rows_of_day(account: AccountId, day: Date) -> Key {
    Key::imports(format!("A#{account}#rows"), day.to_string())
}

/// The counter that numbers accounts.
pub fn account_counter() -> Key {
    Key::imports("accounts".to_owned(), "last")
}

/// An event of the outbox, where `event` is the sort key, made of the time of the transition and the new status.
pub fn event(account: AccountId, import: ImportId, event: &str) -> Key {
    Key { table: Table::Events, pk: import_partition(account, import), sk: event.to_owned() }
}
