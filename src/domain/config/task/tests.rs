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
