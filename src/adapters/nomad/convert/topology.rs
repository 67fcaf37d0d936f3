//! The node's compute power, from the topology that hosts since 1.7 send with SetConfig.

use crate::adapters::nomad::proto::base::{ClientTopology, ClientTopologyCore, NomadConfig};
use crate::domain::stats::Compute;

/// Total MHz and number of cores; `None` if the host does not say.
pub fn compute(config: Option<&NomadConfig>) -> Option<Compute> {
    let topology = config?.driver.as_ref()?.topology.as_ref()?;
    let cores = u32::try_from(topology.cores.len()).ok().filter(|cores| *cores > 0)?;
    Some(Compute { total_mhz: total_mhz(topology), cores })
}

/// An operator's `cpu_total_compute` wins over what the host measured.
fn total_mhz(topology: &ClientTopology) -> u64 {
    match topology.override_total_compute {
        0 => topology.cores.iter().map(core_mhz).fold(0, u64::saturating_add),
        overridden => overridden,
    }
}

fn core_mhz(core: &ClientTopologyCore) -> u64 {
    [core.base_speed, core.max_speed, core.guess_speed].into_iter().find(|mhz| *mhz > 0).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::nomad::proto::base::NomadDriverConfig;

    fn config(topology: Option<ClientTopology>) -> NomadConfig {
        NomadConfig { driver: Some(NomadDriverConfig { topology, ..Default::default() }) }
    }

    #[test]
    fn cores_add_up_and_an_override_wins() {
        let core =
            |base_speed, guess_speed| ClientTopologyCore { base_speed, guess_speed, ..Default::default() };
        let mut topology = ClientTopology { cores: vec![core(2000, 0), core(0, 1000)], ..Default::default() };
        assert_eq!(
            compute(Some(&config(Some(topology.clone())))),
            Some(Compute { total_mhz: 3000, cores: 2 })
        );
        topology.override_total_compute = 500;
        assert_eq!(compute(Some(&config(Some(topology)))), Some(Compute { total_mhz: 500, cores: 2 }));
    }

    #[test]
    fn an_older_host_says_nothing() {
        assert_eq!(compute(None), None);
        assert_eq!(compute(Some(&config(None))), None);
        assert_eq!(compute(Some(&config(Some(ClientTopology::default())))), None);
    }
}
