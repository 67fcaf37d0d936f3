//! A driver without tasks: waits for ever, streams nothing, refuses the rest.

use std::pin::Pin;

use nomad_driver_podman::adapters::nomad::{
    proto::{base, base::base_plugin_server::BasePlugin, driver, driver::driver_server::Driver},
    serve::Plugin,
};
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

pub struct StubBase;
pub struct StubDriver;

pub fn plugin() -> Plugin<StubBase, StubDriver> {
    Plugin { base: StubBase, driver: StubDriver }
}

type Answer<T> = Result<Response<T>, Status>;
type Silence<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn silence<T: Send + 'static>() -> Answer<Silence<T>> {
    Ok(Response::new(Box::pin(tokio_stream::pending())))
}

fn refused<T>() -> Answer<T> {
    Err(Status::unknown("not in a stub"))
}

#[tonic::async_trait]
impl BasePlugin for StubBase {
    async fn plugin_info(&self, _: Request<base::PluginInfoRequest>) -> Answer<base::PluginInfoResponse> {
        Ok(Response::new(base::PluginInfoResponse {
            r#type: base::PluginType::Driver.into(),
            plugin_api_versions: vec!["v0.1.0".to_owned()],
            plugin_version: "0.1.0".to_owned(),
            name: "stub".to_owned(),
        }))
    }

    async fn config_schema(
        &self,
        _: Request<base::ConfigSchemaRequest>,
    ) -> Answer<base::ConfigSchemaResponse> {
        Ok(Response::new(Default::default()))
    }

    async fn set_config(&self, _: Request<base::SetConfigRequest>) -> Answer<base::SetConfigResponse> {
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl Driver for StubDriver {
    type FingerprintStream = Silence<driver::FingerprintResponse>;
    type TaskStatsStream = Silence<driver::TaskStatsResponse>;
    type TaskEventsStream = Silence<driver::DriverTaskEvent>;
    type ExecTaskStreamingStream = Silence<driver::ExecTaskStreamingResponse>;

    async fn fingerprint(&self, _: Request<driver::FingerprintRequest>) -> Answer<Self::FingerprintStream> {
        silence()
    }

    async fn task_stats(&self, _: Request<driver::TaskStatsRequest>) -> Answer<Self::TaskStatsStream> {
        silence()
    }

    async fn task_events(&self, _: Request<driver::TaskEventsRequest>) -> Answer<Self::TaskEventsStream> {
        silence()
    }

    async fn exec_task_streaming(
        &self,
        _: Request<Streaming<driver::ExecTaskStreamingRequest>>,
    ) -> Answer<Self::ExecTaskStreamingStream> {
        silence()
    }

    async fn wait_task(&self, _: Request<driver::WaitTaskRequest>) -> Answer<driver::WaitTaskResponse> {
        std::future::pending().await
    }

    /// Sends the task back, whatever its size.
    async fn start_task(
        &self,
        request: Request<driver::StartTaskRequest>,
    ) -> Answer<driver::StartTaskResponse> {
        let handle = driver::TaskHandle { config: request.into_inner().task, ..Default::default() };
        Ok(Response::new(driver::StartTaskResponse { handle: Some(handle), ..Default::default() }))
    }

    async fn task_config_schema(
        &self,
        _: Request<driver::TaskConfigSchemaRequest>,
    ) -> Answer<driver::TaskConfigSchemaResponse> {
        refused()
    }

    async fn capabilities(
        &self,
        _: Request<driver::CapabilitiesRequest>,
    ) -> Answer<driver::CapabilitiesResponse> {
        refused()
    }

    async fn recover_task(
        &self,
        _: Request<driver::RecoverTaskRequest>,
    ) -> Answer<driver::RecoverTaskResponse> {
        refused()
    }

    async fn stop_task(&self, _: Request<driver::StopTaskRequest>) -> Answer<driver::StopTaskResponse> {
        refused()
    }

    async fn destroy_task(
        &self,
        _: Request<driver::DestroyTaskRequest>,
    ) -> Answer<driver::DestroyTaskResponse> {
        refused()
    }

    async fn inspect_task(
        &self,
        _: Request<driver::InspectTaskRequest>,
    ) -> Answer<driver::InspectTaskResponse> {
        refused()
    }

    async fn signal_task(&self, _: Request<driver::SignalTaskRequest>) -> Answer<driver::SignalTaskResponse> {
        refused()
    }

    async fn exec_task(&self, _: Request<driver::ExecTaskRequest>) -> Answer<driver::ExecTaskResponse> {
        refused()
    }

    async fn create_network(
        &self,
        _: Request<driver::CreateNetworkRequest>,
    ) -> Answer<driver::CreateNetworkResponse> {
        refused()
    }

    async fn destroy_network(
        &self,
        _: Request<driver::DestroyNetworkRequest>,
    ) -> Answer<driver::DestroyNetworkResponse> {
        refused()
    }

    async fn init(&self, _: Request<driver::InitRequest>) -> Answer<driver::InitResponse> {
        Ok(Response::new(Default::default()))
    }

    async fn shutdown(&self, _: Request<driver::ShutdownRequest>) -> Answer<driver::ShutdownResponse> {
        Ok(Response::new(Default::default()))
    }
}
