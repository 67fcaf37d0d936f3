//! Images: looking one up, removing one, bringing one.

use super::client::{Ask, Failure, Podman, decode_text};
use super::{refusal, wire};
use crate::adapters::podman::call::Call;
use crate::adapters::podman::words;
use crate::domain::container::podman1;
use crate::domain::image::{Image, ImageRef, PullPolicy, PullRequest};
use crate::domain::limits::PULL_TIMEOUT;
use crate::ports::clock::within;
use crate::ports::runtime::{Change, PullProgress};
use crate::ports::{ErrorKind, RuntimeError};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

impl Podman {
    /// `InspectImage`: 1.2 ms.
    pub async fn image_id(&self, call: &Call, image: &str) -> Result<Option<String>, RuntimeError> {
        let ask = Ask::query("InspectImage", json!({ "name": image }));
        match self.ask::<wire::Image>(call, &ask, refusal::usual).await {
            Ok(found) => decode_text(call, &found.image).map(|image: wire::Identified| Some(image.id)),
            Err(error) if error.is(ErrorKind::ImageMissing) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `RemoveImage`.
    pub async fn remove_image(&self, id: &str) -> Result<Change, RuntimeError> {
        let call = Call::new("remove image", id);
        let ask = Ask::change("RemoveImage", json!({ "name": id, "force": false }));
        match self.ask::<Value>(&call, &ask, refusal::of_image_removal).await {
            Ok(_) => Ok(Change::Changed),
            Err(error) if error.is(ErrorKind::ImageMissing) => Ok(Change::Identity),
            Err(error) => Err(error),
        }
    }

    /// See [`crate::ports::ContainerRuntime::pull`].
    pub async fn pull(
        &self,
        request: &PullRequest,
        progress: PullProgress<'_>,
    ) -> Result<String, RuntimeError> {
        let call = Call::new("pull image", &request.image);
        podman1::check_pull(request)
            .map_err(|problem| call.error(ErrorKind::Unsupported, problem.to_string()))?;
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
        match (self.image_id(call, image.as_str()).await?, request.policy) {
            (Some(id), _) => Ok(id),
            (None, PullPolicy::Never) => {
                Err(call.error(ErrorKind::ImageMissing, "not on this node, and pull_policy is never"))
            }
            (None, PullPolicy::Always | PullPolicy::Missing | PullPolicy::Newer) => {
                let mut parameters = json!({ "name": image.as_str() });
                if let Some(account) = &request.account {
                    let password = account.password.reveal();
                    parameters["creds"] = json!({ "username": account.username, "password": password });
                }
                let ask = Ask::query("PullImage", parameters);
                match self.follow(call, &ask, progress).await {
                    // Pulling twice does no harm: a service that was restarted meanwhile may be back.
                    Err(error) if error.is(ErrorKind::Unavailable) => self.follow(call, &ask, progress).await,
                    pulled => pulled,
                }
            }
        }
    }

    /// `LoadImage`, of a file of the service's host, which tells no steps: who wants more than one reply is flooded with
    /// empty ones. Of the last two inputs 1.9.3 takes each for the other, so that a quiet load would delete the file. The
    /// archive names its images itself; the first one counts.
    async fn load(&self, call: &Call, path: PathBuf, limit: Duration) -> Result<String, RuntimeError> {
        let there = tokio::fs::metadata(&path).await;
        there.map_err(|error| call.error(ErrorKind::Rejected, format!("{}: {error}", path.display())))?;
        let parameters = json!({ "name": "", "inputFile": path, "quiet": false, "deleteFile": false });
        let ask = Ask::query("LoadImage", parameters).within(limit);
        let loaded: wire::Progress = self.ask(call, &ask, |refusal| words::of_pull(&refusal.reason)).await?;
        let name = loaded.reply.id.split(',').next().unwrap_or_default().trim();
        let id = self.image_id(call, name).await?;
        id.ok_or_else(|| call.error(ErrorKind::Rejected, format!("the archive names no image ({name:?})")))
    }

    /// Tells the steps; the id in the last one.
    async fn follow(
        &self,
        call: &Call,
        ask: &Ask,
        progress: PullProgress<'_>,
    ) -> Result<String, RuntimeError> {
        let mut replies = self.stream(call, ask).await?;
        let mut id = None;
        loop {
            let next = within(self.clock(), PULL_TIMEOUT, replies.next::<wire::Progress>()).await;
            let next = next.map_err(|_| {
                let seconds = PULL_TIMEOUT.as_secs();
                call.error(ErrorKind::TimedOut, format!("Podman told no progress for {seconds} s"))
            })?;
            match next {
                Ok(Some(wire::Progress { reply })) => {
                    let lines = reply.logs.iter().flat_map(|text| text.lines()).map(str::trim_end);
                    lines.filter(|line| !line.is_empty()).for_each(progress);
                    id = Some(reply.id).filter(|id| !id.is_empty()).or(id);
                }
                Ok(None) => break,
                Err(Failure::Refused(refusal)) => {
                    return Err(refusal.error(call, |refusal| words::of_pull(&refusal.reason)));
                }
                Err(failure) => return Err(self.failed(call, false, failure)),
            }
        }
        id.ok_or_else(|| call.error(ErrorKind::Malformed, "Podman ended the pull without telling an image"))
    }
}

#[cfg(test)]
#[path = "images_tests.rs"]
mod tests;
