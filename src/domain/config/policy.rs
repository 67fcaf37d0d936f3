//! The operator's rules, typed. What they forbid is `domain::policy`.

use super::grammar::{capability, glob};
use super::reader::Reader;
use super::value::Value;
use std::collections::BTreeMap;

/// Rules of a node or of some namespaces; `None` says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the option allow_<field>, documented in its row")]
pub struct Rules {
    pub privileged: Option<bool>,
    pub caps: Option<Vec<String>>,
    pub host_namespaces: Option<Vec<String>>,
    pub devices: Option<Vec<String>>,
    pub runtimes: Option<Vec<String>>,
    pub sockets: Option<Vec<String>>,
    pub registries: Option<Vec<String>>,
    pub host_paths: Option<Vec<String>>,
    pub volumes: Option<Vec<String>>,
    pub secrets: Option<Vec<String>>,
    pub annotations: Option<Vec<String>>,
    pub unconfined: Option<bool>,
}

impl Rules {
    /// Reads checked rules.
    pub fn read<K: Ord + std::borrow::Borrow<str>>(rules: Reader<'_, K>) -> Self {
        let caps = rules.given_texts("allow_caps");
        Self {
            privileged: rules.given_flag("allow_privileged"),
            caps: caps.map(|caps| caps.iter().filter_map(|cap| capability::parse(cap).ok()).collect()),
            host_namespaces: rules.given_texts("allow_host_namespaces"),
            devices: rules.given_texts("allow_devices"),
            runtimes: rules.given_texts("allow_runtimes"),
            sockets: rules.given_texts("allow_sockets"),
            registries: rules.given_texts("allow_registries"),
            host_paths: rules.given_texts("allow_host_paths"),
            volumes: rules.given_texts("allow_volumes"),
            secrets: rules.given_texts("allow_secrets"),
            annotations: rules.given_texts("allow_annotations"),
            unconfined: rules.given_flag("allow_unconfined"),
        }
    }

    /// These rules; what they do not say is as in `node`.
    fn over(self, node: &Self) -> Self {
        let node = node.clone();
        Self {
            privileged: self.privileged.or(node.privileged),
            caps: self.caps.or(node.caps),
            host_namespaces: self.host_namespaces.or(node.host_namespaces),
            devices: self.devices.or(node.devices),
            runtimes: self.runtimes.or(node.runtimes),
            sockets: self.sockets.or(node.sockets),
            registries: self.registries.or(node.registries),
            host_paths: self.host_paths.or(node.host_paths),
            volumes: self.volumes.or(node.volumes),
            secrets: self.secrets.or(node.secrets),
            annotations: self.annotations.or(node.annotations),
            unconfined: self.unconfined.or(node.unconfined),
        }
    }
}

/// All rules of a node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// For every task.
    pub node: Rules,
    /// Pattern of Nomad namespaces and the rules for them, in the order of the file.
    pub namespaces: Vec<(String, Rules)>,
}

impl Policy {
    /// Reads the checked plugin configuration.
    pub fn read(plugin: Reader<'_, &'static str>) -> Self {
        let block = |block: BTreeMap<String, Value>| {
            let reader = Reader(&block);
            (reader.text("namespace").unwrap_or_default(), Rules::read(reader))
        };
        Self {
            node: Rules::read(plugin),
            namespaces: plugin.blocks("policy").into_iter().map(block).collect(),
        }
    }

    /// The rules for tasks of `namespace`.
    pub fn rules(&self, namespace: &str) -> Rules {
        let own = self.namespaces.iter().find(|(pattern, _)| glob::matches(pattern, namespace));
        own.map_or_else(|| self.node.clone(), |(_, rules)| rules.clone().over(&self.node))
    }
}
