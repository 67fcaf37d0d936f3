//! Fingerprint: the driver's health, now and whenever it changes.

use super::Driver;
use super::settings::Socket;
use crate::domain::config::plugin::{Endpoint, Wire};
use crate::domain::fingerprint::{Fingerprint, Health, RuntimeFacts, Seen, fingerprint};
use crate::domain::limits::{
    FINGERPRINT_INTERVAL, FINGERPRINT_RETRY_INTERVAL, FINGERPRINT_TIMEOUT, SHIM_TIMEOUT,
};
use crate::ports::clock::within;
use futures_util::future::join_all;
use futures_util::stream::{self, BoxStream, StreamExt};
use std::path::PathBuf;
use std::time::Duration;

struct Watch {
    driver: Driver,
    last: Option<Fingerprint>,
}

impl Driver {
    /// A report at once, then one per change. Never ends: the host would open it again without a pause.
    pub fn fingerprints(&self) -> BoxStream<'static, Fingerprint> {
        let watch = Watch { driver: self.clone(), last: None };
        stream::unfold(watch, |watch| async { Some(watch.next().await) }).boxed()
    }

    /// Looks at every runtime once, all at the same time: one that hangs must not hide the others.
    pub async fn fingerprint(&self) -> Fingerprint {
        let settings = self.settings();
        let limit = settings.plugin.query_timeout.unwrap_or(FINGERPRINT_TIMEOUT);
        let before: Vec<bool> = settings.sockets().iter().map(|s| s.remembered().is_some()).collect();
        let probes = join_all(settings.sockets().iter().map(|socket| self.look_at(socket, limit))).await;
        let seen = settings.sockets().iter().zip(&probes).zip(before);
        let seen = seen.map(|((socket, probe), answered_before)| Seen {
            name: &socket.name,
            is_default: socket.is_default,
            probe: probe.as_ref().map_err(String::as_str),
            answered_before,
        });
        let report = fingerprint(&seen.collect::<Vec<_>>());
        match self.docker_shim().await {
            Some(socket) => report.with_docker_shim(&socket.to_string_lossy()),
            None => report,
        }
    }

    /// Docker's socket, if Podman answers there: only its REST service says so in every reply.
    async fn docker_shim(&self) -> Option<PathBuf> {
        let path = self.shared.host.docker_socket()?;
        let endpoint = Endpoint { socket: path.clone(), wire: Wire::Rest };
        let runtime = self.shared.connector.connect(Some(&endpoint)).ok()?;
        let probe = within(&*self.shared.clock, SHIM_TIMEOUT, runtime.probe()).await;
        matches!(probe, Ok(Ok(_))).then_some(path)
    }

    async fn look_at(&self, socket: &Socket, limit: Duration) -> Result<RuntimeFacts, String> {
        let before = socket.answers();
        match (within(&*self.shared.clock, limit, socket.probe()).await, socket.remembered()) {
            (Ok(probe), _) => probe.map_err(|error| error.to_string()),
            // One that answers others meanwhile is busy, not ill.
            (Err(_), Some(facts)) if socket.answers() > before => Ok(facts),
            (Err(_), _) => Err("no answer in time".to_owned()),
        }
    }
}

impl Watch {
    async fn next(mut self) -> (Fingerprint, Self) {
        loop {
            if let Some(last) = &self.last {
                let healthy = last.health == Health::Healthy;
                let pause = if healthy { FINGERPRINT_INTERVAL } else { FINGERPRINT_RETRY_INTERVAL };
                self.driver.shared.clock.sleep(pause).await;
            }
            let now = self.driver.fingerprint().await;
            if self.last.as_ref() != Some(&now) {
                self.last = Some(now.clone());
                return (now, self);
            }
        }
    }
}
