//! What Podman 1 says no with, and what that means.
//!
//! An error has a name and parameters, but most of Podman's are `ErrorOccurred` with a sentence (1.9.3): there the
//! words count.

use crate::adapters::podman::call::Call;
use crate::adapters::podman::words;
use crate::ports::{ErrorKind, RuntimeError};
use serde::Deserialize;
use serde_json::value::RawValue;

const PODMAN: &str = "io.podman.";
const FRAMEWORK: &str = "org.varlink.service.";

/// Parameters of errors that a person can make something of, the best ones first. Some errors have others.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Parameters<'a> {
    #[serde(borrow)]
    reason: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    interface: Option<&'a RawValue>,
    #[serde(borrow)]
    parameter: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

/// A refusal as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `io.podman.ErrorOccurred`.
    pub name: String,
    /// In Podman's words; the name if it has none.
    pub reason: String,
}

impl Refusal {
    /// From the parts of a reply; the parameters as JSON.
    pub fn new(name: String, parameters: &str) -> Self {
        let said: Parameters = serde_json::from_str(parameters).unwrap_or_default();
        let known = [said.reason, said.method, said.interface, said.parameter, said.name, said.id];
        let text = |raw: &RawValue| serde_json::from_str::<String>(raw.get()).ok();
        let mut texts = known.into_iter().flatten().filter_map(text);
        let reason = texts.find(|text| !text.is_empty()).unwrap_or_else(|| name.clone());
        Self { name, reason }
    }

    /// As an error of `call`; `kind` decides what it means to it.
    pub fn error(&self, call: &Call, kind: impl FnOnce(&Self) -> ErrorKind) -> RuntimeError {
        let kind = kind(self);
        if let Some(name) = self.name.strip_prefix(FRAMEWORK) {
            let reason = &self.reason;
            return call.error(kind, format!("this Podman does not know the request: {name} {reason}"));
        }
        match kind {
            ErrorKind::Malformed => {
                let (name, reason) = (&self.name, &self.reason);
                let reason = if name == reason { String::new() } else { format!(": {reason}") };
                call.error(kind, format!("Podman answered with an unknown error {name}{reason}"))
            }
            _ => call.error(kind, self.message()),
        }
    }

    /// Some errors are a name and nothing else.
    fn message(&self) -> &str {
        match self.name.strip_prefix(PODMAN) {
            Some("NoContainerRunning") => "the container is not running",
            _ => &self.reason,
        }
    }
}

/// What a refusal means to most calls.
pub fn usual(refusal: &Refusal) -> ErrorKind {
    let Some(name) = refusal.name.strip_prefix(PODMAN) else {
        let known = refusal.name.starts_with(FRAMEWORK);
        return if known { ErrorKind::Unsupported } else { ErrorKind::Malformed };
    };
    match name {
        "ContainerNotFound" | "VolumeNotFound" | "PodNotFound" => ErrorKind::NotFound,
        "ImageNotFound" => ErrorKind::ImageMissing,
        "NoContainerRunning" | "InvalidState" | "ErrCtrStopped" => ErrorKind::WrongState,
        "ErrRequiresCgroupsV2ForRootless" | "WantsMoreRequired" => ErrorKind::Unsupported,
        "ErrorOccurred" | "RuntimeError" | "PodContainerError" => by_reason(&refusal.reason),
        _ => ErrorKind::Malformed,
    }
}

fn by_reason(reason: &str) -> ErrorKind {
    let says = |needles: &[&str]| words::has_any(reason, needles);
    if says(&["no such container"]) {
        ErrorKind::NotFound
    } else if says(&["no such image"]) {
        ErrorKind::ImageMissing
    } else if says(&["that name is already in use"]) {
        ErrorKind::NameInUse
    } else if says(WRONG_STATE) {
        ErrorKind::WrongState
    } else {
        ErrorKind::Internal
    }
}

/// Creating checks the spec and writes to the store, so what is not the store's trouble is the spec's.
pub fn of_create(refusal: &Refusal) -> ErrorKind {
    match usual(refusal) {
        // Of another container, whose namespace it was to join.
        ErrorKind::NotFound | ErrorKind::WrongState => ErrorKind::Rejected,
        ErrorKind::Internal if !words::passes(&refusal.reason) => ErrorKind::Rejected,
        kind => kind,
    }
}

