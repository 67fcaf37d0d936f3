//! Fetching images: a stream of JSON lines under a status that says 200 whatever happens (libpod REST 2.1 to 5).

use super::client::{Ask, Call, Podman};
use super::containers::escape;
use super::{refusal, wire};
use crate::domain::image::ImageRef;
use crate::domain::limits::PULL_TIMEOUT;
use crate::ports::clock::within;
use crate::ports::runtime::PullProgress;
use crate::ports::{ErrorKind, RuntimeError};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// Longest line: the last one lists ids, the others are sentences.
const LINE_BYTES: usize = 1 << 20;

/// What has been told so far.
#[derive(Debug, Default)]
struct Told {
    partial: Vec<u8>,
    id: Option<String>,
    errors: Vec<String>,
}

impl Podman {
    /// See [`crate::ports::ContainerRuntime::pull`]. Credentials are the service's own; whether a registry's
    /// certificate is checked is up to its `registries.conf`.
    pub async fn pull(&self, image: &ImageRef, progress: PullProgress<'_>) -> Result<String, RuntimeError> {
        let call = Call::new("pull image", image);
        if let Some(id) = self.present(&call, image).await? {
            return Ok(id);
        }
        let path = format!("/images/pull?policy=missing&reference={}", escape(image.as_str()));
        let ask = Ask::post(path).repeatable().within(PULL_TIMEOUT);
        let mut body = self.open(&call, &ask).await?.into_body();
        let mut told = Told::default();
        while let Some(bytes) = self.piece(&call, &mut body).await? {
            told.feed(&bytes, progress).map_err(|()| {
                call.error(ErrorKind::Malformed, format!("a line of more than {LINE_BYTES} bytes"))
            })?;
        }
        told.result(&call, progress)
    }

    /// The id of an image that is there: 1.8 ms (4.3). Before 3.4 a pull does not know `policy`.
    async fn present(&self, call: &Call, image: &ImageRef) -> Result<Option<String>, RuntimeError> {
        let reply = self.ask(call, &Ask::get(format!("/images/{}/json", escape(image.as_str())))).await?;
        if reply.status.is_success() {
            return reply.json(call).map(|image: wire::Identified| Some(image.id));
        }
        match refusal::error(call, &reply, refusal::by_cause) {
            error if error.is(ErrorKind::ImageMissing) || error.is(ErrorKind::NotFound) => Ok(None),
            error => Err(error),
        }
    }

    async fn piece(&self, call: &Call, body: &mut Incoming) -> Result<Option<Bytes>, RuntimeError> {
        let frame = within(self.clock(), PULL_TIMEOUT, body.frame()).await.map_err(|_| {
            let seconds = PULL_TIMEOUT.as_secs();
            call.error(ErrorKind::TimedOut, format!("Podman told no progress for {seconds} s"))
        })?;
        match frame {
            None => Ok(None),
            Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
            Some(Err(error)) => {
                Err(call.error(ErrorKind::Unavailable, format!("Podman went away while pulling: {error}")))
            }
        }
    }
}

impl Told {
    fn feed(&mut self, bytes: &[u8], progress: PullProgress<'_>) -> Result<(), ()> {
        self.partial.extend_from_slice(bytes);
        while let Some(end) = self.partial.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.partial.drain(..=end).collect();
            self.line(&line, progress);
        }
        if self.partial.len() > LINE_BYTES { Err(()) } else { Ok(()) }
    }

    fn line(&mut self, line: &[u8], progress: PullProgress<'_>) {
        let Ok(line) = serde_json::from_slice::<wire::PullLine>(line) else { return };
        line.stream.lines().map(str::trim_end).filter(|text| !text.is_empty()).for_each(progress);
        self.id = Some(line.id).filter(|id| !id.is_empty()).or(self.id.take());
        self.errors.extend(Some(line.error).filter(|error| !error.is_empty()));
    }

    fn result(mut self, call: &Call, progress: PullProgress<'_>) -> Result<String, RuntimeError> {
        let last = std::mem::take(&mut self.partial);
        self.line(&last, progress);
        match (self.errors.is_empty(), self.id) {
            (true, Some(id)) => Ok(id),
            (true, None) => {
                Err(call.error(ErrorKind::Unavailable, "Podman ended the pull without telling a result"))
            }
            (false, _) => {
                let message = self.errors.join("; ");
                Err(call.error(kind(&message), message))
            }
        }
    }
}

