//! The splitter gives back exactly what the task wrote, however the file's bytes arrive.

use super::*;
use proptest::prelude::*;

const TIME: &str = "2026-11-23T19:53:33.513310562+00:00";

fn joined(batch: &LogBatch, stream: Stream) -> Vec<u8> {
    batch.chunks.iter().filter(|chunk| chunk.stream == stream).flat_map(|chunk| chunk.bytes.clone()).collect()
}

#[test]
fn full_and_partial_records_of_both_streams() {
    let file =
        format!("{TIME} stdout F one\n{TIME} stderr P par\n{TIME} stderr F tial\n{TIME} stdout P end\n");
    let mut batch = LogBatch::default();
    K8sFile::default().feed(file.as_bytes(), &mut batch);
    assert_eq!(joined(&batch, Stream::Stdout), b"one\nend");
    assert_eq!(joined(&batch, Stream::Stderr), b"partial\n");
    assert_eq!(batch.chunks.len(), 3);
}

#[test]
fn garbage_is_counted_and_left_out() {
    let mut split = K8sFile::default();
    let mut batch = LogBatch::default();
    split.feed(b"garbage\n\n\xff\xfe\n", &mut batch);
    split.feed(format!("{TIME} stdout F ok\n{TIME} stdwhat F no\n").as_bytes(), &mut batch);
    assert_eq!(joined(&batch, Stream::Stdout), b"ok\n");
    assert_eq!(split.garbage_lines(), 4);
}

#[test]
fn a_line_without_end_takes_bounded_memory() {
    let mut split = K8sFile::default();
    let mut batch = LogBatch::default();
    for _ in 0..100 {
        split.feed(&[b'x'; 8192], &mut batch);
        assert!(split.held_bytes() <= LINE_BYTES + 8192);
    }
    split.feed(format!("tail\n{TIME} stdout F ok\n").as_bytes(), &mut batch);
    assert_eq!(joined(&batch, Stream::Stdout), b"ok\n");
}

/// One write of a task: stream, text without newline, whether a newline follows.
fn writes() -> impl Strategy<Value = Vec<(bool, Vec<u8>, bool)>> {
    let text = prop::collection::vec(any::<u8>().prop_filter("no newline", |byte| *byte != b'\n'), 0..40);
    prop::collection::vec((any::<bool>(), text, any::<bool>()), 0..20)
}

proptest! {
    #[test]
    fn bytes_survive_any_cutting(writes in writes(), cut in 1usize..50) {
        let (mut file, mut stdout, mut stderr) = (Vec::new(), Vec::new(), Vec::new());
        for (err, text, full) in &writes {
            let (name, stream) = if *err { ("stderr", &mut stderr) } else { ("stdout", &mut stdout) };
            file.extend_from_slice(format!("{TIME} {name} {} ", if *full { 'F' } else { 'P' }).as_bytes());
            file.extend_from_slice(text);
            file.push(b'\n');
            stream.extend_from_slice(text);
            if *full {
                stream.push(b'\n');
            }
        }
        let (mut split, mut batch) = (K8sFile::default(), LogBatch::default());
        for piece in file.chunks(cut) {
            split.feed(piece, &mut batch);
        }
        prop_assert_eq!(joined(&batch, Stream::Stdout), stdout);
        prop_assert_eq!(joined(&batch, Stream::Stderr), stderr);
        prop_assert_eq!(split.garbage_lines(), 0);
        prop_assert_eq!(split.held_bytes(), 0);
    }
}
