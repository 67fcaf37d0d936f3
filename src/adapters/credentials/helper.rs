//! Credential helpers: `docker-credential-NAME get`, the registry on standard input, JSON on standard output.

use super::error;
use crate::domain::image::Account;
use crate::domain::limits::CREDENTIAL_TIMEOUT;
use crate::domain::secret::Secret;
use crate::ports::clock::within;
use crate::ports::{Clock, ErrorKind, RuntimeError};
use serde::Deserialize;
use std::io;
use std::process::{Output, Stdio};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// What helpers say, with exit status 1, of a registry that they do not know.
const NOT_FOUND: &str = "credentials not found";

/// No `Debug`: it is a password.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

/// Asks a helper for the account at `registry`; `None` if it knows none.
///
/// # Errors
/// It is not there, fails, or does not end in time. Its output is not quoted: it may be a password.
pub async fn ask(clock: &dyn Clock, name: &str, registry: &str) -> Result<Option<Account>, RuntimeError> {
    // A name from a file must not lead out of the search path.
    if name.contains('/') {
        return Err(error(registry, ErrorKind::Rejected, format!("{name:?} is no name of a helper")));
    }
    ask_program(clock, &format!("docker-credential-{name}"), registry).await
}

/// As [`ask`], of a program by name or path.
pub(super) async fn ask_program(
    clock: &dyn Clock,
    program: &str,
    registry: &str,
) -> Result<Option<Account>, RuntimeError> {
    let failed = |kind, reason: String| error(registry, kind, format!("{program}: {reason}"));
    let output = within(clock, CREDENTIAL_TIMEOUT, run(program, registry)).await;
    let output = output
        .map_err(|_| failed(ErrorKind::TimedOut, format!("did not answer within {CREDENTIAL_TIMEOUT:?}")))?
        .map_err(|cause| failed(ErrorKind::Rejected, cause.to_string()))?;
    if !output.status.success() {
        let unknown = String::from_utf8_lossy(&output.stdout).contains(NOT_FOUND);
        let reason = format!("ended with {}", output.status);
        return if unknown { Ok(None) } else { Err(failed(ErrorKind::Rejected, reason)) };
    }
    let answer: Answer = serde_json::from_slice(&output.stdout)
        .map_err(|_| failed(ErrorKind::Rejected, "did not answer with JSON".to_owned()))?;
    let empty = answer.username.is_empty() && answer.secret.is_empty();
    Ok((!empty).then(|| Account { username: answer.username, password: Secret::new(answer.secret) }))
}

async fn run(program: &str, registry: &str) -> io::Result<Output> {
    let mut child = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that knows the answer without asking may have gone by now; its answer counts.
        let _gone = stdin.write_all(registry.as_bytes()).await;
    }
    child.wait_with_output().await
}
