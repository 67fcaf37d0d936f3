//! Errors as gRPC statuses.
//!
//! Nomad plugin protocol 3.1 and trap 6: UNKNOWN for ordinary failures; never UNAVAILABLE or CANCELLED, which
//! mean to the host that the plugin is gone; FAILED_PRECONDITION with a RecoverableError as first detail for
//! what the restart policy may try again.

use crate::adapters::nomad::proto::rpc;
use crate::adapters::nomad::proto::structs::RecoverableError;
use crate::driver::DriverError;
use prost::Message;
use prost_types::Any;
use tonic::{Code, Status};

const RECOVERABLE_ERROR: &str = "type.googleapis.com/hashicorp.nomad.plugins.shared.structs.RecoverableError";

/// The status of a failed verb other than StartTask.
pub fn failed(error: impl std::fmt::Display) -> Status {
    Status::unknown(error.to_string())
}

/// The status of a failed start.
pub fn start_failed(error: &DriverError) -> Status {
    if error.is_recoverable() { recoverable(error.to_string()) } else { failed(error) }
}

fn recoverable(message: String) -> Status {
    let detail = Any {
        type_url: RECOVERABLE_ERROR.to_owned(),
        value: RecoverableError { recoverable: true }.encode_to_vec(),
    };
    let code = Code::FailedPrecondition;
    let body = rpc::Status { code: code.into(), message: message.clone(), details: vec![detail] };
    Status::with_details(code, message, body.encode_to_vec().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::task::TaskId;
    use crate::ports::{ErrorKind, RuntimeError};

    #[test]
    fn a_transient_start_failure_carries_the_detail_that_nomad_reads() {
        let source = RuntimeError::new("create container", "x", ErrorKind::Unavailable, "connection refused");
        let status = start_failed(&DriverError::runtime("start task", source));
        assert_eq!(status.code(), Code::FailedPrecondition);
        let body = rpc::Status::decode(status.details()).unwrap();
        assert_eq!((body.code, body.message.as_str()), (9, status.message()));
        assert_eq!(body.details[0].type_url, RECOVERABLE_ERROR);
        assert_eq!(body.details[0].value, [0x08, 0x01]);
    }

    #[test]
    fn everything_else_is_unknown() {
        let status = start_failed(&DriverError::AlreadyStarted(TaskId::new("a/b/c")));
        assert_eq!(
            (status.code(), status.message()),
            (Code::Unknown, "task with ID \"a/b/c\" already started")
        );
    }
}
