//! `extra_hosts` entries: `name:address`.

use super::address;
use thiserror::Error;

/// The text is no entry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("cannot use {0:?} as extra_hosts (must be host:ip, such as db:10.0.0.5 or db:[fd00::5])")]
pub struct BadHost(pub String);

/// Address and name. `host-gateway` is an address that Podman fills in.
pub fn parse(text: &str) -> Result<(String, String), BadHost> {
    let bad = || BadHost(text.to_owned());
    let (name, address) = text.split_once(':').ok_or_else(bad)?;
    let address = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
    let name_is_good = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '#');
    let known = address == "host-gateway" || address::ip(address).is_ok();
    if name_is_good && known { Ok((address.to_owned(), name.to_owned())) } else { Err(bad()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses() {
        let entry = |text| parse(text).ok().map(|(address, name)| format!("{address} {name}"));
        assert_eq!(entry("h:1.2.3.4").as_deref(), Some("1.2.3.4 h"));
        assert_eq!(entry("h:[4321::1]").as_deref(), Some("4321::1 h"));
        assert_eq!(entry("h:4321::1").as_deref(), Some("4321::1 h"));
        assert_eq!(entry("h:host-gateway").as_deref(), Some("host-gateway h"));
        for text in ["", "h", "h:", ":1.2.3.4", "h:1.2.3", "a b:1.2.3.4"] {
            assert_eq!(entry(text), None, "{text}");
        }
    }
}
