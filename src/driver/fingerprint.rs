//! Fingerprint: the driver's health, now and whenever it changes.

use super::Driver;
use crate::domain::fingerprint::{Fingerprint, Health, fingerprint};
use crate::domain::limits::{FINGERPRINT_INTERVAL, FINGERPRINT_RETRY_INTERVAL, FINGERPRINT_TIMEOUT};
use crate::ports::clock::within;
use futures_util::stream::{self, BoxStream, StreamExt};

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

    /// Looks at the runtime once.
    pub async fn fingerprint(&self) -> Fingerprint {
        let settings = self.settings();
        let seen = settings.remembered().is_some();
        match within(&*self.shared.clock, FINGERPRINT_TIMEOUT, settings.probe()).await {
            Ok(Ok(facts)) => fingerprint(Ok(&facts), seen),
            Ok(Err(error)) => fingerprint(Err(&error.to_string()), seen),
            Err(_) => fingerprint(Err("no answer in time"), seen),
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
