//! Services that answer as they please, on a real socket.

use super::*;
use crate::adapters::system::SystemClock;
use std::sync::Mutex;
use tokio::net::UnixListener;

const VARLINK: &str = "{\"parameters\":{\"vendor\":\"Atomic\",\"product\":\"podman\",\"version\":\"1.9.3\",\"url\":\
                       \"\",\"interfaces\":[\"org.varlink.service\",\"io.podman\"]}}\0";
const HTTP: &str = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

/// Answers every connection with the text that `says` holds at the time; closes it if there is none.
fn serve(says: Arc<Mutex<&'static str>>) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("s");
    let listener = UnixListener::bind(&socket).unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut question = [0; 64];
            let _ = stream.read(&mut question).await;
            let text = *says.lock().unwrap();
            let _ = stream.write_all(text.as_bytes()).await;
        }
    });
    (dir, socket)
}

fn spoken(runtime: &ChosenRuntime) -> Option<Spoken> {
    runtime.choice.borrow().as_ref().map(|choice| choice.spoken)
}

fn chosen(socket: PathBuf) -> ChosenRuntime {
    ChosenRuntime::new(vec![socket], Arc::new(Hurried))
}

/// Pauses take no time, and deadlines do not pass.
struct Hurried;

#[async_trait]
impl Clock for Hurried {
    fn now(&self) -> crate::domain::time::Timestamp {
        SystemClock.now()
    }

    async fn sleep(&self, duration: std::time::Duration) {
        if duration >= QUERY_TIMEOUT {
            std::future::pending::<()>().await;
        }
    }

    fn entropy(&self) -> u64 {
        4
    }
}

#[tokio::test]
async fn the_answer_tells_the_wire_and_is_kept() {
    let says = Arc::new(Mutex::new(VARLINK));
    let (_dir, socket) = serve(says.clone());
    let runtime = chosen(socket);
    assert_eq!(spoken(&runtime), None, "nothing is dialled before it is used");
    assert_eq!(runtime.probe().await.unwrap().api, "varlink");
    assert_eq!(spoken(&runtime), Some(Spoken::Varlink));
}

#[tokio::test]
async fn another_podman_on_the_socket_is_noticed() {
    let says = Arc::new(Mutex::new(VARLINK));
    let (_dir, socket) = serve(says.clone());
    let runtime = chosen(socket);
    runtime.probe().await.unwrap();
    *says.lock().unwrap() = HTTP;
    runtime.probe().await.unwrap_err();
    // It says no to everything, but in HTTP.
    runtime.probe().await.unwrap_err();
    assert_eq!(spoken(&runtime), Some(Spoken::Rest));
    *says.lock().unwrap() = VARLINK;
    assert_eq!(runtime.probe().await.unwrap().api, "varlink");
}

#[tokio::test]
async fn what_speaks_neither_is_malformed_and_nobody_there_is_unavailable() {
    let (_dir, socket) = serve(Arc::new(Mutex::new("SSH-2.0\r\n")));
    assert!(chosen(socket).probe().await.unwrap_err().is(ErrorKind::Malformed));
    let (dir, socket) = serve(Arc::new(Mutex::new("")));
    assert!(chosen(socket).probe().await.unwrap_err().is(ErrorKind::Unavailable));
    let nobody = chosen(dir.path().join("none"));
    let error = nobody.probe().await.unwrap_err();
    assert!(error.is(ErrorKind::Unavailable) && error.message.contains("podman.socket"), "{error}");
}

#[tokio::test]
async fn the_first_place_that_is_there_counts() {
    let (dir, socket) = serve(Arc::new(Mutex::new(VARLINK)));
    let places = vec![dir.path().join("podman.sock"), socket];
    let runtime = ChosenRuntime::new(places, Arc::new(SystemClock));
    assert_eq!(runtime.probe().await.unwrap().api, "varlink");
}

#[tokio::test]
async fn a_service_that_is_just_being_restarted_is_asked_again() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("s");
    let listener = UnixListener::bind(&socket).unwrap();
    tokio::spawn(async move {
        // The first one is hung up on.
        drop(listener.accept().await);
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 64]).await;
            let _ = stream.write_all(VARLINK.as_bytes()).await;
        }
    });
    assert_eq!(chosen(socket).probe().await.unwrap().api, "varlink");
}
