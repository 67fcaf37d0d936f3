//! Name resolution: each list from the task's options, else the group's network block, else the plugin.

use crate::domain::config::PluginConfig;
use crate::domain::config::task::network::NetworkOptions;
use crate::domain::task::request::Dns;

/// `None` if nobody says anything.
pub fn dns(group: Option<&Dns>, options: &NetworkOptions, plugin: &PluginConfig) -> Option<Dns> {
    let node = Dns { servers: plugin.dns_servers.clone(), ..Dns::default() };
    let around = group.cloned().unwrap_or(node);
    let or = |own: &[String], other: Vec<String>| if own.is_empty() { other } else { own.to_vec() };
    let dns = Dns {
        servers: or(&options.dns_servers, around.servers),
        searches: or(&options.dns_search_domains, around.searches),
        options: or(&options.dns_options, around.options),
    };
    (dns != Dns::default()).then_some(dns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_counts() {
        let servers = |server: &str| Dns { servers: vec![server.to_owned()], ..Dns::default() };
        let plugin = PluginConfig { dns_servers: vec!["9.9.9.9".to_owned()], ..PluginConfig::default() };
        let mut options = NetworkOptions::default();
        assert_eq!(dns(None, &options, &PluginConfig::default()), None);
        assert_eq!(dns(None, &options, &plugin), Some(servers("9.9.9.9")));
        assert_eq!(dns(Some(&servers("1.1.1.1")), &options, &plugin), Some(servers("1.1.1.1")));
        options.dns_search_domains = vec!["x".to_owned()];
        let both = Dns { searches: vec!["x".to_owned()], ..servers("1.1.1.1") };
        assert_eq!(dns(Some(&servers("1.1.1.1")), &options, &plugin), Some(both));
    }
}
