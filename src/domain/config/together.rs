//! Options that are right alone and do nothing together. Warnings: the driver starts such a task.

use super::grammar::network_mode::{self, NetworkModeOption};
use super::problem::Problem;
use super::task::logging::MAX_SIZE;
use super::value::Value;
use std::collections::BTreeMap;

/// What is known about the task beside its `config` block.
#[derive(Debug, Clone, Copy, Default)]
pub struct Around {
    /// The group's network block makes a network namespace (`bridge`, `cni/…`).
    pub group_namespace: bool,
}

/// The options of a raw `config` block that have no effect.
pub fn without_effect(config: &Value, around: Around) -> Vec<Problem> {
    let Value::Map(map) = config else { return vec![] };
    let given = Given(map);
    let mut found = network(given, around);
    found.extend(needs(given, "init_path", "init"));
    found.extend(needs(given, "cpu_cfs_period", "cpu_hard_limit"));
    if given.is_true("privileged") && given.has("cap_add") {
        found.push(Problem::new("cap_add", "has no effect: a privileged task has all capabilities"));
    }
    found.extend(archive(given));
    found.extend(logging(given));
    found.extend(mounts(given));
    found
}

/// An archive names its image itself.
fn archive(given: Given<'_>) -> Option<Problem> {
    let Some(Value::Text(text)) = given.0.get("image") else { return None };
    let archive =
        ["oci-archive:", "docker-archive:"].into_iter().find_map(|kind| text.trim().strip_prefix(kind))?;
    let (_, behind) = archive.split_once(':').filter(|(_, behind)| !behind.starts_with("//"))?;
    Some(Problem::new("image", format!("{behind} has no effect: the archive names its image itself")))
}

/// Podman passes two options of its log drivers on and says nothing of others.
fn logging(given: Given<'_>) -> Vec<Problem> {
    let (blocks, mut found) = (given.blocks("logging"), vec![]);
    for block in &blocks {
        let journal = block.0.get("driver") == Some(&"journald".into());
        let options = block.blocks("options");
        let names = options.iter().flat_map(|options| options.0.keys());
        found.extend(names.filter_map(|name| {
            let reason = match name.as_str() {
                "tag" => return None,
                MAX_SIZE if !journal => return None,
                MAX_SIZE => "has no effect: the journal has a size of its own",
                _ => "has no effect: Podman's log drivers take tag and max-size",
            };
            Some(Problem::new(format!("logging.options.{name}"), reason))
        }));
    }
    found
}

/// Options of another type than the mount is.
fn mounts(given: Given<'_>) -> Vec<Problem> {
    let mut found = vec![];
    for (at, mount) in given.blocks("mount").iter().enumerate() {
        let kind = match mount.0.get("type") {
            None | Some(Value::Null) => "volume",
            Some(Value::Text(kind)) => kind.as_str(),
            Some(_) => continue,
        };
        let others = ["bind", "volume", "tmpfs"].into_iter().filter(|other| *other != kind);
        let others = others.map(|other| format!("{other}_options")).filter(|option| mount.has(option));
        let reason = format!("has no effect on a mount of type {kind}");
        found.extend(others.map(|option| Problem::new(format!("mount[{at}].{option}"), reason.clone())));
    }
    found
}

static NONE: BTreeMap<String, Value> = BTreeMap::new();

#[derive(Clone, Copy)]
struct Given<'a>(&'a BTreeMap<String, Value>);

impl<'a> Given<'a> {
    /// Given, and not as what is as good as nothing.
    fn has(self, name: &str) -> bool {
        match self.0.get(name) {
            None | Some(Value::Null) => false,
            Some(Value::Text(text)) => !text.is_empty(),
            Some(Value::List(items)) => !items.is_empty(),
            Some(Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Map(_) | Value::Unknown) => true,
        }
    }

    fn is_true(self, name: &str) -> bool {
        self.0.get(name) == Some(&Value::Bool(true))
    }

    /// What is not known may be true.
    fn is_false(self, name: &str) -> bool {
        matches!(self.0.get(name), None | Some(Value::Null | Value::Bool(false)))
    }

    /// The blocks of a name, as hosts send them: one alone, or a list.
    fn blocks(self, name: &str) -> Vec<Given<'a>> {
        let blocks = match self.0.get(name) {
            Some(Value::List(blocks)) => blocks.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        // What is none still counts, or the next would be taken for the one before it.
        let none = &NONE;
        blocks
            .iter()
            .map(|block| if let Value::Map(map) = block { Given(map) } else { Given(none) })
            .collect()
    }

    fn network_mode(self) -> Option<NetworkModeOption> {
        match self.0.get("network_mode") {
            Some(Value::Text(text)) => network_mode::parse(text).ok(),
            _ => None,
        }
    }
}

/// `option` is only used where `switch` is on.
fn needs(given: Given<'_>, option: &str, switch: &str) -> Option<Problem> {
    let idle = given.has(option) && given.is_false(switch);
    idle.then(|| Problem::new(option, format!("has no effect without {switch} = true")))
}

