//! The base service: who we are and how we are configured.

use super::PLUGIN_NAME;
use crate::adapters::nomad::convert::schema::schema;
use crate::adapters::nomad::convert::{msgpack, status, topology};
use crate::adapters::nomad::proto::base::{
    ConfigSchemaRequest, ConfigSchemaResponse, PluginInfoRequest, PluginInfoResponse, PluginType,
    SetConfigRequest, SetConfigResponse, base_plugin_server::BasePlugin,
};
use crate::domain::config::PluginConfig;
use crate::domain::config::plugin_options::PLUGIN_OPTIONS;
use crate::driver::Driver;
use tonic::{Request, Response, Status};

/// Nomad plugin protocol 1.1: the only API version there is, from 0.9 on.
const API_VERSION: &str = "v0.1.0";

/// Answers every plugin's questions.
pub struct BaseService {
    driver: Driver,
}

impl BaseService {
    /// A service that configures `driver`.
    pub fn new(driver: Driver) -> Self {
        Self { driver }
    }
}

#[tonic::async_trait]
impl BasePlugin for BaseService {
    async fn plugin_info(
        &self,
        _: Request<PluginInfoRequest>,
    ) -> Result<Response<PluginInfoResponse>, Status> {
        Ok(Response::new(PluginInfoResponse {
            r#type: PluginType::Driver.into(),
            plugin_api_versions: vec![API_VERSION.to_owned()],
            plugin_version: env!("CARGO_PKG_VERSION").to_owned(),
            name: PLUGIN_NAME.to_owned(),
        }))
    }

    async fn config_schema(
        &self,
        _: Request<ConfigSchemaRequest>,
    ) -> Result<Response<ConfigSchemaResponse>, Status> {
        Ok(Response::new(ConfigSchemaResponse { spec: Some(schema(PLUGIN_OPTIONS)) }))
    }

    /// Called up to twice per process, without `nomad_config` while the agent only validates. An error stops
    /// the agent, so nothing here depends on Podman (Nomad plugin protocol, traps 2 and 3).
    async fn set_config(
        &self,
        request: Request<SetConfigRequest>,
    ) -> Result<Response<SetConfigResponse>, Status> {
        let request = request.into_inner();
        let value = msgpack::decode(&request.msgpack_config).map_err(status::failed)?;
        let config = PluginConfig::decode(&value)
            .map_err(|problems| Status::unknown(format!("plugin config: {problems}")))?;
        let compute = topology::compute(request.nomad_config.as_ref());
        self.driver.configure(config, compute).map_err(status::failed)?;
        Ok(Response::new(SetConfigResponse {}))
    }
}
