//! The plugin's side: what is to be held, told to whoever keeps, over and over if need be.

use super::{server, wire};
use crate::domain::limits::{RETRY_FIRST, RETRY_LONGEST};
use rustix::io::Errno;
use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe::Sender;
use tokio::process::Command;
use tokio::sync::Notify;

/// How long the first bytes of a stream may wait until the pipe is held. Starting a keeper takes some milliseconds.
const HOLD_PATIENCE: Duration = Duration::from_millis(500);

/// How long a keeper is kept that has nothing to hold. Where one task follows the other, as in batch jobs, a quarter of
/// what a start took of the processor, on our side of Podman, was the start of its keeper.
const LINGER: Duration = Duration::from_secs(5);

/// How often to look for the socket of a keeper that was just started, and how long between two looks.
const STARTING_LOOKS: u32 = 100;
const STARTING_PAUSE: Duration = Duration::from_millis(20);

/// Gives pipes to the keeper. Clones share everything; the last one's end tells the keeper nothing, as the end of
/// the process would.
#[derive(Clone, Default)]
pub struct Keeper(Option<Arc<Wishes>>);

/// Which pipes are to be held.
#[derive(Default)]
struct Wishes {
    wishes: Mutex<HashMap<Arc<Path>, Wish>>,
    changed: Notify,
    /// There is no keeper and it takes no short time to get one.
    hopeless: AtomicBool,
}

#[derive(Clone)]
struct Wish {
    pipe: Arc<Sender>,
    /// Told when it is held.
    held: Arc<Notify>,
}

impl Wishes {
    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<Path>, Wish>> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keeper {
    /// Holds nothing: for a host whose tasks end with this process.
    pub fn none() -> Self {
        Self(None)
    }

    /// The keeper of `dir`, started when the first pipe is to be held. Must be called within a tokio runtime.
    pub fn of(dir: PathBuf) -> Self {
        let wishes = Arc::new(Wishes::default());
        let client = Client { dir, wishes: Arc::clone(&wishes), held: HashMap::new(), pause: RETRY_FIRST };
        tokio::spawn(client.run());
        Self(Some(wishes))
    }

    /// Holds the write end of the FIFO at `path`, instead of what was held for it, if that can be done soon; else
    /// later.
    pub async fn hold(&self, path: &Arc<Path>, pipe: &Arc<Sender>) {
        let Some(wishes) = &self.0 else { return };
        let held = Arc::new(Notify::new());
        let wish = Wish { pipe: Arc::clone(pipe), held: Arc::clone(&held) };
        wishes.lock().insert(Arc::clone(path), wish);
        wishes.changed.notify_one();
        if !wishes.hopeless.load(Ordering::Relaxed) {
            // Late is fine: the log matters more than the pipe's life after us.
            drop(tokio::time::timeout(HOLD_PATIENCE, held.notified()).await);
        }
    }

    /// Asks to let go of it, soon.
    pub fn release(&self, path: &Path) {
        if let Some(wishes) = &self.0 {
            wishes.lock().remove(path);
            wishes.changed.notify_one();
        }
    }
}

struct Client {
    dir: PathBuf,
    wishes: Arc<Wishes>,
    /// What the keeper has from us.
    held: HashMap<Arc<Path>, Arc<Sender>>,
    /// Before the next try.
    pause: Duration,
}

impl Client {
    /// Connects whenever there is something to hold, and again when the keeper dies.
    async fn run(mut self) {
        loop {
            while self.wishes.lock().is_empty() {
                self.wishes.changed.notified().await;
            }
            let failed = match self.connect().await {
                Ok(socket) => self.talk(&socket).await,
                Err(error) => Err(error),
            };
            self.held.clear();
            if let Err(error) = failed {
                if self.pause > RETRY_FIRST && !self.wishes.hopeless.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "no log keeper: logs stop if this plugin is killed");
                }
                tokio::time::sleep(self.pause).await;
                self.pause = (self.pause * 2).min(RETRY_LONGEST);
            }
        }
    }

    /// To the keeper that is there, or else to one that we start.
    async fn connect(&self) -> io::Result<AsyncFd<OwnedFd>> {
        if let Ok(socket) = self.dial() {
            return Ok(socket);
        }
        start(&self.dir)?;
        let mut looks = 0;
        loop {
            match self.dial() {
                Err(_) if looks < STARTING_LOOKS => tokio::time::sleep(STARTING_PAUSE).await,
                other => return other,
            }
            looks += 1;
        }
    }

    fn dial(&self) -> io::Result<AsyncFd<OwnedFd>> {
        let socket = wire::socket()?;
        rustix::net::connect(&socket, &wire::address(&self.dir)?)?;
        if !wire::is_ours(&socket) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        watched(socket)
    }

    /// Keeps the keeper's pipes equal to the wishes. Returns when there have been none for a while.
    async fn talk(&mut self, socket: &AsyncFd<OwnedFd>) -> io::Result<()> {
        loop {
            self.catch_up(socket).await?;
            // Only now: a keeper may let us in and then have no room for what it is given.
            self.pause = RETRY_FIRST;
            self.wishes.hopeless.store(false, Ordering::Relaxed);
            let is_idle = self.held.is_empty();
            tokio::select! {
                () = self.wishes.changed.notified() => {}
                // It has nothing to say now, so this is its end.
                answer = answer(socket) => answer?,
                () = tokio::time::sleep(LINGER), if is_idle => return Ok(()),
            }
        }
    }

    async fn catch_up(&mut self, socket: &AsyncFd<OwnedFd>) -> io::Result<()> {
        let wanted = self.wishes.lock().clone();
        let stale: Vec<_> = self.held.keys().filter(|path| !wanted.contains_key(*path)).cloned().collect();
        for path in stale {
            self.held.remove(&path);
            send(socket, || wire::send_release(socket.get_ref(), path.as_os_str().as_bytes())).await?;
        }
        for (path, Wish { pipe, held }) in wanted {
            if self.held.get(&path).is_some_and(|held| Arc::ptr_eq(held, &pipe)) {
                continue;
            }
            let name = path.as_os_str().as_bytes();
            send(socket, || wire::send_hold(socket.get_ref(), name, pipe.as_fd())).await?;
            answer(socket).await?;
            self.held.insert(path, pipe);
            held.notify_one();
        }
        Ok(())
    }
}

