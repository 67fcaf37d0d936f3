//! What the protocol asks of the socket, in one process.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use nomad_driver_podman::adapters::nomad::{
    handshake::HostOffer,
    proto::{driver, goplugin},
    serve::{ServeError, serve},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tonic::{Code, codegen::http};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::{
    host::{Host, socket_of},
    stub,
};

/// Enough for anything that is supposed to happen.
const SOON: Duration = Duration::from_secs(5);
/// Enough to believe that nothing happens.
const QUIET: Duration = Duration::from_millis(150);

struct Plugin {
    served: JoinHandle<Result<(), ServeError>>,
    stdout: Stdout,
    shutdown: CancellationToken,
    socket: PathBuf,
    _dir: TempDir,
}

#[derive(Clone, Default)]
struct Stdout(Arc<Mutex<Vec<u8>>>);

impl Stdout {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Plugin {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let tmp = dir.path().to_owned();
        let offer = HostOffer::from_env(&|name| (name == "TMPDIR").then(|| tmp.clone().into())).unwrap();
        let (stdout, shutdown) = (Stdout::default(), CancellationToken::new());
        let (out, token) = (stdout.clone(), shutdown.clone());
        let served = tokio::spawn(async move { serve(&offer, stub::plugin(), out, token).await });
        while stdout.text().is_empty() {
            tokio::task::yield_now().await;
        }
        let socket = socket_of(&stdout.text());
        Self { served, stdout, shutdown, socket, _dir: dir }
    }

    async fn dial(&self) -> Host {
        Host::dial(&self.socket).await
    }

    async fn ended(self) -> PathBuf {
        timeout(Duration::from_secs(2), self.served).await.expect("within the host's 2 s").unwrap().unwrap();
        self.socket
    }
}

fn task(bytes: usize) -> driver::TaskConfig {
    driver::TaskConfig { env: [("BIG".to_owned(), "x".repeat(bytes))].into(), ..Default::default() }
}

#[tokio::test]
async fn the_line_is_printed_once_and_the_socket_answers_at_once() {
    let plugin = Plugin::start().await;
    assert_eq!(plugin.stdout.text(), format!("1|2|unix|{}|grpc|\n", plugin.socket.display()));
    assert_eq!(plugin.dial().await.ping().await.unwrap(), "stub");
    assert_eq!(plugin.stdout.text().lines().count(), 1);
}

#[tokio::test]
async fn the_health_service_serves_under_go_plugins_name() {
    let mut health = HealthClient::new(Plugin::start().await.dial().await.channel);
    let request = HealthCheckRequest { service: "plugin".to_owned() };
    let status = health.check(request).await.unwrap().into_inner().status();
    assert_eq!(status, tonic_health::pb::health_check_response::ServingStatus::Serving);
}

#[tokio::test]
async fn the_services_have_the_hosts_names() {
    use nomad_driver_podman::adapters::nomad::proto::base::base_plugin_server;
    assert_eq!(base_plugin_server::SERVICE_NAME, "hashicorp.nomad.plugins.base.proto.BasePlugin");
    assert_eq!(driver::driver_server::SERVICE_NAME, "hashicorp.nomad.plugins.drivers.proto.Driver");
    assert_eq!(goplugin::grpc_controller_server::SERVICE_NAME, "plugin.GRPCController");
    assert_eq!(goplugin::grpc_broker_server::SERVICE_NAME, "plugin.GRPCBroker");
    assert_eq!(goplugin::grpc_stdio_server::SERVICE_NAME, "plugin.GRPCStdio");
}

#[tokio::test]
async fn messages_beyond_four_mebibytes_pass_both_ways() {
    let mut host = Plugin::start().await.dial().await;
    let request = driver::StartTaskRequest { task: Some(task(9 << 20)) };
    let reply = host.driver.start_task(request).await.unwrap().into_inner();
    assert_eq!(reply.handle.unwrap().config.unwrap().env["BIG"].len(), 9 << 20);
}

#[tokio::test]
async fn a_thousand_waits_do_not_block_the_next_call() {
    let mut host = Plugin::start().await.dial().await;
    let waits: Vec<_> = (0..1000).map(|n| tokio::spawn(wait(&host, n))).collect();
    tokio::time::sleep(QUIET).await;
    assert!(waits.iter().all(|wait| !wait.is_finished()));
    timeout(SOON, host.ping()).await.unwrap().unwrap();
}

