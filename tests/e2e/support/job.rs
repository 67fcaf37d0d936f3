//! Jobs of one task, as the agent's API wants them.

use serde_json::{Map, Value, json};
use std::time::Duration;

/// A job; its group is `g`, its task [`Job::TASK`].
#[derive(Debug, Clone)]
pub struct Job {
    /// Unique on its agent.
    pub id: String,
    kind: &'static str,
    config: Map<String, Value>,
    task: Map<String, Value>,
    restarts: u32,
}

impl Job {
    /// The task's name.
    pub const TASK: &'static str = "t";

    /// A job that is done when its task is.
    pub fn batch(id: &str, script: &str) -> Self {
        Self::new("batch", id, script)
    }

    /// A job that runs until it is stopped.
    pub fn service(id: &str, script: &str) -> Self {
        Self::new("service", id, script)
    }

    fn new(kind: &'static str, id: &str, script: &str) -> Self {
        let job = Self { id: id.to_owned(), kind, config: Map::new(), task: Map::new(), restarts: 0 };
        let job = job.config("command", json!("/bin/sh")).config("args", json!(["-c", script]));
        job.config("network_mode", json!("none")).memory(32)
    }

    /// An option of the driver.
    pub fn config(mut self, option: &str, value: Value) -> Self {
        self.config.insert(option.to_owned(), value);
        self
    }

    /// A field of the task.
    pub fn task(mut self, field: &str, value: Value) -> Self {
        self.task.insert(field.to_owned(), value);
        self
    }

    /// Limit in MiB.
    pub fn memory(self, megabytes: u32) -> Self {
        self.task("Resources", json!({ "CPU": 50, "MemoryMB": megabytes }))
    }

    /// Signal that ends the task, and the time it has then.
    pub fn killed_by(self, signal: &str, grace: Duration) -> Self {
        let nanoseconds = u64::try_from(grace.as_nanos()).unwrap();
        self.task("KillSignal", json!(signal)).task("KillTimeout", json!(nanoseconds))
    }

    /// How often a failed task is started again, at once.
    pub fn restarts(mut self, attempts: u32) -> Self {
        self.restarts = attempts;
        self
    }

    /// The body of a registration.
    pub fn registration(&self, image: &str) -> String {
        let seconds = |seconds: u64| seconds * 1_000_000_000;
        let mut config = Map::from_iter([("image".to_owned(), json!(image))]);
        config.extend(self.config.clone());
        let mut task = Map::from_iter([
            ("Name".to_owned(), json!(Self::TASK)),
            ("Driver".to_owned(), json!("podman")),
            ("Config".to_owned(), json!(config)),
            ("LogConfig".to_owned(), json!({ "MaxFiles": 1, "MaxFileSizeMB": 2 })),
        ]);
        task.extend(self.task.clone());
        let group = json!({
            "Name": "g",
            "Count": 1,
            "EphemeralDisk": { "SizeMB": 10 },
            "RestartPolicy": {
                "Attempts": self.restarts, "Interval": seconds(300), "Delay": seconds(0), "Mode": "fail",
            },
            "ReschedulePolicy": { "Attempts": 0, "Unlimited": false },
            "Tasks": [task],
        });
        let job = json!({
            "ID": self.id, "Name": self.id, "Type": self.kind, "Datacenters": ["dc1"], "TaskGroups": [group],
        });
        json!({ "Job": job }).to_string()
    }
}