/// What a refused volume means: as a create, but for one that is there.
pub fn of_volume(refusal: &Refusal) -> ErrorKind {
    let there = refusal.reason.contains("volume already exists");
    if there { ErrorKind::NameInUse } else { of_create(refusal) }
}

/// Starting may fail for the program's and the spec's sake, for good, or for the node's, for now.
pub fn of_start(refusal: &Refusal) -> ErrorKind {
    match usual(refusal) {
        ErrorKind::Internal if words::is_unrunnable(&refusal.reason) => ErrorKind::Rejected,
        kind => kind,
    }
}

/// What a refused removal of an image means.
pub fn of_image_removal(refusal: &Refusal) -> ErrorKind {
    let held = ["is being used", "in use by", "must be forced", "used by multiple containers"];
    if words::has_any(&refusal.reason, &held) { ErrorKind::WrongState } else { usual(refusal) }
}

/// Texts of calls that came at the wrong time (1.9.3).
const WRONG_STATE: &[&str] = &[
    "container state improper",
    "container is already running or paused",
    "exec requires a running container",
    "is no longer running",
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(name: &str, reason: &str) -> Refusal {
        Refusal::new(name.to_owned(), &json!({ "reason": reason }).to_string())
    }

    fn kind(name: &str, reason: &str) -> ErrorKind {
        usual(&refusal(name, reason))
    }

    #[test]
    fn names_decide_and_the_words_of_those_that_say_nothing() {
        let occurred = "io.podman.ErrorOccurred";
        assert_eq!(kind("io.podman.ContainerNotFound", "x"), ErrorKind::NotFound);
        assert_eq!(kind("io.podman.NoContainerRunning", ""), ErrorKind::WrongState);
        assert_eq!(kind("io.podman.InvalidState", "x"), ErrorKind::WrongState);
        let improper =
            "can only kill running containers. 62 is in state configured: container state improper";
        assert_eq!(kind(occurred, improper), ErrorKind::WrongState);
        let taken = "the container name \"t2\" is already in use by \"c4\": that name is already in use";
        assert_eq!(kind(occurred, taken), ErrorKind::NameInUse);
        let absent = "unable to find 'localhost/none:1' in local storage: no such image";
        assert_eq!(kind(occurred, absent), ErrorKind::ImageMissing);
        assert_eq!(kind(occurred, "database is locked"), ErrorKind::Internal);
    }

    #[test]
    fn an_unknown_name_is_no_reply_of_podmans() {
        assert_eq!(kind("io.podman.Surprise", "x"), ErrorKind::Malformed);
        assert_eq!(kind("com.example.Error", "x"), ErrorKind::Malformed);
        assert_eq!(kind("org.varlink.service.MethodNotFound", "x"), ErrorKind::Unsupported);
    }

    #[test]
    fn a_missing_network_container_is_a_bad_spec_not_a_missing_container() {
        let reason = "container \"x\" not found: no container with name or ID x found: no such container";
        assert_eq!(of_create(&refusal("io.podman.ErrorOccurred", reason)), ErrorKind::Rejected);
    }

    #[test]
    fn a_volume_is_refused_for_good_only_for_what_was_asked() {
        let kind = |reason: &str| of_volume(&refusal("io.podman.ErrorOccurred", reason));
        assert_eq!(kind("volume with name v already exists: volume already exists"), ErrorKind::NameInUse);
        let option =
            "unrecognized volume option \"foo\" is not supported with local driver: invalid argument";
        assert_eq!(kind(option), ErrorKind::Rejected);
        assert_eq!(kind("database is locked"), ErrorKind::Internal);
    }

    #[test]
    fn podmans_words_are_told_whatever_it_calls_them() {
        let call = Call::new("try", "it");
        let message = |refusal: Refusal| refusal.error(&call, usual).message;
        let surprise = message(refusal("io.podman.Surprise", "the disk is full"));
        assert!(
            surprise.contains("io.podman.Surprise") && surprise.contains("the disk is full"),
            "{surprise}"
        );
        let odd = Refusal::new("io.podman.ErrorOccurred".to_owned(), r#"{"reason":7,"id":"c"}"#);
        assert_eq!(message(odd), "c");
        let bare = Refusal::new("io.podman.Surprise".to_owned(), "null");
        assert_eq!(message(bare), "Podman answered with an unknown error io.podman.Surprise");
    }
}
