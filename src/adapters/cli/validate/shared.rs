//! Work shared out among the cores: each task of a job is judged by itself.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread;

/// So few are done before a thread has begun.
const WORTH_A_THREAD: usize = 64;

/// What `each` makes of the items, in their order.
pub fn among_cores<T: Sync, U: Send>(items: &[T], each: impl Fn(&T) -> Vec<U> + Sync) -> Vec<U> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = items.len().div_ceil(cores).max(WORTH_A_THREAD);
    let all = |items: &[T]| items.iter().flat_map(&each).collect::<Vec<_>>();
    let Some((first, others)) = items.split_at_checked(share) else { return all(items) };
    thread::scope(|scope| {
        let others: Vec<_> = others.chunks(share).map(|items| scope.spawn(|| all(items))).collect();
        let mut made = all(first);
        others
            .into_iter()
            .for_each(|thread| made.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic))));
        made
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_done_once_and_in_order() {
        for many in [0, 1, WORTH_A_THREAD, WORTH_A_THREAD + 1, 1000] {
            let items: Vec<usize> = (0..many).collect();
            assert_eq!(among_cores(&items, |item| vec![*item]), items);
        }
    }

    #[test]
    #[should_panic(expected = "the last one")]
    fn a_panic_among_them_is_one_of_all() {
        let items: Vec<usize> = (0..1000).collect();
        among_cores(&items, |item| -> Vec<()> {
            if *item == 999 { panic!("the last one") } else { vec![] }
        });
    }
}
