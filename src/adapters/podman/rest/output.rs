//! A container's output as the service tells it: `GET /containers/{n}/logs`, for where its file cannot be read.
//!
//! Frames as in [`super::frames`], one per line or part of a line, on terminals too, each beginning with a time of whole
//! seconds and a space (libpod REST 4.3). Before 4.0 the newlines are left out and parts are glued together: bytes are
//! exact from there on only.

use super::client::{Ask, Podman};
use super::containers::{escape, path};
use crate::adapters::podman::call::Call;
use crate::adapters::podman::observe::seen::instant;
use crate::adapters::podman::observe::{Line, Wanted};
use crate::domain::last_words::LAST_WORDS_BYTES;
use crate::domain::log::Stream;
use crate::domain::task::identity::ContainerId;
use crate::ports::{ErrorKind, RuntimeError};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const HEADER_BYTES: usize = 8;
const STDERR: u8 = 2;
const NANOS: i64 = 1_000_000_000;

/// Longest frame that is waited for. Those of files have at most 8 KiB, a line of a journal may be longer.
const FRAME_BYTES: usize = 1 << 20;

/// From this version on a line comes with its newline.
const ENDS_LINES: u32 = 4;

/// Lines as they come; an error is the last item.
pub async fn output(
    podman: &Podman,
    call: &Call,
    id: &ContainerId,
    wanted: Wanted,
) -> Result<BoxStream<'static, Result<Vec<Line>, RuntimeError>>, RuntimeError> {
    let ends_lines = podman.major(call).await? >= ENDS_LINES;
    // The head of a reply about a silent container comes with its first line.
    let ask = Ask::get(format!("{}/logs?{}", path(id.as_str()), query(wanted))).unbounded();
    let body = podman.open(call, &ask).await?.into_body();
    let reader = Reader { call: call.clone(), body, pending: Vec::new(), ends_lines };
    let step = |mut reader: Reader| async move {
        let lines = reader.next().await.transpose()?;
        let more = lines.is_ok().then_some(reader);
        Some((lines, more))
    };
    Ok(stream::unfold(Some(reader), move |reader| async move { step(reader?).await }).boxed())
}

/// See [`crate::ports::ContainerRuntime::last_words`]. Of all lines: those of `tail=N` come with their parts glued to
/// lines of the other stream (4.3). Whoever asks is not patient.
pub async fn last_words(podman: &Podman, call: &Call, id: &ContainerId) -> Result<Vec<u8>, RuntimeError> {
    let wanted = Wanted { follow: false, after: None };
    let mut lines = output(podman, call, id, wanted).await?;
    let mut words = Vec::new();
    while let Some(lines) = lines.next().await {
        let lines = lines?.into_iter().filter(|line| line.stream == Stream::Stderr);
        lines.for_each(|line| words.extend(line.bytes));
        words.drain(..words.len().saturating_sub(LAST_WORDS_BYTES));
    }
    Ok(words)
}

fn query(wanted: Wanted) -> String {
    let mut query = format!("stdout=true&stderr=true&timestamps=true&follow={}", wanted.follow);
    let after = wanted.after.map(|after| i128::from(after.unix_nanos()));
    let after = after.and_then(|nanos| OffsetDateTime::from_unix_timestamp_nanos(nanos).ok());
    if let Some(after) = after.and_then(|after| after.format(&Rfc3339).ok()) {
        query.push_str(&format!("&since={}", escape(&after)));
    }
    query
}

struct Reader {
    call: Call,
    body: Incoming,
    /// The beginning of a frame.
    pending: Vec<u8>,
    ends_lines: bool,
}

impl Reader {
    /// Lines that came together; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<Line>>, RuntimeError> {
        let broken = |text: &dyn std::fmt::Display| {
            self.call.error(ErrorKind::Unavailable, format!("the stream of output broke: {text}"))
        };
        match self.body.frame().await {
            None if self.pending.is_empty() => Ok(None),
            None => Err(broken(&"it ended within a frame")),
            Some(Err(error)) => Err(broken(&error)),
            Some(Ok(frame)) => {
                let bytes = frame.into_data().unwrap_or_default();
                self.pending.extend_from_slice(&bytes);
                self.lines().map(Some)
            }
        }
    }

    fn lines(&mut self) -> Result<Vec<Line>, RuntimeError> {
        let (mut lines, mut used) = (Vec::new(), 0);
        while let Some((stream, text)) = frame(&self.pending[used..]) {
            used += HEADER_BYTES + text.len();
            let line = line(stream, text, self.ends_lines);
            lines.push(line.ok_or_else(|| self.call.error(ErrorKind::Malformed, "a line without a time"))?);
        }
        self.pending.drain(..used);
        if self.pending.len() > FRAME_BYTES {
            return Err(self.call.error(ErrorKind::Malformed, "a frame of output does not end"));
        }
        Ok(lines)
    }
}

