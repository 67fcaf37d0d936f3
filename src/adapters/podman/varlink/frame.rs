//! Messages on the socket: one JSON object each, ended by a zero byte (varlink.org; Podman 1.9.3).

use bytes::{Buf, BytesMut};
use std::io;
use thiserror::Error;
use tokio_util::codec::Decoder;

/// Most bytes of a message. The log of a container comes in one, and a list of containers has about 1 KiB of each.
pub const MESSAGE_BYTES: usize = 32 << 20;

/// Why no message could be read.
#[derive(Debug, Error)]
pub enum BadFrame {
    /// The peer would fill our memory.
    #[error("a message of more than {0} bytes")]
    TooLong(usize),
    /// The connection ended within a message.
    #[error("the connection ended within a message")]
    Cut,
    /// The connection broke.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Takes messages apart, whatever the sizes of the pieces they arrive in. Holds back at most one, and not more of
/// it than its limit.
#[derive(Debug)]
pub struct Frames {
    limit: usize,
    /// Bytes of the buffer in which there is no end.
    searched: usize,
}

impl Frames {
    /// Messages of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit, searched: 0 }
    }
}

impl Default for Frames {
    fn default() -> Self {
        Self::new(MESSAGE_BYTES)
    }
}

impl Decoder for Frames {
    type Item = BytesMut;
    type Error = BadFrame;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<BytesMut>, BadFrame> {
        let fresh = buffer.get(self.searched..).unwrap_or_default();
        let end = fresh.iter().position(|byte| *byte == 0).map(|at| self.searched + at);
        if end.unwrap_or(buffer.len()) > self.limit {
            return Err(BadFrame::TooLong(self.limit));
        }
        let Some(end) = end else {
            self.searched = buffer.len();
            return Ok(None);
        };
        self.searched = 0;
        let message = buffer.split_to(end);
        buffer.advance(1);
        Ok(Some(message))
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<BytesMut>, BadFrame> {
        match self.decode(buffer)? {
            None if !buffer.is_empty() => Err(BadFrame::Cut),
            message => Ok(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(frames: &mut Frames, wire: &[u8], cut: usize) -> Result<Vec<Vec<u8>>, BadFrame> {
        let (mut buffer, mut messages) = (BytesMut::new(), Vec::new());
        for piece in wire.chunks(cut) {
            buffer.extend_from_slice(piece);
            while let Some(message) = frames.decode(&mut buffer)? {
                messages.push(message.to_vec());
            }
        }
        while let Some(message) = frames.decode_eof(&mut buffer)? {
            messages.push(message.to_vec());
        }
        Ok(messages)
    }

    proptest! {
        #[test]
        fn messages_survive_any_cutting(
            messages in prop::collection::vec(prop::collection::vec(1u8.., 0..60), 0..20),
            cut in 1usize..40,
        ) {
            let mut wire = messages.join(&0);
            if !messages.is_empty() {
                wire.push(0);
            }
            prop_assert_eq!(all(&mut Frames::default(), &wire, cut).unwrap(), messages);
        }
    }

    #[test]
    fn a_message_that_is_too_long_is_refused_before_its_end() {
        let mut frames = Frames::new(8);
        assert!(matches!(all(&mut frames, b"12345678\x00123456789", 3), Err(BadFrame::TooLong(8))));
        assert!(matches!(all(&mut Frames::new(8), b"123456789\0", 20), Err(BadFrame::TooLong(8))));
        assert_eq!(all(&mut Frames::new(8), b"12345678\0", 3).unwrap(), [b"12345678"]);
    }

    #[test]
    fn a_cut_message_is_an_error_and_an_end_between_two_is_none() {
        assert!(matches!(all(&mut Frames::default(), b"{}\0{", 9), Err(BadFrame::Cut)));
        assert_eq!(all(&mut Frames::default(), b"{}\0", 9).unwrap(), [b"{}"]);
    }
}
