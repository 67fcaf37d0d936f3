//! Creating a container: one call, and before it those for volumes that must be made in a particular way.

use super::client::{Ask, Failure, Podman};
use super::{refusal, spec, wire};
use crate::adapters::podman::call::Call;
use crate::domain::container::spec::{MountSource, NamedVolume};
use crate::domain::container::{ContainerSpec, podman1};
use crate::domain::limits::CHANGE_TIMEOUT;
use crate::domain::task::identity::ContainerId;
use crate::ports::clock::within;
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
        let id = self.create_alone(&call, create).await?;
        Ok(Created { id: ContainerId::new(id), warnings: vec![] })
    }

    /// Its turn comes before the deadline of the call, or nothing is sent.
    async fn create_alone(&self, call: &Call, create: Value) -> Result<String, RuntimeError> {
        let ask = Ask::change("CreateContainer", json!({ "create": create }));
        let mut sent = false;
        let work = async {
            let _alone = self.creating.lock().await;
            sent = true;
            self.ask::<wire::Container>(call, &ask, refusal::of_create).await
        };
        let seconds = CHANGE_TIMEOUT.as_secs();
        let created = match within(self.clock(), CHANGE_TIMEOUT, work).await {
            Ok(created) => created?.container,
            Err(_) if sent => {
                let late = format!("Podman did not answer within {seconds} s");
                return Err(call.error(ErrorKind::TimedOut, late));
            }
            Err(_) => {
                let busy = format!("not sent: Podman was busy with other creates for {seconds} s");
                return Err(call.error(ErrorKind::Unavailable, busy));
            }
        };
        if created.is_empty() {
            let nameless = Failure::Malformed("it names no container".to_owned());
            return Err(self.failed(call, true, nameless));
        }
        Ok(created)
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
        match self.ask::<Value>(&call, &ask, refusal::of_volume).await {
            Err(error) if error.is(ErrorKind::NameInUse) => Ok(()),
            made => made.map(|_| ()),
        }
    }
}
