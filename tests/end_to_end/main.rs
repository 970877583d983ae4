//! Waybill from the outside: over HTTP, S3 and SQS, on the embedded stack.

mod bad_input;
mod by_hand;
mod door;
mod drops;
mod dump;
mod faults;
mod files;
mod import;
mod invariants;
mod kill;
mod many_names;
mod noko;
mod packed;
mod people;
mod postman;
mod race;
mod running;
mod samples;
mod stack;
mod traps;
mod triggers;
mod undo;
mod world;
