//! Waybill from the outside: over HTTP, S3 and SQS, on the embedded stack.

mod answers;
mod bad_input;
mod by_hand;
mod crowd;
mod door;
mod drops;
mod dump;
mod faults;
mod files;
mod function;
mod import;
mod invariants;
mod kill;
mod noko;
mod observed;
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
