//! The calls of an agent's start: who are you, what may you be told, here it is.

use super::refused::judge;
use super::{Agent, Answer};
use crate::cty;
use crate::harness::soon;
use nomad_driver_podman::adapters::nomad::proto::hclspec::Spec;
use nomad_driver_podman::adapters::nomad::proto::{base, driver};
use serde_json::Value;

impl Agent {
    pub async fn info(&self) -> base::PluginInfoResponse {
        let mut base = self.host.base.clone();
        let call = base.plugin_info(base::PluginInfoRequest {});
        judge("PluginInfo", soon("PluginInfo", call).await).unwrap()
    }

    pub async fn config_schema(&self) -> Spec {
        let mut base = self.host.base.clone();
        let call = base.config_schema(base::ConfigSchemaRequest {});
        let answer = judge("ConfigSchema", soon("ConfigSchema", call).await).unwrap();
        answer.spec.expect("without a spec, a config block is an error")
    }

    /// SetConfig with a config block as JSON; `at_work` in the third process of an agent's start.
    pub async fn configure(&self, config: &Value, at_work: bool) -> Answer<()> {
        let bytes = cty::encode(&self.config_schema().await, config);
        self.set_config(bytes, at_work).await
    }

    /// SetConfig with bytes of the case's own.
    pub async fn set_config(&self, bytes: Vec<u8>, at_work: bool) -> Answer<()> {
        let request = base::SetConfigRequest {
            msgpack_config: bytes.into(),
            nomad_config: at_work.then(nomad_config),
            plugin_api_version: "v0.1.0".to_owned(),
        };
        let mut base = self.host.base.clone();
        judge("SetConfig", soon("SetConfig", base.set_config(request)).await).map(drop)
    }

    /// An agent before 2.0.4 does not know it, nor does its driver.
    pub async fn init(&self) -> Answer<()> {
        match self.host.driver.clone().init(driver::InitRequest {}).await {
            Err(status) if status.code() == tonic::Code::Unimplemented => Ok(()),
            answer => judge("Init", answer).map(drop),
        }
    }

    pub async fn task_schema(&self) -> Spec {
        let mut driver = self.host.driver.clone();
        let call = driver.task_config_schema(driver::TaskConfigSchemaRequest {});
        let answer = judge("TaskConfigSchema", soon("TaskConfigSchema", call).await).unwrap();
        answer.spec.expect("without a spec, every allocation fails")
    }

    pub async fn capabilities(&self) -> driver::DriverCapabilities {
        let mut driver = self.host.driver.clone();
        let call = driver.capabilities(driver::CapabilitiesRequest {});
        judge("Capabilities", soon("Capabilities", call).await).unwrap().capabilities.unwrap()
    }
}

/// A node of two cores.
fn nomad_config() -> base::NomadConfig {
    let core = |core_id| base::ClientTopologyCore { core_id, base_speed: 2000, ..Default::default() };
    let topology = base::ClientTopology {
        node_ids: vec![0],
        distances: Some(base::ClientTopologySlit { dimension: 1, values: vec![10] }),
        cores: vec![core(0), core(1)],
        ..Default::default()
    };
    let driver =
        base::NomadDriverConfig { client_min_port: 14000, client_max_port: 14512, topology: Some(topology) };
    base::NomadConfig { driver: Some(driver) }
}
