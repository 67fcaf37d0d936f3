//! The service itself.

use super::client::{Ask, Podman};
use super::{refusal, wire};
use crate::adapters::podman::call::Call;
use crate::adapters::podman::linux::host;
use crate::domain::fingerprint::RuntimeFacts;
use crate::ports::{ErrorKind, RuntimeError};
use serde_json::json;
use std::path::Path;

/// What a service of ours speaks.
const INTERFACE: &str = "io.podman";

/// Before 1.6 a create takes other fields, and a wait of no interval ends the service. 1.6 to 1.8 were not tried.
const OLDEST: (u32, u32) = (1, 6);

fn is_too_old(version: &str) -> bool {
    let mut numbers = version.split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < OLDEST,
        _ => false,
    }
}

impl Podman {
    /// See [`crate::ports::ContainerRuntime::probe`]. The version costs 0.1 ms. Podman's own description costs 160
    /// ms, since it forks helpers, and has nothing of the host that the kernel does not tell: neither the version of
    /// control groups nor whether it is rootless (1.9.3).
    pub async fn probe(&self) -> Result<RuntimeFacts, RuntimeError> {
        let call = Call::new("probe Podman", "");
        let ask = Ask::query("org.varlink.service.GetInfo", json!({}));
        let service: wire::Service = self.ask(&call, &ask, refusal::usual).await?;
        if !service.interfaces.iter().any(|name| name == INTERFACE) {
            return Err(call.error(ErrorKind::Malformed, "what listens on this socket is not Podman"));
        }
        if is_too_old(&service.version) {
            let old = format!("Podman {} speaks another varlink; 1.9 is needed", service.version);
            return Err(call.error(ErrorKind::Unsupported, old));
        }
        let root = Path::new("/");
        Ok(RuntimeFacts {
            version: service.version,
            api: "varlink",
            cgroup_version: host::cgroup_version(root),
            rootless: self.owner().await.is_some_and(|user| user != 0),
            selinux: host::has_selinux(root),
            apparmor: host::has_apparmor(root),
            seccomp: host::has_seccomp(root),
            ..RuntimeFacts::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::tests::fake;
    use super::*;

    async fn probed(version: &str) -> Result<RuntimeFacts, ErrorKind> {
        let info = json!({ "version": version, "interfaces": ["org.varlink.service", INTERFACE] });
        let reply = format!("{}\0", json!({ "parameters": info })).into_bytes();
        fake(vec![reply]).podman.probe().await.map_err(|error| error.kind)
    }

    #[tokio::test]
    async fn what_is_older_than_the_interface_is_refused() {
        for version in ["1.9.3", "1.6.0-dev", "2.2.1", "unheard of"] {
            assert_eq!(probed(version).await.unwrap().version, version);
        }
        for version in ["1.5.1", "1.0.0", "0.12.1"] {
            assert_eq!(probed(version).await.unwrap_err(), ErrorKind::Unsupported, "{version}");
        }
    }
}
