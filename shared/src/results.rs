//! The ledger of an import in the form which people read: findings, and the cells of failed rows.

pub mod cells;
pub mod findings;
