//! How far a task's output has got on its way to the host: exact to the byte, and small enough to be noted after
//! every write.

use super::log::{LogBatch, LogCursor, Stream};

/// Everything before `cursor` has been delivered, and of what follows it the first bytes of each stream. A later
/// driver that knows it goes on where this one was ended, whatever batches it is then given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogMark {
    /// After the last batch that was delivered as a whole.
    pub cursor: LogCursor,
    /// Bytes of standard output delivered beyond it.
    pub stdout: u64,
    /// Bytes of standard error delivered beyond it.
    pub stderr: u64,
}

impl LogMark {
    /// Must be called with each batch before it is delivered. What was delivered of a log that has been replaced
    /// or cut says nothing about what comes now.
    pub fn begin(&mut self, batch: &LogBatch) {
        if batch.dropped > 0 || batch.cursor.generation != self.cursor.generation {
            (self.stdout, self.stderr) = (0, 0);
        }
    }

    /// What of a stream's `bytes`, the first after the cursor, is still to be delivered.
    pub fn rest<'b>(&self, stream: Stream, bytes: &'b [u8]) -> &'b [u8] {
        let beyond = usize::try_from(self.beyond(stream)).unwrap_or(usize::MAX);
        bytes.get(beyond..).unwrap_or_default()
    }

    /// So many bytes more of a stream have been delivered.
    pub fn advance(&mut self, stream: Stream, bytes: usize) {
        match stream {
            Stream::Stdout => self.stdout += bytes as u64,
            Stream::Stderr => self.stderr += bytes as u64,
        }
    }

    /// The batch has been delivered as a whole: `stdout` and `stderr` bytes of it. An earlier driver may have
    /// got further, with batches that were cut elsewhere.
    pub fn finish(&mut self, cursor: LogCursor, stdout: usize, stderr: usize) {
        self.cursor = cursor;
        self.stdout = self.stdout.saturating_sub(stdout as u64);
        self.stderr = self.stderr.saturating_sub(stderr as u64);
    }

    fn beyond(&self, stream: Stream) -> u64 {
        match stream {
            Stream::Stdout => self.stdout,
            Stream::Stderr => self.stderr,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const AT: LogCursor = LogCursor { generation: 7, offset: 0 };

    /// The output of both streams, cut into batches of `cut` bytes from `from` on.
    fn batches(output: &[(Stream, u8)], from: usize, cut: usize) -> Vec<LogBatch> {
        let mut at = from;
        let batch = |piece: &[(Stream, u8)]| {
            let mut batch = LogBatch::default();
            piece.iter().for_each(|(stream, byte)| batch.push(*stream, &[*byte]));
            at += piece.len();
            batch.cursor = LogCursor { offset: at as u64, ..AT };
            batch
        };
        output[from..].chunks(cut).map(batch).collect()
    }

    /// Delivers in writes of three bytes until `budget` writes are made; the mark of the last one.
    fn deliver(
        mut mark: LogMark,
        batches: &[LogBatch],
        budget: &mut usize,
        got: &mut [Vec<u8>; 2],
    ) -> LogMark {
        for batch in batches {
            mark.begin(batch);
            for (at, stream) in [Stream::Stdout, Stream::Stderr].into_iter().enumerate() {
                let bytes = batch.of(stream);
                while !mark.rest(stream, &bytes).is_empty() {
                    if *budget == 0 {
                        return mark;
                    }
                    *budget -= 1;
                    let rest = mark.rest(stream, &bytes);
                    let piece = &rest[..rest.len().min(3)];
                    got[at].extend_from_slice(piece);
                    mark.advance(stream, piece.len());
                }
            }
            mark.finish(batch.cursor, batch.of(Stream::Stdout).len(), batch.of(Stream::Stderr).len());
        }
        mark
    }

    fn output() -> impl Strategy<Value = Vec<(Stream, u8)>> {
        let stream = prop::bool::ANY.prop_map(|err| if err { Stream::Stderr } else { Stream::Stdout });
        prop::collection::vec((stream, any::<u8>()), 1..200)
    }

    proptest! {
        #[test]
        fn whoever_goes_on_repeats_and_omits_nothing(
            output in output(),
            cuts in prop::collection::vec(1usize..60, 1..6),
            budgets in prop::collection::vec(0usize..30, 0..5),
        ) {
            let mut got = [Vec::new(), Vec::new()];
            let mut mark = LogMark { cursor: AT, ..LogMark::default() };
            for (at, mut budget) in budgets.into_iter().chain([usize::MAX]).enumerate() {
                let from = usize::try_from(mark.cursor.offset).unwrap();
                let batches = batches(&output, from, cuts[at % cuts.len()]);
                mark = deliver(mark, &batches, &mut budget, &mut got);
            }
            for (stream, got) in [Stream::Stdout, Stream::Stderr].into_iter().zip(got) {
                let all = output.iter().filter(|(of, _)| *of == stream).map(|(_, byte)| *byte);
                prop_assert_eq!(got, all.collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn another_log_is_delivered_from_its_first_byte() {
        let mut mark = LogMark { cursor: AT, stdout: 5, stderr: 1 };
        let cursor = LogCursor { generation: 8, offset: 9 };
        mark.begin(&LogBatch { cursor, ..LogBatch::default() });
        assert_eq!(mark.rest(Stream::Stdout, b"abc"), b"abc");
    }
}
