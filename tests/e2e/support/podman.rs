//! Podman's own view of a task's container, past the driver.

use super::http::Server;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// A container as Podman lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// Its id.
    pub id: String,
    /// Its first process; 0 if it does not run.
    pub pid: u64,
    /// `running`, `exited` and so on.
    pub state: String,
}

/// The containers of an allocation: their names end with its id.
pub fn containers(podman: &Server, alloc: &str) -> Result<Vec<Container>, String> {
    let filters = json!({ "name": [alloc] }).to_string();
    let filters = utf8_percent_encode(&filters, NON_ALPHANUMERIC);
    let path = format!("/v4.0.0/libpod/containers/json?all=true&filters={filters}");
    let listed = podman.json("GET", &path, "")?;
    Ok(listed.as_array().map(|all| all.iter().map(container).collect()).unwrap_or_default())
}

fn container(listed: &Value) -> Container {
    let text = |field: &str| listed[field].as_str().unwrap_or_default().to_owned();
    Container { id: text("Id"), pid: listed["Pid"].as_u64().unwrap_or_default(), state: text("State") }
}

/// Removes what a failed case has left.
pub fn remove(podman: &Server, alloc: &str) -> Result<(), String> {
    for container in containers(podman, alloc)? {
        let path = format!("/v4.0.0/libpod/containers/{}?force=true&timeout=0", container.id);
        podman.call("DELETE", &path, "")?;
    }
    Ok(())
}
