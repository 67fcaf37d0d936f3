//! What Podman's messages mean where nothing but the text tells it, on either wire.

use crate::ports::ErrorKind;

/// Whether a change failed for a reason that passes.
pub fn passes(message: &str) -> bool {
    has_any(message, PASSING)
}

/// Whether a start failed for a reason that stays.
pub fn is_unrunnable(message: &str) -> bool {
    has_any(message, UNRUNNABLE)
}

/// What a registry's failure means. Several registries may have been tried: one that may say yes later counts.
pub fn of_pull(message: &str) -> ErrorKind {
    let message = message.to_lowercase();
    if has_any(&message, UNREACHABLE) {
        ErrorKind::RegistryUnavailable
    } else if message.contains("no space left on device") {
        ErrorKind::Internal
    } else {
        ErrorKind::Rejected
    }
}

/// Texts of failures that pass: the store's lock, the disk, the kernel's limits.
const PASSING: &[&str] = &[
    "database is locked",
    "database connection already closed",
    "no space left",
    "too many open files",
    "resource temporarily unavailable",
    "cannot allocate memory",
    "device or resource busy",
    "input/output error",
    "timed out",
    "timeout",
    "context canceled",
    "allocating lock",
];

/// Texts of starts that can never work (runc 1.1, crun 1, Podman 4.3 and 5).
const UNRUNNABLE: &[&str] = &[
    "exec format error",
    "executable file not found",
    "executable file `",
    "no such file or directory",
    "not a directory",
    "permission denied",
    "workdir ",
    "unable to find user",
    "unable to find group",
    "no matching entries in passwd file",
    "no matching entries in group file",
    "unable to set memory limit",
    "invalid argument",
];

/// Texts of Go's network stack and of containers/image (Podman 3.4 to 5), in lower case.
const UNREACHABLE: &[&str] = &[
    "connection refused",
    "connection reset",
    "broken pipe",
    "no such host",
    "server misbehaving",
    "temporary failure in name resolution",
    "network is unreachable",
    "no route to host",
    "i/o timeout",
    "timeout",
    "deadline exceeded",
    "unexpected eof",
    ": eof",
    "toomanyrequests",
    "too many requests",
    "http status: 5",
    "status code 5",
    "statuscode: 5",
    "service unavailable",
    "bad gateway",
];

/// Whether one of the texts is in it.
pub fn has_any(text: &str, needles: &[&str]) -> bool {
    needles.iter().any(|needle| text.contains(needle))
}
