//! `volumes` entries: `host_path:container_path[:option,option…]`.

use thiserror::Error;

/// One bind mount as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// Path on the host; relative ones are meant from the task directory.
    pub host: String,
    /// Absolute path in the container.
    pub container: String,
    /// Mount options, verbatim: `ro`, `rw`, `z`, `Z`, `rbind`, `rslave`, …
    pub options: Vec<String>,
}

/// The text is no volume.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadVolume {
    /// Fewer than two parts, or an empty one.
    #[error("{0:?} is no volume; write host_path:container_path or host_path:container_path:options")]
    Parts(String),
    /// The container path is relative.
    #[error("container path {path:?} of volume {text:?} must start with /")]
    Relative {
        /// The whole text.
        text: String,
        /// Its second part.
        path: String,
    },
}

/// Parses one entry.
pub fn parse(text: &str) -> Result<Volume, BadVolume> {
    let parts: Vec<&str> = text.split(':').collect();
    let (host, container, options) = match parts.as_slice() {
        [host, container] => (*host, *container, ""),
        [host, container, options] => (*host, *container, *options),
        _ => return Err(BadVolume::Parts(text.to_owned())),
    };
    if host.is_empty() || container.is_empty() {
        return Err(BadVolume::Parts(text.to_owned()));
    }
    if !container.starts_with('/') {
        return Err(BadVolume::Relative { text: text.to_owned(), path: container.to_owned() });
    }
    let options = options.split(',').filter(|option| !option.is_empty()).map(str::to_owned).collect();
    Ok(Volume { host: host.to_owned(), container: container.to_owned(), options })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_and_three_parts() {
        let plain = Volume { host: "/a".into(), container: "/b".into(), options: vec![] };
        assert_eq!(parse("/a:/b"), Ok(plain));
        assert_eq!(parse("a:/b:ro,z").map(|v| v.options), Ok(vec!["ro".to_owned(), "z".to_owned()]));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "/a", "/a:", ":/b", "/a:b", "/a:/b:ro:extra"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
