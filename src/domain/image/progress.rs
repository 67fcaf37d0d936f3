//! How far a pull has come, told from the lines that the runtime prints on the way.

use std::collections::BTreeSet;
use std::fmt;

/// Layers that are told apart; more are not counted.
const LAYERS_MAX: usize = 1024;

/// What a pull is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    /// Nothing has been heard yet.
    #[default]
    Asking,
    Trusting,
    Copying,
    Storing,
}

/// The progress of one pull. Feed it each line; it reads as what is going on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    stage: Stage,
    /// By digest, of those that have begun.
    layers: BTreeSet<String>,
}

impl Progress {
    /// Takes in one line of the runtime (libpod 2 to 5; lines that say nothing new are left alone).
    pub fn feed(&mut self, line: &str) {
        let line = line.trim();
        if let Some(blob) = line.strip_prefix("Copying blob ") {
            self.stage = Stage::Copying;
            let digest = blob.split_whitespace().next().unwrap_or_default();
            if self.layers.len() < LAYERS_MAX {
                self.layers.insert(digest.to_owned());
            }
        } else if line.starts_with("Trying to pull ") {
            // A second registry, after the first had nothing.
            *self = Self::default();
        } else if line.starts_with("Getting image source signatures") {
            self.stage = Stage::Trusting;
        } else if line.starts_with("Copying config ") || line.starts_with("Writing manifest") {
            self.stage = Stage::Storing;
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.stage, self.layers.len()) {
            (Stage::Asking, _) => f.write_str("waiting for the registry"),
            (Stage::Trusting, _) => f.write_str("checking its signatures"),
            (Stage::Copying, 1) => f.write_str("downloading 1 layer"),
            (Stage::Copying, layers) => write!(f, "downloading {layers} layers"),
            (Stage::Storing, _) => f.write_str("storing it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_steps() {
        let mut progress = Progress::default();
        let mut told = vec![progress.to_string()];
        for line in [
            "Trying to pull docker.io/library/redis:7...",
            "Getting image source signatures",
            "Copying blob sha256:aa",
            "Copying blob sha256:bb",
            "Copying blob sha256:aa done  ",
            "something new",
            "Copying config sha256:cc",
            "Writing manifest to image destination",
        ] {
            progress.feed(line);
            told.push(progress.to_string());
        }
        told.dedup();
        let expected = [
            "waiting for the registry",
            "checking its signatures",
            "downloading 1 layer",
            "downloading 2 layers",
            "storing it",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn another_registry_begins_anew() {
        let mut progress = Progress::default();
        progress.feed("Copying blob sha256:aa");
        progress.feed("Trying to pull quay.io/x...");
        assert_eq!(progress, Progress::default());
    }
}
