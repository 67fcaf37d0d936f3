//! Images that are there: looking one up, removing one. How they come is in [`super::pull`].

use super::client::{Ask, Podman};
use super::containers::escape;
use super::{refusal, wire};
use crate::adapters::podman::call::Call;
use crate::ports::runtime::Change;
use crate::ports::{ErrorKind, RuntimeError};

impl Podman {
    /// `GET /images/{n}/json`; 1.8 ms (4.3).
    pub async fn image_id(&self, call: &Call, image: &str) -> Result<Option<String>, RuntimeError> {
        let reply = self.ask(call, &Ask::get(format!("/images/{}/json", escape(image)))).await?;
        if reply.status.is_success() {
            return reply.json(call).map(|image: wire::Identified| Some(image.id));
        }
        match refusal::error(call, &reply, refusal::by_cause) {
            error if is_absent(&error) => Ok(None),
            error => Err(error),
        }
    }

    /// `DELETE /images/{n}`: 409 while a container uses it or while it has several names (libpod REST 2.0 to 5).
    pub async fn remove_image(&self, id: &str) -> Result<Change, RuntimeError> {
        let call = Call::new("remove image", id);
        let reply = self.ask(&call, &Ask::delete(format!("/images/{}?force=false", escape(id)))).await?;
        if reply.status.is_success() {
            return Ok(Change::Changed);
        }
        match refusal::error(&call, &reply, refusal::of_image_removal) {
            error if is_absent(&error) => Ok(Change::Identity),
            error => Err(error),
        }
    }
}

fn is_absent(error: &RuntimeError) -> bool {
    error.is(ErrorKind::ImageMissing) || error.is(ErrorKind::NotFound)
}
