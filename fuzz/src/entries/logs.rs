//! Output of tasks.

use super::pieces;
use nomad_driver_podman::adapters::podman::rest::frames::Frames;
use nomad_driver_podman::domain::log::{K8sFile, LogBatch};

/// A log of conmon in pieces gives the same output as in one.
pub fn k8s_log(bytes: &[u8]) {
    let Some((bytes, pieces)) = pieces(bytes) else { return };
    let whole = read(std::iter::once(bytes));
    assert_eq!(read(pieces), whole);
    assert!(whole.0.chunks.windows(2).all(|pair| pair[0].stream != pair[1].stream));
}

/// The output, with the number of lines that were no records.
fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (LogBatch, u64, usize) {
    let (mut split, mut batch) = (K8sFile::default(), LogBatch::default());
    pieces.for_each(|piece| split.feed(piece, &mut batch));
    (batch, split.garbage_lines(), split.held_bytes())
}

/// Frames of a hijacked stream in pieces give the same output as in one, and no more than what came.
pub fn log_frames(bytes: &[u8]) {
    let Some((bytes, pieces)) = pieces(bytes) else { return };
    let whole = unframed(std::iter::once(bytes));
    assert_eq!(unframed(pieces), whole);
    assert!(whole.0.chunks.iter().map(|chunk| chunk.bytes.len()).sum::<usize>() <= bytes.len());
}

/// The output, and whether it may end here.
fn unframed<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (LogBatch, bool) {
    let (mut frames, mut batch) = (Frames::default(), LogBatch::default());
    pieces.for_each(|piece| frames.feed(piece, &mut batch));
    (batch, frames.is_complete())
}
