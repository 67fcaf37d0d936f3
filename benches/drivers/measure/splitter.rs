//! Output on its way: how fast a log file is taken apart, on one core, in the pieces that it is read in.

use crate::args::Args;
use crate::board::Board;
use nomad_driver_podman::domain::log::{K8sFile, LogBatch, Stream};
use std::time::Instant;

/// Of a log file; well beyond the caches.
const FILE_BYTES: usize = 64 << 20;
/// One read.
const PIECE_BYTES: usize = 64 * 1024;
/// Length of a line, as programs write them.
const LINE_BYTES: usize = 100;

/// Of this repository only: it is a function call, built as this harness is.
pub fn all(args: &Args, board: &Board) {
    eprintln!("splitter ...");
    let file = file();
    for _ in 0..args.many(9, 1) {
        board.add(0, vec![("split", file.len() as f64 / 1e6 / take_apart(&file))]);
    }
}

fn file() -> Vec<u8> {
    let text = "x".repeat(LINE_BYTES);
    let line = |stream| format!("2026-11-23T19:53:33.513310562+00:00 {stream} F {text}\n");
    let pair = line("stdout") + &line("stderr");
    pair.repeat(FILE_BYTES / pair.len()).into_bytes()
}

/// Seconds.
fn take_apart(file: &[u8]) -> f64 {
    let (begun, mut split, mut bytes) = (Instant::now(), K8sFile::default(), 0);
    for piece in file.chunks(PIECE_BYTES) {
        let mut batch = LogBatch::default();
        split.feed(piece, &mut batch);
        bytes += batch.of(Stream::Stdout).len() + batch.of(Stream::Stderr).len();
    }
    assert_eq!(split.garbage_lines(), 0);
    assert!(bytes > file.len() / 2);
    begun.elapsed().as_secs_f64()
}
