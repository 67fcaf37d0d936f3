//! What getting an image takes: when, as whom, for which platform, how long.

use super::Image;
use crate::domain::secret::Secret;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use thiserror::Error;

/// When the registry is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PullPolicy {
    /// Before every start; a registry that cannot be reached fails the start.
    Always,
    /// If the node does not have the image.
    #[default]
    Missing,
    /// Before every start; an image of the node will do if the registry has no other or does not answer.
    Newer,
    /// Never: the node has the image or the start fails.
    Never,
}

/// The text is no policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no pull policy; use always, missing, newer or never")]
pub struct BadPolicy(pub String);

impl FromStr for PullPolicy {
    type Err = BadPolicy;

    fn from_str(text: &str) -> Result<Self, BadPolicy> {
        Ok(match text {
            "always" => Self::Always,
            "missing" => Self::Missing,
            "newer" => Self::Newer,
            "never" => Self::Never,
            _ => return Err(BadPolicy(text.to_owned())),
        })
    }
}

impl PullPolicy {
    /// As options and Podman write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Missing => "missing",
            Self::Newer => "newer",
            Self::Never => "never",
        }
    }
}

/// For which machine. Empty for the node's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the three parts of a platform in Podman's words")]
pub struct Platform {
    pub os: Option<String>,
    pub arch: Option<String>,
    pub variant: Option<String>,
}

impl Platform {
    /// Whether any part is named.
    pub fn is_given(&self) -> bool {
        *self != Self::default()
    }
}

/// An account at a registry.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name; `<token>` or empty where a token alone counts.
    pub username: String,
    /// Its password or token.
    pub password: Secret<String>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Everything a runtime needs to get an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// A name, or a file of which `archive` is the path.
    pub image: Image,
    /// Where the archive is, absolute and free of symlinks; `None` for a name.
    pub archive: Option<PathBuf>,
    /// When to ask the registry.
    pub policy: PullPolicy,
    /// `None` for the runtime's own accounts, or none at all.
    pub account: Option<Account>,
    /// Plain http and certificates of anybody will do.
    pub skip_tls_verify: bool,
    /// For which machine.
    pub platform: Platform,
    /// All of it must be done by then.
    pub timeout: Duration,
}

impl PullRequest {
    /// A request for a name with everything else as usual.
    pub fn of(image: super::ImageRef) -> Self {
        Self {
            image: Image::Named(image),
            archive: None,
            policy: PullPolicy::Missing,
            account: None,
            skip_tls_verify: false,
            platform: Platform::default(),
            timeout: crate::domain::limits::PULL_TIMEOUT,
        }
    }

    /// Whether a registry may be asked that need not prove who it is.
    pub fn asks_unproven(&self) -> bool {
        self.skip_tls_verify && self.archive.is_none() && self.policy != PullPolicy::Never
    }

    /// Whether the image must be got before a container can be created, whatever the node has: a create names
    /// an image, and only getting it tells which one that is.
    pub fn comes_first(&self) -> bool {
        let asks = match self.policy {
            PullPolicy::Always | PullPolicy::Newer => true,
            PullPolicy::Missing | PullPolicy::Never => false,
        };
        asks || self.archive.is_some() || (self.platform.is_given() && self.policy != PullPolicy::Never)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::image::ImageRef;

    #[test]
    fn only_a_plain_request_can_wait_until_the_image_is_missing() {
        let plain = PullRequest::of(ImageRef::default());
        assert!(!plain.comes_first());
        assert!(PullRequest { policy: PullPolicy::Always, ..plain.clone() }.comes_first());
        assert!(PullRequest { archive: Some("/a".into()), ..plain.clone() }.comes_first());
        let platform = Platform { arch: Some("arm64".to_owned()), ..Platform::default() };
        assert!(PullRequest { platform, ..plain }.comes_first());
    }

    #[test]
    fn policies_read_as_they_are_written() {
        for policy in [PullPolicy::Always, PullPolicy::Missing, PullPolicy::Newer, PullPolicy::Never] {
            assert_eq!(policy.as_str().parse(), Ok(policy));
        }
        assert!("".parse::<PullPolicy>().is_err());
    }
}
