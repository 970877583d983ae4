//! Several requests at once, none left behind.
//!
//! When one of them fails the others are still waited for: a caller that lets go of its lease, or a handler that
//! returns, has no write on its way that could land later.

use futures::StreamExt;

/// Runs all `futures`, so many at once, to their ends; their outputs in order, or the first error.
pub async fn drained<T, E, F>(futures: Vec<F>, at_once: usize) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>>,
{
    let ended: Vec<Result<T, E>> = futures::stream::iter(futures).buffered(at_once).collect().await;
    ended.into_iter().collect()
}
