//! The health check.

use super::{Bad, Version};
use crate::domain::config::task::process::{HealthAction, HealthCommand};
use crate::domain::container::spec::{Health as Wanted, HealthCheck};
use serde::Serialize;
use std::time::Duration;

/// Podman's usual values, said because 5.3 and 5.4 take silence for "unlimited".
const LOG_COUNT: u32 = 5;
const LOG_BYTES: u32 = 500;

const INTERVAL: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(30);
const RETRIES: u32 = 3;

/// The health topic of the SpecGenerator.
#[derive(Default, Serialize)]
pub struct Health {
    #[serde(skip_serializing_if = "Option::is_none")]
    healthconfig: Option<Config>,
    /// As Podman counts them: 0 none, 1 invalid, 2 kill, 3 restart, 4 stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    health_check_on_failure_action: Option<u8>,
    #[serde(rename = "healthLogDestination", skip_serializing_if = "Option::is_none")]
    log_destination: Option<&'static str>,
    #[serde(rename = "healthMaxLogCount", skip_serializing_if = "Option::is_none")]
    log_count: Option<u32>,
    #[serde(rename = "healthMaxLogSize", skip_serializing_if = "Option::is_none")]
    log_size: Option<u32>,
}

/// Times in nanoseconds.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    test: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_period: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retries: Option<u32>,
}

/// The topic of `wanted`.
pub fn health(wanted: &Wanted, version: Version) -> Result<Health, Bad> {
    match wanted {
        Wanted::Image => Ok(Health::default()),
        Wanted::Disabled => {
            let none = Config {
                test: vec!["NONE".to_owned()],
                interval: None,
                timeout: None,
                start_period: None,
                retries: None,
            };
            Ok(Health { healthconfig: Some(none), ..Health::default() })
        }
        Wanted::Check(check) => {
            let acts = check.on_failure.is_some_and(|action| action != HealthAction::None);
            version.needs_if(acts, "healthcheck.on_failure", Version(4, 3))?;
            Ok(of_check(check, version))
        }
    }
}

fn of_check(check: &HealthCheck, version: Version) -> Health {
    let logs = version >= Version(5, 3);
    Health {
        healthconfig: Some(Config {
            test: test(&check.command),
            interval: Some(nanos(check.interval.unwrap_or(INTERVAL))),
            timeout: Some(nanos(check.timeout.unwrap_or(TIMEOUT))),
            start_period: check.start_period.map(nanos),
            retries: Some(check.retries.unwrap_or(RETRIES)),
        }),
        health_check_on_failure_action: check.on_failure.and_then(action),
        log_destination: logs.then_some("local"),
        log_count: logs.then_some(LOG_COUNT),
        log_size: logs.then_some(LOG_BYTES),
    }
}

fn action(action: HealthAction) -> Option<u8> {
    match action {
        HealthAction::None => None,
        HealthAction::Kill => Some(2),
        HealthAction::Stop => Some(4),
    }
}

fn test(command: &HealthCommand) -> Vec<String> {
    match command {
        HealthCommand::Shell(line) => vec!["CMD-SHELL".to_owned(), line.clone()],
        HealthCommand::Program(argv) => ["CMD".to_owned()].into_iter().chain(argv.iter().cloned()).collect(),
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
