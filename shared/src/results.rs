//! The ledger of an import as people read it: findings, and the cells of rows that failed.

pub mod cells;
pub mod findings;
