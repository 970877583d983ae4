//! Profiles and subprofiles: records whose fields the schema of a database or of a collection names.
//!
//! - A value is stored under the id of its field, so a field that is renamed keeps its values; an interest is stored under
//!   `i` and its id; a secret that people chose under `secret`.
//! - A value that equals the empty value of the field's type is not stored.
//! - Writes by hand are converted as the vendor converts, and never refused ([`crate::values::profile_value`]).
//! - A deletion leaves a tombstone, which shows that the record was removed and when. A subprofile is removed as soon as its
//!   profile is, without a write of its own.

pub mod asked;
pub mod by_hand;
pub mod columns;
pub mod filter;
pub mod imported;
pub mod indexing;
pub mod join;
pub mod kind;
pub mod list;
pub mod load;
mod owned;
pub mod pin;
pub mod planned;
mod rules;
pub mod selection;
pub mod terms;
mod undo;
pub mod walk;

pub use asked::asked_profiles;
pub use by_hand::{ProfileError, RecordInput};
pub use columns::{Columns, secret};
pub use owned::Owned;
pub use pin::{pinned, pinned_schema};
pub use planned::{Act, RowPlan};
pub use terms::IndexedFields;
