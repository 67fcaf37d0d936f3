//! The bytes of a handle: JSON with a version, opaque to the host, stored in its database.

use crate::domain::task::handle::{HANDLE_VERSION, Handle};
use crate::domain::task::identity::{ContainerId, ContainerName};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why bytes are no handle of ours.
#[derive(Debug, Error)]
pub enum BadHandle {
    /// Not our JSON.
    #[error("the task's stored state cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Written by a later release; its container is not touched.
    #[error("the task's stored state has version {found}, this driver knows versions up to {HANDLE_VERSION}")]
    TooNew {
        /// Its version.
        found: u32,
    },
}

#[derive(Serialize, Deserialize)]
struct Version {
    version: u32,
}

#[derive(Serialize, Deserialize)]
struct V1 {
    version: u32,
    socket: String,
    container_id: String,
    container_name: String,
    /// Nanoseconds since the Unix epoch.
    started_at: Option<i64>,
}

/// Encodes a handle in today's layout.
///
/// # Errors
/// None in practice: the fields are text and numbers.
pub fn encode(handle: &Handle) -> Result<Vec<u8>, BadHandle> {
    Ok(serde_json::to_vec(&V1 {
        version: HANDLE_VERSION,
        socket: handle.socket.clone(),
        container_id: handle.container.as_str().to_owned(),
        container_name: handle.name.as_str().to_owned(),
        started_at: handle.started_at.map(Timestamp::unix_nanos),
    })?)
}

/// Decodes a handle of today's or an earlier layout.
///
/// # Errors
/// The bytes are no handle, or one of a later release.
pub fn decode(bytes: &[u8]) -> Result<Handle, BadHandle> {
    let Version { version } = serde_json::from_slice(bytes)?;
    if version > HANDLE_VERSION {
        return Err(BadHandle::TooNew { found: version });
    }
    let state: V1 = serde_json::from_slice(bytes)?;
    Ok(Handle {
        socket: state.socket,
        container: ContainerId::new(state.container_id),
        name: ContainerName::new(state.container_name),
        started_at: state.started_at.map(Timestamp::from_unix_nanos),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn handle() -> Handle {
        Handle {
            socket: "default".to_owned(),
            container: ContainerId::new("ab".repeat(32)),
            name: ContainerName::new("redis-6d3f"),
            started_at: Some(Timestamp::from_unix_nanos(1_700_000_000_000_000_001)),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(decode(&encode(&handle()).unwrap()).unwrap(), handle());
    }

    #[test]
    fn the_layout_is_the_one_on_disk() {
        let bytes =
            br#"{"version":1,"socket":"default","container_id":"c1","container_name":"n","started_at":null}"#;
        assert_eq!(decode(bytes).unwrap().container.as_str(), "c1");
    }

    #[test]
    fn a_later_layout_is_refused_by_its_version() {
        let error = decode(br#"{"version":2,"surprise":true}"#).unwrap_err();
        assert!(matches!(error, BadHandle::TooNew { found: 2 }), "{error}");
    }

    proptest! {
        #[test]
        fn garbage_is_an_error(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(decode(&bytes).is_err());
        }
    }
}
