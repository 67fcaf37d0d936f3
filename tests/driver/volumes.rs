//! With volumes disabled, a task stays inside its allocation whatever its paths look like.

use super::double::*;
use nomad_driver_podman::domain::config::{PluginConfig, Value};
use nomad_driver_podman::domain::container::ContainerState;
use nomad_driver_podman::domain::container::spec::MountSource;
use nomad_driver_podman::domain::task::TaskRequest;
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::driver::{Driver, DriverError};
use nomad_driver_podman::ports::ErrorKind;
use nomad_driver_podman::ports::runtime::{Change, Created};
use std::os::unix::fs::symlink;
use std::path::Path;

fn task_in(dir: &Path, volume: &str) -> TaskRequest {
    let mut task = task();
    task.dirs.alloc = dir.into();
    task.config = Value::object([
        ("image", Value::from("localhost/busybox")),
        ("volumes", Value::List(vec![Value::from(format!("{volume}:/data"))])),
    ]);
    task
}

fn confined(runtime: MockRuntime) -> Driver {
    let driver = driver(runtime);
    driver.configure(PluginConfig { volumes_enabled: false, ..PluginConfig::default() }, None).unwrap();
    driver
}

fn alloc() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("web/local")).unwrap();
    symlink("/etc", dir.path().join("web/local/out")).unwrap();
    symlink("../local", dir.path().join("web/in")).unwrap();
    dir
}

#[tokio::test(start_paused = true)]
async fn paths_that_leave_the_allocation_are_refused() {
    let dir = alloc();
    for volume in ["/etc", "../../..", "local/../../../../etc", "local/out", "local/out/ssl", "/"] {
        let refused = confined(runtime()).start_task(task_in(dir.path(), volume)).await.unwrap_err();
        assert!(
            matches!(refused, DriverError::VolumeOutside { .. } | DriverError::VolumeLookup { .. }),
            "{volume}: {refused}"
        );
        assert!(!refused.is_recoverable());
    }
}

/// A volume of the local driver whose options bind this.
fn bound_in(dir: &Path, device: &str) -> TaskRequest {
    let object = |pairs: Vec<(&'static str, Value)>| Value::object(pairs);
    let options = object(vec![("type", "none".into()), ("o", "bind".into()), ("device", device.into())]);
    let driver = object(vec![("options", options)]);
    let volume = object(vec![("driver_config", driver)]);
    let mount = object(vec![("target", "/data".into()), ("source", "v".into()), ("volume_options", volume)]);
    let config = object(vec![("image", "localhost/busybox".into()), ("mount", mount)]);
    TaskRequest { config, ..task_in(dir, "local") }
}

#[tokio::test(start_paused = true)]
async fn the_options_of_a_volume_lead_nowhere_else() {
    let dir = alloc();
    for device in ["/etc", "etc", "/tmp/../etc"] {
        let refused = confined(runtime()).start_task(bound_in(dir.path(), device)).await.unwrap_err();
        assert!(matches!(refused, DriverError::VolumeOutside { .. }), "{device}: {refused}");
    }
    let out = dir.path().join("web/local/out");
    let refused = confined(runtime()).start_task(bound_in(dir.path(), out.to_str().unwrap())).await;
    assert!(matches!(refused, Err(DriverError::VolumeOutside { .. })), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_seccomp_profile_of_the_allocation_is_refused_where_tasks_must_be_confined() {
    let dir = alloc();
    let local = dir.path().join("web/local");
    std::fs::write(local.join("lax.json"), "{}").unwrap();
    let options = [("allow_unconfined", Value::from(false)), ("allow_host_paths", Value::from(vec!["/usr"]))];
    let driver = driver(runtime());
    driver.configure(PluginConfig::decode(&Value::object(options)).unwrap(), None).unwrap();
    let mut task = task_in(dir.path(), "local");
    let security = Value::from(vec!["seccomp=local/lax.json"]);
    task.config = Value::object([("image", "localhost/busybox".into()), ("security_opt", security)]);
    let refused = driver.start_task(task).await.unwrap_err();
    assert!(matches!(refused, DriverError::PathRefused { rule: "allow_unconfined", .. }), "{refused}");
    assert!(refused.to_string().ends_with("allowed are /usr"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_path_inside_is_mounted_from_where_it_really_is() {
    let dir = alloc();
    let real = dir.path().canonicalize().unwrap().join("web/local");
    symlink("local", dir.path().join("web/alias")).unwrap();
    let mut runtime = runtime();
    runtime
        .expect_create()
        .withf(move |spec| {
            spec.mounts.iter().any(|mount| {
                mount.target == "/data"
                    && mount.source == MountSource::Bind(real.to_string_lossy().into_owned())
            })
        })
        .returning(|_| Ok(Created { id: ContainerId::new(ID), warnings: vec![] }));
    runtime.expect_start().returning(|_| Ok(Change::Changed));
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_wait().returning(|_| Err(error(ErrorKind::Unavailable)));
    confined(runtime).start_task(task_in(dir.path(), "alias")).await.unwrap();
}
