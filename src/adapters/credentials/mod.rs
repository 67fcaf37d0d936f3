//! Accounts at registries, from the files and helpers that `podman login` and `docker login` use.
//!
//! Lives here: their formats, and running helpers. Must not live here: which source comes first or what a failure
//! means to a task (`driver`), or anything that shows what a source said.

mod file;
mod helper;

use crate::domain::config::plugin::CredentialSources;
use crate::domain::image::{Account, ImageRef};
use crate::ports::{Clock, Credentials, ErrorKind, RuntimeError};
use async_trait::async_trait;
use file::Found;
use std::path::Path;
use std::sync::Arc;

/// Docker's name for the registry of images that name none.
const DOCKER: &str = "docker.io";

/// Reads files and runs helpers of this machine.
pub struct HostCredentials {
    clock: Arc<dyn Clock>,
}

/// A failure on the way to an account.
fn error(object: impl std::fmt::Display, kind: ErrorKind, message: impl std::fmt::Display) -> RuntimeError {
    RuntimeError::new("look up the account at", object, kind, message)
}

impl HostCredentials {
    /// With the door to time that helpers are limited by.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }

    async fn in_file(&self, path: &Path, key: &str) -> Result<Option<Account>, RuntimeError> {
        let registry = registry_of(key);
        // The text of the error must not quote the file: it holds passwords.
        let broken =
            |reason: &str| error(registry, ErrorKind::Rejected, format!("{}: {reason}", path.display()));
        let text = tokio::fs::read(path).await.map_err(|cause| broken(&cause.to_string()))?;
        match file::find(&text, key).map_err(broken)? {
            None => Ok(None),
            Some(Found::Account(account)) => Ok(Some(account)),
            Some(Found::Helper(name)) => helper::ask(&*self.clock, &name, registry).await,
        }
    }
}

#[async_trait]
impl Credentials for HostCredentials {
    async fn account(
        &self,
        sources: &CredentialSources,
        image: &ImageRef,
    ) -> Result<Option<Account>, RuntimeError> {
        let key = key(image);
        if let Some(path) = &sources.file
            && let Some(account) = self.in_file(path, &key).await?
        {
            return Ok(Some(account));
        }
        match &sources.helper {
            Some(name) => helper::ask(&*self.clock, name, registry_of(&key)).await,
            None => Ok(None),
        }
    }
}

/// `registry/path` of an image. Short names count as Docker's, which is where they end up most.
fn key(image: &ImageRef) -> String {
    let name = image.repository();
    match (image.registry(), name.contains('/')) {
        (Some(_), _) => name.to_owned(),
        (None, true) => format!("{DOCKER}/{name}"),
        (None, false) => format!("{DOCKER}/library/{name}"),
    }
}

fn registry_of(key: &str) -> &str {
    key.split('/').next().unwrap_or(key)
}

#[cfg(test)]
mod tests;
