//! Creating a container: one request, nothing before it.

use super::client::{Ask, Call, Podman};
use super::{refusal, spec, wire};
use crate::domain::container::ContainerSpec;
use crate::domain::task::identity::ContainerId;
use crate::ports::RuntimeError;
use crate::ports::runtime::Created;

impl Podman {
    /// `POST /containers/create`.
    pub async fn create(&self, spec: &ContainerSpec) -> Result<Created, RuntimeError> {
        let call = Call::new("create container", &spec.name);
        let body =
            spec::body(spec, self.major(&call).await?).map_err(|bad| call.error(bad.kind, bad.reason))?;
        let reply = self.ask(&call, &Ask::post("/containers/create".to_owned()).json(body)).await?;
        if !reply.status.is_success() {
            return Err(refusal::error(&call, &reply, refusal::of_create));
        }
        let created: wire::Created = reply.json(&call)?;
        Ok(Created { id: ContainerId::new(created.id), warnings: created.warnings })
    }
}
