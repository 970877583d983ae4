//! Runs several requests at once and leaves no request in flight.
//!
//! A future of the AWS SDK takes kilobytes, and a file may name hundreds of thousands of things, so each future is made
//! only when there is room for another. After a failure no further future is made, but the futures in flight are still
//! awaited. A caller that releases a lease, or a handler that returns, therefore leaves no write behind that lands
//! later.

use futures::StreamExt;
use futures::stream::FuturesOrdered;

/// Runs all `futures` to their ends, at most `at_once` at a time. Returns the outputs in the order of the futures,
/// or the first error.
// `Stream::buffered` does not do: the compiler cannot prove `Send` for a stream of futures that borrow.
pub async fn drained<T, E, F, I>(mut futures: I, at_once: usize) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>>,
    I: Iterator<Item = F>,
{
    let mut under_way = FuturesOrdered::new();
    let mut outputs = Vec::new();
    let mut error = None;
    loop {
        while error.is_none()
            && under_way.len() < at_once
            && let Some(future) = futures.next()
        {
            under_way.push_back(future);
        }
        match under_way.next().await {
            Some(Ok(output)) => outputs.push(output),
            Some(Err(failure)) => {
                error.get_or_insert(failure);
            }
            None => return error.map_or(Ok(outputs), Err),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Runs `numbers` as futures that end at once and fail at `bad`. Returns the result with the number of futures that
    /// were made, and the number alive at most.
    async fn run(numbers: u64, bad: Option<u64>) -> (Result<Vec<u64>, u64>, u64, u64) {
        let (made, alive, most) = (Cell::new(0), Cell::new(0), Cell::new(0));
        let future = |number| {
            made.set(made.get() + 1);
            alive.set(alive.get() + 1);
            most.set(most.get().max(alive.get()));
            let alive = &alive;
            async move {
                tokio::task::yield_now().await;
                alive.set(alive.get() - 1);
                if bad.is_some_and(|bad| number >= bad) { Err(number) } else { Ok(number) }
            }
        };
        let ended = drained((0..numbers).map(future), 4).await;
        assert_eq!(alive.get(), 0, "every future that was made has ended");
        (ended, made.get(), most.get())
    }

    #[tokio::test]
    async fn no_more_futures_are_alive_than_may_run_at_once() {
        let (ended, made, most) = run(1000, None).await;
        assert_eq!((ended, made), (Ok((0..1000).collect()), 1000));
        assert!(most <= 4, "{most} futures were alive at once");
    }

    #[tokio::test]
    async fn the_first_error_is_told_and_nothing_is_begun_after_it() {
        let (ended, made, _) = run(1000, Some(10)).await;
        assert_eq!(ended, Err(10));
        assert!(made <= 10 + 2 * 4, "{made} futures were made");
    }
}
