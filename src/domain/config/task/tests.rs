use super::image::ImageOptions;
use super::*;
use crate::domain::config::grammar::network_mode::NetworkModeOption;
use crate::domain::config::task::process::HealthCommand;
use crate::domain::config::task::storage::MountSourceOption;
use crate::domain::image::PullPolicy;

fn decode(options: impl IntoIterator<Item = (&'static str, Value)>) -> Result<TaskConfig, Problems> {
    let image = [("image", Value::from("localhost/busybox"))];
    TaskConfig::decode(&Value::object(image.into_iter().chain(options)))
}

fn problem(options: impl IntoIterator<Item = (&'static str, Value)>) -> String {
    decode(options).unwrap_err().to_string()
}

fn map(pairs: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::object(pairs)
}

#[test]
fn a_task_with_an_image_alone_has_the_defaults() {
    let config = decode([]).unwrap();
    assert_eq!(config.image.policy, PullPolicy::Missing);
    assert_eq!(config.image.timeout().as_secs(), 300);
    assert!(!config.image.skip_tls_verify, "certificates are checked unless somebody says otherwise");
    let image = ImageOptions {
        image: config.image.image.clone(),
        timeout: config.image.timeout,
        ..Default::default()
    };
    assert_eq!(config, TaskConfig { image, ..TaskConfig::default() });
}

#[test]
fn options_that_contradict_each_other_are_told() {
    assert!(problem([("force_pull", true.into()), ("pull_policy", "never".into())]).contains("force_pull"));
    let both = [("network_mode", "host".into()), ("networks", Value::from(vec!["a"]))];
    assert!(problem(both).contains("networks: cannot be used together"));
}

#[test]
fn shared_memory_has_a_size_where_it_is_the_tasks_own() {
    let sized = |ipc: &'static str| decode([("shm_size", "1m".into()), ("ipc_mode", ipc.into())]);
    for ipc in ["", "private", "shareable"] {
        assert!(sized(ipc).is_ok(), "{ipc}");
    }
    for ipc in ["host", "none", "container:x", "task:db", "ns:/proc/1/ns/ipc"] {
        assert!(sized(ipc).unwrap_err().to_string().contains("shm_size: needs ipc_mode"), "{ipc}");
    }
}

#[test]
fn a_host_name_is_for_a_namespace_of_the_tasks_own() {
    let named = |uts: &'static str| decode([("hostname", "web".into()), ("uts_mode", uts.into())]);
    assert!(named("").is_ok() && named("private").is_ok());
    for uts in ["host", "ns:/proc/1/ns/uts"] {
        assert!(named(uts).unwrap_err().to_string().contains("hostname: needs uts_mode"), "{uts}");
    }
}

#[test]
fn a_volume_without_a_name_is_made_in_no_particular_way() {
    let mount = |name: &'static str, options: Value| {
        decode([(
            "mount",
            map([("target", "/a".into()), ("source", name.into()), ("volume_options", options)]),
        )])
    };
    let labels = || map([("labels", map([("a", "b".into())]))]);
    let driver = |name: &'static str| map([("driver_config", map([("name", name.into())]))]);
    assert!(
        mount("v", labels()).is_ok()
            && mount("v", driver("nfs")).is_ok()
            && mount("", driver("local")).is_ok()
    );
    for options in [labels(), driver("nfs")] {
        assert!(mount("", options).unwrap_err().to_string().contains("mount[0]: labels"));
    }
}

#[test]
fn an_empty_text_is_an_option_left_out() {
    let config = decode([("memory_swap", "".into()), ("userns", "".into()), ("socket", "".into())]);
    assert_eq!(config, decode([]));
    assert!(TaskConfig::decode(&map([("image", "".into())])).is_err());
}

#[test]
fn a_password_is_shown_nowhere() {
    let auth = map([("username", "ci".into()), ("password", "canary-77".into())]);
    let shown = format!("{:?}", decode([("auth", auth)]).unwrap());
    assert!(shown.contains("ci") && !shown.contains("canary"), "{shown}");
}

#[test]
fn entrypoint_and_healthcheck_take_a_text_or_a_list() {
    let config = decode([("entrypoint", "/bin/app".into())]).unwrap();
    assert_eq!(config.process.entrypoint, ["/bin/app"]);
    let check = |command: Value| {
        let config = decode([("healthcheck", map([("command", command)]))]).unwrap();
        config.process.healthcheck.command
    };
    assert_eq!(check("test -e /x".into()), Some(HealthCommand::Shell("test -e /x".to_owned())));
    let argv = HealthCommand::Program(vec!["true".to_owned()]);
    assert_eq!(check(Value::from(vec!["true"])), Some(argv));
}

#[test]
fn each_element_of_a_map_and_of_a_block_list_is_checked() {
    assert!(problem([("ulimit", map([("nofile", "many".into())]))]).contains("ulimit.nofile"));
    assert!(problem([("port_map", map([("db", 0.into())]))]).contains("port_map.db"));
    let mounts = Value::List(vec![map([("target", "/a".into())]), map([("target", "b".into())])]);
    assert!(problem([("mount", mounts)]).contains("mount[1].target"));
    let tmpfs = map([("type", "tmpfs".into()), ("target", "/a".into()), ("source", "x".into())]);
    assert!(problem([("mount", tmpfs)]).contains("a tmpfs has no source"));
}

#[test]
fn a_mount_is_a_volume_unless_it_says_otherwise() {
    let mount = map([("target", "/a".into()), ("source", "data".into())]);
    let config = decode([("mount", mount)]).unwrap();
    assert!(matches!(&config.storage.mount[0].source, MountSourceOption::Volume(v) if v.name == "data"));
}

#[test]
fn a_network_by_name_is_a_mode() {
    let config = decode([("network_mode", "backend".into())]).unwrap();
    assert_eq!(config.network.network_mode, Some(NetworkModeOption::Named("backend".to_owned())));
}
