//! Images: how job authors write them ([`ImageRef`], [`Image`]) how they come to a node ([`pull`])
//! and how far they have come ([`progress`]).
//!
//! Must not live here: asking registries, reading archives or account files (the adapters do).

pub mod progress;
pub mod pull;
pub mod source;

pub use pull::{Account, Platform, PullPolicy, PullRequest};
pub use source::{Archive, Image};

use std::fmt;
use thiserror::Error;

/// A reference that Podman understands: `redis`, `quay.io/a/b:1`, `docker.io/library/redis@sha256:…`.
///
/// A bare short name stays short, so that the host's `registries.conf` decides; `docker://` ones are completed
/// as Docker does it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageRef(String);

/// The text is no image reference.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadImage {
    /// Nothing there.
    #[error("the image name is empty")]
    Empty,
    /// A transport that we do not know.
    #[error(
        "transport {0:?} is not supported; write a registry image, with or without docker://, or oci-archive:PATH \
         or docker-archive:PATH; an archive on the web is fetched with an artifact block"
    )]
    Transport(String),
    /// A part breaks the rules of image names.
    #[error("{0:?} is no image reference; write [registry/]name[:tag] or [registry/]name@sha256:digest")]
    Syntax(String),
}

impl ImageRef {
    /// Parses a reference with or without `docker://`.
    pub fn parse(text: &str) -> Result<Self, BadImage> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadImage::Empty);
        }
        if let Some(docker) = text.strip_prefix("docker://") {
            return checked(docker).map(|name| Self(complete(&name)));
        }
        match text.split_once(':') {
            Some((transport, path)) if path.starts_with("//") => {
                Err(BadImage::Transport(transport.to_owned()))
            }
            Some((transport @ ("oci-archive" | "docker-archive" | "docker"), _)) => {
                Err(BadImage::Transport(transport.to_owned()))
            }
            _ => checked(text).map(Self),
        }
    }

    /// An image by the id that the runtime gave it. Nothing is checked.
    pub fn from_id(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The registry's host; `None` for a short name, which does not say.
    pub fn registry(&self) -> Option<&str> {
        self.0.split_once('/').map(|(first, _)| first).filter(|first| is_registry(first))
    }

    /// The name without tag and digest: what accounts and patterns are about.
    pub fn repository(&self) -> &str {
        split(&self.0).0
    }

    /// The reference as Podman takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Name, tag and digest of `text`, by position; nothing is validated here.
fn split(text: &str) -> (&str, Option<&str>, Option<&str>) {
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag), digest),
        _ => (rest, None, digest),
    }
}

fn checked(text: &str) -> Result<String, BadImage> {
    let (name, tag, digest) = split(text);
    let good = name_is_good(name) && tag.is_none_or(tag_is_good) && digest.is_none_or(digest_is_good);
    if good { Ok(text.to_owned()) } else { Err(BadImage::Syntax(text.to_owned())) }
}

fn name_is_good(name: &str) -> bool {
    let mut parts = name.split('/').peekable();
    let Some(first) = parts.next() else { return false };
    let has_more = parts.peek().is_some();
    let first_is_good =
        if has_more { is_registry(first) || component_is_good(first) } else { component_is_good(first) };
    first_is_good && parts.all(component_is_good) && name.len() <= 255
}

/// Whether the part before the first slash is a registry host, by Docker's rule.
fn is_registry(part: &str) -> bool {
    let looks_like_host = part.contains('.') || part.contains(':') || part == "localhost";
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']' | '_');
    looks_like_host && part.chars().all(allowed) && !part.starts_with(['.', '-', ':'])
}

fn component_is_good(part: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    part.chars().all(inner) && edge(part.chars().next()) && edge(part.chars().last())
}

fn tag_is_good(tag: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    !tag.is_empty() && tag.len() <= 128 && tag.chars().all(allowed) && !tag.starts_with(['.', '-'])
}

fn digest_is_good(digest: &str) -> bool {
    digest.split_once(':').is_some_and(|(algorithm, hex)| {
        !algorithm.is_empty() && hex.len() >= 32 && hex.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

/// Docker's completion: the default registry, its `library` namespace, and the tag `latest`.
fn complete(text: &str) -> String {
    let (name, tag, digest) = split(text);
    let name = match name.split_once('/') {
        Some((first, _)) if is_registry(first) => name.to_owned(),
        Some(_) => format!("docker.io/{name}"),
        None => format!("docker.io/library/{name}"),
    };
    match (tag, digest) {
        (None, None) => format!("{name}:latest"),
        (Some(tag), None) => format!("{name}:{tag}"),
        // With both, the digest decides and Podman refuses the pair.
        (_, Some(digest)) => format!("{name}@{digest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        ImageRef::parse(text).unwrap().as_str().to_owned()
    }

    #[test]
    fn docker_references_are_completed_and_short_names_are_not() {
        assert_eq!(parsed("docker://redis"), "docker.io/library/redis:latest");
        assert_eq!(parsed("docker://redis:3.2"), "docker.io/library/redis:3.2");
        assert_eq!(parsed("docker://user/repo"), "docker.io/user/repo:latest");
        assert_eq!(parsed("docker://quay.io/a/b:1"), "quay.io/a/b:1");
        assert_eq!(parsed("docker://localhost:5000/x"), "localhost:5000/x:latest");
        assert_eq!(parsed("redis"), "redis");
        assert_eq!(parsed("localhost/busybox:latest"), "localhost/busybox:latest");
    }

    #[test]
    fn the_registry_is_known_unless_the_name_is_short() {
        let registry = |text| ImageRef::parse(text).unwrap().registry().map(str::to_owned);
        assert_eq!(registry("quay.io/a/b:1").as_deref(), Some("quay.io"));
        assert_eq!(registry("localhost:5000/x").as_deref(), Some("localhost:5000"));
        assert_eq!((registry("redis"), registry("user/repo:1")), (None, None));
        assert_eq!(ImageRef::parse("localhost:5000/x").unwrap().repository(), "localhost:5000/x");
    }

    #[test]
    fn digests_are_kept() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        assert_eq!(parsed(&format!("docker://redis@{digest}")), format!("docker.io/library/redis@{digest}"));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in
            ["", "docker://", "UPPER", "a b", "redis:", "redis@sha256:zz", "/x", "x/", "ftp://x", "-x"]
        {
            assert!(ImageRef::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn never_panics() {
        use proptest::prelude::*;
        proptest!(|(text in "\\PC{0,60}")| { let _ = ImageRef::parse(&text); });
    }
}