/// An agent that stops gives up the calls of all its tasks, and all may arrive in one read.
#[tokio::test]
async fn a_thousand_abandoned_calls_do_not_cost_the_connection() {
    let plugin = Plugin::start().await;
    let mut connection = UnixStream::connect(&plugin.socket).await.unwrap();
    let mut burst = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    burst.extend(frame(SETTINGS, 0, 0, &[]));
    for call in 0..1000 {
        // POST http /, of HPACK's static table.
        burst.extend(frame(HEADERS, END_HEADERS, 2 * call + 1, &[0x83, 0x86, 0x84]));
        burst.extend(frame(RST_STREAM, 0, 2 * call + 1, &[0, 0, 0, 8]));
    }
    burst.extend(frame(PING, 0, 0, b"are you?"));
    connection.write_all(&burst).await.unwrap();
    let answer = timeout(SOON, first_of(&mut connection, [PING, GOAWAY])).await.unwrap();
    assert_eq!(answer, PING, "the connection, and every WaitTask on it, is gone");
}

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const END_HEADERS: u8 = 4;

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Reads frames until one of these kinds, and says which.
async fn first_of(connection: &mut UnixStream, kinds: [u8; 2]) -> u8 {
    loop {
        let mut header = [0; 9];
        connection.read_exact(&mut header).await.unwrap();
        let [a, b, c, kind, ..] = header;
        let length = u32::from_be_bytes([0, a, b, c]);
        connection.read_exact(&mut vec![0; length as usize]).await.unwrap();
        if kinds.contains(&kind) {
            return kind;
        }
    }
}

fn wait(host: &Host, n: usize) -> impl Future<Output = Result<(), tonic::Status>> + Send + use<> {
    let mut driver = host.driver.clone();
    async move { driver.wait_task(driver::WaitTaskRequest { task_id: n.to_string() }).await.map(|_| ()) }
}

#[tokio::test]
async fn broker_and_stdio_stay_open_and_silent_until_the_end() {
    let plugin = Plugin::start().await;
    let mut host = plugin.dial().await;
    let mut stdio = host.stdio.stream_stdio(()).await.unwrap().into_inner();
    let outbound = tokio_stream::StreamExt::chain(
        tokio_stream::once(goplugin::ConnInfo { service_id: 1, ..Default::default() }),
        tokio_stream::pending(),
    );
    let mut broker = host.broker.start_stream(outbound).await.unwrap().into_inner();
    assert!(timeout(QUIET, stdio.message()).await.is_err());
    assert!(timeout(QUIET, broker.message()).await.is_err());

    plugin.shutdown.cancel();
    assert_eq!(timeout(SOON, stdio.message()).await.unwrap().unwrap(), None);
    assert_eq!(timeout(SOON, broker.message()).await.unwrap().unwrap(), None);
}

#[tokio::test]
async fn a_method_of_a_newer_host_is_unimplemented() {
    let host = Plugin::start().await.dial().await;
    let mut grpc = tonic::client::Grpc::new(host.channel);
    grpc.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/hashicorp.nomad.plugins.drivers.proto.Driver/Tomorrow");
    let codec = tonic_prost::ProstCodec::<goplugin::Empty, goplugin::Empty>::default();
    let status = grpc.unary(tonic::Request::new(goplugin::Empty {}), path, codec).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_host_may_probe_leave_and_come_back() {
    let plugin = Plugin::start().await;
    for _ in 0..3 {
        drop(UnixStream::connect(&plugin.socket).await.unwrap());
    }
    plugin.dial().await.ping().await.unwrap();
    plugin.dial().await.ping().await.unwrap();
    assert!(!plugin.served.is_finished());
}

#[tokio::test]
async fn the_host_ends_the_plugin_with_streams_open() {
    let plugin = Plugin::start().await;
    let mut host = plugin.dial().await;
    let _fingerprint = host.driver.fingerprint(driver::FingerprintRequest {}).await.unwrap();
    let waiting = tokio::spawn(wait(&host, 1));
    host.controller.shutdown(goplugin::Empty {}).await.expect("a reply");
    assert!(!plugin.ended().await.exists());
    assert!(!waiting.is_finished(), "an ended wait would be an ended task");
}

#[tokio::test]
async fn an_idle_plugin_ends_without_waiting() {
    let plugin = Plugin::start().await;
    plugin.shutdown.cancel();
    assert!(!plugin.ended().await.exists());
}

#[tokio::test]
async fn a_host_that_does_not_read_the_line_leaves_no_socket() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let offer = HostOffer::from_env(&|name| (name == "TMPDIR").then(|| dir.path().into())).unwrap();
    let served = serve(&offer, stub::plugin(), Closed, CancellationToken::new()).await;
    assert!(matches!(served, Err(ServeError::Announce(_))));
    assert!(is_empty(dir.path()));
}

fn is_empty(dir: &Path) -> bool {
    std::fs::read_dir(dir).unwrap().next().is_none()
}
