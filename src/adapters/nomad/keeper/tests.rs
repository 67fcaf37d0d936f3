//! The keeper, spoken to as a plugin does.

use super::super::wire::{SOCKET, address, receive_held, send_hold, send_release, socket};
use super::{Server, serve};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::SocketFlags;
use rustix::pipe::{PipeFlags, pipe_with};
use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::thread::{self, JoinHandle};

struct Lab {
    dir: tempfile::TempDir,
    keeper: JoinHandle<std::io::Result<()>>,
}

impl Lab {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().to_owned();
        Self { keeper: thread::spawn(move || serve(&path)), dir }
    }

    fn ended(self) {
        self.keeper.join().unwrap().unwrap();
        assert!(!self.dir.path().join(SOCKET).exists());
    }

    /// Connects as soon as the keeper listens.
    fn plugin(&self) -> OwnedFd {
        loop {
            let plugin = socket().unwrap();
            if rustix::net::connect(&plugin, &address(self.dir.path()).unwrap()).is_ok() {
                return plugin;
            }
            thread::yield_now();
        }
    }
}

fn await_readable(fd: impl AsFd) {
    poll(&mut [PollFd::new(&fd, PollFlags::IN)], None).unwrap();
}

/// Hands over the write end of a new pipe; the read end.
fn hold(plugin: &OwnedFd, name: &str) -> OwnedFd {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).unwrap();
    send_hold(plugin, name.as_bytes(), writer.as_fd()).unwrap();
    await_readable(plugin);
    assert_eq!(receive_held(plugin), Ok(true));
    reader
}

fn is_held(reader: &OwnedFd) -> bool {
    match rustix::io::read(reader, &mut [0; 1]) {
        Err(Errno::AGAIN) => true,
        Ok(0) => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_pipe_outlives_its_plugin_and_is_let_go_with_its_reader() {
    let lab = Lab::new();
    let plugin = lab.plugin();
    let reader = hold(&plugin, "/a");
    drop(plugin);
    let next = lab.plugin();
    assert!(is_held(&reader));
    drop((next, reader));
    lab.ended();
}

#[test]
fn a_pipe_that_is_released_or_replaced_ends() {
    let lab = Lab::new();
    let plugin = lab.plugin();
    let (first, other) = (hold(&plugin, "/a"), hold(&plugin, "/b"));
    let second = hold(&plugin, "/a");
    assert!(!is_held(&first));
    assert!(is_held(&second) && is_held(&other));
    send_release(&plugin, b"/a").unwrap();
    await_readable(&second);
    assert!(!is_held(&second));
    assert!(is_held(&other));
    drop((plugin, other));
    lab.ended();
}

#[test]
fn without_a_reader_a_pipe_is_held_as_long_as_its_plugin() {
    let lab = Lab::new();
    let plugin = lab.plugin();
    drop(hold(&plugin, "/a"));
    drop(plugin);
    lab.ended();
}

#[test]
fn there_is_one_keeper_per_directory() {
    let lab = Lab::new();
    let plugin = lab.plugin();
    serve(lab.dir.path()).unwrap();
    let reader = hold(&plugin, "/a");
    assert!(is_held(&reader));
    drop((plugin, reader));
    lab.ended();
}

#[test]
fn who_makes_no_sense_is_not_heard_and_harms_nobody() {
    let lab = Lab::new();
    let plugin = lab.plugin();
    let reader = hold(&plugin, "/a");
    for nonsense in [&b"H/no descriptor"[..], b"X", &[0xff; 4097]] {
        let stranger = lab.plugin();
        rustix::net::send(&stranger, nonsense, rustix::net::SendFlags::empty()).unwrap();
        await_readable(&stranger);
        assert_ne!(receive_held(&stranger), Ok(true));
    }
    assert!(is_held(&reader) && is_held(&hold(&plugin, "/b")));
    drop((plugin, reader));
    lab.ended();
}

#[test]
fn who_cannot_be_let_in_is_not_tried_again_at_once() {
    // Not listening, which is as good a reason as too many open files.
    let mut server = Server {
        socket: socket().unwrap(),
        clients: vec![],
        held: HashMap::new(),
        unused_for: 0,
        full: false,
    };
    assert_eq!(server.wait().unwrap(), [true], "somebody seems to knock");
    assert!(!server.accept());
    server.full = true;
    let (plugin, client) = rustix::net::socketpair(
        rustix::net::AddressFamily::UNIX,
        rustix::net::SocketType::SEQPACKET,
        SocketFlags::NONBLOCK,
        None,
    )
    .unwrap();
    server.clients.push(client);
    assert_eq!(server.wait().unwrap(), [false, false], "it rests for a glance");
    send_release(&plugin, b"/a").unwrap();
    assert_eq!(server.wait().unwrap(), [false, true], "who is in is heard");
}

#[test]
fn a_directory_that_is_not_there_is_an_error() {
    assert!(serve(Path::new("/nonexistent")).is_err());
}
