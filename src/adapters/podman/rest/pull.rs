//! Fetching images: a stream of JSON lines under a status that says 200 whatever happens (libpod REST 2.1 to 5).

use super::client::{Ask, Podman};
use super::containers::escape;
use super::spec::{Bad, Version};
use super::{refusal, wire};
use crate::adapters::podman::call::Call;
use crate::adapters::podman::words;
use crate::domain::image::{Account, Image, ImageRef, PullPolicy, PullRequest};
use crate::domain::limits::PULL_TIMEOUT;
use crate::domain::secret::Secret;
use crate::ports::clock::within;
use crate::ports::runtime::PullProgress;
use crate::ports::{ErrorKind, RuntimeError};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::path::PathBuf;
use std::time::Duration;

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
    /// See [`crate::ports::ContainerRuntime::pull`].
    pub async fn pull(
        &self,
        request: &PullRequest,
        progress: PullProgress<'_>,
    ) -> Result<String, RuntimeError> {
        let call = Call::new("pull image", &request.image);
        let work = async {
            match &request.image {
                Image::Archive(archive) => {
                    let path = request.archive.clone().unwrap_or_else(|| archive.path.clone().into());
                    self.load(&call, path, request.timeout).await
                }
                Image::Named(image) => self.pull_named(&call, image, request, progress).await,
            }
        };
        within(self.clock(), request.timeout, work).await.map_err(|_| {
            let limit = request.timeout;
            call.error(ErrorKind::TimedOut, format!("not done within {limit:?} (image_pull_timeout)"))
        })?
    }

    async fn pull_named(
        &self,
        call: &Call,
        image: &ImageRef,
        request: &PullRequest,
        progress: PullProgress<'_>,
    ) -> Result<String, RuntimeError> {
        let present = match request.policy {
            PullPolicy::Missing if request.platform.is_given() => None,
            PullPolicy::Missing | PullPolicy::Never => self.image_id(call, image.as_str()).await?,
            PullPolicy::Always | PullPolicy::Newer => None,
        };
        match (present, request.policy) {
            (Some(id), _) => Ok(id),
            (None, PullPolicy::Never) => {
                Err(call.error(ErrorKind::ImageMissing, "not on this node, and pull_policy is never"))
            }
            (None, PullPolicy::Always | PullPolicy::Missing | PullPolicy::Newer) => {
                self.fetch(call, image, request, progress).await
            }
        }
    }

    async fn fetch(
        &self,
        call: &Call,
        image: &ImageRef,
        request: &PullRequest,
        progress: PullProgress<'_>,
    ) -> Result<String, RuntimeError> {
        self.major(call).await?;
        let query = query(image, request, Version::parse(&self.version()))
            .map_err(|bad| call.error(bad.kind, bad.reason))?;
        let ask = Ask::post(format!("/images/pull?{query}")).repeatable().within(request.timeout);
        let ask = ask.account(request.account.as_ref().map(header));
        let mut body = self.open(call, &ask).await?.into_body();
        let mut told = Told::default();
        while let Some(bytes) = self.piece(call, &mut body).await? {
            told.feed(&bytes, progress).map_err(|()| {
                call.error(ErrorKind::Malformed, format!("a line of more than {LINE_BYTES} bytes"))
            })?;
        }
        told.result(call, progress)
    }

    /// `POST /images/load`. The archive names its image itself.
    async fn load(&self, call: &Call, path: PathBuf, limit: Duration) -> Result<String, RuntimeError> {
        let there = tokio::fs::metadata(&path).await;
        there.map_err(|error| call.error(ErrorKind::Rejected, format!("{}: {error}", path.display())))?;
        let ask = Ask::post("/images/load".to_owned()).file(path).repeatable().within(limit);
        let reply = self.ask(call, &ask).await?;
        if !reply.status.is_success() {
            return Err(refusal::error(call, &reply, |_| ErrorKind::Rejected));
        }
        let loaded: wire::Loaded = reply.json(call)?;
        let name = loaded.names.first().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| call.error(ErrorKind::Rejected, "the archive names no image"))?;
        let id = self.image_id(call, name).await?;
        id.ok_or_else(|| call.error(ErrorKind::Internal, format!("{name} is not there after its load")))
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

/// The query of a pull.
fn query(image: &ImageRef, request: &PullRequest, version: Version) -> Result<String, Bad> {
    let mut query = vec![format!("reference={}", escape(image.as_str()))];
    let mut add = |name: &str, value: &str| query.push(format!("{name}={}", escape(value)));
    // Before 3.4 a pull always asks the registry.
    version.needs_if(request.policy == PullPolicy::Newer, "pull_policy newer", Version(3, 4))?;
    if version >= Version(3, 4) {
        add("policy", policy(request));
    }
    if request.skip_tls_verify {
        // Never said otherwise: true would overrule what registries.conf says of a registry.
        add("tlsVerify", "false");
    }
    let platform = &request.platform;
    let prefix = if version < Version(3, 0) { "override" } else { "" };
    for (name, value) in [("OS", &platform.os), ("Arch", &platform.arch), ("Variant", &platform.variant)] {
        value.iter().for_each(|value| add(&format!("{prefix}{name}"), value));
    }
    Ok(query.join("&"))
}

