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
        let created: wire::Created = reply.json_of_change(&call)?;
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
        let body = volume_body(volume).to_string();
        let reply = self.ask(&call, &Ask::post("/volumes/create".to_owned()).json(body.into())).await?;
        if reply.status.is_success() {
            Ok(())
        } else {
            Err(refusal::error(&call, &reply, refusal::of_volume))
        }
    }
}

fn volume_body(volume: &NamedVolume) -> serde_json::Value {
    serde_json::json!({
        "Name": volume.name, "Driver": volume.driver, "Options": *volume.options,
        // Later ones read the second, which earlier ones do not know.
        "Label": *volume.labels, "Labels": *volume.labels,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fake::{Act, Fake, TestClock, reply};
    use super::*;
    use crate::domain::container::spec::Mount;
    use crate::domain::image::ImageRef;
    use crate::domain::task::identity::ContainerName;
    use serde_json::json;
    use std::sync::Arc;

    fn volume() -> NamedVolume {
        NamedVolume {
            name: "data".to_owned(),
            driver: Some("nfs".to_owned()),
            options: [("o".to_owned(), "addr=10.0.0.9".to_owned())].into(),
            labels: [("team".to_owned(), "core".to_owned())].into(),
        }
    }

    #[test]
    fn a_volume_is_made_as_the_block_says() {
        let options = json!({"o": "addr=10.0.0.9"});
        let labels = json!({"team": "core"});
        let expected =
            json!({"Name": "data", "Driver": "nfs", "Options": options, "Label": labels, "Labels": labels});
        assert_eq!(volume_body(&volume()), expected);
    }

    #[tokio::test]
    async fn a_volume_is_made_before_its_container_unless_there_is_one_of_its_name() {
        let source = MountSource::Volume(volume());
        let mount = Mount { target: "/data".to_owned(), source, options: vec![] };
        let none = ContainerSpec::new(ContainerName::new("web-1"), ImageRef::parse("redis").unwrap());
        let spec = ContainerSpec { mounts: vec![mount], ..none };
        for known in [false, true] {
            let act = |status, body: &str| Act::Send(reply(status, body));
            let look = if known { vec![act(200, "{}")] } else { vec![act(404, "{}"), act(201, "{}")] };
            let fake =
                Fake::new(look.into_iter().chain([act(201, "{\"Id\":\"c\",\"Warnings\":[]}")]).collect());
            Podman::new(fake.socket(), Arc::new(TestClock)).create(&spec).await.unwrap();
            let made = fake.requests().iter().filter(|line| line.contains("/volumes/create")).count();
            assert_eq!(made, usize::from(!known), "{:?}", fake.requests());
        }
    }
}
