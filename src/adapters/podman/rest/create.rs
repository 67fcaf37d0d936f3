//! Creating a container: one request, and before it one per volume that must be made in a particular way.

use super::client::{Ask, Podman};
use super::containers::escape;
use super::{refusal, spec, wire};
use crate::adapters::podman::call::Call;
use crate::domain::container::ContainerSpec;
use crate::domain::container::spec::{MountSource, NamedVolume};
use crate::domain::task::identity::ContainerId;
use crate::ports::RuntimeError;
use crate::ports::runtime::Created;

impl Podman {
    /// `POST /containers/create`.
    pub async fn create(&self, spec: &ContainerSpec) -> Result<Created, RuntimeError> {
        let call = Call::new("create container", &spec.name);
        let body = spec::body(spec, self.spec_version(&call).await?)
            .map_err(|bad| call.error(bad.kind, bad.reason))?;
        self.make_volumes(spec).await?;
        let reply = self.ask(&call, &Ask::post("/containers/create".to_owned()).json(body)).await?;
        if !reply.status.is_success() {
            return Err(refusal::error(&call, &reply, refusal::of_create));
        }
        let created: wire::Created = reply.json(&call)?;
        Ok(Created { id: ContainerId::new(created.id), warnings: created.warnings })
    }

    async fn spec_version(&self, call: &Call) -> Result<spec::Version, RuntimeError> {
        self.major(call).await?;
        Ok(spec::Version::parse(&self.version()))
    }

    /// A create makes missing volumes itself, but with the default driver only.
    async fn make_volumes(&self, spec: &ContainerSpec) -> Result<(), RuntimeError> {
        for mount in &spec.mounts {
            if let MountSource::Volume(volume) = &mount.source
                && volume.is_special()
                && !volume.name.is_empty()
            {
                self.make_volume(volume).await?;
            }
        }
        Ok(())
    }

    /// `POST /volumes/create`, unless there is one of the name: its data counts, not how we would make it.
    async fn make_volume(&self, volume: &NamedVolume) -> Result<(), RuntimeError> {
        let call = Call::new("create volume", &volume.name);
        let known = self.ask(&call, &Ask::get(format!("/volumes/{}/json", escape(&volume.name)))).await?;
        if known.status.is_success() {
            return Ok(());
        }
        let body = serde_json::json!({
            "Name": volume.name, "Driver": volume.driver, "Options": *volume.options, "Labels": *volume.labels,
        });
        let reply =
            self.ask(&call, &Ask::post("/volumes/create".to_owned()).json(body.to_string().into())).await?;
        if reply.status.is_success() {
            Ok(())
        } else {
            Err(refusal::error(&call, &reply, refusal::of_volume))
        }
    }
}
