//! IP and hardware addresses.

use std::net::IpAddr;
use thiserror::Error;

/// The text is no address of the kind wanted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is no {wanted}")]
pub struct BadAddress {
    text: String,
    wanted: &'static str,
}

fn bad(text: &str, wanted: &'static str) -> BadAddress {
    BadAddress { text: text.to_owned(), wanted }
}

/// An address of either version.
pub fn ip(text: &str) -> Result<IpAddr, BadAddress> {
    text.parse().map_err(|_| bad(text, "IP address, such as 10.88.0.10 or fd00::10"))
}

/// A version 4 address.
pub fn ipv4(text: &str) -> Result<IpAddr, BadAddress> {
    ip(text).ok().filter(IpAddr::is_ipv4).ok_or_else(|| bad(text, "IPv4 address, such as 10.88.0.10"))
}

/// A version 6 address.
pub fn ipv6(text: &str) -> Result<IpAddr, BadAddress> {
    ip(text).ok().filter(IpAddr::is_ipv6).ok_or_else(|| bad(text, "IPv6 address, such as fd00::10"))
}

/// A hardware address: six pairs of hex digits with `:` or `-` between. Returned with colons, in lower case.
pub fn mac(text: &str) -> Result<String, BadAddress> {
    let pairs: Vec<&str> = text.split([':', '-']).collect();
    let pair_is_good = |pair: &&str| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit());
    if pairs.len() == 6 && pairs.iter().all(pair_is_good) {
        Ok(pairs.join(":").to_ascii_lowercase())
    } else {
        Err(bad(text, "hardware address, such as 92:d0:c6:0a:29:33"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        assert!(ipv4("10.88.0.10").is_ok() && ipv6("fd00::1").is_ok());
        assert!(ipv4("fd00::1").is_err() && ipv6("10.88.0.10").is_err() && ip("10.88.0").is_err());
        assert_eq!(mac("92-D0-C6-0A-29-33").as_deref(), Ok("92:d0:c6:0a:29:33"));
        for text in ["", "92:d0", "92:d0:c6:0a:29:3g", "92:d0:c6:0a:29:33:44"] {
            assert!(mac(text).is_err(), "{text}");
        }
    }
}
