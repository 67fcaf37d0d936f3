//! How a task ended and where it is, for the host.

use super::time::timestamp;
use crate::adapters::nomad::proto::driver as wire;
use crate::domain::mapped::Mapped;
use crate::domain::task::{ExitOutcome, Phase, PlacedTask, TaskStatus};
use crate::driver::{DriverNetwork, ExecOutput};

/// The exit code of a task of which nobody knows how it ended. Not 0, which would be success.
const UNKNOWN_EXIT_CODE: i32 = -1;

/// The result and error text of an outcome. The result is always there: hosts before 1.11.3 crash without it,
/// also beside an error (Nomad plugin protocol, trap 1).
pub fn exit(outcome: &ExitOutcome) -> (wire::ExitResult, String) {
    match outcome {
        ExitOutcome::Known(record) => {
            let result =
                wire::ExitResult { exit_code: record.code, signal: 0, oom_killed: record.oom_killed };
            let oom = "OOM killed: the task used more memory than it may";
            (result, if record.oom_killed { oom.to_owned() } else { String::new() })
        }
        ExitOutcome::Unknown(reason) => {
            let result = wire::ExitResult { exit_code: UNKNOWN_EXIT_CODE, ..Default::default() };
            (result, reason.clone())
        }
    }
}

/// WaitTask's answer.
pub fn waited(outcome: &ExitOutcome) -> wire::WaitTaskResponse {
    let (result, err) = exit(outcome);
    wire::WaitTaskResponse { result: Some(result), err }
}

/// InspectTask's answer, with every part the host reads.
pub fn inspected(task: &PlacedTask, status: &TaskStatus) -> wire::InspectTaskResponse {
    let state = match status.phase {
        Phase::Running => wire::TaskState::Running,
        Phase::Exited => wire::TaskState::Exited,
    };
    let completed_at = match &status.outcome {
        Some(ExitOutcome::Known(record)) => record.finished_at,
        Some(ExitOutcome::Unknown(_)) | None => None,
    };
    let result = status.outcome.as_ref().map(|outcome| exit(outcome).0).unwrap_or_default();
    wire::InspectTaskResponse {
        task: Some(wire::TaskStatus {
            id: task.id.as_str().to_owned(),
            name: task.dirs.task_name.clone(),
            state: state.into(),
            started_at: Some(timestamp(status.started_at())),
            completed_at: Some(timestamp(completed_at)),
            result: Some(result),
        }),
        driver: Some(wire::TaskDriverStatus::default()),
        network_override: None,
    }
}

/// The network that the runtime made for a task.
pub fn network(network: DriverNetwork) -> wire::NetworkOverride {
    let port_map = network.port_map.into_iter().map(|(label, port)| (label, i32::from(port)));
    wire::NetworkOverride { port_map: port_map.mapped(), addr: network.ip, auto_advertise: true }
}

/// ExecTask's answer.
pub fn exec(output: ExecOutput) -> wire::ExecTaskResponse {
    wire::ExecTaskResponse {
        stdout: output.stdout.into(),
        stderr: output.stderr.into(),
        result: Some(exec_exit(output.exit_code)),
    }
}

/// The exit of a command beside a task.
pub fn exec_exit(exit_code: i32) -> wire::ExitResult {
    wire::ExitResult { exit_code, signal: 0, oom_killed: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::task::ExitRecord;

    #[test]
    fn an_unknown_end_is_never_success() {
        let answer = waited(&ExitOutcome::Unknown("lost".to_owned()));
        assert_ne!(answer.result.unwrap().exit_code, 0);
        assert_eq!(answer.err, "lost");
    }

    #[test]
    fn a_known_end_is_told_as_it_was() {
        let record = ExitRecord { code: 7, oom_killed: false, finished_at: None };
        let answer = waited(&ExitOutcome::Known(record));
        assert_eq!(answer.result.unwrap().exit_code, 7);
        assert_eq!(answer.err, "");
    }
}
