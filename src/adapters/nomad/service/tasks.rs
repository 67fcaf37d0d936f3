//! The driver service: Nomad's verbs, one method each.

use super::exec;
use crate::adapters::nomad::convert::schema::schema;
use crate::adapters::nomad::convert::{fingerprint, request, result, state, stats, status, time};
use crate::adapters::nomad::host::PluginHost;
use crate::adapters::nomad::proto::driver::{
    self as wire, driver_server::Driver as DriverRpc, start_task_response::Result as StartResult,
};
use crate::adapters::nomad::tidy::Tidy;
use crate::domain::capability::CAPABILITIES;
use crate::domain::config::task_options::TASK_OPTIONS;
use crate::domain::signal::Signal;
use crate::domain::task::TaskId;
use crate::driver::Driver;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use tonic::{Request, Response, Status, Streaming};

type Answer<T> = Result<Response<T>, Status>;
type AnswerStream<T> = BoxStream<'static, Result<T, Status>>;

/// Nomad plugin protocol 3.8: 0 means a host older than 0.9.
const TASK_HANDLE_VERSION: i32 = 1;

/// Answers what only task drivers are asked.
pub struct DriverService {
    driver: Driver,
    host: Arc<PluginHost>,
    memory: Tidy,
}

impl DriverService {
    /// A service over `driver`, whose events come out of `host`.
    pub fn new(driver: Driver, host: Arc<PluginHost>) -> Self {
        Self { driver, host, memory: Tidy::default() }
    }
}

/// The signal to stop with; `None` for the container's own. A name that is none must not make a task
/// unstoppable: the host would only ask again.
fn stop_signal(name: &str) -> Option<Signal> {
    let parsed: Result<Signal, _> = (!name.is_empty()).then(|| name.parse())?;
    parsed.inspect_err(|error| tracing::warn!(%error, "stopping with the container's own signal")).ok()
}

#[tonic::async_trait]
impl DriverRpc for DriverService {
    async fn task_config_schema(
        &self,
        _: Request<wire::TaskConfigSchemaRequest>,
    ) -> Answer<wire::TaskConfigSchemaResponse> {
        Ok(Response::new(wire::TaskConfigSchemaResponse { spec: Some(schema(TASK_OPTIONS)) }))
    }

    async fn capabilities(
        &self,
        _: Request<wire::CapabilitiesRequest>,
    ) -> Answer<wire::CapabilitiesResponse> {
        let capabilities = Some(fingerprint::capabilities(&CAPABILITIES));
        Ok(Response::new(wire::CapabilitiesResponse { capabilities }))
    }

    type FingerprintStream = AnswerStream<wire::FingerprintResponse>;

    async fn fingerprint(&self, _: Request<wire::FingerprintRequest>) -> Answer<Self::FingerprintStream> {
        Ok(Response::new(
            self.driver.fingerprints().map(|report| Ok(fingerprint::fingerprint(report))).boxed(),
        ))
    }

    async fn recover_task(
        &self,
        request: Request<wire::RecoverTaskRequest>,
    ) -> Answer<wire::RecoverTaskResponse> {
        let handle = request.into_inner().handle.ok_or_else(|| Status::unknown("the handle is missing"))?;
        let config = handle.config.ok_or_else(|| Status::unknown("the handle has no task"))?;
        let task = request::task(config).map_err(status::failed)?;
        let state = state::decode(&handle.driver_state).map_err(status::failed)?;
        let recovered = self.driver.recover_task(task, &state).await;
        self.memory.later();
        recovered.map_err(status::failed)?;
        Ok(Response::new(wire::RecoverTaskResponse {}))
    }

    async fn start_task(&self, request: Request<wire::StartTaskRequest>) -> Answer<wire::StartTaskResponse> {
        let config = request.into_inner().task.ok_or_else(|| Status::unknown("the task is missing"))?;
        let task = request::task(config.clone()).map_err(status::failed)?;
        let started = self.driver.start_task(task).await;
        self.memory.later();
        let started = started.map_err(|error| status::start_failed(&error))?;
        let handle = wire::TaskHandle {
            version: TASK_HANDLE_VERSION,
            config: Some(config),
            state: wire::TaskState::Running.into(),
            driver_state: state::encode(&started.handle).map_err(status::failed)?.into(),
        };
        Ok(Response::new(wire::StartTaskResponse {
            result: StartResult::Success.into(),
            driver_error_msg: String::new(),
            handle: Some(handle),
            network_override: started.network.map(result::network),
        }))
    }

