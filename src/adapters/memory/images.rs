//! The images of the runtime, and the registries it pulls from.

use super::commands::Contents;
use super::locked;
use crate::ports::ErrorKind;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use std::time::Duration;

/// An image that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Image {
    /// 64 hex digits.
    pub(super) id: String,
    /// The complete name.
    pub(super) name: String,
    pub(super) contents: Contents,
}

/// Why a registry does not give an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PullFailure {
    pub(super) kind: ErrorKind,
    pub(super) message: String,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Images {
    present: Mutex<BTreeMap<String, Image>>,
    failures: Mutex<BTreeMap<String, PullFailure>>,
    /// What pulls take beside their usual time.
    delay: Mutex<Duration>,
}

impl Images {
    /// Adds an image unless it is there. Returns what is there then.
    pub(super) fn add(&self, name: &str, contents: Contents) -> Image {
        let name = canonical(name);
        let image = Image { id: id_of(&name), name: name.clone(), contents };
        locked(&self.present).entry(name).or_insert(image).clone()
    }

    /// By id or complete name; a short one also finds an image of that name of any registry, as Podman's storage
    /// does.
    pub(super) fn find(&self, name: &str) -> Option<Image> {
        let by_id = locked(&self.present).values().find(|image| image.id == name).cloned();
        by_id.or_else(|| self.find_named(name))
    }

    /// Forgets an image under all its names.
    pub(super) fn remove(&self, id: &str) {
        locked(&self.present).retain(|_, image| image.id != id);
    }

    fn find_named(&self, name: &str) -> Option<Image> {
        let name = canonical(name);
        let present = locked(&self.present);
        let of_any_registry = || {
            let end = format!("/{name}");
            present.values().find(|image| !has_registry(&name) && image.name.ends_with(&end))
        };
        present.get(&name).or_else(of_any_registry).cloned()
    }

    /// Pulls of `name` fail from now on; `None` heals them.
    pub(super) fn fail(&self, name: &str, failure: Option<PullFailure>) {
        let mut failures = locked(&self.failures);
        match failure {
            Some(failure) => failures.insert(canonical(name), failure),
            None => failures.remove(&canonical(name)),
        };
    }

    /// Pulls take so much longer from now on.
    pub(super) fn slow(&self, delay: Duration) {
        *locked(&self.delay) = delay;
    }

    /// What a pull takes beside its usual time.
    pub(super) fn delay(&self) -> Duration {
        *locked(&self.delay)
    }

    /// Why a pull of `name` fails.
    pub(super) fn failure(&self, name: &str) -> Option<PullFailure> {
        let configured = locked(&self.failures).get(&canonical(name)).cloned();
        configured.or_else(|| nobody_at_localhost(name))
    }
}

/// `localhost/` names local images. Podman asks a registry on this machine for them, which does not exist.
fn nobody_at_localhost(name: &str) -> Option<PullFailure> {
    let (registry, _) = name.split_once('/')?;
    (registry == "localhost" || registry.starts_with("localhost:")).then(|| PullFailure {
        kind: ErrorKind::RegistryUnavailable,
        message: format!(
            "initializing source docker://{name}: pinging container registry {registry}: \
             Get \"https://{registry}/v2/\": dial tcp: connect: connection refused"
        ),
    })
}

/// `name` with the tag that it means.
fn canonical(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    if last.contains([':', '@']) { name.to_owned() } else { format!("{name}:latest") }
}

fn has_registry(name: &str) -> bool {
    name.split_once('/').is_some_and(|(first, _)| first.contains(['.', ':']) || first == "localhost")
}

/// The same for the same name, in every run.
fn id_of(name: &str) -> String {
    let part = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, name).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    };
    (0..4).map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_find_local_images_and_the_tag_is_latest() {
        let images = Images::default();
        let id = images.add("localhost/busybox", Contents::Known).id;
        for name in ["localhost/busybox:latest", "localhost/busybox", "busybox", "busybox:latest"] {
            assert_eq!(images.find(name).map(|image| image.id), Some(id.clone()), "{name}");
        }
        assert_eq!(images.find(&id).map(|image| image.name).as_deref(), Some("localhost/busybox:latest"));
        for name in ["busybox:1", "box", "quay.io/busybox", "x/busybox"] {
            assert_eq!(images.find(name), None, "{name}");
        }
        assert_eq!(id.len(), 64);
    }

    #[test]
    fn failures_come_and_go() {
        let images = Images::default();
        let failure = PullFailure { kind: ErrorKind::Rejected, message: "denied".to_owned() };
        images.fail("a", Some(failure.clone()));
        assert_eq!(images.failure("a:latest"), Some(failure));
        images.fail("a", None);
        assert_eq!(images.failure("a"), None);
        assert!(images.failure("localhost/a").is_some());
    }
}
