//! Which image, and how it comes to the node.

use super::Task;
use crate::domain::config::problem::{Problem, Problems};
use crate::domain::config::reader::Reader;
use crate::domain::duration;
use crate::domain::image::{Account, Image, Platform, PullPolicy};
use crate::domain::limits::PULL_TIMEOUT;
use crate::domain::secret::Secret;
use std::time::Duration;

/// The options of `task_options::image`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageOptions {
    /// `image`.
    pub image: Image,
    /// `auth`, if it names an account.
    pub account: Option<Account>,
    /// `auth.tls_verify` is false.
    pub skip_tls_verify: bool,
    /// `auth_soft_fail`.
    pub auth_soft_fail: bool,
    /// `pull_policy` or `force_pull`.
    pub policy: PullPolicy,
    /// `image_pull_timeout`; `None` only where nothing was decoded.
    pub timeout: Option<Duration>,
    /// `os`, `arch` and `variant`.
    pub platform: Platform,
}

impl ImageOptions {
    /// How long getting the image may take.
    pub fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(PULL_TIMEOUT)
    }
}

/// Reads the topic.
pub fn read(task: Task<'_>, problems: &mut Problems) -> ImageOptions {
    let auth = task.block("auth");
    let auth = Reader(&auth);
    ImageOptions {
        image: task.parsed("image", Image::parse).unwrap_or_default(),
        account: account(auth),
        skip_tls_verify: auth.given_flag("tls_verify") == Some(false),
        auth_soft_fail: task.flag("auth_soft_fail"),
        policy: problems.note(policy(task)),
        timeout: task.parsed("image_pull_timeout", duration::parse),
        platform: Platform {
            os: task.filled("os"),
            arch: task.filled("arch"),
            variant: task.filled("variant"),
        },
    }
}

fn account(auth: Reader<'_, String>) -> Option<Account> {
    let (username, password) = (auth.filled("username"), auth.filled("password"));
    (username.is_some() || password.is_some()).then(|| Account {
        username: username.unwrap_or_default(),
        password: Secret::new(password.unwrap_or_default()),
    })
}

fn policy(task: Task<'_>) -> Result<PullPolicy, Problem> {
    let policy = task.parsed("pull_policy", str::parse::<PullPolicy>);
    match (policy, task.flag("force_pull")) {
        (None | Some(PullPolicy::Always), true) => Ok(PullPolicy::Always),
        (Some(_), true) => {
            Err(Problem::new("force_pull", "says always, which pull_policy contradicts; keep one"))
        }
        (policy, false) => Ok(policy.unwrap_or_default()),
    }
}
