//! The source files that the rules are about.

use std::fs;
use std::path::{Path, PathBuf};

/// One Rust file of `src/`.
pub struct Source {
    /// Relative to the package, with slashes.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// All Rust files of `src/`.
pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut pending = vec![root.join("src")];
    while let Some(dir) = pending.pop() {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(source(root, path));
            }
        }
    }
    assert!(found.len() > 50, "the walk found {} files only", found.len());
    found
}

fn source(root: &Path, path: PathBuf) -> Source {
    let relative = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
    Source { path: relative, text: fs::read_to_string(path).unwrap() }
}
