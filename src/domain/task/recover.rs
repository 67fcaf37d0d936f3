//! What to do with a container that recovery finds.

use super::exit::{ExitOutcome, ExitRecord};
use crate::domain::container::{ContainerFacts, ContainerState};

/// The decision for one found container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovery {
    /// It runs: watch it as if nothing had happened.
    Adopt,
    /// It ended while nobody watched: report this end.
    Report(ExitOutcome),
    /// It ended and the operator wants stopped containers to run again.
    StartAgain,
}

/// Decides what becomes of a container found in `facts`.
pub fn decide(facts: &ContainerFacts, recover_stopped: bool) -> Recovery {
    match facts.state {
        // A paused container is frozen by a person who means to go on with it; a stopping one ends soon, and
        // the watch reports how.
        ContainerState::Running | ContainerState::Paused | ContainerState::Stopping => Recovery::Adopt,
        ContainerState::Exited if recover_stopped => Recovery::StartAgain,
        ContainerState::Exited => Recovery::Report(ended(facts)),
        ContainerState::Created => {
            Recovery::Report(ExitOutcome::Unknown("the container was created but never started".to_owned()))
        }
        ContainerState::Removing => {
            Recovery::Report(ExitOutcome::Unknown("the container is being removed".to_owned()))
        }
        ContainerState::Unknown => Recovery::Report(ExitOutcome::Unknown(
            "the runtime does not know the container's state".to_owned(),
        )),
    }
}

/// The outcome that `facts` of an ended container tell.
pub fn ended(facts: &ContainerFacts) -> ExitOutcome {
    match facts.exit_code {
        Some(code) => ExitOutcome::Known(ExitRecord {
            code,
            oom_killed: facts.oom_killed,
            finished_at: facts.finished_at,
        }),
        None => ExitOutcome::Unknown("the runtime has no exit code for the container".to_owned()),
    }
}
