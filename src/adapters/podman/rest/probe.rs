//! The service itself: a ping twice a minute, and its slow self-description once per life.

use super::client::{Ask, Podman};
use super::{refusal, wire};
use crate::adapters::podman::call::Call;
use crate::domain::fingerprint::RuntimeFacts;
use crate::ports::RuntimeError;
use std::sync::{Mutex, PoisonError};

/// The description of the service that answered last.
#[derive(Debug, Default)]
pub struct Described(Mutex<Option<(String, RuntimeFacts)>>);

impl Podman {
    /// See [`crate::ports::ContainerRuntime::probe`]. The ping costs 0.4 ms, the description 240 ms, since Podman
    /// forks helpers for it (libpod REST 4.3): it is asked for again only after the service was away.
    pub async fn probe(&self, described: &Described) -> Result<RuntimeFacts, RuntimeError> {
        let call = Call::new("probe Podman", "");
        let before = self.version();
        self.ping(&call).await?;
        let known = described.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some((version, facts)) if version == before && version == self.version() => Ok(facts),
            _ => {
                let facts = self.describe(&call).await?;
                let entry = Some((self.version(), facts.clone()));
                *described.0.lock().unwrap_or_else(PoisonError::into_inner) = entry;
                Ok(facts)
            }
        }
    }

    async fn describe(&self, call: &Call) -> Result<RuntimeFacts, RuntimeError> {
        let reply = self.ask(call, &Ask::get("/info".to_owned())).await?;
        if !reply.status.is_success() {
            return Err(refusal::error(call, &reply, refusal::by_cause));
        }
        Ok(facts(reply.json(call)?))
    }
}

fn facts(info: wire::Info) -> RuntimeFacts {
    let host = info.host;
    let security = host.security;
    RuntimeFacts {
        version: info.version.version,
        api: "rest",
        cgroup_version: if host.cgroup_version == "v2" { 2 } else { 1 },
        rootless: host.rootless || security.rootless,
        oci_runtime: host.oci_runtime.path,
        selinux: security.selinux_enabled,
        apparmor: security.apparmor_enabled,
        seccomp: security.seccomp_enabled,
        cgroup_manager: host.cgroup_manager,
        capabilities: security.capabilities,
        socket: host.remote_socket.path,
        cgroup_controllers: host.cgroup_controllers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_of_podman_4_3() {
        let info = r#"{"host":{"arch":"amd64","cgroupManager":"cgroupfs","cgroupVersion":"v1",
            "ociRuntime":{"name":"runc","path":"/usr/bin/runc","version":"runc version 1.1.5"},
            "security":{"apparmorEnabled":false,"capabilities":"CAP_KILL","rootless":false,"seccompEnabled":true,
            "selinuxEnabled":false}},"store":{},"registries":{},
            "version":{"APIVersion":"4.3.1","Version":"4.3.1","Built":0}}"#;
        let facts = facts(serde_json::from_str(info).unwrap());
        let expected = RuntimeFacts {
            version: "4.3.1".to_owned(),
            api: "rest",
            cgroup_version: 1,
            rootless: false,
            oci_runtime: "/usr/bin/runc".to_owned(),
            selinux: false,
            apparmor: false,
            seccomp: true,
            cgroup_manager: "cgroupfs".to_owned(),
            capabilities: "CAP_KILL".to_owned(),
            socket: String::new(),
            cgroup_controllers: None,
        };
        assert_eq!(facts, expected);
    }

    #[test]
    fn a_service_without_controllers_is_told_from_one_that_does_not_say() {
        let controllers = |host: &str| {
            let info = format!(r#"{{"host":{{"cgroupVersion":"v2","security":{{"rootless":true}}{host}}}}}"#);
            facts(serde_json::from_str(&info).unwrap()).cgroup_controllers
        };
        assert_eq!(controllers(""), None);
        assert_eq!(controllers(r#","cgroupControllers":null"#), Some(vec![]));
        assert_eq!(controllers(r#","cgroupControllers":["memory"]"#), Some(vec!["memory".to_owned()]));
    }
}
