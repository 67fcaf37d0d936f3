//! Memory that this process has freed.
//!
//! glibc keeps it for the next time, in a heap for every few threads: after a hundred starts 6 MiB more than the tasks
//! need, for as long as the process lives. Other C libraries give it back by themselves.

#![cfg_attr(target_env = "gnu", expect(unsafe_code, reason = "malloc_trim(3) has no safe binding"))]

/// Gives the system what the heaps hold of freed memory. Takes a millisecond or two, in which other threads may have to
/// wait for memory.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: may be called at any time from any thread, and touches freed memory only.
    let _ = unsafe { libc::malloc_trim(0) };
}

#[cfg(test)]
#[cfg(target_env = "gnu")]
mod tests {
    use super::*;
    use std::hint::black_box;

    /// MiB of memory that this process has in use, as the system sees it.
    fn resident() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
    }

    /// Pieces too small to be mapped one by one, with one that stays at their end.
    #[test]
    fn freed_memory_is_the_systems_again() {
        let mut pieces: Vec<_> = (0..64 * 1024).map(|_| black_box(vec![1_u8; 1024])).collect();
        let last = pieces.pop();
        let full = resident();
        drop(pieces);
        give_back();
        let left = resident();
        drop(black_box(last));
        assert!(left + 32 < full, "{full} MiB before, {left} MiB after");
    }
}
