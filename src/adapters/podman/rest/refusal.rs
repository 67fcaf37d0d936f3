//! What Podman says no with, and what that means.
//!
//! Status codes of the same condition differ by version (500, 409, 404), so the root cause counts: error bodies
//! are `{"cause":"root","message":"whole chain","response":500}` (libpod REST 2.0 to 5).

use super::client::Reply;
use crate::adapters::podman::call::Call;
use crate::adapters::podman::words;
use crate::ports::{ErrorKind, RuntimeError};
use hyper::StatusCode;
use serde::Deserialize;

/// A refusal as received.
#[derive(Debug)]
pub struct Refusal {
    /// Of the reply.
    pub status: StatusCode,
    /// The root cause, as Podman's sources spell it.
    pub cause: String,
    /// The whole chain, for a person.
    pub message: String,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    cause: String,
    #[serde(default)]
    message: String,
}

/// The error for a reply that is no success; `kind` decides what it means to this call.
pub fn error(call: &Call, reply: &Reply, kind: impl FnOnce(&Refusal) -> ErrorKind) -> RuntimeError {
    match parse(reply) {
        Ok(refusal) => call.error(kind(&refusal), &refusal.message),
        // The router's own pages are plain text.
        Err(text) if reply.status == StatusCode::NOT_FOUND => {
            let text = text.trim();
            call.error(ErrorKind::Unsupported, format!("this Podman does not know the request: {text}"))
        }
        Err(text) => {
            let (status, text) = (reply.status, text.trim());
            call.error(ErrorKind::Malformed, format!("Podman answered {status} without a reason: {text}"))
        }
    }
}

fn parse(reply: &Reply) -> Result<Refusal, String> {
    let text = || String::from_utf8_lossy(&reply.body).into_owned();
    let body: Body = serde_json::from_slice(&reply.body).map_err(|_| text())?;
    let message = if body.message.is_empty() { body.cause.clone() } else { body.message };
    if message.is_empty() {
        return Err(text());
    }
    Ok(Refusal { status: reply.status, cause: body.cause, message })
}

/// What a refused volume means: another task may just have made it, everything else is in the request.
pub fn of_volume(refusal: &Refusal) -> ErrorKind {
    if refusal.cause == "volume already exists" { ErrorKind::Internal } else { ErrorKind::Rejected }
}

/// What a refused removal of an image means; the words are those of Podman 3 to 5, whatever the status.
pub fn of_image_removal(refusal: &Refusal) -> ErrorKind {
    let held = words::has_any(
        &refusal.message,
        &["in use by a container", "must be forced", "used by multiple containers"],
    );
    if held { ErrorKind::WrongState } else { by_cause(refusal) }
}

/// What a cause means to most calls.
pub fn by_cause(refusal: &Refusal) -> ErrorKind {
    match refusal.cause.as_str() {
        "no such container" | "no such exec session" | "container has already been removed" => {
            ErrorKind::NotFound
        }
        "image not known" | "no such image" => ErrorKind::ImageMissing,
        "that name is already in use" => ErrorKind::NameInUse,
        "container state improper" | "container is stopped" | "exec session state improper" => {
            ErrorKind::WrongState
        }
        cause if cause.starts_with("Cannot kill container") => ErrorKind::WrongState,
        "OCI runtime attempted to invoke a command that was not found"
        | "OCI permission denied"
        | "invalid argument" => ErrorKind::Rejected,
        _ => by_status(refusal.status),
    }
}

fn by_status(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        404 => ErrorKind::NotFound,
        409 => ErrorKind::WrongState,
        400 => ErrorKind::Rejected,
        501 => ErrorKind::Unsupported,
        _ => ErrorKind::Internal,
    }
}

/// Creating checks the spec and writes to the store, so what is not the store's trouble is the spec's.
pub fn of_create(refusal: &Refusal) -> ErrorKind {
    let kind = by_cause(refusal);
    if matches!(kind, ErrorKind::ImageMissing | ErrorKind::NameInUse | ErrorKind::Unsupported) {
        kind
    } else if words::passes(&refusal.message) {
        ErrorKind::Internal
    } else {
        ErrorKind::Rejected
    }
}

/// Starting may fail for the program's and the spec's sake, for good, or for the node's, for now.
pub fn of_start(refusal: &Refusal) -> ErrorKind {
    let kind = by_cause(refusal);
    let unrunnable = kind == ErrorKind::Internal && words::is_unrunnable(&refusal.message);
    if unrunnable { ErrorKind::Rejected } else { kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, cause: &str, message: &str) -> Refusal {
        Refusal {
            status: StatusCode::from_u16(status).unwrap(),
            cause: cause.to_owned(),
            message: message.to_owned(),
        }
    }

    #[test]
    fn the_cause_decides_whatever_the_status() {
        for status in [404, 409, 500] {
            let kind = |cause| by_cause(&refusal(status, cause, cause));
            assert_eq!(kind("no such container"), ErrorKind::NotFound);
            assert_eq!(kind("image not known"), ErrorKind::ImageMissing);
            assert_eq!(kind("that name is already in use"), ErrorKind::NameInUse);
            assert_eq!(kind("container state improper"), ErrorKind::WrongState);
        }
    }

    #[test]
    fn a_missing_network_container_is_a_bad_spec_not_a_missing_container() {
        let missing =
            refusal(500, "no such container", "looking up container to share net namespace with: x");
        assert_eq!(of_create(&missing), ErrorKind::Rejected);
    }

    #[test]
    fn trouble_of_the_store_passes_and_trouble_of_the_spec_does_not() {
        assert_eq!(of_create(&refusal(500, "x", "database is locked")), ErrorKind::Internal);
        assert_eq!(
            of_create(&refusal(500, "x", "statfs /no: no such file or directory")),
            ErrorKind::Rejected
        );
    }

    #[test]
    fn a_taken_port_passes_and_a_missing_program_does_not() {
        let taken = refusal(500, "address already in use", "listen tcp4 :80: bind: address already in use");
        assert_eq!(of_start(&taken), ErrorKind::Internal);
        let workdir = "workdir \"/nope\" does not exist on container 7c";
        assert_eq!(of_start(&refusal(500, workdir, workdir)), ErrorKind::Rejected);
        let format = "runc: exec /x: exec format error: OCI runtime error";
        assert_eq!(of_start(&refusal(500, "OCI runtime error", format)), ErrorKind::Rejected);
    }
}
