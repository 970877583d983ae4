//! Waybill's domain: files and rows become entities, a ledger records the outcome of every row, and an undo finds the
//! way back by that ledger.
//!
//! A module uses modules of its own row or of the rows above:
//!
//! | modules | subject |
//! |---|---|
//! | `metrics`, `id`, `clock`, `retention`, `concurrent`, `shorten`, `wire` | metrics, ids, time, how long an undo can be asked for, requests at once, short texts, words on the wire |
//! | `source`, `values`, `table`, `contact_form`, `profile_form`, `format`, `packed` | bytes to rows, without I/O |
//! | `store`, `files`, `queue` | DynamoDB, S3, SQS |
//! | `memory`, `portions`, `connections`, `environment`, `fetch`, `services`, `lease` | a process's cache, limits, connections and settings of the AWS clients, files behind a URL, all clients, leases |
//! | `things`, `schema`, `ledger` | users, clients, projects, tags and companies; databases of profiles with their fields; the outcome of each row |
//! | `mappings`, `import`, `unpack`, `results`, `records` | mappings, imports, unpacked files, reports, records |
//! | `kind`, `entries`, `contacts`, `profiles`, `dispatch` | the trait of a kind of rows, the three kinds, the choice of the kind |
//! | `inbox`, `follow_ups`, `events`, `webhooks`, `schedules` | drops, messages about written profiles, events for other systems, their delivery to addresses, imports again and again |
//! | `settle`, `load`, `collect`, `plan`, `revert`, `sweep`, `batch` | the steps of an import and of an undo |
//! | `edit`, `account` | changes by hand, tenants and tokens |
//!
//! All stored state is read and written through `store`, `files` and `queue`.

pub mod account;
pub mod batch;
pub mod clock;
pub mod collect;
pub mod concurrent;
pub mod connections;
pub mod contact_form;
pub mod contacts;
pub mod dispatch;
pub mod edit;
pub mod entries;
pub mod environment;
pub mod events;
pub mod fetch;
pub mod files;
pub mod follow_ups;
pub mod format;
pub mod id;
pub mod import;
pub mod inbox;
pub mod kind;
pub mod lease;
pub mod ledger;
pub mod load;
pub mod mappings;
pub mod memory;
pub mod metrics;
pub mod packed;
pub mod plan;
pub mod portions;
pub mod profile_form;
pub mod profiles;
pub mod queue;
pub mod quotas;
pub mod records;
pub mod results;
pub mod retention;
pub mod revert;
pub mod schedules;
pub mod schema;
pub mod services;
pub mod settle;
pub mod shorten;
pub mod source;
pub mod store;
pub mod sweep;
pub mod table;
pub mod things;
pub mod unpack;
pub mod values;
pub mod webhooks;
mod wire;
