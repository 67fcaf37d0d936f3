//! Signals by name and number, as Linux counts them on every architecture that Podman runs on but MIPS.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A Linux signal, 1 to 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signal(u8);

/// The text names no signal.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown signal {0:?}; use a name such as SIGTERM or HUP, or a number from 1 to 64")]
pub struct UnknownSignal(pub String);

const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

const ALIASES: [(&str, u8); 4] = [("IOT", 6), ("CLD", 17), ("POLL", 29), ("UNUSED", 31)];

/// Number of the first real-time signal a program may use; the C library keeps 32 and 33 for itself.
const RTMIN: u8 = 34;
const RTMAX: u8 = 64;

impl Signal {
    /// Asks a process to end.
    pub const TERM: Self = Self(15);
    /// Ends a process without asking.
    pub const KILL: Self = Self(9);
    /// What Ctrl-C sends.
    pub const INT: Self = Self(2);
    /// What a closed terminal sends.
    pub const HUP: Self = Self(1);

    /// The number the kernel knows.
    pub fn number(self) -> u8 {
        self.0
    }

    /// From a number, 1 to 64.
    pub fn from_number(number: i64) -> Option<Self> {
        u8::try_from(number).ok().filter(|n| (1..=RTMAX).contains(n)).map(Self)
    }
}

impl FromStr for Signal {
    type Err = UnknownSignal;

    /// Accepts names with or without `SIG` in any case, `RTMIN+n`, `RTMAX-n`, and numbers.
    fn from_str(text: &str) -> Result<Self, UnknownSignal> {
        let unknown = || UnknownSignal(text.to_owned());
        if let Ok(number) = text.trim().parse::<i64>() {
            return Self::from_number(number).ok_or_else(unknown);
        }
        let upper = text.trim().to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        by_name(name).or_else(|| real_time(name)).map(Self).ok_or_else(unknown)
    }
}

fn by_name(name: &str) -> Option<u8> {
    let listed = NAMES.iter().position(|known| *known == name).and_then(|at| u8::try_from(at + 1).ok());
    listed.or_else(|| ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, number)| *number))
}

fn real_time(name: &str) -> Option<u8> {
    let offset = |text: &str| text.parse::<u8>().ok();
    let number = match (name, name.strip_prefix("RTMIN+"), name.strip_prefix("RTMAX-")) {
        ("RTMIN", _, _) => RTMIN,
        ("RTMAX", _, _) => RTMAX,
        (_, Some(up), _) => RTMIN.checked_add(offset(up)?)?,
        (_, _, Some(down)) => RTMAX.checked_sub(offset(down)?)?,
        _ => return None,
    };
    (RTMIN..=RTMAX).contains(&number).then_some(number)
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.get(usize::from(self.0) - 1) {
            Some(name) => write!(f, "SIG{name}"),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_leniently() {
        for text in ["SIGTERM", "sigterm", "TERM", "term", "15", " SIGTERM "] {
            assert_eq!(text.parse(), Ok(Signal::TERM), "{text}");
        }
        assert_eq!("RTMIN+3".parse(), Ok(Signal(37)));
        assert_eq!("SIGRTMAX-1".parse(), Ok(Signal(63)));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "0", "65", "-1", "SIGFOO", "RTMIN+31", "RTMAX-99", "DETACH"] {
            assert!(text.parse::<Signal>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_number_prints_a_text_that_reads_back() {
        for signal in (1..=64).filter_map(Signal::from_number) {
            assert_eq!(signal.to_string().parse(), Ok(signal));
        }
    }
}
