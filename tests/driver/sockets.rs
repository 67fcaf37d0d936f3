//! Several Podmans: each task on the one it names, and all of them in the fingerprint.

use super::double::*;
use nomad_driver_podman::domain::config::plugin::{Endpoint, Socket, Wire};
use nomad_driver_podman::domain::config::{PluginConfig, Value};
use nomad_driver_podman::domain::container::{ContainerFacts, ContainerState};
use nomad_driver_podman::domain::fingerprint::{Attribute, Health};
use nomad_driver_podman::domain::task::{Handle, TaskRequest};
use nomad_driver_podman::driver::{Driver, DriverError};
use nomad_driver_podman::ports::ErrorKind;
use nomad_driver_podman::ports::runtime::Change;
use std::path::PathBuf;

fn socket(name: &str) -> Socket {
    let endpoint = Endpoint { socket: PathBuf::from(format!("/run/{name}.sock")), wire: Wire::Rest };
    Socket { name: name.to_owned(), endpoint: Some(endpoint) }
}

/// A driver with a socket of each name; the first is the default one unless one is called so.
fn with(runtimes: Vec<(&str, MockRuntime)>) -> Driver {
    let sockets = runtimes.iter().map(|(name, _)| socket(name)).collect();
    let by_path = runtimes.into_iter().map(|(name, runtime)| (format!("/run/{name}.sock"), runtime));
    let driver = driver_of(by_path.collect());
    driver.configure(PluginConfig { sockets, ..PluginConfig::default() }, None).unwrap();
    driver
}

fn on(socket: &str) -> TaskRequest {
    let config = [("image", Value::from("localhost/busybox")), ("socket", Value::from(socket))];
    TaskRequest { config: Value::object(config), ..task() }
}

/// A runtime that must not be asked for anything but what it is.
fn untouched() -> MockRuntime {
    runtime()
}

#[tokio::test(start_paused = true)]
async fn a_task_runs_where_it_says_and_its_handle_remembers() {
    let driver = with(vec![("default", untouched()), ("rootless", running())]);
    assert_eq!(driver.start_task(on("rootless")).await.unwrap().handle.socket, "rootless");
}

#[tokio::test(start_paused = true)]
async fn without_a_word_it_is_the_default_one_even_if_that_has_another_name() {
    let driver = with(vec![("app1", running()), ("app2", untouched())]);
    assert_eq!(driver.start_task(task()).await.unwrap().handle.socket, "app1");
    let driver = with(vec![("app1", untouched()), ("default", running())]);
    assert_eq!(driver.start_task(on("default")).await.unwrap().handle.socket, "default");
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_is_not_there_is_named_with_those_that_are() {
    let driver = with(vec![("a", untouched()), ("b", untouched())]);
    let refused = driver.start_task(on("c")).await.unwrap_err();
    assert!(matches!(refused, DriverError::UnknownSocket { .. }) && !refused.is_recoverable());
    assert!(
        refused.to_string().contains("\"c\" not found") && refused.to_string().contains("a, b"),
        "{refused}"
    );
}

fn handle_on(socket: &str) -> Handle {
    Handle { socket: socket.to_owned(), ..handle() }
}

fn holding() -> MockRuntime {
    let mut runtime = runtime();
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_wait().returning(|_| Err(error(ErrorKind::Unavailable)));
    runtime
}

fn empty() -> MockRuntime {
    let mut runtime = runtime();
    runtime.expect_inspect().returning(|_| Err(error(ErrorKind::NotFound)));
    runtime
}

#[tokio::test(start_paused = true)]
async fn recovery_asks_the_socket_of_the_handle_and_no_other() {
    let driver = with(vec![("a", untouched()), ("b", holding())]);
    driver.recover_task(task(), &handle_on("b")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_was_renamed_does_not_cost_a_task() {
    let driver = with(vec![("a", empty()), ("b", holding())]);
    driver.recover_task(task(), &handle_on("old-name")).await.unwrap();
    let driver = with(vec![("a", empty()), ("b", empty())]);
    assert!(driver.recover_task(task(), &handle_on("old-name")).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_container_that_was_left_is_found_on_any_socket() {
    let mut full = runtime();
    full.expect_list().returning(|| Ok(vec![ContainerFacts { ..facts(ContainerState::Exited) }]));
    full.expect_remove().times(1).returning(|_| Ok(Change::Changed));
    let mut away = runtime();
    away.expect_list().returning(|| Err(error(ErrorKind::Unavailable)));
    let driver = with(vec![("away", away), ("full", full)]);
    driver.destroy_task(&task().id, true).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_silent_socket_is_named_and_takes_nothing_from_the_others() {
    let mut silent = MockRuntime::new();
    silent.expect_probe().returning(|| Err(error(ErrorKind::Unavailable)));
    let driver = with(vec![("default", runtime()), ("away", silent)]);
    let report = driver.fingerprint().await;
    assert_eq!(report.health, Health::Healthy);
    assert_eq!(report.description, "Cannot fingerprint certain podman sockets: away");
    assert_eq!(report.attributes["driver.podman.version"], Attribute::Text("4.3.1".to_owned()));
    assert_eq!(report.attributes["driver.podman.away.health"], Attribute::Text("unhealthy".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_docker_socket_that_is_podmans_is_reported_and_dockers_own_is_not() {
    let shim = driver_beside_docker(runtime(), runtime()).fingerprint().await;
    assert_eq!(shim.health, Health::Healthy);
    assert!(shim.description.contains("driver.denylist"), "{}", shim.description);
    let mut docker = MockRuntime::new();
    docker.expect_probe().returning(|| Err(error(ErrorKind::Malformed)));
    let docker = driver_beside_docker(runtime(), docker).fingerprint().await;
    assert_eq!(docker.description, "Healthy");
}
