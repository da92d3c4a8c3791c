//! The same measurement many times, some at a time.

use anyhow::Result;
use tokio::task::JoinSet;

/// Does all of `jobs`, at most `at_once` at a time.
///
/// `tell` sees what each came to as soon as it has ended, so that hours of measuring leave something when
/// they are interrupted. The first job that fails ends them all.
pub(crate) async fn side_by_side<T, J>(
    jobs: impl IntoIterator<Item = J>,
    at_once: usize,
    mut tell: impl FnMut(&T),
) -> Result<Vec<T>>
where
    T: Send + 'static,
    J: Future<Output = Result<T>> + Send + 'static,
{
    let (mut waiting, mut running, mut ended) = (jobs.into_iter(), JoinSet::new(), Vec::new());
    loop {
        while running.len() < at_once.max(1)
            && let Some(job) = waiting.next()
        {
            running.spawn(job);
        }
        let Some(result) = running.join_next().await else { return Ok(ended) };
        let result = result??;
        tell(&result);
        ended.push(result);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn no_more_than_allowed_run_at_once_and_all_are_told() {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let jobs = (0..10).map(|number| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                running.fetch_sub(1, Ordering::SeqCst);
                Ok(number)
            }
        });
        let mut told = Vec::new();
        let ended = side_by_side(jobs, 3, |number| told.push(*number)).await.expect("no job fails");
        assert_eq!(told, ended);
        told.sort_unstable();
        assert_eq!(told, (0..10).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_job_that_fails_ends_them_all() {
        let jobs = (0..10).map(|number| async move {
            anyhow::ensure!(number != 4, "the fifth");
            Ok(number)
        });
        let mut told = 0;
        let error = side_by_side(jobs, 1, |_| told += 1).await.expect_err("one fails");
        assert_eq!((error.to_string().as_str(), told), ("the fifth", 4));
    }
}
