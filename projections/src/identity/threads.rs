//! The same work on several threads.

use std::panic::resume_unwind;

/// Does the work on so many threads (at least one: the caller's), each with its number; the results by these.
///
/// # Panics
/// When the work does, on whichever thread.
pub(crate) fn on_all<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let work = &work;
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.max(1)).map(|number| scope.spawn(move || work(number))).collect();
        let first = work(0);
        let others = others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        std::iter::once(first).chain(others).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_by_the_threads_numbers() {
        assert_eq!(on_all(4, |number| number * 10), [0, 10, 20, 30]);
        assert_eq!(on_all(0, |number| number), [0]);
    }

    #[test]
    #[should_panic(expected = "the third")]
    fn what_panics_on_another_thread_panics_here() {
        on_all(4, |number| assert!(number != 2, "the third"));
    }
}
