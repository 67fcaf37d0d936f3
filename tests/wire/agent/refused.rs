//! An error as the agent takes it.

use nomad_driver_podman::adapters::nomad::proto::{rpc, structs::RecoverableError};
use prost::Message;
use tonic::{Code, Response, Status};

/// A verb that was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub message: String,
    /// The restart policy applies.
    pub recoverable: bool,
}

pub type Answer<T> = Result<T, Refused>;

/// Nomad plugin protocol 3.1 and trap 6: some codes mean that the plugin is gone, and only the first detail of
/// FAILED_PRECONDITION is looked at.
pub fn judge<T>(verb: &str, result: Result<Response<T>, Status>) -> Answer<T> {
    result.map(Response::into_inner).map_err(|status| refused(verb, &status))
}

pub fn refused(verb: &str, status: &Status) -> Refused {
    assert!(
        matches!(status.code(), Code::Unknown | Code::FailedPrecondition),
        "{verb}: the agent takes {:?} for something else: {status:?}",
        status.code()
    );
    assert!(!status.message().trim().is_empty(), "{verb}: an error without a word");
    Refused { message: status.message().to_owned(), recoverable: is_recoverable(status) }
}

fn is_recoverable(status: &Status) -> bool {
    if status.details().is_empty() {
        return false;
    }
    let body = rpc::Status::decode(status.details()).unwrap();
    assert_eq!((body.code, body.message.as_str()), (i32::from(status.code()), status.message()));
    let Some(first) = body.details.first() else { return false };
    assert!(first.type_url.ends_with("/hashicorp.nomad.plugins.shared.structs.RecoverableError"));
    status.code() == Code::FailedPrecondition && RecoverableError::decode(&*first.value).unwrap().recoverable
}
