use super::*;
use crate::domain::config::Value;

fn task(options: impl IntoIterator<Item = (&'static str, Value)>) -> TaskConfig {
    let mut config = Value::object([("image", "quay.io/team/app:1".into())]);
    if let Value::Map(map) = &mut config {
        map.extend(options.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    TaskConfig::decode(&config).unwrap()
}

fn plugin(options: impl IntoIterator<Item = (&'static str, Value)>) -> PluginConfig {
    PluginConfig::decode(&Value::object(options)).unwrap()
}

fn verdict(
    rule: (&'static str, Value),
    options: impl IntoIterator<Item = (&'static str, Value)>,
) -> Result<(), String> {
    check(&plugin([rule]).policy.rules("default"), &task(options), "default")
        .map_err(|found| found.to_string())
}

fn none() -> Value {
    Value::List(vec![])
}

fn annotation(name: &'static str) -> Value {
    Value::object([(name, Value::from("1"))])
}

fn mount(source: &'static str) -> Value {
    Value::object([("source", source), ("target", "/data")].map(|(name, text)| (name, Value::from(text))))
}

fn texts(texts: &[&str]) -> Value {
    Value::from(texts.to_vec())
}

#[test]
fn without_rules_everything_goes() {
    let everything = [
        ("privileged", true.into()),
        ("cap_add", texts(&["ALL"])),
        ("network_mode", "host".into()),
        ("devices", texts(&["/dev/mem"])),
        ("runtime", "kata".into()),
        ("image", "redis".into()),
        ("security_opt", texts(&["seccomp=unconfined", "label=type:spc_t"])),
        ("annotations", annotation("run.oci.keep_original_groups")),
        ("secrets", texts(&["db"])),
        ("volumes", texts(&["data:/data"])),
        ("volume_driver", "local".into()),
    ];
    assert_eq!(check(&PluginConfig::default().policy.rules("x"), &task(everything), "default"), Ok(()));
}

#[test]
fn each_rule_refuses_with_its_name() {
    let cases: Vec<(&str, Value, &str, Value)> = vec![
        ("allow_privileged", false.into(), "privileged", true.into()),
        ("allow_caps", texts(&["CHOWN"]), "cap_add", texts(&["net_admin"])),
        ("allow_host_namespaces", none(), "network_mode", "host".into()),
        ("allow_host_namespaces", texts(&["network"]), "pid_mode", "container:x".into()),
        ("allow_host_namespaces", none(), "ipc_mode", "ns:/proc/1/ns/ipc".into()),
        ("allow_host_namespaces", none(), "uts_mode", "host".into()),
        ("allow_host_namespaces", none(), "cgroupns", "host".into()),
        ("allow_host_namespaces", none(), "userns", "host".into()),
        ("allow_devices", texts(&["/dev/fuse"]), "devices", texts(&["/dev/mem"])),
        ("allow_devices", texts(&["/dev/dri/*"]), "devices", texts(&["/dev/dri/../mem"])),
        ("allow_devices", texts(&["nvidia.com/*"]), "devices", texts(&["intel.com/gpu=0"])),
        ("allow_runtimes", none(), "runtime", "crun".into()),
        ("allow_sockets", texts(&["rootless"]), "socket", "default".into()),
        ("allow_registries", texts(&["registry.internal"]), "image", "quay.io/x".into()),
        ("allow_registries", texts(&["*"]), "image", "redis".into()),
        ("allow_registries", texts(&["quay.io"]), "image", "oci-archive:x.tar".into()),
        ("allow_unconfined", false.into(), "security_opt", texts(&["seccomp=unconfined"])),
        ("allow_unconfined", false.into(), "selinux_opts", texts(&["disable"])),
        ("allow_unconfined", false.into(), "apparmor_profile", "unconfined".into()),
        ("allow_unconfined", false.into(), "selinux_opts", texts(&["type:spc_t"])),
        ("allow_unconfined", false.into(), "selinux_opts", texts(&["level:s0:c0.c1023"])),
        ("allow_unconfined", false.into(), "security_opt", texts(&["label=user:system_u"])),
        ("allow_unconfined", false.into(), "security_opt", texts(&["label=role:system_r"])),
        ("allow_unconfined", false.into(), "annotations", annotation("run.oci.keep_original_groups")),
        ("allow_unconfined", false.into(), "annotations", annotation("io.podman.annotations.userns")),
        ("allow_unconfined", false.into(), "annotations", annotation("org.systemd.property.X")),
        ("allow_annotations", none(), "annotations", annotation("org.example.team")),
        ("allow_annotations", texts(&["org.*"]), "annotations", annotation("run.oci.handler")),
        ("allow_secrets", none(), "secrets", texts(&["db,type=env,target=X"])),
        ("allow_secrets", texts(&["web-*"]), "secrets", texts(&["db"])),
        ("allow_volumes", none(), "mount", mount("data")),
        ("allow_volumes", texts(&["web-*"]), "mount", mount("data")),
    ];
    for (rule, allowed, option, value) in cases {
        let refused = verdict((rule, allowed), [(option, value)]).unwrap_err();
        assert!(refused.starts_with(&format!("{option}: refused by {rule}")), "{refused}");
    }
}

#[test]
fn what_a_rule_lists_goes() {
    let cases: Vec<(&str, Value, &str, Value)> = vec![
        ("allow_caps", texts(&["cap_net_admin"]), "cap_add", texts(&["NET_ADMIN"])),
        ("allow_caps", texts(&["ALL"]), "cap_add", texts(&["SYS_ADMIN"])),
        ("allow_host_namespaces", texts(&["network"]), "network_mode", "host".into()),
        ("allow_host_namespaces", none(), "pid_mode", "task:main".into()),
        ("allow_devices", texts(&["/dev/dri/*"]), "devices", texts(&["/dev/dri/card0"])),
        ("allow_runtimes", texts(&["crun"]), "runtime", "crun".into()),
        ("allow_registries", texts(&["quay.io"]), "image", "quay.io/team/app:1".into()),
        ("allow_registries", texts(&["quay.io/team/*"]), "image", "quay.io/team/app:1".into()),
        ("allow_registries", texts(&["archive"]), "image", "oci-archive:x.tar".into()),
        ("allow_unconfined", false.into(), "security_opt", texts(&["no-new-privileges"])),
        ("allow_unconfined", false.into(), "selinux_opts", texts(&["filetype:x_t"])),
        ("allow_unconfined", false.into(), "annotations", annotation("org.example.team")),
        ("allow_annotations", texts(&["org.example.*"]), "annotations", annotation("org.example.team")),
        ("allow_secrets", texts(&["web-*"]), "secrets", texts(&["web-db"])),
        ("allow_volumes", texts(&["web-*"]), "mount", mount("web-data")),
        ("allow_volumes", none(), "mount", mount("")),
        ("allow_volumes", none(), "volumes", texts(&["/data:/data"])),
    ];
    for (rule, allowed, option, value) in cases {
        assert_eq!(verdict((rule, allowed), [(option, value)]), Ok(()), "{rule} {option}");
    }
}

#[test]
fn all_violations_are_told() {
    let plugin = plugin([("allow_privileged", false.into()), ("allow_caps", none())]);
    let asked = task([("privileged", true.into()), ("cap_add", texts(&["CHOWN", "SYS_ADMIN"]))]);
    assert_eq!(check(&plugin.policy.rules(""), &asked, "default").unwrap_err().0.len(), 3);
}

#[test]
fn volumes_of_the_short_form_are_judged_by_their_names() {
    let rule = || ("allow_volumes", texts(&["web-*"]));
    let asked = |name: &'static str| [("volumes", texts(&[name])), ("volume_driver", "local".into())];
    assert!(
        verdict(rule(), asked("data:/data")).unwrap_err().starts_with("volumes: refused by allow_volumes")
    );
    assert_eq!(verdict(rule(), asked("web-data:/data")), Ok(()));
    assert_eq!(verdict(rule(), asked("./data:/data")), Ok(()));
}

#[test]
fn a_task_that_names_no_socket_is_judged_by_the_one_it_runs_on() {
    let rules = plugin([("allow_sockets", texts(&["rootless"]))]).policy.rules("");
    assert_eq!(check(&rules, &task([]), "rootless"), Ok(()));
    assert!(check(&rules, &task([]), "root").unwrap_err().to_string().contains("root (allowed: rootless)"));
    let named = |name: &'static str| [("name", name), ("socket_path", "/run/podman.sock")];
    let sockets = ["root", "rootless"]
        .map(|name| Value::object(named(name).map(|(option, text)| (option, Value::from(text)))));
    assert_eq!(plugin([("socket", Value::List(sockets.into()))]).default_socket_name(), "root");
}

#[test]
fn a_namespace_has_the_rules_of_its_first_block_over_those_of_the_node() {
    let block = |namespace: &str, rule: &str, value: Value| {
        Value::object([("namespace", Value::from(namespace)), (rule, value)])
    };
    let plugin = plugin([
        ("allow_privileged", false.into()),
        ("allow_runtimes", none()),
        (
            "policy",
            Value::List(vec![
                block("dev-*", "allow_privileged", true.into()),
                block("dev-x", "allow_runtimes", texts(&["kata"])),
            ]),
        ),
    ]);
    let rules = plugin.policy.rules("dev-x");
    assert_eq!((rules.privileged, rules.runtimes), (Some(true), Some(vec![])));
    assert_eq!(plugin.policy.rules("prod").privileged, Some(false));
}

#[test]
fn paths_may_lead_into_the_allocation_and_where_the_rule_says() {
    let alloc = Path::new("/alloc/1");
    let rule = |options: PluginConfig| PathRule::of(&options, &options.policy.rules(""));
    assert_eq!(rule(PluginConfig::default()), None);
    let listed = rule(plugin([("allow_host_paths", texts(&["/srv/data"]))])).unwrap();
    for (path, allowed) in [
        ("/alloc/1/web/local", true),
        ("/srv/data", true),
        ("/srv/data/x", true),
        ("/srv/database", false),
        ("/alloc/12", false),
        ("/", false),
    ] {
        assert_eq!(listed.allows(Path::new(path), alloc), allowed, "{path}");
    }
    let off = Value::object([("enabled", false.into())]);
    let off = rule(plugin([("volumes", off), ("allow_host_paths", texts(&["/srv"]))])).unwrap();
    assert_eq!((off.rule, off.allows(Path::new("/srv/x"), alloc)), ("volumes.enabled", false));
}

#[test]
fn a_profile_that_a_job_brings_along_confines_nothing() {
    let alloc = Path::new("/srv/alloc/1");
    let allows = |options: Vec<(&'static str, Value)>, path: &str| {
        let options = plugin(options);
        let rule = PathRule::of_profiles(&options, &options.policy.rules(""));
        rule.is_none_or(|rule| rule.allows(Path::new(path), alloc))
    };
    let confined = || ("allow_unconfined", Value::from(false));
    let (own, theirs) = ("/srv/alloc/1/web/local/s.json", "/srv/s.json");
    assert!(allows(vec![], own) && allows(vec![("allow_host_paths", texts(&["/etc"]))], own));
    assert!(!allows(vec![confined()], own) && !allows(vec![confined()], theirs));
    let listed = || vec![confined(), ("allow_host_paths", texts(&["/srv"]))];
    assert!(allows(listed(), theirs) && !allows(listed(), own));
    let off = ("volumes", Value::object([("enabled", Value::from(false))]));
    assert!(!allows([listed(), vec![off]].concat(), theirs));
}
