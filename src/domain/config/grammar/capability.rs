//! Names of Linux capabilities, as `cap_add`, `cap_drop` and `allow_caps` take them.

use thiserror::Error;

/// The text names no capability.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no capability; write a name such as NET_ADMIN or CAP_NET_ADMIN, or ALL")]
pub struct BadCapability(pub String);

/// The name in capitals and without `CAP_`; `ALL` stands for every one. New kernels bring new names, so only
/// the form is checked.
pub fn parse(text: &str) -> Result<String, BadCapability> {
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("CAP_").unwrap_or(&upper);
    let good = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(good) {
        Ok(name.to_owned())
    } else {
        Err(BadCapability(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_capability_are_the_same() {
        for text in ["NET_ADMIN", "net_admin", "CAP_NET_ADMIN", "cap_net_admin"] {
            assert_eq!(parse(text).as_deref(), Ok("NET_ADMIN"));
        }
        for text in ["", "CAP_", "NET-ADMIN", "net admin", "1"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
