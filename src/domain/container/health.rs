//! The health check of a task.

use super::spec::{Health, HealthCheck};
use crate::domain::config::Problem;
use crate::domain::config::task::process::HealthOptions;

/// How health is found out. Without a command there is nothing to run, so the other settings would be lost.
pub fn health(options: &HealthOptions) -> Result<Health, Problem> {
    let settings = HealthOptions { disable: false, command: None, ..options.clone() };
    let Some(command) = options.command.clone() else {
        let unset = settings == HealthOptions::default();
        let health = if options.disable { Health::Disabled } else { Health::Image };
        return if unset { Ok(health) } else { Err(Problem::new("healthcheck.command", "is missing")) };
    };
    if options.disable {
        return Err(Problem::new("healthchecks.disable", "contradicts the healthcheck block; keep one"));
    }
    Ok(Health::Check(HealthCheck {
        command,
        interval: options.interval,
        timeout: options.timeout,
        start_period: options.start_period,
        retries: options.retries,
        on_failure: options.on_failure,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::task::process::HealthCommand;

    #[test]
    fn a_check_needs_a_command_and_excludes_disabling() {
        let none = HealthOptions::default();
        assert_eq!(health(&none), Ok(Health::Image));
        assert_eq!(health(&HealthOptions { disable: true, ..none.clone() }), Ok(Health::Disabled));
        assert!(health(&HealthOptions { retries: Some(1), ..none.clone() }).is_err());
        let command = Some(HealthCommand::Shell("true".to_owned()));
        assert!(health(&HealthOptions { command: command.clone(), disable: true, ..none.clone() }).is_err());
        assert!(matches!(health(&HealthOptions { command, ..none }), Ok(Health::Check(_))));
    }
}
