//! The plugin's side, against keepers that do as they are told.

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

/// What changed while the first keeper was busy, and what it had got, is all told to the second one.
#[tokio::test]
async fn a_keeper_that_follows_another_is_told_of_all_that_is_wanted_by_then() {
    let dir = tempfile::tempdir().unwrap();
    let socket = listener(dir.path());
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let (go_on, gone_on) = std::sync::mpsc::channel();
    let keeper = std::thread::spawn(move || {
        let plugin = accept_with(&socket, SocketFlags::CLOEXEC).unwrap();
        let name = |request| match request {
            Some(wire::Request::Hold(name, _)) => String::from_utf8(name).unwrap(),
            _ => String::from("release"),
        };
        told.send(name(request(&plugin))).unwrap();
        wire::send_held(&plugin).unwrap();
        told.send(name(request(&plugin))).unwrap();
        gone_on.recv().unwrap();
        drop(plugin);
        let plugin = accept_with(&socket, SocketFlags::CLOEXEC).unwrap();
        for _ in 0..2 {
            told.send(name(request(&plugin))).unwrap();
            wire::send_held(&plugin).unwrap();
        }
    });
    let client = Keeper::of(dir.path().to_owned());
    let pipes = ["/a", "/b", "/c"].map(|path| (Arc::<Path>::from(Path::new(path)), pipe()));
    let [(a, (_read_a, pipe_a)), (b, (_read_b, pipe_b)), (c, (_read_c, pipe_c))] = &pipes;
    client.hold(a, pipe_a).await;
    assert_eq!(heard.recv().await.unwrap(), "/a");
    // Not answered by the first one.
    let late = client.hold(b, pipe_b);
    let others = async {
        assert_eq!(heard.recv().await.unwrap(), "/b");
        client.release(a);
        tokio::join!(client.hold(c, pipe_c), async { go_on.send(()).unwrap() });
    };
    tokio::join!(late, others);
    let mut last = [heard.recv().await.unwrap(), heard.recv().await.unwrap()];
    last.sort_unstable();
    assert_eq!(last, ["/b", "/c"]);
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
