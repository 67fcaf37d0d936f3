//! A task that is started, interrupted and started anew until its end is known.

use crate::agent::Agent;
use crate::harness::soon;
use crate::lab::Lab;
use crate::task::Task;
use nomad_driver_podman::adapters::nomad::proto::driver as wire;
use serde_json::json;
use std::time::Duration;

/// See the module.
pub struct Life {
    pub task: Task,
    /// What the agent has of it; none while a start has not been answered.
    pub handle: Option<wire::TaskHandle>,
    /// Its own.
    pub code: i32,
    starts: u32,
}

/// Chance that can be had again.
pub struct Chance(u64);

impl Chance {
    pub fn new() -> Self {
        let given = std::env::var("NDP_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| {
            let mut bytes = [0; 8];
            rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()).unwrap();
            u64::from_ne_bytes(bytes) >> 32
        });
        println!("NDP_SEED={seed}");
        Self(seed)
    }

    /// Up to `limit`.
    pub fn moment(&mut self, limit: Duration) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        limit.mul_f64((self.0 >> 33) as f64 / f64::from(u32::MAX >> 1))
    }
}

impl Life {
    /// Floods its log, and ends with `code` when it is told to.
    pub fn new(lab: &Lab, code: i32) -> Self {
        let script = format!("trap 'exit {code}' USR1; seq 1 30000; while :; do sleep 0.1; done");
        let task = lab.task("forever").with(json!({ "command": "sh", "args": ["-c", script] }));
        Self { task, handle: None, code, starts: 0 }
    }

    /// StartTask as the agent does it: each start has an id of its own. Without an answer nothing is known.
    pub async fn start(&mut self, agent: &Agent) {
        self.starts += 1;
        self.task.config.id = format!("{}/web/{:08x}", self.task.config.alloc_id, self.starts);
        let config = agent.config_of(&self.task).await;
        let request = wire::StartTaskRequest { task: Some(config) };
        let mut driver = agent.host().driver.clone();
        let answer = soon("StartTask", driver.start_task(request)).await;
        self.handle = answer.ok().and_then(|answer| answer.into_inner().handle);
    }

    /// Tells it to end; whether that was heard is another question.
    pub async fn stop(&self, agent: &Agent) -> bool {
        let (task_id, signal) = (self.task.id().to_owned(), "SIGUSR1".to_owned());
        let timeout = Some(Duration::from_secs(60).try_into().unwrap());
        let request = wire::StopTaskRequest { task_id, timeout, signal };
        let mut driver = agent.host().driver.clone();
        soon("StopTask", driver.stop_task(request)).await.is_ok()
    }

    /// RecoverTask, which finds the task whatever was killed when.
    pub async fn recover(&self, agent: &Agent) {
        if let Some(handle) = &self.handle {
            let recovered = agent.recover(handle).await;
            assert!(recovered.is_ok(), "{} is lost: {recovered:?}", self.task.id());
        }
    }

    /// Ends it; its exit code is its own, and nothing is left.
    pub async fn end(&mut self, agent: &Agent, lab: &Lab) {
        while self.handle.is_none() {
            self.start(agent).await;
        }
        assert!(self.stop(agent).await, "{} does not stop", self.task.id());
        assert_eq!(agent.exit_code(self.task.id()).await, self.code, "{}", self.task.id());
        agent.destroy(self.task.id(), true).await.unwrap();
        assert_eq!(lab.containers_of(&self.task), [""; 0]);
    }
}
