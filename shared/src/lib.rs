//! Waybill's domain: files and rows in, entities out, a ledger of what became of each, and the way back.
//!
//! In the order of the flow: `account`, `import`, `source`, `format`, `packed`, `unpack`, `plan`, `load`, `ledger`, `revert`, `sweep`,
//! `mappings`, `entity`, `store`, `files`, `queue`; upper ones know lower ones. `source`, `format` and `packed` neither
//! read nor write anything; everything stored goes through `store`, `files` and `queue`.

pub mod account;
pub mod batch;
pub mod clock;
pub mod concurrent;
pub mod edit;
pub mod entries;
pub mod files;
pub mod format;
pub mod id;
pub mod import;
pub mod inbox;
pub mod lease;
pub mod ledger;
pub mod load;
pub mod mappings;
pub mod memory;
pub mod packed;
pub mod plan;
pub mod portions;
pub mod queue;
pub mod results;
pub mod revert;
pub mod services;
pub mod settle;
pub mod shorten;
pub mod source;
pub mod store;
pub mod sweep;
pub mod things;
pub mod unpack;
pub mod values;
