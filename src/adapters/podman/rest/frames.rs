//! Frames of a hijacked stream without a terminal: one byte for the stream (1 output, 2 error), three zeros, the
//! payload's length in big endian, the payload (libpod REST 2.0 to 5, as Docker's).

use crate::domain::log::{LogBatch, Stream};

const HEADER_BYTES: usize = 8;
const STDERR: u8 = 2;

/// Takes frames apart, whatever the sizes of the pieces they arrive in. Holds back at most a header.
#[derive(Debug, Default)]
pub struct Frames {
    header: Vec<u8>,
    /// Of the payload of the frame begun.
    left: usize,
    stderr: bool,
}

impl Frames {
    /// Adds the payload in `bytes`, the next ones of the stream, to `out`.
    pub fn feed(&mut self, mut bytes: &[u8], out: &mut LogBatch) {
        while !bytes.is_empty() {
            if self.left == 0 {
                bytes = self.begin(bytes);
                continue;
            }
            let (payload, rest) = bytes.split_at(self.left.min(bytes.len()));
            out.push(if self.stderr { Stream::Stderr } else { Stream::Stdout }, payload);
            self.left -= payload.len();
            bytes = rest;
        }
    }

    /// Whether the stream may end here.
    pub fn is_complete(&self) -> bool {
        self.left == 0 && self.header.is_empty()
    }

    fn begin<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let missing = HEADER_BYTES - self.header.len();
        let (more, rest) = bytes.split_at(missing.min(bytes.len()));
        self.header.extend_from_slice(more);
        if let [stream, _, _, _, a, b, c, d] = *self.header.as_slice() {
            self.stderr = stream == STDERR;
            self.left = u32::from_be_bytes([a, b, c, d]) as usize;
            self.header.clear();
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn payloads_survive_any_cutting(
            frames in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..50)), 0..20),
            cut in 1usize..40,
        ) {
            let (mut wire, mut expected) = (Vec::new(), LogBatch::default());
            for (stderr, payload) in &frames {
                wire.extend([if *stderr { STDERR } else { 1 }, 0, 0, 0]);
                wire.extend(u32::try_from(payload.len()).unwrap().to_be_bytes());
                wire.extend(payload);
                if !payload.is_empty() {
                    expected.push(if *stderr { Stream::Stderr } else { Stream::Stdout }, payload);
                }
            }
            let (mut split, mut got) = (Frames::default(), LogBatch::default());
            for piece in wire.chunks(cut) {
                split.feed(piece, &mut got);
            }
            prop_assert_eq!(got, expected);
            prop_assert!(split.is_complete());
        }
    }

    #[test]
    fn a_cut_frame_is_incomplete() {
        let mut frames = Frames::default();
        frames.feed(&[1, 0, 0, 0, 0, 0, 0, 5, b'h'], &mut LogBatch::default());
        assert!(!frames.is_complete());
    }
}
