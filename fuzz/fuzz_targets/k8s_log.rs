//! A log of conmon in pieces gives the same output as in one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman::domain::log::{K8sFile, LogBatch};

/// The output, with the number of lines that were no records.
fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (LogBatch, u64, usize) {
    let (mut split, mut batch) = (K8sFile::default(), LogBatch::default());
    pieces.for_each(|piece| split.feed(piece, &mut batch));
    (batch, split.garbage_lines(), split.held_bytes())
}

fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = input;
    let whole = read(std::iter::once(bytes));
    assert_eq!(read(bytes.chunks(usize::from(size) + 1)), whole);
    assert!(whole.0.chunks.windows(2).all(|pair| pair[0].stream != pair[1].stream));
});
