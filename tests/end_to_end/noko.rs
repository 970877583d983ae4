//! Tests of the Noko door, line by line: `docs/doors/noko.md` says which test proves which line of the seed.

mod again;
mod bodies;
mod clients;
mod cost;
mod edits;
mod fields;
mod imports;
mod lists;
mod marks;
mod merges;
mod names;
mod parameters;
mod paths;
mod totals;
