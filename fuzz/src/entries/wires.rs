//! What Podman and the host send.

use super::pieces;
use bytes::BytesMut;
use nomad_driver_podman::adapters::nomad::convert::state;
use nomad_driver_podman::adapters::podman::inspect::{Inspect, seen};
use nomad_driver_podman::adapters::podman::rest::{events, facts, pull, stats, wire};
use nomad_driver_podman::adapters::podman::varlink::frame::{BadFrame, Frames};
use nomad_driver_podman::domain::container::facts::ContainerState;
use std::sync::Mutex;
use tokio_util::codec::Decoder;

/// What the host stored of a task: what is read is written back the same.
pub fn handle(bytes: &[u8]) {
    let Ok(handle) = state::decode(bytes) else { return };
    let written = state::encode(&handle).unwrap();
    assert_eq!(state::decode(&written).unwrap(), handle);
}

/// Replies of Podman about containers, made into facts; events, counters and the lines of a pull.
pub fn rest_json(bytes: &[u8]) {
    if let Ok(inspect) = serde_json::from_slice::<Inspect>(bytes) {
        let seen = seen(inspect);
        // Never an exit of a container that did not end.
        assert!(seen.facts.exit_code.is_none() || seen.facts.state == ContainerState::Exited);
    }
    if let Ok(list) = serde_json::from_slice::<Vec<wire::Listed>>(bytes) {
        list.into_iter().for_each(|entry| drop(facts::listed(entry)));
    }
    if let Ok(report) = serde_json::from_slice::<wire::StatsReport>(bytes) {
        // Never a sample of a container that does not run.
        assert!(report.stats.iter().filter(|it| it.system_nano == 0).all(|it| stats::sample(it).is_none()));
    }
    for line in bytes.split(|byte| *byte == b'\n') {
        // An event of nobody would end nobody's wait.
        assert!(events::container(line).is_none_or(|id| !id.as_str().is_empty()));
    }
    pulled(bytes);
}

/// A pull comes to the same however its lines arrive.
fn pulled(bytes: &[u8]) {
    let read = |pieces: std::slice::Chunks<'_, u8>| {
        let told = Mutex::new(Vec::new());
        let progress = |line: &str| told.lock().unwrap().push(line.to_owned());
        let result = pull::read(pieces, &progress).map_err(|error| error.to_string());
        (result, told.into_inner().unwrap())
    };
    assert_eq!(read(bytes.chunks(7)), read(bytes.chunks(bytes.len().max(1))));
}

/// Small, so that inputs reach it.
const LIMIT: usize = 64;

/// The wire of Podman 1 in pieces gives the same messages as in one, each is what stood between two zero bytes, and a
/// message that is too long is refused in any pieces.
pub fn varlink_frame(bytes: &[u8]) {
    let Some((bytes, pieces)) = pieces(bytes) else { return };
    let expected = expected(bytes);
    assert_eq!(read(std::iter::once(bytes)), expected);
    assert_eq!(read(pieces), expected);
}

type Messages = (Vec<Vec<u8>>, Option<String>);

fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Messages {
    let (mut frames, mut buffer, mut messages) = (Frames::new(LIMIT), BytesMut::new(), Vec::new());
    let mut take = |frames: &mut Frames, buffer: &mut BytesMut, ended: bool| -> Result<(), BadFrame> {
        while let Some(message) = if ended { frames.decode_eof(buffer) } else { frames.decode(buffer) }? {
            messages.push(message.to_vec());
        }
        Ok(())
    };
    let read = || {
        for piece in pieces {
            buffer.extend_from_slice(piece);
            take(&mut frames, &mut buffer, false)?;
        }
        take(&mut frames, &mut buffer, true)
    };
    let end = read().err().map(|bad| bad.to_string());
    (messages, end)
}

/// The same, said otherwise.
fn expected(bytes: &[u8]) -> Messages {
    let mut parts: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    let rest = parts.pop().unwrap_or_default();
    let whole =
        parts.iter().take_while(|part| part.len() <= LIMIT).map(|part| part.to_vec()).collect::<Vec<_>>();
    let end = match rest.len() {
        _ if whole.len() < parts.len() => Some(BadFrame::TooLong(LIMIT)),
        0 => None,
        1..=LIMIT => Some(BadFrame::Cut),
        _ => Some(BadFrame::TooLong(LIMIT)),
    };
    (whole, end.map(|bad| bad.to_string()))
}
