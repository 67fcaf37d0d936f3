//! `tmpfs` entries: `/container_path[:option,option…]`, as `podman run --tmpfs` takes them.

use thiserror::Error;

/// One tmpfs mount as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tmpfs {
    /// Absolute path in the container.
    pub container: String,
    /// Mount options, verbatim: `size=64m`, `mode=1777`, `ro`, …
    pub options: Vec<String>,
}

/// The text is no tmpfs entry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no tmpfs mount; write /container_path or /container_path:size=64m,mode=1777")]
pub struct BadTmpfs(pub String);

/// Parses one entry.
pub fn parse(text: &str) -> Result<Tmpfs, BadTmpfs> {
    let (container, options) = text.split_once(':').unwrap_or((text, ""));
    if !container.starts_with('/') {
        return Err(BadTmpfs(text.to_owned()));
    }
    let options = options.split(',').filter(|option| !option.is_empty()).map(str::to_owned).collect();
    Ok(Tmpfs { container: container.to_owned(), options })
}
