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
