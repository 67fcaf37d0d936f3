//! What a fault makes of a call.

use super::fault::{Fault, Op};
use super::faulty::WATCHED;
use crate::domain::limits::{CHANGE_TIMEOUT, PULL_TIMEOUT, QUERY_TIMEOUT};
use crate::ports::ErrorKind;
use std::time::Duration;

/// See the module.
pub(super) enum Blow {
    /// Nothing: the fault strikes elsewhere, or the method itself does what it says.
    None,
    /// The call is made, and answered later than usual.
    Late,
    /// Its caller does not hear how it went.
    Failure(Failure),
}

/// What the caller hears instead.
pub(super) struct Failure {
    /// The call takes effect all the same.
    pub(super) is_made: bool,
    /// How much later, if not at once.
    pub(super) after: Option<Duration>,
    /// What the error says; `None` if the caller is killed.
    pub(super) heard: Option<(ErrorKind, &'static str)>,
}

impl Blow {
    pub(super) fn of(fault: Fault, op: Op) -> Self {
        let is_made = match fault {
            Fault::HangAfter | Fault::ReplyLost | Fault::ServerErrorAfter | Fault::KilledAfter => true,
            Fault::Malformed => op.changes(),
            _ => false,
        };
        let after = match fault {
            Fault::Hang | Fault::HangAfter => Some(deadline(op)),
            Fault::PullStall => Some(PULL_TIMEOUT),
            Fault::PullPartial => Some(WATCHED),
            _ => None,
        };
        match fault {
            Fault::Slow => Self::Late,
            Fault::KilledBefore | Fault::KilledAfter => {
                Self::Failure(Failure { is_made, after, heard: None })
            }
            _ => match error(fault, op) {
                Some(heard) => Self::Failure(Failure { is_made, after, heard: Some(heard) }),
                None => Self::None,
            },
        }
    }
}

fn error(fault: Fault, op: Op) -> Option<(ErrorKind, &'static str)> {
    let error = match fault {
        Fault::Refused => (ErrorKind::Unavailable, "connect: connection refused"),
        Fault::Hang | Fault::HangAfter => (ErrorKind::TimedOut, "no answer"),
        Fault::RequestLost | Fault::ReplyLost => (ErrorKind::OutcomeUnknown, "connection reset by peer"),
        Fault::ServerError | Fault::ServerErrorAfter => {
            (ErrorKind::Internal, "status 500: database is locked")
        }
        Fault::Conflict if op == Op::Create => (ErrorKind::NameInUse, "that name is already in use"),
        Fault::Conflict => (ErrorKind::WrongState, "container state improper"),
        Fault::Malformed => (ErrorKind::Malformed, "expected value at line 1 column 1"),
        Fault::NoSpace => (ErrorKind::Internal, "no space left on device"),
        Fault::PullStall => (ErrorKind::TimedOut, "the pull stands still"),
        Fault::PullDenied => (ErrorKind::Rejected, "unauthorized: access to the resource is denied"),
        Fault::PullPartial => (ErrorKind::RegistryUnavailable, "unexpected EOF while copying a blob"),
        _ => return None,
    };
    Some(error)
}

fn deadline(op: Op) -> Duration {
    if op.changes() { CHANGE_TIMEOUT } else { QUERY_TIMEOUT }
}
