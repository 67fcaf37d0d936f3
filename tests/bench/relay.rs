//! Something between a driver and Podman that cuts the driver off once a container has been started.

use rustix::net::sockopt::socket_peercred;
use rustix::process::{Signal, kill_process};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// What the driver meets once Podman has done what it was asked.
#[derive(Clone, Copy)]
pub enum Cut {
    /// No answer, to this call or any other.
    Hang,
    /// Death.
    Kill,
}

/// See the module. Threads end with their connections.
pub struct Relay {
    path: PathBuf,
    seen: Arc<AtomicBool>,
}

impl Relay {
    /// To the service of `NDP_PODMAN_SOCKET`.
    pub fn new(path: &Path, cut: Cut) -> Self {
        let listener = UnixListener::bind(path).unwrap();
        let podman = std::env::var("NDP_PODMAN_SOCKET").unwrap();
        let podman = PathBuf::from(podman.trim_start_matches("unix://"));
        let seen = Arc::new(AtomicBool::new(false));
        let cutting = seen.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (service, seen) = (UnixStream::connect(&podman).unwrap(), cutting.clone());
                thread::spawn(move || both_ways(client, service, cut, &seen));
            }
        });
        Self { path: path.to_owned(), seen }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn saw_a_start(&self) -> bool {
        self.seen.load(Ordering::SeqCst)
    }
}

fn both_ways(client: UnixStream, service: UnixStream, cut: Cut, seen: &Arc<AtomicBool>) {
    let (requests, mut to_service) = (client.try_clone().unwrap(), service.try_clone().unwrap());
    let asked = seen.clone();
    let asking = thread::spawn(move || {
        pass_on(requests, |piece| {
            let starts = piece.starts_with(b"POST ") && first_line(piece).contains("/start");
            asked.fetch_or(starts, Ordering::SeqCst);
            to_service.write_all(piece).is_ok()
        });
        drop(to_service.shutdown(Shutdown::Both));
    });
    let mut to_client = client.try_clone().unwrap();
    // The answer to the start is the first thing that is kept back: the container runs by then.
    pass_on(service, |piece| match (seen.load(Ordering::SeqCst), cut) {
        (false, _) => to_client.write_all(piece).is_ok(),
        (true, Cut::Hang) => true,
        (true, Cut::Kill) => {
            let driver = socket_peercred(&to_client).unwrap().pid;
            let _ = kill_process(driver, Signal::KILL);
            false
        }
    });
    drop(client.shutdown(Shutdown::Both));
    drop(asking.join());
}

fn first_line(piece: &[u8]) -> String {
    let line = piece.split(|byte| *byte == b'\r').next().unwrap_or_default();
    String::from_utf8_lossy(line).into_owned()
}

/// Until the end, or until one piece is refused.
fn pass_on(mut from: UnixStream, mut to: impl FnMut(&[u8]) -> bool) {
    let mut piece = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut piece) {
        if !to(&piece[..read]) {
            return;
        }
    }
}
