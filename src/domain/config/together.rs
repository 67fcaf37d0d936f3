//! Options that are right alone and do nothing together. Warnings: the driver starts such a task.

use super::grammar::network_mode::{self, NetworkModeOption};
use super::problem::Problem;
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
    found
}

#[derive(Clone, Copy)]
struct Given<'a>(&'a BTreeMap<String, Value>);

impl Given<'_> {
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
    let why = match given.network_mode() {
        Some(NetworkModeOption::Host) => "the host's network needs no publishing",
        Some(NetworkModeOption::None) => "network_mode none has no network to publish from",
        Some(NetworkModeOption::Container(_) | NetworkModeOption::Task(_) | NetworkModeOption::Path(_)) => {
            "ports are published by whoever made the joined network"
        }
        _ => return vec![],
    };
    let idle = ["ports", "port_map"].into_iter().filter(|option| given.has(option));
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
