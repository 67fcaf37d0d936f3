//! The bytes of a handle, opaque to the host, stored in its database: the Go driver's layout with our own state in
//! it, so that an operator can go back to that driver and its tasks live on. Releases before that wrote JSON.

use super::go_state::{GoState, field, parse};
use crate::domain::task::handle::{HANDLE_VERSION, Handle, Origin};
use crate::domain::task::identity::{ContainerId, ContainerName};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Key of our state in the map. The Go driver skips it.
const OURS: &str = "NomadDriverPodman";

/// Why bytes are no handle of ours.
#[derive(Debug, Error)]
pub enum BadHandle {
    /// Not our JSON.
    #[error("the task's stored state cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A state of no driver that we know.
    #[error("the task's stored state cannot be read: it names no container")]
    Nameless,
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

/// JSON, all there was.
#[derive(Serialize, Deserialize)]
struct V1 {
    version: u32,
    socket: String,
    container_id: String,
    container_name: String,
    /// Nanoseconds since the Unix epoch.
    started_at: Option<i64>,
}

/// JSON, under [`OURS`]: what the Go driver has no key for.
#[derive(Serialize, Deserialize)]
struct V2 {
    version: u32,
    container_name: String,
}

/// Encodes a handle in today's layout.
///
/// # Errors
/// None in practice: the fields are text and numbers.
pub fn encode(handle: &Handle) -> Result<Vec<u8>, BadHandle> {
    let name = handle.name.as_str().to_owned();
    let ours = serde_json::to_vec(&V2 { version: HANDLE_VERSION, container_name: name })?;
    let state = GoState {
        container: handle.container.as_str().to_owned(),
        started_at: handle.started_at,
        socket: handle.socket.clone(),
        // Our containers write to Podman's log, which the Go driver passes on if told so.
        streams_logs: true,
    };
    Ok(state.write(OURS, &ours))
}

/// Decodes a handle of today's or an earlier layout, or one of the Go driver.
///
/// # Errors
/// The bytes are no handle, or one of a later release.
pub fn decode(bytes: &[u8]) -> Result<Handle, BadHandle> {
    let Some(map) = parse(bytes) else { return decode_v1(bytes) };
    let (name, is_ours) = match field(&map, OURS).and_then(|ours| ours.as_str()) {
        Some(ours) => (decode_v2(ours)?.container_name, true),
        None => (String::new(), false),
    };
    let state = GoState::read(&map).ok_or(BadHandle::Nameless)?;
    let streams_logs = state.streams_logs;
    Ok(Handle {
        socket: state.socket,
        container: ContainerId::new(state.container),
        name: ContainerName::new(name),
        started_at: state.started_at,
        origin: if is_ours { Origin::Ours } else { Origin::GoDriver { streams_logs } },
    })
}

fn known_version(json: &[u8]) -> Result<(), BadHandle> {
    let Version { version } = serde_json::from_slice(json)?;
    if version > HANDLE_VERSION { Err(BadHandle::TooNew { found: version }) } else { Ok(()) }
}

fn decode_v2(json: &str) -> Result<V2, BadHandle> {
    known_version(json.as_bytes())?;
    Ok(serde_json::from_str(json)?)
}

fn decode_v1(bytes: &[u8]) -> Result<Handle, BadHandle> {
    known_version(bytes)?;
    let state: V1 = serde_json::from_slice(bytes)?;
    Ok(Handle {
        socket: state.socket,
        container: ContainerId::new(state.container_id),
        name: ContainerName::new(state.container_name),
        started_at: state.started_at.map(Timestamp::from_unix_nanos),
        origin: Origin::Ours,
    })
}

#[cfg(test)]
mod tests {
    use super::super::go_state::tests::{FROM_0_6_3, UP_TO_0_6_2, bytes};
    use super::*;
    use proptest::prelude::*;

    fn handle() -> Handle {
        Handle {
            socket: "default".to_owned(),
            container: ContainerId::new("ab".repeat(32)),
            name: ContainerName::new("redis-6d3f"),
            started_at: Some(Timestamp::from_unix_nanos(1_700_000_000_000_000_001)),
            origin: Origin::Ours,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(decode(&encode(&handle()).unwrap()).unwrap(), handle());
    }

    #[test]
    fn the_first_layout_is_read() {
        let bytes =
            br#"{"version":1,"socket":"default","container_id":"c1","container_name":"n","started_at":null}"#;
        let handle = decode(bytes).unwrap();
        assert_eq!((handle.container.as_str(), handle.origin), ("c1", Origin::Ours));
    }

    #[test]
    fn states_of_the_go_driver_are_known_as_its() {
        for state in [UP_TO_0_6_2, FROM_0_6_3] {
            let handle = decode(&bytes(state)).unwrap();
            assert_eq!(handle.container.as_str(), "abc");
            assert_eq!(handle.origin, Origin::GoDriver { streams_logs: false });
        }
    }

    #[test]
    fn a_later_layout_is_refused_by_its_version() {
        let json = br#"{"version":3,"surprise":true}"#;
        let state = GoState {
            container: "c1".to_owned(),
            started_at: None,
            socket: String::new(),
            streams_logs: true,
        };
        for bytes in [json.to_vec(), state.write(OURS, json)] {
            let error = decode(&bytes).unwrap_err();
            assert!(matches!(error, BadHandle::TooNew { found: 3 }), "{error}");
        }
    }

    #[test]
    fn a_map_that_names_no_container_is_no_handle() {
        for bytes in [&b"\x80"[..], b"\x81\xabContainerID\xa0", b"\x81\xabContainerID\x01"] {
            assert!(matches!(decode(bytes), Err(BadHandle::Nameless)));
        }
    }

    proptest! {
        #[test]
        fn garbage_is_an_error(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(decode(&bytes).is_err());
        }

        #[test]
        fn a_broken_state_of_either_driver_never_panics(at in 0usize..764, byte in any::<u8>()) {
            for mut state in [bytes(UP_TO_0_6_2), bytes(FROM_0_6_3), encode(&handle()).unwrap()] {
                let at = at % state.len();
                state[at] = byte;
                drop(decode(&state));
                drop(decode(&state[..at]));
            }
        }
    }
}