#[expect(
    deprecated,
    reason = "its successor is unsafe for types that may change their descriptor; OwnedFd cannot"
)]
fn watched(socket: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(socket, Interest::READABLE | Interest::WRITABLE)
}

async fn send(socket: &AsyncFd<OwnedFd>, message: impl Fn() -> Result<(), Errno>) -> io::Result<()> {
    loop {
        let mut ready = socket.writable().await?;
        if let Ok(sent) = ready.try_io(|_| Ok(message()?)) {
            return sent;
        }
    }
}

async fn answer(socket: &AsyncFd<OwnedFd>) -> io::Result<()> {
    loop {
        let mut ready = socket.readable().await?;
        match ready.try_io(|socket| Ok(wire::receive_held(socket.get_ref())?)) {
            Ok(Ok(true)) => return Ok(()),
            Ok(Ok(false)) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(Err(error)) => return Err(error),
            Err(_would_block) => {}
        }
    }
}

/// Starts a keeper: this very program, even if its file has been replaced, with nothing of ours but the directory.
fn start(dir: &Path) -> io::Result<()> {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("nomad-driver-podman").arg(server::VERB).arg(dir);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // It outlives us; while we live, tokio reaps it.
    command.env_clear().current_dir("/").kill_on_drop(false).spawn().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::net::{SocketFlags, accept_with, bind, listen};
    use rustix::pipe::{PipeFlags, pipe_with};

    /// A keeper that listens in `dir`, but accepts only when it is told to.
    fn listener(dir: &Path) -> OwnedFd {
        let socket = wire::socket().unwrap();
        bind(&socket, &wire::address(dir).unwrap()).unwrap();
        listen(&socket, 1).unwrap();
        rustix::io::ioctl_fionbio(&socket, false).unwrap();
        socket
    }

    fn pipe() -> (OwnedFd, Arc<Sender>) {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).unwrap();
        (reader, Arc::new(Sender::from_owned_fd(writer).unwrap()))
    }

    /// The next request on a connection; `None` at its end.
    fn request(plugin: &OwnedFd) -> Option<wire::Request> {
        poll(&mut [PollFd::new(plugin, PollFlags::IN)], None).unwrap();
        wire::receive(plugin).unwrap()
    }

    #[tokio::test]
    async fn the_keeper_of_one_task_serves_the_next_one_too() {
        let dir = tempfile::tempdir().unwrap();
        let socket = listener(dir.path());
        let (told, mut released) = tokio::sync::mpsc::unbounded_channel();
        let keeper = std::thread::spawn(move || {
            let plugin = accept_with(&socket, SocketFlags::CLOEXEC).unwrap();
            for _ in 0..2 {
                assert!(matches!(request(&plugin), Some(wire::Request::Hold(..))));
                wire::send_held(&plugin).unwrap();
                assert!(matches!(request(&plugin), Some(wire::Request::Release(_))));
                told.send(()).unwrap();
            }
        });
        let client = Keeper::of(dir.path().to_owned());
        for path in ["/a", "/b"] {
            let (path, (_reader, pipe)) = (Path::new(path).into(), pipe());
            client.hold(&path, &pipe).await;
            client.release(&path);
            released.recv().await.unwrap();
        }
        keeper.join().unwrap();
    }

    /// A keeper at the limit of its open files, later not any more, is no reason to be busy.
    #[tokio::test(start_paused = true)]
    async fn a_keeper_that_lets_in_but_cannot_hold_is_tried_less_and_less() {
        let dir = tempfile::tempdir().unwrap();
        let socket = listener(dir.path());
        let (done, held) = tokio::sync::oneshot::channel();
        let keeper = std::thread::spawn(move || {
            (0..6).for_each(|_| drop(accept_with(&socket, SocketFlags::CLOEXEC).unwrap()));
            let plugin = accept_with(&socket, SocketFlags::CLOEXEC).unwrap();
            assert!(request(&plugin).is_some());
            wire::send_held(&plugin).unwrap();
            done.send(()).unwrap();
        });
        let (_reader, pipe) = pipe();
        let client = Keeper::of(dir.path().to_owned());
        let before = tokio::time::Instant::now();
        client.hold(&Path::new("/a").into(), &pipe).await;
        held.await.unwrap();
        assert!(before.elapsed() > Duration::from_secs(5), "{:?}", before.elapsed());
        keeper.join().unwrap();
    }
}
