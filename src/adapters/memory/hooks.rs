//! What happens beside the driver: people, faults, and the images that are there. For tests and simulations.

use super::commands::Contents;
use super::images::PullFailure;
use super::runtime::{MemoryRuntime, Op};
use crate::domain::signal::Signal;
use crate::domain::task::identity::ContainerId;
use crate::ports::{ErrorKind, RuntimeError};
use std::time::Duration;

impl MemoryRuntime {
    /// With a local image that holds the commands of this runtime and nothing else: others are not found.
    #[must_use]
    pub fn with_image(self, name: &str) -> Self {
        self.images.add(name, Contents::Known);
        self
    }

    /// Somebody brings an image, as [`MemoryRuntime::with_image`] does.
    pub fn add_image(&self, name: &str) {
        self.images.add(name, Contents::Known);
    }

    /// Pulls of `image` fail from now on.
    pub fn fail_pulls(&self, image: &str, kind: ErrorKind, message: &str) {
        self.images.fail(image, Some(PullFailure { kind, message: message.to_owned() }));
    }

    /// Pulls of `image` succeed again.
    pub fn heal_pulls(&self, image: &str) {
        self.images.fail(image, None);
    }

    /// Pulls take so much longer from now on.
    pub fn slow_pulls(&self, delay: Duration) {
        self.images.slow(delay);
    }

    /// The service goes away: calls fail with `Unavailable`, sessions break, containers live on.
    pub fn crash(&self) {
        self.service.go_away();
    }

    /// The service is back.
    pub fn restart(&self) {
        self.service.come_back();
    }

    /// Whether the service is there.
    pub fn is_up(&self) -> bool {
        self.service.is_up()
    }

    /// Somebody freezes a container.
    ///
    /// # Errors
    /// `NotFound`; `WrongState` unless it is running.
    pub fn pause(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        let op = Op { operation: "pause container", object: id.as_str() };
        self.admitted(op)?.pause().map_err(|refusal| op.error(refusal))
    }

    /// Somebody thaws a container.
    ///
    /// # Errors
    /// `NotFound`; `WrongState` unless it is paused.
    pub fn unpause(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        let op = Op { operation: "unpause container", object: id.as_str() };
        self.admitted(op)?.unpause().map_err(|refusal| op.error(refusal))
    }

    /// The kernel kills a container's first process for want of memory.
    ///
    /// # Errors
    /// `NotFound`; `WrongState` unless it runs.
    pub fn kill_for_memory(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        let op = Op { operation: "kill container", object: id.as_str() };
        self.admitted(op)?.kill_for_memory().map_err(|refusal| op.error(refusal))
    }

    /// Bytes of a container's output that are lost because it wrote more than is kept (16 MiB).
    ///
    /// # Errors
    /// `NotFound`.
    pub fn dropped_log_bytes(&self, id: &ContainerId) -> Result<u64, RuntimeError> {
        Ok(self.admitted(Op { operation: "logs of container", object: id.as_str() })?.log.dropped())
    }

    /// Whoever would record the end of a container's present run, as conmon does, is killed.
    ///
    /// # Errors
    /// `NotFound`; `WrongState` unless it runs.
    pub fn lose_record(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        let op = Op { operation: "kill conmon of container", object: id.as_str() };
        let container = self.admitted(op)?;
        container.running("does not run").map_err(|refusal| op.error(refusal))?;
        container.lose_record();
        Ok(())
    }

    /// The machine restarts: nothing runs any more, nobody recorded how it ended. The service is left as it is.
    pub fn reboot(&self) {
        for container in self.containers.all().iter().filter(|container| container.is_alive()) {
            container.lose_record();
            if let Ok(run) = container.running("does not run") {
                run.control.raise(Signal::KILL);
            }
        }
    }

    /// Somebody takes an image away; its containers live on.
    pub fn prune(&self, image: &str) {
        if let Some(image) = self.images.find(image) {
            self.images.remove(&image.id);
        }
    }
}
