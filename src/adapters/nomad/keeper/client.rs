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
    wanted: Mutex<Wanted>,
    changed: Notify,
    /// There is no keeper and it takes no short time to get one.
    hopeless: AtomicBool,
}

#[derive(Default)]
struct Wanted {
    pipes: HashMap<Arc<Path>, Wish>,
    /// Paths of which the keeper has not been told how they are now. `None` while there is no keeper: then it will be
    /// told of all. To look at all for each that changes would make each task cost more, the more there are.
    news: Option<Vec<Arc<Path>>>,
}

impl Wanted {
    fn set(&mut self, path: &Arc<Path>, wish: Wish) {
        self.pipes.insert(Arc::clone(path), wish);
        self.tell(Arc::clone(path));
    }

    fn unset(&mut self, path: &Path) {
        if let Some((path, _)) = self.pipes.remove_entry(path) {
            self.tell(path);
        }
    }

    fn tell(&mut self, path: Arc<Path>) {
        if let Some(news) = &mut self.news {
            news.push(path);
        }
    }
}

#[derive(Clone)]
struct Wish {
    pipe: Arc<Sender>,
    /// Told when it is held.
    held: Arc<Notify>,
}

impl Wishes {
    fn lock(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
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
        wishes.lock().set(path, wish);
        wishes.changed.notify_one();
        if !wishes.hopeless.load(Ordering::Relaxed) {
            // Late is fine: the log matters more than the pipe's life after us.
            drop(tokio::time::timeout(HOLD_PATIENCE, held.notified()).await);
        }
    }

    /// Asks to let go of it, soon.
    pub fn release(&self, path: &Path) {
        if let Some(wishes) = &self.0 {
            wishes.lock().unset(path);
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
            while self.wishes.lock().pipes.is_empty() {
                self.wishes.changed.notified().await;
            }
            let failed = match self.connect().await {
                Ok(socket) => self.talk(&socket).await,
                Err(error) => Err(error),
            };
            self.held.clear();
            self.wishes.lock().news = None;
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
        self.begin();
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

    /// Everything is news to a keeper that has nothing from us.
    fn begin(&self) {
        let mut wanted = self.wishes.lock();
        wanted.news = Some(wanted.pipes.keys().cloned().collect());
    }

    async fn catch_up(&mut self, socket: &AsyncFd<OwnedFd>) -> io::Result<()> {
        let news = self.wishes.lock().news.as_mut().map(std::mem::take);
        for path in news.into_iter().flatten() {
            // As it is by now: of one path there may be much news.
            let wish = self.wishes.lock().pipes.get(&path).cloned();
            match wish {
                Some(wish) => self.hold(socket, path, wish).await?,
                None if self.held.remove(&path).is_some() => {
                    let name = path.as_os_str().as_bytes();
                    send(socket, || wire::send_release(socket.get_ref(), name)).await?;
                }
                None => {}
            }
        }
        Ok(())
    }

    async fn hold(&mut self, socket: &AsyncFd<OwnedFd>, path: Arc<Path>, wish: Wish) -> io::Result<()> {
        let Wish { pipe, held } = wish;
        if self.held.get(&path).is_some_and(|held| Arc::ptr_eq(held, &pipe)) {
            return Ok(());
        }
        let name = path.as_os_str().as_bytes();
        send(socket, || wire::send_hold(socket.get_ref(), name, pipe.as_fd())).await?;
        answer(socket).await?;
        self.held.insert(path, pipe);
        held.notify_one();
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
#[path = "client_tests.rs"]
mod tests;
