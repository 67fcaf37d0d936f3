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
    check(&plugin([rule]).policy.rules("default"), &task(options)).map_err(|found| found.to_string())
}

fn none() -> Value {
    Value::List(vec![])
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
        ("security_opt", texts(&["seccomp=unconfined"])),
    ];
    assert_eq!(check(&PluginConfig::default().policy.rules("x"), &task(everything)), Ok(()));
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
    ];
    for (rule, allowed, option, value) in cases {
        assert_eq!(verdict((rule, allowed), [(option, value)]), Ok(()), "{rule} {option}");
    }
}

#[test]
fn all_violations_are_told() {
    let plugin = plugin([("allow_privileged", false.into()), ("allow_caps", none())]);
    let asked = task([("privileged", true.into()), ("cap_add", texts(&["CHOWN", "SYS_ADMIN"]))]);
    assert_eq!(check(&plugin.policy.rules(""), &asked).unwrap_err().0.len(), 3);
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
    let rule = |options| PathRule::of(&options, &options.policy.rules(""));
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
