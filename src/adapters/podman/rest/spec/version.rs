//! Which Podman understands what.

use super::Bad;
use crate::ports::ErrorKind;

/// First two numbers of a service's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32);

impl Version {
    /// From `4.3.1`; what is no number counts as 0.
    pub fn parse(text: &str) -> Self {
        let mut numbers = text.split(['.', '-']).map(|number| number.parse().unwrap_or(0));
        Self(numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
    }

    /// # Errors
    /// This Podman is older than what `option` needs: it would ignore it or take it for something else.
    pub fn needs(self, option: &str, wanted: Self) -> Result<(), Bad> {
        if self >= wanted {
            return Ok(());
        }
        let reason =
            format!("{option} needs Podman {}.{}, this is {}.{}", wanted.0, wanted.1, self.0, self.1);
        Err(Bad { kind: ErrorKind::Unsupported, reason })
    }

    /// As [`Version::needs`], if the option is asked for.
    pub fn needs_if(self, asked: bool, option: &str, wanted: Self) -> Result<(), Bad> {
        if asked { self.needs(option, wanted) } else { Ok(()) }
    }
}