/// What a registry's failure means. Several registries may have been tried: one that may say yes later counts.
fn kind(message: &str) -> ErrorKind {
    let message = message.to_lowercase();
    let has = |needles: &[&str]| needles.iter().any(|needle| message.contains(needle));
    if has(UNREACHABLE) {
        ErrorKind::RegistryUnavailable
    } else if has(&["no space left on device"]) {
        ErrorKind::Internal
    } else {
        ErrorKind::Rejected
    }
}

/// Texts of Go's network stack and of containers/image (Podman 3.4 to 5), in lower case.
const UNREACHABLE: &[&str] = &[
    "connection refused",
    "connection reset",
    "broken pipe",
    "no such host",
    "server misbehaving",
    "temporary failure in name resolution",
    "network is unreachable",
    "no route to host",
    "i/o timeout",
    "timeout",
    "deadline exceeded",
    "unexpected eof",
    ": eof",
    "toomanyrequests",
    "too many requests",
    "http status: 5",
    "status code 5",
    "statuscode: 5",
    "service unavailable",
    "bad gateway",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    fn result(stream: &str, cut: usize) -> (Result<String, RuntimeError>, Vec<String>) {
        let lines = Mutex::new(Vec::new());
        let progress = |line: &str| lines.lock().unwrap().push(line.to_owned());
        let mut told = Told::default();
        for piece in stream.as_bytes().chunks(cut) {
            told.feed(piece, &progress).unwrap();
        }
        let result = told.result(&Call::new("pull image", "x"), &progress);
        (result, lines.into_inner().unwrap())
    }

    #[test]
    fn lines_are_told_and_the_id_is_the_result_however_the_bytes_arrive() {
        let stream = "{\"stream\":\"Trying to pull x...\\n\"}\n{\"images\":[\"3a6f\"],\"id\":\"3a6f\"}\n";
        for cut in [1, 7, 1000] {
            let (result, lines) = result(stream, cut);
            assert_eq!(result.unwrap(), "3a6f");
            assert_eq!(lines, ["Trying to pull x..."]);
        }
    }

    #[test]
    fn an_error_line_wins_over_an_id_and_over_the_status() {
        let (result, _) = result("{\"id\":\"3a6f\"}\n{\"error\":\"unauthorized: access denied\"}", 9);
        assert!(result.unwrap_err().is(ErrorKind::Rejected));
    }

    #[test]
    fn a_stream_without_a_result_was_cut() {
        assert!(result("{\"stream\":\"Trying\"}\n", 9).0.unwrap_err().is(ErrorKind::Unavailable));
    }

    #[test]
    fn a_registry_that_is_away_may_say_yes_later_and_one_that_says_no_will_not() {
        for text in [
            "initializing source docker://localhost:1/x:1: pinging container registry localhost:1: Get \
             \"https://localhost:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused",
            "dial tcp: lookup registry.example: no such host",
            "received unexpected HTTP status: 503 Service Unavailable",
            "toomanyrequests: You have reached your pull rate limit",
            "2 errors occurred: * manifest unknown * Get \"https://b/v2/\": net/http: TLS handshake timeout",
        ] {
            assert_eq!(kind(text), ErrorKind::RegistryUnavailable, "{text}");
        }
        for text in [
            "reading manifest 9 in docker.io/library/redis: manifest unknown",
            "requested access to the resource is denied",
            "short-name \"nope\" did not resolve to an alias and no unqualified-search registries are defined",
            "invalid reference format",
        ] {
            assert_eq!(kind(text), ErrorKind::Rejected, "{text}");
        }
    }
}