    /// Any error here means to the host that the task has ended (Nomad plugin protocol, trap 6).
    async fn wait_task(&self, request: Request<wire::WaitTaskRequest>) -> Answer<wire::WaitTaskResponse> {
        let id = TaskId::new(request.into_inner().task_id);
        let outcome = self.driver.wait_task(&id).await.map_err(status::failed)?;
        Ok(Response::new(result::waited(&outcome)))
    }

    async fn stop_task(&self, request: Request<wire::StopTaskRequest>) -> Answer<wire::StopTaskResponse> {
        let request = request.into_inner();
        let (id, timeout) = (TaskId::new(request.task_id), time::duration(request.timeout));
        self.driver.stop_task(&id, timeout, stop_signal(&request.signal)).await.map_err(status::failed)?;
        Ok(Response::new(wire::StopTaskResponse {}))
    }

    async fn destroy_task(
        &self,
        request: Request<wire::DestroyTaskRequest>,
    ) -> Answer<wire::DestroyTaskResponse> {
        let request = request.into_inner();
        let id = TaskId::new(request.task_id);
        let destroyed = self.driver.destroy_task(&id, request.force).await;
        self.memory.later();
        destroyed.map_err(status::failed)?;
        Ok(Response::new(wire::DestroyTaskResponse {}))
    }

    async fn inspect_task(
        &self,
        request: Request<wire::InspectTaskRequest>,
    ) -> Answer<wire::InspectTaskResponse> {
        let id = TaskId::new(request.into_inner().task_id);
        let (task, task_status) = self.driver.inspect_task(&id).await.map_err(status::failed)?;
        Ok(Response::new(result::inspected(&task, &task_status)))
    }

    type TaskStatsStream = AnswerStream<wire::TaskStatsResponse>;

    async fn task_stats(&self, request: Request<wire::TaskStatsRequest>) -> Answer<Self::TaskStatsStream> {
        let request = request.into_inner();
        let (id, interval) = (TaskId::new(request.task_id), time::duration(request.collection_interval));
        let samples = self.driver.task_stats(&id, interval).map_err(status::failed)?;
        Ok(Response::new(samples.map(move |usage| Ok(stats::sample(&id, &usage))).boxed()))
    }

    type TaskEventsStream = AnswerStream<wire::DriverTaskEvent>;

    async fn task_events(&self, _: Request<wire::TaskEventsRequest>) -> Answer<Self::TaskEventsStream> {
        Ok(Response::new(self.host.events().map(|event| Ok(fingerprint::event(event))).boxed()))
    }

    async fn signal_task(
        &self,
        request: Request<wire::SignalTaskRequest>,
    ) -> Answer<wire::SignalTaskResponse> {
        let request = request.into_inner();
        let signal: Signal = request.signal.parse().map_err(status::failed)?;
        self.driver.signal_task(&TaskId::new(request.task_id), signal).await.map_err(status::failed)?;
        Ok(Response::new(wire::SignalTaskResponse {}))
    }

    async fn exec_task(&self, request: Request<wire::ExecTaskRequest>) -> Answer<wire::ExecTaskResponse> {
        let request = request.into_inner();
        let (id, timeout) = (TaskId::new(request.task_id), time::duration(request.timeout));
        let output = self.driver.exec_task(&id, request.command, timeout).await.map_err(status::failed)?;
        Ok(Response::new(result::exec(output)))
    }

    type ExecTaskStreamingStream = AnswerStream<wire::ExecTaskStreamingResponse>;

    async fn exec_task_streaming(
        &self,
        request: Request<Streaming<wire::ExecTaskStreamingRequest>>,
    ) -> Answer<Self::ExecTaskStreamingStream> {
        exec::streaming(&self.driver, request.into_inner()).await.map(Response::new)
    }

    async fn create_network(
        &self,
        _: Request<wire::CreateNetworkRequest>,
    ) -> Answer<wire::CreateNetworkResponse> {
        Err(networks_are_not_ours())
    }

    async fn destroy_network(
        &self,
        _: Request<wire::DestroyNetworkRequest>,
    ) -> Answer<wire::DestroyNetworkResponse> {
        Err(networks_are_not_ours())
    }

    async fn init(&self, _: Request<wire::InitRequest>) -> Answer<wire::InitResponse> {
        Ok(Response::new(wire::InitResponse {}))
    }

    /// The process is about to be ended; tasks go on without it.
    async fn shutdown(&self, _: Request<wire::ShutdownRequest>) -> Answer<wire::ShutdownResponse> {
        Ok(Response::new(wire::ShutdownResponse {}))
    }
}

fn networks_are_not_ours() -> Status {
    Status::unknown("the podman driver does not make group networks; the Nomad client does")
}