fn network(given: Given<'_>, around: Around) -> Vec<Problem> {
    if around.group_namespace {
        let options =
            ["network_mode", "networks", "network_aliases", "ipv4_address", "ipv6_address", "static_ips"];
        let options = options.into_iter().chain(["static_mac"]).filter(|option| given.has(option));
        let reason = "has no effect: the task joins the network namespace of its group";
        return options.map(|option| Problem::new(option, reason)).collect();
    }
    let mut found = unresolved(given);
    let why = match given.network_mode() {
        Some(NetworkModeOption::Host) => "the host's network needs no publishing",
        Some(NetworkModeOption::None) => "network_mode none has no network to publish from",
        Some(NetworkModeOption::Container(_) | NetworkModeOption::Task(_) | NetworkModeOption::Path(_)) => {
            "ports are published by whoever made the joined network"
        }
        _ => return found,
    };
    let idle = ["ports", "port_map"].into_iter().filter(|option| given.has(option));
    found.extend(idle.map(|option| Problem::new(option, format!("has no effect: {why}"))));
    found
}

/// Podman (4.3, 5.4) writes no resolv.conf without a network, and shares that of a container whose network is joined.
fn unresolved(given: Given<'_>) -> Vec<Problem> {
    let why = match given.network_mode() {
        Some(NetworkModeOption::None) => "network_mode none has nobody to ask",
        Some(NetworkModeOption::Container(_) | NetworkModeOption::Task(_)) => {
            "names are resolved as in the container whose network is joined"
        }
        _ => return vec![],
    };
    let idle =
        ["dns_servers", "dns_search_domains", "dns_options"].into_iter().filter(|option| given.has(option));
    idle.map(|option| Problem::new(option, format!("has no effect: {why}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pairs: &[(&str, Value)], group_namespace: bool) -> Vec<String> {
        let problems = without_effect(&Value::object(pairs.to_vec()), Around { group_namespace });
        problems.into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn what_does_nothing_is_told() {
        let ports = || ("ports", Value::from(vec!["http"]));
        assert_eq!(found(&[("network_mode", "none".into()), ports()], false), ["ports"]);
        assert_eq!(found(&[("network_mode", "bridge".into()), ports()], true), ["network_mode"]);
        assert_eq!(found(&[("init_path", "/init".into())], false), ["init_path"]);
        assert_eq!(found(&[("cpu_cfs_period", 1000.into())], false), ["cpu_cfs_period"]);
        let dns = || ("dns_servers", Value::from(vec!["10.0.0.2"]));
        for mode in ["none", "task:db", "container:x"] {
            assert_eq!(found(&[("network_mode", mode.into()), dns()], false), ["dns_servers"], "{mode}");
        }
        for mode in ["host", "ns:/run/netns/x", "back"] {
            assert_eq!(found(&[("network_mode", mode.into()), dns()], false), [""; 0], "{mode}");
        }
    }

    #[test]
    fn a_name_behind_the_path_of_an_archive_is_told() {
        assert_eq!(found(&[("image", "oci-archive:local/a.tar:app:1".into())], false), ["image"]);
        for image in ["oci-archive:local/a.tar", "docker-archive:https://x/y.tar", "quay.io:5000/a:1"] {
            assert_eq!(found(&[("image", image.into())], false), [""; 0], "{image}");
        }
    }

    #[test]
    fn options_of_a_log_driver_that_podman_does_not_pass_on_are_told() {
        let logging = |driver: &str| {
            let options =
                Value::object(["tag", "max-size", "max-file"].map(|name| (name, Value::from("1m"))));
            let block = Value::object([("driver", driver.into()), ("options", Value::List(vec![options]))]);
            found(&[("logging", Value::List(vec![block]))], false)
        };
        assert_eq!(logging("nomad"), ["logging.options.max-file"]);
        assert_eq!(logging("journald"), ["logging.options.max-file", "logging.options.max-size"]);
    }

    #[test]
    fn options_of_another_type_of_mount_are_told() {
        let mount = |kind: Value| {
            let options =
                ["bind_options", "volume_options", "tmpfs_options"].map(|name| (name, Value::empty()));
            Value::object(options.into_iter().chain([("type", kind), ("target", "/a".into())]))
        };
        let told = |kind: Value| found(&[("mount", Value::List(vec![Value::Unknown, mount(kind)]))], false);
        assert_eq!(told("tmpfs".into()), ["mount[1].bind_options", "mount[1].volume_options"]);
        assert_eq!(told(Value::Null), ["mount[1].bind_options", "mount[1].tmpfs_options"]);
        assert_eq!(told(Value::Unknown), [""; 0]);
    }

    #[test]
    fn what_does_something_or_is_unknown_is_not() {
        let ports = || ("ports", Value::from(vec!["http"]));
        assert_eq!(found(&[("network_mode", "bridge".into()), ports()], false), [""; 0]);
        assert_eq!(found(&[("network_mode", Value::Unknown), ports()], false), [""; 0]);
        assert_eq!(found(&[("init_path", "/init".into()), ("init", Value::Unknown)], false), [""; 0]);
        assert_eq!(found(&[("init_path", "/init".into()), ("init", true.into())], false), [""; 0]);
    }
}
