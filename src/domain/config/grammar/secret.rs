//! `secrets` entries: secrets that Podman keeps, as `podman run --secret` takes them.

use thiserror::Error;

/// Where a secret shows up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretOption {
    /// Its name in Podman.
    pub source: String,
    /// As what.
    pub target: SecretTarget,
}

/// The two forms of a secret in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretTarget {
    /// A file.
    File {
        /// Absolute path, or name below `/run/secrets`; `None` for the secret's own name.
        path: Option<String>,
        /// Owner.
        uid: u32,
        /// Group.
        gid: u32,
        /// Permission bits.
        mode: u32,
    },
    /// An environment variable.
    Env(String),
}

/// The text is no entry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no secret; write name[,type=mount|env][,target=…][,uid=…][,gid=…][,mode=0444]")]
pub struct BadSecret(pub String);

/// Parses one entry.
pub fn parse(text: &str) -> Result<SecretOption, BadSecret> {
    let bad = || BadSecret(text.to_owned());
    let mut parts = text.split(',');
    let source =
        parts.next().filter(|name| !name.is_empty() && !name.contains(['=', '/'])).ok_or_else(bad)?;
    let (mut env, mut target) = (false, None);
    let (mut uid, mut gid, mut mode) = (0, 0, 0o444);
    for part in parts {
        match part.split_once('=') {
            Some(("type", "mount")) => env = false,
            Some(("type", "env")) => env = true,
            Some(("target", value)) if !value.is_empty() => target = Some(value.to_owned()),
            Some(("uid", value)) => uid = value.parse().map_err(|_| bad())?,
            Some(("gid", value)) => gid = value.parse().map_err(|_| bad())?,
            Some(("mode", value)) => mode = octal(value).ok_or_else(bad)?,
            _ => return Err(bad()),
        }
    }
    let target = if env {
        SecretTarget::Env(target.unwrap_or_else(|| source.to_owned()))
    } else {
        SecretTarget::File { path: target, uid, gid, mode }
    };
    Ok(SecretOption { source: source.to_owned(), target })
}

fn octal(text: &str) -> Option<u32> {
    u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_variables() {
        let file = SecretTarget::File { path: None, uid: 0, gid: 0, mode: 0o444 };
        assert_eq!(parse("tls"), Ok(SecretOption { source: "tls".to_owned(), target: file }));
        let file = SecretTarget::File { path: Some("/k".to_owned()), uid: 5, gid: 6, mode: 0o400 };
        assert_eq!(parse("tls,target=/k,uid=5,gid=6,mode=0400").map(|secret| secret.target), Ok(file));
        assert_eq!(parse("t,type=env").map(|s| s.target), Ok(SecretTarget::Env("t".to_owned())));
        assert_eq!(parse("t,type=env,target=X").map(|s| s.target), Ok(SecretTarget::Env("X".to_owned())));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", ",type=env", "a,b", "a,type=x", "a,mode=9", "a,mode=77777", "a,uid=-1", "a/b"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
