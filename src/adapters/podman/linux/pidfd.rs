//! Waits for the end of a process that is not our child, at no cost while it lives.

use super::process;
use super::readable::readable;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use tokio::io::unix::AsyncFd;

/// A process, held by descriptor: its pid may be recycled, the descriptor never names another one.
#[derive(Debug)]
pub struct Pidfd {
    fd: AsyncFd<OwnedFd>,
    pid: u32,
}

impl Pidfd {
    /// Holds process `pid` of our pid namespace. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// There is no such process, or the kernel (before 5.3) or a sandbox has no pidfds.
    pub fn open(pid: u32) -> io::Result<Self> {
        let raw = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let raw = raw.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let fd = pidfd_open(raw, PidfdFlags::NONBLOCK).or_else(|_| pidfd_open(raw, PidfdFlags::empty()))?;
        Ok(Self { fd: readable(fd)?, pid })
    }

    /// Holds `pid` if it is a process of container `id`, looking it up below `root` (see [`process`]).
    ///
    /// The look comes after the hold: had the pid been recycled before the hold, the look would show a
    /// stranger; if it is recycled later, the descriptor still means the old process.
    pub fn of_container(root: &Path, pid: u32, id: &str) -> Option<Self> {
        Self::open(pid).ok().filter(|_| process::belongs_to(root, pid, id))
    }

    /// The pid it was opened with.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Returns once the process has ended; at once if it had. Cancel safe, for any number of callers.
    ///
    /// # Errors
    /// The runtime's driver is shutting down.
    pub async fn ended(&self) -> io::Result<()> {
        loop {
            let mut ready = self.fd.readable().await?;
            if self.has_ended() {
                return Ok(());
            }
            ready.clear_ready();
        }
    }

    /// Whether the process has ended by now.
    pub fn has_ended(&self) -> bool {
        let mut fds = [PollFd::new(self.fd.get_ref(), PollFlags::IN)];
        let none = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut fds, Some(&none)).is_ok_and(|ready| ready > 0)
    }

    /// Stops the process with SIGSTOP.
    ///
    /// # Errors
    /// As [`Pidfd::kill`].
    pub fn stop(&self) -> io::Result<()> {
        Ok(pidfd_send_signal(self.fd.get_ref(), Signal::STOP)?)
    }

    /// Ends the process with SIGKILL.
    ///
    /// # Errors
    /// It has ended already (`ESRCH`), or is not ours to kill.
    pub fn kill(&self) -> io::Result<()> {
        Ok(pidfd_send_signal(self.fd.get_ref(), Signal::KILL)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::process::Command;

    #[tokio::test]
    async fn tells_the_end_of_a_process_once_it_comes() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let pidfd = Pidfd::open(child.id().unwrap()).unwrap();
        assert!(!pidfd.has_ended());
        pidfd.kill().unwrap();
        pidfd.ended().await.unwrap();
        assert!(pidfd.has_ended());
        child.wait().await.unwrap();
        pidfd.ended().await.unwrap();
        assert!(pidfd.kill().is_err());
    }

    #[tokio::test]
    async fn a_process_of_nobody_is_not_held() {
        let own = std::process::id();
        assert!(Pidfd::open(own).is_ok());
        assert!(Pidfd::of_container(Path::new("/"), own, &"ab".repeat(32)).is_none());
        assert!(Pidfd::open(u32::MAX).is_err());
        assert!(Pidfd::open(0).is_err());
    }
}
