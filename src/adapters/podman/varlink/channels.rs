//! What an upgraded connection carries, in both directions: one byte for the channel, three zeros, the payload's
//! length in big endian, the payload (Podman 1.5 to 2.2).

use super::frame::BadFrame;
use crate::domain::container::exec::TerminalSize;
use bytes::{Buf, BytesMut};
use tokio_util::codec::Decoder;

const HEADER_BYTES: usize = 8;

const STDOUT: u8 = 0;
const STDIN: u8 = 1;
const STDERR: u8 = 2;
const RESIZE: u8 = 3;
const QUIT: u8 = 4;

/// Length of an exit code.
const CODE_BYTES: usize = 4;

/// Something that the service says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Output. Podman 1 merges both streams before it sends them, into one channel.
    Output(BytesMut),
    /// The command has ended with this code; nothing comes after it.
    Ended(i32),
    /// What no Podman says on this side.
    Nonsense(&'static str),
}

/// Takes the service's side apart. Output is passed on in the pieces it arrives in: nothing but a header is held.
#[derive(Debug, Default)]
pub struct Channels {
    /// Of the output begun.
    left: usize,
}

impl Decoder for Channels {
    type Item = Said;
    type Error = BadFrame;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Said>, BadFrame> {
        loop {
            if buffer.is_empty() {
                return Ok(None);
            }
            if self.left > 0 {
                let piece = buffer.split_to(self.left.min(buffer.len()));
                self.left -= piece.len();
                return Ok(Some(Said::Output(piece)));
            }
            let Some((channel, length)) = header(buffer) else { return Ok(None) };
            match channel {
                STDOUT | STDERR => {
                    buffer.advance(HEADER_BYTES);
                    self.left = length;
                }
                QUIT if length == CODE_BYTES => return Ok(code(buffer)),
                QUIT => return Ok(Some(Said::Nonsense("an exit code of a strange length"))),
                _ => return Ok(Some(Said::Nonsense("a channel that only a client has"))),
            }
        }
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<Said>, BadFrame> {
        match self.decode(buffer)? {
            None if self.left > 0 || !buffer.is_empty() => Err(BadFrame::Cut),
            said => Ok(said),
        }
    }
}

fn header(buffer: &[u8]) -> Option<(u8, usize)> {
    let [channel, _, _, _, a, b, c, d] = *buffer.get(..HEADER_BYTES)? else { return None };
    Some((channel, u32::from_be_bytes([a, b, c, d]) as usize))
}

fn code(buffer: &mut BytesMut) -> Option<Said> {
    let [a, b, c, d] = *buffer.get(HEADER_BYTES..HEADER_BYTES + CODE_BYTES)? else { return None };
    buffer.clear();
    Some(Said::Ended(u32::from_be_bytes([a, b, c, d]).cast_signed()))
}

/// A frame of standard input, or of several if the bytes do not fit into one.
pub fn stdin(bytes: &[u8]) -> Vec<u8> {
    let largest = u32::MAX as usize;
    bytes.chunks(largest).flat_map(|piece| frame(STDIN, piece)).collect()
}

/// The frame that tells the size of the terminal.
pub fn resize(size: TerminalSize) -> Vec<u8> {
    frame(RESIZE, format!(r#"{{"Width":{},"Height":{}}}"#, size.width, size.height).as_bytes())
}

fn frame(channel: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&[channel, 0, 0, 0], &length[..], payload].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(wire: &[u8], cut: usize) -> Result<(Vec<u8>, Vec<Said>), BadFrame> {
        let (mut channels, mut buffer) = (Channels::default(), BytesMut::new());
        let (mut output, mut rest) = (Vec::new(), Vec::new());
        let mut take = |said| match said {
            Said::Output(bytes) => output.extend_from_slice(&bytes),
            other => rest.push(other),
        };
        for piece in wire.chunks(cut) {
            buffer.extend_from_slice(piece);
            while let Some(said) = channels.decode(&mut buffer)? {
                take(said);
            }
        }
        while let Some(said) = channels.decode_eof(&mut buffer)? {
            take(said);
        }
        Ok((output, rest))
    }

    proptest! {
        #[test]
        fn output_and_code_survive_any_cutting(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..20),
            code in 0i32..256,
            cut in 1usize..40,
        ) {
            let mut wire: Vec<u8> = pieces.iter().flat_map(|piece| frame(STDOUT, piece)).collect();
            wire.extend(frame(QUIT, &code.to_be_bytes()));
            let (output, rest) = all(&wire, cut).unwrap();
            prop_assert_eq!(output, pieces.concat());
            prop_assert_eq!(rest, vec![Said::Ended(code)]);
        }
    }

    #[test]
    fn a_cut_frame_is_an_error() {
        assert!(matches!(all(&[0, 0, 0, 0, 0, 0, 0, 5, b'h'], 100), Err(BadFrame::Cut)));
        assert!(matches!(all(&[0, 0, 0, 0], 100), Err(BadFrame::Cut)));
        assert!(matches!(all(&[4, 0, 0, 0, 0, 0, 0, 4, 0], 100), Err(BadFrame::Cut)));
    }

    #[test]
    fn what_only_a_client_says_is_nonsense() {
        let mut buffer = BytesMut::from(&frame(STDIN, b"x")[..]);
        assert!(matches!(Channels::default().decode(&mut buffer), Ok(Some(Said::Nonsense(_)))));
    }

    #[test]
    fn what_we_say() {
        assert_eq!(stdin(b"hi"), [1, 0, 0, 0, 0, 0, 0, 2, b'h', b'i']);
        assert!(resize(TerminalSize { height: 24, width: 80 }).ends_with(br#"{"Width":80,"Height":24}"#));
    }
}
