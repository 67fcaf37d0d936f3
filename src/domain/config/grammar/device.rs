//! `devices` entries: `host_path[:container_path][:permissions]`, or the name of a CDI device.

use thiserror::Error;

/// One device as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceOption {
    /// A device node of the host.
    Node {
        /// Path on the host.
        host: String,
        /// Path in the container.
        target: String,
        /// Subset of `rwm`.
        permissions: String,
    },
    /// A device by its Container Device Interface name: `vendor.com/class=name`.
    Cdi(String),
}

/// The text is no device.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} is no device; write /dev/host[:/dev/container][:rwm], or a CDI name such as nvidia.com/gpu=all"
)]
pub struct BadDevice(pub String);

/// Parses one entry.
pub fn parse(text: &str) -> Result<DeviceOption, BadDevice> {
    let bad = || BadDevice(text.to_owned());
    if is_cdi(text) {
        return Ok(DeviceOption::Cdi(text.to_owned()));
    }
    let parts: Vec<&str> = text.split(':').collect();
    let (host, target, permissions) = match parts.as_slice() {
        [host] => (*host, *host, "rwm"),
        [host, permissions] if are_permissions(permissions) => (*host, *host, *permissions),
        [host, target] => (*host, *target, "rwm"),
        [host, target, permissions] if are_permissions(permissions) => (*host, *target, *permissions),
        _ => return Err(bad()),
    };
    if !host.starts_with('/') || !target.starts_with('/') {
        return Err(bad());
    }
    Ok(DeviceOption::Node {
        host: host.to_owned(),
        target: target.to_owned(),
        permissions: permissions.to_owned(),
    })
}

fn is_cdi(text: &str) -> bool {
    let part = |part: &str| {
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.chars().all(good)
    };
    text.split_once('/')
        .and_then(|(vendor, rest)| rest.split_once('=').map(|(class, name)| [vendor, class, name]))
        .is_some_and(|parts| parts.into_iter().all(part))
}

fn are_permissions(text: &str) -> bool {
    !text.is_empty() && text.len() <= 3 && text.chars().all(|c| matches!(c, 'r' | 'w' | 'm'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(host: &str, target: &str, permissions: &str) -> DeviceOption {
        DeviceOption::Node {
            host: host.to_owned(),
            target: target.to_owned(),
            permissions: permissions.to_owned(),
        }
    }

    #[test]
    fn nodes_and_cdi_names() {
        assert_eq!(parse("/dev/fuse"), Ok(node("/dev/fuse", "/dev/fuse", "rwm")));
        assert_eq!(parse("/dev/fuse:r"), Ok(node("/dev/fuse", "/dev/fuse", "r")));
        assert_eq!(parse("/dev/a:/dev/b"), Ok(node("/dev/a", "/dev/b", "rwm")));
        assert_eq!(parse("/dev/a:/dev/b:rw"), Ok(node("/dev/a", "/dev/b", "rw")));
        assert_eq!(parse("nvidia.com/gpu=all"), Ok(DeviceOption::Cdi("nvidia.com/gpu=all".to_owned())));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "fuse", "/dev/a:b", "/dev/a:/dev/b:x", "/dev/a:/dev/b:rw:r", "nvidia.com/gpu", "=/"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
