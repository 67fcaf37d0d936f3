//! Threads that go first.
//!
//! Linux shares a busy processor fairly over seconds, not over milliseconds: beside two tasks that flood their logs a
//! thread of the usual kind, whatever its niceness, was seen to wait 250 ms for its turn once in a hundred times, and up
//! to five seconds (6.18, two cores). A line that a person waits for must not. Who goes first must have little
//! to do: nobody of the usual kind runs meanwhile on that processor.

#![expect(unsafe_code, reason = "no safe binding of sched_setscheduler(2) is in the dependency tree")]

use libc::{SCHED_RESET_ON_FORK, SCHED_RR, SYS_sched_setscheduler, pid_t, sched_param};
use rustix::process::setpriority_process;
use std::io;

/// The lowest of those that go first: what others have put there comes before us.
const PRIORITY: i32 = 1;

/// For users and groups who may not go first, if they may do this.
const NICE: i32 = -10;

/// Lets the calling thread go before all of the usual kind; the threads and processes that it starts are usual ones.
/// Where the system refuses that, it is at least preferred, and where it refuses that too, nothing changes.
pub fn go_first() {
    let Err(error) = real_time() else { return };
    // For Linux a thread is what has a niceness.
    let preferred = setpriority_process(None, NICE).is_ok();
    tracing::debug!(%error, preferred, "lines of logs may come late on a busy machine");
}

/// By the system call, since musl's function of that name only ever fails.
fn real_time() -> io::Result<()> {
    const THIS_THREAD: pid_t = 0;
    let priority = sched_param { sched_priority: PRIORITY };
    // SAFETY: the call reads one sched_param, which lives until it has returned, and changes nothing of this process but
    // when a thread runs.
    let done = unsafe {
        libc::syscall(
            SYS_sched_setscheduler,
            THIS_THREAD,
            SCHED_RR | SCHED_RESET_ON_FORK,
            &raw const priority,
        )
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    /// Scheduling policy of a thread, field 41 of its stat (proc(5)).
    fn policy() -> i32 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let fields = stat.rsplit_once(')').unwrap().1;
        fields.split_whitespace().nth(38).unwrap().parse().unwrap()
    }

    #[test]
    fn a_thread_goes_first_and_those_that_it_starts_do_not() {
        let first = thread::spawn(|| {
            go_first();
            let seen = (policy(), thread::spawn(policy).join().unwrap());
            // Last, since it does itself what it asks about.
            (seen, real_time())
        });
        let ((own, child), allowed) = first.join().unwrap();
        let expected = if allowed.is_ok() { SCHED_RR } else { libc::SCHED_OTHER };
        assert_eq!((own, child), (expected, libc::SCHED_OTHER));
        assert_eq!(policy(), libc::SCHED_OTHER);
    }
}
