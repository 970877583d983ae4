//! Counters that assign ascending numbers, e.g. to imports.

use serde::Deserialize;

use super::{Item, Key, Store, StoreError, Write, decode};

/// How far ahead of the clock a counter's time may be, in milliseconds. A time further ahead came from a broken clock,
/// and is not followed.
const FARTHEST_AHEAD: i64 = 3_600_000;

/// The attributes of a counter's item that are read here.
#[derive(Deserialize)]
struct Counter {
    n: u64,
    /// The time that was given out with the last number, in milliseconds since 1970. 0 if the counter gives out no times.
    #[serde(default)]
    at: i64,
}

/// A number of a counter with a time, which is never earlier than the time of a lower number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated {
    /// The number, from 1; 0 before the first.
    pub number: u64,
    /// The time in milliseconds since 1970.
    pub at: i64,
}

impl Dated {
    /// The next number, at `now` or at the time of this number, whichever is later.
    pub fn next(self, now: i64) -> Self {
        let at = if self.at > now.saturating_add(FARTHEST_AHEAD) { now } else { now.max(self.at) };
        Self { number: self.number + 1, at }
    }
}

/// The number in a counter's item, which is the last number assigned.
pub fn number(item: Item) -> Result<u64, StoreError> {
    Ok(decode::<Counter>(item)?.n)
}

fn dated(item: Item) -> Result<Dated, StoreError> {
    let Counter { n: number, at } = decode(item)?;
    Ok(Dated { number, at })
}

impl Store {
    /// The number that a counter assigned last, or 0 before the first.
    pub async fn last_number(&self, counter: &Key) -> Result<u64, StoreError> {
        self.get(counter).await?.map_or(Ok(0), number)
    }

    /// The number that a counter assigned last with its time; both are 0 before the first.
    pub async fn last_dated(&self, counter: &Key) -> Result<Dated, StoreError> {
        self.get(counter).await?.map_or(Ok(Dated { number: 0, at: 0 }), dated)
    }

    /// Assigns the next number of a counter, at `now` or at the time of the last number, whichever is later. A number that
    /// the caller does not use leaves a gap. Only a caller whose clock is behind pays a second write.
    pub async fn next_dated(&self, counter: Key, now: i64) -> Result<Dated, StoreError> {
        let raise = Write::update(counter.clone(), "SET #at = :now ADD #n :one").bind(":one", 1).bind(":now", now);
        let raise = raise.when("attribute_not_exists(#at) OR #at <= :now OR #at > :broken");
        match self.write(raise.bind(":broken", now.saturating_add(FARTHEST_AHEAD))).await {
            Ok(item) => dated(item.unwrap_or_default()),
            Err(error) if error.is_refused() => {
                let raise = Write::update(counter, "ADD #n :one").bind(":one", 1);
                dated(self.write(raise).await?.unwrap_or_default())
            }
            Err(error) => Err(error),
        }
    }

    /// Assigns the next number of a counter. A number that the caller does not use leaves a gap.
    pub async fn next_number(&self, counter: Key) -> Result<u64, StoreError> {
        let raise = Write::update(counter, "ADD #n :one").bind(":one", 1);
        number(self.write(raise).await?.unwrap_or_default())
    }
}
