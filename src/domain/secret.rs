//! Values that must never reach a log, an event, an error or a handle.

use crate::domain::mapped::Mapped;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// A value without `Debug`, `Display` or serialisation: it can only be taken out by name.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. The caller promises to show it to nobody but the container runtime.
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

/// The environment of a task: names may be shown, values may not.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Env(BTreeMap<String, Secret<String>>);

impl Env {
    /// Sets one variable; the last one wins.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), Secret::new(value.into()));
    }

    /// The value of `name`, if set.
    pub fn reveal(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.reveal().as_str())
    }

    /// All pairs, sorted by name. See [`Secret::reveal`].
    pub fn reveal_all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.reveal().as_str()))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), Secret::new(value.into()))).mapped())
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Labels and the like: whoever may see the container may see them, but a log, an event or an error says their names
/// only, since people put tokens there.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Texts(BTreeMap<String, String>);

impl Deref for Texts {
    type Target = BTreeMap<String, String>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Texts {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl From<BTreeMap<String, String>> for Texts {
    fn from(texts: BTreeMap<String, String>) -> Self {
        Self(texts)
    }
}

impl<const N: usize> From<[(String, String); N]> for Texts {
    fn from(pairs: [(String, String); N]) -> Self {
        Self(pairs.into())
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Texts {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).mapped())
    }
}

impl IntoIterator for Texts {
    type Item = (String, String);
    type IntoIter = std::collections::btree_map::IntoIter<String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_text_of_labels_shows_names_only() {
        let labels: Texts = [("token", "canary-5f1c")].into_iter().collect();
        assert_eq!(format!("{labels:?}"), r#"{"token"}"#);
        assert_eq!(labels.get("token").map(String::as_str), Some("canary-5f1c"));
    }

    #[test]
    fn debug_text_of_an_environment_shows_names_only() {
        let env: Env = [("TOKEN", "canary-5f1c")].into_iter().collect();
        let shown = format!("{env:?}");
        assert!(shown.contains("TOKEN"));
        assert!(!shown.contains("canary"));
        assert_eq!(env.reveal("TOKEN"), Some("canary-5f1c"));
    }
}
