//! StartTask against the bare calls, in turn.

use crate::bare::{self, Bare};
use crate::host::Host;
use crate::plugin::Plugin;
use crate::{Row, median, task};
use nomad_driver_podman::adapters::nomad::proto::{base, driver};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const ROUNDS: usize = 40;

/// `None` without a Podman.
pub async fn ratio(binary: &Path) -> Option<Row> {
    let socket = std::env::var("NDP_PODMAN_SOCKET").ok()?;
    let work = PathBuf::from(std::env::var("NDP_PODMAN_WORK").expect("NDP_PODMAN_WORK"));
    let image = std::env::var("NDP_PODMAN_IMAGE").expect("NDP_PODMAN_IMAGE");
    let plugin = Plugin::start(binary);
    let mut host = plugin.dial().await;
    configure(&mut host, &socket).await;
    let mut bare = Bare::connect(Path::new(socket.trim_start_matches("unix://")));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        theirs.push(bare_start(&mut bare, task::sleeper(&work, &image, 2 * round)));
        ours.push(driver_start(&mut host, task::sleeper(&work, &image, 2 * round + 1)).await);
    }
    // The first of each pays for warming up.
    Some(row(median(ours.split_off(1)), median(theirs.split_off(1))))
}

pub fn row(ours: Duration, theirs: Duration) -> Row {
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    Row {
        promise: "StartTask to bare create + start, medians of 39",
        measured: format!("{:.1} / {:.1} ms = {ratio:.3}", ms(ours), ms(theirs)),
        goal: "<= 1.10",
        met: ratio <= 1.10,
    }
}

pub async fn configure(host: &mut Host, socket: &str) {
    let config = rmpv::Value::Map(vec![("socket_path".into(), socket.into())]);
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &config).unwrap();
    let request = base::SetConfigRequest { msgpack_config: bytes.into(), ..Default::default() };
    host.base.set_config(request).await.unwrap();
    let mut health = host.driver.fingerprint(driver::FingerprintRequest {}).await.unwrap().into_inner();
    health.message().await.unwrap().expect("a fingerprint");
}

fn bare_start(bare: &mut Bare, task: driver::TaskConfig) -> Duration {
    let body = bare::body(task);
    let before = Instant::now();
    let id = bare.create_and_start(&body);
    let elapsed = before.elapsed();
    bare.remove(&id);
    elapsed
}

pub async fn driver_start(host: &mut Host, task: driver::TaskConfig) -> Duration {
    let task_id = task.id.clone();
    let before = Instant::now();
    host.driver.start_task(driver::StartTaskRequest { task: Some(task) }).await.unwrap();
    let elapsed = before.elapsed();
    host.driver.destroy_task(driver::DestroyTaskRequest { task_id, force: true }).await.unwrap();
    elapsed
}
