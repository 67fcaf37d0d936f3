//! Host paths as the file system sees them; shared by the adapters that play a host.

use std::io;
use std::path::{Path, PathBuf};

/// `path` without symlinks. What does not exist yet is kept as written below what does; it cannot contain `..`
/// then, because that would be resolved against nothing.
///
/// # Errors
/// What the file system says; `InvalidInput` for `..` below a directory that does not exist.
pub async fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut missing = Vec::new();
    let mut existing = path;
    loop {
        match tokio::fs::canonicalize(existing).await {
            Ok(resolved) => {
                return Ok(missing.into_iter().rev().fold(resolved, |path: PathBuf, part| path.join(part)));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            // A dangling symlink exists itself, and leads who knows where once its target appears.
            Err(error) if tokio::fs::symlink_metadata(existing).await.is_ok() => return Err(error),
            Err(error) => {
                let (Some(parent), Some(name)) = (existing.parent(), existing.file_name()) else {
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
                };
                missing.push(name.to_owned());
                existing = parent;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[tokio::test]
    async fn symlinks_and_missing_tails_are_resolved() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().canonicalize().unwrap().join("real");
        std::fs::create_dir(&real).unwrap();
        symlink(&real, dir.path().join("link")).unwrap();
        assert_eq!(resolve(&dir.path().join("link")).await.unwrap(), real);
        assert_eq!(resolve(&dir.path().join("link/new/file")).await.unwrap(), real.join("new/file"));
        assert_eq!(resolve(&dir.path().join("link/../real")).await.unwrap(), real);
    }

    #[tokio::test]
    async fn what_cannot_be_known_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        symlink("/nowhere/at/all", dir.path().join("dangling")).unwrap();
        assert!(resolve(&dir.path().join("dangling")).await.is_err());
        assert!(resolve(&dir.path().join("missing/../../etc")).await.is_err());
    }
}
