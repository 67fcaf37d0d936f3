//! The end of a container's standard error, from the file that conmon wrote.

use super::logs::{file, kind, visible};
use super::{Service, Watches};
use crate::adapters::podman::call::Call;
use crate::adapters::podman::linux::tail::tail;
use crate::domain::log::Stream;
use crate::domain::task::identity::ContainerId;
use crate::ports::RuntimeError;
use std::io;

/// See [`crate::ports::ContainerRuntime::last_words`].
pub async fn last_words<S: Service>(watches: &Watches<S>, id: &ContainerId) -> Result<Vec<u8>, RuntimeError> {
    let call = Call::new("read last words of container", id);
    let path = file(&call, watches.service().seen(id.as_str()).await?)?;
    let Some(path) = visible(watches.root(), &path).await else {
        return watches.service().api_last_words(&call, id).await;
    };
    let words = tokio::task::spawn_blocking(move || tail(&path, Stream::Stderr)).await;
    words.map_err(io::Error::other).flatten().map_err(|error| call.error(kind(&error), error))
}
