//! The configuration of an agent that talks to nobody but itself.

use super::setup::Setup;
use std::net::TcpListener;
use std::path::Path;

/// Ports of one agent, all on the loopback.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    /// The API.
    pub http: u16,
    rpc: u16,
    serf: u16,
}

impl Ports {
    /// Three that are free now. All are held until the last is found, so they differ.
    pub fn free() -> Self {
        let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [http, rpc, serf] = listeners.each_ref().map(|held| held.local_addr().unwrap().port());
        Self { http, rpc, serf }
    }

    /// Name of the cgroup that the agent makes its own groups in.
    pub fn cgroup(self) -> String {
        format!("ndp-e2e-{}", self.http)
    }
}

/// Server and client in one, with the plugin of `dir/plugins`. No fingerprint asks a cloud for metadata and no
/// other service is looked for.
pub fn agent(setup: &Setup, dir: &Path, ports: Ports, socket: &Path) -> String {
    let (dir, socket) = (dir.display(), socket.display());
    let Ports { http, rpc, serf } = ports;
    // Older agents refuse what they do not know.
    let cgroup = format!("cgroup_parent = \"/{}\"", ports.cgroup());
    let cgroup = if setup.version >= (1, 2) { cgroup.as_str() } else { "" };
    format!(
        r#"
name = "e2e"
data_dir = "{dir}/data"
plugin_dir = "{dir}/plugins"
bind_addr = "127.0.0.1"
log_level = "DEBUG"
disable_update_check = true
disable_anonymous_signature = true
leave_on_interrupt = false
leave_on_terminate = false

ports {{
  http = {http}
  rpc = {rpc}
  serf = {serf}
}}
advertise {{
  http = "127.0.0.1"
  rpc = "127.0.0.1"
  serf = "127.0.0.1"
}}
server {{
  enabled = true
  bootstrap_expect = 1
}}
client {{
  enabled = true
  servers = ["127.0.0.1:{rpc}"]
  network_interface = "lo"
  cpu_total_compute = 8000
  {cgroup}
  options = {{
    "fingerprint.denylist" = "env_aws,env_azure,env_gce,env_digitalocean,consul,vault,bridge,cni"
    "driver.allowlist" = "podman"
  }}
}}
consul {{
  auto_advertise = false
  server_auto_join = false
  client_auto_join = false
}}
plugin "nomad-driver-podman" {{
  config {{
    socket_path = "unix://{socket}"
    recover_stopped = false
    gc {{
      container = true
    }}
    volumes {{
      enabled = true
    }}
  }}
}}
"#
    )
}
