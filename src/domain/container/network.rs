//! The network namespace of a task, its networks and its hosts file.

use super::spec::Network;
use super::translate::Node;
use crate::domain::config::grammar::network_mode::NetworkModeOption;
use crate::domain::config::grammar::networks::Attachment;
use crate::domain::config::task::network::NetworkOptions;
use crate::domain::config::{Problem, Problems};
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::task::TaskRequest;
use crate::domain::task::identity::ContainerName;

/// Podman's name for the network of its default bridge, whatever containers.conf calls it.
const DEFAULT_NETWORK: &str = "default";

/// A namespace that the host passes in wins; then the options; then the operator's default for rootless
/// Podman; then the runtime's usual one.
pub fn network(
    task: &TaskRequest,
    options: &NetworkOptions,
    node: Node<'_>,
    problems: &mut Problems,
) -> Network {
    if let Some(namespace) = &task.network {
        return Network::Path(namespace.path.clone());
    }
    let rootless = node.plugin.default_rootless_mode.as_ref().filter(|_| node.runtime.rootless);
    let network = match options.network_mode.as_ref().or(rootless) {
        _ if !options.networks.is_empty() => Network::Networks(options.networks.clone()),
        Some(mode) => of_mode(task, mode),
        None => default_network(node.runtime),
    };
    addressed(network, options, problems)
}

fn of_mode(task: &TaskRequest, mode: &NetworkModeOption) -> Network {
    match mode {
        NetworkModeOption::Bridge => Network::Bridge,
        NetworkModeOption::Host => Network::Host,
        NetworkModeOption::None => Network::None,
        NetworkModeOption::Slirp4netns(options) => Network::Slirp4netns(options.clone()),
        NetworkModeOption::Pasta(options) => Network::Pasta(options.clone()),
        NetworkModeOption::Container(id) => Network::Container(id.clone()),
        NetworkModeOption::Task(name) => {
            Network::Container(ContainerName::of_task(name, &task.meta.alloc_id).as_str().to_owned())
        }
        NetworkModeOption::Path(path) => Network::Path(path.clone()),
        NetworkModeOption::Named(name) => Network::Networks(vec![named(name)]),
    }
}

fn named(name: &str) -> Attachment {
    Attachment { name: name.to_owned(), ..Attachment::default() }
}

/// What Podman itself would choose: rootless ones cannot make a bridge of the host; 5.0 moved to pasta.
fn default_network(runtime: &RuntimeFacts) -> Network {
    match (runtime.rootless, runtime.major()) {
        (false, _) => Network::Bridge,
        (true, 5..) => Network::Pasta(String::new()),
        (true, _) => Network::Slirp4netns(String::new()),
    }
}

/// Static addresses for the first network, aliases for all. Where there is no network of Podman they would be
/// lost, so they are refused.
fn addressed(network: Network, options: &NetworkOptions, problems: &mut Problems) -> Network {
    let addressed = !options.static_ips.is_empty() || options.static_mac.is_some();
    let aliased = !options.network_aliases.is_empty();
    let mut networks = match network {
        Network::Networks(networks) => networks,
        Network::Bridge if aliased || addressed => vec![named(DEFAULT_NETWORK)],
        other => {
            problems.0.extend(without_network(&other, options));
            return other;
        }
    };
    for network in &mut networks {
        network.aliases.extend(options.network_aliases.iter().cloned());
    }
    if let Some(first) = networks.first_mut() {
        first.ips.extend(&options.static_ips);
        first.mac = options.static_mac.clone().or(first.mac.take());
    }
    Network::Networks(networks)
}

fn without_network(network: &Network, options: &NetworkOptions) -> Vec<Problem> {
    if *network == Network::Bridge {
        return vec![];
    }
    let given = [
        ("static_ips", !options.static_ips.is_empty()),
        ("static_mac", options.static_mac.is_some()),
        ("network_aliases", !options.network_aliases.is_empty()),
    ];
    let problem = |option| Problem::new(option, "needs network_mode bridge or a network of Podman");
    given.into_iter().filter(|(_, given)| *given).map(|(option, _)| problem(option)).collect()
}

/// Lines for `/etc/hosts`: the host's for its namespace, then the task's. A joined container brings its own
/// file.
pub fn hosts(
    task: &TaskRequest,
    options: &NetworkOptions,
    network: &Network,
) -> Result<Vec<(String, String)>, Problem> {
    if matches!(network, Network::Container(_)) && !options.extra_hosts.is_empty() {
        let reason = "cannot be used in the network of another container, whose hosts file is shared";
        return Err(Problem::new("extra_hosts", reason));
    }
    let group = task.network.iter().flat_map(|namespace| namespace.hosts.clone());
    Ok(group.chain(options.extra_hosts.iter().cloned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::PluginConfig;
    use crate::domain::container::translate_tests::task;

    fn of(options: &NetworkOptions, rootless: bool) -> Result<Network, Problems> {
        let runtime = RuntimeFacts { rootless, version: "4.9.4".to_owned(), ..RuntimeFacts::default() };
        let plugin = PluginConfig {
            default_rootless_mode: Some(NetworkModeOption::Named("team".to_owned())),
            ..PluginConfig::default()
        };
        let mut problems = Problems::default();
        let node = Node { plugin: &plugin, runtime: &runtime, cores: 1 };
        let network = network(&task(), options, node, &mut problems);
        problems.or(network)
    }

    #[test]
    fn the_operators_default_is_for_rootless_only() {
        let options = NetworkOptions::default();
        assert_eq!(of(&options, false), Ok(Network::Bridge));
        assert_eq!(of(&options, true), Ok(Network::Networks(vec![named("team")])));
        let host = NetworkOptions { network_mode: Some(NetworkModeOption::Host), ..options };
        assert_eq!(of(&host, true), Ok(Network::Host));
    }

    #[test]
    fn static_addresses_turn_the_bridge_into_a_network_and_need_one() {
        let ip = "10.88.0.9".parse().unwrap();
        let options = NetworkOptions { static_ips: vec![ip], ..NetworkOptions::default() };
        let wanted = Attachment { ips: vec![ip], ..named("default") };
        assert_eq!(of(&options, false), Ok(Network::Networks(vec![wanted])));
        let host = NetworkOptions { network_mode: Some(NetworkModeOption::Host), ..options };
        assert!(of(&host, false).unwrap_err().to_string().contains("static_ips"));
    }

    #[test]
    fn aliases_are_for_all_networks_and_addresses_for_the_first() {
        let options = NetworkOptions {
            networks: vec![named("a"), named("b")],
            network_aliases: vec!["db".to_owned()],
            static_mac: Some("92:d0:c6:0a:29:33".to_owned()),
            ..NetworkOptions::default()
        };
        let Ok(Network::Networks(networks)) = of(&options, false) else { panic!("no networks") };
        assert!(networks.iter().all(|network| network.aliases == ["db"]));
        assert!(networks[0].mac.is_some() && networks[1].mac.is_none());
    }

    #[test]
    fn hosts_cannot_be_added_to_a_file_that_is_shared() {
        let hosts_of = |network| {
            let entry = ("10.0.0.5".to_owned(), "db".to_owned());
            let options = NetworkOptions { extra_hosts: vec![entry], ..NetworkOptions::default() };
            hosts(&task(), &options, &network)
        };
        assert_eq!(hosts_of(Network::Host).unwrap().len(), 1);
        assert!(hosts_of(Network::Container("x".to_owned())).is_err());
    }
}
