//! Calls whose caller does not hear how they went.

use super::fault::{Fault, Op};
use crate::domain::limits::{CHANGE_TIMEOUT, PULL_TIMEOUT, QUERY_TIMEOUT};
use crate::ports::ErrorKind;
use std::time::Duration;

/// When a watch breaks or errs, after it began.
pub(super) const WATCHED: Duration = Duration::from_secs(5);

/// What a fault makes of a call, of whatever kind: there is one such table for all of them.
pub(super) struct Failure {
    /// The call takes effect all the same.
    pub(super) is_made: bool,
    /// How much later the caller hears of it, if not at once.
    pub(super) after: Option<Duration>,
    /// What the error says; `None` if the caller is killed.
    pub(super) heard: Option<(ErrorKind, &'static str)>,
}

impl Failure {
    /// `None` for faults that strike elsewhere, and for those that slow a call or that its method does.
    pub(super) fn of(fault: Fault, op: Op) -> Option<Self> {
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
        let heard = match fault {
            Fault::KilledBefore | Fault::KilledAfter => None,
            _ => Some(error(fault, op)?),
        };
        Some(Self { is_made, after, heard })
    }
}

fn error(fault: Fault, op: Op) -> Option<(ErrorKind, &'static str)> {
    Some(match fault {
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
    })
}

fn deadline(op: Op) -> Duration {
    if op.changes() { CHANGE_TIMEOUT } else { QUERY_TIMEOUT }
}
