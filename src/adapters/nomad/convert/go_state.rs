//! The state that the Go driver stores for a task, read and written (its releases 0.0.1 to 0.6.5).
//!
//! It is a msgpack map of Go field names in an old dialect: texts have no 8-bit length, and a time is text that is
//! not UTF-8. Readers skip keys that they do not know, so a state in this layout with a key of ours in it serves
//! both drivers: an operator can go back.

use crate::domain::time::Timestamp;
use rmpv::Value;

/// Seconds from year 1, where Go's times begin, to the Unix epoch.
const EPOCH_SECONDS: i64 = 62_135_596_800;

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// How deep a state may nest; the deepest has six levels.
const DEPTH_MAX: usize = 32;

/// What both drivers mean the same by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoState {
    /// `ContainerID`.
    pub container: String,
    /// `StartedAt`; `None` for Go's zero time.
    pub started_at: Option<Timestamp>,
    /// `TaskConfig.socket`, from 0.6.3 on; else empty.
    pub socket: String,
    /// `LogStreamer`, from 0.4.0 on; else false.
    pub streams_logs: bool,
}

/// The only value in `bytes`, if it is a map.
pub fn parse(bytes: &[u8]) -> Option<Vec<(Value, Value)>> {
    let mut rest = bytes;
    match rmpv::decode::read_value_with_max_depth(&mut rest, DEPTH_MAX) {
        Ok(Value::Map(pairs)) if rest.is_empty() => Some(pairs),
        _ => None,
    }
}

/// The value of `key`.
pub fn field<'v>(map: &'v [(Value, Value)], key: &str) -> Option<&'v Value> {
    map.iter().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
}

impl GoState {
    /// Reads any of its layouts; `None` if no container is named.
    pub fn read(map: &[(Value, Value)]) -> Option<Self> {
        let container = field(map, "ContainerID")?.as_str().filter(|id| !id.is_empty())?;
        let config = field(map, "TaskConfig").and_then(Value::as_map);
        let socket = config.and_then(|config| field(config, "socket")).and_then(Value::as_str);
        Some(Self {
            container: container.to_owned(),
            started_at: field(map, "StartedAt").and_then(read_time),
            socket: socket.unwrap_or_default().to_owned(),
            streams_logs: field(map, "LogStreamer").and_then(Value::as_bool).unwrap_or(false),
        })
    }

    /// Writes the layout of 0.6.3 and later, and `ours` under a key of its own. Keys are sorted, as Go writes them.
    pub fn write(&self, key: &str, ours: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x86];
        text(&mut bytes, b"ContainerID");
        text(&mut bytes, self.container.as_bytes());
        text(&mut bytes, b"LogStreamer");
        bytes.push(if self.streams_logs { 0xc3 } else { 0xc2 });
        text(&mut bytes, b"Net");
        bytes.push(0xc0);
        text(&mut bytes, key.as_bytes());
        text(&mut bytes, ours);
        text(&mut bytes, b"StartedAt");
        text(&mut bytes, &write_time(self.started_at));
        text(&mut bytes, b"TaskConfig");
        bytes.push(0x81);
        text(&mut bytes, b"socket");
        text(&mut bytes, self.socket.as_bytes());
        bytes
    }
}

/// Text of at most 64 KiB, as the old dialect has it.
fn text(bytes: &mut Vec<u8>, text: &[u8]) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    match u8::try_from(length) {
        Ok(short) if short < 32 => bytes.push(0xa0 | short),
        _ => {
            bytes.push(0xda);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes.extend(&text[..usize::from(length)]);
}

/// Go's binary time: a version, seconds since year 1, nanoseconds, the zone (which changes nothing).
fn read_time(value: &Value) -> Option<Timestamp> {
    let bytes = match value {
        Value::String(text) => text.as_bytes(),
        Value::Binary(bytes) => bytes,
        _ => return None,
    };
    let (version, rest) = bytes.split_first()?;
    let (seconds, rest) = rest.split_first_chunk::<8>()?;
    let (nanos, _zone) = rest.split_first_chunk::<4>()?;
    let seconds = i64::from_be_bytes(*seconds).checked_sub(EPOCH_SECONDS)?;
    let nanos = seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(u32::from_be_bytes(*nanos).into())?;
    (matches!(version, 1 | 2) && nanos > 0).then(|| Timestamp::from_unix_nanos(nanos))
}

fn write_time(time: Option<Timestamp>) -> Vec<u8> {
    let (seconds, nanos) = time.map_or((0, 0), |time| {
        let nanos = time.unix_nanos();
        (EPOCH_SECONDS + nanos.div_euclid(NANOS_PER_SECOND), nanos.rem_euclid(NANOS_PER_SECOND))
    });
    let nanos = u32::try_from(nanos).unwrap_or(0);
    let utc = [0xff, 0xff];
    [&[1][..], &seconds.to_be_bytes(), &nanos.to_be_bytes(), &utc].concat()
}

#[cfg(test)]
#[path = "go_state_tests.rs"]
pub mod tests;
