//! The Nomad agent beside one plugin process: what it asks, in its order, and what it would make of the answers.
//!
//! Lives here: the calls of Nomad plugin protocol 1.8 and 3, each checked for what costs an agent dearly. Must
//! not live here: what a case expects.

mod calls;
mod config;
mod exec;
mod process;
mod refused;
mod replies;

pub use exec::Ended;
pub use process::Process;
pub use refused::{Answer, Refused};

use crate::arm::Arm;
use crate::harness::soon;
use crate::host::Host;
use nomad_driver_podman::adapters::nomad::proto::hclspec::Spec;
use nomad_driver_podman::adapters::nomad::proto::{driver, goplugin};
use replies::Replies;
use serde_json::Value;
use std::cell::{OnceCell, RefCell};
use std::path::Path;
use tokio::sync::watch;

/// See the module.
pub struct Agent {
    pub process: Process,
    host: Host,
    task_schema: OnceCell<Spec>,
    fingerprints: OnceCell<watch::Receiver<Heard<driver::FingerprintResponse>>>,
    events: OnceCell<watch::Receiver<Heard<driver::DriverTaskEvent>>>,
    /// Ids of tasks that were asked to start or be recovered.
    tasks: RefCell<Vec<String>>,
}

/// What a stream has brought.
pub struct Heard<T> {
    pub items: Vec<T>,
    /// It ended, which it never should.
    pub ended: bool,
}

impl Agent {
    pub async fn launch(arm: &Arm, state: &Path) -> Self {
        let (process, socket) = Process::start(arm, state).await;
        let host = process.or_say(soon("a connection", Host::dial(&socket))).await;
        Self {
            process,
            host,
            task_schema: OnceCell::new(),
            fingerprints: OnceCell::new(),
            events: OnceCell::new(),
            tasks: RefCell::default(),
        }
    }

    /// The third process of an agent's start: configured, initialised, both streams open.
    pub async fn set_up(&self, config: &Value) {
        let info = self.info().await;
        assert!(info.plugin_api_versions.contains(&"v0.1.0".to_owned()));
        self.configure(config, true).await.unwrap();
        self.init().await.unwrap();
        self.open_streams().await;
    }

    /// Opens what an agent holds open as long as it lives.
    pub async fn open_streams(&self) {
        let (mut one, mut other) = (self.host.driver.clone(), self.host.driver.clone());
        let fingerprints = async move { one.fingerprint(driver::FingerprintRequest {}).await };
        let events = async move { other.task_events(driver::TaskEventsRequest {}).await };
        assert!(self.fingerprints.set(listen(Replies::of(fingerprints))).is_ok());
        assert!(self.events.set(listen(Replies::of(events))).is_ok());
        // A round trip later the plugin has the calls; events are not told twice.
        self.capabilities().await;
    }

    /// Waits for a report.
    pub async fn fingerprint(
        &self,
        what: &str,
        is: impl Fn(&driver::FingerprintResponse) -> bool,
    ) -> driver::FingerprintResponse {
        let mut heard = self.fingerprints.get().unwrap().clone();
        let told = soon(what, heard.wait_for(|heard| heard.items.iter().any(&is))).await.unwrap();
        told.items.iter().rfind(|report| is(report)).unwrap().clone()
    }

    /// Waits for an event.
    pub async fn event(&self, part: &str) -> driver::DriverTaskEvent {
        let mut heard = self.events.get().unwrap().clone();
        let has = |event: &driver::DriverTaskEvent| event.message.contains(part);
        let told = soon(part, heard.wait_for(|heard| heard.items.iter().any(has))).await.unwrap();
        told.items.iter().rfind(|event| has(event)).unwrap().clone()
    }

    /// Everything that was told about tasks so far, as text.
    pub fn events_so_far(&self) -> String {
        self.events.get().map_or(String::new(), |heard| format!("{:?}", heard.borrow().items))
    }

    /// Both streams are as they have to be: open.
    pub fn assert_streams_open(&self) {
        let fingerprint_ended = self.fingerprints.get().is_some_and(|heard| heard.borrow().ended);
        assert!(!fingerprint_ended, "the agent opens Fingerprint again at once");
        let events_ended = self.events.get().is_some_and(|heard| heard.borrow().ended);
        assert!(!events_ended, "the agent opens TaskEvents again at once");
    }

    /// Kill, as the agent has it: two polite words, then at most 2 s. Tasks live on.
    pub async fn end(&self) {
        drop(self.host.driver.clone().shutdown(driver::ShutdownRequest {}).await);
        // The plugin may be gone before its answer is; the host does not care.
        drop(self.host.controller.clone().shutdown(goplugin::Empty {}).await);
        self.process.ends_well().await;
    }

    /// DestroyTask for all, as after the end of each task; a task that is gone is no problem.
    pub async fn destroy_everything(&self) {
        let tasks = self.tasks.take();
        for id in tasks.iter().filter(|_| self.process.is_running()) {
            drop(self.destroy(id, true).await);
        }
    }

    /// The connection, for what the agent does not do.
    pub fn host(&self) -> &Host {
        &self.host
    }
}

fn listen<T: Send + Sync + 'static>(mut replies: Replies<T>) -> watch::Receiver<Heard<T>> {
    let (sender, receiver) = watch::channel(Heard { items: Vec::new(), ended: false });
    tokio::spawn(async move {
        while let Ok(Some(item)) = replies.next().await {
            sender.send_modify(|heard| heard.items.push(item));
        }
        sender.send_modify(|heard| heard.ended = true);
    });
    receiver
}
