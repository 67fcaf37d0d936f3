//! Image, program, environment, labels, output, health.

use super::Create;
use crate::domain::config::task::process::HealthCommand;
use crate::domain::container::ContainerSpec;
use crate::domain::container::spec::{Health, HealthCheck, LogDriver};
use serde_json::json;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(30);
const RETRIES: u32 = 3;

/// The topic of `spec`.
pub(super) fn basic(spec: &ContainerSpec, create: &mut Create) {
    let image = spec.image.as_str().to_owned();
    create.set("args", std::iter::once(image).chain(spec.command.iter().cloned()).collect::<Vec<_>>());
    create.set("name", spec.name.as_str());
    // Else it would pull by itself, without an account and without a word.
    create.set("pull", "never");
    if !spec.entrypoint.is_empty() {
        // As a list in a text, or the first word would be taken for the whole command.
        create.set("entrypoint", json!(spec.entrypoint).to_string());
    }
    create.list("env", spec.env.reveal_all().map(|(name, value)| format!("{name}={value}")));
    create.list("label", spec.labels.iter().map(|(key, value)| format!("{key}={value}")));
    create.list("annotation", spec.annotations.iter().map(|(key, value)| format!("{key}={value}")));
    create.set_some("hostname", spec.hostname.as_deref());
    create.set_some("user", spec.user.as_deref());
    create.set_some("workDir", spec.working_dir.as_deref());
    create.set_some("init", spec.init.then_some(true));
    create.set_some("initPath", spec.init_path.as_deref());
    create.set_some("tty", spec.terminal.then_some(true));
    create.set_some("stopSignal", spec.stop_signal.map(|signal| signal.number().to_string()));
    create.set_some("cgroupParent", spec.cgroup_parent.as_deref());
    log(spec, create);
    health(&spec.health, create);
}

fn log(spec: &ContainerSpec, create: &mut Create) {
    let driver = match spec.log.driver {
        LogDriver::File => Some("k8s-file"),
        LogDriver::Journal => Some("journald"),
        LogDriver::Runtime => None,
    };
    create.set_some("logDriver", driver);
    create.list("logOpt", spec.log.options.iter().map(|(key, value)| format!("{key}={value}")));
}

fn health(health: &Health, create: &mut Create) {
    match health {
        Health::Image => {}
        // No option of its own turns it off, but this test never runs.
        Health::Disabled => check(json!(["NONE"]), INTERVAL, TIMEOUT, Duration::ZERO, RETRIES, create),
        Health::Check(wanted) => check(
            test(wanted),
            wanted.interval.unwrap_or(INTERVAL),
            wanted.timeout.unwrap_or(TIMEOUT),
            wanted.start_period.unwrap_or_default(),
            wanted.retries.unwrap_or(RETRIES),
            create,
        ),
    }
}

fn check(
    test: serde_json::Value,
    interval: Duration,
    timeout: Duration,
    start_period: Duration,
    retries: u32,
    create: &mut Create,
) {
    let text = |duration: Duration| format!("{}ms", duration.as_millis());
    create.set("healthcheckCommand", test.to_string());
    create.set("healthcheckInterval", text(interval));
    create.set("healthcheckTimeout", text(timeout));
    create.set("healthcheckStartPeriod", text(start_period));
    create.set("healthcheckRetries", retries);
}

fn test(check: &HealthCheck) -> serde_json::Value {
    match &check.command {
        HealthCommand::Shell(line) => json!(["CMD-SHELL", line]),
        HealthCommand::Program(argv) => {
            let words = std::iter::once("CMD").chain(argv.iter().map(String::as_str));
            words.collect::<Vec<_>>().into()
        }
    }
}
