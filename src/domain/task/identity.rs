//! Names of tasks and their containers. Many keep a copy for as long as a task runs, so copies share their text.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps the text; nothing is checked, the host chose it.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into().into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_newtype! {
    /// One start of a task, as Nomad names it: `<alloc uuid>/<task name>/<8 hex>`. A restart has a new one.
    TaskId
}

text_newtype! {
    /// The allocation a task belongs to: a UUID.
    AllocId
}

text_newtype! {
    /// The runtime's id of a container: 64 hex digits on Podman.
    ContainerId
}

/// Looked up by its text, without a copy of it.
impl Borrow<str> for ContainerId {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

text_newtype! {
    /// The name of a container, unique per runtime.
    ContainerName
}

impl ContainerName {
    /// `<task>-<alloc>`: the name the Go driver uses, which other tasks of the allocation may refer to
    /// (`task:NAME`). Characters that Podman refuses become `_`.
    pub fn of_task(task_name: &str, alloc: &AllocId) -> Self {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let mut name: String =
            format!("{task_name}-{alloc}").chars().map(|c| if allowed(c) { c } else { '_' }).collect();
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            name.insert(0, 't');
        }
        Self(name.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn container_names_are_what_podman_accepts() {
        let name = |task| ContainerName::of_task(task, &AllocId::new("6d3f")).as_str().to_owned();
        assert_eq!(name("redis"), "redis-6d3f");
        assert_eq!(name("a task/ü"), "a_task__-6d3f");
        assert_eq!(name("-x"), "t-x-6d3f");
    }
}