/// Stream and payload of a complete frame.
fn frame(bytes: &[u8]) -> Option<(Stream, &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>()?;
    let [stream, _, _, _, a, b, c, d] = *header;
    let text = rest.get(..u32::from_be_bytes([a, b, c, d]) as usize)?;
    Some((if stream == STDERR { Stream::Stderr } else { Stream::Stdout }, text))
}

fn line(stream: Stream, text: &[u8], ends_lines: bool) -> Option<Line> {
    let space = text.iter().position(|byte| *byte == b' ')?;
    let written = instant(std::str::from_utf8(&text[..space]).ok()?)?;
    let mut bytes = text[space + 1..].to_vec();
    if !ends_lines {
        bytes.push(b'\n');
    }
    Some(Line { stream, second: written.unix_nanos().div_euclid(NANOS), bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::podman::rest::fake::{Act, Fake, TestClock};
    use crate::domain::time::Timestamp;
    use std::sync::Arc;

    fn framed(stream: u8, text: &str) -> Vec<u8> {
        let length = u32::try_from(text.len()).unwrap().to_be_bytes();
        [&[stream, 0, 0, 0], &length[..], text.as_bytes()].concat()
    }

    fn reply(version: &str, body: &[u8]) -> Act {
        let head = format!("HTTP/1.1 200 OK\r\nLibpod-Api-Version: {version}\r\n\r\n");
        Act::SendAndClose([head.as_bytes(), body].concat())
    }

    async fn lines(act: Act, wanted: Wanted) -> (Vec<Result<Line, ErrorKind>>, Vec<String>) {
        let fake = Fake::new(vec![act]);
        let podman = Podman::new(fake.socket(), Arc::new(TestClock));
        let (call, id) = (Call::new("read logs of container", "c"), ContainerId::new("c"));
        let mut stream = output(&podman, &call, &id, wanted).await.unwrap();
        let mut all = Vec::new();
        while let Some(lines) = stream.next().await {
            match lines {
                Ok(lines) => all.extend(lines.into_iter().map(Ok)),
                Err(error) => all.push(Err(error.kind)),
            }
        }
        (all, fake.requests())
    }

    fn said(stream: Stream, second: i64, text: &str) -> Result<Line, ErrorKind> {
        Ok(Line { stream, second, bytes: text.as_bytes().to_vec() })
    }

    #[tokio::test]
    async fn lines_and_their_parts_are_told_apart() {
        let body = [
            framed(1, "1970-01-01T00:00:07Z one two\n"),
            framed(1, "1970-01-01T00:00:07Z "),
            framed(2, "1970-01-01T00:00:08Z err"),
        ];
        let wanted = Wanted { follow: true, after: Some(Timestamp::from_unix_nanos(6_999_999_999)) };
        let (lines, requests) = lines(reply("4.3.1", &body.concat()), wanted).await;
        let expected = [
            said(Stream::Stdout, 7, "one two\n"),
            said(Stream::Stdout, 7, ""),
            said(Stream::Stderr, 8, "err"),
        ];
        assert_eq!(lines, expected);
        let request = "GET /v4.0.0/libpod/containers/c/logs?stdout=true&stderr=true&timestamps=true&follow=true\
                       &since=1970-01-01T00%3A00%3A06.999999999Z HTTP/1.1";
        assert_eq!(requests, [request]);
    }

    #[tokio::test]
    async fn a_cut_frame_and_nonsense_are_errors_after_what_came_before() {
        let whole = framed(1, "1970-01-01T00:00:07Z x\n");
        let wanted = || Wanted { follow: false, after: None };
        let (cut, _) = lines(reply("4.3.1", &[&whole[..], &whole[..9]].concat()), wanted()).await;
        assert_eq!(cut, [said(Stream::Stdout, 7, "x\n"), Err(ErrorKind::Unavailable)]);
        let (nonsense, _) = lines(reply("4.3.1", &framed(1, "no time")), wanted()).await;
        assert_eq!(nonsense, [Err(ErrorKind::Malformed)]);
    }
}
