//! The keeper's own process: one thread, no runtime, asleep unless a plugin speaks.

use super::wire::{self, Request};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use rustix::net::SocketFlags;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::ExitCode;

/// The hidden argument that makes a process the keeper; the directory follows it.
pub const VERB: &str = "log-keeper";

/// Locked by the one keeper of a directory; says its process id, for people.
const LOCK: &str = "keeper-1.lock";

/// Between two looks for readers that have gone, while no plugin is connected.
const GLANCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 250_000_000 };

/// So many looks, 10 s, a new keeper waits for the plugin that started it.
const FIRST_GLANCES: u32 = 40;

/// Plugins at once. There is one, or two while one follows the other.
const CLIENTS: usize = 16;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 16;

/// The whole life of the keeper's process, if these arguments make it one. Nobody reads what it says; its exit code
/// is for tests.
pub fn main(mut arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    let dir = arguments.nth(1).filter(|verb| verb == VERB).and_then(|_| arguments.next())?;
    // Whoever ends the plugin's process group or session does not mean us. It fails for who leads one already.
    let _ = rustix::process::setsid();
    Some(if serve(Path::new(&dir)).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Holds what plugins give it, until there is nothing to hold and nobody who may give more.
///
/// # Errors
/// The socket cannot be made. If another process keeps already that is no error, and nothing is left to do.
fn serve(dir: &Path) -> io::Result<()> {
    let flags = OFlags::CREATE | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let lock = rustix::fs::open(dir.join(LOCK), flags, Mode::RUSR | Mode::WUSR)?;
    if rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Ok(());
    }
    let lock = File::from(lock);
    lock.set_len(0)?;
    lock.write_all_at(std::process::id().to_string().as_bytes(), 0)?;
    let socket = wire::socket()?;
    // Whoever had the name is gone: we have the lock.
    let _ = std::fs::remove_file(dir.join(wire::SOCKET));
    rustix::net::bind(&socket, &wire::address(dir)?)?;
    rustix::net::listen(&socket, BACKLOG)?;
    Server { socket, clients: Vec::new(), held: HashMap::new(), unused_for: 0, full: false }.run()?;
    drop(std::fs::remove_file(dir.join(wire::SOCKET)));
    Ok(())
}

struct Server {
    socket: OwnedFd,
    clients: Vec<OwnedFd>,
    /// Write ends of pipes, by what the plugin calls them.
    held: HashMap<Vec<u8>, OwnedFd>,
    /// Looks since the start that found neither a plugin nor a pipe.
    unused_for: u32,
    /// A plugin could not be let in, as at the limit of open files: nobody is until the next look, or it would be tried
    /// without a pause.
    full: bool,
}

impl Server {
    fn run(mut self) -> io::Result<()> {
        while self.is_useful() || self.unused_for < FIRST_GLANCES {
            let ready = self.wait()?;
            self.full = ready.first() == Some(&true) && !self.accept();
            self.hear(ready.get(1..).unwrap_or_default());
            if self.clients.is_empty() {
                self.let_go();
            }
            self.unused_for = if self.is_useful() { FIRST_GLANCES } else { self.unused_for + 1 };
        }
        Ok(())
    }

    fn is_useful(&self) -> bool {
        !self.clients.is_empty() || !self.held.is_empty()
    }

    /// Which of the socket and the clients have something to say. Sleeps for good while a plugin is connected.
    fn wait(&self) -> io::Result<Vec<bool>> {
        let socket = (!self.full).then_some(&self.socket);
        let mut fds: Vec<_> =
            socket.into_iter().chain(&self.clients).map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
        let timeout = (self.full || self.clients.is_empty()).then_some(&GLANCE);
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::INTR) => {
                let ready = fds.iter().map(|fd| !fd.revents().is_empty());
                Ok(self.full.then_some(false).into_iter().chain(ready).collect())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Lets one in; false if that is not to be tried again at once.
    fn accept(&mut self) -> bool {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        match rustix::net::accept_with(&self.socket, flags) {
            Ok(client) if self.clients.len() < CLIENTS && wire::is_ours(&client) => self.clients.push(client),
            Ok(_) | Err(Errno::AGAIN | Errno::INTR | Errno::CONNABORTED) => {}
            Err(_) => return false,
        }
        true
    }

    /// Serves one request of each client that has one; who ends or makes no sense is not heard again.
    fn hear(&mut self, ready: &[bool]) {
        let clients = std::mem::take(&mut self.clients);
        let mut at = 0;
        self.clients = clients
            .into_iter()
            .filter(|client| {
                let speaks = ready.get(at).copied().unwrap_or_default();
                at += 1;
                !speaks || self.obey(client)
            })
            .collect();
    }

    /// False when this client is done with.
    fn obey(&mut self, client: &OwnedFd) -> bool {
        match wire::receive(client) {
            Ok(Some(Request::Hold(name, pipe))) => {
                self.held.insert(name, pipe);
                wire::send_held(client).is_ok()
            }
            Ok(Some(Request::Release(name))) => {
                self.held.remove(&name);
                true
            }
            Err(Errno::AGAIN | Errno::INTR) => true,
            Ok(None) | Err(_) => false,
        }
    }

    /// Nobody may come back to a pipe that is not read any more: its reader will not see its end either way.
    fn let_go(&mut self) {
        let names: Vec<_> = self.held.keys().cloned().collect();
        let mut fds: Vec<_> = self.held.values().map(|fd| PollFd::new(fd, PollFlags::empty())).collect();
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        if poll(&mut fds, Some(&now)).is_err() {
            return;
        }
        let gone: Vec<_> = fds.iter().map(|fd| fd.revents().contains(PollFlags::ERR)).collect();
        for (name, _) in names.into_iter().zip(gone).filter(|(_, gone)| *gone) {
            self.held.remove(&name);
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
