//! Panics of a world: a task of the executor that panics ends without a word, whoever it belonged to.

use std::cell::Cell;
use std::panic;
use std::sync::Once;

thread_local! {
    static PANICS: Cell<u64> = const { Cell::new(0) };
}

static HOOK: Once = Once::new();

/// Panics on this thread so far, from the first call on; each is shown as before.
pub fn so_far() -> u64 {
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICS.set(PANICS.get() + 1);
            before(info);
        }));
    });
    PANICS.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_a_spawned_task_is_counted() {
        let before = so_far();
        let executor = tokio::runtime::Builder::new_current_thread().build().unwrap();
        executor.block_on(async {
            drop(tokio::spawn(async { panic!("as this test wants") }));
            tokio::task::yield_now().await;
        });
        assert_eq!(so_far(), before + 1);
    }
}