/// An image of another platform is there under the same name, so its presence says nothing.
fn policy(request: &PullRequest) -> &'static str {
    match request.policy {
        PullPolicy::Missing if request.platform.is_given() => PullPolicy::Always.as_str(),
        policy => policy.as_str(),
    }
}

/// `X-Registry-Auth`: JSON in the URL-safe alphabet, with padding (libpod REST 2.0 to 5). A helper says by the
/// user name `<token>` that its secret is an identity token.
fn header(account: &Account) -> Secret<String> {
    let password = account.password.reveal();
    let json = match account.username.as_str() {
        "<token>" => serde_json::json!({ "identitytoken": password }),
        username => serde_json::json!({ "username": username, "password": password }),
    };
    Secret::new(URL_SAFE.encode(json.to_string()))
}

/// What a pull comes to that tells this, in any pieces.
///
/// # Errors
/// As the lines say; or a line that does not end.
pub fn read<'a>(
    pieces: impl Iterator<Item = &'a [u8]>,
    progress: PullProgress<'_>,
) -> Result<String, RuntimeError> {
    let (call, mut told) = (Call::new("pull image", ""), Told::default());
    for piece in pieces {
        told.feed(piece, progress).map_err(|()| call.error(ErrorKind::Malformed, "a line does not end"))?;
    }
    told.result(&call, progress)
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
                Err(call.error(words::of_pull(&message), message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    fn result(stream: &str, cut: usize) -> (Result<String, RuntimeError>, Vec<String>) {
        let lines = Mutex::new(Vec::new());
        let progress = |line: &str| lines.lock().unwrap().push(line.to_owned());
        let result = read(stream.as_bytes().chunks(cut), &progress);
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

    fn request() -> PullRequest {
        PullRequest::of(ImageRef::parse("quay.io/a/b:1").unwrap())
    }

    fn query_of(request: &PullRequest, version: Version) -> Result<String, Bad> {
        let Image::Named(image) = &request.image else { panic!("no name") };
        query(image, request, version)
    }

    #[test]
    fn certificates_are_left_to_the_host_unless_the_task_says_otherwise() {
        let plain = query_of(&request(), Version(4, 3)).unwrap();
        assert_eq!(plain, "reference=quay.io%2Fa%2Fb%3A1&policy=missing");
        let careless = PullRequest { skip_tls_verify: true, ..request() };
        assert!(query_of(&careless, Version(4, 3)).unwrap().ends_with("&tlsVerify=false"));
    }

    #[test]
    fn policies_and_platforms_in_the_words_of_the_version() {
        let newer = PullRequest { policy: PullPolicy::Newer, ..request() };
        assert!(query_of(&newer, Version(4, 3)).unwrap().contains("policy=newer"));
        assert_eq!(query_of(&newer, Version(3, 3)).unwrap_err().kind, ErrorKind::Unsupported);
        let platform = crate::domain::image::Platform {
            arch: Some("arm64".to_owned()),
            variant: Some("v8".to_owned()),
            os: None,
        };
        let other = PullRequest { platform, ..request() };
        assert!(query_of(&other, Version(4, 3)).unwrap().ends_with("policy=always&Arch=arm64&Variant=v8"));
        assert!(query_of(&other, Version(2, 2)).unwrap().ends_with("&overrideArch=arm64&overrideVariant=v8"));
    }

    #[test]
    fn an_account_is_url_safe_json() {
        let header = |username: &str, password: &str| {
            let password = Secret::new(password.to_owned());
            let header = header(&Account { username: username.to_owned(), password });
            assert!(!header.reveal().contains(['+', '/']));
            let bytes = URL_SAFE.decode(header.reveal()).unwrap();
            serde_json::from_slice::<serde_json::Value>(&bytes).unwrap()
        };
        assert_eq!(header("u", "p?>~"), serde_json::json!({"username": "u", "password": "p?>~"}));
        assert_eq!(header("<token>", "t"), serde_json::json!({"identitytoken": "t"}));
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
            assert_eq!(words::of_pull(text), ErrorKind::RegistryUnavailable, "{text}");
        }
        for text in [
            "reading manifest 9 in docker.io/library/redis: manifest unknown",
            "requested access to the resource is denied",
            "short-name \"nope\" did not resolve to an alias and no unqualified-search registries are defined",
            "invalid reference format",
        ] {
            assert_eq!(words::of_pull(text), ErrorKind::Rejected, "{text}");
        }
    }
}
