//! The calls of a task's life. Each answer is checked for the parts without which an agent would crash.

use super::refused::{judge, refused};
use super::replies::Replies;
use super::{Agent, Answer};
use crate::cty;
use crate::harness::soon;
use crate::task::Task;
use nomad_driver_podman::adapters::nomad::proto::driver as wire;
use std::future::Future;
use std::time::Duration;
use tonic::{Response, Status};

/// A task's usage, one sample after the other.
pub struct Stats(Replies<wire::TaskStatsResponse>);

impl Stats {
    /// The next sample; `None` when the task has ended.
    pub async fn next(&mut self) -> Option<wire::TaskStats> {
        self.try_next().await.unwrap()
    }

    /// The same, of a task that may be unknown.
    pub async fn try_next(&mut self) -> Answer<Option<wire::TaskStats>> {
        let sample = soon("a sample", self.0.next()).await;
        let Some(sample) = sample.map_err(|status| refused("TaskStats", &status))? else { return Ok(None) };
        let stats = sample.stats.expect("without it the agent crashes");
        assert!(stats.agg_resource_usage.is_some(), "without it the agent crashes");
        assert!(stats.timestamp.is_some(), "without it the agent drops the sample");
        Ok(Some(stats))
    }
}

impl Agent {
    /// StartTask; the config block is encoded by the schema of the moment.
    pub async fn start(&self, task: &Task) -> Answer<wire::TaskHandle> {
        let config = self.config_of(task).await;
        self.start_config(config).await
    }

    /// What StartTask is given for a task.
    pub async fn config_of(&self, task: &Task) -> wire::TaskConfig {
        if self.task_schema.get().is_none() {
            let _ = self.task_schema.set(self.task_schema().await);
        }
        let bytes = cty::encode(self.task_schema.get().unwrap(), &task.options);
        wire::TaskConfig { msgpack_driver_config: bytes.into(), ..task.config.clone() }
    }

    pub async fn start_config(&self, config: wire::TaskConfig) -> Answer<wire::TaskHandle> {
        self.tasks.borrow_mut().push(config.id.clone());
        let request = wire::StartTaskRequest { task: Some(config.clone()) };
        let mut driver = self.host.driver.clone();
        let answer = judge("StartTask", soon("StartTask", driver.start_task(request)).await)?;
        let handle = answer.handle.expect("a started task has a handle");
        assert!(handle.config.as_ref() == Some(&config), "the handle must echo the task");
        assert!(handle.version >= 1, "0 is a driver before 0.9");
        assert!(!handle.driver_state.is_empty(), "nothing to recover by");
        Ok(handle)
    }

    /// RecoverTask with a handle as an agent has it after its own restart, without the driver's config.
    pub async fn recover(&self, handle: &wire::TaskHandle) -> Answer<()> {
        let mut handle = handle.clone();
        if let Some(config) = &mut handle.config {
            config.msgpack_driver_config = Default::default();
            self.tasks.borrow_mut().push(config.id.clone());
        }
        let request = wire::RecoverTaskRequest { task_id: String::new(), handle: Some(handle) };
        self.ask("RecoverTask", |mut driver| async move { driver.recover_task(request).await })
            .await
            .map(drop)
    }

    pub async fn wait(&self, id: &str) -> Answer<wire::WaitTaskResponse> {
        let request = wire::WaitTaskRequest { task_id: id.to_owned() };
        let answer =
            self.ask("WaitTask", |mut driver| async move { driver.wait_task(request).await }).await?;
        assert!(answer.result.is_some(), "an old agent crashes without it");
        Ok(answer)
    }

    /// The exit code of a task that ends in a way that is known.
    pub async fn exit_code(&self, id: &str) -> i32 {
        let answer = self.wait(id).await.unwrap();
        assert_eq!(answer.err, "");
        answer.result.unwrap().exit_code
    }

    pub async fn stop(&self, id: &str, timeout: Duration, signal: &str) -> Answer<()> {
        let timeout = Some(timeout.try_into().unwrap());
        let request = wire::StopTaskRequest { task_id: id.to_owned(), timeout, signal: signal.to_owned() };
        self.ask("StopTask", |mut driver| async move { driver.stop_task(request).await }).await.map(drop)
    }

    pub async fn signal(&self, id: &str, signal: &str) -> Answer<()> {
        let request = wire::SignalTaskRequest { task_id: id.to_owned(), signal: signal.to_owned() };
        self.ask("SignalTask", |mut driver| async move { driver.signal_task(request).await }).await.map(drop)
    }

    pub async fn destroy(&self, id: &str, force: bool) -> Answer<()> {
        let request = wire::DestroyTaskRequest { task_id: id.to_owned(), force };
        self.ask("DestroyTask", |mut driver| async move { driver.destroy_task(request).await })
            .await
            .map(drop)
    }

    pub async fn inspect(&self, id: &str) -> Answer<wire::TaskStatus> {
        let request = wire::InspectTaskRequest { task_id: id.to_owned() };
        let ask = self.ask("InspectTask", |mut driver| async move { driver.inspect_task(request).await });
        let task = ask.await?.task.expect("the agent crashes without it");
        assert!(task.result.is_some(), "the agent crashes without it");
        assert!(task.started_at.is_some() && task.completed_at.is_some(), "nil Timestamp");
        Ok(task)
    }

    pub fn stats(&self, id: &str, interval: Duration) -> Stats {
        let interval = Some(interval.try_into().unwrap());
        let request = wire::TaskStatsRequest { task_id: id.to_owned(), collection_interval: interval };
        let mut driver = self.host.driver.clone();
        Stats(Replies::of(async move { driver.task_stats(request).await }))
    }

    pub async fn exec(
        &self,
        id: &str,
        command: Vec<String>,
        timeout: Duration,
    ) -> Answer<wire::ExecTaskResponse> {
        let timeout = Some(timeout.try_into().unwrap());
        let request = wire::ExecTaskRequest { task_id: id.to_owned(), command, timeout };
        let ask = self.ask("ExecTask", |mut driver| async move { driver.exec_task(request).await });
        let answer = ask.await?;
        assert!(answer.result.is_some(), "the agent crashes without it");
        Ok(answer)
    }

    pub async fn create_network(&self, alloc_id: &str) -> Answer<wire::CreateNetworkResponse> {
        let request = wire::CreateNetworkRequest { alloc_id: alloc_id.to_owned(), hostname: String::new() };
        self.ask("CreateNetwork", |mut driver| async move { driver.create_network(request).await }).await
    }

    pub async fn destroy_network(&self, alloc_id: &str) -> Answer<()> {
        let request = wire::DestroyNetworkRequest { alloc_id: alloc_id.to_owned(), isolation_spec: None };
        let ask =
            self.ask("DestroyNetwork", |mut driver| async move { driver.destroy_network(request).await });
        ask.await.map(drop)
    }

    async fn ask<T, F>(&self, verb: &str, call: impl FnOnce(Client) -> F) -> Answer<T>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        judge(verb, soon(verb, call(self.host.driver.clone())).await)
    }
}

type Client = wire::driver_client::DriverClient<tonic::transport::Channel>;
