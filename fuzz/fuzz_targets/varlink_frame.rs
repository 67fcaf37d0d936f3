//! The wire of Podman 1 in pieces gives the same messages as in one, each is what stood between two zero bytes, and a
//! message that is too long is refused in any pieces.

#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use nomad_driver_podman::adapters::podman::varlink::frame::{BadFrame, Frames};
use tokio_util::codec::Decoder;

/// Small, so that inputs reach it.
const LIMIT: usize = 64;

fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Vec<u8>>, Option<String>) {
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
fn expected(bytes: &[u8]) -> (Vec<Vec<u8>>, Option<String>) {
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

fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = input;
    let expected = expected(bytes);
    assert_eq!(read(std::iter::once(bytes)), expected);
    assert_eq!(read(bytes.chunks(usize::from(size) + 1)), expected);
});
