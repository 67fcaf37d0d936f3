//! Creating a container: one call, and before it those for volumes that must be made in a particular way.

use super::client::{Ask, Podman};
use super::refusal::{self, Refusal};
use super::{spec, wire};
use crate::adapters::podman::call::Call;
use crate::domain::container::spec::{MountSource, NamedVolume};
use crate::domain::container::{ContainerSpec, podman1};
use crate::domain::task::identity::ContainerId;
use crate::ports::runtime::Created;
use crate::ports::{ErrorKind, RuntimeError};
use serde_json::{Value, json};

impl Podman {
    /// `CreateContainer`, one at a time. A lost reply is not resolved here: who asked knows what to look for.
    pub async fn create(&self, spec: &ContainerSpec) -> Result<Created, RuntimeError> {
        let call = Call::new("create container", &spec.name);
        podman1::check(spec).map_err(|problems| call.error(ErrorKind::Unsupported, problems.to_string()))?;
        let create =
            spec::create(spec).map_err(|spec::Bad(reason)| call.error(ErrorKind::Rejected, reason))?;
        self.make_volumes(spec).await?;
        let ask = Ask::change("CreateContainer", json!({ "create": create }));
        let _alone = self.creating.lock().await;
        let created: wire::Container = self.ask(&call, &ask, refusal::of_create).await?;
        Ok(Created { id: ContainerId::new(created.container), warnings: vec![] })
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

    /// `VolumeCreate`. One of the name that is there already is as good: its data counts, not how we would make it.
    async fn make_volume(&self, volume: &NamedVolume) -> Result<(), RuntimeError> {
        let call = Call::new("create volume", &volume.name);
        let options = json!({
            "volumeName": volume.name, "driver": volume.driver.as_deref().unwrap_or_default(),
            "labels": *volume.labels, "options": *volume.options,
        });
        let ask = Ask::change("VolumeCreate", json!({ "options": options }));
        match self.ask::<Value>(&call, &ask, of_volume).await {
            Err(error) if error.is(ErrorKind::NameInUse) => Ok(()),
            made => made.map(|_| ()),
        }
    }
}

/// Everything but its name is in the request.
fn of_volume(refusal: &Refusal) -> ErrorKind {
    let there = refusal.reason.contains("volume already exists");
    if there { ErrorKind::NameInUse } else { ErrorKind::Rejected }
}
